//! What an answer that is more than numbers says.

use std::sync::Arc;

use remit_shared::{
    Answer, BackupJob, BackupRun, BackupScan, Body, Completeness, Failure, Lifecycle, PatchScan,
    RecoveryPoint,
};

use crate::{
    detect::{self, backup, patch, presence},
    endpoint::{
        Presence, ProbeState,
        apply::{
            Work,
            limit::{JOBS, MANAGERS, PROBES},
        },
    },
};

impl Work<'_> {
    pub(super) fn answer(&mut self, answer: &Answer) {
        self.at = self.seen(answer.observed_at);
        if let Body::Readings(readings) = &answer.body {
            self.measure(answer, readings);
            return;
        }
        self.note_probe(answer);
        let (at, heard) = (self.at, self.arrival.received_at);
        let is_whole = answer.completeness == Completeness::Full;
        match &answer.body {
            Body::Readings(_) | Body::Failure(_) => {}
            Body::Unchanged => backup::unchanged(self.truth().0, &answer.probe, at),
            Body::Services(scan) => {
                let known = &self.truth().0.services;
                let (is_known, count) = (known.contains_key(&scan.manager), known.len());
                let what = "managers of services";
                if !self.has_room(is_known, count, MANAGERS, what, &scan.manager) {
                    return;
                }
                let (facts, checks) = self.truth();
                facts.services.insert(scan.manager.clone(), scan.clone());
                detect::services(checks, facts.services.values(), at);
            }
            Body::Patches(scan) => {
                let known = &self.truth().0.patches;
                let (is_known, count) = (known.contains_key(&scan.manager), known.len());
                let what = "package managers";
                if !self.has_room(is_known, count, MANAGERS, what, &scan.manager) {
                    return;
                }
                let scan = self.patch_scan(scan);
                let left = patch::scanned(self.truth().0, &scan, is_whole, at);
                if left > 0 {
                    self.refuse(left, format!("more than {} security updates", patch::MOST_SEEN));
                }
            }
            Body::Backups(scan) => {
                let mut scan = self.backup_scan(scan);
                scan.jobs = self.jobs_with_room(&scan.jobs);
                let (facts, checks) = self.truth();
                backup::scanned(facts, checks, &scan, is_whole, at);
            }
            Body::Jobs(jobs) => {
                let jobs = self.jobs_with_room(jobs);
                let (facts, checks) = self.truth();
                backup::declared(facts, checks, &jobs, at);
            }
            Body::Run(run) => {
                let known = &self.truth().0.jobs;
                let (is_known, count) = (known.contains_key(&run.job), known.len());
                if !self.has_room(is_known, count, JOBS, "backup jobs", &run.job) {
                    return;
                }
                let run = self.backup_run(run);
                let (facts, checks) = self.truth();
                if backup::ran(facts, checks, &run, at, heard) {
                    // Each failure counts, also the second in a row, also late.
                    let late = self.is_late();
                    let check = backup::FAILED;
                    let again = self.checks.announce_again(self.rules, check, &run.job, late);
                    self.signals.extend(again);
                }
            }
            Body::Lifecycle(lifecycle) => self.turn(lifecycle),
        }
    }

    /// The jobs that are known, and as many of the others as there is room for.
    fn jobs_with_room(&mut self, jobs: &[BackupJob]) -> Vec<BackupJob> {
        let mut count = self.truth().0.jobs.len();
        let mut kept = Vec::with_capacity(jobs.len().min(JOBS));
        for job in jobs {
            let is_known = self.truth().0.jobs.contains_key(&job.name);
            if self.has_room(is_known, count, JOBS, "backup jobs", &job.name) {
                count += usize::from(!is_known);
                kept.push(job.clone());
            }
        }
        kept
    }

    /// A goodbye that was spooled before the session began is over: the agent
    /// has come back since. So has one that says that it started.
    fn turn(&mut self, lifecycle: &Lifecycle) {
        let (pulse, now) = (&self.endpoint.pulse, self.arrival.received_at);
        let seq = self.record.seq;
        let to = match (lifecycle, pulse.presence) {
            (Lifecycle::Stopping(departure), _)
                if pulse.backfill.is_none_or(|it| seq > it.events) =>
            {
                Presence::ExpectedOff(*departure)
            }
            (Lifecycle::Started { .. }, Presence::ExpectedOff(_)) => Presence::Online,
            (Lifecycle::Stopping(_) | Lifecycle::Started { .. }, _) => return,
        };
        let signal = presence::turn(&mut self.endpoint, to, self.rules, now);
        self.signals.extend(signal);
    }

    /// Notes how a probe answered.
    pub(super) fn note_probe(&mut self, answer: &Answer) {
        let failure: Option<&Failure> = match &answer.body {
            Body::Failure(failure) => Some(failure),
            Body::Readings(_)
            | Body::Unchanged
            | Body::Services(_)
            | Body::Patches(_)
            | Body::Backups(_)
            | Body::Jobs(_)
            | Body::Run(_)
            | Body::Lifecycle(_) => None,
        };
        let at = self.at;
        let catalog_at = answer.catalog_at.map(|it| self.ours(it));
        let has_measured = self.has_measured(&answer.probe);
        let known = &self.truth().0.probes;
        let (is_known, count) = (known.contains_key(&answer.probe), known.len());
        if !self.has_room(is_known, count, PROBES, "probes", &answer.probe) {
            return;
        }
        let (facts, _) = self.truth();
        let before = facts.probes.remove(&answer.probe);
        let failing_since = before.as_ref().and_then(|it| it.failure.as_ref()).map(|it| it.1);
        let answered = has_measured || before.as_ref().is_some_and(|it| it.ever_answered);
        let state = ProbeState {
            source: Arc::clone(&answer.source),
            observed_at: at,
            catalog_at: match (&failure, before) {
                (Some(_), Some(before)) => before.catalog_at,
                (Some(_) | None, _) => catalog_at,
            },
            completeness: answer.completeness,
            missing: answer.missing.clone(),
            ever_answered: failure.is_none() || answered,
            failure: failure.map(|it| (it.clone(), failing_since.unwrap_or(at))),
        };
        facts.probes.insert(Arc::clone(&answer.probe), state);
    }

    fn patch_scan(&self, scan: &PatchScan) -> PatchScan {
        let mut scan = scan.clone();
        scan.last_patched_at = scan.last_patched_at.map(|it| self.ours(it));
        scan.reboot.since = scan.reboot.since.map(|it| self.ours(it));
        scan
    }

    fn backup_scan(&self, scan: &BackupScan) -> BackupScan {
        let newest = scan.newest.iter();
        let newest = newest
            .map(|it| RecoveryPoint { taken_at: self.ours(it.taken_at), ..it.clone() })
            .collect();
        BackupScan { newest, ..scan.clone() }
    }

    fn backup_run(&self, run: &BackupRun) -> BackupRun {
        let started_at = run.started_at.map(|it| self.ours(it));
        let ended_at = run.ended_at.map(|it| self.ours(it));
        BackupRun { started_at, ended_at, ..run.clone() }
    }
}
