//! Other people's programs, and what we say about them.
//!
//! The two ways to run one: [`run`] shows it to whoever is watching,
//! [`capture`] reads what it says. Both fail if the program does.

use std::{
    env,
    ffi::OsString,
    fmt::Display,
    io::{self, Write as _},
    path::PathBuf,
    process::{Command, Stdio},
};

use anyhow::{Context as _, bail};

/// Says one line to whoever is watching.
pub(crate) fn say(line: impl Display) {
    // A reader that went away, as in `| head`, is no reason to stop the work.
    let _ = writeln!(io::stdout().lock(), "{line}");
}

/// Says one line that is not part of the result.
pub(crate) fn complain(line: impl Display) {
    let _ = writeln!(io::stderr().lock(), "{line}");
}

/// The cargo that runs us. It is not told what the one that started us said of
/// this package: build scripts that look at that would be run again each time
/// that somebody calls cargo by hand in between, and all that depends on them.
pub(crate) fn cargo() -> Command {
    let mut cargo = Command::new(env::var_os("CARGO").unwrap_or_else(|| OsString::from("cargo")));
    for (name, _) in env::vars_os() {
        if name.to_str().is_some_and(is_about_us) {
            cargo.env_remove(name);
        }
    }
    cargo
}

/// Whether a variable says something of the package that cargo runs.
fn is_about_us(name: &str) -> bool {
    name.starts_with("CARGO_PKG_") || name.starts_with("CARGO_MANIFEST_")
}

/// Where a program is, if it is on the path.
pub(crate) fn find(program: &str) -> Option<PathBuf> {
    let path = env::var_os("PATH")?;
    env::split_paths(&path).map(|folder| folder.join(program)).find(|file| file.is_file())
}

/// Runs a program that speaks for itself.
pub(crate) fn run(command: &mut Command) -> anyhow::Result<()> {
    let status = command.status().with_context(|| format!("failed to start {}", show(command)))?;
    if !status.success() {
        bail!("{} ended with {status}", show(command));
    }
    Ok(())
}

/// Runs a program and gives what it wrote to its standard output.
pub(crate) fn capture(command: &mut Command) -> anyhow::Result<String> {
    let output = command
        .stdin(Stdio::null())
        .output()
        .with_context(|| format!("failed to start {}", show(command)))?;
    if !output.status.success() {
        let said = String::from_utf8_lossy(&output.stderr);
        bail!("{} ended with {}\n{}", show(command), output.status, said.trim_end());
    }
    String::from_utf8(output.stdout).with_context(|| format!("{} wrote no UTF-8", show(command)))
}

/// The command as one would type it, without the path of the program.
fn show(command: &Command) -> String {
    let program = PathBuf::from(command.get_program());
    let name = program.file_name().unwrap_or(program.as_os_str()).to_string_lossy().into_owned();
    let args = command.get_args().map(|arg| arg.to_string_lossy().into_owned());
    format!("`{}`", [name].into_iter().chain(args).collect::<Vec<_>>().join(" "))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_program_that_fails_is_named_with_what_it_said() {
        let err = capture(Command::new("/bin/sh").args(["-c", "echo no >&2; exit 3"])).unwrap_err();
        assert_eq!(err.to_string(), "`sh -c echo no >&2; exit 3` ended with exit status: 3\nno");
    }

    #[test]
    fn a_program_that_is_not_there_is_not_found() {
        assert_eq!(find("remit-has-no-such-program"), None);
        assert!(find("sh").is_some());
    }
}
