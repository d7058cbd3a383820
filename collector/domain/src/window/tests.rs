use expect_test::{Expect, expect};
use jiff::civil::date;
use proptest::prelude::*;
use remit_shared::{EndpointId, EndpointKind, Function, Party};
use uuid::Uuid;

use super::{
    command::{Reach, Refusal, Request, cancel, end_early, needs_both, schedule},
    *,
};
use crate::{
    alert::{Alert, Suppressor},
    matrix::Subject,
    suppression::{Suppression, SuppressionKind},
};

fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

/// An instant of the night that most tests are about, in UTC.
fn night(clock: &str) -> Timestamp {
    at(&format!("2026-06-02T{clock}Z"))
}

fn tenant() -> Tenant {
    "acme".parse().unwrap()
}

fn actor(name: &str, party: Party) -> Actor {
    Actor { name: name.into(), team: "noc".parse().unwrap(), party }
}

fn kim() -> Actor {
    actor("kim", Party::Provider)
}

fn subject() -> Subject {
    Subject {
        id: EndpointId::from_uuid(Uuid::from_u128(7)),
        hostname: "db-7".into(),
        site: "hq".parse().unwrap(),
        kind: EndpointKind::Server,
        tags: BTreeSet::from(["erp".parse().unwrap()]),
    }
}

/// Asks something of the disk of `db-7`.
fn of_disk<T>(ask: impl FnOnce(Matter<'_>) -> T) -> T {
    let (tenant, subject) = (tenant(), subject());
    let function: Function = "infra_monitoring".parse().unwrap();
    ask(Matter { tenant: &tenant, subject: &subject, function: &function, check: "disk-space" })
}

/// Quiet for some minutes at `db-7`, once.
fn spec(zone: &str, start: &str, minutes: i64) -> Spec {
    let endpoints = BTreeSet::from(["db-7".parse().unwrap()]);
    Spec {
        title: "firmware".into(),
        why: String::new(),
        selector: Selector { endpoints, ..Selector::default() },
        effects: Effects { suppress_notify: true, suppress_patch: false },
        zone: TimeZone::get(zone).unwrap(),
        timing: Timing::Once { start: start.parse().unwrap() },
        duration: SignedDuration::from_mins(minutes),
        grace: SignedDuration::from_mins(15),
        for_patching: false,
        covers_open: false,
        change: None,
    }
}

fn recurring(rule: &str, start: &str) -> Timing {
    Timing::Recurring(Recurrence::new(rule.parse().unwrap(), start.parse().unwrap()))
}

fn request<'a>(number: u128, tenant: &'a Tenant, now: &str) -> Request<'a> {
    Request {
        id: WindowId::from_uuid(Uuid::from_u128(number)),
        tenant,
        by: kim(),
        approved_by: vec![],
        others: &[],
        reach: Reach { endpoints: 1, of: 20, covers_others: false },
        now: at(now),
    }
}

/// A window that was asked for at noon of the day before.
fn window(number: u128, spec: Spec) -> Window {
    let tenant = tenant();
    schedule(spec, request(number, &tenant, "2026-06-01T12:00Z")).unwrap().window
}

fn nightly(number: u128, start: &str, minutes: i64) -> Window {
    window(number, spec("UTC", &format!("2026-06-02T{start}"), minutes))
}

fn is_quiet(windows: &[Window], open_since: Option<&str>, when: &str) -> bool {
    !of_disk(|it| suppressors(windows, it, open_since.map(night), night(when))).is_empty()
}

