//! A small company, and scripts in which its time passes.
//!
//! `it` has the day, `noc` has the night; `boss` answers for the one and `lead`
//! for the other; `desk` likes to know, and `soc` looks at attacks. `ann` works
//! for `noc`, `tom` for `it`. A script has lines of `hour:minute event`; hours
//! go on after midnight.

mod script;

use std::{collections::BTreeMap, sync::Arc};

use jiff::SignedDuration;
use remit_shared::function;
use uuid::Uuid;

use crate::{
    alert::{command, *},
    effect::Effect,
    people::Target,
    signal::{Origin, Say, Signal, Speaker},
    sla::{Agreement, Targets, Terms},
    suppression::SuppressionKind,
};

/// Midnight before the script begins.
const MIDNIGHT: &str = "2026-03-02T00:00:00Z";

#[derive(Clone, Debug)]
pub(super) struct World {
    pub(super) alert: Option<Alert>,
    /// Who was told what, and what was asked to be shown.
    pub(super) log: String,
    /// Every message that was ever owed.
    pub(super) sent: Vec<(AlertId, Notice)>,
    pub(super) now: Timestamp,
    pub(super) channels: Channels,
    pub(super) version: u64,
    /// What was promised, one version after the other; the last holds.
    terms: Vec<Terms>,
    pub(super) calendars: Vec<Calendar>,
    pub(super) ladder_hours: Option<remit_shared::CalendarName>,
    pub(super) quiet: Vec<Quiet>,
    last: Option<Signal>,
    revision: u64,
}

/// A stretch of time in which something keeps the alert quiet.
#[derive(Clone, Debug)]
pub(super) struct Quiet {
    pub(super) kind: SuppressionKind,
    pub(super) name: String,
    pub(super) from: Timestamp,
    pub(super) to: Option<Timestamp>,
    pub(super) covers_open: bool,
}

#[derive(Clone, Debug)]
pub(super) struct Channels(pub(super) BTreeMap<String, Vec<String>>);

impl Reach for Channels {
    fn reach(&self, target: &Target, _: Severity, _: Timestamp) -> Reached {
        match self.0.get(&target.to_string()) {
            Some(it) => {
                Reached { channels: it.clone(), because: "its channel".into(), quieted: false }
            }
            None => Reached { because: "no channel".into(), ..Default::default() },
        }
    }

    fn ladder(&self, team: &Team, _: &Function) -> Option<Ladder> {
        (team.as_str() == "soc").then(|| Ladder {
            policy: Some("attack".parse().unwrap()),
            rungs: vec![Rung {
                after: SignedDuration::from_mins(5),
                target: "lead".parse().unwrap(),
            }],
            cycles: 1,
            hours: None,
        })
    }
}

impl Default for World {
    fn default() -> Self {
        let teams = ["it", "noc", "boss", "lead", "desk", "soc"];
        let channels = teams.map(|it| (it.to_owned(), vec![format!("mail:{it}")]));
        Self {
            alert: None,
            log: String::new(),
            sent: Vec::new(),
            now: clock(0),
            channels: Channels(channels.into()),
            version: 1,
            terms: vec![nothing_promised()],
            calendars: Vec::new(),
            ladder_hours: None,
            quiet: Vec::new(),
            last: None,
            revision: 0,
        }
    }
}

pub(super) fn team(name: &str) -> Team {
    Team::new(name).unwrap()
}

pub(super) fn person(name: &str) -> Actor {
    let (of, party) =
        if name == "ann" { ("noc", Party::Provider) } else { ("it", Party::Internal) };
    Actor { name: name.into(), team: team(of), party }
}

/// So many minutes after the first midnight.
pub(super) fn clock(minute: i64) -> Timestamp {
    MIDNIGHT.parse::<Timestamp>().unwrap() + SignedDuration::from_mins(minute)
}

/// `20:15`, `16:59:59.999`.
#[track_caller]
pub(super) fn at(text: &str) -> Timestamp {
    let parts: Vec<&str> = text.split(':').collect();
    let [hour, minute, ref rest @ ..] = parts[..] else { panic!("`{text}` is no time") };
    let minutes =
        hour.parse::<i64>().expect("an hour") * 60 + minute.parse::<i64>().expect("a minute");
    let millis = rest.first().map_or(0.0, |it| it.parse::<f64>().expect("seconds") * 1000.0);
    clock(minutes) + SignedDuration::from_millis(millis as i64)
}

/// Terms that promise nothing.
fn nothing_promised() -> Terms {
    let none = Targets::default;
    let agreement = Agreement {
        response: none(),
        resolution: none(),
        update: none(),
        team_response: none(),
        team_resolution: none(),
        ..Agreement::standard()
    };
    Terms { agreement: Arc::new(agreement), calendar: None, matrix_version: 1 }
}

