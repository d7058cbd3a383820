use proptest::prelude::*;

use super::*;

const MIB: u64 = 1 << 20;
const GIB: u64 = 1 << 30;

fn room(free: u64, size: u64) -> Room {
    Room { free, size, reserve: 64 * MIB }
}

fn level() -> impl Strategy<Value = Level> {
    prop_oneof![Just(Level::Ok), Just(Level::Warn), Just(Level::Crit)]
}

#[test]
fn a_tenth_of_a_small_disk_and_four_gibibytes_of_a_large_one_are_spare() {
    let at_first = |free, size| judge(room(free, size), Level::Ok);
    assert_eq!(at_first(2 * GIB, 20 * GIB), Level::Ok);
    assert_eq!(at_first(2 * GIB - 1, 20 * GIB), Level::Warn);
    assert_eq!(at_first(4 * GIB, 10_000 * GIB), Level::Ok, "a twentieth of it would be 500 GiB");
    assert_eq!(at_first(4 * GIB - 1, 10_000 * GIB), Level::Warn);
    assert_eq!(at_first(256 * MIB, GIB), Level::Ok);
    assert_eq!(at_first(256 * MIB - 1, GIB), Level::Warn);
    assert_eq!(at_first(64 * MIB, GIB), Level::Warn);
    assert_eq!(at_first(64 * MIB - 1, GIB), Level::Crit);
}

#[test]
fn what_is_told_says_how_much_and_what_comes_next() {
    let low = finding(room(3 * GIB, 40 * GIB), Level::Warn);
    assert_eq!(
        low.evidence,
        "3.0 GiB of 40.0 GiB are free; below 64.0 MiB measurements wait at their agents"
    );
    let over = finding(room(9 * GIB, 40 * GIB), Level::Ok);
    assert_eq!(over.evidence, "9.0 GiB of 40.0 GiB are free");
}

proptest! {
    #[test]
    fn less_room_is_never_better(
        free in 0..8 * GIB,
        less in 0..8 * GIB,
        size in 0..100 * GIB,
        before in level(),
    ) {
        let worse = judge(room(free.saturating_sub(less), size), before);
        prop_assert!(worse >= judge(room(free, size), before));
    }

    #[test]
    fn what_is_told_stays_told_until_there_is_clearly_more_room(
        free in 0..8 * GIB,
        size in 0..100 * GIB,
        before in level(),
    ) {
        let now = judge(room(free, size), before);
        prop_assert_eq!(judge(room(free, size), now), now, "the same disk, the same verdict");
        if now > before {
            prop_assert_eq!(judge(room(free + free / 20, size), now), now, "a little more");
        }
        prop_assert!(now >= judge(room(free, size), Level::Ok));
    }

    #[test]
    fn it_is_told_before_anything_is_refused(free in 0..u64::MAX, size in 0..u64::MAX) {
        let refused = free < 64 * MIB;
        prop_assert_eq!(judge(room(free, size), Level::Ok) == Level::Crit, refused);
    }
}
