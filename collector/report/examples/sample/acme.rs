//! A customer that does not exist, and what happened there in November.

use jiff::{
    SignedDuration, Timestamp,
    civil::{Date, date},
    tz::TimeZone,
};
use remit_collector_domain::{
    alert::About,
    calendar::Segment,
    matrix::{ReviewState, RowReview},
    noise::{Mark, Past},
    report::{
        AlertFact, BackupDay, ChangeFact, Facts, HeardDay, Input, KnownIssueFact, NightFact,
        PatchDay, Period,
    },
    shift::Counts,
    sla::{ClockKind, Holder, Judged, Verdict},
};
use remit_shared::{
    AlertId, ChangeId, EndpointId, Function, KnownIssueId, Party, RowId, Severity, Site, Team,
    Tenant,
};
use uuid::Uuid;

/// What can break: where, what finds it, whose work it is, how much it matters.
const TROUBLES: [(&str, &str, &str, Severity, bool); 8] = [
    ("erp-db-1", "disk_free", "infra_monitoring", Severity::High, true),
    ("fs-2", "backup_age", "backup_monitoring", Severity::Critical, true),
    ("web-1", "cpu_busy", "infra_monitoring", Severity::Medium, true),
    ("web-1", "cpu_busy", "infra_monitoring", Severity::Medium, true),
    ("erp-app-1", "order_import", "lob_application", Severity::High, false),
    ("dc-1", "patch_age", "server_patching", Severity::Low, true),
    ("<b>lab</b>|=1+1", "service_failed", "infra_monitoring", Severity::Info, false),
    ("vpn-gw", "link_loss", "infra_monitoring", Severity::Critical, true),
];

/// What happened in the period of 18 November 2026, and in the one before it.
pub(crate) fn input(period: fn(&TimeZone, Date) -> Period) -> Input {
    let period = period(&TimeZone::get("Europe/Berlin").unwrap(), date(2026, 11, 18));
    let asked_at = period.within.to + SignedDuration::from_hours(7);
    Input {
        tenant: Tenant::new("acme").unwrap(),
        title: "Acme Precision Tools".into(),
        asked_at,
        endpoints: 148,
        facts: facts(&period, 5),
        before: Some(facts(&period.before(), 4)),
        review: vec![
            row("lob-nights", Some(date(2026, 7, 2)), Some(152)),
            row("backups", Some(date(2026, 10, 20)), Some(42)),
            row("everything-else", None, None),
        ],
        known_issues: vec![KnownIssueFact {
            id: KnownIssueId::from_uuid(Uuid::from_u128(1)),
            title: "The lab's test service restarts at noon".into(),
            owner: team("internal-it"),
            kept_quiet: 41,
            review_at: asked_at + SignedDuration::from_hours(24 * 3),
            expires_at: asked_at + SignedDuration::from_hours(24 * 9),
        }],
        changes: vec![ChangeFact {
            id: ChangeId::from_uuid(Uuid::from_u128(1)),
            title: "Hold cpu_busy for 15 minutes".into(),
            proposed_by: "dana".into(),
            proposed_at: asked_at - SignedDuration::from_hours(50),
            waits_for: vec![Party::Internal],
        }],
        office: None,
        known_since: Timestamp::MIN,
        period,
    }
}

fn facts(period: &Period, a_day: i64) -> Facts {
    let mut facts = Facts::default();
    for (n, bucket) in (0..).zip(period.buckets()) {
        let midnight = bucket.within.from;
        let todays = (0..(n * 3 + 1) % a_day + 1).map(|it| alert(n * 11 + it * 3, midnight));
        for alert in todays.collect::<Vec<_>>() {
            facts.clocks.extend(clocks(&alert.0));
            facts.alerts.push(alert.0);
            facts.past.push(alert.1);
        }
        facts.nights.push(night(bucket.first, n));
        facts.heard.extend(heard(period, bucket.within, n));
        // Nobody asked on every thirteenth day.
        if n % 13 != 6 {
            facts.patches.push(patches(bucket.last, n));
            facts.backups.push(backups(bucket.last, n));
        }
    }
    facts
}

