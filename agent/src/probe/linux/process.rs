//! How many processes there are: the numbers among the names in `/proc`.
//!
//! Zombies are not counted apart, since telling them takes a read per process.
//! A `/proc` that hides other users' processes (`hidepid=`, `ProtectProc=`)
//! hides the first one, too, and would make a count that means nothing.

use std::{io, mem::MaybeUninit};

use remit_shared::{Body, Series, Unit};
use rustix::{
    fd::OwnedFd,
    fs::{CWD, Mode, OFlags, RawDir, SeekFrom, openat, seek},
    io::Errno,
};

use crate::probe::{Probe, ProbeError, Sample, Turn, value};

const PATH: &str = "/proc";

/// Counts processes.
#[derive(Debug)]
pub struct ProcessProbe {
    proc: Option<OwnedFd>,
    buffer: Box<[MaybeUninit<u8>]>,
    series: [Series; 1],
}

/// What the names in `/proc` say.
#[derive(Debug, Default, PartialEq, Eq)]
struct Census {
    processes: u64,
    /// Whether the first process, which is always there, is among them.
    has_first: bool,
}

impl ProcessProbe {
    /// A probe that has not looked yet.
    pub fn new() -> Self {
        // Some three hundred names per call.
        let buffer = vec![MaybeUninit::uninit(); 8192].into();
        Self { proc: None, buffer, series: value::series("", [("process_count", Unit::Count)]) }
    }

    fn count(&mut self) -> Result<Census, Errno> {
        let proc = match &self.proc {
            Some(proc) => proc,
            None => {
                let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC;
                self.proc.insert(openat(CWD, PATH, flags, Mode::empty())?)
            }
        };
        seek(proc, SeekFrom::Start(0))?;
        let mut census = Census::default();
        let mut names = RawDir::new(proc, &mut self.buffer);
        while let Some(name) = names.next() {
            census.add(name?.file_name().to_bytes());
        }
        Ok(census)
    }
}

impl Default for ProcessProbe {
    fn default() -> Self {
        Self::new()
    }
}

impl Census {
    fn add(&mut self, name: &[u8]) {
        if name.first().is_some_and(u8::is_ascii_digit) {
            self.processes += 1;
            self.has_first |= name == b"1";
        }
    }
}

impl Probe for ProcessProbe {
    fn name(&self) -> &'static str {
        "process"
    }

    fn source(&self) -> &'static str {
        PATH
    }

    fn may_hang(&self) -> bool {
        false
    }

    fn sample(&mut self, _turn: Turn) -> Result<Sample, ProbeError> {
        let census = self.count().map_err(|err| {
            self.proc = None;
            ProbeError::read(PATH, io::Error::from(err))
        })?;
        if !census.has_first {
            return Err(ProbeError::NoPermission { what: "other users' processes".into() });
        }
        let values = [Some(value::whole(census.processes))];
        Ok(Sample::full(Body::Readings(value::readings(&self.series, values).collect())))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::probe::fake;

    fn census(names: &[&str]) -> Census {
        let mut census = Census::default();
        names.iter().for_each(|name| census.add(name.as_bytes()));
        census
    }

    #[test]
    fn processes_are_the_names_that_are_numbers() {
        let names = [".", "..", "1", "2", "4194303", "self", "thread-self", "sys", "net", ""];
        assert_eq!(census(&names), Census { processes: 3, has_first: true });
    }

    #[test]
    fn a_view_without_the_first_process_is_no_census() {
        assert_eq!(census(&["12", "100"]), Census { processes: 2, has_first: false });
    }

    #[test]
    fn processes_are_counted_again_at_every_sample() {
        let mut probe = ProcessProbe::new();
        for _ in 0..2 {
            let sample = probe.sample(fake::turn(0)).unwrap();
            let Body::Readings(readings) = sample.body else { panic!("{:?}", sample.body) };
            assert!(readings[0].value >= 1, "{readings:?}");
        }
    }
}
