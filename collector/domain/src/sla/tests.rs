use jiff::civil::date;
use remit_shared::{ChangeId, Party, Severity};
use uuid::Uuid;

use super::{testing::*, *};
use crate::calendar::Segment;

const OPEN: &str = "2026-03-02T10:00:00Z";

fn after(minutes: i64) -> Timestamp {
    at(OPEN) + mins(minutes)
}

fn standard(severity: Severity) -> Life {
    Life::open(terms(Agreement::standard(), None), severity, at(OPEN))
}

fn kinds(crossings: &[Crossing]) -> Vec<(ClockKind, CrossingKind, Timestamp)> {
    crossings.iter().map(|it| (it.clock, it.kind, it.at)).collect()
}

fn paused(reason: PauseReason) -> Fact {
    Fact::Paused { reason, by: "kim".into(), until: None }
}

#[test]
fn e23_priority_raise_late() {
    let terms = terms(resolution_in(targets(1440, 480, 60)), None);
    let mut life = Life::open(terms, Severity::Medium, at(OPEN));
    let raised =
        life.take(Fact::Severity { from: Severity::Medium, to: Severity::Critical }, after(180));
    assert_eq!(
        kinds(&raised),
        [(ClockKind::Resolution, CrossingKind::Breached, after(60))],
        "one notification, at the computed instant"
    );
    assert_eq!(life.clock(ClockKind::Resolution).breached_at, Some(after(60)));
    assert!(life.take(Fact::Tick, after(1000)).is_empty());
    assert_eq!(deadline(&life.terms, life.severity, &life.clocks), None);
}

#[test]
fn a_raise_keeps_the_pauses_from_before() {
    let terms = terms(resolution_in(targets(1440, 480, 60)), None);
    let mut life = Life::open(terms, Severity::Medium, at(OPEN));
    life.take(paused(PauseReason::AwaitingVendor), after(20));
    life.take(Fact::Resumed { by: "kim".into() }, after(50));
    let raise = Fact::Severity { from: Severity::Medium, to: Severity::Critical };
    let mut later = life.clone();
    assert_eq!(
        kinds(&later.take(raise.clone(), after(100))),
        [(ClockKind::Resolution, CrossingKind::Breached, after(90))]
    );
    let crossings = life.take(raise, after(89));
    assert!(crossings.iter().all(|it| it.kind != CrossingKind::Breached), "{crossings:?}");
}

#[test]
fn a_lower_severity_relaxes_the_target_and_forgives_nothing() {
    let terms = terms(resolution_in(targets(1440, 480, 60)), None);
    let lower = Fact::Severity { from: Severity::Critical, to: Severity::Medium };
    let mut life = Life::open(terms, Severity::Critical, at(OPEN));
    let mut late = life.clone();
    life.take(lower.clone(), after(59));
    assert_eq!(life.promise(ClockKind::Resolution, after(61)).status, Status::OnTrack);
    late.take(lower, after(61));
    let promise = late.promise(ClockKind::Resolution, after(61));
    assert_eq!((promise.status, promise.deadline), (Status::Breached, Some(after(60))));
}

#[test]
fn a_severity_that_goes_up_and_down_warns_once_for_each() {
    let terms = terms(resolution_in(targets(1440, 480, 60)), None);
    let mut life = Life::open(terms, Severity::High, at(OPEN));
    for minute in 50..58 {
        let (from, to) = match minute % 2 {
            0 => (Severity::High, Severity::Critical),
            _ => (Severity::Critical, Severity::High),
        };
        life.take(Fact::Severity { from, to }, after(minute));
    }
    use CrossingKind::{AtRisk, Warned};
    let told: Vec<_> = life.crossings.iter().map(|it| it.kind).collect();
    assert_eq!(told, [Warned(75), AtRisk, Warned(90)]);
}