#[test]
fn e14_overlap_mw() {
    let (first, second) = (nightly(1, "01:00", 120), nightly(2, "02:00", 120));
    let both = [first.clone(), second.clone()];
    for (when, expected) in
        [("00:59:59", 0), ("01:00", 1), ("02:00", 2), ("02:59:59", 2), ("03:00", 1), ("04:00", 0)]
    {
        assert_eq!(of_disk(|it| depth(&both, it, night(when))), expected, "{when}");
    }
    let second = cancel(second, kim(), "not needed", night("02:30")).unwrap().window;
    let left = [first, second];
    for (when, quiet) in [("02:29", true), ("02:30", true), ("02:59:59", true), ("03:00", false)] {
        assert_eq!(is_quiet(&left, None, when), quiet, "{when}");
    }
    assert_eq!(of_disk(|it| opens_at(&left, it, night("01:10"))), night("03:00"));
}

#[test]
fn ending_one_of_two_windows_changes_nothing() {
    let (first, second) = (nightly(1, "01:00", 120), nightly(2, "02:00", 120));
    let first = end_early(first, kim(), "done", night("02:10")).unwrap().window;
    let both = [first, second];
    assert_eq!(of_disk(|it| depth(&both, it, night("02:10"))), 1);
    assert!(is_quiet(&both, Some("01:30"), "02:10"), "it went quiet at 01:00");
    assert!(is_quiet(&both, Some("01:30"), "03:59"));
    assert!(!is_quiet(&both, Some("01:30"), "04:00"));
}

#[test]
fn e15_mw_problem_before() {
    let usual = [nightly(1, "01:00", 120)];
    assert!(!is_quiet(&usual, Some("00:50"), "01:30"), "people know of it");
    assert!(is_quiet(&usual, Some("01:00"), "01:30"));
    let covering = Spec { covers_open: true, ..usual[0].spec.clone() };
    let covering = [window(2, covering)];
    assert!(is_quiet(&covering, Some("00:50"), "01:30"));
    assert!(!is_quiet(&covering, Some("00:50"), "03:00"));
    // A window of the next night does not silence last night's alert.
    let daily =
        Spec { timing: recurring("FREQ=DAILY", "2026-06-02T01:00"), ..usual[0].spec.clone() };
    let daily = [window(3, daily)];
    let tomorrow = at("2026-06-03T01:30Z");
    assert!(of_disk(|it| suppressors(&daily, it, Some(night("01:30")), tomorrow)).is_empty());
}

#[test]
fn e16_mw_problem_inside() {
    let windows = [nightly(1, "03:00", 60)];
    let opens = |first_seen: &str| of_disk(|it| opens_at(&windows, it, night(first_seen)));
    assert_eq!(opens("03:10"), night("04:00"));
    assert_eq!(opens("02:59:59"), night("02:59:59"));
    assert_eq!(opens("04:00"), night("04:00"));
    let quiet = of_disk(|it| suppressors(&windows, it, None, night("03:10")));
    assert_eq!(quiet.len(), 1);
    assert_eq!((quiet[0].kind, quiet[0].since), (SuppressionKind::Window, night("03:10")));
    assert_eq!(quiet[0].until, Some(night("04:00")));
    assert_eq!(quiet[0].why, "maintenance `firmware` until 2026-06-02 04:00 UTC");
}

#[test]
fn a_second_look_at_what_opens_in_a_window_sees_what_the_first_saw() {
    let windows = [nightly(1, "03:00", 60)];
    let now = night("03:10");
    let first = of_disk(|it| suppressors(&windows, it, None, now));
    assert_eq!(of_disk(|it| suppressors(&windows, it, Some(now), now)), first);
}

