//! One agent's session, from its hello to its end.

use std::{pin::pin, sync::Arc};

use futures_util::FutureExt as _;
use jiff::Timestamp;
use prost::Message as _;
use remit_collector_domain::endpoint::{Distrust, Greeting};
use remit_proto::{
    convert::{InvalidMessage, Wire as _, report::Decoder, required},
    v1::{
        Ack, ConnectRequest, ConnectResponse, Hello, Reconnect, Settings, Welcome, connect_request,
        connect_response,
    },
};
use remit_shared::{Answer, Body, Clock, Departure, Entry, ErrorKind, Host, Record, Stream};
use tokio::{
    sync::mpsc,
    time::{self, Duration, Instant},
};
use tokio_util::sync::CancellationToken;
use tonic::{Status, Streaming};
use tracing::{Instrument as _, debug, info, info_span};

use super::{Caller, HELLO, Said, pace::Pace};
use crate::{
    edge::grpc::status::{ToStatus as _, answer},
    ingest::{Ingest, IngestError, Session, Through},
    ports::{
        directory::Directory,
        store::{Store, StoreError},
    },
    telemetry,
};

/// So many records become one commit at most.
const BATCH: usize = 64;

/// No more is added to what weighs so much: bytes as they came, and what each
/// value becomes in memory, however few bytes stood for it.
const BATCH_WEIGHT: usize = 1 << 20;
const READING_WEIGHT: usize = 64;

/// Measurements alone are acknowledged together, at the latest after so long
/// or so many: an acknowledgement of its own for each costs more bytes than
/// the measurement.
const ACK_WAIT: Duration = Duration::from_secs(25);
const ACK_RECORDS: u64 = 4;

/// Without a sign of life for so many heartbeats the connection is dead.
const SILENT_BEATS: i32 = 4;

/// After so long who waits to be let in asks again.
const WAITS_FOR: Duration = Duration::from_secs(15);
/// An agent remembers so many of its tokens at most.
const EARLIER_TOKENS: usize = 64;

type Answers = mpsc::Sender<Said>;

/// Serves one agent until it leaves, is cut off or the collector stops.
pub(super) async fn serve<S: Store, D: Directory, C: Clock>(
    ingest: Arc<Ingest<S, D, C>>,
    caller: Caller,
    mut inbound: Streaming<ConnectRequest>,
    answers: Answers,
    stop: CancellationToken,
) {
    let span = info_span!("session", endpoint = %caller.endpoint);
    let work = async {
        // On the heap, since all that is wrapped around it holds it once more:
        // there are as many of these as agents.
        let running = Box::pin(run(&ingest, &caller, &mut inbound, &answers));
        let served = stop.run_until_cancelled(running).await;
        let status = match served {
            None => {
                let after = ingest.roll.back_after(remit_runtime::random::u64());
                let back = come_back(after, "the collector is stopping");
                // Whoever does not read it comes back by a lot of their own.
                let _ = answers.try_send(Ok(Box::new(ConnectResponse { message: Some(back) })));
                answer(ErrorKind::Unavailable, "the collector is stopping")
            }
            Some(Ok(())) => return,
            Some(Err(status)) => status,
        };
        info!(code = ?status.code(), reason = status.message(), "session ended");
        // If the agent does not read any more, it will find out by itself.
        let _ = answers.try_send(Err(status));
    };
    work.instrument(span).await;
}

async fn run<S: Store, D: Directory, C: Clock>(
    ingest: &Ingest<S, D, C>,
    caller: &Caller,
    inbound: &mut Streaming<ConnectRequest>,
    answers: &Answers,
) -> Result<(), Status> {
    let Some(mut session) = greet(ingest, caller, inbound, answers).await? else { return Ok(()) };
    telemetry::sessions(ingest.roll.connected());
    let served = reports(ingest, caller, &mut session, inbound, answers).await;
    ingest.close(&session);
    telemetry::sessions(ingest.roll.connected());
    served
}

