//! An agent of an earlier commit, for the tests in `tests/skew`.
//!
//! `tests/skew/earlier` names the commit, which is in the history of every
//! clone that is not shallow. Its agent is built once, from that commit's own
//! sources and lock file, into `target/skew`.

use std::{fs, path::Path, process::Command};

use anyhow::{Context as _, bail, ensure};

use crate::command::{self, cargo};

const EARLIER: &str = "tests/skew/earlier";
const FOLDER: &str = "target/skew";

/// Sees to it that the earlier agent is there.
pub(crate) fn ensure_built() -> anyhow::Result<()> {
    let commit =
        fs::read_to_string(EARLIER).with_context(|| format!("failed to read {EARLIER}"))?;
    let commit = commit.trim();
    ensure!(
        commit.len() == 40 && commit.bytes().all(|it| it.is_ascii_hexdigit()),
        "{EARLIER} must name a commit by all of its 40 digits"
    );
    let folder = Path::new(FOLDER);
    let agent = folder.join(format!("remit-agent-{commit}"));
    if agent.exists() {
        return Ok(());
    }
    reach(commit)?;
    command::complain(format!("building the agent of {commit}; takes a minute or two, once"));
    let (source, target) = (folder.join("source"), folder.join("target"));
    forget(&source)?;
    fs::create_dir_all(&source).with_context(|| format!("failed to make {}", source.display()))?;
    let archive = folder.join("source.tar");
    command::run(git().args(["archive", "--output"]).arg(&archive).arg(commit))?;
    command::run(Command::new("tar").arg("-xf").arg(&archive).arg("-C").arg(&source))?;
    command::run(
        cargo()
            .args(["build", "--quiet", "--locked", "-p", "remit-agent"])
            .current_dir(&source)
            .env("CARGO_TARGET_DIR", fs::canonicalize(folder)?.join("target")),
    )?;
    // What is under this name is whole.
    fs::copy(target.join("debug/remit-agent"), folder.join("unfinished"))?;
    fs::rename(folder.join("unfinished"), &agent)?;
    fs::remove_file(&archive)?;
    forget(&source)?;
    forget(&target)
}

/// Whether this clone has the commit, and as one of its own.
fn reach(commit: &str) -> anyhow::Result<()> {
    let has = |args: &[&str]| command::capture(git().args(args)).is_ok();
    if !has(&["cat-file", "-e", &format!("{commit}^{{commit}}")]) {
        let shallow = command::capture(git().args(["rev-parse", "--is-shallow-repository"]));
        match shallow.as_deref().map(str::trim) {
            Ok("true") => bail!(
                "this clone is shallow and lacks commit {commit}, whose agent is tried against today's collector: run `git fetch --unshallow`"
            ),
            Ok(_) => bail!("this clone lacks commit {commit}, which {EARLIER} names"),
            Err(_) => bail!(
                "this is no clone of the repository, and the agent of commit {commit} is built from its history"
            ),
        }
    }
    ensure!(
        has(&["merge-base", "--is-ancestor", commit, "HEAD"]),
        "commit {commit}, which {EARLIER} names, is not in the history of this one"
    );
    Ok(())
}

fn git() -> Command {
    Command::new("git")
}

fn forget(folder: &Path) -> anyhow::Result<()> {
    match fs::remove_dir_all(folder) {
        Err(err) if err.kind() != std::io::ErrorKind::NotFound => {
            Err(err).with_context(|| format!("failed to delete {}", folder.display()))
        }
        _ => Ok(()),
    }
}
