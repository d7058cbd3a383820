//! Whether the programs really run on an old system: Debian 11, the oldest that
//! can still be installed from Debian's mirrors.

use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
};

use anyhow::{Context as _, ensure};

use super::{Job, Made};
use crate::{
    command::{self, say},
    roots,
};

const SUITE: &str = "bullseye";

/// What must work there, and a word that must be in the answer.
const TRIALS: &[(&[&str], &str)] = &[
    (&["remit", "--version"], "remit "),
    (&["remit", "matrix", "lint", "/usr/share/remit/starter.toml"], ""),
    (&["remit-agent", "config", "check"], "state_dir"),
    (&["remit-agent", "probe", "memory", "--json"], "memory"),
    (&["remit-collector", "init", "--data-dir", "/tmp/collector", "--name", "localhost"], "Made"),
    (&["remit-collector", "config", "check", "--data-dir", "/tmp/collector"], "names"),
];

/// A root with a folder of its own over it, until it is dropped.
struct Layer {
    folder: PathBuf,
}

impl Layer {
    fn over(root: &Path, folder: PathBuf) -> anyhow::Result<Self> {
        for part in ["changes", "work", "root"] {
            fs::create_dir_all(folder.join(part))?;
        }
        let path = |path: &Path| path.canonicalize().map(|it| it.display().to_string());
        let options = format!(
            "lowerdir={},upperdir={},workdir={}",
            path(root)?,
            path(&folder.join("changes"))?,
            path(&folder.join("work"))?
        );
        let layer = Self { folder };
        let mut mount = Command::new("mount");
        mount.args(["-t", "overlay", "overlay", "-o", &options]).arg(layer.root());
        command::capture(&mut mount)?;
        // Without it there is nothing to measure.
        let mut proc = Command::new("mount");
        command::capture(proc.args(["-t", "proc", "proc"]).arg(layer.root().join("proc")))?;
        Ok(layer)
    }

    fn root(&self) -> PathBuf {
        self.folder.join("root")
    }
}

impl Drop for Layer {
    fn drop(&mut self) {
        for mounted in [self.root().join("proc"), self.root()] {
            // What stays mounted is seen by whoever next wants the folder afresh.
            let _ = Command::new("umount").arg(mounted).status();
        }
    }
}

/// Installs the packages there and tries what is in them.
pub(super) fn check(job: &Job, made: &[Made]) -> anyhow::Result<()> {
    ensure!(rustix::process::geteuid().is_root(), "only root can enter another root");
    let root = roots::ensure(SUITE)?;
    let layer = Layer::over(&root, job.fresh("old")?)?;
    let mut packages = Vec::new();
    for Made { path, .. } in
        made.iter().filter(|it| it.path.extension().is_some_and(|it| it == "deb"))
    {
        let name = path.file_name().context("a package has a name")?;
        fs::copy(path, layer.root().join("tmp").join(name))?;
        packages.push(Path::new("/tmp").join(name));
    }
    let enter = || {
        let mut enter = Command::new("chroot");
        enter.arg(layer.root()).env_clear();
        enter.env("PATH", "/usr/sbin:/usr/bin:/sbin:/bin").env("DEBIAN_FRONTEND", "noninteractive");
        enter
    };
    let install = ["apt-get", "-qq", "install"];
    command::capture(enter().args(install).args(&packages))?;
    for (trial, word) in TRIALS {
        let said = command::capture(enter().args(*trial))?;
        ensure!(said.contains(word), "`{}` on {SUITE} said: {said}", trial.join(" "));
    }
    say(format!("      {} packages work on Debian {SUITE}", packages.len()));
    Ok(())
}
