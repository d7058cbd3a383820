//! What holds for every history of an alert's time, with the clocks' changes and
//! other calendars in between.

use std::collections::{BTreeMap, BTreeSet};

use jiff::{
    SignedDuration, Timestamp,
    civil::{Time, Weekday, date},
    tz::TimeZone,
};
use proptest::prelude::*;
use remit_shared::{CalendarName, ChangeId, Party, Severity};
use uuid::Uuid;

use crate::{
    calendar::{Calendar, Segment, Window},
    sla::{
        Agreement, Clock, ClockKind, Clocks, CrossingKind, Fact, Holder, Judged, PauseReason,
        Spending, Terms, Totals, Verdict, attainment, deadline, ledger,
        testing::{Life, at, holder, terms},
    },
};

prop_compose! {
    fn any_calendar()(
        zone in prop::sample::select(vec!["America/New_York", "Australia/Lord_Howe", "Africa/Casablanca"]),
        hours in prop::collection::vec((0..7i8, 0..47i8, 1..48i8), 1..8),
        holidays in prop::collection::btree_set(1..28i8, 0..4),
    ) -> Calendar {
        let half = |it: i8| Time::constant(it / 2 % 24, it % 2 * 30, 0, 0);
        let hours = hours.into_iter().map(|(day, opens, closes)| Window {
            day: Weekday::from_monday_zero_offset(day).unwrap(),
            opens: half(opens),
            closes: half(closes),
        });
        Calendar {
            name: CalendarName::new("any").unwrap(),
            zone: TimeZone::get(zone).unwrap(),
            hours: hours.collect(),
            holidays: holidays.into_iter().map(|it| (date(2026, 3, it), "off".into())).collect(),
            yearly: Default::default(),
            holiday_rules: None,
            exceptions: Default::default(),
        }
    }
}

fn any_terms() -> impl Strategy<Value = Terms> {
    (prop::option::of(any_calendar()), 1..100u64).prop_map(|(calendar, matrix_version)| Terms {
        matrix_version,
        ..terms(Agreement::standard(), calendar)
    })
}

fn any_severity() -> impl Strategy<Value = Severity> {
    prop::sample::select(Severity::ALL)
}

fn any_reason() -> impl Strategy<Value = PauseReason> {
    prop::sample::select(PauseReason::ALL.to_vec())
}

fn any_party() -> impl Strategy<Value = Party> {
    prop::sample::select(Party::ALL)
}

fn any_holder() -> impl Strategy<Value = Holder> {
    prop::sample::select(vec!["internal-it", "provider-noc", "provider-field"]).prop_map(holder)
}

/// A fact, and how many minutes after the one before. A severity's `from` and a
/// pause for the past are filled in when it happens.
fn any_fact() -> impl Strategy<Value = (i64, Fact)> {
    let by = || "kim".to_owned();
    let fact = prop_oneof![
        (any_party(), any::<bool>()).prop_map(|(party, human)| Fact::Responded { party, human }),
        any_party().prop_map(|party| Fact::Updated { party }),
        any_holder().prop_map(Fact::Owner),
        any_reason().prop_map(move |reason| Fact::Paused { reason, by: by(), until: None }),
        Just(Fact::Resumed { by: "lee".into() }),
        Just(Fact::Suspended { why: "window".into() }),
        Just(Fact::Released),
        any_severity().prop_map(|to| Fact::Severity { from: to, to }),
        prop::option::of(any_party()).prop_map(|by| Fact::Resolved { by }),
        Just(Fact::Reopened),
        any_terms().prop_map(Fact::Terms),
        Just(Fact::Tick),
    ];
    (prop_oneof![Just(0i64), 1..30i64, 30..600i64, 600..8_000i64], fact)
}

prop_compose! {
    fn any_history()(
        terms in any_terms(),
        severity in any_severity(),
        start in 0..30 * 1440i64,
        facts in prop::collection::vec(any_fact(), 1..40),
    ) -> (Life, Vec<(Timestamp, Fact)>) {
        // The clocks change on 8 March in New York, on 22 March in Casablanca
        // and on 5 April on Lord Howe.
        let opened = at("2026-03-01T00:00Z") + SignedDuration::from_mins(start);
        let mut now = opened;
        let mut facts_at = Vec::new();
        let mut last = severity;
        for (wait, mut fact) in facts {
            now += SignedDuration::from_mins(wait);
            if let Fact::Severity { from, to } = &mut fact {
                *from = last;
                last = *to;
            }
            facts_at.push((now, fact));
        }
        (Life::open(terms, severity, opened), facts_at)
    }
}

/// The plainest way to keep time: every stretch for itself, for ever.
struct Model {
    holder: Holder,
    pause: Option<(PauseReason, Timestamp)>,
    suspended: bool,
    is_over: bool,
    terms: Terms,
    since: Timestamp,
    totals: BTreeMap<Holder, Totals>,
}

