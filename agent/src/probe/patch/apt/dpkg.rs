//! The state of dpkg below apt: not there, whole or broken.

use std::{fs, io, path::Path};

use crate::probe::{ProbeError, patch::below};

/// Every package that is installed.
const DATABASE: &str = "/var/lib/dpkg/status";
/// Steps of an installation that were never finished are left here, under
/// names of digits only.
const UPDATES: &str = "/var/lib/dpkg/updates";
/// Locks of those who install, and of those who refresh the package lists.
pub(super) const LOCKS: [&str; 3] =
    ["/var/lib/dpkg/lock-frontend", "/var/lib/dpkg/lock", "/var/lib/apt/lists/lock"];

/// Refuses to answer where dpkg does not install the packages, as on Red Hat's
/// systems.
pub(super) fn require_any(root: &Path) -> Result<(), ProbeError> {
    if below(root, DATABASE).exists() {
        return Ok(());
    }
    Err(ProbeError::Unsupported { why: format!("there is no {DATABASE}") })
}

/// Refuses to answer where an installation was interrupted: nothing can be
/// installed until somebody repairs it, and apt's simulations do not say so.
pub(super) fn require_whole(root: &Path) -> Result<(), ProbeError> {
    let entries = match fs::read_dir(below(root, UPDATES)) {
        Ok(entries) => entries,
        Err(err) if err.kind() == io::ErrorKind::NotFound => return Ok(()),
        Err(err) => return Err(ProbeError::read(UPDATES, err)),
    };
    let is_step = |name: &str| name.bytes().all(|it| it.is_ascii_digit());
    if entries.flatten().any(|it| it.file_name().to_str().is_some_and(is_step)) {
        let said = "it was interrupted: run `dpkg --configure -a`".into();
        return Err(ProbeError::Program { what: "dpkg".into(), said });
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn where_another_tool_installs_nothing_is_said() {
        let dir = tempfile::tempdir().unwrap();
        let err = require_any(dir.path()).unwrap_err();
        assert_eq!(err.to_string(), "not on this machine: there is no /var/lib/dpkg/status");
    }

    #[test]
    fn an_interrupted_installation_is_an_error_of_its_own() {
        let dir = tempfile::tempdir().unwrap();
        require_whole(dir.path()).unwrap();
        let updates = below(dir.path(), UPDATES);
        fs::create_dir_all(&updates).unwrap();
        fs::write(updates.join("tmp.i"), "").unwrap();
        require_whole(dir.path()).unwrap();

        fs::write(updates.join("0001"), "").unwrap();
        let err = require_whole(dir.path()).unwrap_err();
        let expected = "dpkg failed: it was interrupted: run `dpkg --configure -a`";
        assert_eq!(err.to_string(), expected);
    }
}
