//! How the agent stands, in a small file that `remit-agent status` reads.
//!
//! The file is replaced as a whole and never flushed: after a power cut it is
//! of no interest.

use std::{
    fs, io,
    path::{Path, PathBuf},
    time::Duration,
};

use jiff::{SignedDuration, Timestamp};
use remit_runtime::duration;
use remit_shared::{Chain, Clock};
use serde::{Deserialize, Serialize};
use tokio::{
    sync::watch,
    time::{self, Instant},
};
use tracing::debug;

use crate::{
    app::VERSION,
    budget,
    identity::IdentityFolder,
    spool::{Spool, handle::SpoolHandle},
    telemetry::LinkState,
};

/// Its name in the state folder.
const FILE: &str = "status.json";

/// How often it is written if nothing changes. Each time costs as much as
/// measuring and reporting once.
const PERIOD: Duration = Duration::from_secs(60);

/// And how often while records wait, or nobody is there to take them: somebody
/// may be looking.
const CLOSELY: Duration = Duration::from_secs(10);

/// So many wait for their acknowledgement anyway.
const USUAL: u64 = 5;

/// How old it may be before the agent counts as not running.
const FRESH: SignedDuration = SignedDuration::from_secs(150);

/// What the agent says of itself. Times are RFC 3339.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Status {
    /// Who it is.
    pub endpoint_id: String,
    /// The tenant it belongs to.
    pub tenant: String,
    /// The site it belongs to.
    pub site: String,
    /// The agent's version.
    pub version: String,
    /// The process.
    pub pid: u32,
    /// When this was written.
    pub written_at: String,
    /// When it ended, if it was asked to.
    #[serde(default)]
    pub stopped_at: Option<String>,
    /// Which of the collector's addresses it speaks with, or spoke with last.
    #[serde(default)]
    pub collector: Option<String>,
    /// Whether reports flow.
    pub connected: bool,
    /// Since when that is so.
    pub since: Option<String>,
    /// What went wrong last.
    pub last_error: Option<String>,
    /// Whether that was the collector's refusal to know this agent.
    pub refused: bool,
    /// When the collector last acknowledged something.
    pub last_ack: Option<String>,
    /// Records that wait.
    pub queued: u64,
    /// Bytes that they take.
    pub queued_bytes: u64,
    /// Records that were lost since the agent started, and declared.
    pub lost: u64,
    /// How far the collector's clock is ahead of ours.
    pub clock_offset_ms: Option<i64>,
    /// When the certificate ends.
    pub certificate_not_after: String,
    /// What the agent takes of the machine, once it has looked.
    #[serde(default)]
    pub takes: Option<Takes>,
}

/// What the agent takes of the machine.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Takes {
    /// Thousandths of one processor over the last minutes.
    pub cpu_permille: Option<u64>,
    /// Resident bytes.
    pub memory_bytes: u64,
    /// Open handles.
    pub handles: u64,
    /// The probes that rest because that is too much.
    pub shed: Vec<String>,
    /// Why they do; empty if none does.
    pub why: String,
}

impl Takes {
    fn of(standing: &budget::Standing) -> Option<Self> {
        let usage = standing.usage?;
        Some(Self {
            cpu_permille: usage.cpu,
            memory_bytes: usage.memory,
            handles: usage.handles,
            shed: standing.shed.to_vec(),
            why: standing.why.to_string(),
        })
    }

    /// In one line.
    pub fn to_text(&self) -> String {
        let cpu = self.cpu_permille.map_or_else(
            || "processor not measured yet".to_owned(),
            |it| format!("{}.{} % of a processor", it / 10, it % 10),
        );
        let mebibytes = self.memory_bytes >> 20;
        format!("{cpu}, {mebibytes} MiB of memory, {} handles", self.handles)
    }
}

/// What is known about the agent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Standing {
    /// It runs.
    Running(Status),
    /// It ran, and told this last.
    Stopped(Status),
    /// It has never said anything.
    Unknown,
}

/// Reads what the agent said last.
pub fn read(state_dir: &Path, now: Timestamp) -> io::Result<Standing> {
    match fs::read(state_dir.join(FILE)) {
        Ok(bytes) => {
            let status: Status = serde_json::from_slice(&bytes)?;
            let written: Option<Timestamp> = status.written_at.parse().ok();
            let age = written.map(|it| now.duration_since(it).abs());
            Ok(match age {
                Some(age) if age <= FRESH && status.stopped_at.is_none() => {
                    Standing::Running(status)
                }
                Some(_) | None => Standing::Stopped(status),
            })
        }
        Err(err) if err.kind() == io::ErrorKind::NotFound => Ok(Standing::Unknown),
        Err(err) => Err(err),
    }
}

impl Status {
    /// For people.
    pub fn to_text(&self, now: Timestamp) -> String {
        let ago = |it: &Option<String>| match it.as_ref().and_then(|it| it.parse().ok()) {
            Some(at) => {
                let age = now.duration_since(at).max(SignedDuration::ZERO);
                format!("{} ago", duration::format(SignedDuration::from_secs(age.as_secs())))
            }
            None => "never".into(),
        };
        let link = if self.connected { "connected" } else { "not connected" };
        let offset = self.clock_offset_ms.map_or("unknown".into(), |it| format!("{it} ms"));
        let mut text = format!(
            "endpoint     {}  ({} / {})\n\
             agent        {}, {}\n\
             collector    {link} to {}, changed {}\n\
             last ack     {}\n\
             queue        {} records, {} bytes\n\
             lost         {} records since start\n\
             clock        collector ahead by {offset}\n\
             certificate  until {}\n\
             as of        {}\n",
            self.endpoint_id,
            self.tenant,
            self.site,
            self.version,
            match &self.stopped_at {
                Some(_) => format!("stopped {}", ago(&self.stopped_at)),
                None => format!("process {}", self.pid),
            },
            self.collector.as_deref().unwrap_or("none yet"),
            ago(&self.since),
            ago(&self.last_ack),
            self.queued,
            self.queued_bytes,
            self.lost,
            self.certificate_not_after,
            ago(&Some(self.written_at.clone())),
        );
        if let Some(takes) = &self.takes {
            text.push_str(&format!("takes        {}\n", takes.to_text()));
            if !takes.shed.is_empty() {
                let shed = takes.shed.join(", ");
                text.push_str(&format!("not asked    {shed}: {}\n", takes.why));
            }
        }
        if let Some(error) = &self.last_error {
            text.push_str(&format!("last error   {error}\n"));
        }
        text
    }
}