impl Model {
    fn pass(&mut self, now: Timestamp) {
        let counted = self.terms.counted(Segment { from: self.since, to: now });
        let totals = self.totals.entry(self.holder.clone()).or_default();
        match (self.is_over, self.suspended, self.pause) {
            (true, _, _) => {}
            (false, true, _) => totals.suspended += counted,
            (false, false, Some(_)) => totals.paused += counted,
            (false, false, None) => totals.running += counted,
        }
        self.since = now;
    }

    fn take(&mut self, fact: &Fact, now: Timestamp) {
        if let Some((_, until)) = self.pause.filter(|it| it.1 <= now) {
            self.pass(until);
            self.pause = None;
        }
        self.pass(now);
        match fact {
            Fact::Updated { .. } | Fact::Resumed { .. } => self.pause = None,
            Fact::Owner(holder) => self.holder = holder.clone(),
            Fact::Paused { reason, .. } if !self.is_over => {
                self.pause = Some((*reason, now + Agreement::PAUSE_LIMIT));
            }
            Fact::Suspended { .. } => self.suspended = true,
            Fact::Released => self.suspended = false,
            Fact::Resolved { .. } => (self.is_over, self.pause) = (true, None),
            Fact::Reopened => self.is_over = false,
            Fact::Terms(terms) => self.terms = terms.clone(),
            Fact::Responded { .. }
            | Fact::Paused { .. }
            | Fact::PausedBefore { .. }
            | Fact::Severity { .. }
            | Fact::Tick => {}
        }
    }
}

fn clock(clocks: &Clocks, kind: ClockKind) -> &Clock {
    clocks.clocks.iter().find(|it| it.kind == kind).unwrap()
}

/// Neither a gap nor an overlap, and every total is the sum of its stretches.
fn check(life: &Life, now: Timestamp) -> Result<(), TestCaseError> {
    let Clocks { opened_at, earlier, stretches, since, .. } = &life.clocks;
    let mut edge = *opened_at;
    if let Some(it) = earlier {
        prop_assert_eq!(it.from, edge);
        edge = it.to;
    }
    for it in stretches {
        prop_assert_eq!(it.from, edge);
        prop_assert!(it.from < it.to);
        prop_assert!(
            it.counted >= SignedDuration::ZERO && it.counted <= it.to.duration_since(it.from)
        );
        edge = it.to;
    }
    prop_assert_eq!(edge, *since);
    prop_assert!(stretches.len() <= Clocks::MOST_STRETCHES);

    let ledger = ledger(&life.terms, life.severity, &life.clocks, now);
    let mut edge = earlier.as_ref().map_or(*opened_at, |it| it.to);
    let mut running = SignedDuration::ZERO;
    for it in &ledger.lines {
        prop_assert_eq!(it.from, edge);
        edge = it.to;
        if it.state.as_str() == "running" {
            running += it.counted;
        }
    }
    if !life.clocks.is_over {
        prop_assert_eq!(edge, now.max(*since));
    }
    let shares = earlier.iter().flat_map(|it| &it.shares);
    for it in shares.filter(|it| it.spending == Spending::Running) {
        running += it.counted;
    }
    // The contract's clock is the sum of all that ran, whoever had it.
    let resolution = clock(&life.clocks, ClockKind::Resolution);
    prop_assert_eq!(life.clocks.spent(&life.terms, resolution, now), running);
    let by_party: SignedDuration = ledger.by_party().values().map(|it| it.running).sum();
    prop_assert_eq!(by_party, running);
    for it in &life.clocks.clocks {
        prop_assert!(it.spent >= SignedDuration::ZERO && it.spent <= resolution.spent);
    }
    Ok(())
}

