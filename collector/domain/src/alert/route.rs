//! Whose the alert becomes.
//!
//! A change of owner is one step: the old climb ends, the new owner is told,
//! the old one is informed, and a new climb begins. It is refused, and the old
//! climb goes on, if nobody would hear of it: a team without a channel and
//! without a ladder. Promises to the customer do not begin anew with it.
//!
//! An acknowledged alert stays with whoever took it on; that the matrix names
//! somebody else is shown.

use std::{iter, sync::Arc};

use jiff::Timestamp;
use remit_shared::{Severity, Team};

use crate::{
    alert::{
        Alert, Context, EntryKind, Remit, State, Topic,
        promise::holder,
        work::{REMIT, Work},
    },
    people::Target,
    sla::Fact,
};

/// Somebody whom the matrix names and who could not be given the alert: nobody
/// would have heard of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RefusedOwner {
    /// The team.
    pub team: Team,
    /// The matrix version that names it.
    pub matrix_version: u64,
    /// Its row.
    pub row: String,
    /// When it was refused first.
    pub since: Timestamp,
    /// Why.
    pub why: String,
}

impl Work {
    /// Gives a new alert to whom the matrix names.
    pub(super) fn route_first(&mut self, context: &Context<'_>) {
        self.adopt(Arc::clone(context.remit), context);
        let remit = &self.alert.remit;
        let detail = format!("to {}: {}", remit.responsible, remit.reason);
        self.note(EntryKind::Routed, REMIT, detail);
        self.take_up(Topic::Assigned, context);
        self.inform(context);
    }

    /// Begins anew with whom the matrix names now, or with whom a person has
    /// given it to.
    pub(super) fn route_again(&mut self, context: &Context<'_>) {
        let by_hand = self.alert.remit.by_hand;
        if by_hand || self.is_theirs(context) {
            if !by_hand {
                self.adopt(Arc::clone(context.remit), context);
            }
            self.alert.refused_owner = None;
            let remit = &self.alert.remit;
            let detail = format!("to {}: {}", remit.responsible, remit.reason);
            self.note(EntryKind::Routed, REMIT, detail);
            self.take_up(Topic::Assigned, context);
        } else if !self.reroute(Topic::Assigned, context) {
            self.take_up(Topic::Assigned, context);
        }
    }

    /// Gives it to whom the matrix names now, or named last, instead of who has
    /// it. Says whether that could be done.
    fn reroute(&mut self, topic: Topic, context: &Context<'_>) -> bool {
        if let Some(last) = self.named_meanwhile(context) {
            self.reroute_to(Arc::new(last), topic, context);
            self.may_have_it(context.remit, context);
            return true;
        }
        if !self.may_have_it(context.remit, context) {
            return false;
        }
        self.alert.refused_owner = None;
        self.reroute_to(Arc::clone(context.remit), topic, context);
        true
    }

    fn reroute_to(&mut self, remit: Arc<Remit>, topic: Topic, context: &Context<'_>) {
        let detail = format!("to {}: {}", remit.responsible, remit.reason);
        self.note(EntryKind::Rerouted, REMIT, detail);
        self.hand(remit, topic, context);
    }

    /// Whom the matrix named last, while nobody asked, if not who has it: it is
    /// theirs if whom it names now would not hear of it.
    fn named_meanwhile(&self, context: &Context<'_>) -> Option<Remit> {
        let from = self.asks_at.filter(|it| *it < context.now)?;
        self.unheard(context.remit, context.now, context)?;
        let last = self.named_since(from, context).last()?;
        (last.responsible != self.alert.remit.responsible).then_some(last)
    }

    /// Whether who has it is whom the matrix gives it to.
    fn is_theirs(&self, context: &Context<'_>) -> bool {
        self.alert.remit.responsible == context.remit.responsible
            && self.named_meanwhile(context).is_none()
    }

