//! `remit watch`: a live stream that survives whatever happens to the link.
//!
//! # Invariants
//!
//! - An event is written before its cursor counts as reached, and the stream is
//!   taken up again at the cursor that was reached: nothing is lost, and as
//!   long as this process lives nothing is said twice.
//! - The cursor file is written whenever there is a pause, and at the end. A
//!   process that is killed in between says the last events again next time.
//! - Only what may pass by itself is waited out. Being refused ends the stream.

use std::{
    convert::Infallible,
    fs, future, io,
    path::{Path, PathBuf},
};

use jiff::SignedDuration;
use remit_proto::v1;
use remit_runtime::{duration, files, random};
use remit_shared::Backoff;
use tokio::time;

use crate::{
    args::{Global, watch::Watch},
    client::Client,
    failure::{Exit, Failure, Kind},
    out::Out,
    view::event::Change,
};

/// How long to wait before the next attempt.
const BACKOFF: Backoff =
    Backoff { base: SignedDuration::from_secs(1), max: SignedDuration::from_secs(30) };

/// Shows events until somebody asks to stop.
pub(crate) async fn run(asked: Watch, global: &Global, out: &mut Out<'_>) -> Result<Exit, Failure> {
    let mut watcher = Watcher {
        request: v1::WatchAlertsRequest {
            tenant: global.tenant()?,
            team: asked.team.unwrap_or_default(),
            cursor: String::new(),
        },
        position: Position::open(asked.from, asked.cursor_file)?,
        backoff: BACKOFF,
        has_begun: false,
        failures: 0,
    };
    let ended = tokio::select! {
        ended = watcher.follow(global, out) => ended.map(|never| match never {}),
        stop = asked_to_stop() => stop,
    };
    watcher.position.save()?;
    ended.map(|()| Exit::OK)
}

/// Follows the stream.
pub(crate) struct Watcher {
    pub(crate) request: v1::WatchAlertsRequest,
    pub(crate) position: Position,
    pub(crate) backoff: Backoff,
    /// Whether the bare cursor that every stream begins with was written.
    pub(crate) has_begun: bool,
    /// How often nothing came since something came last.
    pub(crate) failures: u32,
}

impl Watcher {
    /// Writes events; ends with what cannot be waited out. The first connection
    /// must succeed: a mistyped address should not look like a quiet night.
    pub(crate) async fn follow(
        &mut self,
        global: &Global,
        out: &mut Out<'_>,
    ) -> Result<Infallible, Failure> {
        let mut client = Some(global.connect().await?);
        loop {
            let failure = match client.take() {
                Some(client) => self.stream(&client, out).await?,
                None => match global.connect().await {
                    Ok(connected) => {
                        client = Some(connected);
                        continue;
                    }
                    Err(failure) => failure,
                },
            };
            if !failure.may_pass() {
                return Err(failure);
            }
            self.failures += 1;
            let wait = self.backoff.wait(self.failures, random::u64());
            let shown = duration::format(wait);
            out.remark(&format!("{}; going on in {shown}", failure.message));
            time::sleep(wait.unsigned_abs()).await;
        }
    }

    /// Writes what one connection brings; gives how the connection ended, or
    /// fails with what is wrong on our side.
    async fn stream(&mut self, client: &Client, out: &mut Out<'_>) -> Result<Failure, Failure> {
        let cursor = self.position.cursor.clone();
        let request = v1::WatchAlertsRequest { cursor, ..self.request.clone() };
        let mut stream = match client.call(client.alerts().watch_alerts(request)).await {
            Ok(stream) => stream,
            Err(failure) => return Ok(failure),
        };
        loop {
            let message = tokio::select! {
                biased;
                message = stream.message() => message,
                // Nothing more has come: time to write down how far we are.
                () = future::ready(()), if self.position.is_unsaved => {
                    self.position.save()?;
                    continue;
                }
            };
            match message {
                Ok(Some(message)) => self.write(message.into(), out)?,
                Ok(None) => {
                    let ended = format!("{} ended the stream", client.address);
                    return Ok(Failure::new(Kind::Unreachable, ended));
                }
                Err(status) => return Ok(status.into()),
            }
        }
    }

    fn write(&mut self, change: Change, out: &mut Out<'_>) -> Result<(), Failure> {
        if change.event.is_some() || !self.has_begun {
            out.stream(&change)?;
        }
        self.has_begun = true;
        self.failures = 0;
        self.position.reach(change.cursor);
        Ok(())
    }
}

/// How far the stream was written.
#[derive(Debug)]
pub(crate) struct Position {
    /// Where to go on; empty: from now on.
    pub(crate) cursor: String,
    file: Option<PathBuf>,
    is_unsaved: bool,
}

impl Position {
    /// What the file says, else what was asked for.
    pub(crate) fn open(from: Option<String>, file: Option<PathBuf>) -> Result<Self, Failure> {
        let kept = file.as_deref().map(kept).transpose()?.flatten();
        let cursor = kept.or(from).unwrap_or_default();
        Ok(Self { cursor, file, is_unsaved: false })
    }

    fn reach(&mut self, cursor: String) {
        self.is_unsaved = self.file.is_some() && (self.is_unsaved || self.cursor != cursor);
        self.cursor = cursor;
    }

    /// Writes the cursor down.
    pub(crate) fn save(&mut self) -> Result<(), Failure> {
        if let Some(file) = self.file.as_ref().filter(|_| self.is_unsaved) {
            let text = format!("{}\n", self.cursor);
            files::write_atomic(file, text.as_bytes()).map_err(|err| Failure::broken(&err))?;
            self.is_unsaved = false;
        }
        Ok(())
    }
}

/// The cursor in a file; none if there is no file yet.
fn kept(file: &Path) -> Result<Option<String>, Failure> {
    match fs::read_to_string(file) {
        Ok(text) => Ok(Some(text.trim().to_owned()).filter(|it| !it.is_empty())),
        Err(err) if err.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(err) => {
            let message = format!("failed to read {}: {err}", file.display());
            Err(Failure::new(Kind::Failed, message))
        }
    }
}

/// Returns once somebody presses Ctrl-C or ends the service.
#[cfg(unix)]
async fn asked_to_stop() -> Result<(), Failure> {
    use tokio::signal::unix::{SignalKind, signal};
    let broken = |err| Failure::broken(&err);
    let mut interrupt = signal(SignalKind::interrupt()).map_err(broken)?;
    let mut terminate = signal(SignalKind::terminate()).map_err(broken)?;
    tokio::select! {
        _ = interrupt.recv() => {}
        _ = terminate.recv() => {}
    }
    Ok(())
}

/// Returns once somebody presses Ctrl-C.
#[cfg(not(unix))]
async fn asked_to_stop() -> Result<(), Failure> {
    tokio::signal::ctrl_c().await.map_err(|err| Failure::broken(&err))
}

#[cfg(test)]
mod tests;
