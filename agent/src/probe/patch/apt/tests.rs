//! Against the real apt: this machine's own state, and a small archive made
//! for the purpose that has every kind of update.

use std::{fmt::Write as _, fs, path::Path, time::Duration};

use expect_test::expect;
use jiff::Timestamp;
use remit_shared::{Body, Completeness, PatchScan};

use crate::{
    command::Command,
    probe::{Probe as _, ProbeError, Sample, Turn, patch::apt::AptProbe},
};

fn sample(probe: &mut AptProbe) -> Result<Sample, ProbeError> {
    // Far ahead, so that no file's time lies in the future.
    let now: Timestamp = "2099-01-01T00:00:00Z".parse().unwrap();
    probe.sample(Turn { now, monotonic: Duration::ZERO })
}

fn scan(sample: &Sample) -> &PatchScan {
    let Body::Patches(scan) = &sample.body else { panic!("{sample:?}") };
    scan
}

#[test]
fn this_machine_has_as_many_updates_as_apt_says() {
    let sample = sample(&mut AptProbe::new()).expect("this test needs Debian's package `apt`");
    let script = "apt-get -s -o Debug::NoLocking=true dist-upgrade | grep -c '^Inst [^ ]* \\['";
    let counted = Command::new("sh").args(["-c", script]).deadline(Duration::from_mins(5));
    let counted = counted.run().unwrap();
    let counted: usize = counted.stdout.trim().parse().unwrap();

    let scan = scan(&sample);
    assert_eq!(scan.available().count(), counted);
    assert!(scan.items.is_sorted_by_key(|it| &it.package));
    assert!(sample.source.unwrap().starts_with("apt-get -s dist-upgrade (apt "));
    assert!(sample.catalog_at.is_some() || sample.completeness == Completeness::Partial);
}

#[test]
fn every_kind_of_update_has_its_state() {
    let dir = tempfile::tempdir().unwrap();
    let mut probe = archive(dir.path());
    let sample = sample(&mut probe).unwrap();
    let mut table = String::new();
    for it in &scan(&sample).items {
        let security = if it.security { "security" } else { "-" };
        let origins = it.origins.join(", ");
        writeln!(
            table,
            "{} {} => {} {} {security} {origins}",
            it.package, it.installed, it.candidate, it.state
        )
        .unwrap();
    }
    expect![[r#"
        broken 1 => 2 kept_back - ./
        held 1 => 2 held - Ubuntu:22.04/jammy-updates
        my-security-tool 1 => 2 available - Ubuntu:22.04/jammy-updates
        needs-new 1 => 2 available - Ubuntu:22.04/jammy-updates
        phased 1 => 2 deferred_phased - Ubuntu:22.04/jammy-updates
        plain 1 => 2 available - Ubuntu:22.04/jammy-updates
        removes 1 => 2 kept_back - Ubuntu:22.04/jammy-updates
    "#]]
    .assert_eq(&table);
    assert!(sample.catalog_at.is_some());
    assert_eq!((sample.completeness, &*sample.missing), (Completeness::Full, ""));
}

#[test]
fn without_lists_there_is_an_answer_and_it_is_partial() {
    let dir = tempfile::tempdir().unwrap();
    let mut probe = archive(dir.path());
    fs::remove_dir_all(dir.path().join("var/lib/apt/lists")).unwrap();
    let sample = sample(&mut probe).unwrap();
    assert_eq!((sample.catalog_at, sample.completeness), (None, Completeness::Partial));
    assert_eq!(sample.missing, "package lists are missing: run apt-get update");
}

#[test]
fn packages_that_contradict_each_other_are_an_error() {
    let dir = tempfile::tempdir().unwrap();
    let mut probe = archive(dir.path());
    let status = dir.path().join("var/lib/dpkg/status");
    let text = fs::read_to_string(&status).unwrap();
    fs::write(&status, format!("{text}{}", installed("odd", "Depends: does-not-exist\n"))).unwrap();
    let err = sample(&mut probe).unwrap_err();
    assert!(err.to_string().contains("Unmet dependencies"), "{err}");
}

const INSTALLED: [&str; 8] =
    ["plain", "held", "phased", "needs-new", "removes", "victim", "broken", "my-security-tool"];

fn installed(package: &str, more: &str) -> String {
    let want = if package == "held" { "hold" } else { "install" };
    format!(
        "Package: {package}\nStatus: {want} ok installed\nMaintainer: x\nArchitecture: all\n\
         Version: 1\n{more}Description: x\n\n"
    )
}

/// A system with an archive of its own, as apt sees them after an update.
fn archive(root: &Path) -> AptProbe {
    let packages: String = [
        ("plain", "2", ""),
        ("held", "2", ""),
        ("phased", "2", "Phased-Update-Percentage: 0\n"),
        ("needs-new", "2", "Depends: brand-new\n"),
        ("brand-new", "1", ""),
        ("removes", "2", "Conflicts: victim\n"),
        ("broken", "2", "Depends: does-not-exist\n"),
        ("my-security-tool", "2", ""),
    ]
    .iter()
    .map(|(package, version, more)| {
        format!(
            "Package: {package}\nVersion: {version}\nArchitecture: all\nMaintainer: x\n{more}\
             Filename: ./{package}.deb\nSize: 1\nSHA256: {}\nDescription: x\n\n",
            "0".repeat(64)
        )
    })
    .collect();
    let write = |path: &str, text: &str| {
        let path = root.join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    };
    write("archive/Packages", &packages);
    let sum = Command::new("sha256sum").args([root.join("archive/Packages")]).run().unwrap();
    let sum = &sum.stdout[..64];
    let size = packages.len();
    write(
        "archive/Release",
        &format!(
            "Origin: Ubuntu\nLabel: Ubuntu\nSuite: jammy-updates\nVersion: 22.04\nCodename: jammy\n\
             Date: Sat, 11 Jul 2026 10:16:37 UTC\nArchitectures: amd64\nSHA256:\n {sum} {size} Packages\n"
        ),
    );
    write("var/lib/dpkg/status", &INSTALLED.map(|it| installed(it, "")).concat());
    let at = root.display();
    write("etc/apt/sources.list", &format!("deb [trusted=yes] file:{at}/archive ./\n"));
    for folder in ["var/lib/apt/lists/partial", "var/cache/apt/archives/partial", "etc/apt/empty"] {
        fs::create_dir_all(root.join(folder)).unwrap();
    }
    // Read before any file of the machine's own, which `parts` leaves out.
    write(
        "apt.conf",
        &format!(
            "Dir::State \"{at}/var/lib/apt\";\nDir::State::status \"{at}/var/lib/dpkg/status\";\n\
             Dir::Cache \"{at}/var/cache/apt\";\nDir::Log \"{at}/var/log/apt\";\n\
             Dir::Etc::sourcelist \"{at}/etc/apt/sources.list\";\n\
             Dir::Etc::main \"{at}/etc/apt/none\";\nDir::Etc::parts \"{at}/etc/apt/empty\";\n\
             Dir::Etc::sourceparts \"{at}/etc/apt/empty\";\n\
             Dir::Etc::preferencesparts \"{at}/etc/apt/empty\";\n\
             APT::Architecture \"amd64\";\nAPT::Architectures \"amd64\";\nAPT::Sandbox::User \"\";\n\
             APT::Machine-ID \"0123456789abcdef0123456789abcdef\";\n"
        ),
    );
    let config = root.join("apt.conf");
    let updated =
        Command::new("apt-get").args(["update"]).env("APT_CONFIG", &config).run().unwrap();
    updated.expect().unwrap();
    AptProbe::below(root, &config)
}
