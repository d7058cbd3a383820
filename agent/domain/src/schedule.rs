//! When each probe is asked, and when it has had long enough.
//!
//! Every probe has a [`Phase`]. [`step`] takes it, one [`Event`] and the time,
//! and gives back the next phase with what the caller must do now.
//! [`deadline`] says when to send the next [`Event::Tick`].
//!
//! Time is monotonic and counts from the agent's start. All probes are due at
//! zero, and then at the multiples of their interval: probes with equal
//! intervals share their ticks for ever, however long each of them takes, and
//! thirty seconds fall on every third tick of ten.
//!
//! # Invariants
//!
//! - A probe is asked only after it has returned: never twice at a time.
//! - A probe that outstays its deadline is given up once. What it says when it
//!   returns at last is too old to tell, and it is asked again at its next turn.
//! - A tick that comes late is as good as a punctual one. Turns that were
//!   slept through are skipped, not made up for.
//! - [`step`] is total, for any plan and any time.
//!
//! # Not here
//!
//! Threads, and how answers travel together: the scheduler's. Reading plans
//! from a file: the configuration's, which asks [`ProbePlan::check`].

use std::time::Duration;

/// How often a probe is asked, and how long it may take.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ProbePlan {
    /// Whether it is asked at all.
    pub enabled: bool,
    /// From one asking to the next.
    pub interval: Duration,
    /// How long it may take before it is reported as hanging.
    pub deadline: Duration,
}

/// Why a plan will not do.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PlanError {
    /// The interval is out of bounds.
    #[error("interval of {} s is not between 1 s and 366 days", .0.as_secs_f64())]
    Interval(Duration),
    /// The deadline is out of bounds.
    #[error("deadline of {} s is not between 1 s and 1 day", .0.as_secs_f64())]
    Deadline(Duration),
}

/// The plan of every family of probes, unless the configuration says
/// otherwise. `patch` is the family of `patch-apt`.
pub const DEFAULTS: [(&str, ProbePlan); 14] = [
    ("cpu", every(10, 5)),
    ("load", every(10, 5)),
    ("memory", every(10, 5)),
    ("network", every(10, 5)),
    ("uptime", every(10, 5)),
    // Listing all processes costs more than the five above together.
    ("process", every(60, 5)),
    // What the agent itself takes.
    ("self", every(60, 5)),
    ("disk", every(30, 10)),
    ("clock", every(60, 10)),
    ("service", every(60, 20)),
    ("patch", every(60 * 60, 5 * 60)),
    ("backup", every(30 * 60, 10 * 60)),
    // Logs are looked through from their beginning wherever one has grown.
    ("backup-events", every(5 * 60, 2 * 60)),
    // A search for updates may take very long, and is given up at last.
    ("patch-wua", every(60 * 60, 40 * 60)),
];

/// The plan of a family that has no row.
const OTHERS: ProbePlan = every(60, 20);

/// How long a probe rests that this machine has no use for.
const REST: Duration = Duration::from_hours(1);

/// What an interval is at least, so that a tick leads to a later one.
const SHORTEST: Duration = Duration::from_secs(1);

/// Up to which deadline a probe counts as quick.
const QUICK: Duration = Duration::from_secs(10);

const fn every(interval: u64, deadline: u64) -> ProbePlan {
    ProbePlan {
        enabled: true,
        interval: Duration::from_secs(interval),
        deadline: Duration::from_secs(deadline),
    }
}

impl ProbePlan {
    /// The plan of a probe, by its name or its family's.
    pub fn default_for(probe: &str) -> Self {
        let family = probe.split('-').next().unwrap_or(probe);
        let row = |name| DEFAULTS.iter().find(|(known, _)| *known == name);
        row(probe).or_else(|| row(family)).map_or(OTHERS, |(_, plan)| *plan)
    }

    /// Whether the plan is within bounds.
    pub fn check(&self) -> Result<(), PlanError> {
        if self.interval < SHORTEST || self.interval > Duration::from_hours(366 * 24) {
            return Err(PlanError::Interval(self.interval));
        }
        if self.deadline < SHORTEST || self.deadline > Duration::from_hours(24) {
            return Err(PlanError::Deadline(self.deadline));
        }
        Ok(())
    }

    /// Whether its answer usually comes at once, so that others may wait for it.
    pub fn is_quick(&self) -> bool {
        self.deadline <= QUICK
    }

    /// The phase that it starts in.
    pub fn first(&self) -> Phase {
        if self.enabled { Phase::Waiting { due: Duration::ZERO } } else { Phase::Off }
    }
}

/// Where a probe stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Phase {
    /// It waits for its turn.
    Waiting {
        /// When that is.
        due: Duration,
    },
    /// It was asked and has not returned.
    Asked {
        /// When it has had long enough.
        until: Duration,
    },
    /// It was given up, and has still not returned.
    Overdue,
    /// It is never asked.
    Off,
}

/// What can happen to a probe.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Event {
    /// Time has passed.
    Tick,
    /// It returned.
    Returned {
        /// Whether this machine has the thing at all.
        supported: bool,
    },
}

/// What the caller must do now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Effect {
    /// Ask the probe.
    Ask,
    /// Pass its answer on.
    Deliver,
    /// Say that it gave no answer in time.
    GiveUp,
}

/// Advances a probe by one event.
pub fn step(
    plan: &ProbePlan,
    phase: Phase,
    event: Event,
    now: Duration,
) -> (Phase, Option<Effect>) {
    match (phase, event) {
        (Phase::Waiting { due }, Event::Tick) if due <= now => {
            (Phase::Asked { until: now.saturating_add(plan.deadline) }, Some(Effect::Ask))
        }
        (Phase::Asked { until }, Event::Tick) if until <= now => {
            (Phase::Overdue, Some(Effect::GiveUp))
        }
        // Past the deadline, but nobody was told: then it came in time.
        (Phase::Asked { .. }, Event::Returned { supported }) => {
            (Phase::Waiting { due: next_turn(plan, supported, now) }, Some(Effect::Deliver))
        }
        (Phase::Overdue, Event::Returned { supported }) => {
            (Phase::Waiting { due: next_turn(plan, supported, now) }, None)
        }
        (
            Phase::Waiting { .. } | Phase::Asked { .. } | Phase::Overdue | Phase::Off,
            Event::Tick,
        )
        | (Phase::Waiting { .. } | Phase::Off, Event::Returned { .. }) => (phase, None),
    }
}

/// When the next [`Event::Tick`] is due, if ever.
pub fn deadline(phase: Phase) -> Option<Duration> {
    match phase {
        Phase::Waiting { due } => Some(due),
        Phase::Asked { until } => Some(until),
        Phase::Overdue | Phase::Off => None,
    }
}

/// When the next of several probes wants a tick, if any does.
pub fn next_wake(phases: impl IntoIterator<Item = Phase>) -> Option<Duration> {
    phases.into_iter().filter_map(deadline).min()
}

/// The first multiple of the interval after `now`.
fn next_turn(plan: &ProbePlan, supported: bool, now: Duration) -> Duration {
    let interval = plan.interval.max(if supported { SHORTEST } else { REST }).as_nanos();
    let turn = (now.as_nanos() / interval + 1) * interval;
    Duration::from_nanos_u128(turn.min(Duration::MAX.as_nanos()))
}

#[cfg(test)]
mod tests;
