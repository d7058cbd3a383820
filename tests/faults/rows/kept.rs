//! What a power cut leaves: F7, by a disk that keeps only what was synced.
//!
//! A traced collector says every write, sync and rename of its data folder, with
//! the bytes. For a power cut at some moment, the folder is then built anew as a
//! disk might have it that keeps no more than it must: of each file what had been
//! written when its last sync before that moment began, and of what was written
//! since, any part, whole or torn. A collector must start with that, and have all
//! that was acknowledged by then.

use std::{
    collections::HashMap,
    fs,
    path::{Path, PathBuf},
};

use remit_runtime::{clock::SystemClock, random};
use remit_shared::{Clock as _, RunResult, Stream};
use tests::Site;
use tokio::process::Command;

use crate::{
    Scope,
    fault::Fault,
    found::Found,
    load::run,
    rows::crash::Confirmed,
    strace::traced,
    trace::{self, Call},
};

/// All that changes a folder of files.
pub(super) const CALLS: &str =
    "openat,write,pwrite64,ftruncate,fallocate,rename,unlink,fsync,fdatasync";

/// More than anybody writes at once.
pub(super) const BYTES: u32 = 8 << 20;

/// What the disk keeps of what was not synced.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Keeps {
    Nothing,
    /// Any part, whole or torn.
    Some,
    /// Nothing, not even what was synced: a disk that lies. It must be found out,
    /// or this trial finds nothing.
    Lies,
}

/// What happens to one file.
#[derive(Clone, Debug)]
enum Deed {
    Write(Option<u64>, Vec<u8>),
    Cut(u64),
}

/// One file's life while it was traced.
#[derive(Clone, Debug, Default)]
struct File {
    deeds: Vec<(f64, Deed)>,
    /// When each sync of it began, and ended.
    syncs: Vec<(f64, f64)>,
}

/// The files by their last names at some moment.
fn files(calls: &[Call], folder: &str, until: f64) -> HashMap<String, File> {
    let mut files = HashMap::<String, File>::new();
    for call in calls.iter().filter(|it| it.ended <= until) {
        let strings = || call.strings().into_iter().map(|it| String::from_utf8_lossy(&it).into());
        match call.name.as_str() {
            "rename" => {
                let names: Vec<String> = strings().collect();
                if let [from, to] = names.as_slice()
                    && let Some(file) = files.remove(from)
                {
                    files.insert(to.clone(), file);
                }
                continue;
            }
            "unlink" => {
                strings().for_each(|name: String| drop(files.remove(&name)));
                continue;
            }
            "openat" => {
                if call.args.contains("O_TRUNC") || call.args.contains("O_EXCL") {
                    for name in strings().filter(|it: &String| it.starts_with(folder)) {
                        let file = files.entry(name).or_default();
                        file.deeds.push((call.ended, Deed::Cut(0)));
                    }
                }
                continue;
            }
            _ => {}
        }
        let Some(name) = call.file().filter(|it| it.starts_with(folder)) else { continue };
        let file = files.entry(name.to_owned()).or_default();
        if call.is_sync() {
            file.syncs.push((call.begun, call.ended));
            continue;
        }
        let deed = match call.name.as_str() {
            "pwrite64" => Deed::Write(call.last_number(), call.strings().remove(0)),
            "write" => Deed::Write(None, call.strings().remove(0)),
            _ => Deed::Cut(call.last_number().unwrap_or(0)),
        };
        file.deeds.push((call.ended, deed));
    }
    files
}

impl Deed {
    /// Does it, or only the beginning of it.
    fn apply(&self, bytes: &mut Vec<u8>, torn: bool) {
        match self {
            Self::Write(at, written) => {
                let length = if torn { written.len() / 2 / 512 * 512 } else { written.len() };
                let at = at.map_or(bytes.len(), |it| it as usize);
                if bytes.len() < at + length {
                    bytes.resize(at + length, 0);
                }
                bytes[at..at + length].copy_from_slice(&written[..length]);
            }
            Self::Cut(length) => bytes.resize(*length as usize, 0),
        }
    }
}

/// Makes a copy of the folder as the disk may have it after a power cut.
pub(super) fn leave(calls: &[Call], before: &Path, folder: &Path, until: f64, keeps: Keeps) {
    for (name, file) in files(calls, &folder.display().to_string(), until) {
        let path = PathBuf::from(&name);
        if file.deeds.is_empty() || path.is_dir() {
            // What it is called is kept: to lose names is another fault.
            continue;
        }
        let within = path.strip_prefix(folder).expect("it is in the folder");
        // Nothing remembers how much of a file in the folder before was synced: all.
        let mut bytes = fs::read(before.join(within)).unwrap_or_default();
        let synced = file.syncs.iter().map(|it| it.0).fold(0.0, f64::max);
        let kept = if keeps == Keeps::Lies { 0.0 } else { synced };
        for (when, deed) in &file.deeds {
            if *when <= kept {
                deed.apply(&mut bytes, false);
            } else if keeps == Keeps::Some {
                match random::u64() % 3 {
                    0 => deed.apply(&mut bytes, false),
                    1 => deed.apply(&mut bytes, true),
                    _ => {}
                }
            }
        }
        fs::create_dir_all(path.parent().expect("it is in a folder")).unwrap();
        fs::write(&path, bytes).unwrap();
    }
}

