//! How the programs are compiled.
//!
//! What is handed out is linked against an old glibc, by zig's linker, so that
//! one program runs on every distribution since Debian 10 and RHEL 8. What only
//! tries the packages out is what `cargo build` makes anyway.

use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
};

use anyhow::Context as _;

use super::product::PRODUCTS;
use crate::{
    command::{self, cargo, say},
    tools,
};

/// The glibc of RHEL 8, the oldest that we promise to run on.
pub(super) const GLIBC: &str = "2.28";
const TARGET: &str = "x86_64-unknown-linux-gnu";

/// Compiles the programs and gives the folder that they are in.
pub(super) fn compile(quick: bool) -> anyhow::Result<PathBuf> {
    let krates = PRODUCTS.iter().flat_map(|it| ["-p", it.krate]);
    if quick {
        // All of them, as the tests do, so that both share what is compiled.
        command::run(cargo().args(["build", "--quiet", "--workspace", "--bins"]))?;
        return Ok(PathBuf::from("target/debug"));
    }
    let zig = tools::zig()?;
    let mut build = Command::new(zig.join("cargo-zigbuild"));
    build.args(["zigbuild", "--locked", "--release", "--bins"]);
    build.args(["--target", &format!("{TARGET}.{GLIBC}")]).args(krates);
    build.env("CARGO_ZIGBUILD_ZIG_PATH", zig.join("python-zig"));
    // No path of the machine that it was made on, so that two make the same.
    let home = std::env::var("CARGO_HOME")
        .or_else(|_| std::env::var("HOME").map(|it| format!("{it}/.cargo")))
        .context("neither CARGO_HOME nor HOME is set")?;
    let here = std::env::current_dir()?;
    let remap =
        format!("--remap-path-prefix={home}=/cargo --remap-path-prefix={}=/remit", here.display());
    command::run(build.env("RUSTFLAGS", remap))?;
    Ok(Path::new("target").join(TARGET).join("release"))
}

/// Puts a program where it is packed from, without what only debuggers read.
pub(super) fn put(from: &Path, to: &Path) -> anyhow::Result<()> {
    fs::copy(from, to)
        .with_context(|| format!("failed to copy {} to {}", from.display(), to.display()))?;
    let mut strip = Command::new("strip");
    strip.args(["--strip-all", "--remove-section=.comment", "--"]).arg(to);
    command::capture(&mut strip).map(drop)
}

/// Compiles what writes manual pages and completions, and lets it.
pub(super) fn write_pages(folder: &Path) -> anyhow::Result<()> {
    say("      manual pages and completions");
    command::run(cargo().args(["build", "--quiet", "-p", "remit-pages"]))?;
    command::capture(Command::new("target/debug/remit-pages").arg(folder)).map(drop)
}
