//! The thread of one probe, or of several that never keep each other waiting.
//!
//! It ends when the scheduler does, unless a probe hangs: then it is left
//! behind, since nothing can end a thread that waits for the kernel.

use std::{
    io,
    panic::{AssertUnwindSafe, catch_unwind},
    thread,
};

use crate::{
    probe::{Probe, ProbeError},
    scheduler::{Asked, Lane, Return},
};

/// What a probe's stack may grow to. Only what is touched takes memory, and a
/// probe that needs more would take the whole agent with it.
const STACK: usize = 2 << 20;

/// Starts serving the turns of these probes, each with the number of its seat.
pub(super) fn start(lane: Lane, probes: Vec<(usize, Box<dyn Probe>)>) -> io::Result<()> {
    let name = match &*probes {
        [(_, probe)] => probe.name(),
        _ => "probes",
    };
    let thread = thread::Builder::new().name(name.into()).stack_size(STACK);
    thread.spawn(|| serve(lane, probes)).map(drop)
}

fn serve(Lane { mut turns, returns, .. }: Lane, mut probes: Vec<(usize, Box<dyn Probe>)>) {
    while let Some(Asked { seat, turn }) = turns.blocking_recv() {
        let Some((_, probe)) = probes.iter_mut().find(|it| it.0 == seat) else { continue };
        // A probe's fault must not end the other probes' reports. What it kept
        // may be half written; at worst its next sample is wrong once.
        let result = catch_unwind(AssertUnwindSafe(|| probe.sample(turn)));
        let result = result.unwrap_or(Err(ProbeError::Panicked));
        if returns.blocking_send(Return { seat, result }).is_err() {
            return;
        }
    }
}