/// From hello to welcome. Gives a session if the agent may report now.
async fn greet<S: Store, D: Directory, C: Clock>(
    ingest: &Ingest<S, D, C>,
    caller: &Caller,
    inbound: &mut Streaming<ConnectRequest>,
    answers: &Answers,
) -> Result<Option<Session>, Status> {
    let first = time::timeout(HELLO, inbound.message()).await;
    let first = first.map_err(|_| answer(ErrorKind::Invalid, "there was no hello in time"))??;
    let Some(connect_request::Message::Hello(hello)) = first.and_then(|it| it.message) else {
        return Err(answer(ErrorKind::Invalid, "a session starts with a hello"));
    };
    let greeting = greeting(hello).map_err(|it| it.to_status())?;
    let fresh = remit_runtime::random::bytes::<16>();
    let opening = ingest.open(caller.endpoint, &caller.serial, &greeting, fresh).await;
    if let Err(IngestError::Distrusted { source: Distrust::Waits, .. }) = &opening {
        ingest.lobby.heard(caller.endpoint, ingest.clock.now());
        return send(answers, wait_outside()).await.map(|()| None);
    }
    let (session, opened) = opening.map_err(|err| {
        telemetry::session_refused();
        err.to_status()
    })?;
    info!(hostname = greeting.host.hostname, reset = opened.reset_epoch, "session opened");
    let pulse = &opened.endpoint.pulse;
    let welcome = Welcome {
        now: Some(ingest.clock.now().to_wire()),
        events_through: pulse.events,
        metrics_through: pulse.metrics,
        resume_token: if opened.reset_epoch { Vec::new() } else { fresh.to_vec() },
        reset_epoch: opened.reset_epoch,
        settings: Some(settings(ingest)),
        takes_previews: true,
    };
    let sent = send(answers, connect_response::Message::Welcome(welcome)).await;
    // After a reset the agent says hello again, in a session of its own.
    if sent.is_err() || opened.reset_epoch {
        ingest.close(&session);
        return sent.map(|()| None);
    }
    Ok(Some(session))
}

async fn reports<S: Store, D: Directory, C: Clock>(
    ingest: &Ingest<S, D, C>,
    caller: &Caller,
    session: &mut Session,
    inbound: &mut Streaming<ConnectRequest>,
    answers: &Answers,
) -> Result<(), Status> {
    let ended = session.ended.clone();
    let mut ended = pin!(ended.cancelled());
    let lifetime = caller.not_after.duration_since(ingest.clock.now());
    let mut expiry = pin!(time::sleep(lifetime.unsigned_abs()));
    let mut decoders = Decoders::default();
    let mut acked = Through { events: 0, metrics: 0 };
    let mut durable = acked;
    let mut ack_due: Option<Instant> = None;
    let mut pace = Pace::new(Instant::now());
    loop {
        let patience = (ingest.roll.heartbeat() * SILENT_BEATS).unsigned_abs();
        let listen = async {
            time::sleep_until(pace.next_at()).await;
            time::timeout(patience, inbound.message()).await
        };
        let first = tokio::select! {
            biased;
            () = &mut ended => {
                let words = "the session was ended: revoked, or replaced by a newer one";
                return Err(answer(ErrorKind::Unauthenticated, words));
            }
            () = &mut expiry => {
                return Err(answer(ErrorKind::Unauthenticated, "the certificate has expired"));
            }
            () = until(ack_due) => {
                send(answers, ack(durable)).await?;
                (acked, ack_due) = (durable, None);
                continue;
            }
            read = listen => {
                let silent = |_| answer(ErrorKind::Unavailable, "the agent went silent");
                let Some(message) = read.map_err(silent)?? else { return Ok(()) };
                message
            }
        };
        let mut batch = Batch::default();
        pace.heard(Instant::now());
        batch.take(first, &mut decoders)?;
        // Whatever else has arrived by now shares the commit.
        while batch.has_room() && pace.next_at() <= Instant::now() {
            match inbound.message().now_or_never() {
                Some(Ok(Some(message))) => {
                    pace.heard(Instant::now());
                    batch.take(message, &mut decoders)?;
                }
                Some(Ok(None)) | None => break,
                Some(Err(status)) => return Err(status),
            }
        }
        if batch.is_empty() {
            ingest.heard(session);
        } else {
            let began = Instant::now();
            durable = match ingest.apply(session, &batch.records, &batch.previews).await {
                Ok(durable) => durable,
                Err(IngestError::Store(err)) if matches!(err, StoreError::Full { .. }) => {
                    let kept = what_happened(ingest, session, &batch.records).await;
                    if let Some(durable) = kept {
                        send(answers, ack(durable)).await?;
                    }
                    return Err(err.to_status());
                }
                Err(err) => return Err(err.to_status()),
            };
            telemetry::batch_applied(batch.records.len(), began.elapsed().as_secs_f64());
            let waiting = durable.metrics.saturating_sub(acked.metrics);
            if batch.has_events || batch.records.len() > 1 || waiting >= ACK_RECORDS {
                send(answers, ack(durable)).await?;
                (acked, ack_due) = (durable, None);
            } else if !batch.records.is_empty() {
                ack_due.get_or_insert(Instant::now() + ACK_WAIT);
            }
        }
        if let Some(departure) = batch.goodbye {
            debug!(%departure, "goodbye");
            return Ok(());
        }
    }
}

/// Applies what is not measured, for which there is room longer: what failed must
/// be told, most of all then. Whoever sent it comes again with the rest.
async fn what_happened<S: Store, D: Directory, C: Clock>(
    ingest: &Ingest<S, D, C>,
    session: &mut Session,
    records: &[Record],
) -> Option<Through> {
    let events = records.iter().filter(|it| it.stream == Stream::Events);
    let events: Vec<Record> = events.cloned().collect();
    if events.is_empty() || events.len() == records.len() {
        return None;
    }
    // If there is no room for that either, it comes again with the rest.
    ingest.apply(session, &events, &[]).await.ok()
}

