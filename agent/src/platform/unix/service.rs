//! `remit-agent service`: makes systemd start the agent.
//!
//! Everything that could be refused is looked at before anything is written.

mod program;

use std::{
    fs, io,
    path::{Path, PathBuf},
    process::Command,
    time::Duration,
};

use remit_runtime::files::{self, WriteError};
use tokio::{process::Command as AsyncCommand, time};

pub use self::program::ProgramError;
use crate::{
    doctor::Finding,
    identity::IdentityFolder,
    platform::{self, Placement},
};

/// Where systemd looks for units that an administrator adds.
const UNIT: &str = "/etc/systemd/system/remit-agent.service";
/// Where it looks for those of packages.
const PACKAGED: &[&str] =
    &["/lib/systemd/system/remit-agent.service", "/usr/lib/systemd/system/remit-agent.service"];
/// What tells systemd about the agent.
const UNIT_TEXT: &str = include_str!("../../../../packaging/linux/remit-agent.service");

/// How long systemd may take to say how the agent stands.
const PATIENCE: Duration = Duration::from_secs(5);

/// The user that the agent runs as.
const USER: &str = "remit-agent";

/// Why the service is not as asked.
#[derive(Debug, thiserror::Error)]
pub enum ServiceError {
    /// There is nobody to tell.
    #[error(
        "systemd does not run this machine, so nothing was changed; start `remit-agent run` by what starts services here, or write the unit with `--unit-only PATH`"
    )]
    NoSystemd,
    /// Only root may.
    #[error("only root can change services; nothing was changed")]
    NotRoot,
    /// The unit knows only the usual places.
    #[error(
        "the unit starts the agent with {}, not with {}, so nothing was changed; leave the flag out, or write a drop-in for remit-agent.service",
        usual.display(), given.display()
    )]
    Elsewhere {
        /// What was asked for.
        given: PathBuf,
        /// What the unit has.
        usual: PathBuf,
    },
    /// The program is nowhere that a service may start it from.
    #[error(transparent)]
    Program(#[from] ProgramError),
    /// A file cannot be written.
    #[error(transparent)]
    Write(#[from] WriteError),
    /// A file or folder cannot be changed.
    #[error("failed to {attempt} {}", path.display())]
    Io {
        /// What could not be done.
        attempt: &'static str,
        /// With what.
        path: PathBuf,
        /// What the operating system says.
        #[source]
        source: io::Error,
    },
    /// A program does not do as told.
    #[error("`{command}` failed: {said}")]
    Command {
        /// What was run.
        command: String,
        /// What it said.
        said: String,
    },
}

/// Writes the unit that starts this program, and nothing else.
pub fn write_unit(path: &Path) -> Result<(), ServiceError> {
    let text = program::unit(UNIT_TEXT, &program::own()?);
    Ok(files::write_atomic(path, text.as_bytes())?)
}

/// Makes the user, the folders and the unit, and starts the agent. Gives what
/// people should know.
pub async fn install(placement: &Placement, state_dir: &Path) -> Result<Vec<String>, ServiceError> {
    check_usual(placement)?;
    check()?;
    let packaged = PACKAGED.iter().any(|it| Path::new(it).exists());
    if !packaged {
        program::check(&program::own()?)?;
    }
    if !user_exists()? {
        let home = state_dir.display().to_string();
        let shell = "/usr/sbin/nologin";
        run("useradd", &["--system", "--home-dir", &home, "--shell", shell, "--user-group", USER])?;
    }
    platform::make_private_folder(state_dir)
        .map_err(|source| io_error("make", state_dir, source))?;
    let inbox = state_dir.join("inbox");
    if !inbox.exists() {
        platform::make_shared_folder(&inbox).map_err(|source| io_error("make", &inbox, source))?;
    }
    let owner = format!("{USER}:{USER}");
    run("chown", &["--recursive", "--no-dereference", &owner, &state_dir.display().to_string()])?;
    if let Some(folder) = platform::config().parent() {
        fs::create_dir_all(folder).map_err(|source| io_error("make", folder, source))?;
    }
    // One of ours would overrule the package's, also when that gets a new one.
    if !packaged {
        write_unit(Path::new(UNIT))?;
    }
    run("systemctl", &["daemon-reload"])?;
    run("systemctl", &["enable", "--now", "remit-agent.service"])?;
    Ok(match IdentityFolder::new(state_dir).current() {
        Ok(Some(_)) => Vec::new(),
        Ok(None) | Err(_) => vec![
            "it waits for this machine to be enrolled: `remit-agent enroll`, then `systemctl start remit-agent`"
                .into(),
        ],
    })
}

/// What is elsewhere takes a drop-in of the administrator's.
fn check_usual(placement: &Placement) -> Result<(), ServiceError> {
    let given =
        [(&placement.config, platform::config()), (&placement.state_dir, platform::state_dir())];
    for (given, usual) in given {
        if let Some(given) = given.as_ref().filter(|it| **it != usual) {
            return Err(ServiceError::Elsewhere { given: given.clone(), usual });
        }
    }
    Ok(())
}

/// Starts the service.
pub async fn start() -> Result<(), ServiceError> {
    check()?;
    run("systemctl", &["start", "remit-agent.service"])
}

/// Stops the service, and waits until it has said goodbye.
pub async fn stop() -> Result<(), ServiceError> {
    check()?;
    run("systemctl", &["stop", "remit-agent.service"])
}

/// Stops the agent and takes the unit away. What it remembers stays.
pub async fn uninstall() -> Result<(), ServiceError> {
    check()?;
    run("systemctl", &["disable", "--now", "remit-agent.service"])?;
    let unit = Path::new(UNIT);
    match fs::remove_file(unit) {
        Err(err) if err.kind() != io::ErrorKind::NotFound => {
            return Err(io_error("delete", unit, err));
        }
        _ => {}
    }
    run("systemctl", &["daemon-reload"])
}

/// How the service stands.
pub async fn examine() -> Finding {
    if !platform::has_systemd() {
        let advice = "start `remit-agent run` by what starts services here";
        return Finding::warn("service", "systemd does not run this machine", advice);
    }
    let asked = AsyncCommand::new("/usr/bin/systemctl")
        .args(["show", "--property=ActiveState,UnitFileState", "--value", "remit-agent.service"])
        .kill_on_drop(true)
        .output();
    let Ok(Ok(output)) = time::timeout(PATIENCE, asked).await else {
        return Finding::warn("service", "systemd does not answer", "try `systemctl status`");
    };
    let text =
        String::from_utf8_lossy(&output.stdout).split_whitespace().collect::<Vec<_>>().join(", ");
    if text.starts_with("active") {
        Finding::ok("service", text)
    } else {
        let advice = "`remit-agent service install`, then `systemctl status remit-agent`";
        Finding::warn("service", format!("remit-agent.service is {text}"), advice)
    }
}

fn check() -> Result<(), ServiceError> {
    if !platform::has_systemd() {
        return Err(ServiceError::NoSystemd);
    }
    if !platform::is_root() {
        return Err(ServiceError::NotRoot);
    }
    Ok(())
}

fn user_exists() -> Result<bool, ServiceError> {
    let path = Path::new("/etc/passwd");
    let text = fs::read_to_string(path).map_err(|source| io_error("read", path, source))?;
    Ok(text.lines().any(|it| it.split(':').next() == Some(USER)))
}

fn run(program: &str, args: &[&str]) -> Result<(), ServiceError> {
    let command = format!("{program} {}", args.join(" "));
    let failed = |said: String| ServiceError::Command { command: command.clone(), said };
    let folders = ["/usr/bin", "/usr/sbin", "/bin", "/sbin"];
    let found = folders.iter().map(|it| Path::new(it).join(program)).find(|it| it.is_file());
    let found = found.ok_or_else(|| failed("it is not installed".into()))?;
    let output = Command::new(found).args(args).output().map_err(|err| failed(err.to_string()))?;
    if output.status.success() {
        return Ok(());
    }
    let said = String::from_utf8_lossy(&output.stderr).trim().replace('\n', "; ");
    Err(failed(format!("{}: {said}", output.status)))
}

fn io_error(attempt: &'static str, path: &Path, source: io::Error) -> ServiceError {
    ServiceError::Io { attempt, path: path.to_owned(), source }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_place_that_the_unit_does_not_know_is_refused_before_anything_is_changed() {
        let folder = tempfile::tempdir().unwrap();
        let state_dir = folder.path().join("elsewhere");
        let placement = Placement { state_dir: Some(state_dir.clone()), config: None };
        let err = install(&placement, &state_dir).await.unwrap_err().to_string();
        let usual = platform::state_dir();
        let said = format!("with {}, not with {}", usual.display(), state_dir.display());
        assert!(err.contains(&said) && err.contains("drop-in"), "{err}");
        assert!(!state_dir.exists());
        let usual = Placement { state_dir: Some(usual), config: Some(platform::config()) };
        assert!(check_usual(&usual).is_ok());
    }
}
