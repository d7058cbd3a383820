//! A small company, and scripts in which its time passes.
//!
//! `it` has the day, `noc` has the night; `boss` answers for the one and `lead`
//! for the other; `desk` likes to know, and `soc` looks at attacks. `ann` works
//! for `noc`, `tom` for `it`. A script has lines of `hour:minute event`; hours
//! go on after midnight.

use std::collections::BTreeMap;

use jiff::SignedDuration;
use remit_shared::function;
use uuid::Uuid;

use crate::{
    alert::{command, *},
    effect::Effect,
    people::Target,
    signal::{Origin, Say, Signal, Speaker},
    sla::{Agreement, PauseRequest, Targets, Terms},
    suppression::SuppressionKind,
};

/// Midnight before the script begins.
const MIDNIGHT: &str = "2026-03-02T00:00:00Z";

#[derive(Clone)]
pub(super) struct World {
    pub(super) alert: Option<Alert>,
    /// Who was told what, and what was asked to be shown.
    pub(super) log: String,
    /// Every message that was ever owed.
    pub(super) sent: Vec<Notice>,
    pub(super) now: Timestamp,
    pub(super) channels: Channels,
    pub(super) version: u64,
    /// What was promised, one version after the other; the last holds.
    terms: Vec<Terms>,
    pub(super) calendars: Vec<Calendar>,
    pub(super) ladder_hours: Option<remit_shared::CalendarName>,
    pub(super) quiet: Vec<Quiet>,
    pub(super) blind: bool,
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
            Some(it) => Reached { channels: it.clone(), because: "its channel".into() },
            None => Reached { channels: vec![], because: "it has no channel".into() },
        }
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
            blind: false,
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
            _ => vec![("it", Party::Internal), ("noc", Party::Provider)],
        };
        for (to, party) in sides {
            all.push(Trigger { reason, after: USUAL_PATIENCE, to: team(to), party });
        }
    }
    all
}

impl World {
    /// Plays a whole script.
    #[track_caller]
    pub(super) fn play_all(&mut self, script: &str) {
        for line in script.lines().map(str::trim).filter(|it| !it.is_empty()) {
            self.play(line);
        }
    }

    /// Plays one line, after the ticks that fall due before it; after none of
    /// them, if the line says that it is `late`.
    #[track_caller]
    pub(super) fn play(&mut self, line: &str) {
        let (when, what) = line.split_once(' ').expect("`hour:minute event`");
        let when = at(when);
        match what.strip_prefix("late ") {
            Some(what) => {
                self.now = when;
                self.event(what);
            }
            None => {
                self.wait_until(when);
                self.event(what);
            }
        }
    }

    /// Plays every tick that is due before a time.
    pub(super) fn wait_until(&mut self, at: Timestamp) {
        while let Some(due) = self.alert.as_ref().and_then(deadline).filter(|due| *due < at) {
            assert!(due > self.now || self.blind, "ticked in vain at {due}");
            self.now = due.max(self.now);
            self.tick();
        }
        self.now = at;
    }

