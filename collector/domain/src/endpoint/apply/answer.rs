//! What an answer that is more than numbers says.

use std::sync::Arc;

use remit_shared::{
    Answer, BackupRun, BackupScan, Body, Completeness, Failure, Lifecycle, PatchScan, RecoveryPoint,
};

use crate::{
    detect::{self, backup, patch, presence},
    endpoint::{Presence, ProbeState, apply::Work},
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
                let (facts, checks) = self.truth();
                facts.services.insert(scan.manager.clone(), scan.clone());
                detect::services(checks, facts.services.values(), at);
            }
            Body::Patches(scan) => {
                let scan = self.patch_scan(scan);
                patch::scanned(self.truth().0, &scan, is_whole, at);
            }
            Body::Backups(scan) => {
                let scan = self.backup_scan(scan);
                let (facts, checks) = self.truth();
                backup::scanned(facts, checks, &scan, is_whole, at);
            }
            Body::Jobs(jobs) => {
                let (facts, checks) = self.truth();
                backup::declared(facts, checks, jobs, at);
            }
            Body::Run(run) => {
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
