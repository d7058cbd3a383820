use super::*;

fn check(line: &str, expected: (&str, Option<&str>, &str, &[&str])) {
    let simulation = parse(&format!("Inst {line}\nConf {line}\n"));
    let [install] = &simulation.installs[..] else { panic!("{line}: {simulation:?}") };
    let origins: Vec<_> = install.origins.iter().map(String::as_str).collect();
    let got = (&*install.package, install.installed.as_deref(), &*install.candidate, &*origins);
    assert_eq!(got, expected, "{line}");
}

#[test]
fn lines_of_real_machines_are_understood() {
    // Debian 12, apt 2.6.1.
    check(
        "base-files [12.4+deb12u11] (12.4+deb12u15 Debian:12.15/oldstable [amd64])",
        ("base-files", Some("12.4+deb12u11"), "12.4+deb12u15", &["Debian:12.15/oldstable"]),
    );
    check(
        "libgcrypt20-dev [1.10.1-3] (1.10.1-3+deb12u1 Debian:12.15/oldstable, Debian-Security:12/oldstable-security [amd64]) []",
        (
            "libgcrypt20-dev",
            Some("1.10.1-3"),
            "1.10.1-3+deb12u1",
            &["Debian:12.15/oldstable", "Debian-Security:12/oldstable-security"],
        ),
    );
    check(
        "libperl5.36 [5.36.0-7+deb12u2] (5.36.0-7+deb12u4 Debian-Security:12/oldstable-security [amd64]) [perl:amd64 ]",
        (
            "libperl5.36",
            Some("5.36.0-7+deb12u2"),
            "5.36.0-7+deb12u4",
            &["Debian-Security:12/oldstable-security"],
        ),
    );
    check(
        "brand-new (1 Ubuntu:22.04/jammy-updates [all])",
        ("brand-new", None, "1", &["Ubuntu:22.04/jammy-updates"]),
    );
    // In the forms of other distributions.
    check(
        "libc6:i386 [2.35-0ubuntu3.6] (2.35-0ubuntu3.8 Ubuntu:22.04/jammy-updates, Ubuntu:22.04/jammy-security [i386]) [libc6:amd64 ]",
        (
            "libc6:i386",
            Some("2.35-0ubuntu3.6"),
            "2.35-0ubuntu3.8",
            &["Ubuntu:22.04/jammy-updates", "Ubuntu:22.04/jammy-security"],
        ),
    );
    check(
        "raspi-firmware [1:1.20250430-1] (1:1.20250915-1 Raspberry Pi Foundation:stable [all])",
        (
            "raspi-firmware",
            Some("1:1.20250430-1"),
            "1:1.20250915-1",
            &["Raspberry Pi Foundation:stable"],
        ),
    );
    // From a file, which has no archive.
    check("tool [1] (2  [amd64])", ("tool", Some("1"), "2", &[]));
}

#[test]
fn security_is_where_an_update_comes_from() {
    for (origin, expected) in [
        ("Debian-Security:12/oldstable-security", true),
        ("Debian-Security:9/oldoldstable", true),
        ("Ubuntu:22.04/jammy-security", true),
        ("UbuntuESM:22.04/jammy-infra-security", true),
        ("UbuntuESMApps:22.04/jammy-apps-security", true),
        ("UbuntuESM:22.04/jammy-infra-updates", false),
        ("Debian:12.15/oldstable", false),
        ("Debian:12-updates/oldstable-updates", false),
        ("Raspberry Pi Foundation:stable", false),
        ("Raspbian:12/oldstable", false),
        ("security-vendor:stable", false),
        ("bookworm-security/main", false),
    ] {
        assert_eq!(is_security(origin), expected, "{origin}");
    }
}

#[test]
fn what_is_kept_is_named_with_both_versions() {
    // Ubuntu 24.04's two lists, with `-V`.
    let simulation = parse(
        "Calculating upgrade...
The following upgrades have been deferred due to phasing:
   libnetplan1 (1.1.1-1~ubuntu24.04.1 => 1.1.2-2~ubuntu24.04.1)
The following packages have been kept back:
   broken (1 => 2)
The following packages will be upgraded:
   plain (1 => 2)
1 upgraded, 0 newly installed, 0 to remove and 2 not upgraded.
2 not fully installed or removed.
Inst plain [1] (2 Ubuntu:24.04/noble-updates [all])
",
    );
    let kept: Vec<_> = simulation.kept.iter().map(|it| (&*it.package, &*it.candidate)).collect();
    assert_eq!(kept, [("libnetplan1", "1.1.2-2~ubuntu24.04.1"), ("broken", "2")]);
    assert_eq!((simulation.installs.len(), simulation.unfinished), (1, 2));
}

#[test]
fn a_line_that_is_cut_off_is_no_update() {
    for line in ["", "x", "x [1]", "x [1] (2", "x [1] (2 Debian:12", "x [1 (2 [all])"] {
        assert_eq!(parse(&format!("Inst {line}")).installs, [], "{line}");
    }
}
