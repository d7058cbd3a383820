//! Room on file systems: the mounts from `/proc/self/mountinfo`, their figures
//! from `statvfs`.
//!
//! There are two of these probes, since a file server that is gone stops
//! whoever asks for its figures: `disk` asks what is in this machine,
//! `disk-remote` what is on others, and only the latter hangs.
//!
//! Shares are computed as `df` does, rounded up: of what unprivileged users
//! could have, how much is taken. A mount that cannot be read makes the sample
//! partial.
//!
//! A service manager that gives the agent its own view of the file system
//! (`ProtectHome=` and the like) hides mounts from this probe, too.

mod mounts;

use std::io;

use remit_shared::{Body, Completeness, Reading, Series, Unit};
use rustix::fs::{StatVfs, statvfs};

use crate::probe::{Probe, ProbeError, Sample, Turn, linux::proc_file::ProcFile, value};

use self::mounts::Place;

const PATH: &str = "/proc/self/mountinfo";

/// How many file systems are measured. A machine with more makes them by the
/// thousand, and nobody looks at each.
const MOST: usize = 64;

/// Measures how full file systems are.
#[derive(Debug)]
pub struct DiskProbe {
    place: Place,
    mountinfo: ProcFile,
    /// The text that `disks` was made from; it hardly ever changes.
    known: String,
    disks: Vec<Disk>,
    /// How many there are beyond [`MOST`].
    beyond: usize,
}

#[derive(Debug)]
struct Disk {
    point: String,
    series: [Series; 4],
}

impl DiskProbe {
    /// Asks file systems of this machine.
    pub fn local() -> Self {
        Self::new(Place::Local)
    }

    /// Asks file systems of other machines.
    pub fn remote() -> Self {
        Self::new(Place::Remote)
    }

    fn new(place: Place) -> Self {
        let mountinfo = ProcFile::new(PATH);
        Self { place, mountinfo, known: String::new(), disks: vec![], beyond: 0 }
    }

    /// Finds the mounts, unless they are those of last time.
    fn refresh(&mut self) -> Result<(), ProbeError> {
        let text = self.mountinfo.read()?;
        if text != self.known {
            let mut points = mounts::find(&text, self.place);
            self.beyond = points.len().saturating_sub(MOST);
            points.truncate(MOST);
            self.disks = points.into_iter().map(Disk::new).collect();
            self.known = text.into_owned();
        }
        Ok(())
    }
}

impl Disk {
    fn new(point: String) -> Self {
        let named = [
            ("disk_size", Unit::Bytes),
            ("disk_available", Unit::Bytes),
            ("disk_used", Unit::Permille),
            ("inodes_used", Unit::Permille),
        ];
        let series = value::series(&point, named);
        Self { point, series }
    }
}

impl Probe for DiskProbe {
    fn name(&self) -> &'static str {
        match self.place {
            Place::Local => "disk",
            Place::Remote => "disk-remote",
        }
    }

    fn source(&self) -> &'static str {
        PATH
    }

    fn sample(&mut self, _turn: Turn) -> Result<Sample, ProbeError> {
        self.refresh()?;
        if self.disks.is_empty() {
            let why = match self.place {
                Place::Local => "no disk is mounted",
                Place::Remote => "no file system of another machine is mounted",
            };
            return Err(ProbeError::Unsupported { why: why.into() });
        }
        let mut readings: Vec<Reading> = Vec::with_capacity(self.disks.len() * 4);
        let mut missing: Vec<String> = vec![];
        for disk in &self.disks {
            match statvfs(disk.point.as_str()) {
                Ok(stat) => {
                    readings.extend(value::readings(&disk.series, Blocks::of(&stat).values()))
                }
                Err(err) => missing.push(format!("{}: {}", disk.point, io::Error::from(err))),
            }
        }
        if self.beyond > 0 {
            missing.push(format!("{} more", self.beyond));
        }
        let mut sample = Sample::full(Body::Readings(readings));
        if !missing.is_empty() {
            sample.completeness = Completeness::Partial;
            sample.missing = missing.join(", ");
        }
        Ok(sample)
    }
}

/// What `statvfs` says, as far as we use it.
#[derive(Clone, Copy, Debug)]
struct Blocks {
    /// Bytes per block.
    size: u64,
    all: u64,
    free: u64,
    /// Free for unprivileged users.
    available: u64,
    inodes: u64,
    inodes_free: u64,
    inodes_available: u64,
}

impl Blocks {
    fn of(stat: &StatVfs) -> Self {
        Self {
            size: stat.f_frsize,
            all: stat.f_blocks,
            free: stat.f_bfree,
            available: stat.f_bavail,
            inodes: stat.f_files,
            inodes_free: stat.f_ffree,
            inodes_available: stat.f_favail,
        }
    }

    /// Size, available, share used, share of inodes used. What a file system
    /// does not count (blocks in `proc`, inodes in `btrfs`) is left out.
    fn values(&self) -> [Option<i64>; 4] {
        if self.all == 0 {
            return [None; 4];
        }
        let bytes = |blocks: u64| Some(value::whole(blocks.saturating_mul(self.size)));
        // Some file systems, overfull, wrap what is available below zero.
        let available = if self.available > self.all { 0 } else { self.available };
        let used = share(self.all.saturating_sub(self.free), available);
        let inodes_used = self.inodes.saturating_sub(self.inodes_free);
        let inodes = share(inodes_used, self.inodes_available.min(self.inodes));
        [bytes(self.all), bytes(available), used, inodes]
    }
}

/// The share that is used, as `df` computes it, in thousandths and rounded up.
fn share(used: u64, available: u64) -> Option<i64> {
    let all = used.saturating_add(available);
    (all > 0).then(|| 1000 - value::permille(available, all))
}

#[cfg(test)]
mod tests;
