//! The agent as a package of Windows' own installer, made by `wixl`.
//!
//! What it does on a machine is said in `packaging/windows/remit-agent.wxs`.

use std::{
    fs,
    path::{Path, PathBuf},
    process::{Command, ExitCode},
};

use anyhow::{Context as _, ensure};

use super::{Profile, WIXL, build};
use crate::{command, needs};

const SOURCE: &str = "packaging/windows/remit-agent.wxs";
const OUT: &str = "target/dist";

/// Builds the agent and packs it.
pub(crate) fn run() -> anyhow::Result<ExitCode> {
    let program = build(Profile::Release)?;
    let made = make(&program, env!("CARGO_PKG_VERSION"), Path::new(OUT))?;
    command::say(made.display());
    Ok(ExitCode::SUCCESS)
}

/// Packs a program into a folder, and gives the package.
pub(crate) fn make(program: &Path, version: &str, out: &Path) -> anyhow::Result<PathBuf> {
    needs::ensure(&[WIXL])?;
    fs::create_dir_all(out).with_context(|| format!("failed to make {}", out.display()))?;
    let source = fs::canonicalize(SOURCE).with_context(|| format!("failed to find {SOURCE}"))?;
    let out = fs::canonicalize(out).with_context(|| format!("failed to find {}", out.display()))?;
    let package = out.join(format!("remit-agent-{version}-x64.msi"));
    let (folder, name) = program.parent().zip(program.file_name()).context("no program")?;
    let (program, version) = (format!("Program={}", name.display()), format!("Version={version}"));
    // It finds files only below the folder that it stands in.
    let said = command::capture(
        Command::new("wixl")
            .current_dir(folder)
            .args(["--arch", "x64", "--define", &version, "--define", &program, "--output"])
            .args([&package, &source]),
    )?;
    ensure!(package.is_file(), "wixl made no package: {said}");
    Ok(package)
}
