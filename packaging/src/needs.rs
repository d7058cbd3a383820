//! Programs that the tests call and cargo cannot bring.
//!
//! To need one more, add it to [`NEEDS`]. Whatever is missing is installed
//! where apt and the rights for it are at hand; elsewhere [`Missing`] says what
//! is missing, what for and how to get it, and nothing is skipped in silence.

use std::process::Command;

use crate::{command, windows};

/// A program from outside this workspace.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Need {
    /// What is called.
    pub(crate) program: &'static str,
    /// The Debian package that has it.
    pub(crate) package: &'static str,
    /// What for.
    pub(crate) purpose: &'static str,
}

/// A real restic.
pub(crate) const RESTIC: Need =
    Need { program: "restic", package: "restic", purpose: "backups that are really made" };

/// Shows what a program asks of the kernel, and spoils it.
pub(crate) const STRACE: Need =
    Need { program: "strace", package: "strace", purpose: "seeing the sync before each answer" };

/// Shows a program another time.
pub(crate) const FAKETIME: Need =
    Need { program: "faketime", package: "faketime", purpose: "clocks that are wrong" };

/// Links that are bad, and networks at their other end.
pub(crate) const NETWORK: [Need; 3] = [
    Need { program: "nft", package: "nftables", purpose: "losing packets" },
    Need { program: "ip", package: "iproute2", purpose: "networks of a test's own" },
    Need { program: "tc", package: "iproute2", purpose: "links that are slow" },
];

/// Windows, as far as it is to be had. The program has no place on the path,
/// since it leaves out what runs 32-bit programs.
const WINE: Need = Need {
    program: "/usr/lib/wine/wine64",
    package: "wine64",
    purpose: "running the Windows agent as a service",
};

/// Everything that the test suite calls.
pub(crate) const NEEDS: &[Need] = &[
    RESTIC,
    Need { program: "borg", package: "borgbackup", purpose: "backups that are really made" },
    Need { program: "dnf", package: "dnf", purpose: "updates of Red Hat's kind" },
    Need { program: "zypper", package: "zypper", purpose: "updates of SUSE's kind" },
    Need { program: "rpmbuild", package: "rpm", purpose: "packages that are really installed" },
    Need {
        program: "createrepo_c",
        package: "createrepo-c",
        purpose: "repositories of a test's own",
    },
    STRACE,
    Need {
        program: "systemd-nspawn",
        package: "systemd-container",
        purpose: "machines that packages are installed into",
    },
    Need { program: "prometheus", package: "prometheus", purpose: "alerts that are really posted" },
    Need {
        program: "victoria-metrics",
        package: "victoria-metrics",
        purpose: "samples that are really kept",
    },
    Need {
        program: "amtool",
        package: "prometheus-alertmanager",
        purpose: "asking and resolving as people do",
    },
    WINE,
    windows::LINKER,
    windows::WIXL,
    Need {
        program: "aiosmtpd",
        package: "python3-aiosmtpd",
        purpose: "mail that is really taken, also with STARTTLS",
    },
    Need {
        program: "tinyproxy",
        package: "tinyproxy-bin",
        purpose: "a proxy that agents really go through",
    },
    Need { program: "/usr/sbin/zic", package: "libc-bin", purpose: "zones of a test's own" },
    NETWORK[0],
    NETWORK[1],
    NETWORK[2],
];

/// Programs that are not there and could not be installed.
#[derive(Debug, thiserror::Error)]
#[error("{}", explain(.needs, .why))]
pub(crate) struct Missing {
    /// What is missing.
    pub(crate) needs: Vec<Need>,
    /// Why it could not be had.
    pub(crate) why: String,
}

/// Sees to it that every program is there.
pub(crate) fn ensure(needs: &[Need]) -> Result<(), Missing> {
    let absent = absent(needs);
    if absent.is_empty() {
        return Ok(());
    }
    if command::find("apt-get").is_none() {
        return Err(Missing { needs: absent, why: "there is no apt-get here".into() });
    }
    if !rustix::process::geteuid().is_root() {
        return Err(Missing { needs: absent, why: "only root may install packages".into() });
    }
    install(&absent).map_err(|err| Missing { needs: absent.clone(), why: format!("{err:#}") })
}

fn absent(needs: &[Need]) -> Vec<Need> {
    needs.iter().copied().filter(|need| command::find(need.program).is_none()).collect()
}

fn install(needs: &[Need]) -> anyhow::Result<()> {
    let packages: Vec<_> = needs.iter().map(|need| need.package).collect();
    command::complain(format!("installing {}", packages.join(", ")));
    command::capture(apt().args(["-qq", "update"]))?;
    command::capture(
        apt().args(["-qq", "install", "--yes", "--no-install-recommends"]).args(packages),
    )?;
    Ok(())
}

fn apt() -> Command {
    let mut apt = Command::new("apt-get");
    // What is installed for a test must not begin to serve.
    apt.env("DEBIAN_FRONTEND", "noninteractive").env("RUNLEVEL", "1");
    apt
}

fn explain(needs: &[Need], why: &str) -> String {
    let packages: Vec<_> = needs.iter().map(|need| need.package).collect();
    let mut text = String::from("programs are missing:\n");
    for need in needs {
        text += &format!("  {}: {} (package {})\n", need.program, need.purpose, need.package);
    }
    text + &format!(
        "They were not installed: {why}.\nTo install them: apt-get install {}",
        packages.join(" ")
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_missing_is_said_with_its_purpose_and_its_cure() {
        let missing = Missing { needs: vec![RESTIC], why: "only root may install packages".into() };
        assert_eq!(
            missing.to_string(),
            "programs are missing:\n  \
             restic: backups that are really made (package restic)\n\
             They were not installed: only root may install packages.\n\
             To install them: apt-get install restic"
        );
    }

    #[test]
    fn what_is_there_is_not_asked_for() {
        let shell = Need { program: "sh", package: "dash", purpose: "this test" };
        assert!(ensure(&[shell]).is_ok());
    }
}
