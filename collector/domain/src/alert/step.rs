//! Everything but signals: people, time and deliveries.

use jiff::SignedDuration;
use remit_shared::Team;

use crate::alert::{
    Alert, Context, Delivery, Disposition, EntryKind, Event, Remit, State, Step, Topic,
    ladder::next_rung,
    work::{REMIT, Work},
};

/// A rung told later than this says so.
const PUNCTUAL: SignedDuration = SignedDuration::from_mins(1);

/// Advances an alert by one event. What a person decided about an alert that
/// has been resolved meanwhile changes nothing.
pub fn step(alert: &Alert, event: Event, context: &Context<'_>) -> Step {
    let mut work = Work::new(alert.clone(), context.now);
    match event {
        Event::Acknowledged(_) | Event::Resolved { .. } | Event::HandedOver { .. }
            if !alert.is_unresolved() => {}
        Event::Acknowledged(ack) => {
            let detail = format!("until {}{}", ack.expires_at, said(&ack.note));
            work.deed(EntryKind::Acknowledged, "alert.acknowledge", &ack.by.to_string(), detail);
            work.alert.state = State::Acknowledged(ack);
        }
        Event::Resolved { by, note } => {
            work.alert.state = State::Resolved { at: context.now, by: Some(by.name.clone()) };
            if work.alert.disposition == Disposition::None {
                work.alert.disposition = Disposition::Resolved;
            }
            work.deed(EntryKind::Resolved, "alert.resolve", &by.to_string(), note);
            work.all_clear(context);
        }
        Event::HandedOver { by, to, party, reason, note } => {
            let detail = format!("to {to}, {}{}", reason.as_str(), said(&note));
            work.deed(EntryKind::HandedOff, "alert.hand_over", &by.to_string(), detail);
            let remit = Remit {
                responsible: to,
                party,
                reason: format!("handed over by {by}: {}{}", reason.as_str(), said(&note)),
                decided_at: context.now,
                until: None,
                by_hand: true,
                ..work.alert.remit.clone()
            };
            work.alert.state = State::Open;
            work.hand(remit, context);
        }
        Event::Disposed { by, disposition, note } => {
            work.alert.disposition = disposition;
            work.alert.disposition_note.clone_from(&note);
            let detail = format!("{}{}", disposition.as_str(), said(&note));
            work.deed(EntryKind::DispositionSet, "alert.dispose", &by.to_string(), detail);
        }
        Event::Noted { by, note } => {
            work.deed(EntryKind::NoteAdded, "alert.note", &by.to_string(), note);
        }
        Event::Delivery { number, delivery } => work.deliver(number, delivery),
        Event::Tick => work.tick(context),
    }
    work.finish()
}

impl Work {
    fn deliver(&mut self, number: u32, delivery: Delivery) {
        let Some(notice) = self.alert.notices.iter_mut().find(|it| it.number == number) else {
            return;
        };
        let is_final = match notice.delivery {
            Delivery::Delivered { .. } | Delivery::Failed { .. } => true,
            Delivery::Pending | Delivery::Failing { .. } => false,
        };
        if is_final || notice.delivery == delivery {
            return;
        }
        let (team, channel) = (notice.team.clone(), notice.channel.clone());
        let first_failure = !matches!(notice.delivery, Delivery::Failing { .. });
        notice.delivery = delivery.clone();
        match delivery {
            Delivery::Pending => {}
            Delivery::Delivered { .. } => {
                self.note(EntryKind::Notified, REMIT, format!("{team} by {channel}"));
            }
            Delivery::Failing { error, .. } if first_failure => {
                let detail = format!("{team} by {channel}, will be tried again: {error}");
                self.note(EntryKind::DeliveryFailed, REMIT, detail);
            }
            Delivery::Failing { .. } => {}
            Delivery::Failed { error, .. } => {
                let detail = format!("{team} by {channel}, given up: {error}");
                self.note(EntryKind::DeliveryFailed, REMIT, detail);
            }
        }
    }

    fn tick(&mut self, context: &Context<'_>) {
        match &self.alert.state {
            State::Resolved { .. } => {}
            State::Acknowledged(ack) if ack.expires_at > self.now => {}
            State::Acknowledged(ack) => {
                let detail = format!("{} did not finish it in time", ack.by);
                self.alert.state = State::Open;
                self.note(EntryKind::AckExpired, REMIT, detail);
                self.route(context);
            }
            State::Open => {
                self.reconsider(context);
                self.climb(context);
            }
        }
    }

    /// Asks the matrix again if its answer was to change by now, or if it is
    /// another matrix.
    fn reconsider(&mut self, context: &Context<'_>) {
        let Remit { until, matrix_version, responsible, by_hand, .. } = &self.alert.remit;
        let expired = until.is_some_and(|it| it <= self.now);
        let republished = *matrix_version != context.remit.matrix_version;
        if *by_hand || (!expired && !republished) {
            return;
        }
        if *responsible == context.remit.responsible {
            self.adopt(context.remit.clone());
        } else {
            self.route(context);
        }
    }

    /// Tells every rung that is due, each team once.
    fn climb(&mut self, context: &Context<'_>) {
        let mut told: Vec<Team> = Vec::new();
        let mut reached = false;
        loop {
            let (due, teams) = next_rung(&self.alert.remit, &self.alert.climb);
            if due > self.now {
                break;
            }
            let teams: Vec<Team> = teams.into_iter().cloned().collect();
            self.alert.climb.next = self.alert.climb.next.saturating_add(1);
            for team in teams {
                if told.contains(&team) {
                    continue;
                }
                let late = self.now.duration_since(due);
                let lateness = if late > PUNCTUAL {
                    format!(", {} min late", late.as_mins())
                } else {
                    String::new()
                };
                let detail = format!("to {team}: not acknowledged in time{lateness}");
                self.note(EntryKind::Escalated, REMIT, detail);
                reached |= self.notify(&team, Topic::Escalated, context);
                told.push(team);
            }
        }
        if let Some(last) = told.last().filter(|_| !reached) {
            self.hurry(last, context);
        }
    }
}

fn said(note: &str) -> String {
    if note.is_empty() { String::new() } else { format!(": {note}") }
}
