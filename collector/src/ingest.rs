//! Takes what agents report and makes it part of the truth.
//!
//! One [`Session`] per connected agent holds the endpoint's newest value; every
//! batch of records is one commit, and what is acknowledged is durable. Trust
//! is checked on every batch: against the registry before it is applied, and
//! by the commit itself, which fails if somebody revoked the endpoint since.

mod admission;
mod listening;
mod lobby;
mod roll;
mod sweep;
#[cfg(test)]
mod tests;

use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};
use remit_collector_domain::{
    detect::Rules,
    effect::Effect,
    endpoint::{
        self, Arrival, Distrust, Endpoint, Greeting, Opened, Verdict, apply, open_session, preview,
    },
};
use remit_shared::{Clock, EndpointId, Record, Stream};
use tokio::{sync::Notify, task};
use tokio_util::sync::CancellationToken;

pub use crate::ingest::{
    listening::{Listening, NOTED_EVERY},
    lobby::Lobby,
    roll::Roll,
};
use crate::{
    losses::Losses,
    ports::{
        directory::Directory,
        store::{Commit, Store, StoreError, Stored},
    },
};

/// What was measured longer ago than this lets what is measured now go first.
const LATE: SignedDuration = SignedDuration::from_mins(2);

/// Takes reports.
pub struct Ingest<S, D, C> {
    /// Where endpoints are kept.
    pub store: Arc<S>,
    /// Which limits hold.
    pub directory: Arc<D>,
    /// What time it is.
    pub clock: Arc<C>,
    /// How long the collector has been listening.
    pub listening: Arc<Listening>,
    /// Who is connected and was heard when.
    pub roll: Arc<Roll>,
    /// Who waits to be let in.
    pub lobby: Arc<Lobby>,
    /// What fell silent at once.
    pub losses: Arc<Losses>,
    /// Rung when a commit owes something.
    pub owed: Arc<Notify>,
}

/// One connected agent.
pub struct Session {
    endpoint: EndpointId,
    serial: String,
    stored: Stored<Endpoint>,
    /// The resume token that this session gave out. Once a newer session has
    /// given out another, this one's records are not wanted any more.
    lease: [u8; 16],
    /// Cancelled when the session must end: revoked, or replaced by a newer one.
    pub ended: CancellationToken,
    seat: u64,
}

/// Everything up to these numbers is durable.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Through {
    /// In the event stream.
    pub events: u64,
    /// In the measurement stream.
    pub metrics: u64,
}

/// Why a session ends, or does not begin.
#[derive(Debug, thiserror::Error)]
pub enum IngestError {
    /// The certificate names an endpoint that is not in the registry.
    #[error("there is no endpoint {0}")]
    NoSuchEndpoint(EndpointId),
    /// It is there, and not trusted.
    #[error("endpoint {endpoint} is not trusted")]
    Distrusted {
        /// The endpoint.
        endpoint: EndpointId,
        /// Why not.
        #[source]
        source: Distrust,
    },
    /// A newer session of the same endpoint has begun.
    #[error("endpoint {0} has a newer session")]
    Replaced(EndpointId),
    /// The agent left a hole in its numbers.
    #[error("record {got} of the {stream} stream came where {expected} was due")]
    OutOfOrder {
        /// The stream.
        stream: Stream,
        /// The number that came.
        got: u64,
        /// The number that was due.
        expected: u64,
    },
    /// The store did not do as told.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl<S: Store, D: Directory, C: Clock> Ingest<S, D, C> {
    /// Opens a session for the endpoint that the certificate names.
    pub async fn open(
        &self,
        endpoint: EndpointId,
        serial: &str,
        greeting: &Greeting,
        fresh: [u8; 16],
    ) -> Result<(Session, Opened), IngestError> {
        loop {
            let stored = self.trusted(endpoint, serial).await?;
            let arrival = self.arrival(endpoint);
            let rules = self.directory.rules(&stored.record.registration);
            let opened = open_session(&stored.record, greeting, fresh, &arrival, &rules);
            let next = opened.endpoint.clone();
            let owes = opened.signals.iter().cloned().map(Effect::Signal).collect();
            match self.commit(next, stored.revision, owes, Vec::new(), false).await {
                Err(StoreError::Conflict { .. }) => continue,
                Err(err) => return Err(err.into()),
                Ok(stored) => {
                    let (seat, ended) = self.roll.sit_down(endpoint, self.listening.now());
                    // Whoever has revoked it since found no session to end.
                    if let Err(distrusted) = self.trusted(endpoint, serial).await {
                        self.roll.stand_up(endpoint, seat);
                        return Err(distrusted);
                    }
                    let serial = serial.to_owned();
                    let lease = fresh;
                    let session = Session { endpoint, serial, stored, lease, ended, seat };
                    return Ok((session, opened));
                }
            }
        }
    }

    /// Whether the endpoint is in the registry and its certificate trusted.
    pub async fn check(&self, endpoint: EndpointId, serial: &str) -> Result<(), IngestError> {
        self.trusted(endpoint, serial).await.map(|_| ())
    }

    /// Notes a sign of life that carries nothing else.
    pub fn heard(&self, session: &Session) {
        self.roll.heard(session.endpoint, self.listening.now());
    }

