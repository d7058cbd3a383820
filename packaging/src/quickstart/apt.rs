//! What apt itself says of this machine, counted here and nowhere else.
//!
//! The number of updates is read from apt's own summary, and only the security
//! ones are counted line by line, so that one mistake in understanding an
//! `Inst` line cannot be made twice.

use std::process::Command;

use anyhow::Context as _;

use crate::command;

/// What is not installed yet.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Updates {
    pub(super) pending: u64,
    pub(super) security: u64,
}

/// Asks apt.
pub(super) fn ask() -> anyhow::Result<Updates> {
    let mut apt = Command::new("apt-get");
    apt.args(["-s", "-o", "Debug::NoLocking=true", "dist-upgrade"]).env("LC_ALL", "C");
    parse(&command::capture(&mut apt)?)
}

fn parse(text: &str) -> anyhow::Result<Updates> {
    let summary = text.lines().find_map(|line| {
        let (pending, rest) = line.split_once(" upgraded, ")?;
        rest.contains("newly installed").then(|| pending.parse().ok())?
    });
    let security = text.lines().filter(|line| is_security_update(line)).count();
    let security = u64::try_from(security)?;
    Ok(Updates { pending: summary.context("apt-get gave no summary")?, security })
}

/// `Inst name [installed] (candidate Origin:1/suite, Origin:2/suite [arch])`
fn is_security_update(line: &str) -> bool {
    let Some((what, rest)) = line.strip_prefix("Inst ").and_then(|rest| rest.split_once('('))
    else {
        return false;
    };
    let offer = rest.split(')').next().unwrap_or_default();
    // The name of a package may contain "security" too; only the origin counts.
    let from_security = offer.split_once(' ').is_some_and(|(_version, origins)| {
        origins.split(", ").any(|it| it.to_lowercase().contains("security"))
    });
    what.contains('[') && from_security
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = "\
Inst base-files [12.4+deb12u11] (12.4+deb12u15 Debian:12.15/oldstable [amd64])
Inst libgcrypt20 [1.10.1-3] (1.10.1-3+deb12u1 Debian:12.15/oldstable, Debian-Security:12/oldstable-security [amd64])
Inst harden-security [1] (2 Debian:12.15/oldstable [amd64])
Inst linux-image-6 (6.1 Debian-Security:12/oldstable-security [amd64])
3 upgraded, 1 newly installed, 0 to remove and 0 not upgraded.
Conf base-files (12.4+deb12u15 Debian:12.15/oldstable [amd64])
";

    #[test]
    fn only_updates_count_and_only_their_origin_makes_them_security() {
        assert_eq!(parse(TEXT).unwrap(), Updates { pending: 3, security: 1 });
    }

    #[test]
    fn silence_is_not_zero() {
        assert!(parse("").is_err());
    }
}