/// What arrived together.
#[derive(Default)]
struct Batch {
    records: Vec<Record>,
    /// What is told ahead of its turn.
    previews: Vec<Record>,
    weight: usize,
    has_events: bool,
    goodbye: Option<Departure>,
}

/// What the agent has defined, in its reports and in its previews.
#[derive(Default)]
struct Decoders {
    reports: Decoder,
    previews: Decoder,
}

impl Batch {
    fn is_empty(&self) -> bool {
        self.records.is_empty() && self.previews.is_empty()
    }

    fn has_room(&self) -> bool {
        let is_small = self.records.len() + self.previews.len() < BATCH;
        is_small && self.weight < BATCH_WEIGHT && self.goodbye.is_none()
    }

    fn take(&mut self, request: ConnectRequest, decoders: &mut Decoders) -> Result<(), Status> {
        self.weight += request.encoded_len();
        match request.message {
            Some(connect_request::Message::Report(report)) => {
                let record = decoders.reports.decode(report).map_err(|it| it.to_status())?;
                self.weight += READING_WEIGHT * readings(&record);
                self.has_events |= record.stream == Stream::Events;
                self.records.push(record);
            }
            Some(connect_request::Message::Preview(report)) => {
                let record = decoders.previews.decode(report).map_err(|it| it.to_status())?;
                self.weight += READING_WEIGHT * readings(&record);
                self.previews.push(record);
            }
            Some(connect_request::Message::Heartbeat(_)) => {}
            Some(connect_request::Message::Goodbye(goodbye)) => {
                let departure = Departure::from_wire("goodbye.departure", goodbye.departure);
                self.goodbye = Some(departure.map_err(|it| it.to_status())?);
            }
            Some(connect_request::Message::Hello(_)) => {
                return Err(answer(ErrorKind::Invalid, "a session has one hello"));
            }
            None => return Err(InvalidMessage::missing("message").to_status()),
        }
        Ok(())
    }
}

fn readings(record: &Record) -> usize {
    let answers = match &record.entry {
        Entry::Answers(answers) => answers.as_slice(),
        Entry::Gap { .. } => &[],
    };
    let count = |it: &Answer| if let Body::Readings(all) = &it.body { all.len() } else { 0 };
    answers.iter().map(count).sum()
}

/// Whoever waits comes back from time to time, and says nothing else.
fn wait_outside() -> connect_response::Message {
    come_back(WAITS_FOR, "somebody must approve this endpoint first: `remit endpoint approve`")
}

fn come_back(after: Duration, reason: &str) -> connect_response::Message {
    let after_seconds = u32::try_from(after.as_secs()).unwrap_or(u32::MAX);
    connect_response::Message::Reconnect(Reconnect { after_seconds, reason: reason.into() })
}

async fn until(due: Option<Instant>) {
    match due {
        Some(due) => time::sleep_until(due).await,
        None => std::future::pending().await,
    }
}

fn greeting(hello: Hello) -> Result<Greeting, InvalidMessage> {
    let token = |field, bytes: Vec<u8>| {
        bytes.try_into().map_err(|_| InvalidMessage::new(field, "does not have 16 bytes"))
    };
    let resume = match hello.resume_token.len() {
        0 => None,
        _ => Some(token("resume_token", hello.resume_token)?),
    };
    if hello.earlier_tokens.len() > EARLIER_TOKENS {
        return Err(InvalidMessage::new("earlier_tokens", "are too many"));
    }
    let earlier = hello.earlier_tokens.into_iter().map(|it| token("earlier_tokens", it));
    Ok(Greeting {
        host: required::<Host>("host", hello.host)?,
        now: required::<Timestamp>("now", hello.now)?,
        epoch: hello.epoch,
        resume,
        earlier: earlier.collect::<Result<_, _>>()?,
        last_events: hello.last_events_seq,
        last_metrics: hello.last_metrics_seq,
    })
}

fn settings<S: Store, D: Directory, C: Clock>(ingest: &Ingest<S, D, C>) -> Settings {
    let beat = ingest.roll.heartbeat().as_secs();
    Settings { heartbeat_seconds: u32::try_from(beat).unwrap_or(u32::MAX) }
}

fn ack(through: Through) -> connect_response::Message {
    let Through { events, metrics } = through;
    connect_response::Message::Ack(Ack { events_through: events, metrics_through: metrics })
}

async fn send(answers: &Answers, message: connect_response::Message) -> Result<(), Status> {
    let response = Box::new(ConnectResponse { message: Some(message) });
    let gone = |_| answer(ErrorKind::Unavailable, "the agent has left");
    answers.send(Ok(response)).await.map_err(gone)
}
