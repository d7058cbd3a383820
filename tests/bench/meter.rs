//! What the kernel says of a process: its time, its memory, its connections.

use std::{collections::HashMap, fs, path::Path, process::Command};

use anyhow::Context as _;

use crate::session;

/// Frames around a segment: Ethernet 14, IPv4 20, TCP with timestamps 32.
const HEADERS: u64 = 66;

/// A clock tick of `/proc`, which is the same on every Linux.
const TICKS_PER_SECOND: f64 = 100.0;

/// The processor time that a process has used, user and system, in seconds.
pub(crate) fn cpu_seconds(pid: u32) -> anyhow::Result<f64> {
    let ticks: u64 = stat(pid)?.iter().skip(11).take(2).sum();
    Ok(ticks as f64 / TICKS_PER_SECOND)
}

/// The same for each thread that lives now, to the nanosecond.
#[derive(Debug)]
pub(crate) struct ThreadTimes(HashMap<String, u64>);

impl ThreadTimes {
    /// Of all threads of a process.
    pub(crate) fn of(pid: u32) -> anyhow::Result<Self> {
        let tasks = format!("/proc/{pid}/task");
        let mut times = HashMap::new();
        for task in fs::read_dir(&tasks).with_context(|| format!("failed to list {tasks}"))? {
            let task = task?.file_name().to_string_lossy().into_owned();
            // A thread may end between the list and the look.
            let Ok(text) = fs::read_to_string(format!("{tasks}/{task}/schedstat")) else {
                continue;
            };
            let ran = text.split_ascii_whitespace().next().and_then(|it| it.parse().ok());
            times.insert(task, ran.context("no running time")?);
        }
        Ok(Self(times))
    }

    /// What they have run since an earlier look, in seconds. What threads did
    /// that have ended since is not in it.
    pub(crate) fn since(&self, earlier: &Self) -> f64 {
        let ran = |(task, now): (&String, &u64)| now - earlier.0.get(task).copied().unwrap_or(0);
        self.0.iter().map(ran).sum::<u64>() as f64 / 1e9
    }

    /// All that they have run, in seconds.
    fn total(&self) -> f64 {
        self.0.values().sum::<u64>() as f64 / 1e9
    }
}

/// A process and all that it has started: those of its group.
#[derive(Debug)]
pub(crate) struct Group(Vec<u32>);

/// What a group has used, to the nanosecond where the kernel says so.
#[derive(Debug)]
pub(crate) struct GroupTime {
    threads: Vec<ThreadTimes>,
    /// Of whatever has ended, in seconds.
    ended: f64,
}

impl Group {
    /// The group of this process, which leads it.
    pub(crate) fn of(leader: u32) -> anyhow::Result<Self> {
        let processes = fs::read_dir("/proc")?.flatten().map(|it| it.file_name());
        let processes = processes.filter_map(|it| it.to_str()?.parse::<u32>().ok());
        // One may end between the list and the look.
        let is_in = |pid: &u32| {
            stat(*pid).is_ok_and(|it| it.get(2).is_some_and(|it| *it == u64::from(leader)))
        };
        Ok(Self(processes.filter(is_in).collect()))
    }

    /// What it has used by now.
    pub(crate) fn cpu(&self) -> anyhow::Result<GroupTime> {
        let threads = self.0.iter().map(|it| ThreadTimes::of(*it)).collect::<Result<_, _>>()?;
        let mut ended = 0.0;
        for pid in &self.0 {
            // `cutime` and `cstime`.
            let ticks: u64 = stat(*pid)?.iter().skip(13).take(2).sum();
            ended += ticks as f64 / TICKS_PER_SECOND;
        }
        Ok(GroupTime { threads, ended })
    }

    /// What it has in memory, in KiB; what its processes share counts once.
    pub(crate) fn memory(&self) -> anyhow::Result<f64> {
        let (mut unshared, mut shared) = (0.0, 0.0_f64);
        for pid in &self.0 {
            let memory = Memory::of(*pid)?;
            unshared += memory.unshared;
            shared = shared.max(memory.resident - memory.unshared);
        }
        Ok(unshared + shared)
    }
}

