use proptest::prelude::*;

use super::*;

const HEARTBEAT: SignedDuration = SignedDuration::from_secs(30);

fn secs(seconds: i64) -> SignedDuration {
    SignedDuration::from_secs(seconds)
}

#[test]
fn silence_makes_late_and_then_offline() {
    use Presence::{Late, NeverSeen, Offline, Online};
    let off = Presence::ExpectedOff(Departure::Shutdown);
    let stopped = Presence::ExpectedOff(Departure::ServiceStop);
    let upgrade = Presence::ExpectedOff(Departure::Upgrade);
    for (before, silence, after) in [
        (Online, 0, Online),
        (Online, 44, Online),
        (Online, 45, Late),
        (Late, 44, Online),
        (Late, 179, Late),
        (Late, 180, Offline),
        (Online, 100_000, Offline),
        (Offline, 0, Offline),
        (NeverSeen, 100_000, NeverSeen),
        (off, 4 * 3_600 - 1, off),
        (off, 4 * 3_600, Offline),
        (stopped, 899, stopped),
        (stopped, 900, Offline),
        (upgrade, 899, upgrade),
        (upgrade, 900, Offline),
    ] {
        assert_eq!(judge(before, secs(silence), HEARTBEAT), after, "{before:?} {silence}");
    }
}

#[test]
fn a_stretched_heartbeat_stretches_the_patience() {
    let slow = secs(120);
    for (silence, after) in [
        (134, Presence::Online),
        (135, Presence::Late),
        (374, Presence::Late),
        (375, Presence::Offline),
    ] {
        assert_eq!(judge(Presence::Online, secs(silence), slow), after, "{silence}");
    }
}

#[test]
fn f15_after_a_start_nobody_is_offline_until_most_are_back() {
    let grace = Grace { before: 200, began: secs(1_000) };
    for (back, listening, holds) in [
        (0, 1_000, true),
        (189, 1_299, true),
        (190, 1_001, false),
        (0, 1_299, true),
        (0, 1_300, false),
    ] {
        assert_eq!(grace.holds(back, secs(listening)), holds, "{back} {listening}");
    }
    let nobody = Grace { before: 0, began: secs(0) };
    assert!(!nobody.holds(0, secs(0)));
}

proptest! {
    #[test]
    fn longer_silence_never_looks_better(a in 0..2_000_i64, b in 0..2_000_i64, beat in 1..600_i64) {
        let rank = |silence| match judge(Presence::Online, secs(silence), secs(beat)) {
            Presence::Online => 0,
            Presence::Late => 1,
            Presence::Offline => 2,
            Presence::NeverSeen | Presence::ExpectedOff(_) => 3,
        };
        prop_assert!(rank(a.min(b)) <= rank(a.max(b)));
    }
}
