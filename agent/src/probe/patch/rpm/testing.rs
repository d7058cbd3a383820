//! A system that rpm has installed packages on, and a repository with updates
//! for it. For tests; both are made by the real tools.

use std::{
    fs,
    path::{Path, PathBuf},
    time::Duration,
};

use jiff::{SignedDuration, Timestamp};
use remit_shared::{PatchItem, PatchScan};

use crate::command::Command;

/// What is installed, each in version 1, with a version 2 in the repository.
const PACKAGES: [(&str, &str); 5] = [
    ("broken", "Requires: does-not-exist"),
    ("glibc", ""),
    ("held", ""),
    ("my-security-tool", ""),
    ("plain", ""),
];

/// Two advisories, one of which is about security.
const ADVISORIES: &str = r#"<?xml version="1.0" encoding="UTF-8"?>
<updates>
<update from="x" status="final" type="security" version="1"><id>RHSA-2026:0001</id>
<title>x</title><issued date="2026-01-01 00:00:00"/><updated date="2026-01-01 00:00:00"/>
<severity>Important</severity><description>x</description>
<references><reference href="https://x.example" id="CVE-2026-1234" type="cve" title="x"/></references>
<pkglist><collection short="x"><name>x</name>
<package name="glibc" version="2" release="1" epoch="0" arch="noarch" src="x.src.rpm"><filename>glibc-2-1.noarch.rpm</filename></package>
<package name="held" version="2" release="1" epoch="0" arch="noarch" src="x.src.rpm"><filename>held-2-1.noarch.rpm</filename></package>
</collection></pkglist></update>
<update from="x" status="final" type="bugfix" version="1"><id>RHBA-2026:0002</id>
<title>x</title><issued date="2026-01-01 00:00:00"/><updated date="2026-01-01 00:00:00"/>
<severity>None</severity><description>x</description>
<pkglist><collection short="x"><name>x</name>
<package name="plain" version="2" release="1" epoch="0" arch="noarch" src="x.src.rpm"><filename>plain-2-1.noarch.rpm</filename></package>
</collection></pkglist></update>
</updates>
"#;

/// Where everything is.
pub(crate) struct World {
    /// The system.
    pub(crate) root: PathBuf,
    /// The home of those who ask.
    pub(crate) home: PathBuf,
    /// The repository.
    pub(crate) repository: PathBuf,
}

impl World {
    /// Makes everything below a folder.
    pub(crate) fn make(dir: &Path) -> Self {
        let [root, home, repository, old] =
            ["root", "home", "repository", "old"].map(|it| dir.join(it));
        for folder in [&root, &home, &repository, &old, &root.join("var/tmp")] {
            fs::create_dir_all(folder).unwrap();
        }
        // Debian's rpm would keep its database in somebody's home.
        fs::write(home.join(".rpmmacros"), "%_dbpath /var/lib/rpm\n").unwrap();
        let world = Self { root, home, repository };
        world.build("1", &old);
        world.build("2", &world.repository);
        let packages = fs::read_dir(old.join("noarch")).unwrap();
        let packages = packages.map(|it| it.unwrap().path().into_os_string());
        let fixed = ["--root".into(), world.root.clone().into_os_string(), "-i".into()];
        // As if this were no Debian, which the tool would warn of.
        let fixed = fixed.into_iter().chain(["--nodeps".into(), "--force-debian".into()]);
        world.run(world.tool("rpm").args(fixed.chain(packages)));
        world.publish(true);
        world
    }

    /// Lays out the repository, with advisories or without.
    pub(crate) fn publish(&self, advisories: bool) {
        self.run(self.tool("createrepo_c").args(["-q".as_ref(), self.repository.as_os_str()]));
        if advisories {
            let file = self.home.join("updateinfo.xml");
            fs::write(&file, ADVISORIES).unwrap();
            let data = self.repository.join("repodata");
            self.run(self.tool("modifyrepo_c").args([file, data]));
        }
    }

    /// Writes a file of the system.
    pub(crate) fn write(&self, path: &str, text: &str) {
        let path = self.root.join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }

    /// What a scan says of each update, for people.
    pub(crate) fn table(scan: &PatchScan) -> String {
        let row = |it: &PatchItem| {
            let security = if it.security { "security" } else { "-" };
            let (origins, named) = (it.origins.join(", "), it.advisories.join(", "));
            let PatchItem { package, installed, candidate, state, .. } = it;
            format!("{package} {installed} => {candidate} {state} {security} {origins} [{named}]\n")
        };
        scan.items.iter().map(row).collect()
    }

    /// A program that works on it.
    pub(crate) fn tool(&self, tool: &'static str) -> Command {
        Command::new(tool).env("HOME", &self.home).deadline(Duration::from_mins(2))
    }

    /// Runs it, and gives what it said.
    pub(crate) fn run(&self, command: Command) -> String {
        command.run().and_then(|it| it.expect().map(str::to_owned)).unwrap()
    }

    /// A little after everything was made.
    pub(crate) fn now(&self) -> Timestamp {
        let probe = self.home.join("now");
        fs::write(&probe, "").unwrap();
        let modified = fs::metadata(probe).and_then(|it| it.modified()).unwrap();
        Timestamp::try_from(modified).unwrap() + SignedDuration::from_secs(1)
    }

    /// Builds all packages in one version.
    fn build(&self, version: &str, into: &Path) {
        let needs = |it: &'static str| if version == "2" { it } else { "" };
        let parts = PACKAGES.map(|(name, more)| {
            let more = needs(more);
            format!(
                "%package -n {name}\nSummary: x\n{more}\n%description -n {name}\n%files -n {name}\n"
            )
        });
        let spec = format!(
            "Name: all\nVersion: {version}\nRelease: 1\nSummary: x\nLicense: x\n\
             BuildArch: noarch\n%description\n{}",
            parts.concat()
        );
        let file = self.home.join(format!("all-{version}.spec"));
        fs::write(&file, spec).unwrap();
        let defined = [("_topdir", self.home.join("build")), ("_rpmdir", into.to_owned())];
        let defined = defined
            .iter()
            .flat_map(|(name, path)| ["--define".into(), format!("{name} {}", path.display())]);
        let file = file.to_string_lossy().into_owned();
        let args = ["-bb".to_owned(), "--quiet".into()].into_iter().chain(defined).chain([file]);
        self.run(self.tool("rpmbuild").args(args));
    }
}
