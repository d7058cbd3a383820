//! Nothing is acknowledged before the disk has it: F7, by what the kernel saw.
//!
//! Reports are sent one after the other. The trace says when each file was written
//! to and synced, and the clock of the machine when each report was sent and
//! acknowledged. In between there must be a write to the store, and
//! after it a sync that came to its end.

use std::path::Path;

use remit_runtime::clock::SystemClock;
use remit_shared::{Clock as _, RunResult, Stream};
use tests::{RealAgent, Site};

use crate::{
    Scope,
    fault::Fault,
    found::Found,
    load,
    rows::crash::Confirmed,
    strace::traced,
    trace::{self, Call},
};

/// Something that was asked for and confirmed, in seconds since 1970.
struct Answered {
    asked: f64,
    confirmed: f64,
}

fn now() -> f64 {
    SystemClock.now().as_duration().as_secs_f64()
}

/// The writes and syncs of files below a folder.
fn of_folder(trace: &Path, folder: &str) -> Vec<Call> {
    let mut calls = trace::read(trace);
    calls.retain(|it| it.file().is_some_and(|it| it.contains(folder)));
    calls
}

/// How many were confirmed without a write that was synced.
fn too_soon(answered: &[Answered], calls: &[Call]) -> u64 {
    let is_kept = |it: &Answered| {
        let within = |call: &&Call| it.asked <= call.begun && call.ended <= it.confirmed;
        let written = calls.iter().filter(within).find(|call| !call.is_sync());
        written.is_some_and(|written| {
            calls.iter().filter(within).any(|it| it.is_sync() && written.ended <= it.begun)
        })
    };
    answered.iter().filter(|it| !is_kept(it)).count() as u64
}

/// F7, both programs.
pub(crate) async fn traced_both(scope: &Scope) -> [(u64, u64); 2] {
    let mut site = Site::start().await;
    let count = scope.of(40, 400);
    let mut agent = site.agent("web-1").await;
    site.stop().await;
    let trace = site.folder().join("trace");
    let calls_of_interest = "pwrite64,write,fdatasync,fsync";
    site.restart_as(|serve| traced(serve, calls_of_interest, 0, &trace)).await;
    let mut session = agent.connect().await.expect("a good agent is let in");
    let mut collector = Vec::new();
    for _ in 0..count {
        let asked = now();
        let record = load::run(&mut agent, "nightly", RunResult::Success);
        session.report(&record).await;
        session.acknowledged(Stream::Events, record.seq).await.unwrap();
        collector.push(Answered { asked, confirmed: now() });
    }
    drop(session);
    site.stop().await;
    let of_collector = too_soon(&collector, &of_folder(&trace, "/store/"));
    site.restart().await;

    let mut agent = site.real_agent("db-7");
    agent.become_endpoint(&site.token().await).await;
    let trace = site.folder().join("trace of the agent");
    agent.start_as(|run| traced(run, calls_of_interest, 0, &trace));
    let agents = pings(&mut agent, count).await;
    agent.stop().await;
    let of_agent = too_soon(&agents, &of_folder(&trace, "/spool/"));
    [(count, of_collector), (count, of_agent)]
}

async fn pings(agent: &mut RealAgent, count: u64) -> Vec<Answered> {
    let mut confirmed = Confirmed::default();
    confirmed.ping_until_confirmed(agent).await;
    let mut answered = Vec::new();
    for _ in 0..count {
        let asked = now();
        if confirmed.ping(agent).await {
            answered.push(Answered { asked, confirmed: now() });
        }
    }
    answered
}

/// F7 as a row.
pub(crate) async fn traced_row(fault: Fault, scope: &Scope) -> Found {
    let [(acknowledged, of_collector), (confirmed, of_agent)] = traced_both(scope).await;
    Found::of(fault, "each answer against the kernel's trace of writes and syncs")
        .shows("acknowledgements", acknowledged as f64, "")
        .is("before their sync", of_collector, 0)
        .shows("pings confirmed", confirmed as f64, "")
        .is("before their sync", of_agent, 0)
}

#[cfg(test)]
mod trials {
    use super::*;

    fn call(name: &str, begun: f64, ended: f64) -> Call {
        Call { name: name.into(), args: String::new(), begun, ended }
    }

    #[test]
    fn an_answer_is_too_soon_without_a_sync_after_its_write() {
        let answered = [Answered { asked: 1.0, confirmed: 2.0 }];
        let write = || call("pwrite64", 1.1, 1.2);
        let synced = [write(), call("fdatasync", 1.3, 1.4)];
        assert_eq!(too_soon(&answered, &synced), 0);
        for other in [
            vec![write()],
            vec![call("fdatasync", 1.05, 1.06), write()],
            vec![write(), call("fdatasync", 1.3, 2.1)],
            vec![call("pwrite64", 0.8, 0.9), call("fdatasync", 1.3, 1.4)],
        ] {
            assert_eq!(too_soon(&answered, &other), 1, "{other:?}");
        }
    }
}