proptest! {
    #[test]
    fn totals_are_the_sums_of_stretches((mut life, facts) in any_history()) {
        let mut model = Model {
            holder: life.clocks.holder.clone(),
            pause: None,
            suspended: false,
            is_over: false,
            terms: life.terms.clone(),
            since: life.clocks.since,
            totals: BTreeMap::new(),
        };
        for (now, fact) in facts {
            model.take(&fact, now);
            life.take(fact, now);
            check(&life, now)?;
            let expected: BTreeMap<_, _> =
                model.totals.iter().filter(|it| *it.1 != Totals::default()).collect();
            let ledger = ledger(&life.terms, life.severity, &life.clocks, now);
            let totals: BTreeMap<_, _> =
                ledger.by_team.iter().filter(|it| *it.1 != Totals::default()).collect();
            prop_assert_eq!(totals, expected);
        }
    }

    #[test]
    fn a_pause_for_the_past_moves_time_and_makes_none(
        (mut life, facts) in any_history(), back in 0..10_000i64, lasts in 1..5_000i64, reason in any_reason(),
    ) {
        let mut end = life.clocks.opened_at;
        for (now, fact) in facts {
            life.take(fact, now);
            end = now;
        }
        let sum = |life: &Life| {
            let totals = ledger(&life.terms, life.severity, &life.clocks, end).by_party();
            totals.values().map(|it| it.running + it.paused + it.suspended).sum::<SignedDuration>()
        };
        let before = sum(&life);
        let from = end - SignedDuration::from_mins(back);
        let during = Segment::ahead(from, SignedDuration::from_mins(lasts));
        let approval = ChangeId::from_uuid(Uuid::from_u128(1));
        life.take(Fact::PausedBefore { during, reason, by: "kim".into(), approval }, end);
        prop_assert_eq!(sum(&life), before);
        check(&life, end)?;
    }

    #[test]
    fn nothing_is_told_before_the_deadline_and_something_happens_at_it(
        (mut life, facts) in any_history(), part in 0.0..1.0f64,
    ) {
        let mut last = life.clocks.opened_at;
        for (now, fact) in facts {
            life.take(fact, now);
            last = now;
            let due = deadline(&life.terms, life.severity, &life.clocks);
            let Some(due) = due else {
                let mut late = life.clone();
                let far = now + SignedDuration::from_hours(24 * 300);
                // Without a deadline there is nothing to wait for.
                prop_assert_eq!(late.take(Fact::Tick, far), vec![]);
                continue;
            };
            prop_assert!(due > now, "{due} {now}");
            let mut early = life.clone();
            let wait = due.duration_since(now).mul_f64(part) - SignedDuration::from_millis(1);
            let before = (now + wait).max(now);
            prop_assert_eq!(early.take(Fact::Tick, before), vec![]);
            prop_assert_eq!(&early.clocks, &life.clocks);
            let mut punctual = life.clone();
            let crossings = punctual.take(Fact::Tick, due);
            prop_assert!(!crossings.is_empty() || punctual.clocks != life.clocks);
            prop_assert!(crossings.iter().all(|it| it.at <= due && it.at >= life.clocks.opened_at));
        }
        prop_assert!(last >= life.clocks.opened_at);
    }

    #[test]
    fn a_late_tick_is_as_good_as_a_punctual_one((life, facts) in any_history()) {
        let (mut lazy, mut eager) = (life.clone(), life);
        for (now, fact) in facts {
            while let Some(due) = deadline(&eager.terms, eager.severity, &eager.clocks).filter(|it| *it <= now) {
                eager.take(Fact::Tick, due);
            }
            eager.take(fact.clone(), now);
            lazy.take(fact, now);
            for (a, b) in eager.clocks.clocks.iter().zip(&lazy.clocks.clocks) {
                prop_assert_eq!((a.kind, a.spent, a.end, a.breached_at), (b.kind, b.spent, b.end, b.breached_at));
            }
            let breaches = |life: &Life| {
                let told = life.crossings.iter().filter(|it| it.kind == CrossingKind::Breached);
                told.map(|it| (it.clock, it.at)).collect::<BTreeSet<_>>()
            };
            prop_assert_eq!(breaches(&eager), breaches(&lazy));
        }
    }

    #[test]
    fn a_breach_of_the_contract_is_told_once((mut life, facts) in any_history()) {
        for (now, fact) in facts {
            life.take(fact, now);
        }
        for kind in [ClockKind::Response, ClockKind::Resolution] {
            let told = life.crossings.iter().filter(|it| it.clock == kind && it.kind == CrossingKind::Breached);
            let told: Vec<_> = told.map(|it| it.at).collect();
            prop_assert!(told.len() <= 1);
            prop_assert_eq!(told.first().copied(), clock(&life.clocks, kind).breached_at);
        }
    }

    #[test]
    fn a_percentile_is_one_of_the_times_and_never_a_mean(
        first in prop::collection::vec(0..10_000i64, 0..60), second in prop::collection::vec(0..10_000i64, 0..60),
    ) {
        let judged = |it: &i64| Judged {
            kind: ClockKind::Resolution,
            holder: holder("provider-noc"),
            severity: Severity::High,
            verdict: if *it > 5_000 { Verdict::Breached } else { Verdict::Met },
            took: Some(SignedDuration::from_mins(*it)),
        };
        let all: Vec<Judged> = first.iter().chain(&second).map(judged).collect();
        let sum = attainment(&all);
        prop_assert_eq!(sum.n, all.len());
        prop_assert_eq!(sum.percentiles.is_some(), sum.n >= 20);
        prop_assert_eq!(sum.met + sum.breached, sum.n);
        let Some(it) = sum.percentiles else { return Ok(()) };
        for (percent, value) in [(50, it.p50), (90, it.p90), (95, it.p95)] {
            let below = all.iter().filter(|it| it.took.unwrap() < value).count();
            let upto = all.iter().filter(|it| it.took.unwrap() <= value).count();
            // The smallest time that so many percent do not exceed.
            prop_assert!(upto * 100 >= all.len() * percent && below * 100 < all.len() * percent);
        }
    }
}
