//! What is worth telling, in words and as state.
//!
//! One struct per event. Its `emit` writes the log line and changes the
//! [`LinkState`] that `remit-agent status` shows, so the two cannot drift.

use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};
use remit_agent_domain::{session::Loss, spool::Marks};
use remit_runtime::duration;
use remit_shared::Chain;
use tokio::sync::watch;
use tracing::{error, info, warn};

use crate::{spool::SpoolError, uplink::UplinkError};

/// How far the clocks may be apart before somebody should know.
const TOLERANCE: SignedDuration = SignedDuration::from_secs(60);

/// How the connection stands.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LinkState {
    /// Whether reports flow.
    pub connected: bool,
    /// Since when that is so.
    pub since: Option<Timestamp>,
    /// The address that the last connection led to.
    pub address: Option<Arc<str>>,
    /// When the collector last acknowledged something.
    pub last_ack: Option<Timestamp>,
    /// What went wrong last, until a session works again.
    pub last_error: Option<String>,
    /// Whether that was the collector's refusal to know us.
    pub refused: bool,
    /// How far the collector's clock is ahead of ours.
    pub clock_offset: Option<SignedDuration>,
}

impl LinkState {
    /// Notes that there is no session. Gives whether that is news.
    pub fn close(&mut self, now: Timestamp) -> bool {
        let news = self.connected || self.since.is_none();
        if news {
            (self.connected, self.since) = (false, Some(now));
        }
        news
    }
}

/// The collector knows us, and reports flow.
#[derive(Debug)]
pub struct Welcomed {
    /// Where it stands.
    pub through: Marks,
}

impl Welcomed {
    /// Tells.
    pub fn emit(self, link: &watch::Sender<LinkState>, now: Timestamp) {
        let Marks { events, metrics } = self.through;
        let address = link.borrow().address.clone().unwrap_or_default();
        info!(%address, events, metrics, "connected to the collector");
        link.send_modify(|it| {
            (it.connected, it.since, it.last_error) = (true, Some(now), None);
            it.refused = false;
        });
    }
}

/// There is no session, or no longer.
#[derive(Debug)]
pub struct Disconnected<'a> {
    /// Why.
    pub err: &'a UplinkError,
}

impl Disconnected<'_> {
    /// Tells. The same reason twice in a row is told once.
    pub fn emit(self, link: &watch::Sender<LinkState>, now: Timestamp) {
        let text = Chain(self.err).to_string();
        let news = link.borrow().last_error.as_ref() != Some(&text);
        if news {
            match self.err {
                UplinkError::Refused(_) | UplinkError::Identity(_) => error!(
                    error = text,
                    "the collector must know this agent again: was it revoked? see `remit-agent doctor`"
                ),
                UplinkError::Ended { .. } => error!(
                    error = text,
                    "this machine's clock is ahead, or the collector's certificate was not renewed; records wait on disk; see `remit-agent doctor`"
                ),
                UplinkError::Network { .. } | UplinkError::Closed | UplinkError::Protocol(_) => {
                    warn!(error = text, "no connection to the collector; records wait on disk");
                }
            }
        }
        link.send_modify(|it| {
            it.close(now);
            it.last_error = Some(text);
            it.refused = self.err.loss() == Loss::Refused;
        });
    }
}

/// The disk is too full to begin a session.
#[derive(Debug)]
pub struct SessionPutOff<'a> {
    /// What the spool says.
    pub err: &'a SpoolError,
}

impl SessionPutOff<'_> {
    /// Tells.
    pub fn emit(self, link: &watch::Sender<LinkState>) {
        let text = Chain(self.err).to_string();
        error!(error = text, "no session before there is room on the disk");
        link.send_modify(|it| it.last_error = Some(text));
    }
}

/// The collector asked us to come back later.
#[derive(Debug)]
pub struct SentAway<'a> {
    /// When.
    pub after: SignedDuration,
    /// Why.
    pub reason: &'a str,
}

impl SentAway<'_> {
    /// Tells.
    pub fn emit(self, link: &watch::Sender<LinkState>) {
        let after = duration::format(self.after);
        info!(after, reason = self.reason, "the collector asks us to come back later");
        let text = format!("sent away for {after}: {}", self.reason);
        link.send_modify(|it| it.last_error = Some(text));
    }
}

/// The first of the collector's addresses answers again.
#[derive(Debug)]
pub struct GoesBack;

impl GoesBack {
    /// Tells.
    pub fn emit(self) {
        info!("the first of the collector's addresses answers again; going back to it");
    }
}

/// The spool has a new epoch, because the collector did not recognize it.
#[derive(Debug)]
pub struct Renumbered {
    /// The new epoch.
    pub epoch: u64,
}

impl Renumbered {
    /// Tells.
    pub fn emit(self) {
        warn!(
            epoch = self.epoch,
            "the collector did not recognize the spool (a restored snapshot, a copied disk?); what it holds is sent in a new epoch"
        );
    }
}

/// The collector's clock, at a welcome.
#[derive(Debug)]
pub struct WrongClock {
    /// How far it is ahead of ours.
    pub offset: SignedDuration,
}

impl WrongClock {
    /// Tells, if it is far enough off to matter.
    pub fn emit(self, link: &watch::Sender<LinkState>) {
        if self.offset.abs() > TOLERANCE {
            let ahead = duration::format(self.offset);
            warn!(ahead, "the collector's clock and ours disagree; is time synchronized here?");
        }
        link.send_modify(|it| it.clock_offset = Some(self.offset));
    }
}

/// Records could not be kept.
#[derive(Debug)]
pub struct RecordsLost<'a> {
    /// What the spool says.
    pub err: &'a SpoolError,
}

impl RecordsLost<'_> {
    /// Tells.
    pub fn emit(self) {
        warn!(error = %Chain(self.err), "records could not be kept; the loss is declared");
    }
}
