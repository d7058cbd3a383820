//! How the programs are compiled.
//!
//! What is handed out is linked against an old glibc, by zig's linker, so that
//! one program runs on every distribution since Debian 10 and RHEL 8. What only
//! tries the packages out is what `cargo build` makes anyway.

use std::{
    collections::BTreeSet,
    fs,
    path::{Path, PathBuf},
    process::Command,
};

use anyhow::Context as _;

use super::product::{PRODUCTS, Product};
use crate::{
    command::{self, cargo, say},
    tools,
};

/// The glibc of RHEL 8, the oldest that we promise to run on.
pub(super) const GLIBC: &str = "2.28";
const TARGET: &str = "x86_64-unknown-linux-gnu";

/// Compiles the programs. [`compiled`] says where they are.
pub(super) fn compile(quick: bool) -> anyhow::Result<()> {
    if quick {
        // All of them, as the tests do, so that both share what is compiled.
        return command::run(cargo().args(["build", "--quiet", "--workspace", "--bins"]));
    }
    let zig = tools::zig()?;
    // No path of the machine that it was made on, so that two make the same.
    let home = std::env::var("CARGO_HOME")
        .or_else(|_| std::env::var("HOME").map(|it| format!("{it}/.cargo")))
        .context("neither CARGO_HOME nor HOME is set")?;
    let here = std::env::current_dir()?;
    let remap =
        format!("--remap-path-prefix={home}=/cargo --remap-path-prefix={}=/remit", here.display());
    let profiles: BTreeSet<_> = PRODUCTS.iter().map(|it| it.profile).collect();
    for profile in profiles {
        let krates = PRODUCTS.iter().filter(|it| it.profile == profile);
        let mut build = Command::new(zig.join("cargo-zigbuild"));
        build.args(["zigbuild", "--locked", "--bins", "--profile", profile]);
        build.args(["--target", &format!("{TARGET}.{GLIBC}")]);
        build.args(krates.flat_map(|it| ["-p", it.krate]));
        build.env("CARGO_ZIGBUILD_ZIG_PATH", zig.join("python-zig"));
        command::run(build.env("RUSTFLAGS", &remap))?;
    }
    Ok(())
}

/// Where a program is once it is compiled.
pub(super) fn compiled(product: &Product, quick: bool) -> PathBuf {
    let folder = if quick {
        PathBuf::from("target/debug")
    } else {
        Path::new("target").join(TARGET).join(product.profile)
    };
    folder.join(product.program)
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