#[test]
fn e24_pause_across_close() {
    let office = office("America/New_York");
    let terms = terms(resolution_in(targets(1440, 480, 240)), Some(office));
    let mut life = Life::open(terms, Severity::Critical, at("2026-03-02T16:00-05:00"));
    life.take(paused(PauseReason::AwaitingCustomer), at("2026-03-02T16:50-05:00"));
    life.take(Fact::Updated { party: Party::Internal }, at("2026-03-03T09:10-05:00"));
    let now = at("2026-03-03T10:00-05:00");
    let ledger = ledger(&life.terms, life.severity, &life.clocks, now);
    let lines: Vec<_> = ledger.lines.iter().map(|it| (it.state.as_str(), it.counted)).collect();
    assert_eq!(lines, [("running", mins(50)), ("paused", mins(10 + 70)), ("running", mins(50))]);
    let totals = ledger.by_party()[&Party::Provider];
    assert_eq!((totals.running, totals.paused), (mins(100), mins(80)));
    assert_eq!(ledger.promises[0].left, Some(mins(140)));
    assert_eq!(ledger.promises[0].deadline, Some(at("2026-03-03T12:20-05:00")));
}

#[test]
fn e25_99_951_percent() {
    // A hundred thousand seconds: a thousandth of a percent is one second.
    let target = SignedDuration::from_secs(100_000);
    let agreement = resolution_in(Targets([(Severity::Medium, target)].into()));
    let open = Life::open(terms(agreement, None), Severity::Medium, at(OPEN));
    for (spent_millis, breached) in [(99_951_000, false), (100_000_000, false), (100_000_001, true)]
    {
        let mut life = open.clone();
        let end = at(OPEN) + SignedDuration::from_millis(spent_millis);
        life.take(Fact::Resolved { by: None }, end);
        assert_eq!(life.clock(ClockKind::Resolution).breached_at.is_some(), breached);
        let year = Segment::ahead(at(OPEN), SignedDuration::from_hours(8760));
        let sum = attainment(&judged(&life.terms, life.severity, &life.clocks, year));
        assert_eq!((sum.met, sum.breached), if breached { (0, 1) } else { (1, 0) });
    }
}

#[test]
fn e26_holiday_added_same_day() {
    let before = office("America/New_York");
    let mut old = terms(resolution_in(targets(1440, 480, 240)), Some(before.clone()));
    let mut life = Life::open(old.clone(), Severity::High, at("2026-03-02T09:00-05:00"));
    let noon = at("2026-03-02T12:00-05:00");
    let mut closed = before;
    closed.holidays.insert(date(2026, 3, 2), "Snow day".into());
    old.calendar = Some(closed.into());
    old.matrix_version = 2;
    life.take(Fact::Terms(old), noon);
    let evening = at("2026-03-02T18:00-05:00");
    let promise = life.promise(ClockKind::Resolution, evening);
    assert_eq!(promise.spent, mins(180), "the morning was work, the afternoon is none");
    assert_eq!(promise.deadline, Some(at("2026-03-03T13:00-05:00")));
    let ledger = ledger(&life.terms, life.severity, &life.clocks, evening);
    let line = |it: &Line| (it.state.as_str(), it.from, it.to, it.matrix_version);
    let lines: Vec<_> = ledger.lines.iter().map(line).collect();
    let opened = at("2026-03-02T09:00-05:00");
    assert_eq!(lines, [("running", opened, noon, 1), ("out_of_hours", noon, evening, 2)]);
}

#[test]
fn a_shorter_target_is_not_missed_before_it_was_agreed_on() {
    let long = terms(resolution_in(targets(1440, 480, 240)), None);
    let short = terms(resolution_in(targets(60, 60, 60)), None);
    let mut life = Life::open(long, Severity::High, at(OPEN));
    let crossings = life.take(Fact::Terms(short), after(100));
    assert_eq!(kinds(&crossings), [(ClockKind::Resolution, CrossingKind::Breached, after(100))]);
}