/// Notes that the agent has ended as it was asked to, so that nobody takes it for
/// running until the file is old.
pub(crate) fn ended(state_dir: &Path, now: Timestamp) {
    let noted = fs::read(state_dir.join(FILE))
        .and_then(|it| Ok(serde_json::from_slice::<Status>(&it)?))
        .map(|it| Status { stopped_at: Some(now.to_string()), connected: false, ..it })
        .and_then(|it| replace(state_dir, &it));
    if let Err(err) = noted {
        debug!(error = %Chain(&err), "failed to note the end in the status file");
    }
}

fn replace(state_dir: &Path, status: &Status) -> io::Result<()> {
    let temporary = state_dir.join(".status.json.tmp");
    fs::write(&temporary, serde_json::to_vec_pretty(status)?)?;
    fs::rename(&temporary, state_dir.join(FILE))
}

/// Writes the file when something changes, and from time to time.
pub(crate) async fn write<S: Spool>(
    state_dir: PathBuf,
    identity: IdentityFolder,
    spool: SpoolHandle<S>,
    (mut link, budget): (watch::Receiver<LinkState>, watch::Receiver<budget::Standing>),
    clock: impl Clock,
) {
    let mut due = Instant::now();
    let mut shown = None;
    loop {
        tokio::select! {
            () = time::sleep_until(due) => {}
            Ok(()) = link.changed() => {
                let it = link.borrow_and_update();
                let now = (it.connected, it.last_error.clone());
                // Acknowledgements come all the time and can wait.
                if shown.as_ref() == Some(&now) {
                    continue;
                }
            }
        }
        let state = link.borrow().clone();
        shown = Some((state.connected, state.last_error.clone()));
        due = Instant::now() + CLOSELY;
        let (Ok(endpoint), Ok(spool)) = (identity.endpoint(), spool.look().await) else {
            continue;
        };
        if state.connected && spool.queued <= USUAL {
            due = Instant::now() + PERIOD;
        }
        let status = Status {
            endpoint_id: endpoint.endpoint_id,
            tenant: endpoint.tenant,
            site: endpoint.site,
            version: VERSION.into(),
            pid: std::process::id(),
            written_at: clock.now().to_string(),
            stopped_at: None,
            collector: state.address.as_deref().map(str::to_owned),
            connected: state.connected,
            since: state.since.map(|it| it.to_string()),
            last_error: state.last_error,
            refused: state.refused,
            last_ack: state.last_ack.map(|it| it.to_string()),
            queued: spool.queued,
            queued_bytes: spool.bytes,
            lost: spool.lost.events + spool.lost.metrics,
            clock_offset_ms: state.clock_offset.and_then(|it| it.as_millis().try_into().ok()),
            certificate_not_after: endpoint.not_after.to_string(),
            takes: Takes::of(&budget.borrow()),
        };
        crate::platform::announce_status(&status);
        if let Err(err) = replace(&state_dir, &status) {
            // The next period is the retry.
            debug!(error = %Chain(&err), "failed to write the status file");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn status(written_at: Timestamp) -> Status {
        Status {
            endpoint_id: "end_00000000000000000000000000000007".into(),
            tenant: "acme".into(),
            site: "hq".into(),
            version: VERSION.into(),
            pid: 7,
            written_at: written_at.to_string(),
            stopped_at: None,
            collector: None,
            connected: false,
            since: None,
            last_error: None,
            refused: false,
            last_ack: None,
            queued: 0,
            queued_bytes: 0,
            lost: 0,
            clock_offset_ms: None,
            certificate_not_after: Timestamp::MAX.to_string(),
            takes: None,
        }
    }

    #[test]
    fn an_agent_that_missed_one_write_runs_and_one_that_missed_two_does_not() {
        let folder = tempfile::tempdir().unwrap();
        let written = Timestamp::UNIX_EPOCH;
        assert_eq!(read(folder.path(), written).unwrap(), Standing::Unknown);
        let said = status(written);
        fs::write(folder.path().join(FILE), serde_json::to_vec(&said).unwrap()).unwrap();
        let after = |periods: u32| read(folder.path(), written + PERIOD * periods).unwrap();
        assert_eq!(after(2), Standing::Running(said.clone()));
        assert_eq!(after(3), Standing::Stopped(said));
    }

    #[test]
    fn an_agent_that_was_stopped_is_known_to_be_at_once() {
        let folder = tempfile::tempdir().unwrap();
        let now = Timestamp::UNIX_EPOCH;
        ended(folder.path(), now);
        assert_eq!(read(folder.path(), now).unwrap(), Standing::Unknown, "it said nothing");
        replace(folder.path(), &Status { connected: true, ..status(now) }).unwrap();
        ended(folder.path(), now);
        let stopped = Status { stopped_at: Some(now.to_string()), ..status(now) };
        assert!(stopped.to_text(now).contains("stopped 0s ago"), "{}", stopped.to_text(now));
        assert_eq!(read(folder.path(), now).unwrap(), Standing::Stopped(stopped));
    }
}
