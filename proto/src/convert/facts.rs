//! Facts about a machine: host, services, patches, backups.

use jiff::Timestamp;
use remit_shared::{
    BackupJob, BackupRun, BackupScan, FailedUnit, Failure, FailureKind, Host, PatchItem, PatchScan,
    PatchState, Reboot, RecoveryPoint, RunResult, Schedule, ServiceScan,
};

use crate::{
    convert::{InvalidMessage, Wire, bounded, each, optional, required, seconds, whole_seconds},
    v1,
};

/// The longest name of a package, job, unit, file.
const NAME: usize = 512;
/// The longest piece of evidence.
const TEXT: usize = 4096;
/// The most items in one list.
const ITEMS: usize = 20_000;

fn few<T>(field: &'static str, items: Vec<T>) -> Result<Vec<T>, InvalidMessage> {
    if items.len() > ITEMS {
        return Err(InvalidMessage::new(field, format!("has more than {ITEMS} entries")));
    }
    Ok(items)
}

fn texts(field: &'static str, texts: Vec<String>) -> Result<Vec<String>, InvalidMessage> {
    few(field, texts)?.into_iter().map(|it| bounded(field, it, TEXT)).collect()
}

impl Wire for Host {
    type Message = v1::Host;

    fn to_wire(&self) -> v1::Host {
        v1::Host {
            hostname: self.hostname.clone(),
            os: self.os.clone(),
            os_version: self.os_version.clone(),
            kernel: self.kernel.clone(),
            arch: self.arch.clone(),
            agent_version: self.agent_version.clone(),
            machine_id: self.machine_id.clone(),
            booted_at: self.booted_at.map(|it| it.to_wire()),
            zone: self.zone.clone(),
        }
    }

    fn from_wire(_: &'static str, it: v1::Host) -> Result<Self, InvalidMessage> {
        Ok(Self {
            hostname: bounded("host.hostname", it.hostname, 255)?,
            os: bounded("host.os", it.os, 64)?,
            os_version: bounded("host.os_version", it.os_version, 255)?,
            kernel: bounded("host.kernel", it.kernel, 255)?,
            arch: bounded("host.arch", it.arch, 64)?,
            agent_version: bounded("host.agent_version", it.agent_version, 64)?,
            machine_id: bounded("host.machine_id", it.machine_id, 128)?,
            booted_at: optional("host.booted_at", it.booted_at)?,
            zone: bounded("host.zone", it.zone, 64)?,
        })
    }
}

impl Wire for Failure {
    type Message = v1::Failure;

    fn to_wire(&self) -> v1::Failure {
        v1::Failure { kind: self.kind.to_wire(), message: self.message.clone() }
    }

    fn from_wire(_: &'static str, it: v1::Failure) -> Result<Self, InvalidMessage> {
        Ok(Self {
            kind: FailureKind::from_wire("failure.kind", it.kind)?,
            message: bounded("failure.message", it.message, TEXT)?,
        })
    }
}

impl Wire for ServiceScan {
    type Message = v1::ServiceScan;

    fn to_wire(&self) -> v1::ServiceScan {
        let unit = |it: &FailedUnit| v1::FailedUnit {
            name: it.name.clone(),
            state: it.state.clone(),
            description: it.description.clone(),
        };
        v1::ServiceScan {
            manager: self.manager.clone(),
            failed: self.failed.iter().map(unit).collect(),
            running: self.running,
        }
    }

    fn from_wire(_: &'static str, it: v1::ServiceScan) -> Result<Self, InvalidMessage> {
        let unit = |it: v1::FailedUnit| {
            Ok(FailedUnit {
                name: bounded("failed.name", it.name, NAME)?,
                state: bounded("failed.state", it.state, NAME)?,
                description: bounded("failed.description", it.description, TEXT)?,
            })
        };
        Ok(Self {
            manager: bounded("services.manager", it.manager, NAME)?,
            failed: few("services.failed", it.failed)?
                .into_iter()
                .map(unit)
                .collect::<Result<_, _>>()?,
            running: it.running,
        })
    }
}

