//! One loss: of a site, or of everybody.

use std::collections::BTreeSet;

use jiff::{SignedDuration, Timestamp};
use remit_shared::EndpointId;

use crate::mass_loss::census::{LEAST, Mass};

/// For how long enough of them must be back.
const BACK: SignedDuration = SignedDuration::from_mins(2);

/// How long those who are still missing have to come back too.
const SETTLE: SignedDuration = SignedDuration::from_mins(3);

/// So many of a hundred are enough.
const ENOUGH: usize = 80;

/// Many endpoints that fell silent at once.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Loss {
    pub(super) phase: Phase,
    /// Who fell silent, then or since.
    pub(super) members: BTreeSet<EndpointId>,
    /// How many were online before.
    pub(super) of: usize,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Phase {
    /// It may be nothing; nobody is told.
    Suspected { since: Timestamp },
    /// It is told.
    Lost { since: Timestamp, back_since: Option<Timestamp> },
    /// It is over, but for some who may yet come.
    Settling { since: Timestamp, until: Timestamp },
}

/// Who is late of those that a loss is about.
pub(super) struct View {
    pub(super) late: BTreeSet<EndpointId>,
    /// Set if too many became late at once.
    pub(super) mass: Option<Mass>,
    /// Whether anything new may be suspected.
    pub(super) may_begin: bool,
    /// Whether what is suspected may be believed.
    pub(super) may_be_told: bool,
}

/// What is to be told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Turn {
    Lost,
    Back,
}

/// Advances a loss, if there is one. What is suspected for as long as
/// `patience` is believed.
pub(super) fn step(
    loss: Option<&Loss>,
    view: &View,
    patience: SignedDuration,
    now: Timestamp,
) -> (Option<Loss>, Option<Turn>) {
    let Some(loss) = loss else { return (begin(view, now), None) };
    let members = loss.members.union(&view.late).copied().collect();
    let loss = Loss { members, ..loss.clone() };
    match loss.phase {
        // The line is back, but not everybody has had their turn to say so.
        Phase::Suspected { since } if !loss.is_still_a_mass(view) => {
            let until = later(now, patience);
            (Some(loss.turned(Phase::Settling { since, until })), None)
        }
        Phase::Suspected { since } if view.may_be_told && now.duration_since(since) >= patience => {
            (Some(loss.turned(Phase::Lost { since, back_since: None })), Some(Turn::Lost))
        }
        Phase::Suspected { .. } => (Some(loss), None),
        Phase::Lost { since, back_since } => {
            let back_since = loss.is_back(view).then(|| back_since.unwrap_or(now));
            match back_since {
                Some(back) if now.duration_since(back) >= BACK => {
                    let until = later(now, SETTLE);
                    (Some(loss.turned(Phase::Settling { since, until })), Some(Turn::Back))
                }
                Some(_) | None => (Some(loss.turned(Phase::Lost { since, back_since })), None),
            }
        }
        Phase::Settling { until, .. } => match begin(view, now) {
            Some(again) => (Some(again), None),
            None => ((now < until).then_some(loss), None),
        },
    }
}

fn begin(view: &View, now: Timestamp) -> Option<Loss> {
    let mass = view.mass.filter(|_| view.may_begin)?;
    let phase = Phase::Suspected { since: now };
    Some(Loss { phase, members: view.late.clone(), of: mass.of })
}

fn later(at: Timestamp, wait: SignedDuration) -> Timestamp {
    at.checked_add(wait).unwrap_or(Timestamp::MAX)
}

impl Loss {
    /// A loss that was told before the collector stopped; who is missing shows
    /// when they are late again.
    pub(super) fn lost_since(since: Timestamp) -> Self {
        let phase = Phase::Lost { since, back_since: None };
        Self { phase, members: BTreeSet::new(), of: 0 }
    }

    pub(super) fn since(&self) -> Timestamp {
        match self.phase {
            Phase::Suspected { since }
            | Phase::Lost { since, .. }
            | Phase::Settling { since, .. } => since,
        }
    }

    pub(super) fn is_only_suspected(&self) -> bool {
        match self.phase {
            Phase::Suspected { .. } => true,
            Phase::Lost { .. } | Phase::Settling { .. } => false,
        }
    }

    /// Who of them is not back.
    pub(super) fn missing(&self, view: &View) -> BTreeSet<EndpointId> {
        self.members.intersection(&view.late).copied().collect()
    }

    pub(super) fn deadline(&self, patience: SignedDuration) -> Option<Timestamp> {
        match self.phase {
            Phase::Suspected { since } => Some(later(since, patience)),
            Phase::Lost { back_since, .. } => back_since.map(|it| later(it, BACK)),
            Phase::Settling { until, .. } => Some(until),
        }
    }

    fn turned(self, phase: Phase) -> Self {
        Self { phase, ..self }
    }

    fn is_still_a_mass(&self, view: &View) -> bool {
        let missing = self.missing(view).len();
        missing >= LEAST && missing.saturating_mul(2) >= self.of
    }

    fn is_back(&self, view: &View) -> bool {
        let back = self.members.len().saturating_sub(self.missing(view).len());
        back.saturating_mul(100) >= self.members.len().saturating_mul(ENOUGH)
    }
}

impl Phase {
    /// When it ends for certain, if that is known.
    pub(super) fn ends(self) -> Option<Timestamp> {
        match self {
            Self::Suspected { .. } | Self::Lost { .. } => None,
            Self::Settling { until, .. } => Some(until),
        }
    }
}