    /// Applies a batch of records in one commit, and takes notice of those that
    /// are told ahead of their turn. What it gives is durable.
    pub async fn apply(
        &self,
        session: &mut Session,
        records: &[Record],
        previews: &[Record],
    ) -> Result<Through, IngestError> {
        self.heard(session);
        loop {
            let now = self.clock.now();
            let record = &session.stored.record;
            check(record, &session.serial, now)?;
            if record.pulse.resume.issued != Some(session.lease) {
                return Err(IngestError::Replaced(session.endpoint));
            }
            let rules: Arc<Rules> = self.directory.rules(&record.registration);
            let arrival = Arrival { received_at: now, ..self.arrival(session.endpoint) };
            let mut next = Endpoint::clone(record);
            let (mut owes, mut frames, mut news) = (Vec::new(), Vec::new(), false);
            for record in previews {
                let seen = preview(next, record, &arrival, &rules);
                next = seen.endpoint;
                owes.extend(seen.signals.into_iter().map(Effect::Signal));
                news |= seen.is_news;
            }
            for record in records {
                let applied = apply(next, record, &arrival, &rules);
                next = applied.endpoint;
                owes.extend(applied.signals.into_iter().map(Effect::Signal));
                owes.extend(applied.caught_up.map(Effect::CaughtUp));
                frames.extend(applied.frame);
                match applied.verdict {
                    Verdict::Applied => news = true,
                    Verdict::Duplicate => {}
                    Verdict::Ahead { expected } => {
                        let (stream, got) = (record.stream, record.first_seq());
                        return Err(IngestError::OutOfOrder { stream, got, expected });
                    }
                }
            }
            if !news {
                return Ok(through(record));
            }
            // What is told ahead of its turn is of now.
            let is_late = previews.is_empty() && is_late(&frames, now);
            match self.commit(next, session.stored.revision, owes, frames, is_late).await {
                // Somebody else changed the endpoint: perhaps revoked it.
                Err(StoreError::Conflict { .. }) => {
                    session.stored = self.trusted(session.endpoint, &session.serial).await?;
                }
                Err(err) => return Err(err.into()),
                Ok(stored) => {
                    session.stored = stored;
                    return Ok(through(&session.stored.record));
                }
            }
        }
    }

    /// Ends a session on the collector's side.
    pub fn close(&self, session: &Session) {
        self.roll.stand_up(session.endpoint, session.seat);
    }

    /// Changes an endpoint outside a session: `change` gives its next value and
    /// what it comes to owe, or `None` if there is nothing to do.
    pub async fn change(
        &self,
        endpoint: EndpointId,
        change: impl Fn(&Endpoint, Timestamp) -> Option<(Endpoint, Vec<Effect>)> + Send + Sync,
    ) -> Result<Arc<Endpoint>, IngestError> {
        loop {
            let stored = self.store.load::<Endpoint>(&endpoint).await?;
            let stored = stored.ok_or(IngestError::NoSuchEndpoint(endpoint))?;
            let Some((next, owes)) = change(&stored.record, self.clock.now()) else {
                return Ok(stored.record);
            };
            let next = Arc::new(next);
            let rings = !owes.is_empty();
            let commit = Commit::of(Arc::clone(&next), stored.revision, owes);
            match self.store.commit(commit).await {
                Err(StoreError::Conflict { .. }) => continue,
                Err(err) => return Err(err.into()),
                Ok(_) if rings => self.owed.notify_one(),
                Ok(_) => {}
            }
            return Ok(next);
        }
    }

    fn arrival(&self, endpoint: EndpointId) -> Arrival {
        Arrival {
            received_at: self.clock.now(),
            listening: self.listening.now(),
            heard_before: self.roll.has_heard(endpoint),
        }
    }

    async fn trusted(
        &self,
        endpoint: EndpointId,
        serial: &str,
    ) -> Result<Stored<Endpoint>, IngestError> {
        let stored = self.store.load::<Endpoint>(&endpoint).await?;
        let stored = stored.ok_or(IngestError::NoSuchEndpoint(endpoint))?;
        check(&stored.record, serial, self.clock.now())?;
        Ok(stored)
    }

    async fn commit(
        &self,
        next: Endpoint,
        expected: u64,
        owes: Vec<Effect>,
        frames: Vec<endpoint::Frame>,
        late: bool,
    ) -> Result<Stored<Endpoint>, StoreError> {
        let record = Arc::new(next);
        let rings = !owes.is_empty();
        let commit = Commit { frames, late, ..Commit::of(Arc::clone(&record), expected, owes) };
        let revision = self.store.commit(commit).await?;
        if rings {
            self.owed.notify_one();
            // What is owed goes first: somebody waits for that, and the agent
            // for nothing.
            task::yield_now().await;
        }
        Ok(Stored { record, revision })
    }
}

/// Whether all that was measured is long over.
fn is_late(frames: &[endpoint::Frame], now: Timestamp) -> bool {
    frames.iter().map(|it| it.at).max().is_some_and(|it| now.duration_since(it) > LATE)
}

fn check(endpoint: &Endpoint, serial: &str, now: Timestamp) -> Result<(), IngestError> {
    let distrusted =
        |source| IngestError::Distrusted { endpoint: endpoint.registration.id, source };
    endpoint.trusts(serial, now).map_err(distrusted)
}

fn through(endpoint: &Endpoint) -> Through {
    Through { events: endpoint.pulse.events, metrics: endpoint.pulse.metrics }
}
