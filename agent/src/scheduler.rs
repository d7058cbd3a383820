//! Asks the probes, each at its turn, and hands on what they say.
//!
//! A probe has a thread of its own if what it asks may hang: a dead file server,
//! a locked package manager. Those that only read what the kernel always knows
//! share one, since waking a thread takes longer than most of them do. When to ask
//! and when to give up is decided by [`remit_agent_domain::schedule`]; this is its
//! clock and its hands.
//!
//! # Contract
//!
//! - Readings asked on one tick carry the tick's time and, if they come within
//!   a quarter of a second, travel together.
//! - The sink gets answers of one stream at a time, and slows this down when it
//!   is full; a probe that answered in time is then still not called late.
//! - [`Scheduler::run`] ends promptly when told to stop. Threads end when their
//!   probe next returns, and one that never does ends with the process.

mod batch;
mod thread;

use std::{future, io, sync::Arc, time::Duration};

use jiff::SignedDuration;
use remit_agent_domain::schedule::{self, Effect, Event, Phase, ProbePlan};
use remit_shared::{Answer, Body, Clock};
use tokio::{
    sync::{mpsc, watch},
    time::{self, Instant},
};
use tokio_util::sync::CancellationToken;

use crate::{
    budget::Standing,
    probe::{Probe, ProbeError, Sample, Turn},
};

use self::batch::Batch;

/// How many batches the sink's channel should hold. A tick makes two, one per
/// stream, and so do stragglers: this is some ticks' worth. When the spool is
/// slower than that for long, probes wait, and memory does not grow.
pub const SINK_BOUND: usize = 16;

/// Asks probes until it is told to stop.
pub struct Scheduler<C> {
    clock: C,
    sink: mpsc::Sender<Vec<Answer>>,
    seats: Vec<Seat>,
    returns: mpsc::Receiver<Return>,
    batch: Batch,
    /// Which probes rest, if somebody decides that.
    budget: Option<watch::Receiver<Standing>>,
}

/// Why the scheduler could not begin.
#[derive(Debug, thiserror::Error)]
pub enum SchedulerError {
    /// The operating system gave no thread.
    #[error("failed to start a thread for probe {probe}")]
    Thread {
        /// Whose thread.
        probe: &'static str,
        /// What the operating system said.
        #[source]
        source: io::Error,
    },
}

/// A probe, seen from here.
struct Seat {
    name: Arc<str>,
    source: Arc<str>,
    plan: ProbePlan,
    phase: Phase,
    /// When it was last asked, and in which of the batch's rounds.
    asked: Option<(Turn, u64)>,
    turns: mpsc::Sender<Asked>,
}

/// A probe's turn on its way there.
struct Asked {
    seat: usize,
    turn: Turn,
}

/// A probe's answer on its way here.
struct Return {
    seat: usize,
    result: Result<Sample, ProbeError>,
}

/// The other end of some [`Seat`]s: where their probes sit.
struct Lane {
    seats: Vec<usize>,
    turns: mpsc::Receiver<Asked>,
    returns: mpsc::Sender<Return>,
}

/// What a seat must know of its probe.
struct Sitter {
    name: &'static str,
    source: &'static str,
    may_hang: bool,
    plan: ProbePlan,
}

impl<C: Clock> Scheduler<C> {
    /// Gives every enabled probe a thread, or its place in one.
    pub fn start(
        probes: Vec<(Box<dyn Probe>, ProbePlan)>,
        clock: C,
        sink: mpsc::Sender<Vec<Answer>>,
    ) -> Result<Self, SchedulerError> {
        let sitters = probes.iter().map(|(it, plan)| Sitter::new(&**it, *plan)).collect();
        let (scheduler, lanes) = Self::seat(sitters, clock, sink);
        let mut probes: Vec<_> =
            probes.into_iter().map(|(it, plan)| plan.enabled.then_some(it)).collect();
        for lane in lanes {
            let here: Vec<_> =
                lane.seats.iter().filter_map(|it| Some((*it, probes[*it].take()?))).collect();
            let Some(probe) = here.first().map(|(_, it)| it.name()) else { continue };
            thread::start(lane, here).map_err(|source| SchedulerError::Thread { probe, source })?;
        }
        Ok(scheduler)
    }

    /// A scheduler of probes that sit at the other end of these lanes: those that
    /// never hang in the first one, if there are any.
    fn seat(probes: Vec<Sitter>, clock: C, sink: mpsc::Sender<Vec<Answer>>) -> (Self, Vec<Lane>) {
        let (quick, slow): (Vec<usize>, Vec<usize>) =
            (0..probes.len()).partition(|it| !probes[*it].may_hang);
        let slow = slow.into_iter().map(|it| vec![it]);
        // A probe is not asked again before its answer was taken from here, so
        // one place each is enough, and returning never blocks a thread.
        let (returned, returns) = mpsc::channel(probes.len().max(1));
        let (mut lanes, mut ways) = (Vec::new(), vec![None; probes.len()]);
        for seats in [quick].into_iter().chain(slow).filter(|it| !it.is_empty()) {
            // One turn of each at a time, for the same reason.
            let (ask, turns) = mpsc::channel(seats.len());
            for seat in &seats {
                ways[*seat] = Some(ask.clone());
            }
            lanes.push(Lane { seats, turns, returns: returned.clone() });
        }
        let seats = probes.into_iter().zip(ways.into_iter().flatten());
        let seats = seats.map(|(it, turns)| Seat {
            name: it.name.into(),
            source: it.source.into(),
            plan: it.plan,
            phase: it.plan.first(),
            asked: None,
            turns,
        });
        let seats = seats.collect();
        (Self { clock, sink, seats, returns, batch: Batch::default(), budget: None }, lanes)
    }

