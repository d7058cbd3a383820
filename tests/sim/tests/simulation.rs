//! Random histories of the core, and the laws that hold in all of them.
//!
//! `REMIT_SEED=7 cargo test -p remit-sim --test simulation` lives one again.

use std::{env, ops::Range};

use remit_sim::{History, Violation};

/// So many lives; a minute is more than they take.
const SEEDS: Range<u64> = 0..200;

fn seeds() -> Range<u64> {
    match env::var("REMIT_SEED") {
        Ok(seed) => {
            let seed = seed.parse().expect("REMIT_SEED is a number");
            seed..seed + 1
        }
        Err(_) => SEEDS,
    }
}

/// A violation with the shortest history that leads to it.
fn told(history: &History, found: &Violation) -> String {
    let shortest = history.shortest(found);
    let found = shortest.live().expect_err("it breaks the same law");
    format!("{found}\n{shortest}{}", found.trace)
}

#[test]
fn all_laws_hold_in_every_life() {
    for seed in seeds() {
        let history = History::of(seed);
        if let Err(found) = history.live() {
            panic!("{}", told(&history, &found));
        }
    }
}

#[test]
fn quiet_changes_nothing_but_what_is_told() {
    for seed in seeds().take(100) {
        let history = History::of(seed);
        if let Err(found) = history.live_loud() {
            panic!("{found}\n{history}");
        }
    }
}

#[test]
fn the_same_seed_gives_the_same_trace() {
    for seed in seeds().take(20) {
        let [once, again] = [History::of(seed), History::of(seed)].map(|it| it.live());
        assert_eq!(once.ok(), again.ok(), "REMIT_SEED={seed}");
    }
    let [one, other] = [History::of(1), History::of(2)].map(|it| it.live());
    assert_ne!(one.ok(), other.ok(), "seeds make a difference");
}
