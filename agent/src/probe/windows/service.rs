//! Services that should run and do not, from the service control manager.
//!
//! # What counts
//!
//! - A service that starts with the machine and does not run has failed,
//!   whatever it ended with: exit code 0 says that it ended well, and not that
//!   nobody needs it. The code is told, so that whoever reads it may judge.
//! - One with a *delayed* start is not late before the machine has had time.
//! - One that a *trigger* starts runs when there is something to do. Stopped
//!   is how it should be, unless it ended with an error.
//! - One that is started by hand is nobody's duty, and drivers and the copies
//!   that each signed-in user has are not looked at.
//!
//! A few of Windows' own start with the machine, look whether there is
//! something to do, and end: [`BRIEF`]. They count if they ended with an error.

mod judge;

use std::{io, time::Duration};

use remit_shared::{Body, Completeness, ServiceScan};

use crate::probe::{Probe, ProbeError, Sample, Turn};

pub use self::judge::{BRIEF, Service, Start, State};

const SOURCE: &str = "service control manager";

/// What the manager told.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Survey {
    /// The services that start with the machine.
    pub automatic: Vec<Service>,
    /// How many services of any kind run.
    pub running: u64,
    /// The names of those that we may not ask for.
    pub hidden: Vec<String>,
}

/// Asks which services have failed.
#[derive(Debug)]
pub struct ServiceProbe {
    ask: fn() -> io::Result<Survey>,
    uptime: fn() -> Duration,
}

impl ServiceProbe {
    /// A probe that asks by these.
    pub fn new(ask: fn() -> io::Result<Survey>, uptime: fn() -> Duration) -> Self {
        Self { ask, uptime }
    }
}

impl Probe for ServiceProbe {
    fn name(&self) -> &'static str {
        "service-windows"
    }

    fn source(&self) -> &'static str {
        SOURCE
    }

    fn sample(&mut self, _: Turn) -> Result<Sample, ProbeError> {
        let survey = (self.ask)().map_err(|err| ProbeError::read(SOURCE, err))?;
        // Whoever tells us is a service itself.
        if survey.running == 0 {
            let field = "a service that runs".into();
            return Err(ProbeError::Parse { what: format!("the {SOURCE}"), field });
        }
        let uptime = (self.uptime)();
        let mut failed: Vec<_> =
            survey.automatic.iter().filter_map(|it| it.failure(uptime)).collect();
        failed.sort_by(|a, b| a.name.cmp(&b.name));
        let scan = ServiceScan { manager: "windows".into(), failed, running: survey.running };
        let mut sample = Sample::full(Body::Services(scan));
        if !survey.hidden.is_empty() {
            sample.completeness = Completeness::Partial;
            sample.missing = format!("no permission to ask for {}", survey.hidden.join(", "));
        }
        Ok(sample)
    }
}

#[cfg(test)]
mod tests;
