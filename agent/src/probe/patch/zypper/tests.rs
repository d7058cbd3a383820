//! Against the real zypper, a repository made for the purpose, and a system in
//! a folder that has every kind of update.

use std::{fs, path::Path, process, time::Duration};

use expect_test::expect;
use jiff::SignedDuration;
use proptest::prelude::*;
use remit_shared::{Body, Completeness, PatchScan};

use crate::probe::{
    Probe as _, ProbeError, Sample, Turn,
    patch::{
        rpm::testing::World,
        zypper::{ZypperProbe, said, xml},
    },
};

const SOURCES: &str = "etc/zypp/repos.d/test.repo";

fn world(dir: &Path) -> World {
    let world = World::make(dir);
    let at = world.repository.display();
    let sources =
        format!("[test]\nname=A test\nbaseurl=dir://{at}\nenabled=1\ngpgcheck=0\ntype=rpm-md\n");
    world.write(SOURCES, &sources);
    world.write("etc/os-release", "ID=\"opensuse-leap\"\nID_LIKE=\"suse opensuse\"\n");
    zypper(&world, &["--no-gpg-checks", "refresh"]);
    zypper(&world, &["addlock", "hel?"]);
    world
}

fn zypper(world: &World, args: &[&str]) {
    let root = world.root.to_string_lossy();
    let fixed = ["--root", &root, "--non-interactive"];
    world.run(world.tool("zypper").args(fixed.iter().chain(args)));
}

fn sample(world: &World) -> Result<Sample, ProbeError> {
    let mut probe = ZypperProbe::below(&world.root, &world.home);
    probe.sample(Turn { now: world.now(), monotonic: Duration::ZERO })
}

fn scan(sample: &Sample) -> &PatchScan {
    let Body::Patches(scan) = &sample.body else { panic!("{sample:?}") };
    scan
}