    /// Lets those probes rest that `budget` names: at their turn they are not
    /// asked, and that is their answer.
    pub fn within(self, budget: watch::Receiver<Standing>) -> Self {
        Self { budget: Some(budget), ..self }
    }

    /// Asks, collects and hands on until told to stop, or nobody listens.
    pub async fn run(mut self, stop: CancellationToken) {
        let start = Instant::now();
        loop {
            // Before the tick: what is here already is not late, however long
            // the sink kept us.
            while let Ok(returned) = self.returns.try_recv() {
                self.take(returned, start.elapsed());
            }
            let now = start.elapsed();
            self.tick(now);
            if self.batch.is_ready(now) && !self.hand_on(&stop).await {
                break;
            }
            let wake = schedule::next_wake(self.seats.iter().map(|seat| seat.phase));
            let wake = wake.into_iter().chain(self.batch.until()).min();
            tokio::select! {
                biased;
                () = stop.cancelled() => break,
                Some(returned) = self.returns.recv() => self.take(returned, start.elapsed()),
                () = sleep_until(start, wake) => {}
            }
        }
        // What was found out is worth handing on, but not worth waiting for.
        for answers in self.batch.take() {
            let _ = self.sink.try_send(answers);
        }
    }

    /// Asks whose turn it is and gives up whose time is over.
    fn tick(&mut self, now: Duration) {
        let turn = Turn { now: self.clock.now(), monotonic: now };
        let standing = self.budget.as_ref().map(|it| it.borrow().clone()).unwrap_or_default();
        for (number, seat) in self.seats.iter_mut().enumerate() {
            let (phase, effect) = schedule::step(&seat.plan, seat.phase, Event::Tick, now);
            seat.phase = phase;
            match effect {
                Some(Effect::Ask) if let Some(why) = standing.why_shed(&seat.name) => {
                    let answered = Event::Returned { supported: true };
                    (seat.phase, _) = schedule::step(&seat.plan, seat.phase, answered, now);
                    let why = Arc::clone(why);
                    let answer = seat.answer(Err(ProbeError::Shed { why }), turn, Duration::ZERO);
                    self.batch.add(answer, None);
                }
                Some(Effect::Ask) => {
                    let round = if seat.plan.is_quick() {
                        self.batch.expect(now)
                    } else {
                        self.batch.round()
                    };
                    seat.asked = Some((turn, round));
                    // It is idle, so there is room. A thread that is gone will
                    // be noticed as one that hangs.
                    let _ = seat.turns.try_send(Asked { seat: number, turn });
                }
                Some(Effect::GiveUp) => {
                    let (what, deadline) = (seat.name.to_string(), seat.plan.deadline);
                    let error = ProbeError::Timeout { what, deadline };
                    let answer = seat.answer(Err(error), turn, deadline);
                    self.batch.add(answer, None);
                }
                Some(Effect::Deliver) | None => {}
            }
        }
    }

    /// Takes what a probe said.
    fn take(&mut self, Return { seat, result }: Return, now: Duration) {
        let seat = &mut self.seats[seat];
        let supported = !matches!(result, Err(ProbeError::Unsupported { .. }));
        let (phase, effect) =
            schedule::step(&seat.plan, seat.phase, Event::Returned { supported }, now);
        seat.phase = phase;
        if let (Some(Effect::Deliver), Some((turn, round))) = (effect, seat.asked) {
            let answer = seat.answer(result, turn, now.saturating_sub(turn.monotonic));
            self.batch.add(answer, Some(round));
        }
    }

    /// Hands the batch to the sink. Says whether to go on.
    async fn hand_on(&mut self, stop: &CancellationToken) -> bool {
        for answers in self.batch.take() {
            match stop.run_until_cancelled(self.sink.reserve()).await {
                Some(Ok(place)) => place.send(answers),
                Some(Err(_)) | None => return false,
            }
        }
        true
    }
}

impl Sitter {
    fn new(probe: &dyn Probe, plan: ProbePlan) -> Self {
        let (name, source) = (probe.name(), probe.source());
        Self { name, source, may_hang: probe.may_hang(), plan }
    }
}

impl Seat {
    fn answer(&self, result: Result<Sample, ProbeError>, turn: Turn, took: Duration) -> Answer {
        let sample = result.unwrap_or_else(|err| Sample::full(Body::Failure(err.to_failure())));
        let took = match &sample.body {
            // Always the same next to nothing; leaving it out makes a tick's
            // readings cheap to carry.
            Body::Readings(_) => SignedDuration::ZERO,
            Body::Failure(_)
            | Body::Unchanged
            | Body::Services(_)
            | Body::Patches(_)
            | Body::Backups(_)
            | Body::Jobs(_)
            | Body::Run(_)
            | Body::Lifecycle(_) => SignedDuration::try_from(took).unwrap_or(SignedDuration::MAX),
        };
        Answer {
            probe: self.name.clone(),
            source: sample.source.unwrap_or_else(|| self.source.clone()),
            observed_at: turn.now,
            catalog_at: sample.catalog_at,
            took,
            completeness: sample.completeness,
            missing: sample.missing,
            body: sample.body,
        }
    }
}

/// Waits until so long after `start`; for ever, if that is never.
async fn sleep_until(start: Instant, wake: Option<Duration>) {
    match wake.and_then(|wake| start.checked_add(wake)) {
        Some(at) => time::sleep_until(at).await,
        None => future::pending().await,
    }
}

#[cfg(test)]
mod tests;