#[test]
fn only_a_human_of_the_owning_party_responds() {
    for (party, human, counts) in [
        (Party::Provider, true, true),
        (Party::Provider, false, false),
        (Party::Internal, true, false),
        (Party::Vendor, true, false),
    ] {
        let mut life = standard(Severity::Critical);
        life.take(Fact::Responded { party, human }, after(5));
        assert_eq!(!life.clock(ClockKind::Response).is_owed(), counts, "{party} {human}");
    }
}

#[test]
fn a_note_after_the_first_changes_no_response() {
    let mut life = standard(Severity::Critical);
    for minute in [5, 25] {
        life.take(Fact::Responded { party: Party::Provider, human: true }, after(minute));
    }
    let promise = life.promise(ClockKind::Response, after(60));
    assert_eq!((promise.status, promise.spent), (Status::Met, mins(5)));
}

#[test]
fn warnings_come_at_half_and_three_quarters_and_nine_tenths() {
    use CrossingKind::{AtRisk, Breached, Warned};
    let minute = |it: f64| at(OPEN) + mins(1).mul_f64(it);
    for (target, expected) in [
        (15, [(Warned(50), 7.5), (Warned(75), 11.25), (AtRisk, 11.25), (Warned(90), 13.5)]),
        (30, [(Warned(50), 15.0), (AtRisk, 20.0), (Warned(75), 22.5), (Warned(90), 27.0)]),
        (40, [(Warned(50), 20.0), (Warned(75), 30.0), (AtRisk, 30.0), (Warned(90), 36.0)]),
        (60, [(Warned(50), 30.0), (Warned(75), 45.0), (AtRisk, 45.0), (Warned(90), 54.0)]),
    ] {
        let agreement = resolution_in(targets(target, target, target));
        let mut life = Life::open(terms(agreement, None), Severity::High, at(OPEN));
        while let Some(due) = deadline(&life.terms, life.severity, &life.clocks) {
            life.take(Fact::Tick, due);
        }
        let told: Vec<_> = life.crossings.iter().map(|it| (it.kind, it.at)).collect();
        let mut all: Vec<_> = expected.map(|(kind, it)| (kind, minute(it))).into();
        all.push((Breached, after(target)));
        assert_eq!(told, all, "{target}");
    }
}

#[test]
fn who_was_away_hears_of_the_breach_only() {
    let mut life = standard(Severity::Critical);
    let late = life.take(Fact::Tick, after(100_000));
    assert!(late.iter().all(|it| it.kind == CrossingKind::Breached), "{late:?}");
    assert_eq!(late.len(), 5, "one for each promise");
    assert!(life.take(Fact::Tick, after(100_001)).is_empty());
}

#[test]
fn a_target_may_be_used_up_to_the_millisecond() {
    let mut life = standard(Severity::Critical);
    let last = after(15);
    assert!(life.take(Fact::Tick, last).iter().all(|it| it.kind != CrossingKind::Breached));
    let next = deadline(&life.terms, life.severity, &life.clocks);
    assert_eq!(next, Some(last + SignedDuration::from_millis(1)));
    let crossings = life.take(Fact::Tick, next.unwrap());
    assert_eq!(kinds(&crossings)[0], (ClockKind::Response, CrossingKind::Breached, last));
}

#[test]
fn a_pause_ends_by_itself_after_five_days_or_with_the_next_word() {
    let mut life = standard(Severity::Low);
    life.take(paused(PauseReason::AwaitingVendor), after(60));
    let until = after(60) + Agreement::PAUSE_LIMIT;
    assert_eq!(deadline(&life.terms, life.severity, &life.clocks), Some(until));
    let mut answered = life.clone();
    // Even if nobody looks for a day more.
    life.take(Fact::Tick, until + mins(60));
    assert_eq!(life.promise(ClockKind::Resolution, until + mins(60)).spent, mins(120));
    answered.take(Fact::Updated { party: Party::Vendor }, after(90));
    assert_eq!(answered.promise(ClockKind::Resolution, after(100)).spent, mins(70));
}

