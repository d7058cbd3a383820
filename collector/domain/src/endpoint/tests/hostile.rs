//! An agent that says more than anybody needs to know.

use remit_shared::{PatchItem, PatchScan, PatchState, Reboot, RunResult, Schedule, Series};

use super::*;
use crate::{
    detect::{Finding, MOST_CHECKS, patch},
    endpoint::{
        limit::{JOBS, MANAGERS, PROBES, SERIES},
        tests::stage::{at, failure, run},
    },
};

fn readings(from: usize, count: usize) -> Body {
    let name = |it| Reading::of("disk_used", &format!("/{it}"), Unit::Permille, 1);
    Body::Readings((from..from + count).map(name).collect())
}

fn full(probe: &str, second: i64, body: Body) -> Answer {
    Answer::full(probe, "itself", at(second), body)
}

#[test]
fn one_agent_cannot_name_more_series_than_are_kept() {
    let mut stage = Stage::default();
    for seq in 1..=7 {
        stage.gives(
            seq,
            seq as i64,
            full("disk", seq as i64, readings(1_000 * seq as usize, 1_000)),
        );
    }
    assert_eq!(stage.endpoint.layout.series.len(), SERIES);
    assert_eq!(stage.endpoint.pulse.values.len(), SERIES);
    assert_eq!(stage.endpoint.pulse.refused.count, 2_000);
    assert_eq!(
        stage.told(),
        ["records-lost low: not all that the agent reports is kept: \
          it has more than 5000 series, such as `disk_used[/6000]`"]
    );
    stage.gives(8, 8, full("disk", 8, readings(1_000, 1_000)));
    assert_eq!(stage.endpoint.value("disk_used", "/1000").unwrap().0, 1, "what is known goes on");
    stage.gives(9, 90_000, full("disk", 90_000, readings(9_000, 1)));
    assert_eq!(stage.told().len(), 1, "told again the next day");
}

#[test]
fn series_in_any_order_are_found_again() {
    let mut stage = Stage::default();
    let Body::Readings(forward) = readings(0, 50) else { unreachable!() };
    let backward: Vec<Reading> = forward.iter().rev().cloned().collect();
    stage.gives(1, 1, full("disk", 1, Body::Readings(forward)));
    stage.gives(2, 2, full("other", 2, readings(0, 50)));
    stage.gives(3, 3, full("disk", 3, Body::Readings(backward)));
    let known: Vec<&Series> = stage.endpoint.layout.series.iter().map(|it| &it.1).collect();
    assert_eq!(known.len(), 100);
    assert!(stage.endpoint.pulse.values.iter().all(|it| *it == Some(1)));
}

#[test]
fn one_agent_cannot_have_more_of_anything_than_is_kept() {
    let mut stage = Stage::default();
    let mut seq = 0;
    let mut next = || {
        seq += 1;
        seq
    };
    for it in 0..PROBES + 5 {
        let name = format!("p{it}");
        stage.says(next(), 1, failure(&name));
        stage.gives(it as u64 + 1, 1, full(&name, 1, readings(0, 1)));
    }
    for it in 0..MANAGERS + 5 {
        let Answer { body: Body::Services(mut scan), .. } = services(&[]) else { unreachable!() };
        scan.manager = format!("m{it}");
        stage.says(next(), 1, full("p0", 1, Body::Services(scan)));
        let scan = PatchScan {
            manager: format!("m{it}"),
            system: String::new(),
            managed_by: String::new(),
            items: Vec::new(),
            reboot: Reboot::default(),
            last_patched_at: None,
        };
        stage.says(next(), 1, full("p0", 1, Body::Patches(scan)));
    }
    let job = |it: usize| BackupJob {
        name: format!("declared-{it}"),
        product: "restic".into(),
        schedule: Schedule::Undeclared,
        start_grace: SignedDuration::ZERO,
        run_grace: SignedDuration::ZERO,
        enabled: true,
    };
    let declared = (0..JOBS - 1).map(job).collect();
    stage.says(next(), 1, full("p0", 1, Body::Jobs(declared)));
    for it in 0..5 {
        let Answer { body: Body::Run(mut run), .. } = run(it, 1, RunResult::Success) else {
            unreachable!()
        };
        run.job = format!("ran-{it}");
        stage.says(next(), 1, full("p0", 1, Body::Run(run)));
    }
    let Facts { probes, services, patches, jobs, .. } = &*stage.endpoint.facts;
    assert_eq!((stage.endpoint.layout.probes.len(), jobs.len()), (PROBES, JOBS));
    assert_eq!((services.len(), patches.len()), (MANAGERS, MANAGERS));
    assert!(probes.len() <= PROBES);
    assert_eq!(stage.told().len(), 1, "all of it is told once");
    let known = job(0);
    stage.says(next(), 2, full("p0", 2, Body::Jobs(vec![known])));
    assert_eq!(stage.endpoint.facts.jobs.values().filter(|it| it.job.enabled).count(), 2);
}

#[test]
fn updates_that_are_never_all_there_do_not_pile_up() {
    let mut stage = Stage::default();
    for seq in 0..4_u64 {
        let item = |it: u64| PatchItem {
            package: format!("p{seq}-{it}"),
            installed: "1".into(),
            candidate: "2".into(),
            origins: Vec::new(),
            security: true,
            state: PatchState::Available,
            advisories: Vec::new(),
            failure: String::new(),
        };
        let scan = PatchScan {
            manager: "apt".into(),
            system: String::new(),
            managed_by: String::new(),
            items: (0..700).map(item).collect(),
            reboot: Reboot::default(),
            last_patched_at: None,
        };
        let mut answer = full("patches", 1, Body::Patches(scan));
        answer.completeness = Completeness::Partial;
        stage.says(seq + 1, 1, answer);
    }
    assert_eq!(stage.endpoint.facts.first_seen.len(), patch::MOST_SEEN);
    assert_eq!(stage.endpoint.pulse.refused.count, 800);
}

#[test]
fn a_certificate_is_renewed_twice_in_an_hour_at_most() {
    let lifetime = SignedDuration::from_hours(720);
    let issued =
        |second: i64| Certificate { serial: second.to_string(), not_after: at(second) + lifetime };
    let mut endpoint = renew(&Stage::default().endpoint, issued(0));
    assert_eq!(renewed_too_often(&endpoint, lifetime, at(60)), None);
    endpoint = renew(&endpoint, issued(60));
    assert_eq!(renewed_too_often(&endpoint, lifetime, at(120)), Some(at(3_600)));
    assert_eq!(renewed_too_often(&endpoint, lifetime, at(3_600)), None);
    endpoint = renew(&endpoint, issued(3_600));
    assert_eq!(renewed_too_often(&endpoint, lifetime, at(3_601)), Some(at(3_660)));
}

#[test]
fn no_more_things_are_bad_at_once_than_anybody_could_look_at() {
    let mut checks = Checks::default();
    for it in 0..MOST_CHECKS + 5 {
        let finding = Finding::now(Level::Crit, String::new(), String::new());
        checks.observe("disk-space", &it.to_string(), finding, at(0));
    }
    assert_eq!(checks.states.len(), MOST_CHECKS);
    assert!(checks.is_full());
}
