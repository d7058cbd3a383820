//! Whether the machine must be restarted for what is already installed.
//!
//! The rule is that of `dnf needs-restarting --reboothint`: one of a few
//! packages was installed after the system was started. The plugin itself need
//! not be there. Its clock is the first process', so that the rule holds in a
//! container, too, whose kernel runs for longer.

use std::{fs, io};

use jiff::{SignedDuration, Timestamp};
use remit_shared::Reboot;

use crate::probe::patch::rpm::Installed;

/// What takes effect with a restart only: the plugin's list, and what Oracle
/// and SUSE call their kernels. dnf 5 also counts gnutls and openssl-libs,
/// which are new in every service that is restarted, and are not here.
const CORE: [&str; 17] = [
    "dbus",
    "dbus-broker",
    "dbus-daemon",
    "glibc",
    "kernel",
    "kernel-azure",
    "kernel-core",
    "kernel-default",
    "kernel-default-base",
    "kernel-rt",
    "kernel-rt-core",
    "kernel-uek",
    "kernel-uek-core",
    "linux-firmware",
    "microcode_ctl",
    "systemd",
    "ucode-intel",
];

/// Decides. Where none of these packages is installed, nobody can tell.
pub(super) fn judge(installed: &[Installed], started_at: Option<Timestamp>) -> Reboot {
    let core = || installed.iter().filter(|it| CORE.contains(&it.name.as_str()));
    let Some(started_at) = started_at.filter(|_| core().next().is_some()) else {
        return Reboot::default();
    };
    let mut newer: Vec<_> = core().filter(|it| it.at.is_some_and(|at| at > started_at)).collect();
    newer.sort_by(|a, b| (&a.name, a.at).cmp(&(&b.name, b.at)));
    let reason = |it: &Installed| {
        format!("{} {} was installed after the machine was started", it.name, it.version)
    };
    Reboot {
        required: Some(!newer.is_empty()),
        reasons: newer.iter().map(|it| reason(it)).collect(),
        since: newer.iter().filter_map(|it| it.at).min(),
    }
}

/// When the first process was started.
pub(super) fn started_at(now: Timestamp) -> Option<Timestamp> {
    let read = |path| fs::read_to_string(path);
    let (uptime, first): (io::Result<_>, io::Result<_>) =
        (read("/proc/uptime"), read("/proc/1/stat"));
    let per_second = i64::try_from(rustix::param::clock_ticks_per_second()).ok()?;
    parse(&uptime.ok()?, &first.ok()?, per_second, now)
}

/// From how long the kernel has run, and after how long of that it began.
fn parse(uptime: &str, stat: &str, per_second: i64, now: Timestamp) -> Option<Timestamp> {
    let uptime: i64 = uptime.split(['.', ' ']).next()?.parse().ok()?;
    // The name before may contain anything.
    let (_, fields) = stat.rsplit_once(')')?;
    let ticks: i64 = fields.split_whitespace().nth(19)?.parse().ok()?;
    let age = uptime.checked_sub(ticks.checked_div(per_second)?)?;
    now.checked_sub(SignedDuration::from_secs(age)).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(second).unwrap()
    }

    fn package(name: &str, installed_at: i64) -> Installed {
        let (version, arch) = ("1-2".into(), "x86_64".into());
        Installed { name: name.into(), version, arch, at: Some(at(installed_at)) }
    }

    #[test]
    fn what_was_installed_since_the_start_and_needs_one_is_a_reason() {
        let installed = [
            package("bash", 300),
            package("glibc", 250),
            package("kernel", 200),
            package("systemd", 50),
        ];
        let reboot = judge(&installed, Some(at(100)));
        assert_eq!(reboot.required, Some(true));
        assert_eq!(
            reboot.reasons,
            [
                "glibc 1-2 was installed after the machine was started",
                "kernel 1-2 was installed after the machine was started"
            ]
        );
        assert_eq!(reboot.since, Some(at(200)));
        let reboot = judge(&installed, Some(at(260)));
        assert_eq!((reboot.required, reboot.since), (Some(false), None));
    }

    #[test]
    fn where_nobody_can_tell_nothing_is_claimed() {
        assert_eq!(judge(&[package("bash", 300)], Some(at(100))), Reboot::default());
        assert_eq!(judge(&[package("glibc", 300)], None), Reboot::default());
    }

    #[test]
    fn the_first_process_of_a_container_is_younger_than_the_kernel() {
        let stat = "1 (my ) init) S 0 1 1 0 -1 4194560 1 2 3 4 5 6 7 8 20 0 1 0 90000 1 2 3";
        assert_eq!(parse("1000.50 3000.0\n", stat, 100, at(5000)), Some(at(4900)));
        for (uptime, stat) in [("", stat), ("x", stat), ("1000.5", "1 (init) S"), ("1000.5", "")] {
            assert_eq!(parse(uptime, stat, 100, at(5000)), None);
        }
        assert_eq!(parse("1000.5", stat, 0, at(5000)), None);
    }

    #[test]
    fn this_machine_was_started_before_now() {
        let now = at(4_000_000_000);
        assert!(started_at(now).unwrap() < now);
    }
}
