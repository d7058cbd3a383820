//! Manual pages and shell completions, written from the command lines of the
//! three programs, so that they cannot say anything else than `--help` does.
//!
//! `remit-pages DIR` makes `DIR/<program>/man` and `DIR/<program>/completions`.
//! It is a program of its own so that the three carry no typesetting with them.

use std::{
    env, fs,
    path::{Path, PathBuf},
};

use anyhow::Context as _;
use clap::Command;
use clap_complete::{Shell, generate_to};
use clap_mangen::Man;

/// A program, and the section of the manual that its pages belong to.
struct Program {
    name: &'static str,
    section: &'static str,
    command: fn() -> Command,
}

const PROGRAMS: &[Program] = &[
    Program { name: "remit-agent", section: "8", command: remit_agent::cli::command_line },
    Program { name: "remit-collector", section: "8", command: remit_collector::cli::command_line },
    Program { name: "remit", section: "1", command: remit_ctl::command_line },
];

const SHELLS: &[Shell] = &[Shell::Bash, Shell::Fish, Shell::Zsh];

fn main() -> anyhow::Result<()> {
    let folder = env::args_os().nth(1).map(PathBuf::from).context("which folder?")?;
    PROGRAMS.iter().try_for_each(|program| write(program, &folder.join(program.name)))
}

fn write(program: &Program, folder: &Path) -> anyhow::Result<()> {
    let (man, completions) = (folder.join("man"), folder.join("completions"));
    for folder in [&man, &completions] {
        fs::create_dir_all(folder)
            .with_context(|| format!("failed to make {}", folder.display()))?;
    }
    // `help` explains what has pages of its own.
    let mut command = (program.command)().disable_help_subcommand(true);
    for shell in SHELLS {
        generate_to(*shell, &mut command, program.name, &completions)
            .with_context(|| format!("failed to write what completes {}", program.name))?;
    }
    command.build();
    write_page(program, command, &man)
}

/// The page of a command, and of all below it.
fn write_page(program: &Program, command: Command, folder: &Path) -> anyhow::Result<()> {
    for below in command.get_subcommands().filter(|it| !it.is_hide_set()) {
        write_page(program, below.clone(), folder)?;
    }
    let source = format!("Remit {}", env!("CARGO_PKG_VERSION"));
    let page = Man::new(command).section(program.section).source(source).manual("Remit");
    let mut text = Vec::new();
    page.render(&mut text)?;
    let text = as_written(&String::from_utf8(text)?);
    let path = folder.join(page.get_filename());
    fs::write(&path, text).with_context(|| format!("failed to write {}", path.display()))
}

/// What stands after a command's help are examples and tables of exit codes,
/// whose lines must not be run together.
fn as_written(page: &str) -> String {
    let (mut text, mut open) = (String::new(), false);
    for line in page.lines() {
        if open && line.starts_with(".SH") {
            text.push_str(".fi\n");
            open = false;
        }
        if line == ".SH EXTRA" {
            text.push_str(".SH NOTES\n.nf\n");
            open = true;
        } else {
            text.push_str(line);
            text.push('\n');
        }
    }
    if open {
        text.push_str(".fi\n");
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_command_has_a_page_and_each_shell_a_file() {
        let folder = tempfile::tempdir().unwrap();
        for program in PROGRAMS {
            write(program, folder.path()).unwrap();
        }
        for name in ["remit-agent-backup-run.8", "remit-collector-init.8", "remit-alert-list.1"] {
            assert!(folder.path().join("man").join(name).exists(), "there is no {name}");
        }
        for name in ["remit-agent.bash", "remit-collector.fish", "_remit"] {
            assert!(folder.path().join("completions").join(name).exists(), "there is no {name}");
        }
    }

    #[test]
    fn examples_keep_their_lines() {
        let page = ".SH EXTRA\nExamples:\n  remit watch\n.SH VERSION\nv1\n";
        let expected = ".SH NOTES\n.nf\nExamples:\n  remit watch\n.fi\n.SH VERSION\nv1\n";
        assert_eq!(as_written(page), expected);
    }
}
