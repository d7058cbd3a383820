//! `cargo xtask test`: every test of the workspace, by one command.
//!
//! The runner is cargo-nextest where it is installed and cargo's own otherwise.
//! Its exit code is ours, and its summary is the last line, whatever it wrote
//! after it.

use std::{
    io::{self, BufRead, BufReader, IsTerminal as _, Read, Write},
    process::{Command, ExitCode, ExitStatus, Stdio},
};

use anyhow::Context as _;

use crate::{command, dist, needs, skew, windows};

/// Runs the suite, with the runner's exit code.
pub(crate) fn run(args: &[String]) -> anyhow::Result<ExitCode> {
    let code = execute(args)?.code().and_then(|code| u8::try_from(code).ok());
    Ok(code.map_or(ExitCode::FAILURE, ExitCode::from))
}

/// Runs the suite and gives how the runner ended; `args` go to it as they are.
pub(crate) fn execute(args: &[String]) -> anyhow::Result<ExitStatus> {
    needs::ensure(needs::NEEDS)?;
    skew::ensure_built()?;
    // The end-to-end tests start the programs; cargo does not know that.
    command::run(command::cargo().args(["build", "--workspace", "--bins"]))?;
    // Nor that they install packages into a machine of their own.
    dist::trial()?;
    windows::build(windows::Profile::Dev)?;
    windows::build_tests()?;
    let nextest = command::find("cargo-nextest").is_some();
    let mut runner = command::cargo();
    if nextest {
        runner.args(["nextest", "run", "--workspace", "--no-fail-fast"]).stderr(Stdio::piped());
    } else {
        runner.args(["test", "--workspace", "--no-fail-fast"]).stdout(Stdio::piped());
    }
    if io::stderr().is_terminal() {
        // It sees a pipe and would leave the colours out.
        runner.env("CARGO_TERM_COLOR", "always");
    }
    let (status, lines) = watch(runner.args(args))?;
    let summary = if nextest { nextest_summary(&lines) } else { cargo_summary(&lines) };
    command::say(summary.unwrap_or_else(|| "no test was run".into()));
    Ok(status)
}

/// Runs a program, passing on the output that is piped, and gives the lines
/// among it that a summary is made of.
fn watch(command: &mut Command) -> anyhow::Result<(ExitStatus, Vec<String>)> {
    let mut child = command.spawn().context("failed to start the test runner")?;
    let mut lines = Vec::new();
    if let Some(errors) = child.stderr.take() {
        pass_on(errors, io::stderr().lock(), &mut lines)?;
    }
    if let Some(output) = child.stdout.take() {
        pass_on(output, io::stdout().lock(), &mut lines)?;
    }
    Ok((child.wait()?, lines))
}

fn pass_on(from: impl Read, mut to: impl Write, kept: &mut Vec<String>) -> io::Result<()> {
    let mut from = BufReader::new(from);
    let mut line = Vec::new();
    while from.read_until(b'\n', &mut line)? > 0 {
        to.write_all(&line)?;
        let text = String::from_utf8_lossy(&line);
        if text.contains("Summary") || text.contains("test result:") {
            kept.push(text.trim().to_owned());
        }
        line.clear();
    }
    Ok(())
}

fn nextest_summary(lines: &[String]) -> Option<String> {
    lines.iter().rev().find(|line| line.contains("Summary")).cloned()
}

/// One line for the many that cargo writes, one per test binary.
fn cargo_summary(lines: &[String]) -> Option<String> {
    let results: Vec<_> = lines.iter().filter(|line| line.contains("test result:")).collect();
    let sum = |what| results.iter().map(|line| count(line, what)).sum::<u64>();
    let (passed, failed, ignored) = (sum("passed"), sum("failed"), sum("ignored"));
    let word = if failed == 0 { "ok" } else { "FAILED" };
    (!results.is_empty()).then(|| {
        format!("test result: {word}. {passed} passed; {failed} failed; {ignored} ignored")
    })
}

/// The number before a word, as in `3 passed;`.
fn count(line: &str, what: &str) -> u64 {
    let words: Vec<_> = line.split_whitespace().collect();
    let pair = words.windows(2).find(|pair| pair[1].trim_end_matches(';') == what);
    pair.and_then(|pair| pair[0].parse().ok()).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cargos_many_results_become_one() {
        let lines = [
            "test result: ok. 5 passed; 0 failed; 0 ignored; 0 measured; 0 filtered out".to_owned(),
            "test result: FAILED. 2 passed; 1 failed; 0 ignored; 0 measured".to_owned(),
        ];
        let expected = "test result: FAILED. 7 passed; 1 failed; 0 ignored";
        assert_eq!(cargo_summary(&lines).as_deref(), Some(expected));
        assert_eq!(cargo_summary(&[]), None);
    }

    #[test]
    fn the_summary_is_kept_and_everything_is_passed_on() {
        let text = "PASS a\n Summary [ 0.1s] 1 test run: 1 passed\nFAIL b";
        let (mut seen, mut kept) = (Vec::new(), Vec::new());
        pass_on(text.as_bytes(), &mut seen, &mut kept).unwrap();
        assert_eq!(seen, text.as_bytes());
        assert_eq!(nextest_summary(&kept).unwrap(), "Summary [ 0.1s] 1 test run: 1 passed");
    }
}
