//! What restic repositories hold, from `restic snapshots --json --no-lock`.
//!
//! Tested against restic 0.14, which tells its errors by their text only, and
//! by the documentation of later ones, which have an exit code for each.

use std::ffi::OsString;

use jiff::Timestamp;
use remit_shared::RecoveryPoint;
use serde::Deserialize;

use crate::{
    command::{Command, Output},
    probe::{
        Probe, ProbeError, Sample, Turn,
        backup::{DEADLINE, Repository, survey},
    },
};

/// Asks restic repositories for their newest snapshot.
#[derive(Clone, Debug)]
pub struct ResticProbe {
    repositories: Vec<Repository>,
}

impl ResticProbe {
    /// A probe of these repositories.
    pub fn new(repositories: Vec<Repository>) -> Self {
        Self { repositories }
    }
}

impl Probe for ResticProbe {
    fn name(&self) -> &'static str {
        "backup-restic"
    }

    fn source(&self) -> &'static str {
        "restic snapshots"
    }

    fn sample(&mut self, _: Turn) -> Result<Sample, ProbeError> {
        let mut source = None;
        let mut sample = survey("restic", &self.repositories, |repository| {
            let version = Command::new("restic").at(repository.binary.as_deref()).args(["version"]);
            let version = version.run()?;
            let version = version.stdout.split_whitespace().nth(1).unwrap_or("?");
            source = Some(format!("restic snapshots (restic {version})"));

            let output = command(repository).run()?;
            if output.code != 0 {
                return Err(explain(&output, &repository.job.name));
            }
            newest(&output.stdout, &repository.job.name)
        })?;
        sample.source = source.map(Into::into);
        Ok(sample)
    }
}

fn command(repository: &Repository) -> Command {
    let mut args: Vec<OsString> =
        ["snapshots", "--json", "--no-lock", "--repo"].map(Into::into).into();
    args.push(repository.location.clone().into());
    if let Some(file) = &repository.password_file {
        args.extend(["--password-file".into(), file.into()]);
    }
    if let Some(host) = &repository.host {
        args.extend(["--host".into(), host.into()]);
    }
    Command::new("restic")
        .at(repository.binary.as_deref())
        .args(args)
        // Locations may contain passwords.
        .what(format!("restic snapshots of job {}", repository.job.name))
        .deadline(DEADLINE)
}

/// Sorts restic's failures, in clear words.
fn explain(output: &Output, job: &str) -> ProbeError {
    let says = |words: &str| output.stderr.contains(words);
    let program =
        |said: &str| ProbeError::Program { what: format!("`{}`", output.what), said: said.into() };
    match output.code {
        10 => program("there is no repository at this location"),
        11 => ProbeError::Locked { what: format!("the restic repository of job {job}") },
        12 => program("the repository does not open with this password"),
        _ if says("Is there a repository at the following location?") => {
            program("there is no repository at this location")
        }
        _ if says("wrong password or no key found") => {
            program("the repository does not open with this password")
        }
        _ if says("already locked") || says("unable to create lock") => {
            ProbeError::Locked { what: format!("the restic repository of job {job}") }
        }
        _ => output.to_error(),
    }
}

#[derive(Deserialize)]
struct Snapshot {
    id: String,
    time: String,
}

/// The newest of a repository's snapshots; an empty repository has none.
fn newest(json: &str, job: &str) -> Result<Option<RecoveryPoint>, ProbeError> {
    let parse = |field| ProbeError::Parse { what: format!("the snapshots of job {job}"), field };
    // Old versions say `null` for none.
    let snapshots: Option<Vec<Snapshot>> =
        serde_json::from_str(json).map_err(|err| parse(format!("a list ({err})")))?;
    let snapshots = snapshots.unwrap_or_default();
    let count = snapshots.len() as u64;
    let mut newest: Option<RecoveryPoint> = None;
    for Snapshot { id, time } in snapshots {
        let taken_at: Timestamp = time.parse().map_err(|err| parse(format!("a time ({err})")))?;
        if newest.as_ref().is_none_or(|it| it.taken_at <= taken_at) {
            newest = Some(RecoveryPoint { job: job.into(), id, taken_at, count });
        }
    }
    Ok(newest)
}

#[cfg(test)]
mod tests;