fn about() -> About {
    About {
        tenant: Tenant::new("acme").unwrap(),
        site: Site::new("hq").unwrap(),
        endpoint: EndpointId::from_uuid(Uuid::from_u128(1)),
        hostname: "db-7".into(),
        check: "disk-space".into(),
        instance: "/".into(),
        function: function::infra_monitoring(),
    }
}

/// Who has the alert now, and until when. Version 2 takes `noc` out for
/// `boss`; version 3 for `ghost`, which has no ladder and no channel.
fn remit(version: u64, now: Timestamp) -> Remit {
    let minute = now.duration_since(clock(0)).as_millis().div_euclid(60_000) as i64;
    let (day, of_day) = (minute.div_euclid(24 * 60), minute.rem_euclid(24 * 60));
    let is_day = (8 * 60..17 * 60).contains(&of_day);
    let until = match of_day {
        ..480 => day * 24 * 60 + 480,
        480..1020 => day * 24 * 60 + 1020,
        _ => (day + 1) * 24 * 60 + 480,
    };
    let (responsible, party) = match (is_day, version) {
        (true, _) => ("it", Party::Internal),
        (false, 1) => ("noc", Party::Provider),
        (false, 2) => ("boss", Party::Internal),
        (false, _) => ("ghost", Party::Provider),
    };
    let other = if responsible == "it" { "noc" } else { "it" };
    let rung = |after, name: &str| Rung {
        after: SignedDuration::from_mins(after),
        target: name.parse().unwrap(),
    };
    let rungs =
        if responsible == "ghost" { vec![] } else { vec![rung(15, other), rung(30, "boss")] };
    Remit {
        matrix_version: version,
        row: if is_day { "day".into() } else { "night".into() },
        gap: false,
        responsible: team(responsible),
        others: vec![],
        accountable: team("boss"),
        accountables: vec![team("boss"), team("lead")],
        consulted: vec![],
        informed: vec![team("desk")],
        party,
        runbook: String::new(),
        reason: if is_day { "by day".into() } else { "by night".into() },
        decided_at: now,
        until: Some(clock(until)),
        by_hand: false,
        rejected: vec![],
        ladder: Ladder { policy: None, rungs, cycles: 3, hours: None },
    }
}

/// Whither walls send: to the other side, and attacks to `soc` at once.
pub(super) fn triggers() -> Vec<Trigger> {
    let mut all = Vec::new();
    for reason in HandOverReason::ALL {
        let sides = match reason {
            HandOverReason::SecuritySuspicion => vec![("soc", Party::Provider)],
            HandOverReason::NeedsCredential
            | HandOverReason::NeedsOnSite
            | HandOverReason::BusinessContext
            | HandOverReason::VendorWait
            | HandOverReason::Manual => vec![("it", Party::Internal), ("noc", Party::Provider)],
        };
        for (to, party) in sides {
            all.push(Trigger { reason, after: USUAL_PATIENCE, to: team(to), party });
        }
    }
    all
}

impl Owners for World {
    fn at(&self, instant: Timestamp) -> Remit {
        let mut remit = remit(self.version, instant);
        remit.ladder.hours.clone_from(&self.ladder_hours);
        remit
    }
}

impl World {
    /// From now on, so many minutes are promised for whatever matters so much.
    pub(super) fn promise(&mut self, what: &str, severity: Severity, minutes: i64) {
        let mut terms = self.terms_now().clone();
        terms.matrix_version += 1;
        let agreement = Arc::make_mut(&mut terms.agreement);
        let targets = match what {
            "response" => &mut agreement.response,
            "resolution" => &mut agreement.resolution,
            "team-response" => &mut agreement.team_response,
            _ => panic!("nobody promises `{what}`"),
        };
        targets.0.insert(severity, SignedDuration::from_mins(minutes));
        self.terms.push(terms);
    }

    /// The hours that count, under every version: a zone's rules may change
    /// without one.
    pub(super) fn count_only(&mut self, calendar: Calendar) {
        let calendar = Arc::new(calendar);
        self.terms.iter_mut().for_each(|it| it.calendar = Some(Arc::clone(&calendar)));
    }

    pub(super) fn terms_now(&self) -> &Terms {
        self.terms.last().expect("terms")
    }

    pub(super) fn terms_then(&self) -> &Terms {
        let named = self.alert.as_ref().map(|it| &it.terms);
        let named = named.and_then(|name| self.terms.iter().find(|it| name.names(it)));
        named.unwrap_or_else(|| self.terms_now())
    }

    pub(super) fn alert(&self) -> Alert {
        self.alert.clone().expect("an alert")
    }

