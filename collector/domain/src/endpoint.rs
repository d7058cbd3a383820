//! One endpoint and all that is known of it: the record that ingest commits.
//!
//! Its parts are shared ([`Arc`]) and replaced, never changed, so that a store
//! can tell by identity which of them to write: a measurement touches
//! [`Pulse`] alone.
//!
//! # Invariants
//!
//! - Records are applied in the order of their numbers, each exactly once:
//!   `applied + declared lost = the newest number applied`, per stream.
//! - Equal arguments give equal results; time is an argument.
//!
//! # Not here
//!
//! What a value means is [`detect`](crate::detect)'s business; who is told is
//! the alert's.

mod apply;
pub mod claim;
mod preview;
mod session;
#[cfg(test)]
pub(crate) mod tests;
mod tick;
mod trust;

use std::{collections::BTreeMap, sync::Arc};

use jiff::{SignedDuration, Timestamp};
use remit_shared::{
    BackupJob, BackupRun, Completeness, Departure, EndpointId, EndpointKind, Failure, Host,
    PatchScan, RecoveryPoint, Series, ServiceScan, Site, Stream, Tag, Tenant, TokenId,
};

pub use crate::endpoint::{
    apply::{Applied, Arrival, Frame, Verdict, apply, limit},
    claim::Claim,
    preview::{Preview, Previewed, preview},
    session::{Backlog, Greeting, Opened, open_session},
    tick::tick,
    trust::{
        Certificate, Distrust, Revocation, may_revoke_alone, renew, renewed_too_often, revoke,
    },
};
use crate::{detect::Checks, flapping::link::Link};

/// Everything about one endpoint.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Endpoint {
    /// Who it is and whether it is trusted.
    pub registration: Arc<Registration>,
    /// What its readings are called.
    pub layout: Arc<Layout>,
    /// What its scans said.
    pub facts: Arc<Facts>,
    /// What detection makes of it.
    pub checks: Arc<Checks>,
    /// What changes with every report.
    pub pulse: Pulse,
}

/// Who an endpoint is and whether it is trusted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Registration {
    /// Its identity.
    pub id: EndpointId,
    /// The customer environment.
    pub tenant: Tenant,
    /// Where it stands.
    pub site: Site,
    /// What it is.
    pub kind: EndpointKind,
    /// What it carries, sorted.
    pub tags: Vec<Tag>,
    /// What it says of itself.
    pub host: Host,
    /// When it was let in.
    pub enrolled_at: Timestamp,
    /// The token that let it in.
    pub token: TokenId,
    /// The certificates that are good for it, newest last; at most two.
    pub certificates: Vec<Certificate>,
    /// A key that waits to speak for it.
    pub claim: Option<Claim>,
    /// Set once trust has ended, and never unset.
    pub revoked: Option<Revocation>,
}

/// The names behind the numbers. Grows only; an index is never reused.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Layout {
    /// The probes that have answered.
    pub probes: Vec<Arc<str>>,
    /// The series that have been measured, each with its probe's index.
    pub series: Vec<(usize, Series)>,
}

/// What the scans said last.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Facts {
    /// How each probe answered, by name.
    pub probes: BTreeMap<Arc<str>, ProbeState>,
    /// Services, by manager.
    pub services: BTreeMap<String, ServiceScan>,
    /// Updates, by package manager.
    pub patches: BTreeMap<String, PatchScan>,
    /// When each missing security update was first seen: manager, package, version.
    pub first_seen: BTreeMap<(String, String, String), Timestamp>,
    /// When each vulnerability that is exploited and that a missing update
    /// closes was first seen, by name.
    pub exploited: BTreeMap<String, Timestamp>,
    /// Backup jobs, by name.
    pub jobs: BTreeMap<String, JobState>,
}

/// How a probe answered last, where that is more than "measured".
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ProbeState {
    /// What it asks.
    pub source: Arc<str>,
    /// When it last answered, well or not, by the collector's clock. For
    /// probes that measure, [`Pulse::measured`] is newer.
    pub observed_at: Timestamp,
    /// How old the catalog behind the answer is.
    pub catalog_at: Option<Timestamp>,
    /// How much of the truth the answer covers.
    pub completeness: Completeness,
    /// What is missing.
    pub missing: String,
    /// Set if it had no answer; with the time since when.
    pub failure: Option<(Failure, Timestamp)>,
    /// Whether it has ever had one.
    pub ever_answered: bool,
}

/// What is known of a backup job.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct JobState {
    /// As declared or read.
    pub job: BackupJob,
    /// Who says that there is such a job.
    pub source: JobSource,
    /// Since when the job is known; a run is expected only after that.
    pub known_since: Timestamp,
    /// The newest run.
    pub last_run: Option<BackupRun>,
    /// When the job was last heard of, in a run or in a scan, by the collector's clock.
    pub last_heard_at: Option<Timestamp>,
    /// When the newest successful run ended.
    pub last_success_at: Option<Timestamp>,
    /// The time of the newest data that a run saved: when that run began.
    pub last_good_data_at: Option<Timestamp>,
    /// Bytes read by the last good runs, the newest last; at most
    /// [`SIZES`](crate::detect::backup::SIZES).
    pub sizes: Vec<u64>,
    /// When the newest run that counts as a start began.
    pub last_start_at: Option<Timestamp>,
    /// How many runs in a row ended with a warning.
    pub warnings_in_a_row: u32,
    /// The newest state that can be restored, as the product itself says.
    pub newest: Option<RecoveryPoint>,
}