    #[track_caller]
    fn event(&mut self, what: &str) {
        let words: Vec<&str> = what.split(' ').collect();
        match words[..] {
            ["nothing"] => {}
            ["tick"] => self.tick(),
            ["raise", severity] => self.raise(severity.parse().expect("a severity")),
            ["raise", severity, "delayed"] => {
                let severity = severity.parse().expect("a severity");
                self.hear(
                    Say::Raised { severity, evidence: String::new(), delayed: true },
                    "it failed",
                );
            }
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
            [who, "is", "blocked", reason, ref rest @ ..] => {
                let reason = HandOverReason::ALL.into_iter().find(|it| it.as_str() == reason);
                let (alert, by, now) = (self.alert(), person(who), self.now);
                let (reason, at_once) = (reason.expect("a reason"), rest == ["now"]);
                let event = command::block(&alert, by, reason, at_once, "", &triggers(), now);
                self.act(event);
            }
            [who, "is", "unblocked"] => self.act(command::unblock(&self.alert(), person(who), "")),
            [who, "pauses", "for", reason] => {
                let request = PauseRequest {
                    reason: reason.parse().expect("a reason"),
                    by: String::new(),
                    note: "it is agreed".into(),
                    from: None,
                    until: None,
                    approval: None,
                };
                let (alert, now) = (self.alert(), self.now);
                self.act(command::pause(&alert, self.terms_then(), person(who), request, now));
            }
            [who, "resumes"] => self.act(command::resume(&self.alert(), person(who), "")),
            [who, "notes", text] => self.act(command::note(person(who), text)),
            [who, "calls", "it", reason] => {
                let reason = NoiseReason::ALL.into_iter().find(|it| it.as_str() == reason);
                let now = self.now;
                self.act(command::mark_noise(person(who), reason.expect("a reason"), "", now));
            }
            [who, "finds", "it", what] => {
                let what =
                    [Disposition::Resolved, Disposition::KnownIssue, Disposition::JointReview]
                        .into_iter()
                        .find(|it| it.as_str() == what);
                let (alert, now) = (self.alert(), self.now);
                let what = what.expect("a disposition");
                self.act(command::dispose(&alert, person(who), what, None, "seen", now));
            }
            ["the", "shift", "ends"] => {
                match command::joint_review(&self.alert(), "08:00", self.now) {
                    Some(event) => self.act::<command::Refusal>(Ok(event)),
                    None => self.write(&format!("{} nothing to flag", shown(self.now))),
                }
            }
            [name, "has", "no", "channel"] => drop(self.channels.0.remove(name)),
            [name, "has", "a", "channel"] => {
                self.channels.0.insert(name.into(), vec![format!("mail:{name}")]);
            }
            ["publish", "version", version] => self.version = version.parse().expect("a version"),
            ["promise", what, severity, minutes] => {
                let severity = severity.parse().expect("a severity");
                self.promise(what, severity, minutes.parse().expect("minutes"));
            }
            [kind, name, "from", from, "to", to, ref rest @ ..] => {
                let kind = SuppressionKind::ALL.into_iter().find(|it| it.as_str() == kind);
                let kind = kind.expect("a kind of suppression");
                self.quiet.push(Quiet {
                    kind,
                    name: name.into(),
                    from: at(from),
                    to: Some(at(to)),
                    covers_open: kind.covers_open() || rest == ["covering", "all"],
                });
            }
            ["parent", "opens"] => {
                self.quiet.push(Quiet {
                    kind: SuppressionKind::Dependency,
                    name: "alr_parent".into(),
                    from: self.now,
                    to: None,
                    covers_open: true,
                });
                self.tick();
            }
            ["parent", "closes"] => {
                let over = self.now + crate::inhibit::SETTLE;
                let open = self.quiet.iter_mut().filter(|it| it.to.is_none());
                open.for_each(|it| it.to = Some(over));
                self.tick();
            }
            ["cancel", name] => {
                self.quiet.retain(|it| it.name != name);
                self.tick();
            }
            ["message", number, how] => self.deliver(number.parse().expect("a number"), how),
            ["all", "messages", "delivered"] => {
                let pending = |it: &Notice| it.delivery == Delivery::Pending;
                for notice in self.alert().notices.into_iter().filter(pending) {
                    self.deliver(notice.number, "delivered");
                }
            }
            ["show", what] => self.show(what),
            _ => panic!("unknown event `{what}`"),
        }
    }

    fn show(&mut self, what: &str) {
        let alert = self.alert();
        match what {
            "timeline" => {
                for Entry { at, kind, actor, detail, .. } in alert.timeline {
                    self.write(&format!("| {} {kind:?} {actor}: {detail}", shown(at)));
                }
            }
            "ledger" => {
                for it in &alert.clocks.stretches {
                    let (from, to) = (shown(it.from), shown(it.to));
                    let spending = it.spending.as_str();
                    self.write(&format!("| {from} to {to} {spending}, {}", it.holder.team));
                }
                let since = shown(alert.clocks.since);
                let spending = alert.clocks.spending();
                let holder = &alert.clocks.holder.team;
                self.write(&format!("| {since} on {}, {holder}", spending.as_str()));
            }
            "alert" => {
                let state = match &alert.state {
                    State::Open => "open".to_owned(),
                    State::Acknowledged(ack) => format!("acknowledged by {}", ack.by),
                    State::Resolved { at, by } => {
                        let by = by.as_deref().unwrap_or("itself");
                        format!("resolved by {by} at {}", shown(*at))
                    }
                };
                let mut line =
                    format!("= {state}, {} of {}", alert.severity, alert.remit.responsible);
                if let Some(it) = &alert.owner_differs {
                    line += &format!(", the matrix names {it}");
                }
                if let Some(it) = &alert.refused_owner {
                    line += &format!(", {} was refused", it.team);
                }
                if let Some(it) = &alert.blocked {
                    line += &format!(", blocked {}", it.reason.as_str());
                }
                for it in &alert.suppressors {
                    let how = if it.mutes { "quiet by" } else { "in spite of" };
                    line += &format!(", {how} {}", it.what.label());
                }
                if alert.disposition() != Disposition::None {
                    let auto = if alert.disposed.unwrap().is_automatic() { " (auto)" } else { "" };
                    let what = self.alert().disposition().as_str();
                    line += &format!(", {what}{auto}");
                }
                self.write(&line);
            }
            _ => panic!("nothing shows `{what}`"),
        }
    }

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

    fn terms_now(&self) -> &Terms {
        self.terms.last().expect("terms")
    }

    fn terms_then(&self) -> &Terms {
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
        let mut remit = remit(self.version, self.now);
        remit.ladder.hours.clone_from(&self.ladder_hours);
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
            remit: &remit,
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
            self.sent.push(notice.clone());
            let Notice { number, to, topic, .. } = notice;
            self.write(&format!("{} {to} {topic:?} #{number}", shown(self.now)));
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
