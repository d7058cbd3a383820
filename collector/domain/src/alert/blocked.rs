//! The walls that people run into: who takes an alert over for a reason, and
//! how soon.
//!
//! A wall does not stop the clock and takes the alert from nobody: whoever ran
//! into it may still find a way. If they do not, the other side gets the alert
//! when their time is over. What may be an attack waits for nobody.

use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};
use remit_shared::{Party, Team};

use crate::alert::{
    Actor, Context, EntryKind, Remit, State, Topic,
    step::said,
    work::{REMIT, Work},
};

/// Why an alert is handed over.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum HandOverReason {
    /// The other side has the password.
    NeedsCredential,
    /// Somebody must stand before the machine.
    NeedsOnSite,
    /// Somebody must know the business.
    BusinessContext,
    /// It may be an attack.
    SecuritySuspicion,
    /// A third company must act.
    VendorWait,
    /// Another reason; the note says which.
    Manual,
}

/// A wall that somebody ran into, and what comes of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Blocked {
    /// What stands in the way.
    pub reason: HandOverReason,
    /// Who ran into it.
    pub by: Actor,
    /// When.
    pub since: Timestamp,
    /// Who gets the alert if nothing changes.
    pub to: Team,
    /// That team's side.
    pub party: Party,
    /// When they get it; `None` if they could not be given it.
    pub transfer_at: Option<Timestamp>,
    /// What was said.
    pub note: String,
}

/// Whither the matrix sends what is stopped by a wall, and how soon.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Trigger {
    /// The wall.
    pub reason: HandOverReason,
    /// How long whoever ran into it may still try.
    pub after: SignedDuration,
    /// Who gets the alert then.
    pub to: Team,
    /// That team's side.
    pub party: Party,
}

/// How long a wall is tried before the other side gets the alert, unless the
/// matrix says otherwise.
pub const USUAL_PATIENCE: SignedDuration = SignedDuration::from_mins(30);

/// Whither a reason sends an alert: the first trigger whose team has it not
/// already.
pub fn trigger<'a>(
    triggers: &'a [Trigger],
    reason: HandOverReason,
    responsible: &Team,
) -> Option<&'a Trigger> {
    triggers.iter().find(|it| it.reason == reason && it.to != *responsible)
}

impl HandOverReason {
    /// Every reason.
    pub const ALL: [Self; 6] = [
        Self::NeedsCredential,
        Self::NeedsOnSite,
        Self::BusinessContext,
        Self::SecuritySuspicion,
        Self::VendorWait,
        Self::Manual,
    ];

    /// The one spelling.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::NeedsCredential => "needs_credential",
            Self::NeedsOnSite => "needs_on_site",
            Self::BusinessContext => "business_context",
            Self::SecuritySuspicion => "security_suspicion",
            Self::VendorWait => "vendor_wait",
            Self::Manual => "manual",
        }
    }
}

impl Work {
    /// Somebody ran into a wall.
    pub(super) fn block(&mut self, blocked: Blocked, context: &Context<'_>) {
        let when = match blocked.transfer_at {
            Some(at) if at > self.now => format!(" at {at}"),
            Some(_) | None => String::new(),
        };
        let detail = format!(
            "{}: goes to {}{when}{}",
            blocked.reason.as_str(),
            blocked.to,
            said(&blocked.note)
        );
        self.deed(EntryKind::Blocked, "alert.block", &blocked.by.to_string(), detail);
        self.alert.blocked = Some(blocked);
        self.transfer(context);
    }

    /// The wall is gone.
    pub(super) fn unblock(&mut self, by: &Actor, note: String) {
        if self.alert.blocked.take().is_some() {
            self.deed(EntryKind::Unblocked, "alert.unblock", &by.to_string(), note);
        }
    }

    /// Whether whoever ran into a wall may still try at that hour.
    pub(super) fn has_time_until(&self, hour: Timestamp) -> bool {
        let transfer = self.alert.blocked.as_ref().and_then(|it| it.transfer_at);
        transfer.is_none_or(|it| hour < it)
    }

    /// The wall is gone if the matrix gave the alert to its other side between
    /// `from` and the end of the time that was left to try, whomever it names
    /// by now.
    pub(super) fn pass_wall(&mut self, from: Timestamp, context: &Context<'_>) {
        let Some(blocked) = self.alert.blocked.as_ref().filter(|_| !self.alert.remit.by_hand)
        else {
            return;
        };
        let end = blocked.transfer_at.map_or(context.now, |it| it.min(context.now));
        let in_time = self.named_since(from, context).take_while(|it| it.decided_at < end);
        if in_time.map(|it| it.responsible).any(|it| it == blocked.to) {
            self.alert.blocked = None;
        }
    }

    /// Gives the alert to the other side of the wall, if it is time. Says
    /// whether that was done.
    pub(super) fn transfer(&mut self, context: &Context<'_>) -> bool {
        let Some(blocked) = self.alert.blocked.clone() else { return false };
        if blocked.transfer_at.is_none_or(|it| it > context.now) {
            return false;
        }
        let Blocked { reason, by, to, party, note, .. } = blocked;
        let words = format!("{} said {}{}", by, reason.as_str(), said(&note));
        let detail = format!("to {to}, {words}");
        if self.give(to, party, words, context) {
            self.deed(EntryKind::HandedOff, "alert.hand_over", REMIT, detail);
            return true;
        }
        if let Some(blocked) = &mut self.alert.blocked {
            blocked.transfer_at = None;
        }
        false
    }

    /// Gives the alert to another team, whatever the matrix says. Says whether
    /// that could be done.
    pub(super) fn give(
        &mut self,
        to: Team,
        party: Party,
        reason: String,
        context: &Context<'_>,
    ) -> bool {
        let ladder = context.reach.ladder(&to, &self.alert.about.function);
        let remit = Remit {
            responsible: to,
            party,
            reason: format!("handed over: {reason}"),
            decided_at: self.now,
            until: None,
            by_hand: true,
            // A team climbs its own ladder, also with work that no row gave it.
            ladder: ladder.unwrap_or_else(|| self.alert.remit.ladder.clone()),
            ..Remit::clone(&self.alert.remit)
        };
        if !self.may_have_it(&remit, context) {
            return false;
        }
        self.alert.blocked = None;
        self.alert.refused_owner = None;
        self.alert.state = State::Open;
        self.hand(Arc::new(remit), Topic::Assigned, context);
        true
    }
}
