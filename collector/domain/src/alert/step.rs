//! Everything but signals: people, time and deliveries.
//!
//! Before anybody's wish is done, time catches up: at 17:00:00 the night has
//! begun also for an acknowledgement of the same instant, however late the
//! tick. Only who says that an alert is over does not have the owner changed
//! under their hands.

use jiff::Timestamp;
use remit_shared::Party;

use crate::{
    alert::{
        Alert, Context, Delivery, Disposed, Disposition, EntryKind, Event, State, Step,
        climb::next_step,
        flap, hush,
        work::{REMIT, Work},
    },
    endpoint::{Registration, Revocation},
    sla::{Fact, PauseReason},
};

/// Notes how far a message got. That takes nothing of the world: neither the
/// owner nor the clocks hear of it.
pub fn delivered(alert: &Alert, number: u32, delivery: Delivery, now: Timestamp) -> Step {
    let mut work = Work::new(alert.clone(), now);
    work.deliver(number, delivery);
    work.close()
}

/// Advances an alert by one event. What a person decided about an alert that
/// has been resolved meanwhile changes nothing.
pub fn step(alert: &Alert, event: Event, context: &Context<'_>) -> Step {
    if let Event::Delivery { number, delivery } = event {
        return delivered(alert, number, delivery, context.now);
    }
    let mut work = Work::new(alert.clone(), context.now);
    let was_over = !alert.is_unresolved();
    if !was_over || hush::owes_all_clear(alert) {
        work.hush(context);
    }
    match event {
        Event::Acknowledged(_)
        | Event::Resolved { .. }
        | Event::HandedOver { .. }
        | Event::Blocked(_)
        | Event::Unblocked { .. }
        | Event::Resumed { .. }
        | Event::Retired { .. }
            if was_over => {}
        Event::Acknowledged(ack) => {
            work.catch_up(context);
            let detail = format!("until {}{}", ack.expires_at, said(&ack.note));
            work.deed(EntryKind::Acknowledged, "alert.acknowledge", &ack.by.to_string(), detail);
            work.responded(&ack.by, context);
            work.alert.state = State::Acknowledged(ack);
            work.end_climb();
            work.reconsider(context);
        }
        Event::Resolved { by, note } => {
            if work.alert.disposed.is_none() {
                work.alert.disposed = Some(Disposed {
                    what: Disposition::Resolved,
                    by: Some(by.clone()),
                    at: context.now,
                    note: String::new(),
                    known_issue: None,
                });
            }
            // What a person has mended must earn its name anew.
            work.alert.flap = Default::default();
            let actor = by.to_string();
            work.resolve(Some((by.name, by.party)), context);
            work.deed(EntryKind::Resolved, "alert.resolve", &actor, note);
            work.all_clear();
        }
        Event::Retired { why } => {
            work.alert.flap = Default::default();
            work.resolve(None, context);
            work.note(EntryKind::Resolved, REMIT, format!("its endpoint was retired: {why}"));
            work.all_clear();
        }
        Event::HandedOver { by, to, party, reason, note } => {
            work.catch_up(context);
            let detail = format!("to {to}, {}{}", reason.as_str(), said(&note));
            work.deed(EntryKind::HandedOff, "alert.hand_over", &by.to_string(), detail);
            work.responded(&by, context);
            let words = format!("{by} said {}{}", reason.as_str(), said(&note));
            work.give(to, party, words, context);
        }
        Event::Blocked(blocked) => {
            work.catch_up(context);
            work.responded(&blocked.by, context);
            work.block(blocked, context);
        }
        Event::Unblocked { by, note } => work.unblock(&by, note),
        Event::Paused { by, fact, note } => {
            let detail = format!("{}{}", paused(&fact), said(&note));
            work.deed(EntryKind::Paused, "alert.pause", &by.to_string(), detail);
            work.clock(&fact, context);
        }
        Event::Resumed { by, note } => {
            work.deed(EntryKind::Resumed, "alert.resume", &by.to_string(), note);
            work.clock(&Fact::Resumed { by: by.name }, context);
        }
        Event::Disposed(disposed) => work.dispose(disposed),
        Event::MarkedNoise(mark) => {
            let detail = format!("{}{}", mark.reason.as_str(), said(&mark.note));
            work.deed(EntryKind::NoiseMarked, "alert.mark_noise", &mark.by.to_string(), detail);
            work.alert.noise = Some(mark);
        }
        Event::Noted { by, note } => {
            work.deed(EntryKind::NoteAdded, "alert.note", &by.to_string(), note);
            work.clock(&Fact::Updated { party: by.party }, context);
            work.responded(&by, context);
        }
        Event::Delivery { .. } => {}
        Event::Tick => {
            work.catch_up(context);
            if work.alert.state == State::Open {
                work.replan(context);
                work.climb(context);
            }
        }
    }
    work.finish(context)
}

