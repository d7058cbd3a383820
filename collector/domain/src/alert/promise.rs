//! What was promised about an alert: its clocks are moved, and what they go
//! past is told.
//!
//! An alert names the terms that it is under, so that time that has passed is
//! counted as it was promised then; when the matrix says something else, what
//! was spent is counted under the old ones first. Versions of a matrix never
//! change, so the name is enough: whoever calls looks the terms up.
//!
//! That a promise to the customer is broken is told even if the alert is
//! quiet: what makes it quiet was decided by one side, perhaps.

use jiff::Timestamp;
use remit_shared::AgreementName;

use crate::{
    alert::{
        Actor, Alert, Context, EntryKind, Remit, Suppressor, Topic,
        work::{REMIT, Work},
    },
    inhibit::SETTLE,
    sla::{self, ClockKind, Crossing, CrossingKind, Fact, Holder},
    suppression::{Suppression, SuppressionKind},
};

/// Whose the alert is, as the clocks know it.
pub(super) fn holder(remit: &Remit) -> Holder {
    Holder { team: remit.responsible.clone(), party: remit.party }
}

/// Names the terms that an alert is under.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct TermsRef {
    /// The version of the tenant's matrix.
    pub matrix_version: u64,
    /// The agreement in it; the calendar is that of its hours.
    pub agreement: AgreementName,
}

impl TermsRef {
    /// The name of these terms.
    pub fn of(terms: &sla::Terms) -> Self {
        Self { matrix_version: terms.matrix_version, agreement: terms.agreement.name.clone() }
    }

    /// Whether it is their name.
    pub fn names(&self, terms: &sla::Terms) -> bool {
        (self.matrix_version, &self.agreement) == (terms.matrix_version, &terms.agreement.name)
    }
}

impl Work {
    /// The terms that the clocks are under at this moment of the step.
    fn terms<'a>(&self, context: &Context<'a>) -> &'a sla::Terms {
        if self.alert.terms.names(context.terms) { context.terms } else { context.terms_then }
    }

    /// When the clocks must be looked at next.
    pub(super) fn clocks_due(&self, context: &Context<'_>) -> Option<Timestamp> {
        sla::deadline(self.terms(context), self.alert.severity, &self.alert.clocks)
    }

    /// Writes a fact into the clocks.
    pub(super) fn clock(&mut self, fact: &Fact, context: &Context<'_>) {
        self.clock_at(fact, self.now, context);
    }

    fn clock_at(&mut self, fact: &Fact, at: Timestamp, context: &Context<'_>) {
        let Alert { severity, clocks, .. } = &self.alert;
        let terms = self.terms(context);
        let was_paused = clocks.pause.is_some();
        let (clocks, crossings) = sla::apply(terms, *severity, clocks, fact, at);
        let by_itself = was_paused && clocks.pause.is_none() && !clocks.is_over;
        self.alert.clocks = clocks;
        if let Fact::Terms(new) = fact {
            self.alert.terms = TermsRef::of(new);
        }
        if by_itself && !matches!(fact, Fact::Resumed { .. }) {
            self.note(EntryKind::Resumed, REMIT, "the clocks run again".to_owned());
        }
        for it in &crossings {
            self.cross(it, context);
        }
    }

    /// Lets the clocks see what time it is, and under what terms they run.
    pub(super) fn look_at_clocks(&mut self, context: &Context<'_>) {
        if !self.alert.is_unresolved() {
            return;
        }
        if !self.alert.terms.names(context.terms) {
            self.clock(&Fact::Terms(context.terms.clone()), context);
        }
        if self.clocks_due(context).is_some_and(|it| it <= self.now) {
            self.clock(&Fact::Tick, context);
        }
    }

    /// A human did something about it.
    pub(super) fn responded(&mut self, by: &Actor, context: &Context<'_>) {
        self.clock(&Fact::Responded { party: by.party, human: true }, context);
    }

    /// Stops the clocks while nobody need act, and lets them go on from when
    /// somebody must, which may be a moment ago.
    pub(super) fn suspend(&mut self, before: &[Suppressor], context: &Context<'_>) {
        let untold = self.alert.announced_at.is_none();
        let mut now = self.alert.suppressors.iter().filter(|it| holds(it, untold));
        match now.next().map(|it| it.what.label()) {
            Some(why) if self.alert.clocks.suspended.as_ref() != Some(&why) => {
                self.clock(&Fact::Suspended { why }, context);
            }
            None if self.alert.clocks.suspended.is_some() => {
                let known = before.iter().filter(|it| it.mutes);
                let ends = known.map(|it| {
                    let now = self.alert.suppressors.iter().find(|now| now.is_same(&it.what));
                    released_at(now.map_or(&it.what, |now| &now.what))
                });
                let at = ends.map(|it| it.unwrap_or(self.now)).max();
                let at = at.map_or(self.now, |it| it.min(self.now));
                self.clock_at(&Fact::Released, at, context);
            }
            Some(_) | None => {}
        }
    }

    /// Tells what a clock went past.
    fn cross(&mut self, crossing: &Crossing, context: &Context<'_>) {
        let Crossing { clock, holder, kind, at } = crossing;
        let words = format!("{} of {}, at {at}", clock.as_str(), holder.team);
        match kind {
            CrossingKind::Warned(_) => {}
            CrossingKind::AtRisk => {
                self.note(EntryKind::AtRisk, REMIT, words);
                if !clock.is_teams() {
                    self.tell_team(&holder.team, Topic::AtRisk, context);
                    let accountable = self.alert.remit.accountable.clone();
                    if accountable != holder.team {
                        self.tell_team(&accountable, Topic::AtRisk, context);
                    }
                }
            }
            CrossingKind::Breached => {
                self.note(EntryKind::Breached, REMIT, words);
                let teams = match clock {
                    ClockKind::Response | ClockKind::Resolution => {
                        self.alert.remit.all_accountable()
                    }
                    // How it stands is the holder's to say.
                    ClockKind::Update => vec![holder.team.clone()],
                    ClockKind::TeamResponse | ClockKind::TeamResolution => Vec::new(),
                };
                let hushed = std::mem::take(&mut self.hushed);
                for team in teams {
                    self.tell_team(&team, Topic::Breached, context);
                }
                self.hushed = hushed;
            }
        }
    }
}

/// Whether promised times wait for what keeps the alert quiet. They do not if
/// people had heard of the alert before, unless another alert explains it; nor
/// once that one is over and things only settle.
fn holds(it: &Suppressor, untold: bool) -> bool {
    let waits = match it.what.kind {
        SuppressionKind::Dependency | SuppressionKind::MassLoss => it.what.until.is_none(),
        SuppressionKind::Window
        | SuppressionKind::KnownIssue
        | SuppressionKind::Snooze
        | SuppressionKind::Flapping => untold,
    };
    it.mutes && waits && it.what.kind.holds_clocks()
}

/// Since when somebody must act again, if that is known.
fn released_at(it: &Suppression) -> Option<Timestamp> {
    match it.kind {
        SuppressionKind::Dependency => it.until.map(|it| it.checked_sub(SETTLE).unwrap_or(it)),
        SuppressionKind::Window
        | SuppressionKind::KnownIssue
        | SuppressionKind::Snooze
        | SuppressionKind::MassLoss
        | SuppressionKind::Flapping => it.until,
    }
}