#[test]
fn what_a_window_is_not_about_stays_loud() {
    let quiet = |change: &dyn Fn(&mut Spec)| {
        let mut spec = spec("UTC", "2026-06-02T01:00", 60);
        change(&mut spec);
        is_quiet(&[window(1, spec)], None, "01:30")
    };
    assert!(quiet(&|_| {}));
    assert!(quiet(&|it| it.selector.checks = BTreeSet::from(["disk-space".into()])));
    assert!(!quiet(&|it| it.selector.checks = BTreeSet::from(["memory".into()])));
    assert!(!quiet(&|it| it.selector.sites = BTreeSet::from(["lab".parse().unwrap()])));
    assert!(!quiet(&|it| it.selector.tags = BTreeSet::from(["lob".parse().unwrap()])));
    assert!(!quiet(&|it| it.selector.kinds = BTreeSet::from([EndpointKind::Workstation])));
    assert!(!quiet(&|it| it.selector.functions = BTreeSet::from(["help_desk".parse().unwrap()])));
    let patch_only = Effects { suppress_notify: false, suppress_patch: true };
    assert!(!quiet(&|it| it.effects = patch_only));
    let mut other = nightly(1, "01:00", 60);
    other.tenant = "other".parse().unwrap();
    assert!(!is_quiet(&[other], None, "01:30"), "another tenant's");
}

/// Checks from when until when a one-hour window is open that begins at a
/// time on the wall.
#[track_caller]
fn check_hour(zone: &str, start: &str, from: &str, to: &str) {
    let tenant = tenant();
    let asked = request(1, &tenant, "2026-01-01T00:00Z");
    let window = schedule(spec(zone, start, 60), asked).unwrap().window;
    let open = next_occurrence(&window, Timestamp::UNIX_EPOCH).unwrap();
    assert_eq!(open, Segment { from: at(from), to: at(to) }, "{start} {zone}");
}

#[test]
fn an_hour_is_an_hour_when_the_clocks_change() {
    let zone = "America/New_York";
    check_hour(zone, "2026-03-08T01:30", "2026-03-08T06:30Z", "2026-03-08T07:30Z");
    check_hour(zone, "2026-03-08T02:30", "2026-03-08T03:30-04:00", "2026-03-08T04:30-04:00");
    check_hour(zone, "2026-11-01T01:30", "2026-11-01T05:30Z", "2026-11-01T06:30Z");
}

#[test]
fn e34_half_hour_dst() {
    let zone = "Australia/Lord_Howe";
    check_hour(zone, "2026-04-05T01:45", "2026-04-04T14:45Z", "2026-04-04T15:45Z");
    check_hour(zone, "2026-10-04T02:15", "2026-10-03T15:45Z", "2026-10-03T16:45Z");
}

#[test]
fn e35_ramadan_dst() {
    let zone = "Africa/Casablanca";
    check_hour(zone, "2026-02-15T02:30", "2026-02-15T01:30Z", "2026-02-15T02:30Z");
    check_hour(zone, "2026-02-16T02:30", "2026-02-16T02:30Z", "2026-02-16T03:30Z");
    check_hour(zone, "2026-03-22T02:30", "2026-03-22T02:30Z", "2026-03-22T03:30Z");
    check_hour(zone, "2026-03-23T02:30", "2026-03-23T01:30Z", "2026-03-23T02:30Z");
}

#[test]
fn e36_tzdb_update() {
    let mut nightly = window(
        1,
        Spec {
            timing: recurring("FREQ=MONTHLY", "2026-06-02T02:00"),
            ..spec("UTC", "2026-06-02T02:00", 60)
        },
    );
    nightly.spec.zone = TimeZone::posix("EST5EDT,M3.2.0,M11.1.0").unwrap();
    let mut updated = nightly.clone();
    updated.spec.zone = TimeZone::posix("EST5EDT,M3.2.0,J365/25").unwrap();
    let next = |window: &Window, from: &str| next_occurrence(window, at(from)).unwrap().from;
    // What is to come moves, and so does the deadline; what has been stays.
    assert_eq!(next(&nightly, "2026-11-15T00:00Z"), at("2026-12-02T07:00Z"));
    assert_eq!(next(&updated, "2026-11-15T00:00Z"), at("2026-12-02T06:00Z"));
    assert_eq!(next(&nightly, "2026-06-02T00:00Z"), next(&updated, "2026-06-02T00:00Z"));
    updated.phase = Phase::Waiting { from: at("2026-11-15T00:00Z") };
    assert_eq!(deadline(&updated), Some(at("2026-12-02T06:00Z")));
}