pub(super) async fn copy(from: &Path, to: &Path) {
    if to.exists() {
        fs::remove_dir_all(to).expect("nobody uses it");
    }
    let copied = Command::new("cp").arg("-a").arg(from).arg(to).status().await;
    assert!(copied.expect("cp is installed").success(), "{} is copied", from.display());
}

/// The collector's part of F7.
pub(crate) async fn power_cuts(fault: Fault, scope: &Scope) -> Found {
    let (reports, cuts) = scope.of((60, 12), (600, 120));
    let mut site = Site::start().await;
    let mut agent = site.agent("db-7").await;
    site.stop().await;
    let (data, before) = (site.data(), site.folder().join("before"));
    copy(&data, &before).await;
    let trace = site.folder().join("trace");
    site.restart_as(|serve| traced(serve, CALLS, BYTES, &trace)).await;
    let mut session = agent.connect().await.expect("a good agent is let in");
    // When each report was acknowledged, and the token that the agent has then.
    let mut acked = Vec::new();
    for nth in 0..reports {
        let result = if nth % 5 == 0 { RunResult::Failed } else { RunResult::Success };
        let record = run(&mut agent, &format!("job-{}", nth % 7), result);
        session.report(&record).await;
        session.acknowledged(Stream::Events, record.seq).await.unwrap();
        acked.push((SystemClock.now().as_duration().as_secs_f64(), record.seq));
    }
    drop(session);
    site.cut_power().await;
    let calls = trace::read(&trace);
    let (mut lost, mut stuck, mut found_out) = (0, 0, 0);
    for cut in 0..=cuts {
        let (at, seq) = acked[(cut * acked.len() / cuts).min(acked.len() - 1)];
        copy(&before, &data).await;
        leave(&calls, &before, &data, at, keeps(cut, cuts));
        site.launch_as(|serve| tests::within(Command::new("env"), serve));
        let kept = through(&mut site, &mut agent.clone()).await;
        let good = kept.is_some_and(|it| it >= seq);
        if cut == cuts {
            found_out = u64::from(!good);
        } else {
            lost += u64::from(kept.is_some() && !good);
            stuck += u64::from(kept.is_none());
        }
        site.cut_power().await;
    }
    let setup = format!(
        "{cuts} power cuts right after an acknowledgement: the disk keeps what was synced, and of the rest nothing or any part"
    );
    Found::of(fault, setup)
        .is("acknowledged and lost", lost, 0)
        .is("folders that do not open", stuck, 0)
        .at_least("found out that a disk lies", found_out, 1)
}

/// By turns; in the end the disk lies.
pub(super) fn keeps(cut: usize, cuts: usize) -> Keeps {
    match cut {
        last if last == cuts => Keeps::Lies,
        odd if odd % 2 == 1 => Keeps::Some,
        _ => Keeps::Nothing,
    }
}

/// The agent's part of F7: a collector that knows nothing yet is told all.
pub(crate) async fn of_the_agent(fault: Fault, scope: &Scope) -> Found {
    let (pings, cuts) = scope.of((30, 6), (90, 60));
    let mut site = Site::start().await;
    let mut agent = site.real_agent("db-7");
    agent.become_endpoint(&site.token().await).await;
    site.stop().await;
    site.keep_copy().await;
    let (state, before) = (agent.state_dir(), site.folder().join("before"));
    copy(&state, &before).await;
    let trace = site.folder().join("trace");
    agent.start_as(|run| traced(run, CALLS, BYTES, &trace));
    let mut confirmed = Confirmed::default();
    let mut moments = Vec::new();
    for _ in 0..pings {
        confirmed.ping_until_confirmed(&mut agent).await;
        moments.push((SystemClock.now().as_duration().as_secs_f64(), confirmed.clone()));
    }
    agent.cut_power().await;
    let calls = trace::read(&trace);
    let (mut lost, mut found_out) = (0, 0);
    for cut in 0..=cuts {
        let (at, confirmed) = &moments[(cut * moments.len() / cuts).min(moments.len() - 1)];
        site.restore_copy().await;
        site.restart().await;
        copy(&before, &state).await;
        leave(&calls, &before, &state, *at, keeps(cut, cuts));
        agent.start();
        if cut == cuts {
            let mut later = Confirmed::default();
            later.ping_until_confirmed(&mut agent).await;
            later.lost(&site.admin).await;
            found_out = u64::from(confirmed.missing(&site.admin).await > 0);
        } else {
            lost += confirmed.lost(&site.admin).await;
        }
        agent.cut_power().await;
        site.stop().await;
    }
    Found::of(fault, format!("the same for the agent, {cuts} times after a ping that it confirmed"))
        .is("confirmed and lost", lost, 0)
        .at_least("found out that a disk lies", found_out, 1)
}

/// What the collector still has of the agent, if it starts at all.
async fn through(site: &mut Site, agent: &mut tests::FakeAgent) -> Option<u64> {
    if is_ready(site).await {
        Some(agent.connect().await.ok()?.welcome.events_through)
    } else {
        None
    }
}

/// Whether the collector that was launched starts.
pub(super) async fn is_ready(site: &mut Site) -> bool {
    let until = tokio::time::Instant::now() + tests::SOON;
    while tokio::time::Instant::now() < until && site.collector().ended().is_none() {
        if site.http("/readyz").await.is_some_and(|it| it.0 == 200) {
            return true;
        }
        tokio::time::sleep(tokio::time::Duration::from_millis(20)).await;
    }
    crate::complain(&site.collector().log().lines().rev().take(3).collect::<Vec<_>>().join("\n"));
    false
}
