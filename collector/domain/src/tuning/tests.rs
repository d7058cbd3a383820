use std::collections::BTreeSet;

use jiff::{SignedDuration, Timestamp};
use proptest::prelude::*;
use remit_shared::{AlertId, Reading, Severity, Unit};

use super::*;
use crate::{
    detect::{Level, Rules},
    noise::{
        Past, report,
        tests::{acted_on, at, past},
    },
};

const CHECK: &str = "disk-space";

/// A filesystem that is measured every ten seconds; values as they changed.
fn recording(values: &[(i64, i64)], until: i64) -> Recording {
    let about = past(1, 2).about;
    Recording {
        endpoint: about.endpoint,
        series: Reading::of("disk_used", "/", Unit::Permille, 0).series,
        every: SignedDuration::from_secs(10),
        values: values.iter().map(|(second, it)| (at(*second), Some(*it))).collect(),
        until: at(until),
    }
}

fn rules(wish: &CheckOverride) -> Rules {
    Rules::with([wish]).unwrap()
}

fn wanted(wish: CheckOverride) -> CheckOverride {
    CheckOverride { check: CHECK.into(), ..wish }
}

fn seconds(found: &[Episode]) -> Vec<(i64, Option<i64>, Level)> {
    let second = |it: Timestamp| it.duration_since(at(0)).as_secs();
    found.iter().map(|it| (second(it.from), it.to.map(second), it.worst)).collect()
}

/// An alert of the endpoint, opened at some second, on which somebody acted.
fn alert(number: u128, second: i64) -> Past {
    let closed_at = Some(at(second + 60));
    Past { opened_at: at(second), closed_at, ..acted_on(number, 2) }
}

fn ids(numbers: &[u128]) -> BTreeSet<AlertId> {
    numbers.iter().map(|it| acted_on(*it, 2).alert).collect()
}

#[test]
fn a_recording_is_judged_as_it_would_have_been_live() {
    let values = [(0, 500), (100, 870), (300, 990), (600, 840), (700, 500)];
    // A minute's hold; between clear and warn nothing changes.
    let found = episodes(&recording(&values, 1_000), &Rules::default(), CHECK);
    assert_eq!(seconds(&found), [(160, Some(720), Level::Crit)]);
    let open = episodes(&recording(&values[..2], 1_000), &Rules::default(), CHECK);
    assert_eq!(seconds(&open), [(160, None, Level::Warn)]);
    let short = episodes(&recording(&[(0, 990), (60, 500)], 1_000), &Rules::default(), CHECK);
    assert_eq!(short, []);
}

#[test]
fn a_series_that_is_gone_is_bad_no_more() {
    let mut gone = recording(&[(0, 990)], 1_000);
    gone.values.push((at(500), None));
    let found = episodes(&gone, &Rules::default(), CHECK);
    assert_eq!(seconds(&found), [(60, Some(500), Level::Crit)]);
}

#[test]
fn a_replay_says_what_would_have_vanished_and_who_would_have_missed_it() {
    // Bad thrice: for two minutes, a little for an hour, and much for an hour.
    let values = [(0, 870), (120, 500), (1_000, 880), (4_600, 500), (10_000, 990), (13_600, 500)];
    let recordings = [recording(&values, 20_000)];
    let acted = [alert(1, 1_060), alert(2, 10_060), alert(3, 90_000)];
    let before = Rules::default();
    let compare = |wish| replay(&recordings, CHECK, &before, &rules(&wanted(wish)), &acted);

    let higher = compare(CheckOverride { warn: Some(900), clear: Some(850), ..Default::default() });
    assert_eq!((higher.before, higher.after, higher.vanished.len()), (3, 1, 2));
    assert_eq!(higher.missed, ids(&[1]));
    assert_eq!(higher.unproven, ids(&[3]), "nothing was recorded then");

    let patient =
        compare(CheckOverride { hold: Some(SignedDuration::from_mins(3)), ..Default::default() });
    assert_eq!((patient.after, patient.missed.len()), (2, 0));
    assert_eq!(patient.delay, SignedDuration::from_secs(120));

    let lax = compare(CheckOverride { crit: Some(995), ..Default::default() });
    assert_eq!((lax.after, lax.weakened), (3, ids(&[2])));

    let strict = compare(CheckOverride { warn: Some(400), clear: Some(300), ..Default::default() });
    assert_eq!((strict.after, strict.missed.len()), (1, 0));
    let same = compare(CheckOverride::default());
    assert_eq!((same.after, same.vanished, same.appeared), (3, vec![], 0));
}