impl Wire for PatchItem {
    type Message = v1::PatchItem;

    fn to_wire(&self) -> v1::PatchItem {
        v1::PatchItem {
            package: self.package.clone(),
            installed: self.installed.clone(),
            candidate: self.candidate.clone(),
            origins: self.origins.clone(),
            security: self.security,
            state: self.state.to_wire(),
            advisories: self.advisories.clone(),
            failure: self.failure.clone(),
        }
    }

    fn from_wire(_: &'static str, it: v1::PatchItem) -> Result<Self, InvalidMessage> {
        Ok(Self {
            package: bounded("items.package", it.package, NAME)?,
            installed: bounded("items.installed", it.installed, NAME)?,
            candidate: bounded("items.candidate", it.candidate, NAME)?,
            origins: texts("items.origins", it.origins)?,
            security: it.security,
            state: PatchState::from_wire("items.state", it.state)?,
            advisories: texts("items.advisories", it.advisories)?,
            failure: bounded("items.failure", it.failure, TEXT)?,
        })
    }
}

impl Wire for Reboot {
    type Message = v1::Reboot;

    fn to_wire(&self) -> v1::Reboot {
        v1::Reboot {
            required: self.required,
            reasons: self.reasons.clone(),
            since: self.since.map(|it| it.to_wire()),
        }
    }

    fn from_wire(_: &'static str, it: v1::Reboot) -> Result<Self, InvalidMessage> {
        Ok(Self {
            required: it.required,
            reasons: texts("reboot.reasons", it.reasons)?,
            since: optional("reboot.since", it.since)?,
        })
    }
}

impl Wire for PatchScan {
    type Message = v1::PatchScan;

    fn to_wire(&self) -> v1::PatchScan {
        v1::PatchScan {
            manager: self.manager.clone(),
            items: self.items.iter().map(Wire::to_wire).collect(),
            reboot: Some(self.reboot.to_wire()),
            last_patched_at: self.last_patched_at.map(|it| it.to_wire()),
            system: self.system.clone(),
            managed_by: self.managed_by.clone(),
        }
    }

    fn from_wire(_: &'static str, it: v1::PatchScan) -> Result<Self, InvalidMessage> {
        Ok(Self {
            manager: bounded("patches.manager", it.manager, NAME)?,
            system: bounded("patches.system", it.system, NAME)?,
            managed_by: bounded("patches.managed_by", it.managed_by, NAME)?,
            items: each("patches.items", few("patches.items", it.items)?)?,
            reboot: required("patches.reboot", it.reboot)?,
            last_patched_at: optional("patches.last_patched_at", it.last_patched_at)?,
        })
    }
}

impl Wire for BackupJob {
    type Message = v1::BackupJob;

    fn to_wire(&self) -> v1::BackupJob {
        use v1::schedule::Kind;
        let kind = match &self.schedule {
            Schedule::Undeclared => None,
            Schedule::Every(length) => Some(Kind::EverySeconds(whole_seconds(*length))),
            Schedule::Cron { expression, zone } => Some(Kind::Cron(v1::CronSchedule {
                expression: expression.clone(),
                zone: zone.clone(),
            })),
            Schedule::NextAt(at) => Some(Kind::NextAt(at.to_wire())),
        };
        v1::BackupJob {
            name: self.name.clone(),
            product: self.product.clone(),
            schedule: kind.map(|it| v1::Schedule { kind: Some(it) }),
            start_grace_seconds: whole_seconds(self.start_grace),
            run_grace_seconds: whole_seconds(self.run_grace),
            enabled: self.enabled,
        }
    }