/// Who says that there is a backup job; a later word outranks an earlier one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum JobSource {
    /// Nobody but its runs.
    Reported,
    /// The product, when asked what it holds.
    Scanned,
    /// The endpoint's own configuration.
    Declared,
}

/// What changes with every report.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pulse {
    /// The spool that is being applied, if there ever was a session.
    pub epoch: Option<u64>,
    /// Spools that came before it and must not come back, newest last.
    pub retired: Vec<u64>,
    /// What the agent must show to go on with that spool.
    pub resume: ResumeTokens,
    /// The newest event applied.
    pub events: u64,
    /// The newest measurement applied.
    pub metrics: u64,
    /// How many records were declared lost, in all epochs.
    pub lost: u64,
    /// What was refused because there is too much of it.
    pub refused: Refused,
    /// What the agent held when it said hello, until all of it is applied.
    pub backfill: Option<Backfill>,
    /// Whether it is heard.
    pub presence: Presence,
    /// Since when, by the collector's clock.
    pub presence_since: Timestamp,
    /// When it was last heard, by the collector's clock.
    pub heard_at: Option<Timestamp>,
    /// The same in the collector's listening time, which stands still while
    /// the collector is down.
    pub heard_listening: SignedDuration,
    /// How far its clock is ahead of the collector's.
    pub clock_ahead: SignedDuration,
    /// How often its link broke of late.
    pub link: Link,
    /// When each probe last measured, by [`Layout::probes`]' index, as far as
    /// records are applied.
    pub measured: Vec<Option<Timestamp>>,
    /// The values as of then, by [`Layout::series`]' index; `None` if gone.
    pub values: Vec<Option<i64>>,
    /// What probes measured since, by [`Layout::probes`]' index: told ahead of
    /// its turn, while older records are still to come.
    pub previews: BTreeMap<usize, Preview>,
}

/// What was refused because an endpoint has too much of it; see
/// [`limit`].
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Refused {
    /// How many values, jobs and the like, in all.
    pub count: u64,
    /// When that was told last.
    pub told_at: Option<Timestamp>,
}

/// What an agent held when it said hello: until it is applied, what is told
/// may be over by now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Backfill {
    /// When it said hello, by the collector's clock.
    pub since: Timestamp,
    /// Since when it had not been heard, if that is long enough for something
    /// to have been missed.
    pub from: Option<Timestamp>,
    /// The newest event that it held.
    pub events: u64,
    /// The newest measurement that it held.
    pub metrics: u64,
}

/// The tokens that tell one spool from its copies.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ResumeTokens {
    /// What was given out last.
    pub issued: Option<[u8; 16]>,
    /// What was given out before, good until something is applied: the agent
    /// may have died before it stored the newer one.
    pub previous: Option<[u8; 16]>,
}

/// Whether an endpoint is heard.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Presence {
    /// Enrolled, and no session yet.
    NeverSeen,
    /// Heard of late.
    Online,
    /// Silent for longer than it should be; not yet offline.
    Late,
    /// Silent for so long that somebody must know.
    Offline,
    /// It said goodbye.
    ExpectedOff(Departure),
}

impl Endpoint {
    /// A newly enrolled endpoint, of which nothing is known.
    pub fn enrolled(registration: Registration) -> Self {
        let at = registration.enrolled_at;
        Self {
            registration: Arc::new(registration),
            layout: Arc::default(),
            facts: Arc::default(),
            checks: Arc::default(),
            pulse: Pulse {
                epoch: None,
                retired: Vec::new(),
                resume: ResumeTokens::default(),
                events: 0,
                metrics: 0,
                lost: 0,
                refused: Refused::default(),
                backfill: None,
                presence: Presence::NeverSeen,
                presence_since: at,
                heard_at: None,
                heard_listening: SignedDuration::ZERO,
                clock_ahead: SignedDuration::ZERO,
                link: Link::default(),
                measured: Vec::new(),
                values: Vec::new(),
                previews: BTreeMap::new(),
            },
        }
    }

    /// Its identity.
    pub fn id(&self) -> EndpointId {
        self.registration.id
    }

    /// The newest number applied in a stream.
    pub fn applied(&self, stream: Stream) -> u64 {
        match stream {
            Stream::Events => self.pulse.events,
            Stream::Metrics => self.pulse.metrics,
        }
    }

    /// The newest value of a series, with its time.
    pub fn value(&self, metric: &str, instance: &str) -> Option<(i64, Timestamp)> {
        let mut series = self.layout.series.iter().enumerate();
        let (index, (probe, _)) =
            series.find(|(_, (_, it))| &*it.metric == metric && &*it.instance == instance)?;
        Some((self.pulse.newest(*probe, index)?, self.pulse.measured_at(*probe)?))
    }
}

/// No backlog is waited for longer than this.
const LONGEST_BACKFILL: SignedDuration = SignedDuration::from_hours(6);

impl Pulse {
    /// Whether what is applied is older than what the agent has yet to send:
    /// what looks bad may be over, so it is not told yet.
    pub fn is_catching_up(&self, now: Timestamp) -> bool {
        self.waits_for(now).is_some()
    }

    /// What the agent held and has yet to send.
    fn waits_for(&self, now: Timestamp) -> Option<&Backfill> {
        let waits = |it: &&Backfill| now.duration_since(it.since) < LONGEST_BACKFILL;
        self.backfill.as_ref().filter(waits).filter(|_| self.presence == Presence::Online)
    }
}