#[test]
fn a_pause_is_never_longer_than_agreed_on() {
    let mut life = standard(Severity::Low);
    let (by, reason) = ("kim".to_owned(), PauseReason::ApprovedWindow);
    life.take(Fact::Paused { reason, by, until: Some(after(60 * 24 * 30)) }, after(0));
    assert_eq!(life.clocks.pause.unwrap().until, after(0) + Agreement::PAUSE_LIMIT);
}

#[test]
fn what_has_passed_is_paused_by_both_parties_or_not_at_all() {
    let mut life = standard(Severity::Critical);
    life.take(Fact::Tick, after(300));
    let request = PauseRequest {
        reason: PauseReason::AwaitingCustomer,
        by: "kim".into(),
        note: "their firewall was shut".into(),
        from: Some(after(60)),
        until: Some(after(180)),
        approval: None,
    };
    let ask = |request| pause(&life.terms, &life.clocks, request, after(300));
    assert_eq!(ask(request.clone()), Err(PauseRefusal::Retroactive(after(60))));
    let approval = Some(ChangeId::from_uuid(Uuid::from_u128(7)));
    let early = PauseRequest { from: Some(after(-60)), approval, ..request.clone() };
    assert_eq!(ask(early), Err(PauseRefusal::TooEarly(after(0))));
    let fact = ask(PauseRequest { approval, ..request }).unwrap();
    assert_eq!(life.clock(ClockKind::Resolution).breached_at, Some(after(240)));
    life.take(fact, after(300));
    let promise = life.promise(ClockKind::Resolution, after(300));
    assert_eq!((promise.spent, promise.status), (mins(180), Status::AtRisk));
    // The response was late before that, and still is.
    assert_eq!(life.promise(ClockKind::Response, after(300)).deadline, Some(after(15)));
    let crossings = life.take(Fact::Tick, after(361));
    assert!(kinds(&crossings).contains(&(
        ClockKind::Resolution,
        CrossingKind::Breached,
        after(360)
    )));
}

/// An endpoint that becomes another's has other hours from the same matrix.
#[test]
fn what_was_counted_under_other_hours_is_paused_as_it_was_counted() {
    let mut life = standard(Severity::Critical);
    // New York opens at 13:00 by UTC, three hours after all this began.
    let theirs = terms(Agreement::standard(), Some(office("America/New_York")));
    life.take(Fact::Terms(theirs), after(300));
    let during = Segment { from: after(0), to: after(240) };
    let approval = ChangeId::from_uuid(Uuid::from_u128(7));
    let reason = PauseReason::AwaitingCustomer;
    life.take(Fact::PausedBefore { during, reason, by: "kim".into(), approval }, after(300));
    let counted: Vec<_> = life.clocks.stretches.iter().map(|it| it.counted).collect();
    assert_eq!(counted, [mins(240), mins(60)]);
    assert_eq!(life.promise(ClockKind::Resolution, after(300)).spent, mins(60));
}

#[test]
fn a_pause_needs_an_agreed_reason_and_a_note() {
    let mut life = standard(Severity::Critical);
    let agreement =
        Agreement { pause_reasons: vec![PauseReason::ApprovedWindow], ..Agreement::standard() };
    life.terms = terms(agreement, None);
    let request = |reason, note: &str| PauseRequest {
        reason,
        by: "kim".into(),
        note: note.into(),
        from: None,
        until: None,
        approval: None,
    };
    let ask = |life: &Life, it| pause(&life.terms, &life.clocks, it, after(1));
    let refused = ask(&life, request(PauseReason::AwaitingVendor, "called them"));
    assert!(matches!(refused, Err(PauseRefusal::Reason(_))), "{refused:?}");
    let good = request(PauseReason::ApprovedWindow, "Sunday");
    let silent = request(PauseReason::ApprovedWindow, " ");
    assert_eq!(ask(&life, silent), Err(PauseRefusal::NoteNeeded));
    let until = Some(after(0));
    let backwards = PauseRequest { until, ..good.clone() };
    assert_eq!(ask(&life, backwards), Err(PauseRefusal::Backwards(after(0))));
    let fact = ask(&life, good.clone()).unwrap();
    life.take(fact, after(1));
    let again = ask(&life, good.clone());
    assert!(matches!(again, Err(PauseRefusal::AlreadyPaused { .. })), "{again:?}");
    life.take(Fact::Resolved { by: None }, after(2));
    assert_eq!(ask(&life, good), Err(PauseRefusal::Over));
}