#[test]
fn e37_provider_and_internal_in_different_zones() {
    // Written in the tenant's zone, asked for from Los Angeles: 22:00 is New York's.
    let window = window(1, spec("America/New_York", "2026-06-01T22:00", 60));
    assert_eq!(open_at(&window, at("2026-06-01T22:30-07:00")), None);
    assert!(open_at(&window, at("2026-06-01T19:30-07:00")).is_some());
}

#[test]
fn a_window_changes_nothing_before_it_was_asked_for() {
    let tenant = tenant();
    let daily = Spec {
        timing: recurring("FREQ=DAILY", "2026-05-01T01:00"),
        ..spec("UTC", "2026-05-01T01:00", 60)
    };
    let window = schedule(daily, request(1, &tenant, "2026-06-02T01:30Z")).unwrap().window;
    assert_eq!(open_at(&window, night("01:20")), None);
    assert_eq!(open_at(&window, night("01:40")), None);
    assert_eq!(deadline(&window), Some(at("2026-06-03T01:00Z")));
}

#[test]
fn refusals_say_what_would_be_right() {
    let tenant = tenant();
    let mut lines = String::new();
    let mut refused = |change: &dyn Fn(&mut Spec, &mut Request<'_>)| {
        let mut spec = spec("America/New_York", "2026-06-02T01:00", 60);
        let mut request = request(1, &tenant, "2026-06-01T12:00Z");
        change(&mut spec, &mut request);
        let err = schedule(spec, request).unwrap_err();
        lines.push_str(&format!("{err}\n"));
    };
    refused(&|it, _| it.title = " ".into());
    refused(&|it, _| it.effects = Effects::default());
    refused(&|it, _| {
        it.for_patching = true;
        it.effects.suppress_patch = true;
    });
    refused(&|it, _| it.duration = SignedDuration::ZERO);
    refused(&|it, _| it.duration = SignedDuration::from_hours(32 * 24));
    refused(&|it, _| it.grace = SignedDuration::from_hours(25));
    refused(&|it, _| it.timing = Timing::Once { start: date(2026, 5, 31).at(1, 0, 0, 0) });
    refused(&|it, _| it.timing = recurring("FREQ=MONTHLY;BYDAY=2TU", "2026-06-02T01:00"));
    refused(&|it, _| {
        it.timing = recurring("FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=30", "2026-06-02T01:00")
    });
    refused(&|it, _| it.timing = recurring("FREQ=DAILY;UNTIL=20260501", "2026-04-02T01:00"));
    refused(&|it, _| {
        it.timing = recurring("FREQ=DAILY", "2026-06-02T01:00");
        it.duration = SignedDuration::from_hours(24);
    });
    refused(&|it, _| it.duration = SignedDuration::from_hours(25));
    refused(&|it, _| it.selector = Selector::default());
    refused(&|_, request| request.reach = Reach { endpoints: 20, of: 20, covers_others: false });
    refused(&|it, request| {
        it.covers_open = true;
        request.reach.covers_others = true;
    });
    expect![[r#"
        a window needs a title of 1 to 500 bytes that says what is done in it
        the window would do nothing: say that it keeps alerts quiet, is for patching, or forbids it
        the window is for patching and forbids it: choose one
        a window lasts more than nothing and at most 31 days, not 0s
        a window lasts more than nothing and at most 31 days, not 768h
        the grace after a window is 0 to 24 hours, not 25h
        the window would open at 2026-05-31 01:00 EDT, which is past: it opens now (2026-06-01 08:00 EDT) or later
        the start 2026-06-02T01:00:00 is no date of `FREQ=MONTHLY;BYDAY=2TU`: the first is 2026-06-09, so start then
        `FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=30` from 2026-06-02T01:00:00 on gives no date that is still to come
        `FREQ=DAILY;UNTIL=20260501` from 2026-04-02T01:00:00 on gives no date that is still to come
        the window opens again after 23h and lasts 24h: make it shorter, or rarer
        the window lasts more than 24 hours: a person of each party must agree, propose it as a change
        the window covers every endpoint of the tenant: a person of each party must agree, propose it as a change
        the window covers every endpoint of the tenant: a person of each party must agree, propose it as a change
        the window covers an open alert of the other party: a person of each party must agree, propose it as a change
    "#]].assert_eq(&lines);
}

#[test]
fn a_day_round_the_clock_is_no_overlap_except_where_the_clocks_change() {
    // 24 hours each day: on the short day in spring it would open again too soon.
    let tenant = tenant();
    let daily = |zone| Spec {
        timing: recurring("FREQ=DAILY", "2026-06-02T01:00"),
        ..spec(zone, "2026-06-02T01:00", 24 * 60)
    };
    let asked = || request(1, &tenant, "2026-06-01T12:00Z");
    assert!(schedule(daily("UTC"), asked()).is_ok());
    let err = schedule(daily("America/New_York"), asked()).unwrap_err();
    assert!(
        matches!(err, Refusal::OverlapsItself { apart, .. } if apart == SignedDuration::from_hours(23))
    );
}

#[test]
fn what_takes_both_parties_is_made_once_both_agree() {
    let tenant = tenant();
    let fleet = Spec { selector: Selector::default(), ..spec("UTC", "2026-06-02T01:00", 60) };
    assert!(needs_both(&fleet, Reach::default()).is_some());
    let asked = |approved_by| Request { approved_by, ..request(1, &tenant, "2026-06-01T12:00Z") };
    assert!(schedule(fleet.clone(), asked(vec![actor("lee", Party::Provider)])).is_err());
    assert!(schedule(fleet, asked(vec![actor("ann", Party::Internal)])).is_ok());
}

#[test]
fn a_blackout_refuses_patch_windows_that_share_an_endpoint() {
    let tenant = tenant();
    let freeze = Spec {
        title: "year end".into(),
        effects: Effects { suppress_notify: false, suppress_patch: true },
        selector: Selector {
            sites: BTreeSet::from(["hq".parse().unwrap()]),
            ..Selector::default()
        },
        ..spec("UTC", "2026-06-02T00:00", 12 * 60)
    };
    let others = [window(9, freeze)];
    let patching = Spec {
        for_patching: true,
        timing: recurring("FREQ=WEEKLY", "2026-06-02T10:00"),
        ..spec("UTC", "2026-06-02T10:00", 240)
    };
    let ask = |spec: Spec| {
        let asked = Request { others: &others, ..request(1, &tenant, "2026-06-01T12:00Z") };
        schedule(spec, asked)
    };
    let err = ask(patching.clone()).unwrap_err().to_string();
    assert!(err.ends_with("forbids patching from 2026-06-02 10:00 UTC to 2026-06-02 12:00 UTC: choose another time, or cancel it first"), "{err}");
    let later = Spec { timing: recurring("FREQ=WEEKLY", "2026-06-02T12:00"), ..patching.clone() };
    assert!(ask(later).is_ok());
    let elsewhere =
        Selector { sites: BTreeSet::from(["lab".parse().unwrap()]), ..Selector::default() };
    assert!(ask(Spec { selector: elsewhere, ..patching }).is_ok());
    assert!(blackout(&others, &tenant, &subject(), night("11:59")).is_some());
    assert!(blackout(&others, &tenant, &subject(), night("12:00")).is_none());
}

fn bad(checks: &str) -> Bad {
    let one = |check: &str| Condition {
        endpoint: subject().id,
        check: check.into(),
        instance: "".into(),
    };
    checks.split_whitespace().map(one).collect()
}

/// Plays `01:05 memory`: at that time a tick, with that being bad; or a
/// `cancel` or an `end`. Lists what the audit trail gets.
#[track_caller]
fn check_story(window: Window, story: &str, expect: Expect) -> Window {
    let mut window = window;
    let mut lines = String::new();
    for line in story.lines().map(str::trim).filter(|it| !it.is_empty()) {
        let (clock, what) = line.split_once(' ').unwrap_or((line, ""));
        let now = if clock.contains('T') { at(clock) } else { night(clock) };
        let step = match what {
            "cancel" => cancel(window, kim(), "why not", now).unwrap(),
            "end" => end_early(window, kim(), "done", now).unwrap(),
            bad => {
                let step = tick(window, &self::bad(bad), now);
                let again = tick(step.window.clone(), &self::bad(bad), now);
                assert_eq!((again.window, again.effects), (step.window.clone(), vec![]), "{line}");
                step
            }
        };
        window = step.window;
        for it in step.effects {
            let Effect::Audit(it) = it else { panic!("{it:?}") };
            lines.push_str(&format!("{} {} {}: {}\n", it.at, it.actor, it.action, it.detail));
        }
    }
    let due = deadline(&window).map_or("never".to_owned(), |it| it.to_string());
    lines.push_str(&format!("due {due}\n"));
    expect.assert_eq(&lines);
    window
}

#[test]
fn what_was_well_before_and_is_not_after_is_found() {
    let story = "01:00 memory\n01:30 memory ping\n02:00 memory ping\n02:10 memory ping\n02:15 memory disk-space";
    let window = check_story(
        nightly(1, "01:00", 60),
        story,
        expect![[r#"
        2026-06-02T01:00:00Z remit window.open: until 2026-06-02 02:00 UTC; 1 bad before
        2026-06-02T02:00:00Z remit window.close: opened 2026-06-02 01:00 UTC
        2026-06-02T02:15:00Z remit window.check: well before and not now: end_00000000000000000000000000000007 disk-space
        due never
    "#]],
    );
    let findings = window.aftercheck.unwrap().findings;
    let found: Vec<_> = findings.iter().map(|it| &*it.condition.check).collect();
    assert_eq!(found, ["disk-space"], "memory was bad before, and ping is back");
}

#[test]
fn a_window_that_is_ended_is_checked_after_its_grace() {
    let story = "01:00\n01:20 end\n01:35 ping\n01:40";
    check_story(
        nightly(1, "01:00", 60),
        story,
        expect![[r#"
        2026-06-02T01:00:00Z remit window.open: until 2026-06-02 02:00 UTC; 0 bad before
        2026-06-02T01:20:00Z kim (noc) window.end: done
        2026-06-02T01:35:00Z remit window.check: well before and not now: end_00000000000000000000000000000007 ping
        due never
    "#]],
    );
}

#[test]
fn a_window_that_is_cancelled_while_open_is_still_checked() {
    let story = "01:00\n01:20 cancel\n01:35 ping";
    check_story(
        nightly(1, "01:00", 60),
        story,
        expect![[r#"
        2026-06-02T01:00:00Z remit window.open: until 2026-06-02 02:00 UTC; 0 bad before
        2026-06-02T01:20:00Z kim (noc) window.cancel: why not
        2026-06-02T01:35:00Z remit window.check: well before and not now: end_00000000000000000000000000000007 ping
        due never
    "#]],
    );
}

#[test]
fn a_recurring_window_comes_again_and_a_sleeping_collector_misses_it_once() {
    let daily = Spec {
        timing: recurring("FREQ=DAILY;COUNT=5", "2026-06-02T01:00"),
        ..spec("UTC", "2026-06-02T01:00", 60)
    };
    let story = "01:00\n02:00\n02:15\n2026-06-05T12:00Z\n2026-06-06T01:10Z\n2026-06-06T03:00Z";
    check_story(
        window(1, daily),
        story,
        expect![[r#"
        2026-06-02T01:00:00Z remit window.open: until 2026-06-02 02:00 UTC; 0 bad before
        2026-06-02T02:00:00Z remit window.close: opened 2026-06-02 01:00 UTC
        2026-06-02T02:15:00Z remit window.check: all that was well before is well
        2026-06-05T12:00:00Z remit window.miss: an occurrence came and went unseen: nothing was checked
        2026-06-06T01:10:00Z remit window.open: until 2026-06-06 02:00 UTC; 0 bad before
        2026-06-06T03:00:00Z remit window.close: opened 2026-06-06 01:00 UTC
        2026-06-06T03:00:00Z remit window.check: all that was well before is well
        due never
    "#]],
    );
}

#[test]
fn commands_refuse_what_makes_no_sense_any_more() {
    let window = nightly(1, "01:00", 60);
    let early = end_early(window.clone(), kim(), "", night("00:30")).unwrap_err();
    let expected = "is not open: it opens 2026-06-02 01:00 UTC; `cancel` calls it off for good";
    assert!(early.to_string().ends_with(expected), "{early}");
    let over = cancel(window, kim(), "", night("00:30")).unwrap().window;
    assert!(matches!(cancel(over.clone(), kim(), "", night("00:40")), Err(Refusal::Over(_))));
    assert!(matches!(end_early(over.clone(), kim(), "", night("01:10")), Err(Refusal::Over(_))));
    assert_eq!(open_at(&over, night("01:10")), None);
    assert_eq!(deadline(&over), None);
}

/// A quiet alert: number so-and-so, raised at this second of the night.
fn quiet_alert(number: u128, second: i64, by: &Window) -> Alert {
    let mut alert = crate::alert::tests::sample();
    alert.id = AlertId::from_uuid(Uuid::from_u128(number));
    alert.raised_at = night("01:00") + SignedDuration::from_secs(second);
    let what = Suppression {
        kind: SuppressionKind::Window,
        reference: by.id.to_string(),
        why: String::new(),
        since: night("01:00"),
        until: None,
        covers_open: false,
    };
    alert.suppressors = vec![Suppressor { what, mutes: true }];
    alert
}

#[test]
fn what_was_kept_quiet_is_logged_once_and_the_log_is_bounded() {
    let open = nightly(1, "01:00", 60);
    let alerts: Vec<_> = (0..LONGEST_LOG as u128 + 3)
        .map(|it| quiet_alert(it, i64::try_from(it).unwrap(), &open))
        .collect();
    let full = open.clone().log_quiet(&alerts);
    assert_eq!((full.log.len(), full.log_dropped), (LONGEST_LOG, 3));
    assert_eq!(full.clone().log_quiet(&alerts), full, "shown again");

    let mut spoken = quiet_alert(1, 5, &open);
    spoken.suppressors[0].mutes = false;
    let others = quiet_alert(2, 5, &nightly(2, "01:00", 60));
    assert_eq!(open.clone().log_quiet([&spoken, &others]), open);
}

#[test]
fn the_ends_of_time_are_survived() {
    let daily = Spec {
        timing: recurring("FREQ=DAILY", "2026-06-02T01:00"),
        ..spec("UTC", "2026-06-02T01:00", 60)
    };
    for window in [window(1, daily), nightly(2, "01:00", 60)] {
        for end in [Timestamp::MIN, Timestamp::MAX] {
            open_at(&window, end);
            occurrences(&window, Segment { from: end, to: end });
            of_disk(|it| quiet(std::slice::from_ref(&window), it, end));
            tick(window.clone(), &Bad::new(), end);
        }
        assert!(
            occurrences(&window, Segment { from: Timestamp::MIN, to: Timestamp::MAX }).len()
                <= 10_000
        );
    }
}

prop_compose! {
    fn any_window()(
        number in 0..1000u128,
        start in 0..2000i64,
        minutes in 1..600i64,
        rule in prop::sample::select(vec!["", "FREQ=DAILY", "FREQ=DAILY;INTERVAL=2;COUNT=3", "FREQ=WEEKLY;BYDAY=MO,TU,SU"]),
        zone in prop::sample::select(vec!["UTC", "America/New_York", "Australia/Lord_Howe"]),
        ended in prop::option::of(0..3000i64),
        cancelled in prop::option::of(0..9000i64),
    ) -> Window {
        // Around the end of summer time in New York and Lord Howe's in October.
        let start = date(2026, 10, 30).at(0, 0, 0, 0) + SignedDuration::from_mins(start * 2);
        let mut it = nightly(number, "01:00", minutes);
        it.spec.zone = TimeZone::get(zone).unwrap();
        it.spec.timing = match rule {
            "" => Timing::Once { start },
            rule => Timing::Recurring(Recurrence::new(rule.parse().unwrap(), start)),
        };
        let day = at("2026-10-30T00:00Z");
        let ending = |at: i64| Ending { at: day + SignedDuration::from_mins(at), by: kim(), why: String::new() };
        it.ended = ended.map(ending).and_then(|ending| {
            open_at(&it, ending.at).map(|open| EarlyEnd { began: open.from, ending })
        });
        it.cancelled = cancelled.map(ending);
        it
    }
}

proptest! {
    #[test]
    fn being_open_agrees_with_the_occurrences(window in any_window(), minute in 0..12_000i64) {
        let start = at("2026-10-29T00:00Z");
        let all = occurrences(&window, Segment { from: start, to: start + SignedDuration::from_hours(24 * 10) });
        prop_assert!(all.windows(2).all(|it| it[0].to <= it[1].from));
        prop_assert!(all.iter().all(|it| it.lasts() <= window.spec.duration));
        let now = start + SignedDuration::from_mins(minute);
        let expected = all.iter().find(|it| it.contains(now)).copied();
        prop_assert_eq!(open_at(&window, now), expected);
        prop_assert!(window.cancelled.as_ref().is_none_or(|it| open_at(&window, it.at).is_none()));
    }

    #[test]
    fn a_matter_is_quiet_while_any_window_is_open_and_not_longer(
        windows in prop::collection::vec(any_window(), 0..5), minute in 0..12_000i64, seen in 0..12_000i64,
    ) {
        let minutes = |it| at("2026-10-29T00:00Z") + SignedDuration::from_mins(it);
        let now = minutes(minute);
        of_disk(|about| {
            let depth = depth(&windows, about, now);
            prop_assert_eq!(suppressors(&windows, about, None, now).len(), depth);
            let stretch = quiet(&windows, about, now);
            prop_assert_eq!(stretch.is_some(), depth > 0);
            let known = suppressors(&windows, about, Some(minutes(seen)), now);
            prop_assert!(known.len() <= depth);
            if let Some(it) = stretch {
                prop_assert!(it.contains(now));
                prop_assert_eq!(super::depth(&windows, about, it.to), 0);
                prop_assert_eq!(super::depth(&windows, about, it.from - SignedDuration::from_nanos(1)), 0);
                prop_assert_eq!(opens_at(&windows, about, now), it.to);
            } else {
                prop_assert_eq!(opens_at(&windows, about, now), now);
            }
            Ok(())
        })?;
    }

    #[test]
    fn ticking_ends_and_a_tick_before_its_time_changes_nothing(window in any_window(), steps in prop::collection::vec(0..2000i64, 1..20)) {
        let mut window = window;
        let mut now = at("2026-10-29T00:00Z");
        for step in steps {
            now += SignedDuration::from_mins(step);
            let due = deadline(&window);
            let before = window.clone();
            let Step { window: after, effects, notices } = tick(window, &bad("ping"), now);
            if due.is_some_and(|it| now < it) {
                prop_assert!(effects.is_empty() && notices.is_empty());
                prop_assert_eq!(&after, &before);
            }
            prop_assert!(deadline(&after).is_none_or(|it| now < it));
            let open = matches!(after.phase, Phase::Open { .. });
            prop_assert_eq!(open, open_at(&after, now).is_some());
            window = after;
        }
    }
}