fn alert(seed: i64, midnight: Timestamp) -> (AlertFact, Past) {
    let trouble = usize::try_from(seed).unwrap() % TROUBLES.len();
    let (endpoint, check, function, severity, is_providers) = TROUBLES[trouble];
    let opened_at = midnight + SignedDuration::from_mins(seed * 97 % 1_380);
    let by_itself = check == "cpu_busy";
    let lasts = SignedDuration::from_mins(20 + seed * 13 % 300);
    let took_notice = opened_at + SignedDuration::from_mins(3 + seed % 14);
    let fact = AlertFact {
        id: AlertId::from_uuid(Uuid::from_u128(u128::try_from(seed).unwrap())),
        endpoint: endpoint.into(),
        function: Function::new(function).unwrap(),
        severity,
        owner: match is_providers {
            true => Holder { team: team("provider-noc"), party: Party::Provider },
            false => Holder { team: team("internal-it"), party: Party::Internal },
        },
        opened_at,
        resolved_at: (seed % 17 != 3).then_some(opened_at + lasts),
        acked_at: (!by_itself).then_some(took_notice),
        by_itself,
        hand_backs: u32::from(check == "order_import" && seed % 3 == 0),
        night: seed * 97 % 1_380 < 420,
    };
    let past = past(seed, &fact, check);
    (fact, past)
}

/// The same alert as people took it.
fn past(seed: i64, fact: &AlertFact, check: &str) -> Past {
    let mark = Mark { by: "nora (provider-noc)".into(), why: "the nightly import".into() };
    Past {
        alert: fact.id,
        about: About {
            tenant: Tenant::new("acme").unwrap(),
            site: Site::new("hq").unwrap(),
            endpoint: EndpointId::from_uuid(Uuid::from_u128(u128::try_from(seed % 8).unwrap())),
            hostname: fact.endpoint.clone(),
            check: check.into(),
            instance: "".into(),
            function: fact.function.clone(),
        },
        severity: fact.severity,
        opened_at: fact.opened_at,
        closed_at: fact.resolved_at,
        by_itself: fact.by_itself,
        acted_at: fact.acked_at,
        too_late: false,
        told_at: vec![fact.opened_at],
        reopened: u32::from(fact.by_itself && seed % 4 == 0),
        flapped: fact.by_itself && seed % 16 == 0,
        peak: None,
        marks: Vec::from_iter((fact.by_itself && seed % 5 == 0).then_some(mark)),
    }
}

fn clocks(alert: &AlertFact) -> Vec<Judged> {
    let judge = |kind, ended: Option<Timestamp>, target: i64| {
        let took = ended.map(|it| it.duration_since(alert.opened_at));
        let verdict = match took {
            None if alert.by_itself => Verdict::Unanswered,
            None => Verdict::Open,
            Some(took) if took <= SignedDuration::from_mins(target) => Verdict::Met,
            Some(_) => Verdict::Breached,
        };
        Judged { kind, holder: alert.owner.clone(), severity: alert.severity, verdict, took }
    };
    vec![
        judge(ClockKind::Response, alert.acked_at, 15),
        judge(ClockKind::Resolution, alert.resolved_at, 300),
        judge(ClockKind::TeamResponse, alert.acked_at, 12),
    ]
}

/// Somebody listened all the time, but for a few hours of one day.
fn heard(period: &Period, within: Segment, n: i64) -> Vec<HeardDay> {
    let mut day = period.zone.to_datetime(within.from).date();
    let mut heard = Vec::new();
    while period.zone.to_timestamp(day.at(12, 0, 0, 0)).unwrap() < within.to {
        let hours = if n == 5 { 20 } else { 25 };
        heard.push(HeardDay { day, heard: SignedDuration::from_hours(hours) });
        day = day.tomorrow().unwrap();
    }
    heard
}

fn night(day: Date, n: i64) -> NightFact {
    let few = |of: i64| usize::try_from(n % of).unwrap();
    let counts = Counts {
        resolved: few(3) + 1,
        known_issue: few(2),
        joint_review: few(4) / 3,
        joint_review_auto: few(11) / 10,
        gone: few(5),
    };
    NightFact { day, counts }
}

fn patches(day: Date, n: i64) -> PatchDay {
    let n = usize::try_from(n).unwrap();
    let (pending, security_pending, unknown) = (22 - n / 2, 9 - n / 4, 4 + n % 2);
    let compliant = 148 - pending - security_pending - unknown;
    PatchDay { day, compliant, pending, security_pending, unknown }
}

fn backups(day: Date, n: i64) -> BackupDay {
    let n = usize::try_from(n).unwrap();
    let (breach, unknown, uncovered) = ((n % 9) / 7, n % 3 / 2, 2 - n / 16);
    BackupDay { day, ok: 36 - breach - unknown - uncovered, breach, unknown, uncovered }
}

fn row(row: &str, reviewed: Option<Date>, age: Option<i32>) -> RowReview {
    RowReview {
        row: RowId::new(row).unwrap(),
        responsible: team("provider-noc"),
        reviewed,
        age,
        state: ReviewState::of(age),
        alerts: Some(17),
        hand_backs: 2,
        reroutes: 5,
    }
}

fn team(name: &str) -> Team {
    Team::new(name).unwrap()
}