#[test]
fn a_hand_over_starts_the_teams_clock_and_not_the_contracts() {
    let mut life = standard(Severity::Critical);
    life.take(Fact::Responded { party: Party::Provider, human: true }, after(5));
    life.take(Fact::Owner(holder("internal-it")), after(100));
    let now = after(110);
    assert_eq!(life.promise(ClockKind::Resolution, now).spent, mins(110));
    let promise = life.promise(ClockKind::TeamResolution, now);
    assert_eq!((promise.spent, promise.target), (mins(10), Some(mins(120))));
    let response = life.promise(ClockKind::TeamResponse, now);
    assert_eq!((response.spent, response.target), (mins(10), Some(mins(15))));
    assert_eq!(response.holder, holder("internal-it"));
    let totals = ledger(&life.terms, life.severity, &life.clocks, now).by_party();
    assert_eq!(totals[&Party::Provider].running, mins(100));
    assert_eq!(totals[&Party::Internal].running, mins(10));
}

#[test]
fn a_team_has_what_is_left_of_the_contract_and_five_minutes_at_least() {
    for (handed, expected) in [(10, 120), (120, 120), (150, 90), (238, 5), (500, 5)] {
        let mut life = standard(Severity::Critical);
        life.take(Fact::Owner(holder("internal-it")), after(handed));
        let promise = life.promise(ClockKind::TeamResolution, after(handed));
        assert_eq!(promise.target, Some(mins(expected)), "{handed}");
    }
}

#[test]
fn a_team_that_was_late_stays_late_when_another_has_it() {
    let mut life = standard(Severity::Critical);
    life.take(Fact::Owner(holder("internal-it")), after(130));
    let late: Vec<_> = life.clocks.handed_on.iter().map(|it| (it.kind, it.breached_at)).collect();
    let expected = [(ClockKind::TeamResponse, 15), (ClockKind::TeamResolution, 120)];
    assert_eq!(late, expected.map(|(kind, minute)| (kind, Some(after(minute)))));
    life.take(Fact::Owner(holder("provider-noc")), after(131));
    assert_eq!(life.clocks.handed_on.len(), 2, "a minute is neither kept nor missed");
}

#[test]
fn a_window_or_a_parent_moves_the_start() {
    let mut life = standard(Severity::Critical);
    life.take(Fact::Suspended { why: "window Sunday patching".into() }, after(0));
    assert_eq!(deadline(&life.terms, life.severity, &life.clocks), None);
    life.take(Fact::Released, after(50));
    let promise = life.promise(ClockKind::Response, after(60));
    assert_eq!((promise.spent, promise.deadline), (mins(10), Some(after(65))));
    let ledger = ledger(&life.terms, life.severity, &life.clocks, after(60));
    let totals = ledger.by_party()[&Party::Provider];
    assert_eq!((totals.running, totals.suspended), (mins(10), mins(50)), "both figures");
}

