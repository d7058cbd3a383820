//! What each command asks of the collector, and which view shows the answer.
//!
//! One submodule per noun. Each asks, turns the answer into a view, and hands
//! that to [`Out`]; what it looks like is decided in [`crate::view`].

mod alert;
mod audit;
mod change;
mod endpoint;
mod fleet;
mod known_issue;
mod login;
mod matrix;
mod operator;
mod people;
mod report;
mod shift;
mod sla;
mod source;
mod token;
mod window;

use std::{
    env, fs,
    path::{Path, PathBuf},
};

use clap::CommandFactory as _;
use remit_proto::v1;
use remit_runtime::{credential::Credential, duration::Span};
use remit_shared::Chain;

use crate::{
    args::{Args, Command, Global},
    client::Client,
    failure::{Exit, Failure, Kind},
    out::Out,
    view::{View, change::Waiting},
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
        Command::Sla(command) => sla::run(command, &global, out).await,
        Command::Shift(asked) => shift::shift(asked, &global, out).await,
        Command::Agenda(asked) => shift::agenda(asked, &global, out).await,
        Command::KnownIssue(command) => known_issue::run(command, &global, out).await,
        Command::Window(command) => window::run(command, &global, out).await,
        Command::Change(command) => change::run(command, &global, out).await,
        Command::Report(asked) => report::report(asked, &global, out).await,
        Command::Noise(asked) => report::noise(asked, &global, out).await,
        Command::Tune(asked) => report::tune(asked, &global, out).await,
        Command::Oncall(asked) => people::on_call(asked, &global, out).await,
        Command::Contact(command) => people::contact(command, &global, out).await,
        Command::Source(command) => source::run(command, &global, out).await,
        Command::Audit(asked) => audit::audit(asked, &global, out).await,
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

    /// The tenant that was named, or the only one that the operator sees.
    async fn one_tenant(&self, client: &Client) -> Result<String, Failure> {
        let named = self.tenant()?;
        if !named.is_empty() {
            return Ok(named);
        }
        let me = client.call(client.operators().who_am_i(v1::WhoAmIRequest {})).await?;
        match whole(me.operator)?.tenants.as_slice() {
            [only] => Ok(only.clone()),
            [] | [_, _, ..] => {
                Err(Failure::usage("this is about one tenant").hint("name it with --tenant"))
            }
        }
    }
}

/// A length of time for the wire, where 0 would mean "as usual".
fn seconds(length: Span) -> Result<u32, Failure> {
    let seconds = u32::try_from(length.0.as_secs()).ok().filter(|it| *it > 0);
    seconds.ok_or_else(|| Failure::usage("a second is the shortest time that makes sense here"))
}

/// A file that somebody named.
fn read(path: &Path) -> Result<String, Failure> {
    fs::read_to_string(path).map_err(|err| {
        let message = format!("failed to read {}: {}", path.display(), Chain(&err));
        Failure::new(Kind::Failed, message)
    })
}

/// Shows what was asked for, or that it waits for the other party.
fn done_or_waiting<V: View>(
    done: Option<impl Into<V>>,
    change_id: String,
    out: &mut Out<'_>,
) -> Result<(), Failure> {
    match (done, change_id.is_empty()) {
        (None, false) => out.show(&Waiting { change_id }),
        (done, _) => out.show(&whole(done)?.into()),
    }
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