    pub(super) fn tick(&mut self) {
        self.act::<command::Refusal>(Ok(Event::Tick));
    }

    pub(super) fn raise(&mut self, severity: Severity) {
        let say = Say::Raised { severity, evidence: String::new(), delayed: false };
        self.hear(say, "disk is full");
    }

    pub(super) fn clear(&mut self) {
        self.hear(Say::Cleared, "disk is well");
    }

    fn hear(&mut self, say: Say, summary: &str) {
        self.revision += 1;
        // What could not be told at once was true two hours ago.
        let observed_at = match say {
            Say::Raised { delayed: true, .. } => self.now - SignedDuration::from_hours(2),
            Say::Raised { delayed: false, .. } | Say::Cleared => self.now,
        };
        self.last = Some(Signal {
            subject: None,
            check: "disk-space".into(),
            instance: "/".into(),
            function: function::infra_monitoring(),
            observed_at,
            summary: summary.into(),
            say,
        });
        self.hear_again();
    }

    pub(super) fn hear_again(&mut self) {
        let Some(signal) = self.last.clone() else { return };
        let from = Speaker::Endpoint(about().endpoint);
        let origin = Origin { from, revision: self.revision, position: 0 };
        let before = self.alert.clone();
        match self.with_context(|it| receive(before.as_ref(), about(), &signal, origin, it)) {
            Received::Nothing => {}
            Received::Opened(step) => {
                let follows = step.alert.follows.map_or("", |_| ", follows the last");
                self.write(&format!("{} a new alert{follows}", shown(self.now)));
                self.keep(*step);
            }
            Received::Changed(step) => self.keep(*step),
        }
    }

    pub(super) fn act<E: fmt::Display>(&mut self, event: Result<Event, E>) {
        let Some(alert) = self.alert.clone() else { return };
        match event {
            Ok(event) => {
                let step = self.step(&alert, event);
                self.keep(step);
            }
            Err(refusal) => self.write(&format!("{} refused: {refusal}", shown(self.now))),
        }
    }

    pub(super) fn deliver(&mut self, number: u32, how: &str) {
        let (at, attempts, error) = (self.now, 1, "refused".to_owned());
        let delivery = match how {
            "delivered" => Delivery::Delivered { at, attempts },
            "failing" => Delivery::Failing { at, attempts, error },
            _ => Delivery::Failed { at, attempts, error },
        };
        self.act::<command::Refusal>(Ok(Event::Delivery { number, delivery }));
    }

    pub(super) fn step(&self, alert: &Alert, event: Event) -> Step {
        self.with_context(|it| step(alert, event, it))
    }

    fn with_context<T>(&self, act: impl FnOnce(&Context<'_>) -> T) -> T {
        let remit = self.at(self.now);
        let quiet: Vec<Suppression> = self
            .quiet
            .iter()
            .filter(|it| it.from <= self.now && it.to.is_none_or(|to| self.now < to))
            .map(|it| Suppression {
                kind: it.kind,
                reference: it.name.clone(),
                why: "for good reason".into(),
                since: it.from,
                until: it.to,
                covers_open: it.covers_open,
            })
            .collect();
        act(&Context {
            remit: &Arc::new(remit),
            owners: self,
            reach: &self.channels,
            terms: self.terms_now(),
            terms_then: self.terms_then(),
            calendars: &self.calendars,
            suppressors: &quiet,
            rule: "from 95 % on",
            now: self.now,
        })
    }

    fn keep(&mut self, step: Step) {
        for effect in &step.effects {
            let Effect::Notify(id) = effect else { continue };
            let notice = step.alert.notice(id.number).unwrap();
            self.sent.push((id.alert, notice.clone()));
            let Notice { number, to, topic, .. } = notice;
            self.write(&format!("{} {to} {topic:?} #{number}", shown(self.now)));
        }
        for same in step.letters.chunk_by(|a, b| a.subject == b.subject) {
            let to: Vec<String> = same.iter().map(|it| it.to.to_string()).collect();
            let (at, to) = (shown(self.now), to.join(" and "));
            self.write(&format!("{at} letter to {to}: {}", same[0].subject));
        }
        self.alert = Some(step.alert);
    }

    fn write(&mut self, line: &str) {
        self.log.push_str(line);
        self.log.push('\n');
    }
}

/// `20:15`, with seconds only if there are any.
pub(super) fn shown(at: Timestamp) -> String {
    let millis = at.duration_since(clock(0)).as_millis();
    let (minute, rest) = (millis / 60_000, millis % 60_000);
    let time = format!("{:02}:{:02}", minute / 60, minute % 60);
    match rest {
        0 => time,
        _ => format!("{time}:{:02}.{:03}", rest / 1000, rest % 1000),
    }
}
