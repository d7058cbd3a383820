//! A small company: `it` has the day, `noc` has the night, `boss` answers for
//! both, and `desk` likes to know.

use jiff::SignedDuration;
use remit_shared::function;
use uuid::Uuid;

use crate::{
    alert::{command, *},
    effect::Effect,
    signal::{Origin, Say, Signal, Speaker},
};

/// Midnight before the script begins.
const MIDNIGHT: &str = "2026-03-02T00:00:00Z";

#[derive(Clone)]
pub(super) struct World {
    pub(super) alert: Option<Alert>,
    pub(super) log: String,
    pub(super) now: Timestamp,
    pub(super) channels: BTreeMap<Team, Vec<String>>,
    pub(super) version: u64,
    last: Option<Signal>,
    revision: u64,
}

impl Default for World {
    fn default() -> Self {
        let channels =
            ["it", "noc", "boss", "desk"].map(|it| (team(it), vec![format!("mail:{it}")]));
        Self {
            alert: None,
            log: String::new(),
            now: clock(0),
            channels: channels.into(),
            version: 1,
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

fn clock(minute: i64) -> Timestamp {
    MIDNIGHT.parse::<Timestamp>().unwrap() + SignedDuration::from_mins(minute)
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

/// Who has the alert now, and until when. Version 2 takes `noc` out.
pub(super) fn remit(version: u64, now: Timestamp) -> Remit {
    let minute = now.duration_since(clock(0)).as_mins();
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
        (false, _) => ("boss", Party::Internal),
    };
    let other = if responsible == "it" { "noc" } else { "it" };
    let rung = |after, name| Rung { after: SignedDuration::from_mins(after), team: team(name) };
    Remit {
        matrix_version: version,
        row: if is_day { "day".into() } else { "night".into() },
        responsible: team(responsible),
        accountable: team("boss"),
        consulted: vec![],
        informed: vec![team("desk")],
        party,
        runbook: String::new(),
        reason: if is_day { "by day".into() } else { "by night".into() },
        decided_at: now,
        until: Some(clock(until)),
        by_hand: false,
        rejected: vec![],
        ladder: vec![rung(15, other), rung(30, "boss")],
    }
}

impl World {
    /// Plays one line, after the ticks that fall due before it.
    #[track_caller]
    pub(super) fn play(&mut self, line: &str) {
        let (when, what) = line.split_once(' ').expect("`hour:minute event`");
        let (hour, minute) = when.split_once(':').expect("`hour:minute`");
        let minute: i64 = minute.parse().expect("a minute");
        let at = clock(hour.parse::<i64>().expect("an hour") * 60 + minute);
        if what != "late tick" {
            self.wait_until(at);
        }
        self.now = at;
        self.event(what);
    }

    /// Plays every tick that is due before a time.
    pub(super) fn wait_until(&mut self, at: Timestamp) {
        while let Some(due) = self.alert.as_ref().and_then(deadline).filter(|due| *due < at) {
            self.now = due;
            self.tick();
        }
        self.now = at;
    }

    #[track_caller]
    fn event(&mut self, what: &str) {
        let words: Vec<&str> = what.split(' ').collect();
        match words[..] {
            ["nothing"] => {}
            ["late", "tick"] => self.tick(),
            ["raise", severity] => self.raise(severity.parse().expect("a severity")),
            ["clear"] => self.clear(),
            ["same", "signal"] => self.hear_again(),
            [who, "acknowledges", "for", minutes] => {
                let hold = SignedDuration::from_mins(minutes.parse().expect("minutes"));
                let (alert, now) = (self.alert(), self.now);
                self.act(command::acknowledge(&alert, person(who), Some(hold), "", now));
            }
            [who, "resolves"] => self.act(command::resolve(&self.alert(), person(who), "")),
            [who, "hands", "over", "to", name] => {
                let to = (team(name), Party::Provider);
                let reason = HandOverReason::NeedsOnSite;
                self.act(command::hand_over(&self.alert(), person(who), to, reason, ""));
            }
            [who, "notes", text] => self.act(command::note(person(who), text)),
            [name, "has", "no", "channel"] => drop(self.channels.remove(name)),
            ["publish", ..] => self.version += 1,
            ["message", number, how] => self.deliver(number.parse().expect("a number"), how),
            ["all", "messages", "delivered"] => {
                let pending = |it: &Notice| it.delivery == Delivery::Pending;
                for notice in self.alert().notices.into_iter().filter(pending) {
                    self.deliver(notice.number, "delivered");
                }
            }
            ["show", "timeline"] => {
                for Entry { at, kind, actor, detail } in self.alert().timeline {
                    self.write(&format!("| {} {kind:?} {actor}: {detail}", shown(at)));
                }
            }
            _ => panic!("unknown event `{what}`"),
        }
    }

    fn alert(&self) -> Alert {
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
        self.last = Some(Signal {
            subject: None,
            check: "disk-space".into(),
            instance: "/".into(),
            function: function::infra_monitoring(),
            observed_at: self.now,
            summary: summary.into(),
            say,
        });
        self.hear_again();
    }

    pub(super) fn hear_again(&mut self) {
        let Some(signal) = self.last.clone() else { return };
        let from = Speaker::Endpoint(about().endpoint);
        let origin = Origin { from, revision: self.revision, position: 0 };
        let remit = remit(self.version, self.now);
        let context = Context { remit: &remit, channels: &self.channels, now: self.now };
        match receive(self.alert.as_ref(), about(), &signal, origin, &context) {
            Received::Nothing => {}
            Received::Opened(step) => {
                self.write(&format!("{} a new alert", shown(self.now)));
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
        let remit = remit(self.version, self.now);
        let context = Context { remit: &remit, channels: &self.channels, now: self.now };
        step(alert, event, &context)
    }

    fn keep(&mut self, step: Step) {
        for effect in &step.effects {
            let Effect::Notify(id) = effect else { continue };
            let Notice { number, team, topic, .. } = step.alert.notice(id.number).unwrap();
            self.write(&format!("{} {team} {topic:?} #{number}", shown(self.now)));
        }
        self.alert = Some(step.alert);
    }

    fn write(&mut self, line: &str) {
        self.log.push_str(line);
        self.log.push('\n');
    }
}

fn shown(at: Timestamp) -> String {
    let minute = at.duration_since(clock(0)).as_mins();
    format!("{:02}:{:02}", minute / 60, minute % 60)
}
