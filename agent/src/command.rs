//! Asking a program that somebody else wrote.
//!
//! # Invariants
//!
//! - The program is found in the platform's [`folders`] or by an absolute path
//!   from our own configuration, never by `PATH`.
//! - It speaks the C locale, reads nothing, has a low priority and a process
//!   group of its own. When its time is up, the whole group is killed.
//! - What it says is kept up to a bound. More than that on standard output is
//!   an error, because half an answer is none.
//! - It inherits the agent's environment, which is where the service manager
//!   puts the credentials of remote repositories. Its arguments end up in
//!   error texts, so callers never put a secret there.
//!
//! # Not here
//!
//! What a program's exit status means, apart from "not 0" in
//! [`Output::expect`], is its probe's business.

mod child;
#[cfg(test)]
#[cfg(unix)]
mod tests;

use std::{
    env,
    ffi::{OsStr, OsString},
    io,
    path::{Path, PathBuf},
    process,
    time::Duration,
};

use remit_agent_domain::evidence;

use crate::{
    platform::{folders, process::program},
    probe::ProbeError,
};

/// How long a program has, unless told otherwise.
const DEADLINE: Duration = Duration::from_secs(30);
/// How much it may say on each stream, unless told otherwise.
const LIMIT: usize = 16 << 20;
/// The longest excerpt of its words in an error.
const SAID: usize = 500;

/// A program to be run, and under which conditions.
#[derive(Clone, Debug)]
pub struct Command {
    tool: &'static str,
    path: Option<PathBuf>,
    what: Option<String>,
    args: Vec<OsString>,
    env: Vec<(&'static str, OsString)>,
    deadline: Duration,
    limit: usize,
}

/// What a program left behind.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Output {
    /// What was asked, for error texts.
    pub what: String,
    /// Its exit code; 128 and the signal's number if one killed it.
    pub code: i32,
    /// What it printed.
    pub stdout: String,
    /// What it complained about, possibly cut.
    pub stderr: String,
}

impl Command {
    /// A program by its name.
    pub fn new(tool: &'static str) -> Self {
        Self {
            tool,
            path: None,
            what: None,
            args: Vec::new(),
            env: Vec::new(),
            deadline: DEADLINE,
            limit: LIMIT,
        }
    }

    /// The same program at a place of the operator's choice.
    #[must_use]
    pub fn at(mut self, path: Option<&Path>) -> Self {
        self.path = path.map(Path::to_owned);
        self
    }

    /// Names the question, where the command line is long or private.
    #[must_use]
    pub fn what(mut self, what: impl Into<String>) -> Self {
        self.what = Some(what.into());
        self
    }

    /// Adds arguments. They show up in process lists and error texts.
    #[must_use]
    pub fn args(mut self, args: impl IntoIterator<Item = impl AsRef<OsStr>>) -> Self {
        self.args.extend(args.into_iter().map(|it| it.as_ref().to_owned()));
        self
    }

    /// Sets a variable of its environment.
    #[must_use]
    pub fn env(mut self, name: &'static str, value: impl Into<OsString>) -> Self {
        self.env.push((name, value.into()));
        self
    }

    /// Gives it this long.
    #[must_use]
    pub fn deadline(mut self, deadline: Duration) -> Self {
        self.deadline = deadline;
        self
    }

    /// Lets it say this much on each stream.
    #[must_use]
    pub fn limit(mut self, bytes: usize) -> Self {
        self.limit = bytes;
        self
    }

    /// Runs it to its end, whatever its exit code.
    pub fn run(&self) -> Result<Output, ProbeError> {
        let what = self.describe();
        let path = self.find().ok_or(ProbeError::MissingTool { tool: self.tool })?;
        let mut command = process::Command::new(path);
        command
            .args(&self.args)
            .env_remove("LANGUAGE")
            .env("LC_ALL", "C.UTF-8")
            .env("PATH", env::join_paths(folders()).unwrap_or_default())
            .envs(self.env.iter().map(|(name, value)| (name, value)));
        match child::run(command, self.deadline, self.limit) {
            Ok(ended) if ended.overflow => {
                let said = format!("it gave more than {} bytes", self.limit);
                Err(ProbeError::Program { what, said })
            }
            Ok(ended) => {
                let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
                let (stdout, stderr) = (text(&ended.stdout), text(&ended.stderr));
                Ok(Output { what, code: ended.code, stdout, stderr })
            }
            Err(child::RunError::Timeout) => {
                Err(ProbeError::Timeout { what, deadline: self.deadline })
            }
            // Removed between our look and the start.
            Err(child::RunError::Io(err)) if err.kind() == io::ErrorKind::NotFound => {
                Err(ProbeError::MissingTool { tool: self.tool })
            }
            Err(child::RunError::Io(err)) => Err(ProbeError::read(format!("`{what}`"), err)),
        }
    }

    fn find(&self) -> Option<PathBuf> {
        match &self.path {
            Some(path) => Some(path.clone()).filter(|it| it.is_absolute() && it.is_file()),
            None => find(self.tool),
        }
    }

    fn describe(&self) -> String {
        self.what.clone().unwrap_or_else(|| {
            let args = self.args.iter().map(|it| it.to_string_lossy().into_owned());
            let words: Vec<_> = [self.tool.to_owned()].into_iter().chain(args).collect();
            evidence::head(&words.join(" "), SAID)
        })
    }
}

/// Where a program is, if it is in one of the usual places.
pub fn find(tool: &str) -> Option<PathBuf> {
    folders().into_iter().map(|it| it.join(program(tool))).find(|it| it.is_file())
}

impl Output {
    /// What it printed, if it ended with exit code 0.
    pub fn expect(&self) -> Result<&str, ProbeError> {
        if self.code == 0 { Ok(&self.stdout) } else { Err(self.to_error()) }
    }

    /// The error that this end is: the exit code and its last words.
    pub fn to_error(&self) -> ProbeError {
        let words = self.last_words();
        let lower = words.to_lowercase();
        if lower.contains("permission denied") || lower.contains("operation not permitted") {
            return ProbeError::NoPermission {
                what: format!("what `{}` needs: {words}", self.what),
            };
        }
        let what = format!("`{}`", self.what);
        let said = match words.as_str() {
            "" => format!("exit {}", self.code),
            words => format!("exit {}: {words}", self.code),
        };
        ProbeError::Program { what, said }
    }

    /// The last line of its complaints, or of its output if it had none;
    /// bounded, and without the passwords that addresses may carry.
    pub fn last_words(&self) -> String {
        let last =
            |text: &str| text.lines().rev().find(|it| !it.trim().is_empty()).map(str::to_owned);
        let line = last(&self.stderr).or_else(|| last(&self.stdout)).unwrap_or_default();
        evidence::head(&evidence::without_passwords(line.trim()), SAID)
    }
}
