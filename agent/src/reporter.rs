//! Brings what the spool holds to the collector.
//!
//! A shell: it tells the [`session`] what happens,
//! does what that decides, and never holds the spool while the network is
//! slow.

#[cfg(test)]
mod tests;

use std::{future, pin::Pin, sync::Arc, time::Duration};

use jiff::{SignedDuration, Timestamp};
use remit_agent_domain::{
    preview,
    session::{self, Effect, Event, Phase, Policy, Session},
    spool::Marks,
};
use remit_runtime::random;
use remit_shared::{Clock, Departure, Host, Stream};
use tokio::{
    sync::{oneshot, watch},
    time::{self, Instant},
};

use crate::{
    spool::{Spool, SpoolError, State, handle::SpoolHandle},
    telemetry::{
        Disconnected, GoesBack, LinkState, Renumbered, SentAway, SessionPutOff, Welcomed,
        WrongClock,
    },
    uplink::{Hello, Incoming, Link, Outgoing, Uplink, UplinkError},
};

/// How much is read from the spool at once.
const READING: u64 = 16 << 10;

/// How much of it is looked through for what was measured last.
const NEWEST: u64 = 256 << 10;

/// How long a goodbye may take.
const FAREWELL: Duration = Duration::from_secs(1);

/// What a reporter needs.
pub struct Reporter<U, S, C> {
    /// The way to the collector.
    pub uplink: Arc<U>,
    /// What waits.
    pub spool: SpoolHandle<S>,
    /// How the session behaves.
    pub policy: Policy,
    /// The wall clock.
    pub clock: C,
    /// Looks at the machine, once per session.
    pub host: Arc<dyn Fn() -> Host + Send + Sync>,
    /// Tells the spool's newest numbers after each append.
    pub spooled: watch::Receiver<Marks>,
    /// Is told how the connection stands.
    pub link: watch::Sender<LinkState>,
}

type Opening<L> = Pin<Box<dyn Future<Output = Result<L, UplinkError>> + Send>>;

/// A reporter at work.
struct Run<U: Uplink, S, C> {
    reporter: Reporter<U, S, C>,
    session: Session,
    opening: Option<Opening<U::Link>>,
    connection: Option<U::Link>,
    /// The newest numbers in the spool.
    held: Marks,
    /// The session's time goes on from here, whatever the wall clock does.
    began: (Timestamp, Instant),
}

/// When the agent must be gone, and why.
pub type Stop = (Departure, SignedDuration);

impl<U: Uplink, S: Spool, C: Clock> Reporter<U, S, C> {
    /// Reports until told to stop. `opened` is the spool as it was before this
    /// process added anything. Ends early only if the spool fails for good.
    pub async fn run(
        self,
        opened: State,
        mut stop: oneshot::Receiver<Stop>,
    ) -> Result<(), SpoolError> {
        let began = (self.clock.now(), Instant::now());
        let session = session::begin(opened.known, began.0);
        let held = opened.last;
        let (opening, connection) = (None, None);
        let mut run = Run { reporter: self, session, opening, connection, held, began };
        let mut stopping = false;
        run.tell(Event::Tick).await?;
        loop {
            run.preview().await?;
            run.pump().await?;
            if run.session.phase == Phase::Over {
                return Ok(());
            }
            let event = tokio::select! {
                // A sender that is gone cannot ask for anything any more.
                Ok((departure, within)) = &mut stop, if !stopping => {
                    stopping = true;
                    // Else the record that says why would look as if sent already.
                    run.held = *run.reporter.spooled.borrow_and_update();
                    Some(Event::Stop(departure, run.now() + within))
                }
                event = run.next() => event,
            };
            if let Some(event) = event {
                run.tell(event).await?;
            }
        }
    }
}

impl<U: Uplink, S: Spool, C: Clock> Run<U, S, C> {
    fn now(&self) -> Timestamp {
        self.began.0 + self.began.1.elapsed()
    }