#[test]
fn what_comes_back_goes_on_where_it_was_and_needs_no_second_response() {
    let mut life = standard(Severity::Critical);
    life.take(Fact::Responded { party: Party::Provider, human: true }, after(5));
    life.take(Fact::Resolved { by: Some(Party::Provider) }, after(100));
    assert_eq!(life.promise(ClockKind::Resolution, after(110)).status, Status::Met);
    life.take(Fact::Reopened, after(120));
    let promise = life.promise(ClockKind::Resolution, after(130));
    assert_eq!((promise.status, promise.spent), (Status::OnTrack, mins(110)));
    assert_eq!(life.promise(ClockKind::Response, after(130)).status, Status::Met);
    let ledger = ledger(&life.terms, life.severity, &life.clocks, after(130));
    assert!(ledger.lines.iter().any(|it| it.state == LineState::Over));
}

#[test]
fn a_response_that_never_came_is_still_owed_when_it_comes_back() {
    let mut life = standard(Severity::Critical);
    life.take(Fact::Resolved { by: None }, after(10));
    assert_eq!(life.promise(ClockKind::Response, after(20)).status, Status::Cancelled);
    life.take(Fact::Reopened, after(20));
    assert_eq!(life.promise(ClockKind::Response, after(22)).spent, mins(12));
}

#[test]
fn a_word_in_time_starts_the_next_wait() {
    let mut life = standard(Severity::Critical);
    for minute in [50, 100, 150] {
        life.take(Fact::Updated { party: Party::Provider }, after(minute));
    }
    assert_eq!(life.promise(ClockKind::Update, after(160)).deadline, Some(after(210)));
    life.take(Fact::Updated { party: Party::Internal }, after(170));
    assert_eq!(life.promise(ClockKind::Update, after(180)).deadline, Some(after(210)));
    let crossings = life.take(Fact::Tick, after(211));
    assert!(kinds(&crossings).contains(&(ClockKind::Update, CrossingKind::Breached, after(210))));
}

#[test]
fn a_night_shows_as_a_line_of_its_own() {
    let terms = terms(Agreement::standard(), Some(office("America/New_York")));
    let life = Life::open(terms, Severity::High, at("2026-03-06T16:00-05:00"));
    let monday = at("2026-03-09T09:00-04:00");
    let ledger = ledger(&life.terms, life.severity, &life.clocks, monday);
    let lines: Vec<_> = ledger
        .lines
        .iter()
        .map(|it| (it.state.as_str(), it.to.duration_since(it.from).as_hours(), it.counted))
        .collect();
    let expected =
        [("running", 1, mins(60)), ("out_of_hours", 62, mins(0)), ("running", 1, mins(60))];
    assert_eq!(lines, expected, "and the clocks have changed meanwhile");
}

#[test]
fn a_long_life_stays_small_and_its_sums_exact() {
    let mut life = standard(Severity::Low);
    for round in 0..2_000 {
        let minute = round * 10;
        life.take(paused(PauseReason::AwaitingVendor), after(minute + 4));
        life.take(Fact::Updated { party: Party::Provider }, after(minute + 10));
        let team = ["internal-it", "provider-noc", "provider-field"][round as usize % 3];
        life.take(Fact::Owner(holder(team)), after(minute + 10));
    }
    assert!(life.clocks.stretches.len() <= Clocks::MOST_STRETCHES);
    assert!(life.clocks.handed_on.len() <= Clocks::MOST_HANDED_ON);
    let now = after(20_000);
    let totals = ledger(&life.terms, life.severity, &life.clocks, now).by_party();
    let sum = |of: fn(&Totals) -> SignedDuration| totals.values().map(of).sum::<SignedDuration>();
    assert_eq!(sum(|it| it.running), mins(8_000));
    assert_eq!(sum(|it| it.paused), mins(12_000));
    assert_eq!(life.promise(ClockKind::Resolution, now).spent, mins(8_000));
}

#[test]
fn a_clock_that_is_set_back_moves_nothing() {
    let mut life = standard(Severity::Critical);
    life.take(paused(PauseReason::AwaitingVendor), after(10));
    life.take(Fact::Resumed { by: "kim".into() }, after(5));
    assert_eq!(life.promise(ClockKind::Resolution, after(12)).spent, mins(12));
}

