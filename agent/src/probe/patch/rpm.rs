//! What rpm knows, below dnf and zypper.
//!
//! Programs there are asked about the system that they run on, or about one
//! that lies under a folder and has settings of its own.

pub(super) mod advisory;
pub(super) mod catalog;
mod reboot;
#[cfg(test)]
pub(super) mod testing;

use std::{
    fs,
    path::{Path, PathBuf},
    time::Duration,
};

use jiff::Timestamp;
use remit_shared::Reboot;

use crate::{
    command::{Command, Output},
    probe::{ProbeError, patch::below},
};

/// A solver reads some hundred megabytes, on a slow disk if it must be.
const DEADLINE: Duration = Duration::from_secs(120);
/// Where the database is, by age of the distribution, and what it is called, by
/// age of rpm. Where rpm is but a tool, as on Debian, the folder may be there.
const FOLDERS: [&str; 2] = ["/usr/lib/sysimage/rpm", "/var/lib/rpm"];
const DATABASES: [&str; 3] = ["rpmdb.sqlite", "Packages", "Packages.db"];
/// What rpm locks while it changes the database.
const LOCKS: [&str; 2] = ["/usr/lib/sysimage/rpm/.rpm.lock", "/var/lib/rpm/.rpm.lock"];
const RELEASE: [&str; 2] = ["/etc/os-release", "/usr/lib/os-release"];
/// Where a system is replaced as a whole.
const IMAGE: &str = "/run/ostree-booted";

/// A system that rpm installs the packages of.
#[derive(Clone, Debug)]
pub(super) struct System {
    /// Where it lies.
    pub(super) root: PathBuf,
    /// Where those who ask have their own settings; their own home otherwise.
    home: Option<PathBuf>,
}

/// Whose system it is: that decides who brings its updates.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Family {
    /// SUSE's, which zypper brings updates to.
    Suse,
    /// Everybody else's.
    Other,
}

/// One installed package.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Installed {
    /// Its name.
    pub(super) name: String,
    /// `2.34-100.el9`, with an epoch before it if that is not 0.
    pub(super) version: String,
    /// `x86_64`, `noarch`.
    pub(super) arch: String,
    /// When it was installed.
    pub(super) at: Option<Timestamp>,
}

impl System {
    /// The one that we run on.
    pub(super) fn ours() -> Self {
        Self { root: "/".into(), home: None }
    }

    /// One that lies under a folder.
    #[cfg(test)]
    pub(super) fn below(root: &Path, home: &Path) -> Self {
        Self { root: root.into(), home: Some(home.into()) }
    }

    /// Whether it is one under a folder.
    pub(super) fn is_elsewhere(&self) -> bool {
        self.root != Path::new("/")
    }

    /// A path of it.
    pub(super) fn path(&self, path: &str) -> PathBuf {
        below(&self.root, path)
    }

    /// A program, to be asked about it.
    pub(super) fn ask(&self, tool: &'static str) -> Command {
        let command = Command::new(tool).deadline(DEADLINE);
        match &self.home {
            Some(home) => command.env("HOME", home),
            None => command,
        }
    }

    /// Refuses to answer where nobody could: there is no database of packages.
    pub(super) fn require(&self) -> Result<(), ProbeError> {
        let has_one = |folder: &str| {
            let folder = self.path(folder);
            DATABASES.iter().any(|it| folder.join(it).is_file())
        };
        if FOLDERS.iter().any(|it| has_one(it)) {
            return Ok(());
        }
        Err(ProbeError::Unsupported { why: "there is no database of rpm".into() })
    }

    /// Refuses to answer where packages are not what is updated. Not "not on
    /// this machine": that this one is not asked must be seen.
    pub(super) fn require_packages(&self, manager: &str) -> Result<(), ProbeError> {
        if !self.path(IMAGE).exists() {
            return Ok(());
        }
        let said = "this system is replaced as a whole image, and nobody asks for images yet";
        Err(ProbeError::Program { what: manager.into(), said: said.into() })
    }

    /// The fields of its release file, as `ID=rhel`.
    pub(super) fn release(&self) -> String {
        let mut texts = RELEASE.iter().filter_map(|it| fs::read_to_string(self.path(it)).ok());
        texts.next().unwrap_or_default()
    }

    /// Whose it is.
    pub(super) fn family(&self) -> Family {
        let release = self.release();
        let mut words = field(&release, "ID").chain(field(&release, "ID_LIKE"));
        let is_suse = words.any(|it| it == "suse" || it == "opensuse" || it.starts_with("sle"));
        if is_suse { Family::Suse } else { Family::Other }
    }

    /// What is installed. Where rpm is but a tool and has installed nothing,
    /// there is nothing to update.
    pub(super) fn installed(&self) -> Result<Vec<Installed>, ProbeError> {
        let form = "%{NAME}\t%{EVR}\t%{ARCH}\t%{INSTALLTIME}\n";
        let mut ask = self.ask("rpm").what("rpm -qa");
        if self.is_elsewhere() {
            ask = ask.args(["--root".as_ref(), self.root.as_os_str()]);
        }
        let output = ask.args(["-qa", "--qf", form]).run()?;
        require_database(&output)?;
        let installed = installed(output.expect()?);
        if installed.is_empty() {
            return Err(ProbeError::Unsupported { why: "rpm has installed nothing".into() });
        }
        Ok(installed)
    }

