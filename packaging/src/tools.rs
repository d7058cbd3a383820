//! Checkers that are programs of their own.
//!
//! They are installed once, in a fixed version, into `target/tools`, so that
//! two machines never disagree about what is an error.

use std::{
    path::{Path, PathBuf},
    process::Command,
};

use anyhow::{Context as _, bail};

use crate::command::{self, cargo};

const FOLDER: &str = "target/tools";
const DENY: &str = "0.20.2";
const BUF: &str = "1.75.0";
const ZIG: &str = "0.15.2";
const ZIGBUILD: &str = "0.24.1";

/// Checks licences, sources and banned crates against `deny.toml`.
pub(crate) fn deny() -> anyhow::Result<()> {
    let program = Path::new(FOLDER).join("bin/cargo-deny");
    if !program.exists() {
        command::say(format!("building cargo-deny {DENY} into {FOLDER}; takes minutes, once"));
        let version = format!("cargo-deny@{DENY}");
        command::run(cargo().args(["install", "--quiet", "--locked", "--root", FOLDER, &version]))?;
    }
    // An exception that nothing needs any more is a lie about the tree.
    let strict = ["-D", "unmatched-skip", "-D", "unnecessary-skip"];
    let checks = ["--hide-inclusion-graph", "bans", "licenses", "sources"];
    command::run(Command::new(program).args(["--locked", "check"]).args(strict).args(checks))
}

/// Checks the protocol's sources against `proto/buf.yaml`.
pub(crate) fn proto_lint() -> anyhow::Result<()> {
    let folder = Path::new(FOLDER).join("buf");
    let program = folder.join("node_modules/.bin/buf");
    if !program.exists() {
        if command::find("npm").is_none() {
            bail!("npm is missing; buf {BUF} is installed with it");
        }
        command::say(format!("installing buf {BUF} into {FOLDER}"));
        let package = format!("@bufbuild/buf@{BUF}");
        command::capture(
            Command::new("npm")
                .args(["install", "--no-save", "--no-audit", "--no-fund", "--prefix"])
                .arg(&folder)
                .arg(package),
        )?;
    }
    let program = program.canonicalize().context("npm brought no buf")?;
    command::run(Command::new(program).arg("lint").current_dir("proto"))
}

/// A linker that knows old versions of glibc, and what makes cargo use it: gives
/// the folder that has both.
pub(crate) fn zig() -> anyhow::Result<PathBuf> {
    // The version in the name, so that a new one does not find the old one there.
    let folder = Path::new(FOLDER).join(format!("zig-{ZIG}-{ZIGBUILD}"));
    let programs = folder.join("bin");
    if !programs.join("cargo-zigbuild").exists() {
        command::say(format!("installing zig {ZIG} and cargo-zigbuild {ZIGBUILD} into {FOLDER}"));
        let python =
            command::find("python3").context("python3 is missing; zig comes by its pip")?;
        command::capture(Command::new(python).args(["-m", "venv"]).arg(&folder))?;
        let pip = ["install", "--quiet", "--disable-pip-version-check"];
        let packages = [format!("ziglang=={ZIG}"), format!("cargo-zigbuild=={ZIGBUILD}")];
        command::capture(Command::new(programs.join("pip")).args(pip).args(packages))?;
    }
    programs.canonicalize().context("pip brought no zig")
}