impl GroupTime {
    /// What was used since an earlier look, in seconds.
    pub(crate) fn since(&self, earlier: &Self) -> f64 {
        let ran = |it: &[ThreadTimes]| it.iter().map(ThreadTimes::total).sum::<f64>();
        ran(&self.threads) - ran(&earlier.threads) + self.ended - earlier.ended
    }
}

/// What follows the name in `/proc/<pid>/stat`: the state, and numbers. What is
/// no number, or below zero, is 0.
fn stat(pid: u32) -> anyhow::Result<Vec<u64>> {
    let stat = read(&format!("/proc/{pid}/stat"))?;
    // The name stands in brackets and may contain anything.
    let fields = stat.rsplit_once(')').context("no name")?.1.split_ascii_whitespace();
    Ok(fields.map(|it| it.parse().unwrap_or(0)).collect())
}

/// The memory of a process, in KiB.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Memory {
    /// All that is resident.
    pub(crate) resident: f64,
    /// What no other process shares.
    pub(crate) unshared: f64,
}

impl Memory {
    /// Of one process.
    pub(crate) fn of(pid: u32) -> anyhow::Result<Self> {
        let rollup = read(&format!("/proc/{pid}/smaps_rollup"))?;
        let of = |name: &str| -> anyhow::Result<f64> {
            let line = rollup.lines().find_map(|it| it.strip_prefix(name));
            let value = line.and_then(|it| it.split_ascii_whitespace().nth(1));
            value.and_then(|it| it.parse().ok()).with_context(|| format!("no {name} in memory"))
        };
        let unshared = of("Private_Clean")? + of("Private_Dirty")?;
        Ok(Self { resident: of("Rss")?, unshared })
    }
}

/// What a process has sent and received over its established connections to a
/// port, with all headers and bare acknowledgements, in bytes.
pub(crate) fn wire_bytes(pid: u32, port: u16) -> anyhow::Result<u64> {
    let owner = format!("pid={pid},");
    carried(&format!("state established dport = :{port}"), |it| it.contains(&owner))
}

/// The same of the first connection that is among those that `ss` is asked for.
pub(crate) fn carried(which: &str, is_it: impl Fn(&str) -> bool) -> anyhow::Result<u64> {
    let output = Command::new("ss").arg("-tinpHO").args(which.split(' ')).output();
    let output = output.context("failed to start ss")?;
    let text = String::from_utf8_lossy(&output.stdout);
    let line = text.lines().find(|it| is_it(it)).context("there is no connection")?;
    let count = |name: &str| {
        let value = line.split_ascii_whitespace().find_map(|it| it.strip_prefix(name));
        value.and_then(|it| it.strip_prefix(':')).and_then(|it| it.parse::<u64>().ok()).unwrap_or(0)
    };
    let segments = count("segs_out") + count("segs_in");
    Ok(count("bytes_sent") + count("bytes_received") + segments * HEADERS)
}

/// The bytes of all files in a folder.
pub(crate) fn disk_bytes(folder: &Path) -> anyhow::Result<u64> {
    let mut bytes = 0;
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        let about = entry.metadata()?;
        bytes += if about.is_dir() { disk_bytes(&entry.path())? } else { allocated(&about) };
    }
    Ok(bytes)
}

/// What a file takes: a file may have holes.
fn allocated(about: &fs::Metadata) -> u64 {
    use std::os::unix::fs::MetadataExt as _;
    about.blocks() * 512
}

fn read(path: &str) -> anyhow::Result<String> {
    fs::read_to_string(path).with_context(|| format!("failed to read {path}"))
}

/// The day, in UTC.
pub(crate) fn today() -> String {
    session::now().strftime("%Y-%m-%d").to_string()
}

/// What the measurements run on, in words.
pub(crate) fn machine() -> String {
    let processors = fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let models = processors.lines().filter_map(|it| it.strip_prefix("model name"));
    let models: Vec<_> = models.map(|it| it.trim_start_matches([' ', '\t', ':'])).collect();
    let system = fs::read_to_string("/etc/os-release").unwrap_or_default();
    let system = system.lines().find_map(|it| it.strip_prefix("PRETTY_NAME="));
    format!(
        "{} × {}, {}",
        models.len(),
        models.first().unwrap_or(&"a processor without a name"),
        system.map_or("a Linux without a name", |it| it.trim_matches('"'))
    )
}