    /// Waits for the next thing that happens.
    async fn next(&mut self) -> Option<Event> {
        let due = session::deadline(&self.session).map(|due| {
            let wait = due.duration_since(self.began.0).max(SignedDuration::ZERO);
            self.began.1 + wait.unsigned_abs()
        });
        tokio::select! {
            () = wait_until(due) => Some(Event::Tick),
            opened = or_never(self.opening.as_mut()) => {
                self.opening = None;
                match opened {
                    Ok(link) => {
                        let address = Arc::clone(link.address());
                        self.reporter.link.send_modify(|it| it.address = Some(address));
                        self.connection = Some(link);
                        None
                    }
                    Err(err) => Some(self.lost(&err)),
                }
            }
            received = receive(self.connection.as_mut()) => match received {
                Ok(incoming) => Some(self.heard(incoming)),
                Err(err) => Some(self.lost(&err)),
            },
            Ok(()) = self.reporter.spooled.changed() => {
                self.held = *self.reporter.spooled.borrow_and_update();
                None
            }
        }
    }

    fn lost(&self, err: &UplinkError) -> Event {
        Disconnected { err }.emit(&self.reporter.link, self.reporter.clock.now());
        Event::Lost(err.loss())
    }

    fn heard(&self, incoming: Incoming) -> Event {
        match incoming {
            Incoming::Welcome(welcome, theirs) => {
                let now = self.reporter.clock.now();
                let offset = theirs.duration_since(now);
                WrongClock { offset }.emit(&self.reporter.link);
                Event::Welcomed(welcome)
            }
            Incoming::Acknowledged(through) => {
                let now = self.reporter.clock.now();
                self.reporter.link.send_modify(|it| it.last_ack = Some(now));
                Event::Acknowledged(through)
            }
            Incoming::Paced(heartbeat) => Event::Paced(heartbeat),
            Incoming::FirstAnswers => {
                GoesBack.emit();
                Event::SentAway(SignedDuration::ZERO)
            }
            Incoming::SentAway { after, reason } => {
                SentAway { after, reason: &reason }.emit(&self.reporter.link);
                Event::SentAway(after)
            }
        }
    }

    /// Tells what was measured last, ahead of its turn, if it would wait long.
    async fn preview(&mut self) -> Result<(), SpoolError> {
        let Some(metrics) = session::ahead(&self.reporter.policy, &self.session, self.held) else {
            return Ok(());
        };
        let after = Marks { events: self.held.events, metrics };
        let found = self.reporter.spool.with(move |it| it.read(after, NEWEST)).await?;
        // Nothing that can be read is looked for again only with the next.
        let last = found.iter().filter(|it| it.record.stream == Stream::Metrics);
        let last = last.map(|it| it.record.seq).max().unwrap_or(self.held.metrics);
        for record in preview::newest(found.into_iter().map(|it| it.record)) {
            if let Err(err) = self.send(Outgoing::Preview(record)) {
                return self.tell(self.lost(&err)).await;
            }
        }
        self.tell(Event::Previewed(last)).await
    }

    /// Sends reports while there is room for them, and something to send.
    async fn pump(&mut self) -> Result<(), SpoolError> {
        while let Some(cursor) = session::room(&self.reporter.policy, &self.session) {
            let found = if self.held.passes(&cursor) {
                self.reporter.spool.with(move |it| it.read(cursor, READING)).await?
            } else {
                Vec::new()
            };
            if found.is_empty() {
                if session::may_leave(&self.session) {
                    self.tell(Event::Drained).await?;
                }
                return Ok(());
            }
            for waiting in found {
                if session::room(&self.reporter.policy, &self.session).is_none() {
                    return Ok(());
                }
                let (stream, number) = (waiting.record.stream, waiting.record.seq);
                let event = match self.send(Outgoing::Report(waiting.record)) {
                    Ok(()) => Event::Sent { stream, number, bytes: waiting.bytes },
                    Err(err) => self.lost(&err),
                };
                self.tell(event).await?;
            }
        }
        Ok(())
    }

