//! The agent for Windows, built on Linux.
//!
//! The compiler is the workspace's own, with a standard library for Windows
//! that rustup brings. Where rustup cannot, Debian's compiler makes that
//! library from its sources, which takes some minutes more.

pub(crate) mod msi;

use std::{
    fs,
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

use anyhow::Context as _;
use serde_json::Value;

use crate::{
    command::{self, cargo},
    needs::{self, Need},
};

const TARGET: &str = "x86_64-pc-windows-gnu";
const PACKAGE: [&str; 4] = ["--package", "remit-agent", "--target", TARGET];

/// Links programs for Windows.
pub(crate) const LINKER: Need = Need {
    program: "x86_64-w64-mingw32-gcc",
    package: "gcc-mingw-w64-x86-64",
    purpose: "linking the Windows agent",
};

/// Makes Windows' packages.
pub(crate) const WIXL: Need =
    Need { program: "wixl", package: "wixl", purpose: "packing the Windows agent" };

/// Debian's compiler, and what the standard library is made from.
const DEBIAN: &[Need] = &[
    Need { program: "/usr/bin/rustc", package: "rustc-web", purpose: "a compiler for Windows" },
    Need { program: "/usr/bin/cargo", package: "cargo-web", purpose: "a compiler for Windows" },
    Need {
        program: "/usr/src/rust-web/library/std/Cargo.toml",
        package: "rust-web-src",
        purpose: "a standard library for Windows",
    },
];

/// How the agent is built.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Profile {
    /// Quickly, for tests.
    Dev,
    /// To be handed out.
    Release,
}

/// Whose compiler it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Toolchain {
    Ours,
    Debian,
}

/// Builds the agent, and gives where it is.
pub(crate) fn build(profile: Profile) -> anyhow::Result<PathBuf> {
    let (flag, folder) = match profile {
        Profile::Dev => (None, "debug"),
        Profile::Release => (Some("--profile=agent"), "agent"),
    };
    let mut build = toolchain()?.cargo("build");
    command::run(build.args(PACKAGE).args(flag))?;
    Ok(Path::new("target").join(TARGET).join(folder).join("remit-agent.exe"))
}

/// Builds the agent's own tests, and puts them beside the agent, under a name
/// that does not change.
pub(crate) fn build_tests() -> anyhow::Result<PathBuf> {
    let mut build = toolchain()?.cargo("test");
    build.args(PACKAGE).args(["--lib", "--no-run", "--message-format=json-render-diagnostics"]);
    // Diagnostics are for whoever watches.
    let messages = command::capture(build.stderr(Stdio::inherit()))?;
    let built = test_program(&messages).context("cargo names no program with the agent's tests")?;
    let program = Path::new("target").join(TARGET).join("debug").join("remit-agent-tests.exe");
    fs::copy(&built, &program)
        .with_context(|| format!("failed to copy {} to {}", built.display(), program.display()))?;
    Ok(program)
}

/// The program with tests that cargo says it has made.
fn test_program(messages: &str) -> Option<PathBuf> {
    let messages = messages.lines().filter_map(|it| serde_json::from_str::<Value>(it).ok());
    let mut programs = messages.filter(|it| it["profile"]["test"] == true);
    programs.find_map(|it| it["executable"].as_str().map(PathBuf::from))
}

/// Fails if the agent does not compile for Windows, or with warnings.
pub(crate) fn check() -> anyhow::Result<()> {
    match toolchain()? {
        Toolchain::Ours => {
            let mut clippy = Toolchain::Ours.cargo("clippy");
            command::run(clippy.args(PACKAGE).args(["--", "-D", "warnings"]))
        }
        // It has no clippy.
        Toolchain::Debian => command::run(Toolchain::Debian.cargo("check").args(PACKAGE)),
    }
}

/// Sees to it that there is a compiler.
fn toolchain() -> anyhow::Result<Toolchain> {
    needs::ensure(&[LINKER])?;
    if has_library()? {
        return Ok(Toolchain::Ours);
    }
    if command::find("rustup").is_some() {
        command::complain(format!("adding the standard library for {TARGET}"));
        match command::capture(Command::new("rustup").args(["target", "add", TARGET])) {
            Ok(_) => return Ok(Toolchain::Ours),
            Err(err) => command::complain(format!("{err:#}\ntrying Debian's compiler instead")),
        }
    }
    needs::ensure(DEBIAN)?;
    Ok(Toolchain::Debian)
}

/// Whether our compiler has a standard library for Windows.
fn has_library() -> anyhow::Result<bool> {
    let asked = ["--print", "target-libdir", "--target", TARGET];
    let folder = command::capture(Command::new("rustc").args(asked))
        .context("failed to ask the compiler for its folders")?;
    Ok(Path::new(folder.trim()).is_dir())
}

impl Toolchain {
    fn cargo(self, subcommand: &str) -> Command {
        match self {
            Self::Ours => {
                let mut cargo = cargo();
                cargo.arg(subcommand);
                cargo
            }
            Self::Debian => {
                let mut cargo = Command::new("/usr/bin/cargo");
                cargo.env("RUSTC_BOOTSTRAP", "1").env("RUSTC", "/usr/bin/rustc");
                let library = match subcommand {
                    "test" => "build-std=std,panic_unwind,test",
                    _ => "build-std=std,panic_unwind",
                };
                cargo.args([subcommand, "-Z", library]);
                cargo
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_program_with_the_tests_is_found_among_cargos_messages() {
        let messages = r#"{"reason":"compiler-artifact","profile":{"test":false},"executable":null}
{"reason":"compiler-artifact","profile":{"test":true},"executable":"/t/remit_agent-44.exe"}
{"reason":"build-finished","success":true}
"#;
        assert_eq!(test_program(messages), Some("/t/remit_agent-44.exe".into()));
        assert_eq!(test_program("warning: none"), None);
    }
}