    /// Whether it must be restarted for what is already installed.
    pub(super) fn reboot(&self, installed: &[Installed], now: Timestamp) -> Reboot {
        reboot::judge(installed, reboot::started_at(now))
    }

    /// Who is changing packages at this moment, if anybody.
    pub(super) fn lock_holder(&self) -> Option<String> {
        super::locks::holder(&self.root, &LOCKS)
    }
}

/// Refuses an answer out of a database that could not be read. Those who ask
/// rpm's library complain and go on, as if nothing were installed.
pub(super) fn require_database(output: &Output) -> Result<(), ProbeError> {
    let complaint = output.stderr.lines().find(|it| it.starts_with("error: "));
    complaint.map_or(Ok(()), |it| {
        let what = format!("`{}`", output.what);
        if it.to_lowercase().contains("permission denied") {
            return Err(ProbeError::NoPermission { what: format!("{what}'s database: {it}") });
        }
        Err(ProbeError::Program { what, said: it.to_owned() })
    })
}

/// The words of a field of a release file.
fn field<'a>(release: &'a str, name: &str) -> impl Iterator<Item = &'a str> {
    let mut fields = release.lines().filter_map(|it| it.split_once('='));
    let value = fields.find_map(|(key, value)| (key == name).then_some(value));
    value.unwrap_or_default().trim().trim_matches(['"', '\'']).split_whitespace()
}

fn installed(said: &str) -> Vec<Installed> {
    let lines = said.lines().filter_map(|line| {
        let mut fields = line.split('\t').map(str::to_owned);
        let (name, version, arch) = (fields.next()?, fields.next()?, fields.next()?);
        let at = fields.next().and_then(|it| it.parse().ok());
        // Keys are kept among the packages, and have no architecture.
        let is_package = arch != "(none)";
        let at = at.and_then(|it| Timestamp::from_second(it).ok());
        is_package.then_some(Installed { name, version, arch, at })
    });
    lines.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_are_no_packages() {
        // rpm 4.18.
        let said = "gpg-pubkey\t5a6340b3-6229229e\t(none)\t1795996000\n\
                    dbus\t1:1.12.20-8.el9\tx86_64\t1795996814\n\
                    half a line\n";
        let dbus = Installed {
            name: "dbus".into(),
            version: "1:1.12.20-8.el9".into(),
            arch: "x86_64".into(),
            at: Some(Timestamp::from_second(1_795_996_814).unwrap()),
        };
        assert_eq!(installed(said), [dbus]);
    }

    #[test]
    fn the_release_file_tells_the_family() {
        let dir = tempfile::tempdir().unwrap();
        fs::create_dir(dir.path().join("etc")).unwrap();
        let system = System::below(dir.path(), dir.path());
        for (release, expected) in [
            ("NAME=\"SLES\"\nID=\"sles\"\nID_LIKE=\"suse\"\n", Family::Suse),
            ("ID=\"opensuse-leap\"\nID_LIKE=\"suse opensuse\"\n", Family::Suse),
            ("ID=\"rhel\"\nID_LIKE=\"fedora\"\n", Family::Other),
            ("NAME=\"not suse\"\nID=fedora\n", Family::Other),
            ("", Family::Other),
        ] {
            fs::write(dir.path().join("etc/os-release"), release).unwrap();
            assert_eq!(system.family(), expected, "{release}");
        }
    }

    #[test]
    fn where_rpm_has_no_database_there_is_nothing_to_ask() {
        let dir = tempfile::tempdir().unwrap();
        let system = System::below(dir.path(), dir.path());
        assert!(matches!(system.require(), Err(ProbeError::Unsupported { .. })));
        fs::create_dir_all(dir.path().join("var/lib/rpm")).unwrap();
        assert!(matches!(system.require(), Err(ProbeError::Unsupported { .. })));
        fs::write(dir.path().join("var/lib/rpm/rpmdb.sqlite"), "").unwrap();
        system.require().unwrap();
    }

    #[test]
    fn an_image_is_not_asked_for_packages_and_that_is_said() {
        let dir = tempfile::tempdir().unwrap();
        let system = System::below(dir.path(), dir.path());
        system.require_packages("dnf").unwrap();
        fs::create_dir_all(dir.path().join("run")).unwrap();
        fs::write(dir.path().join("run/ostree-booted"), "").unwrap();
        let err = system.require_packages("dnf").unwrap_err();
        assert!(matches!(err, ProbeError::Program { .. }), "{err}");
    }

    #[test]
    fn a_database_that_cannot_be_read_is_not_an_empty_one() {
        // dnf 4.14 went on after this, and ended with 0.
        let stderr = "error: sqlite failure: attempt to write a readonly database\n\
                      error: cannot open Packages database in \n";
        let output = Output {
            what: "dnf -C check-update".into(),
            code: 0,
            stdout: String::new(),
            stderr: stderr.into(),
        };
        let err = require_database(&output).unwrap_err();
        assert_eq!(
            err.to_string(),
            "`dnf -C check-update` failed: error: sqlite failure: attempt to write a readonly database"
        );
        require_database(&Output { stderr: "Error: else\n".into(), ..output }).unwrap();
    }
}
