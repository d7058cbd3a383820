//! What the agent may take of the machine that it watches, and what it gives
//! up when it takes more.
//!
//! A [`State`] counts how many of the optional probes rest. [`step`] takes it
//! and one [`Sample`], and gives back the next state with what was used and,
//! if the number changed, a [`Change`] with its reason.
//!
//! # Invariants
//!
//! - One probe at a time: whoever gives one up looks at least for [`LOOK`]
//!   whether that was enough before the next.
//! - What is given up is taken up again only after [`REST`] well within the
//!   budget, so that nothing goes on and off by turns.
//! - With no optional probes nothing is ever given up.

use std::{collections::VecDeque, fmt, time::Duration};

/// The probes that may rest, the first of them first, unless the settings say
/// otherwise: what none of the shipped checks needs.
pub const OPTIONAL: [&str; 3] = ["process", "network", "load"];

/// So long it must be too much before something is given up for it.
pub const LOOK: Duration = Duration::from_mins(2);

/// So long it must be well before something is taken up again.
pub const REST: Duration = Duration::from_mins(10);

/// Processor time is looked at over so long: an hourly look at the package
/// manager may take a second at once.
pub const WINDOW: Duration = Duration::from_mins(10);

/// How much is enough.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Thousandths of one processor.
    pub cpu: u64,
    /// Resident bytes.
    pub memory: u64,
    /// Open files, sockets and the like.
    pub handles: u64,
    /// How many probes may rest.
    pub optional: usize,
}

/// What was seen at one moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Sample {
    /// When; monotonic.
    pub at: Duration,
    /// Processor time since the start, with that of children that have ended.
    pub cpu: Duration,
    /// Resident bytes.
    pub memory: u64,
    /// Open handles.
    pub handles: u64,
}

/// What is used.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Usage {
    /// Thousandths of one processor, over the window; none at the first look.
    pub cpu: Option<u64>,
    /// Resident bytes.
    pub memory: u64,
    /// Open handles.
    pub handles: u64,
}

/// What there is too much of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Excess {
    /// Processor time, in thousandths: used, and allowed.
    Cpu(u64, u64),
    /// Memory, in bytes.
    Memory(u64, u64),
    /// Handles.
    Handles(u64, u64),
}

/// What the keeper of the budget remembers.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct State {
    /// How many of the optional probes rest.
    pub shed: usize,
    /// Why the last of them does.
    pub why: Option<Excess>,
    seen: VecDeque<Sample>,
    over_since: Option<Duration>,
    well_since: Option<Duration>,
}

/// Something was given up or taken up again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Change {
    /// One more probe rests, because of this.
    Shed(Excess),
    /// One less does.
    Restored,
}

/// Looks at what is used.
pub fn step(limits: &Limits, state: State, sample: Sample) -> (State, Usage, Option<Change>) {
    let mut state = state;
    let oldest = sample.at.saturating_sub(WINDOW);
    // The one at the window's edge stays, to measure from.
    while state.seen.get(1).is_some_and(|it| it.at <= oldest) {
        state.seen.pop_front();
    }
    let cpu = state.seen.front().and_then(|it| share(it, &sample));
    let usage = Usage { cpu, memory: sample.memory, handles: sample.handles };
    state.seen.push_back(sample);

    let excess = excess(limits, &usage);
    let since = |is_so: bool, since: Option<Duration>| is_so.then(|| since.unwrap_or(sample.at));
    state.over_since = since(excess.is_some(), state.over_since);
    state.well_since = since(is_well(limits, &usage), state.well_since);
    let lasts = |since: Option<Duration>, long: Duration| {
        since.is_some_and(|it| sample.at.saturating_sub(it) >= long)
    };
    let change = match excess {
        Some(excess) if lasts(state.over_since, LOOK) && state.shed < limits.optional => {
            state.shed += 1;
            state.why = Some(excess);
            Some(Change::Shed(excess))
        }
        None if lasts(state.well_since, REST) && state.shed > 0 => {
            state.shed -= 1;
            state.why = state.why.filter(|_| state.shed > 0);
            Some(Change::Restored)
        }
        Some(_) | None => None,
    };
    if change.is_some() {
        // What comes of it is measured from here.
        state.seen = VecDeque::from([sample]);
        (state.over_since, state.well_since) = (None, None);
    }
    (state, usage, change)
}

/// Thousandths of one processor between two looks.
fn share(from: &Sample, to: &Sample) -> Option<u64> {
    let passed = to.at.saturating_sub(from.at).as_micros();
    let used = to.cpu.saturating_sub(from.cpu).as_micros();
    u64::try_from((used * 1000).checked_div(passed)?).ok()
}

fn excess(limits: &Limits, usage: &Usage) -> Option<Excess> {
    let cpu = usage.cpu.unwrap_or(0);
    if cpu > limits.cpu {
        Some(Excess::Cpu(cpu, limits.cpu))
    } else if usage.memory > limits.memory {
        Some(Excess::Memory(usage.memory, limits.memory))
    } else if usage.handles > limits.handles {
        Some(Excess::Handles(usage.handles, limits.handles))
    } else {
        None
    }
}

/// Whether there is a quarter to spare of everything.
fn is_well(limits: &Limits, usage: &Usage) -> bool {
    let spares = |used: u64, limit: u64| used <= limit - limit / 4;
    spares(usage.cpu.unwrap_or(0), limits.cpu)
        && spares(usage.memory, limits.memory)
        && spares(usage.handles, limits.handles)
}

impl fmt::Display for Excess {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let tenths = |it: u64| format!("{}.{} %", it / 10, it % 10);
        let mebibytes = |it: u64| format!("{}.{} MiB", it >> 20, ((it % (1 << 20)) * 10) >> 20);
        match *self {
            Self::Cpu(used, limit) => {
                write!(f, "{} of a processor (limit {})", tenths(used), tenths(limit))
            }
            Self::Memory(used, limit) => {
                write!(f, "{} of memory (limit {})", mebibytes(used), mebibytes(limit))
            }
            Self::Handles(used, limit) => write!(f, "{used} open handles (limit {limit})"),
        }
    }
}

#[cfg(test)]
mod tests;
