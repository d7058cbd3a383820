//! A probe that says what it is told to.

use std::{collections::VecDeque, sync::mpsc, time::Duration};

use jiff::Timestamp;
use remit_shared::{Body, Reading, Unit};

use crate::probe::{Probe, ProbeError, Sample, Turn};

/// Plays back a script, then says that there is nothing to measure.
#[derive(Debug)]
pub struct FakeProbe {
    name: &'static str,
    may_hang: bool,
    script: VecDeque<Line>,
}

/// What a [`FakeProbe`] does when it is asked.
#[derive(Debug)]
pub enum Line {
    /// It answers.
    Says(Box<Result<Sample, ProbeError>>),
    /// It hangs until the other end is dropped, then answers with nothing.
    Hangs(mpsc::Receiver<()>),
    /// It panics.
    Panics,
}

impl FakeProbe {
    /// A probe of this name that does these things, in this order.
    pub fn new(name: &'static str, script: impl IntoIterator<Item = Line>) -> Self {
        Self { name, may_hang: true, script: script.into_iter().collect() }
    }

    /// The same one, which is known never to hang.
    pub fn never_hangs(self) -> Self {
        Self { may_hang: false, ..self }
    }
}

impl Probe for FakeProbe {
    fn name(&self) -> &'static str {
        self.name
    }

    fn source(&self) -> &'static str {
        "script"
    }

    fn may_hang(&self) -> bool {
        self.may_hang
    }

    fn sample(&mut self, _turn: Turn) -> Result<Sample, ProbeError> {
        match self.script.pop_front() {
            Some(Line::Says(answer)) => *answer,
            Some(Line::Hangs(gate)) => {
                // Nothing is ever sent: this waits for the drop.
                let _ = gate.recv();
                Ok(Sample::full(Body::Readings(vec![])))
            }
            Some(Line::Panics) => panic!("the script says so"),
            None => Err(ProbeError::Unsupported { why: "the script is over".into() }),
        }
    }
}

impl Line {
    /// It says this.
    pub fn says(answer: Result<Sample, ProbeError>) -> Self {
        Self::Says(Box::new(answer))
    }

    /// It gives one reading, named `value`.
    pub fn reading(value: i64) -> Self {
        let reading = Reading::new("value", Unit::Count, value);
        Self::says(Ok(Sample::full(Body::Readings(vec![reading]))))
    }
}

/// A turn so many milliseconds after an arbitrary moment.
pub fn turn(millis: u64) -> Turn {
    let monotonic = Duration::from_millis(millis);
    Turn { now: Timestamp::UNIX_EPOCH + monotonic, monotonic }
}