#[test]
fn what_would_have_hidden_an_alert_that_mattered_is_refused_unless_forced() {
    let recordings = [recording(&[(1_000, 880), (4_600, 500)], 5_000)];
    let wish = wanted(CheckOverride { warn: Some(900), clear: Some(850), ..Default::default() });
    let acted = [alert(1, 1_060)];
    let compared = replay(&recordings, CHECK, &Rules::default(), &rules(&wish), &acted);
    let proposal = Proposal {
        check: CHECK.into(),
        wish: Wish::Limits(wish),
        because: String::new(),
        evidence: vec![],
    };
    let refusal = decide(&proposal, Some(&compared), &acted, false).unwrap_err();
    assert_eq!(
        refusal.to_string(),
        "it would have hidden what people acted on: alr_00000000000000000000000000000001"
    );
    let remarks = decide(&proposal, Some(&compared), &acted, true).unwrap();
    assert_eq!(
        remarks,
        [
            "forced, although it would have hidden what people acted on: \
             alr_00000000000000000000000000000001",
            "0 alerts instead of 1: 1 would not have been, 0 are new",
        ]
    );
    // Without readings nobody can tell.
    let unknown = decide(&proposal, None, &acted, false).unwrap_err();
    assert_eq!(unknown, Refusal::Unproven(ids(&[1])));
    assert_eq!(decide(&proposal, None, &[past(1, 2)], false), Ok(vec![]));
}

#[test]
fn an_hour_of_patience_is_proposed_for_what_is_over_in_ten_minutes() {
    let alerts: Vec<Past> = (0..10).map(|it| past(it, it)).collect();
    let entry = report(&alerts, None).remove(0);
    let found = propose(&entry, &Rules::default());
    let hold = found[0].wanted().unwrap();
    assert_eq!(hold.hold, Some(SignedDuration::from_mins(12)));
    assert!(Rules::with([&hold]).is_ok());
    assert_eq!(found[0].evidence, entry.reasons);

    // Nobody acted below 861, which is a limit too.
    let limit = found[1].wanted().unwrap();
    assert_eq!((limit.warn, limit.clear), (Some(861), Some(811)));
    assert!(Rules::with([&limit]).is_ok());

    // And it may matter less.
    let last = found.last().unwrap();
    assert_eq!(last.wanted().unwrap().severity, Some(Severity::Medium));
    assert_eq!(last.because, "few act on it: medium instead of high");
}

#[test]
fn no_limit_is_proposed_above_what_people_act_on() {
    let mut alerts: Vec<Past> = (0..10).map(|it| past(it, it)).collect();
    alerts.push(Past { peak: Some(855), ..acted_on(11, 11) });
    let entry = report(&alerts, None).remove(0);
    let found = propose(&entry, &Rules::default());
    assert!(found.iter().filter_map(Proposal::wanted).all(|it| it.warn.is_none()), "{found:?}");
}

