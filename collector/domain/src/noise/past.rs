//! What an alert's own record tells of its past.

use jiff::Timestamp;

use crate::{
    alert::{Alert, Delivery, Disposed, Disposition, EntryKind, Notice, State, Told, Topic},
    noise::{Mark, Past},
    sla::ClockKind,
};

impl Past {
    /// What became of an alert. What was measured is not in it: `peak` is for
    /// whoever has the readings.
    pub fn of(alert: &Alert) -> Self {
        let told = alert.notices.iter().filter(|it| match it.told {
            Told::Firing(_) => !it.is_withdrawn(),
            Told::Over => false,
        });
        let mark = alert.noise.as_ref().map(|it| {
            let why = match it.note.as_str() {
                "" => it.reason.as_str().replace('_', " "),
                note => note.to_owned(),
            };
            Mark { by: it.by.to_string(), why }
        });
        Self {
            alert: alert.id,
            about: alert.about.clone(),
            severity: alert.severity,
            opened_at: alert.opened_at,
            closed_at: alert.resolved_at(),
            by_itself: alert.went_away_by_itself(),
            acted_at: acted_at(alert),
            too_late: alert
                .clocks
                .clocks
                .iter()
                .any(|it| it.kind == ClockKind::Response && it.breached_at.is_some()),
            told_at: told.map(|it| it.made_at).collect(),
            reopened: alert.reopened,
            flapped: alert.notices.iter().any(Notice::is_of_flapping),
            peak: None,
            marks: mark.into_iter().collect(),
        }
    }
}

impl Past {
    /// The same as it was then.
    pub fn until(mut self, then: Timestamp) -> Self {
        self.closed_at = self.closed_at.filter(|it| *it < then);
        self.acted_at = self.acted_at.filter(|it| *it < then);
        self.by_itself &= self.closed_at.is_some();
        self.told_at.retain(|it| *it < then);
        self
    }
}

impl Alert {
    /// When it was over, if it is.
    pub fn resolved_at(&self) -> Option<Timestamp> {
        match self.state {
            State::Resolved { at, .. } => Some(at),
            State::Open | State::Acknowledged(_) => None,
        }
    }

    /// Whether it is over, and nobody says that it was their doing.
    pub fn went_away_by_itself(&self) -> bool {
        let is_claimed = self.disposition() == Disposition::Resolved;
        matches!(self.state, State::Resolved { by: None, .. }) && !is_claimed
    }
}

impl Notice {
    /// Whether it was taken back before anybody could read it.
    fn is_withdrawn(&self) -> bool {
        match self.delivery {
            Delivery::Withdrawn { .. } => true,
            Delivery::Pending
            | Delivery::Delivered { .. }
            | Delivery::Failing { .. }
            | Delivery::Failed { .. } => false,
        }
    }

    fn is_of_flapping(&self) -> bool {
        match self.topic {
            Topic::Flapping => true,
            Topic::Assigned
            | Topic::HandOff
            | Topic::Informed
            | Topic::Escalated
            | Topic::Worse
            | Topic::AtRisk
            | Topic::Breached
            | Topic::Resolved => false,
        }
    }
}

/// When a person first did something about it. To call it noise, or to see it
/// put down by a shift's end, is to do nothing.
fn acted_at(alert: &Alert) -> Option<Timestamp> {
    let told = alert.timeline.iter().filter(|it| it.actor != "remit" && is_deed(it.kind));
    // A long timeline has lost its beginning.
    let disposed = alert.disposed.as_ref().filter(|it| is_by_hand(it)).map(|it| it.at);
    let state = match &alert.state {
        State::Open | State::Resolved { by: None, .. } => None,
        State::Acknowledged(it) => Some(it.at),
        State::Resolved { at, by: Some(_) } => Some(*at),
    };
    told.map(|it| it.at).chain(disposed).chain(state).min()
}

fn is_by_hand(disposed: &Disposed) -> bool {
    disposed.what != Disposition::None && !disposed.is_automatic()
}

fn is_deed(kind: EntryKind) -> bool {
    match kind {
        EntryKind::Acknowledged
        | EntryKind::HandedOff
        | EntryKind::Blocked
        | EntryKind::Unblocked
        | EntryKind::Paused
        | EntryKind::Resumed
        | EntryKind::Resolved
        | EntryKind::DispositionSet
        | EntryKind::NoteAdded => true,
        EntryKind::Created
        | EntryKind::Repeated
        | EntryKind::SeverityChanged
        | EntryKind::Routed
        | EntryKind::Rerouted
        | EntryKind::RouteRefused
        | EntryKind::Rescheduled
        | EntryKind::Notified
        | EntryKind::DeliveryFailed
        | EntryKind::NoRecipient
        | EntryKind::AckExpired
        | EntryKind::Escalated
        | EntryKind::AtRisk
        | EntryKind::Breached
        | EntryKind::Suppressed
        | EntryKind::Unsuppressed
        | EntryKind::Reopened
        | EntryKind::NoiseMarked => false,
    }
}
