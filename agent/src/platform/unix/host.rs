//! What a Unix machine says of itself, most of it in `/etc`.

use std::{fs, path::Path};

use jiff::Timestamp;
use remit_shared::Host;
use sysinfo::System;

use crate::host;

/// Asks the operating system about itself.
pub fn describe(agent_version: &str) -> Host {
    let read = |path: &str| fs::read_to_string(path).unwrap_or_default();
    let localtime = fs::read_link("/etc/localtime").unwrap_or_default();
    Host {
        hostname: System::host_name().unwrap_or_default(),
        os: std::env::consts::OS.into(),
        os_version: os_version(&read("/etc/os-release"))
            .or_else(|| System::long_os_version().ok())
            .unwrap_or_default(),
        kernel: System::kernel_version().unwrap_or_default(),
        arch: System::cpu_arch(),
        agent_version: agent_version.into(),
        machine_id: machine_id(&read("/etc/machine-id")).unwrap_or_default(),
        booted_at: booted_at(&read("/proc/stat")),
        zone: zone(&localtime, &read("/etc/timezone")).unwrap_or_default(),
    }
}

/// The name that the distribution has for itself: `PRETTY_NAME="…"`.
fn os_version(os_release: &str) -> Option<String> {
    let value = os_release.lines().find_map(|line| line.strip_prefix("PRETTY_NAME="))?;
    let plain = value.trim().trim_matches(['"', '\'']);
    (!plain.is_empty()).then(|| plain.into())
}

/// A hash, since the id itself is a secret of the machine's: see machine-id(5).
fn machine_id(machine_id: &str) -> Option<String> {
    let id = machine_id.trim();
    // Images of machines not yet started say `uninitialized`, or nothing.
    if id.len() != 32 || !id.bytes().all(|it| it.is_ascii_hexdigit()) {
        return None;
    }
    Some(host::hashed(id))
}

/// The line `btime` of `/proc/stat`.
fn booted_at(stat: &str) -> Option<Timestamp> {
    let seconds = stat.lines().find_map(|line| line.strip_prefix("btime "))?;
    Timestamp::from_second(seconds.trim().parse().ok()?).ok()
}

/// The zone's name: what `/etc/localtime` points to, else what Debian notes in
/// `/etc/timezone`. Empty on a machine whose `localtime` is a copy.
fn zone(localtime: &Path, timezone: &str) -> Option<String> {
    let linked = localtime.to_str().and_then(|path| path.split_once("zoneinfo/"));
    let linked = linked.map(|(_, name)| {
        let plain = name.strip_prefix("posix/").or_else(|| name.strip_prefix("right/"));
        plain.unwrap_or(name)
    });
    let name = linked.or_else(|| timezone.lines().next()).map(str::trim)?;
    let is_name = |it: u8| it.is_ascii_alphanumeric() || b"/_+-".contains(&it);
    (!name.is_empty() && name.bytes().all(is_name)).then(|| name.into())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_machine_id_is_hashed_and_stays_the_same() {
        let hash = machine_id("0123456789abcdef0123456789abcdef\n").unwrap();
        assert_eq!(hash, "acba4bd1fa5c16c93731b15ef6224d6f940824fa70bf5a68c0c70faefe4a5c23");
    }

    #[test]
    fn an_image_without_a_machine_id_has_none() {
        for text in ["", "uninitialized\n", "0123", "0123456789abcdef0123456789abcdeg"] {
            assert_eq!(machine_id(text), None, "{text:?}");
        }
    }

    #[test]
    fn a_zone_is_found_by_link_then_by_note() {
        for (link, note, expected) in [
            ("/usr/share/zoneinfo/Europe/Berlin", "", "Europe/Berlin"),
            ("../usr/share/zoneinfo/Etc/UTC", "Etc/UTC\n", "Etc/UTC"),
            ("../usr/share/zoneinfo/right/America/Indiana/Knox", "", "America/Indiana/Knox"),
            ("", "America/Argentina/Buenos_Aires\n", "America/Argentina/Buenos_Aires"),
            ("/etc/elsewhere", "Asia/Kolkata", "Asia/Kolkata"),
            ("", "", ""),
            ("", "not a zone\n", ""),
        ] {
            assert_eq!(zone(Path::new(link), note).unwrap_or_default(), expected, "{link} {note}");
        }
    }

    #[test]
    fn the_distribution_names_itself() {
        for (text, expected) in [
            (
                "NAME=\"Debian\"\nPRETTY_NAME=\"Debian GNU/Linux 12 (bookworm)\"\n",
                "Debian GNU/Linux 12 (bookworm)",
            ),
            ("PRETTY_NAME='Alpine Linux v3.20'\n", "Alpine Linux v3.20"),
            ("PRETTY_NAME=Void\n", "Void"),
            ("ID=arch\n", ""),
        ] {
            assert_eq!(os_version(text).unwrap_or_default(), expected);
        }
    }

    #[test]
    fn the_start_is_read_from_the_kernel() {
        let at = booted_at("cpu  1 2 3 4\nbtime 1795467318\nprocesses 42\n").unwrap();
        assert_eq!(at.to_string(), "2026-11-23T20:55:18Z");
        assert_eq!(booted_at("cpu  1 2 3 4\n"), None);
        assert_eq!(booted_at("btime 99999999999999999\n"), None);
    }

    #[test]
    fn this_machine_has_a_name_and_a_kernel() {
        let host = describe("0.1.0");
        assert!(!host.hostname.is_empty() && !host.kernel.is_empty(), "{host:?}");
        assert!(host.booted_at.is_some());
    }

    proptest! {
        #[test]
        fn no_text_is_a_panic(text in "(btime |PRETTY_NAME=|zoneinfo/)?[ -~\n]{0,60}") {
            let _ = (booted_at(&text), os_version(&text), machine_id(&text));
            let _ = zone(Path::new(&text), &text);
        }
    }
}
