use proptest::prelude::*;

use super::*;

fn at(second: i64) -> Timestamp {
    Timestamp::from_second(1_772_409_600 + second).unwrap()
}

/// A history in which the evaluations at these places changed something.
fn changed(places: &[u32]) -> History {
    History { changes: places.iter().map(|it| 1 << it).sum(), ..History::default() }
}

/// Evaluates once a minute; `x` is a change, `.` is none.
fn evaluate(script: &str) -> (History, Vec<(usize, Change)>) {
    let (mut history, mut told) = (History::default(), Vec::new());
    for (minute, what) in script.chars().enumerate() {
        let bad = history.bad ^ (what == 'x');
        let (next, change) = note(&history, bad, at(minute as i64 * 60));
        history = next;
        if change != Change::None {
            told.push((minute, change));
        }
    }
    (history, told)
}

/// In tenths of a percent.
fn permille(script: &str) -> u32 {
    score(&evaluate(script).0) * 1_000 / FULL
}

#[test]
fn e20_flap_vectors() {
    // Score in tenths of a percent, and whether that is too much.
    for (script, expected, flaps) in [
        ("....................", 0, false),
        ("x...................", 40, false),
        ("...................x", 59, false),
        ("...............xxxxx", 285, false),
        ("..............xxxxxx", 339, true),
        ("xxxxxxxxxxxxxxxxxxxx", 990, true),
    ] {
        assert_eq!(permille(script), expected, "{script}");
        assert_eq!(evaluate(script).0.since.is_some(), flaps, "{script}");
    }
    // What changes out of sight counts no more.
    assert_eq!(permille("xxxxxxx...................."), 0);
    // Eight changes whose places sum to 71 are 39.1 %, wherever they are.
    assert_eq!(score(&changed(&[4, 5, 7, 8, 9, 11, 13, 14])) * 1_000 / FULL, 391);
}

#[test]
fn it_begins_above_thirty_and_ends_at_twenty_five_percent() {
    let (_, told) = evaluate("..xxxxxx......................");
    // Six changes begin it; as they grow old they weigh less, until they fall out.
    assert_eq!(told, [(7, Change::Started), (22, Change::Stopped)]);
    // The limits themselves: 30 % does not begin it, 25 % ends it.
    let at_limit = changed(&[6, 9, 10, 12, 14, 15]);
    let (next, change) = note(&at_limit, false, at(0));
    assert_eq!((score(&next), change), (BEGINS_ABOVE, Change::None));
    let at_limit = History { since: Some(at(0)), ..changed(&[9, 10, 11, 12, 13]) };
    let (next, change) = note(&at_limit, false, at(0));
    assert_eq!((score(&next), change), (ENDS_AT, Change::Stopped));
}

#[test]
fn four_changes_within_an_hour_begin_it_and_a_quiet_hour_ends_it() {
    for (minutes, expected) in [
        (&[0, 20, 40, 59][..], Some(59)),
        (&[0, 20, 40, 60][..], None),
        (&[0, 20, 40, 60, 70][..], Some(70)),
        (&[0, 1, 2][..], None),
    ] {
        let mut history = History::default();
        for minute in minutes {
            history = turn(&history, !history.bad, at(minute * 60)).0;
        }
        assert_eq!(history.since, expected.map(|it| at(it * 60)), "{minutes:?}");
        if let Some(minute) = expected {
            assert_eq!(deadline(&history), Some(at((minute + 60) * 60)));
            assert_eq!(tick(&history, at((minute + 60) * 60 - 1)).1, Change::None);
            let (settled, change) = tick(&history, at((minute + 60) * 60));
            assert_eq!((change, settled.since, deadline(&settled)), (Change::Stopped, None, None));
        }
    }
}

#[test]
fn hearing_the_same_again_is_no_change() {
    let mut history = History::default();
    for second in 0..100 {
        history = turn(&history, true, at(second)).0;
    }
    assert_eq!((history.changed_at.len(), history.since), (1, None));
}

#[test]
fn an_agent_that_falls_silent_does_not_mute_its_last_word_for_ever() {
    let (history, _) = evaluate("xxxxxx");
    let due = deadline(&history).unwrap();
    assert_eq!(due, at(5 * 60 + 3600));
    let (history, change) = tick(&history, due);
    assert_eq!(change, Change::Stopped);
    // One more change does not begin it again.
    assert_eq!(note(&history, !history.bad, due).1, Change::None);
}

/// The same by the book: which of the last twenty changed, and their weights.
fn by_the_book(changes: &[bool]) -> u32 {
    let newest = changes.iter().rev().take(20);
    newest.enumerate().filter(|(_, it)| **it).map(|(age, _)| 118 - 2 * age as u32).sum()
}

proptest! {
    #[test]
    fn bits_are_as_good_as_the_book(changes in prop::collection::vec(any::<bool>(), 0..100)) {
        let (mut history, mut flaps) = (History::default(), false);
        for (minute, changed) in changes.iter().enumerate() {
            let (next, change) = note(&history, history.bad ^ changed, at(minute as i64 * 60));
            history = next;
            let score = by_the_book(&changes[..=minute]);
            prop_assert_eq!(super::score(&history), score);
            let (before, limit) = (flaps, if flaps { ENDS_AT } else { BEGINS_ABOVE });
            flaps = score > limit;
            let expected = match (before, flaps) {
                (false, true) => Change::Started,
                (true, false) => Change::Stopped,
                (false, false) | (true, true) => Change::None,
            };
            prop_assert_eq!(change, expected);
        }
    }

    #[test]
    fn what_begins_ends_before_it_begins_again(
        events in prop::collection::vec((0..3_000_i64, any::<bool>(), 0..3), 0..200),
    ) {
        let (mut history, mut now, mut flaps) = (History::default(), 0, false);
        for (wait, bad, how) in events {
            now += wait;
            let (next, change) = match how {
                0 => note(&history, bad, at(now)),
                1 => turn(&history, bad, at(now)),
                _ => tick(&history, at(now)),
            };
            match change {
                Change::None => {}
                Change::Started => prop_assert!(!std::mem::replace(&mut flaps, true)),
                Change::Stopped => prop_assert!(std::mem::replace(&mut flaps, false)),
            }
            prop_assert_eq!(next.since.is_some(), flaps);
            prop_assert_eq!(suppression(&next).is_some(), flaps);
            prop_assert!(next.changed_at.len() <= CHANGES && next.changes < 1 << EVALUATIONS);
            if let Some(due) = deadline(&next) {
                prop_assert!(due > at(now));
                prop_assert_eq!(tick(&next, due - SignedDuration::from_secs(1)), (next.clone(), Change::None));
            }
            history = next;
        }
    }

    #[test]
    fn changes_begin_it_only_if_four_fall_within_an_hour(
        waits in prop::collection::vec(1..4_000_i64, 1..60),
    ) {
        let (mut history, mut now, mut times) = (History::default(), 0, Vec::new());
        for wait in waits {
            now += wait;
            times.push(now);
            let (next, change) = turn(&history, !history.bad, at(now));
            let recent = times.iter().filter(|it| now - **it < 3_600).count();
            if change == Change::Started {
                prop_assert!(recent >= CHANGES);
            }
            if next.since.is_none() {
                prop_assert!(recent < CHANGES);
            }
            history = next;
        }
    }
}