/// What time brings to an alert about this endpoint.
pub fn passing(about: &Registration) -> Event {
    match &about.revoked {
        Some(Revocation { by, reason, .. }) => Event::Retired { why: format!("{reason} ({by})") },
        None => Event::Tick,
    }
}

/// When the alert must be ticked next, if ever.
pub fn deadline(alert: &Alert) -> Option<Timestamp> {
    let quiet_until = hush::ends_at(alert);
    if !alert.is_unresolved() {
        return quiet_until.filter(|_| hush::owes_all_clear(alert));
    }
    let transfer = alert.blocked.as_ref().and_then(|it| it.transfer_at);
    let own = match &alert.state {
        State::Open => next_step(&alert.climb),
        State::Acknowledged(ack) => Some(ack.expires_at),
        State::Resolved { .. } => None,
    };
    let settled = flap::deadline(alert);
    let all = [quiet_until, transfer, own, alert.remit.until, settled, alert.clocks_due];
    all.into_iter().flatten().min()
}

impl Work {
    /// Lets everything happen that time alone makes happen, but for the climb,
    /// in the order in which it fell due.
    pub(super) fn catch_up(&mut self, context: &Context<'_>) {
        self.settle(context);
        self.look_at_clocks(context);
        self.pass_hours(context);
    }

    /// Lets hours pass until the context's now, which may be over already.
    pub(super) fn pass_hours(&mut self, context: &Context<'_>) {
        match self.asks_at {
            Some(hour) if self.has_time_until(hour) => self.pass_wall(hour, context),
            Some(_) | None => {
                self.transfer(context);
            }
        }
        let is_let_go = self.expire(context);
        let is_given = self.transfer(context);
        if is_let_go && !is_given {
            self.route_again(context);
        }
        self.reconsider(context);
    }

    /// Takes the alert back from whoever did not finish it in time. Says
    /// whether that was so.
    fn expire(&mut self, context: &Context<'_>) -> bool {
        let State::Acknowledged(ack) = &self.alert.state else { return false };
        if ack.expires_at > context.now {
            return false;
        }
        let detail = format!("{} did not finish it in time", ack.by);
        self.alert.state = State::Open;
        self.alert.owner_differs = None;
        self.note(EntryKind::AckExpired, REMIT, detail);
        true
    }

    /// It is over.
    pub(super) fn resolve(&mut self, by: Option<(String, Party)>, context: &Context<'_>) {
        let party = by.as_ref().map(|it| it.1);
        self.alert.state = State::Resolved { at: self.now, by: by.map(|it| it.0) };
        self.clock(&Fact::Resolved { by: party }, context);
        self.alert.blocked = None;
        self.alert.cleared_at = None;
        self.alert.owner_differs = None;
        self.alert.refused_owner = None;
        self.end_climb();
    }

    /// Nobody's word is overruled by the collector's own.
    fn dispose(&mut self, disposed: Disposed) {
        let is_put_down = self.alert.disposition() == Disposition::JointReview;
        let is_over = !self.alert.is_unresolved();
        if disposed.is_automatic() && (is_put_down || is_over) {
            return;
        }
        let link = disposed.known_issue.map_or(String::new(), |it| format!(" {it}"));
        let detail = format!("{}{link}{}", disposed.what.as_str(), said(&disposed.note));
        let by = disposed.by.as_ref().map_or(REMIT.to_owned(), ToString::to_string);
        self.deed(EntryKind::DispositionSet, "alert.dispose", &by, detail);
        self.alert.disposed = Some(disposed);
    }
}

fn paused(fact: &Fact) -> String {
    let words = |reason: &PauseReason, until: String| format!("{reason}{until}");
    match fact {
        Fact::Paused { reason, until, .. } => {
            words(reason, until.map_or(String::new(), |it| format!(" until {it}")))
        }
        Fact::PausedBefore { during, reason, approval, .. } => {
            words(reason, format!(" from {} to {}, see {approval}", during.from, during.to))
        }
        Fact::Responded { .. }
        | Fact::Updated { .. }
        | Fact::Owner(_)
        | Fact::Resumed { .. }
        | Fact::Suspended { .. }
        | Fact::Released
        | Fact::Severity { .. }
        | Fact::Resolved { .. }
        | Fact::Reopened
        | Fact::Terms(_)
        | Fact::Tick => String::new(),
    }
}

pub(super) fn said(note: &str) -> String {
    if note.is_empty() { String::new() } else { format!(": {note}") }
}
