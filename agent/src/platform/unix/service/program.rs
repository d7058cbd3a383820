//! Which program the service starts: the one that was asked to install it.
//!
//! Whoever can replace that program, or a folder above it, acts as the service
//! from then on. So it must belong to root, all the way up, and be open to the
//! user that the service runs as.

use std::{
    env, fs, io,
    os::unix::fs::MetadataExt as _,
    path::{Path, PathBuf},
};

/// Why a service cannot start this program.
#[derive(Debug, thiserror::Error)]
pub enum ProgramError {
    /// It cannot be found out where it is.
    #[error("failed to find out where this program is")]
    Unknown(#[source] io::Error),
    /// It, or a folder above it, cannot be looked at.
    #[error("failed to look at {}", path.display())]
    Unseen {
        /// What.
        path: PathBuf,
        /// What the operating system says.
        #[source]
        source: io::Error,
    },
    /// Others could put something else there.
    #[error(
        "{} can be changed by others than root, so no service may start it; move the program to /usr/local/bin",
        .0.display()
    )]
    Changeable(PathBuf),
    /// The service's user cannot get there.
    #[error(
        "{} is closed to the user remit-agent, so the service could not start it; move the program to /usr/local/bin",
        .0.display()
    )]
    Closed(PathBuf),
}

/// Where this program is.
pub(super) fn own() -> Result<PathBuf, ProgramError> {
    env::current_exe().map_err(ProgramError::Unknown)
}

/// The unit that starts a program.
pub(super) fn unit(text: &str, program: &Path) -> String {
    let ours = format!("ExecStart={} run", program.display());
    text.replace("ExecStart=/usr/bin/remit-agent run", &ours)
}

/// Refuses what a service must not or could not start.
pub(super) fn check(program: &Path) -> Result<(), ProgramError> {
    for path in program.ancestors().filter(|it| *it != Path::new("")) {
        let metadata = fs::metadata(path)
            .map_err(|source| ProgramError::Unseen { path: path.to_owned(), source })?;
        judge(metadata.uid(), metadata.mode()).map_err(|fault| fault(path.to_owned()))?;
    }
    Ok(())
}

/// What is wrong with an owner and a mode.
fn judge(owner: u32, mode: u32) -> Result<(), fn(PathBuf) -> ProgramError> {
    if owner != 0 || mode & 0o002 != 0 {
        return Err(ProgramError::Changeable);
    }
    if mode & 0o001 == 0 {
        return Err(ProgramError::Closed);
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check_mode(owner: u32, mode: u32, expected: Option<&str>) {
        let said = judge(owner, mode).map_err(|it| it("/opt/x".into()).to_string()).err();
        let said = said.map(|it| it.split(" so ").next().unwrap().to_owned());
        assert_eq!(said.as_deref(), expected, "{owner} {mode:o}");
    }

    #[test]
    fn a_program_belongs_to_root_and_is_open_to_all() {
        check_mode(0, 0o755, None);
        check_mode(0, 0o775, None);
        check_mode(1000, 0o755, Some("/opt/x can be changed by others than root,"));
        check_mode(0, 0o1777, Some("/opt/x can be changed by others than root,"));
        check_mode(0, 0o700, Some("/opt/x is closed to the user remit-agent,"));
    }

    #[test]
    fn the_unit_starts_the_program_that_wrote_it() {
        let text = include_str!("../../../../../packaging/linux/remit-agent.service");
        let ours = unit(text, Path::new("/usr/local/bin/remit-agent"));
        assert!(ours.contains("\nExecStart=/usr/local/bin/remit-agent run\n"), "{ours}");
        assert!(!ours.contains("/usr/bin/remit-agent"), "{ours}");
    }
}