    fn send(&mut self, message: Outgoing) -> Result<(), UplinkError> {
        self.connection.as_mut().map_or(Err(UplinkError::Closed), |it| it.send(message))
    }

    /// What the spool cannot do now it may do later, in another session.
    fn put_off(&self, err: SpoolError) -> Result<Option<Event>, SpoolError> {
        if err.is_fatal() {
            return Err(err);
        }
        SessionPutOff { err: &err }.emit(&self.reporter.link);
        Ok(Some(Event::Lost(session::Loss::Network)))
    }

    /// Tells the session, and does what it decides.
    async fn tell(&mut self, event: Event) -> Result<(), SpoolError> {
        let mut events = vec![event];
        while let Some(event) = events.pop() {
            let session = self.session.clone();
            let (policy, now, random) = (&self.reporter.policy, self.now(), random::u64());
            let (session, effects) = session::step(policy, session, event, now, random);
            self.session = session;
            for effect in effects {
                events.extend(self.perform(effect).await?);
            }
        }
        Ok(())
    }

    async fn perform(&mut self, effect: Effect) -> Result<Option<Event>, SpoolError> {
        let spool = &self.reporter.spool;
        match effect {
            Effect::Open => {
                let state = spool.look().await?;
                self.held = state.last;
                let hello = Hello {
                    host: (self.reporter.host)(),
                    now: self.reporter.clock.now(),
                    epoch: state.epoch,
                    resume_token: state.resume_token,
                    earlier: state.earlier,
                    last: state.last,
                };
                let uplink = Arc::clone(&self.reporter.uplink);
                self.opening = Some(Box::pin(async move { uplink.open(hello).await }));
                Ok(None)
            }
            Effect::Keep { resume_token, through } => {
                match spool.with(move |it| it.keep(&resume_token, through)).await {
                    Ok(()) => {
                        Welcomed { through }.emit(&self.reporter.link, self.reporter.clock.now());
                        Ok(Some(Event::Kept))
                    }
                    Err(err) => self.put_off(err),
                }
            }
            Effect::Renumber { applied } => {
                let epoch = random::u64();
                match spool.with(move |it| it.renumber(epoch, applied)).await {
                    Ok(()) => {
                        Renumbered { epoch }.emit();
                        Ok(Some(Event::Renumbered))
                    }
                    Err(err) => self.put_off(err),
                }
            }
            Effect::Forget(through) => {
                spool.forget(through).await?;
                Ok(None)
            }
            Effect::Beat => {
                let queued = spool.look().await?.queued;
                let sent = self.send(Outgoing::Heartbeat { queued });
                Ok(sent.err().map(|err| self.lost(&err)))
            }
            Effect::SayGoodbye(departure) => {
                // Nothing follows it, so nothing depends on it.
                let said = self.send(Outgoing::Goodbye(departure));
                if let (Ok(()), Some(link)) = (said, self.connection.take()) {
                    let _ = time::timeout(FAREWELL, link.finish()).await;
                }
                Ok(None)
            }
            Effect::Close => {
                self.opening = None;
                self.connection = None;
                let now = self.reporter.clock.now();
                self.reporter.link.send_if_modified(|it| it.close(now));
                Ok(None)
            }
        }
    }
}

async fn wait_until(due: Option<Instant>) {
    match due {
        Some(due) => time::sleep_until(due).await,
        None => future::pending().await,
    }
}

async fn or_never<F: Future + Unpin>(future: Option<F>) -> F::Output {
    match future {
        Some(future) => future.await,
        None => future::pending().await,
    }
}

async fn receive<L: Link>(link: Option<&mut L>) -> Result<Incoming, UplinkError> {
    match link {
        Some(link) => link.receive().await,
        None => future::pending().await,
    }
}
