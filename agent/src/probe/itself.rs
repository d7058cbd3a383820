//! What the agent itself takes of the machine, and what waits in its spool.
//!
//! Processor time counts with that of programs it has asked and that have
//! ended. What it finds goes to the [`Keeper`] of its budget, too.

use std::fmt;

use remit_agent_domain::budget::Sample as Look;
use remit_shared::{Body, Series, Unit};

use crate::{
    budget::Keeper,
    platform,
    probe::{Probe, ProbeError, Sample, Turn, value},
};

/// What waits in the spool: records and bytes.
pub type Depth = Box<dyn Fn() -> Option<(u64, u64)> + Send>;

/// Measures the agent.
pub struct SelfProbe {
    keeper: Keeper,
    depth: Depth,
    series: [Series; 5],
}

impl SelfProbe {
    /// A probe that has not looked yet.
    pub fn new(keeper: Keeper, depth: Depth) -> Self {
        let series = value::series(
            "",
            [
                ("agent_cpu", Unit::Permille),
                ("agent_memory", Unit::Bytes),
                ("agent_handles", Unit::Count),
                ("agent_queued", Unit::Count),
                ("agent_spool", Unit::Bytes),
            ],
        );
        Self { keeper, depth, series }
    }
}

impl fmt::Debug for SelfProbe {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SelfProbe").field("keeper", &self.keeper).finish_non_exhaustive()
    }
}

impl Probe for SelfProbe {
    fn name(&self) -> &'static str {
        "self"
    }

    fn source(&self) -> &'static str {
        platform::OWN_USAGE
    }

    fn sample(&mut self, turn: Turn) -> Result<Sample, ProbeError> {
        let own = platform::own_usage()
            .map_err(|source| ProbeError::read(platform::OWN_USAGE, source))?;
        let usage = self.keeper.look(Look {
            at: turn.monotonic,
            cpu: own.cpu,
            memory: own.memory,
            handles: own.handles,
        });
        let (queued, bytes) = (self.depth)().unzip();
        let values = [
            usage.cpu.map(value::whole),
            Some(value::whole(usage.memory)),
            Some(value::whole(usage.handles)),
            queued.map(value::whole),
            bytes.map(value::whole),
        ];
        Ok(Sample::full(Body::Readings(value::readings(&self.series, values).collect())))
    }
}

#[cfg(test)]
mod tests {
    use remit_agent_domain::budget::{Limits, Usage};

    use super::*;
    use crate::{config::Budget, probe::fake};

    #[test]
    fn it_measures_itself_and_tells_the_keeper() {
        let limits = Limits { cpu: 1, memory: 1, handles: 1, optional: 1 };
        let budget = Budget { limits, optional: vec!["process".into()] };
        let (keeper, standing) = Keeper::new(budget);
        let mut probe = SelfProbe::new(keeper, Box::new(|| Some((3, 400))));
        let mut names = Vec::new();
        for minute in 0..4 {
            let sample = probe.sample(fake::turn(minute * 60_000)).unwrap();
            let Body::Readings(readings) = sample.body else { panic!("{:?}", sample.body) };
            names = readings.iter().map(|it| it.series.metric.to_string()).collect();
            assert!(readings.iter().all(|it| it.value >= 0), "{readings:?}");
        }
        let all = ["agent_cpu", "agent_memory", "agent_handles", "agent_queued", "agent_spool"];
        assert_eq!(names, all);
        let standing = standing.borrow();
        let Some(Usage { memory, handles, .. }) = standing.usage else { panic!("{standing:?}") };
        assert!(memory > 1 << 20, "{memory}");
        // Wine counts no handles.
        assert!(handles > 2 || cfg!(windows), "{handles}");
        let why = standing.why_shed("process").unwrap();
        assert!(why.ends_with("of memory (limit 0.0 MiB)"), "{why}");
        assert_eq!(standing.why_shed("memory"), None);
    }
}
