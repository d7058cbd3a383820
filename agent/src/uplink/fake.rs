//! A collector in the same process, of the simplest kind. For tests.

use std::{
    collections::VecDeque,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use jiff::Timestamp;
use remit_agent_domain::{session::Welcome, spool::Marks};
use remit_shared::{Departure, Record};
use tokio::sync::Notify;

use crate::uplink::{Hello, Incoming, Link, Outgoing, Uplink, UplinkError};

/// Stands for the collector and for the network before it.
#[derive(Clone, Debug, Default)]
pub(crate) struct FakeUplink {
    shared: Arc<Mutex<FakeCollector>>,
    changed: Arc<Notify>,
}

/// What it has seen, and how it behaves.
#[derive(Debug, Default)]
pub(crate) struct FakeCollector {
    pub(crate) hellos: Vec<Hello>,
    pub(crate) applied: Vec<Record>,
    /// What it was told ahead of its turn, each with how much was applied then.
    pub(crate) previews: Vec<(Record, usize)>,
    pub(crate) heartbeats: usize,
    pub(crate) goodbye: Option<Departure>,
    /// Answers no hello with anything but this many refusals.
    pub(crate) refusals: u32,
    /// So many attempts find nobody.
    pub(crate) outages: u32,
    /// The next hello is answered with a reset.
    pub(crate) reset: bool,
    /// Nothing is acknowledged.
    pub(crate) mute: bool,
    /// It is so old that it knows nothing of previews.
    pub(crate) is_old: bool,
    epoch: u64,
    through: Marks,
    session: u64,
    inbox: VecDeque<Incoming>,
}

impl FakeUplink {
    /// Looks at it, or changes how it behaves.
    pub(crate) fn collector(&self) -> MutexGuard<'_, FakeCollector> {
        self.shared.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Breaks the connection that is open, if one is.
    pub(crate) fn cut(&self) {
        self.collector().session += 1;
        self.changed.notify_waiters();
    }

    /// Sends a message to the agent.
    pub(crate) fn tell(&self, message: Incoming) {
        self.collector().inbox.push_back(message);
        self.changed.notify_waiters();
    }

    /// Waits until the collector's view satisfies `wanted`.
    pub(crate) async fn wait_for(&self, wanted: impl Fn(&FakeCollector) -> bool) {
        loop {
            let changed = self.changed.notified();
            if wanted(&self.collector()) {
                return;
            }
            changed.await;
        }
    }
}

impl Uplink for FakeUplink {
    type Link = FakeLink;

    async fn open(&self, hello: Hello) -> Result<FakeLink, UplinkError> {
        let link = {
            let mut it = self.collector();
            it.hellos.push(hello.clone());
            if it.outages > 0 {
                it.outages -= 1;
                return Err(UplinkError::Network { attempt: "connect", source: "away".into() });
            }
            if it.refusals > 0 {
                it.refusals -= 1;
                return Err(UplinkError::Refused("revoked".into()));
            }
            if hello.epoch != it.epoch {
                (it.epoch, it.through) = (hello.epoch, Marks::default());
            }
            it.session += 1;
            it.inbox.clear();
            let reset_epoch = std::mem::take(&mut it.reset);
            let resume_token = it.session.to_le_bytes().to_vec();
            let (through, heartbeat) = (it.through, None);
            let takes_previews = !it.is_old;
            let welcome = Welcome { through, resume_token, reset_epoch, heartbeat, takes_previews };
            it.inbox.push_back(Incoming::Welcome(welcome, Timestamp::UNIX_EPOCH));
            FakeLink { uplink: self.clone(), session: it.session, address: "fake:1".into() }
        };
        self.changed.notify_waiters();
        Ok(link)
    }
}

/// One session with the fake collector.
#[derive(Debug)]
pub(crate) struct FakeLink {
    uplink: FakeUplink,
    session: u64,
    address: Arc<str>,
}

impl Link for FakeLink {
    fn send(&mut self, message: Outgoing) -> Result<(), UplinkError> {
        let mut it = self.uplink.collector();
        if it.session != self.session {
            return Err(UplinkError::Closed);
        }
        match message {
            Outgoing::Report(record) => {
                let stream = record.stream;
                assert_eq!(record.first_seq(), it.through.of(stream) + 1, "no hole, no repeat");
                it.through = it.through.with(stream, record.seq);
                it.applied.push(record);
                if !it.mute {
                    let through = it.through;
                    it.inbox.push_back(Incoming::Acknowledged(through));
                }
            }
            Outgoing::Preview(record) => {
                assert!(!it.is_old, "an old collector would end the session");
                let applied = it.applied.len();
                it.previews.push((record, applied));
            }
            Outgoing::Heartbeat { .. } => it.heartbeats += 1,
            Outgoing::Goodbye(departure) => it.goodbye = Some(departure),
        }
        drop(it);
        self.uplink.changed.notify_waiters();
        Ok(())
    }

    fn address(&self) -> &Arc<str> {
        &self.address
    }

    async fn receive(&mut self) -> Result<Incoming, UplinkError> {
        loop {
            let changed = self.uplink.changed.notified();
            {
                let mut it = self.uplink.collector();
                if it.session != self.session {
                    return Err(UplinkError::Closed);
                }
                if let Some(message) = it.inbox.pop_front() {
                    return Ok(message);
                }
            }
            changed.await;
        }
    }

    async fn finish(self) {}
}
