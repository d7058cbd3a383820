//! Room on drives: those that have a letter, and what `GetDiskFreeSpaceEx`
//! says of them.
//!
//! There are two of these probes, since a file server that is gone stops
//! whoever asks for its figures: `disk` asks what is in this machine,
//! `disk-remote` what is on others, and only the latter hangs. A service sees
//! no drives that a user connected for themselves.
//!
//! Discs, sticks and empty drives are left out. Volumes that are mounted in a
//! folder and have no letter are not found.

use std::{io, path::Path};

use remit_shared::{Body, Completeness, Reading, Series, Unit};

use crate::probe::{Probe, ProbeError, Sample, Turn, value};

const LIST: &str = "GetLogicalDrives";

/// What a drive is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// In this machine.
    Local,
    /// On another.
    Remote,
    /// A disc, a stick, or nothing.
    Passing,
}

/// Bytes on a drive.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Room {
    /// All of them.
    pub all: u64,
    /// Those that are free.
    pub free: u64,
    /// Free for us: fewer where there are quotas.
    pub available: u64,
}

/// How drives are asked.
#[derive(Clone, Copy, Debug)]
pub struct Volumes {
    /// Which there are: `C:\`.
    pub list: fn() -> io::Result<Vec<(String, Kind)>>,
    /// How much room one has.
    pub room: fn(&Path) -> io::Result<Room>,
}

/// Measures how full drives are.
#[derive(Debug)]
pub struct DiskProbe {
    place: Kind,
    volumes: Volumes,
    disks: Vec<Disk>,
}

#[derive(Debug)]
struct Disk {
    root: String,
    series: [Series; 3],
}

impl DiskProbe {
    /// Asks drives of this machine.
    pub fn local(volumes: Volumes) -> Self {
        Self { place: Kind::Local, volumes, disks: vec![] }
    }

    /// Asks drives of other machines.
    pub fn remote(volumes: Volumes) -> Self {
        Self { place: Kind::Remote, volumes, disks: vec![] }
    }

    /// Finds the drives, and keeps what is known of those that were there.
    fn refresh(&mut self) -> Result<(), ProbeError> {
        let drives = (self.volumes.list)().map_err(|err| ProbeError::read(LIST, err))?;
        let ours = drives.into_iter().filter(|(_, kind)| *kind == self.place);
        let roots: Vec<String> = ours.map(|(root, _)| root).collect();
        if !roots.iter().eq(self.disks.iter().map(|it| &it.root)) {
            self.disks = roots.into_iter().map(Disk::new).collect();
        }
        Ok(())
    }
}

impl Disk {
    fn new(root: String) -> Self {
        let named = [
            ("disk_size", Unit::Bytes),
            ("disk_available", Unit::Bytes),
            ("disk_used", Unit::Permille),
        ];
        // `C:`, as people say it.
        let series = value::series(root.trim_end_matches('\\'), named);
        Self { root, series }
    }
}

impl Probe for DiskProbe {
    fn name(&self) -> &'static str {
        match self.place {
            Kind::Remote => "disk-remote",
            Kind::Local | Kind::Passing => "disk",
        }
    }

    fn source(&self) -> &'static str {
        LIST
    }

    fn sample(&mut self, _turn: Turn) -> Result<Sample, ProbeError> {
        self.refresh()?;
        if self.disks.is_empty() {
            let why = match self.place {
                Kind::Remote => "no drive of another machine is connected",
                Kind::Local | Kind::Passing => "no drive has a letter",
            };
            return Err(ProbeError::Unsupported { why: why.into() });
        }
        let mut readings: Vec<Reading> = Vec::with_capacity(self.disks.len() * 3);
        let mut missing: Vec<String> = vec![];
        for disk in &self.disks {
            match (self.volumes.room)(Path::new(&disk.root)) {
                Ok(room) => readings.extend(value::readings(&disk.series, room.values())),
                Err(err) => missing.push(format!("{}: {err}", disk.root)),
            }
        }
        let mut sample = Sample::full(Body::Readings(readings));
        if !missing.is_empty() {
            sample.completeness = Completeness::Partial;
            sample.missing = missing.join(", ");
        }
        Ok(sample)
    }
}

impl Room {
    /// Size, available, share used: of what there is for us, how much is
    /// taken, rounded up.
    fn values(self) -> [Option<i64>; 3] {
        let available = self.available.min(self.all);
        let used = self.all.saturating_sub(self.free);
        let reach = used.saturating_add(available);
        let share = (reach > 0).then(|| 1000 - value::permille(available, reach));
        [Some(value::whole(self.all)), Some(value::whole(available)), share]
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::probe::fake;

    fn list() -> io::Result<Vec<(String, Kind)>> {
        let drives = [
            ("A:\\", Kind::Passing),
            ("C:\\", Kind::Local),
            ("D:\\", Kind::Local),
            ("Z:\\", Kind::Remote),
        ];
        Ok(drives.map(|(root, kind)| (root.to_owned(), kind)).into())
    }

    fn room(root: &Path) -> io::Result<Room> {
        match root.to_str().unwrap() {
            "C:\\" => Ok(Room { all: 1000, free: 250, available: 250 }),
            "D:\\" => Err(io::Error::other("locked by BitLocker")),
            other => panic!("{other} was asked"),
        }
    }

    const VOLUMES: Volumes = Volumes { list, room };

    #[test]
    fn a_drive_that_cannot_be_read_hides_no_other() {
        let sample = DiskProbe::local(VOLUMES).sample(fake::turn(0)).unwrap();
        let Body::Readings(readings) = sample.body else { panic!() };
        let read: Vec<_> = readings.iter().map(|it| (it.series.to_string(), it.value)).collect();
        let expected =
            [("disk_size[C:]", 1000), ("disk_available[C:]", 250), ("disk_used[C:]", 750)];
        assert_eq!(read, expected.map(|(name, value)| (name.to_owned(), value)));
        assert_eq!(sample.missing, "D:\\: locked by BitLocker");
    }

    #[test]
    fn a_machine_without_drives_of_a_kind_has_none_to_measure() {
        let none = Volumes { list: || Ok(vec![("C:\\".into(), Kind::Local)]), room };
        let err = DiskProbe::remote(none).sample(fake::turn(0)).unwrap_err();
        let expected = "not on this machine: no drive of another machine is connected";
        assert_eq!(err.to_string(), expected);
    }

    #[test]
    fn a_quota_counts_as_the_drives_end() {
        for (room, share) in [
            (Room { all: 1000, free: 400, available: 100 }, Some(858)),
            (Room { all: 1000, free: 1000, available: 1000 }, Some(0)),
            (Room { all: 1000, free: 0, available: 0 }, Some(1000)),
            (Room { all: 0, free: 0, available: 0 }, None),
        ] {
            assert_eq!(room.values()[2], share, "{room:?}");
        }
    }

    proptest! {
        #[test]
        fn no_figures_are_a_panic(all: u64, free: u64, available: u64) {
            let [_, _, share] = Room { all, free, available }.values();
            prop_assert!(share.is_none_or(|it| (0..=1000).contains(&it)));
        }
    }
}
