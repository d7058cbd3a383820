//! The language of the scripts: what happens, and what is shown.

use jiff::SignedDuration;

use super::{Quiet, World, at, person, shown, team, triggers};
use crate::{
    alert::{command, *},
    signal::Say,
    sla::PauseRequest,
    suppression::SuppressionKind,
};

impl World {
    /// Plays a whole script.
    #[track_caller]
    pub(in crate::alert::tests) fn play_all(&mut self, script: &str) {
        for line in script.lines().map(str::trim).filter(|it| !it.is_empty()) {
            self.play(line);
        }
    }

    /// Plays one line, after the ticks that fall due before it; after none of
    /// them, if the line says that it is `late`.
    #[track_caller]
    pub(in crate::alert::tests) fn play(&mut self, line: &str) {
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
    pub(in crate::alert::tests) fn wait_until(&mut self, at: Timestamp) {
        while let Some(due) = self.alert.as_ref().and_then(deadline).filter(|due| *due < at) {
            self.now = due.max(self.now);
            self.tick();
            let next = self.alert.as_ref().and_then(deadline);
            assert!(next.is_none_or(|it| it > self.now), "ticked in vain at {due}");
        }
        self.now = at;
    }

    /// Lets something happen now.
    #[track_caller]
    pub(in crate::alert::tests) fn event(&mut self, what: &str) {
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
            ["say", "message", number] => {
                let alert = self.alert();
                let notice = alert.notice(number.parse().expect("a number")).expect("a message");
                let message = crate::notice::word(&alert, notice, &Default::default());
                self.write(&format!("> {}", message.subject));
                for line in message.text.lines().filter(|it| it.contains("resolved by")) {
                    self.write(&format!("> {line}"));
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
                    let line = format!("| {} {kind:?} {actor}: {detail}", shown(at));
                    self.write(line.trim_end_matches([':', ' ']));
                }
            }
            "clocks" => {
                for it in &alert.clocks.clocks {
                    if let Some(at) = it.breached_at {
                        self.write(&format!("| {} missed at {}", it.kind.as_str(), shown(at)));
                    }
                }
            }
            "climb" => {
                let Climb { generation, since, next, .. } = alert.climb;
                let due = next_step(&alert.climb).map_or("never".to_owned(), shown);
                let since = shown(since);
                self.write(&format!("| climb {generation} since {since}: step {next} at {due}"));
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
}
