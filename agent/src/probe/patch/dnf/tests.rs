//! Against the real dnf 4, a repository made for the purpose, and a system in
//! a folder that has every kind of update.

use std::{fs, path::Path, process, time::Duration};

use expect_test::expect;
use jiff::{SignedDuration, tz::TimeZone};
use proptest::prelude::*;
use remit_shared::{Body, Completeness, PatchScan};

use crate::probe::{
    Probe as _, ProbeError, Sample, Turn,
    patch::{
        dnf::{DnfProbe, advisory, history, listing, said},
        rpm::testing::World,
    },
};

const SOURCES: &str = "etc/yum.repos.d/test.repo";

fn world(dir: &Path) -> World {
    let world = World::make(dir);
    let at = world.repository.display();
    let sources = format!("[test]\nname=A test\nbaseurl=file://{at}\nenabled=1\ngpgcheck=0\n");
    world.write(SOURCES, &sources);
    world.write("etc/dnf/dnf.conf", "[main]\ngpgcheck=0\nexcludepkgs=held\n");
    refresh(&world);
    world
}

/// What the administrator does, or `dnf-makecache.timer`.
fn refresh(world: &World) {
    dnf(world, &["makecache", "--refresh"]);
}

fn dnf(world: &World, args: &[&str]) {
    let probe = DnfProbe::below(&world.root, &world.home);
    let args = probe.options.iter().map(String::as_str).chain(args.iter().copied());
    world.run(world.tool("dnf").args(args));
}

fn sample(world: &World) -> Result<Sample, ProbeError> {
    let mut probe = DnfProbe::below(&world.root, &world.home);
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
    let sample = sample(&world).unwrap();
    expect![[r#"
        broken.noarch 1-1 => 2-1 available - test []
        glibc.noarch 1-1 => 2-1 available security test, severity Important [CVE-2026-1234, RHSA-2026:0001]
        held.noarch 1-1 => 2-1 held security test, severity Important [CVE-2026-1234, RHSA-2026:0001]
        my-security-tool.noarch 1-1 => 2-1 available - test []
        plain.noarch 1-1 => 2-1 available - test [RHBA-2026:0002]
    "#]].assert_eq(&World::table(scan(&sample)));
    assert_eq!((sample.completeness, &*sample.missing), (Completeness::Full, ""));
    assert!(sample.source.as_deref().unwrap().starts_with("dnf -C check-update (dnf 4."));
    assert!(sample.catalog_at.is_some_and(|it| it <= world.now()));

    // As many as dnf itself offers to whoever asks it.
    let probe = DnfProbe::below(&world.root, &world.home);
    let said = world.tool("dnf").args(probe.options).args(["-C", "check-update"]).run().unwrap();
    let offers = said.stdout.lines().filter(|it| it.split_whitespace().count() == 3);
    assert_eq!((said.code, scan(&sample).available().count()), (100, offers.count()));

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
    dnf(&world, &["-y", "upgrade", "plain", "glibc"]);
    let sample = sample(&world).unwrap();
    let left: Vec<_> = scan(&sample).items.iter().map(|it| it.package.as_str()).collect();
    assert_eq!(left, ["broken.noarch", "held.noarch", "my-security-tool.noarch"]);
    let last = scan(&sample).last_patched_at.unwrap();
    assert!(world.now().duration_since(last) < SignedDuration::from_mins(10), "{last}");
}

#[test]
fn a_cache_that_was_never_filled_is_no_answer() {
    let dir = tempfile::tempdir().unwrap();
    let world = world(dir.path());
    fs::remove_dir_all(world.root.join("var/cache/dnf")).unwrap();
    let err = sample(&world).unwrap_err();
    assert_eq!(
        err.to_string(),
        "dnf failed: Cache-only enabled but no cache for 'test': run `dnf makecache`"
    );

    // Of a repository that may be missing dnf says nothing; we do.
    let sources = fs::read_to_string(world.root.join(SOURCES)).unwrap();
    world.write(SOURCES, &format!("{sources}skip_if_unavailable=1\n"));
    let sample = sample(&world).unwrap();
    assert_eq!((sample.catalog_at, sample.completeness), (None, Completeness::Partial));
    assert_eq!(sample.missing, "there is no metadata of the repository test: run `dnf makecache`");
}

#[test]
fn without_repositories_there_is_no_answer() {
    let dir = tempfile::tempdir().unwrap();
    let world = world(dir.path());
    fs::remove_file(world.root.join(SOURCES)).unwrap();
    let err = sample(&world).unwrap_err();
    assert_eq!(err.to_string(), "dnf failed: no repository is enabled");
}

#[test]
fn where_no_advisories_are_published_nobody_knows_what_is_for_security() {
    let dir = tempfile::tempdir().unwrap();
    let world = world(dir.path());
    world.publish(false);
    refresh(&world);
    let sample = sample(&world).unwrap();
    assert_eq!(scan(&sample).available().count(), 4);
    assert_eq!(sample.completeness, Completeness::Partial);
    assert_eq!(sample.missing, "no repository says which updates are security updates");
}

#[test]
fn a_lock_is_not_waited_for_and_is_no_answer() {
    let dir = tempfile::tempdir().unwrap();
    let world = world(dir.path());
    world.write("var/cache/dnf/metadata_lock.pid", &process::id().to_string());
    match sample(&world) {
        Err(ProbeError::Locked { what }) => {
            assert_eq!(what, format!("dnf's metadata (process {})", process::id()));
        }
        // Who is not root does not see dnf's lock, and sees whose it is.
        Ok(sample) if !rustix::process::geteuid().is_root() => {
            assert!(sample.missing.contains("metadata_lock.pid"), "{}", sample.missing);
        }
        other => panic!("{other:?}"),
    }
}

#[test]
fn where_zypper_updates_dnf_is_not_asked() {
    let dir = tempfile::tempdir().unwrap();
    let world = world(dir.path());
    world.write("etc/os-release", "ID=\"sles\"\nID_LIKE=\"suse\"\n");
    assert!(matches!(sample(&world), Err(ProbeError::Unsupported { .. })));
}

proptest! {
    #[test]
    fn any_answer_is_read_without_a_panic(text in "[ -~\n\té|]{0,200}") {
        let all = listing::parse(&text);
        listing::offered(&text, &all);
        advisory::parse(&text, &text);
        prop_assert!(advisory::parse_5(&text).is_err() || text.trim() == "[]");
        history::last(&text, &TimeZone::UTC);
        history::last_5(&text);
        said::repositories(&text);
        said::version(&text);
    }
}
