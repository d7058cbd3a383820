//! `remit-agent service`: makes systemd start the agent.
//!
//! Everything that could be refused is looked at before anything is written.

use std::{
    fs, io,
    path::{Path, PathBuf},
    process::Command,
};

use remit_runtime::files::{self, WriteError};

use crate::platform;

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
    Program {
        /// What was run.
        command: String,
        /// What it said.
        said: String,
    },
}

/// Writes the unit, and nothing else.
pub fn write_unit(path: &Path) -> Result<(), ServiceError> {
    Ok(files::write_atomic(path, platform::UNIT_TEXT.as_bytes())?)
}

/// Makes the user, the folders and the unit, and starts the agent.
pub fn install(state_dir: &Path) -> Result<(), ServiceError> {
    check()?;
    if !user_exists()? {
        let home = state_dir.display().to_string();
        let shell = "/usr/sbin/nologin";
        run("useradd", &["--system", "--home-dir", &home, "--shell", shell, "--user-group", USER])?;
    }
    platform::make_private_folder(state_dir)
        .map_err(|source| io_error("make", state_dir, source))?;
    let owner = format!("{USER}:{USER}");
    run("chown", &["--recursive", "--no-dereference", &owner, &state_dir.display().to_string()])?;
    if let Some(folder) = Path::new(platform::CONFIG).parent() {
        fs::create_dir_all(folder).map_err(|source| io_error("make", folder, source))?;
    }
    write_unit(Path::new(platform::UNIT))?;
    run("systemctl", &["daemon-reload"])?;
    run("systemctl", &["enable", "--now", "remit-agent.service"])
}

/// Stops the agent and takes the unit away. What it remembers stays.
pub fn uninstall() -> Result<(), ServiceError> {
    check()?;
    run("systemctl", &["disable", "--now", "remit-agent.service"])?;
    let unit = Path::new(platform::UNIT);
    match fs::remove_file(unit) {
        Err(err) if err.kind() != io::ErrorKind::NotFound => {
            return Err(io_error("delete", unit, err));
        }
        _ => {}
    }
    run("systemctl", &["daemon-reload"])
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
    let failed = |said: String| ServiceError::Program { command: command.clone(), said };
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