    /// Whom the matrix named from an instant until now, one after the other,
    /// if it could be given to them.
    pub(super) fn named_since<'a>(
        &'a self,
        from: Timestamp,
        context: &'a Context<'_>,
    ) -> impl Iterator<Item = Remit> + 'a {
        let asked = |at: Timestamp| (at < context.now).then(|| context.owners.at(at));
        let next = move |it: &Remit| it.until.filter(|at| *at > it.decided_at).and_then(asked);
        let is_heard = |it: &Remit| self.unheard(it, it.decided_at, context).is_none();
        iter::successors(asked(from), next).filter(is_heard)
    }

    /// Why nobody would hear of it, if so.
    pub(super) fn unheard(
        &self,
        remit: &Remit,
        at: Timestamp,
        context: &Context<'_>,
    ) -> Option<String> {
        let target = Target::Team(remit.responsible.clone());
        let reached = context.reach.reach(&target, self.alert.severity, at);
        let is_unheard = reached.channels.is_empty() && remit.ladder.rungs.is_empty();
        is_unheard
            .then(|| format!("{target} has no ladder and cannot be told: {}", reached.because))
    }

    /// Whether anybody would hear of it. If not, says so in the timeline, once
    /// for each row of each version.
    pub(super) fn may_have_it(&mut self, remit: &Remit, context: &Context<'_>) -> bool {
        let Some(why) = self.unheard(remit, context.now, context) else { return true };
        let is_known = self.alert.refused_owner.as_ref().is_some_and(|it| {
            it.team == remit.responsible
                && it.matrix_version == remit.matrix_version
                && it.row == remit.row
        });
        if !is_known {
            let detail = format!("stays with {}: {why}", self.alert.remit.responsible);
            self.deed(EntryKind::RouteRefused, "alert.route_refused", REMIT, detail);
            self.alert.refused_owner = Some(RefusedOwner {
                team: remit.responsible.clone(),
                matrix_version: remit.matrix_version,
                row: remit.row.clone(),
                since: self.now,
                why,
            });
        }
        // What has it keeps it until the matrix says something else again.
        self.keep_until(context);
        false
    }

    /// Puts a new owner in the place of the old one.
    pub(super) fn hand(&mut self, remit: Arc<Remit>, topic: Topic, context: &Context<'_>) {
        let before = self.alert.remit.responsible.clone();
        self.adopt(remit, context);
        self.alert.owner_differs = None;
        if self.alert.blocked.as_ref().is_some_and(|it| it.to == self.alert.remit.responsible) {
            self.alert.blocked = None;
        }
        self.take_up(topic, context);
        if before != self.alert.remit.responsible {
            self.tell_team(&before, Topic::Informed, context);
        }
    }

    /// Tells the responsible team and begins the climb.
    pub(super) fn take_up(&mut self, topic: Topic, context: &Context<'_>) {
        self.begin_climb(context);
        let owner = Target::Team(self.alert.remit.responsible.clone());
        if !self.tell(&owner, topic, context) {
            self.hurry(&owner, context);
        }
    }

    /// Takes over what the matrix says. An answer that was to change before now
    /// is as good as one that never does: the next tick would not change it.
    fn adopt(&mut self, mut remit: Arc<Remit>, context: &Context<'_>) {
        let until = remit.until.filter(|it| *it > context.now);
        if until != remit.until {
            Arc::make_mut(&mut remit).until = until;
        }
        self.alert.remit = remit;
        self.clock(&Fact::Owner(holder(&self.alert.remit)), context);
    }

    /// Has it for as long as the matrix says nothing else.
    fn keep_until(&mut self, context: &Context<'_>) {
        let until = context.remit.until.filter(|it| *it > context.now);
        if until != self.alert.remit.until {
            Arc::make_mut(&mut self.alert.remit).until = until;
        }
    }

    /// Asks the matrix again: follows it if nobody has taken the alert on, and
    /// shows it otherwise.
    pub(super) fn reconsider(&mut self, context: &Context<'_>) {
        let Alert { remit, state, severity, .. } = &self.alert;
        if remit.by_hand {
            return;
        }
        match state {
            State::Resolved { .. } => {}
            State::Acknowledged(_) => {
                let is_same = remit.responsible == context.remit.responsible;
                let differs = (!is_same).then(|| context.remit.responsible.clone());
                self.alert.owner_differs = differs;
                self.keep_until(context);
            }
            State::Open if self.is_theirs(context) => self.refresh(context),
            State::Open => {
                // What came with the hour is told together with what else did,
                // unless it must be told at once.
                let by_hour = remit.matrix_version == context.remit.matrix_version;
                let topic = match by_hour && *severity < Severity::High {
                    true => Topic::HandOff,
                    false => Topic::Assigned,
                };
                self.reroute(topic, context);
            }
        }
    }

    /// The same team has it under what the matrix says now. Its ladder stays
    /// as it was when the climb began.
    pub(super) fn refresh(&mut self, context: &Context<'_>) {
        let (old, new) = (&self.alert.remit, context.remit);
        let until = new.until.filter(|it| *it > context.now);
        self.alert.refused_owner = None;
        if old.matrix_version != new.matrix_version || old.until != until {
            let ladder = old.ladder.clone();
            self.adopt(Arc::new(Remit { ladder, ..Remit::clone(new) }), context);
        }
    }
}