/// Alerts that were each over after so many minutes, judged over March.
fn over_after(minutes: impl Iterator<Item = i64>) -> Vec<Judged> {
    let march = Segment { from: at("2026-03-01T00:00Z"), to: at("2026-04-01T00:00Z") };
    let judge = |minute| {
        let mut life = standard(Severity::High);
        life.take(Fact::Responded { party: Party::Provider, human: true }, after(minute));
        life.take(Fact::Resolved { by: Some(Party::Provider) }, after(minute));
        judged(&life.terms, life.severity, &life.clocks, march)
    };
    minutes.flat_map(judge).collect()
}

#[test]
fn percentiles_are_by_nearest_rank_and_need_twenty() {
    let by_kind = |all: &[Judged]| attainment_by(all, |it| it.kind)[&ClockKind::Response];
    assert_eq!(by_kind(&over_after(1..=19)).percentiles, None);
    let it = by_kind(&over_after(1..=20)).percentiles.unwrap();
    assert_eq!((it.p50, it.p90, it.p95), (mins(10), mins(18), mins(19)));
    let sum = by_kind(&over_after(1..=40));
    assert_eq!((sum.met, sum.breached, sum.n, sum.permille()), (30, 10, 40, Some(750)));
}

#[test]
fn all_is_shown_only_if_it_is_all() {
    let sum = Attainment { met: 1999, breached: 1, ..Attainment::default() };
    assert_eq!(sum.permille(), Some(999));
    assert_eq!(Attainment::default().permille(), None);
}

#[test]
fn a_promise_is_judged_in_one_period_and_open_before() {
    let month = |from: &str, to: &str| Segment { from: at(from), to: at(to) };
    let [feb, march, april] = [
        month("2026-02-01T00:00Z", "2026-03-01T00:00Z"),
        month("2026-03-01T00:00Z", "2026-04-01T00:00Z"),
        month("2026-04-01T00:00Z", "2026-05-01T00:00Z"),
    ];
    // Missed in March, over in April.
    let mut life = Life::open(
        terms(resolution_in(targets(1440, 480, 240)), None),
        Severity::High,
        at("2026-03-31T12:00Z"),
    );
    life.take(Fact::Resolved { by: Some(Party::Provider) }, at("2026-04-02T12:00Z"));
    let of = |period| judged(&life.terms, life.severity, &life.clocks, period);
    assert_eq!(of(feb), []);
    let [it] = &of(march)[..] else { panic!("{:?}", of(march)) };
    assert_eq!((it.verdict, it.took), (Verdict::Breached, None), "how long is not known yet");
    assert_eq!(of(april), []);
    // Opened in March, over in time in April.
    let mut life = Life::open(life.terms.clone(), Severity::High, at("2026-03-31T23:00Z"));
    life.take(Fact::Resolved { by: Some(Party::Provider) }, at("2026-04-01T01:00Z"));
    let verdict = |period| judged(&life.terms, life.severity, &life.clocks, period)[0].verdict;
    assert_eq!((verdict(march), verdict(april)), (Verdict::Open, Verdict::Met));
}

#[test]
fn what_went_away_before_anybody_looked_is_listed_apart() {
    let march = Segment { from: at("2026-03-01T00:00Z"), to: at("2026-04-01T00:00Z") };
    let mut life = standard(Severity::Critical);
    life.take(Fact::Resolved { by: None }, after(10));
    let all = judged(&life.terms, life.severity, &life.clocks, march);
    let by_kind = attainment_by(&all, |it| it.kind);
    let response = by_kind[&ClockKind::Response];
    assert_eq!((response.met, response.breached, response.unanswered), (0, 0, 1));
    assert_eq!(by_kind[&ClockKind::Resolution].met, 1);
}
