//! Takes calls one after the other: the one place that knows which runs are
//! open.

use std::collections::BTreeSet;

use remit_agent_domain::ping::{Ledger, Ping};
use remit_shared::{Answer, BackupRun, Body, Chain};
use tokio::sync::{mpsc, oneshot};
use tracing::warn;

use crate::{
    inbox::Delivery,
    ping::{Settings, ledger_file::LedgerFile},
};

/// The product of a job that nobody declared.
const PRODUCT: &str = "ping";

/// So many jobs that nobody declared are made, at most, before a restart.
const MOST_MADE: usize = 100;

/// One call that waits for its reply.
#[derive(Debug)]
pub(super) struct Call {
    ping: Ping,
    words: String,
    reply: oneshot::Sender<Reply>,
}

/// What became of a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Reply {
    Stored,
    NotStored,
    NoSuchJob,
}

impl Call {
    pub(super) fn new(ping: Ping, words: String) -> (Self, oneshot::Receiver<Reply>) {
        let (reply, receiver) = oneshot::channel();
        (Self { ping, words, reply }, receiver)
    }
}

/// Keeps the ledger.
pub(super) struct Desk {
    settings: Settings,
    sender: mpsc::Sender<Delivery>,
    file: LedgerFile,
    ledger: Ledger,
    /// The jobs that nobody declared.
    made: BTreeSet<String>,
}

impl Desk {
    pub(super) fn new(settings: Settings, sender: mpsc::Sender<Delivery>) -> Self {
        let file = LedgerFile::new(settings.ledger.clone());
        let ledger = file.read().unwrap_or_else(|err| {
            warn!(error = %Chain(&err), "forgot which pinged runs are open");
            Ledger::default()
        });
        Self { settings, sender, file, ledger, made: BTreeSet::new() }
    }

    /// Takes calls until nobody can call any more.
    pub(super) async fn run(mut self, mut calls: mpsc::Receiver<Call>) {
        while let Some(Call { ping, words, reply }) = calls.recv().await {
            let outcome = self.take(&ping, &words).await;
            // A caller that gave up hears nothing.
            reply.send(outcome).ok();
        }
    }

    async fn take(&mut self, ping: &Ping, words: &str) -> Reply {
        let declared = self.settings.jobs.get(&ping.job).map(String::as_str);
        if declared.is_none() && !may_make(&mut self.made, self.settings.create, ping) {
            return Reply::NoSuchJob;
        }
        let product = declared.unwrap_or(PRODUCT);
        let now = self.settings.clock.now();
        let fresh = (self.settings.ids)();
        let (next, runs) = self.ledger.apply(ping, product, words, fresh, now);
        // If we die in between, a start that is remembered and was not told
        // does no harm, nor does an end that was told and is not remembered:
        // whoever called sees no 200 and calls again.
        let begins = self.ledger.is_begun_by(ping);
        if begins {
            self.remember(&next).await;
        }
        if !self.tell(runs, ping).await {
            return Reply::NotStored;
        }
        if !begins && next != self.ledger {
            self.remember(&next).await;
        }
        self.ledger = next;
        Reply::Stored
    }

    async fn tell(&self, runs: Vec<BackupRun>, ping: &Ping) -> bool {
        if runs.is_empty() {
            return true;
        }
        let source = format!("ping {}", ping.signal);
        let now = self.settings.clock.now();
        let answers = runs.into_iter().map(|it| Answer::full(PRODUCT, &source, now, Body::Run(it)));
        let (stored, is_stored) = oneshot::channel();
        let delivery = Delivery { answers: answers.collect(), stored };
        self.sender.send(delivery).await.is_ok() && is_stored.await.is_ok()
    }

    async fn remember(&self, ledger: &Ledger) {
        // Forgetting the pairing of a run is better than losing its news.
        if let Err(err) = self.file.write(ledger).await {
            warn!(error = %Chain(&err), "failed to remember which pinged runs are open");
        }
    }
}

/// Whether there may be a job that nobody declared. A caller may ask for less
/// than the settings allow, and not for more.
fn may_make(made: &mut BTreeSet<String>, create: bool, ping: &Ping) -> bool {
    if !create || ping.create == Some(false) {
        return false;
    }
    if made.contains(&ping.job) {
        return true;
    }
    let fits = made.len() < MOST_MADE;
    if fits {
        made.insert(ping.job.clone());
    } else {
        warn!(job = ping.job, "too many jobs that nobody declared; this one is not heard");
    }
    fits
}