#[test]
fn every_kind_of_update_has_its_state() {
    let dir = tempfile::tempdir().unwrap();
    let world = world(dir.path());
    let mut sample = sample(&world).unwrap();
    expect![[r#"
        broken.noarch 1-1 => 2-1 kept_back - test []
        glibc.noarch 1-1 => 2-1 available security test, severity important [CVE-2026-1234, RHSA-2026:0001]
        held.noarch 1-1 => 2-1 held security test, severity important [CVE-2026-1234, RHSA-2026:0001]
        my-security-tool.noarch 1-1 => 2-1 available - test []
        plain.noarch 1-1 => 2-1 available - test [RHBA-2026:0002]
    "#]].assert_eq(&World::table(scan(&sample)));
    assert_eq!((sample.completeness, &*sample.missing), (Completeness::Full, ""));
    let source = sample.source.take().unwrap();
    assert!(source.starts_with("zypper --no-refresh list-updates (zypper 1."), "{source}");
    assert!(sample.catalog_at.is_some_and(|it| it <= world.now()));

    // glibc was installed just now, and this machine runs for longer.
    let reboot = &scan(&sample).reboot;
    assert_eq!(reboot.required, Some(true));
    assert_eq!(reboot.reasons, ["glibc 1-1 was installed after the machine was started"]);
    assert_eq!(scan(&sample).last_patched_at, None);
}

#[test]
fn an_update_that_is_installed_is_no_longer_missing_and_history_tells_when() {
    let dir = tempfile::tempdir().unwrap();
    let world = world(dir.path());
    zypper(&world, &["update", "plain", "glibc"]);
    world.write("run/reboot-needed", "");
    let sample = sample(&world).unwrap();
    let left: Vec<_> = scan(&sample).items.iter().map(|it| it.package.as_str()).collect();
    assert_eq!(left, ["broken.noarch", "held.noarch", "my-security-tool.noarch"]);
    let last = scan(&sample).last_patched_at.unwrap();
    assert!(world.now().duration_since(last) < SignedDuration::from_mins(10), "{last}");
    let reboot = &scan(&sample).reboot;
    assert_eq!(
        reboot.reasons,
        ["/run/reboot-needed is there", "glibc 2-1 was installed after the machine was started"]
    );
}

#[test]
fn metadata_that_was_never_fetched_is_no_answer_and_is_not_fetched() {
    let dir = tempfile::tempdir().unwrap();
    let world = world(dir.path());
    fs::remove_dir_all(world.root.join("var/cache/zypp")).unwrap();
    let err = sample(&world).unwrap_err();
    assert_eq!(
        err.to_string(),
        "zypper failed: there is no metadata of the repository test: run `zypper refresh`"
    );
    assert!(!world.root.join("var/cache/zypp/raw/test").exists());
}

#[test]
fn without_repositories_there_is_no_answer() {
    let dir = tempfile::tempdir().unwrap();
    let world = world(dir.path());
    fs::remove_file(world.root.join(SOURCES)).unwrap();
    let err = sample(&world).unwrap_err();
    assert_eq!(err.to_string(), "zypper failed: no repository is enabled");
    world.write("etc/os-release", "ID=\"sles\"\nID_LIKE=\"suse\"\n");
    let err = sample(&world).unwrap_err();
    assert!(err.to_string().contains("not registered"), "{err}");
}

#[test]
fn where_no_patches_are_published_nobody_knows_what_is_for_security() {
    let dir = tempfile::tempdir().unwrap();
    let world = world(dir.path());
    world.publish(false);
    zypper(&world, &["--no-gpg-checks", "refresh", "--force"]);
    let sample = sample(&world).unwrap();
    assert_eq!(scan(&sample).available().count(), 3);
    assert_eq!(sample.completeness, Completeness::Partial);
    assert_eq!(sample.missing, "no repository says which updates are security updates");
}

#[test]
fn a_lock_is_not_waited_for_and_is_no_answer() {
    let dir = tempfile::tempdir().unwrap();
    let world = world(dir.path());
    // Itself, and all that calls it, zypper does not take for somebody else.
    let mut other = process::Command::new("sleep").arg("60").spawn().unwrap();
    world.write("run/zypp.pid", &other.id().to_string());
    let answer = sample(&world);
    other.kill().unwrap();
    other.wait().unwrap();
    match answer {
        Err(ProbeError::Locked { what }) => {
            assert_eq!(what, format!("zypper (process {} (sleep))", other.id()));
        }
        // Who is not root is let in, and is told whose it is.
        Ok(sample) if !rustix::process::geteuid().is_root() => {
            assert!(sample.missing.contains("zypp.pid"), "{}", sample.missing);
        }
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_system_of_somebody_else_is_not_asked() {
    let dir = tempfile::tempdir().unwrap();
    let world = world(dir.path());
    world.write("etc/os-release", "ID=fedora\n");
    assert!(matches!(sample(&world), Err(ProbeError::Unsupported { .. })));
}

#[test]
fn a_patch_without_a_package_in_the_lists_is_an_update_of_its_own() {
    // zypper 1.14.42.
    let said = r#"<?xml version='1.0'?>
<stream>
<update-status version="0.6">
<update-list>
<update kind="patch" name="SUSE-2026-7" edition="1" arch="noarch" status="needed" category="security" severity="critical" pkgmanager="false" restart="false" interactive="false"><summary>x</summary><description>x</description><license/><source url="dir:/x" alias="updates"/><issue-date time_t="1767225600" text="2026-01-01T00:00:00Z"/><issue-list><issue type="cve" id="CVE-2026-1"><title>x</title><href>https://x.example</href></issue><issue type="bugzilla" id="1"/></issue-list></update><update kind="patch" name="SUSE-2026-8" status="applied" category="security"/></update-list>
</update-status>
</stream>
"#;
    let lists = xml::Lists { patches: xml::patches(said).unwrap(), ..Default::default() };
    let (items, _) = lists.items();
    let [item] = &items[..] else { panic!("{items:?}") };
    assert_eq!((&*item.package, &*item.candidate, item.security), ("patch:SUSE-2026-7", "1", true));
    assert_eq!(item.origins, ["updates", "severity critical"]);
    assert_eq!(item.advisories, ["CVE-2026-1", "SUSE-2026-7"]);
    assert!(xml::updates("<stream/>").is_err(), "no list is not an empty one");
}

proptest! {
    #[test]
    fn any_answer_is_read_without_a_panic(text in "[ -~\\n]{0,200}") {
        said::packages(&text);
        prop_assert!(xml::updates(&text).is_err());
        let lists = xml::Lists { locks: vec![text], ..Default::default() };
        lists.items();
    }

    #[test]
    fn a_pattern_matches_itself_and_what_a_star_takes(name in "[a-c]{0,6}", more in "[a-c]{0,4}") {
        prop_assert!(xml::matches(name.as_bytes(), name.as_bytes()));
        let is = |pattern: &[&str], text: &[&str]| {
            xml::matches(pattern.concat().as_bytes(), text.concat().as_bytes())
        };
        prop_assert!(is(&[&name, "*"], &[&name, &more]));
        prop_assert!(is(&["*", &more], &[&name, &more]));
        prop_assert_eq!(is(&[&name], &[&name, &more]), more.is_empty());
        prop_assert!(!is(&[&name, "?"], &[&name]));
    }
}