#[test]
fn one_noisy_endpoint_is_a_known_issue_and_not_everybodys_limit() {
    let alerts: Vec<Past> =
        (0..9).map(|it| past(it, 7)).chain((9..12).map(|it| past(it, it))).collect();
    let entries = report(&alerts, None);
    let entry = entries.iter().find(|it| it.narrow.is_some()).unwrap();
    let found = propose(entry, &Rules::default());
    let known = found.iter().find(|it| it.wanted().is_none()).unwrap();
    let Wish::KnownIssue(matcher) = &known.wish else { panic!("{known:?}") };
    assert!(matcher.matches(&past(0, 7).about) && !matcher.matches(&past(0, 8).about));
    assert!(found.iter().filter_map(Proposal::wanted).all(|it| it.is_narrowed()));
    // It would hide what somebody acted on there.
    assert_eq!(decide(known, None, &alerts, false), Ok(vec![]));
    let refused = decide(known, None, &[acted_on(1, 7)], false).unwrap_err();
    assert_eq!(refused, Refusal::Hides(ids(&[1])));
}

#[test]
fn what_people_act_on_too_late_is_proposed_to_be_louder() {
    let alerts: Vec<Past> = (0..10).map(|it| Past { too_late: true, ..acted_on(it, it) }).collect();
    let found = propose(&report(&alerts, None)[0], &Rules::default());
    let [louder] = &found[..] else { panic!("{found:?}") };
    assert_eq!(louder.wanted().unwrap().severity, Some(Severity::Critical));
    assert_eq!(louder.because, "people act on it, and later than agreed: critical instead of high");
    let useful: Vec<Past> = (0..10).map(|it| acted_on(it, it)).collect();
    assert_eq!(propose(&report(&useful, None)[0], &Rules::default()), []);
}

proptest! {
    #[test]
    fn a_filled_in_recording_is_judged_like_one_that_was_kept_whole(
        values in prop::collection::vec((1..20_i64, 0..1_000_i64), 1..40),
    ) {
        let (mut changes, mut whole, mut second) = (Vec::new(), Vec::new(), 0);
        for (times, value) in values {
            changes.push((second, value));
            for _ in 0..times {
                whole.push((second, value));
                second += 10;
            }
        }
        let rules = Rules::default();
        let kept = episodes(&recording(&whole, second), &rules, CHECK);
        prop_assert_eq!(episodes(&recording(&changes, second), &rules, CHECK), kept);
    }

    #[test]
    fn a_higher_limit_finds_nothing_new_and_hides_nothing_unsaid(
        values in prop::collection::vec((10..2_000_i64, 0..1_000_i64), 1..40),
        warn in 850..950_i64,
        alerts in prop::collection::vec(0..40_000_i64, 0..6),
    ) {
        let (mut changes, mut second) = (Vec::new(), 0);
        for (wait, value) in values {
            changes.push((second, value));
            second += wait;
        }
        let recordings = [recording(&changes, second)];
        let acted: Vec<Past> =
            alerts.iter().enumerate().map(|(number, at)| alert(number as u128, *at)).collect();
        let wish = wanted(CheckOverride { warn: Some(warn), ..Default::default() });
        let found = replay(&recordings, CHECK, &Rules::default(), &rules(&wish), &acted);
        prop_assert_eq!(found.appeared, 0);
        prop_assert!(found.vanished.len() <= found.before);
        prop_assert!(found.missed.is_disjoint(&found.unproven));
        let end = |it: &Episode| it.to.unwrap_or(Timestamp::MAX);
        let still = episodes(&recordings[0], &rules(&wish), CHECK);
        let was = episodes(&recordings[0], &Rules::default(), CHECK);
        for it in &acted {
            let (begin, closed) = (it.opened_at, it.closed_at.unwrap());
            let theirs = was.iter().filter(|by| by.from <= closed && end(by) >= begin);
            let over = theirs.map(end).max().unwrap_or(closed).max(closed);
            let told = still.iter().any(|by| by.from <= over && end(by) >= begin);
            let is_said = found.missed.contains(&it.alert) || found.unproven.contains(&it.alert);
            prop_assert!(told || is_said, "{} is lost", it.alert);
        }
    }
}
