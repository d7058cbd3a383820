//! What each command asks of the collector, and which view shows the answer.
//!
//! One submodule per noun. Each asks, turns the answer into a view, and hands
//! that to [`Out`]; what it looks like is decided in [`crate::view`].

mod alert;
mod endpoint;
mod fleet;
mod login;
mod matrix;
mod operator;
mod token;

use std::{env, path::PathBuf};

use clap::CommandFactory as _;
use remit_runtime::{credential::Credential, duration::Span};

use crate::{
    args::{Args, Command, Global},
    client::Client,
    failure::{Exit, Failure, Kind},
    out::Out,
    watch,
};

/// Carries a command out.
pub(crate) async fn run(args: Args, out: &mut Out<'_>) -> Result<Exit, Failure> {
    let Args { global, command } = args;
    match command {
        Command::Login { file } => login::login(&file, &global, out).await,
        Command::Whoami => login::whoami(&global, out).await,
        Command::Endpoint(command) => endpoint::run(command, &global, out).await,
        Command::Alert(command) => alert::run(command, &global, out).await,
        Command::Watch(command) => watch::run(command, &global, out).await,
        Command::Who(who) => matrix::who(who, &global, out).await,
        Command::Matrix(command) => matrix::run(command, &global, out).await,
        Command::Patch(command) => fleet::patch(command, &global, out).await,
        Command::Backup(command) => fleet::backup(command, &global, out).await,
        Command::Token(command) => token::run(command, &global, out).await,
        Command::Operator(command) => operator::run(command, &global, out).await,
        Command::Completions { shell } => {
            let mut script = Vec::new();
            clap_complete::generate(shell, &mut Args::command(), "remit", &mut script);
            out.raw(&script)?;
            Ok(Exit::OK)
        }
    }
}

impl Global {
    /// Connects as whoever the credential says.
    pub(crate) async fn connect(&self) -> Result<Client, Failure> {
        let credential = Credential::read(&self.credential()?)?;
        Client::connect(credential, self.timeout.unsigned()).await
    }

    /// Where the credential is, or goes.
    pub(crate) fn credential(&self) -> Result<PathBuf, Failure> {
        if let Some(path) = &self.credential {
            return Ok(path.clone());
        }
        let home = env::home_dir().filter(|it| !it.as_os_str().is_empty());
        home.map(|it| it.join(".config").join("remit").join("credential.toml")).ok_or_else(|| {
            Failure::usage("there is no home folder").hint("name the file with --credential")
        })
    }

    /// The tenant, empty for all.
    pub(crate) fn tenant(&self) -> Result<String, Failure> {
        match self.tenant.as_slice() {
            [] => Ok(String::new()),
            [one] => Ok(one.clone()),
            [_, _, ..] => Err(Failure::usage("this command takes one --tenant")),
        }
    }
}

/// A length of time for the wire, where 0 would mean "as usual".
fn seconds(length: Span) -> Result<u32, Failure> {
    let seconds = u32::try_from(length.0.as_secs()).ok().filter(|it| *it > 0);
    seconds.ok_or_else(|| Failure::usage("a second is the shortest time that makes sense here"))
}

/// What every answer of the contract has.
fn whole<T>(part: Option<T>) -> Result<T, Failure> {
    part.ok_or_else(|| {
        Failure::new(Kind::Failed, "the collector's answer is not whole")
            .hint("see whether this `remit` is as new as the collector")
    })
}

#[cfg(test)]
mod tests;
