//! What a power cut leaves while sled is given what the journal has: F7.
//!
//! A collector that was killed has what it acknowledged in its journal. The next
//! start takes it to sled, and long pieces of history to files of their own, and
//! then begins the journal anew. That start is traced; for a power cut at any moment
//! of it, the folder is built as a disk might have it, and every report must be there.

use tests::Site;
use tokio::process::Command;

use crate::{
    Scope,
    fault::Fault,
    found::Found,
    load::{Talker, talk},
    rows::kept::{BYTES, CALLS, copy, is_ready, keeps, leave},
    strace::traced,
    trace,
};

const TALKERS: usize = 4;

pub(crate) async fn power_cuts(fault: Fault, scope: &Scope) -> Found {
    let (reports, cuts) = scope.of((1_500, 10), (3_000, 60));
    let mut site = Site::start().await;
    let mut tasks = talk(Talker::many(&site, TALKERS).await, reports);
    let mut talkers = Vec::new();
    while let Some(done) = tasks.join_next().await {
        talkers.push(done.expect("it does not panic").0);
    }
    site.cut_power().await;
    let (data, before) = (site.data(), site.folder().join("before"));
    copy(&data, &before).await;
    let trace = site.folder().join("trace");
    site.restart_as(|serve| traced(serve, CALLS, BYTES, &trace)).await;
    site.cut_power().await;

    let mut calls = trace::read(&trace);
    let folder = data.display().to_string();
    calls.retain(|it| it.file().is_none_or(|it| it.starts_with(&folder)));
    let is_filed = |name: &str| name.contains("/values.");
    let filed = calls.iter().filter(|it| !it.is_sync() && it.file().is_some_and(is_filed)).count();
    let (mut missing, mut double, mut stuck) = (0, 0, 0);
    for cut in 0..cuts {
        let Some(last) = calls.get(cut * calls.len() / cuts) else { break };
        copy(&before, &data).await;
        leave(&calls, &before, &data, last.ended, keeps(cut, cuts));
        site.launch_as(|serve| tests::within(Command::new("env"), serve));
        if is_ready(&mut site).await {
            for talker in &talkers {
                let kept = talker.clone().settle(&site).await;
                missing += kept.missing;
                double += kept.double;
            }
        } else {
            stuck += 1;
        }
        site.cut_power().await;
    }
    let setup = format!(
        "{cuts} more while a start gives sled what the journal has, of {TALKERS} agents with {reports} reports"
    );
    Found::of(fault, setup)
        .at_least("writes to files of history", filed as u64, 1)
        .is("missing in the end", missing, 0)
        .is("there twice", double, 0)
        .is("folders that do not open", stuck, 0)
}
