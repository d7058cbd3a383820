//! The thread of one probe.
//!
//! It ends when the scheduler does, unless the probe hangs: then it is left
//! behind, since nothing can end a thread that waits for the kernel.

use std::{
    io,
    panic::{AssertUnwindSafe, catch_unwind},
    thread,
};

use crate::{
    probe::{Probe, ProbeError},
    scheduler::{Lane, Return},
};

/// What a probe's stack may grow to. Only what is touched takes memory, and a
/// probe that needs more would take the whole agent with it.
const STACK: usize = 2 << 20;

/// Starts serving turns.
pub(super) fn start(lane: Lane, probe: Box<dyn Probe>) -> io::Result<()> {
    let thread = thread::Builder::new().name(probe.name().into()).stack_size(STACK);
    thread.spawn(|| serve(lane, probe)).map(drop)
}

fn serve(Lane { seat, mut turns, returns }: Lane, mut probe: Box<dyn Probe>) {
    while let Some(turn) = turns.blocking_recv() {
        // A probe's fault must not end the other probes' reports. What it kept
        // may be half written; at worst its next sample is wrong once.
        let result = catch_unwind(AssertUnwindSafe(|| probe.sample(turn)));
        let result = result.unwrap_or(Err(ProbeError::Panicked));
        if returns.blocking_send(Return { seat, result }).is_err() {
            return;
        }
    }
}