    fn from_wire(_: &'static str, it: v1::BackupJob) -> Result<Self, InvalidMessage> {
        use v1::schedule::Kind;
        let schedule = match it.schedule {
            None => Schedule::Undeclared,
            Some(v1::Schedule { kind: None }) => {
                return Err(InvalidMessage::missing("schedule.kind"));
            }
            Some(v1::Schedule { kind: Some(Kind::EverySeconds(length)) }) => {
                Schedule::Every(seconds("schedule.every_seconds", length)?)
            }
            Some(v1::Schedule { kind: Some(Kind::Cron(cron)) }) => Schedule::Cron {
                expression: bounded("schedule.cron.expression", cron.expression, NAME)?,
                zone: bounded("schedule.cron.zone", cron.zone, 64)?,
            },
            Some(v1::Schedule { kind: Some(Kind::NextAt(at)) }) => {
                Schedule::NextAt(Timestamp::from_wire("schedule.next_at", at)?)
            }
        };
        Ok(Self {
            name: bounded("job.name", it.name, NAME)?,
            product: bounded("job.product", it.product, NAME)?,
            schedule,
            start_grace: seconds("job.start_grace_seconds", it.start_grace_seconds)?,
            run_grace: seconds("job.run_grace_seconds", it.run_grace_seconds)?,
            enabled: it.enabled,
        })
    }
}

impl Wire for BackupRun {
    type Message = v1::BackupRun;

    fn to_wire(&self) -> v1::BackupRun {
        v1::BackupRun {
            run_id: self.run_id.to_string(),
            job: self.job.clone(),
            product: self.product.clone(),
            started_at: self.started_at.map(|it| it.to_wire()),
            ended_at: self.ended_at.map(|it| it.to_wire()),
            result: self.result.to_wire(),
            raw_result: self.raw_result.clone(),
            recovery_point: self.recovery_point.clone().unwrap_or_default(),
            bytes_processed: self.bytes_processed,
            bytes_added: self.bytes_added,
            files: self.files,
            errors: self.errors.clone(),
            evidence: self.evidence.clone(),
        }
    }

    fn from_wire(_: &'static str, it: v1::BackupRun) -> Result<Self, InvalidMessage> {
        let run_id =
            it.run_id.parse().map_err(|err| InvalidMessage::new("run.run_id", format!("{err}")))?;
        let recovery_point = bounded("run.recovery_point", it.recovery_point, NAME)?;
        Ok(Self {
            run_id,
            job: bounded("run.job", it.job, NAME)?,
            product: bounded("run.product", it.product, NAME)?,
            started_at: optional("run.started_at", it.started_at)?,
            ended_at: optional("run.ended_at", it.ended_at)?,
            result: RunResult::from_wire("run.result", it.result)?,
            raw_result: bounded("run.raw_result", it.raw_result, NAME)?,
            recovery_point: Some(recovery_point).filter(|it| !it.is_empty()),
            bytes_processed: it.bytes_processed,
            bytes_added: it.bytes_added,
            files: it.files,
            errors: texts("run.errors", it.errors)?,
            evidence: bounded("run.evidence", it.evidence, TEXT)?,
        })
    }
}

impl Wire for RecoveryPoint {
    type Message = v1::RecoveryPoint;

    fn to_wire(&self) -> v1::RecoveryPoint {
        v1::RecoveryPoint {
            job: self.job.clone(),
            id: self.id.clone(),
            taken_at: Some(self.taken_at.to_wire()),
            count: self.count,
        }
    }

    fn from_wire(_: &'static str, it: v1::RecoveryPoint) -> Result<Self, InvalidMessage> {
        Ok(Self {
            job: bounded("newest.job", it.job, NAME)?,
            id: bounded("newest.id", it.id, NAME)?,
            taken_at: required("newest.taken_at", it.taken_at)?,
            count: it.count,
        })
    }
}

impl Wire for BackupScan {
    type Message = v1::BackupScan;

    fn to_wire(&self) -> v1::BackupScan {
        v1::BackupScan {
            product: self.product.clone(),
            jobs: self.jobs.iter().map(Wire::to_wire).collect(),
            newest: self.newest.iter().map(Wire::to_wire).collect(),
        }
    }

    fn from_wire(_: &'static str, it: v1::BackupScan) -> Result<Self, InvalidMessage> {
        Ok(Self {
            product: bounded("backups.product", it.product, NAME)?,
            jobs: each("backups.jobs", few("backups.jobs", it.jobs)?)?,
            newest: each("backups.newest", few("backups.newest", it.newest)?)?,
        })
    }
}
