//! What borg repositories hold, from `borg list --json --bypass-lock`.
//!
//! The whole list, because only it tells how many archives there are; it has
//! everything else that is needed, too. Tested against borg 1.2.
//!
//! borg's times are local and name no zone. The host's is attached, so that a
//! repository should be asked on the machine that fills it.

use jiff::{civil::DateTime, tz::TimeZone};
use remit_shared::RecoveryPoint;
use serde::Deserialize;

use crate::{
    command::{Command, Output},
    probe::{
        Probe, ProbeError, Sample, Turn,
        backup::{DEADLINE, Repository, survey},
    },
};

/// Asks borg repositories for their newest archive.
#[derive(Clone, Debug)]
pub struct BorgProbe {
    repositories: Vec<Repository>,
}

impl BorgProbe {
    /// A probe of these repositories.
    pub fn new(repositories: Vec<Repository>) -> Self {
        Self { repositories }
    }
}

impl Probe for BorgProbe {
    fn name(&self) -> &'static str {
        "backup-borg"
    }

    fn source(&self) -> &'static str {
        "borg list"
    }

    fn sample(&mut self, _: Turn) -> Result<Sample, ProbeError> {
        let zone = TimeZone::system();
        let mut source = None;
        let mut sample = survey("borg", &self.repositories, |repository| {
            let version = Command::new("borg").at(repository.binary.as_deref()).args(["--version"]);
            let version = version.run()?;
            source = Some(format!("borg list ({})", version.stdout.trim()));

            let output = command(repository).run()?;
            match output.code {
                // 1, and 100 to 127 in later versions, are warnings.
                0 | 1 | 100..=127 => newest(&output.stdout, repository, &zone),
                _ => Err(explain(&output, &repository.job.name)),
            }
        })?;
        sample.source = source.map(Into::into);
        Ok(sample)
    }
}

fn command(repository: &Repository) -> Command {
    let mut args = vec!["list", "--json", "--log-json", "--bypass-lock"];
    if repository.host.is_some() {
        // Costs a look at every single archive.
        args.extend(["--format", "{hostname}"]);
    }
    args.push(&repository.location);
    let command = Command::new("borg")
        .at(repository.binary.as_deref())
        .args(args)
        .what(format!("borg list of job {}", repository.job.name))
        // The operator named this repository: that is the answer to the
        // question that borg would ask on its first visit.
        .env("BORG_UNKNOWN_UNENCRYPTED_REPO_ACCESS_IS_OK", "yes")
        .env("BORG_RELOCATED_REPO_ACCESS_IS_OK", "no")
        .deadline(DEADLINE);
    match &repository.password_file {
        // Asked for by borg itself, the password is in no environment.
        Some(file) => {
            let quoted = file.to_string_lossy().replace('\'', r#"'"'"'"#);
            command.env("BORG_PASSCOMMAND", format!("cat -- '{quoted}'"))
        }
        None => command,
    }
}

#[derive(Deserialize)]
struct Message {
    levelname: Option<String>,
    message: Option<String>,
    msgid: Option<String>,
}

/// Sorts borg's failures by the ids that it gives them.
fn explain(output: &Output, job: &str) -> ProbeError {
    let mut messages =
        output.stderr.lines().filter_map(|it| serde_json::from_str::<Message>(it).ok());
    let last = messages.rfind(|it| it.levelname.as_deref() == Some("ERROR"));
    let Some(Message { message, msgid, .. }) = last else { return output.to_error() };
    let said = match msgid.as_deref() {
        Some("LockTimeout" | "LockError" | "LockErrorT" | "LockFailed") => {
            return ProbeError::Locked { what: format!("the borg repository of job {job}") };
        }
        Some(
            "Repository.DoesNotExist"
            | "Repository.InvalidRepository"
            | "Repository.ParentPathDoesNotExist",
        ) => "there is no repository at this location".into(),
        Some("PassphraseWrong" | "PasscommandFailure" | "NoPassphraseFailure") => {
            "the repository does not open with this password".into()
        }
        _ => {
            let said = message.unwrap_or_else(|| "it did not say why".into());
            return Output { stderr: said, ..output.clone() }.to_error();
        }
    };
    ProbeError::Program { what: format!("`{}`", output.what), said }
}

#[derive(Deserialize)]
struct List {
    archives: Vec<Archive>,
}

#[derive(Deserialize)]
struct Archive {
    name: String,
    start: String,
    hostname: Option<String>,
}

/// The newest of a repository's archives; an empty repository has none.
fn newest(
    json: &str,
    repository: &Repository,
    zone: &TimeZone,
) -> Result<Option<RecoveryPoint>, ProbeError> {
    let job = &repository.job.name;
    let parse =
        |field: String| ProbeError::Parse { what: format!("the archives of job {job}"), field };
    let list: List = serde_json::from_str(json).map_err(|err| parse(format!("a list ({err})")))?;
    let is_ours = |it: &Archive| repository.host.is_none() || it.hostname == repository.host;
    let ours: Vec<_> = list.archives.into_iter().filter(is_ours).collect();
    let count = ours.len() as u64;
    let mut newest: Option<RecoveryPoint> = None;
    for Archive { name, start, .. } in ours {
        let local = start.parse::<DateTime>().and_then(|it| zone.to_timestamp(it));
        let taken_at = local.map_err(|err| parse(format!("a time ({err})")))?;
        if newest.as_ref().is_none_or(|it| it.taken_at <= taken_at) {
            newest = Some(RecoveryPoint { job: job.clone(), id: name, taken_at, count });
        }
    }
    Ok(newest)
}

#[cfg(test)]
mod tests;
