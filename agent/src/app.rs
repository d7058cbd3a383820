//! The agent, wired together: the one place that names concrete types.
//!
//! ```text
//! probes ─► scheduler ─┐
//! inbox ───────────────┼─► recorder ─► spool ─► reporter ══► collector
//! pings ───────────────┘
//! ```

mod producers;

use std::{
    io,
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};

use jiff::SignedDuration;
use remit_agent_domain::{
    session::Policy,
    spool::{Limits, Marks},
};
use remit_runtime::{
    clock::SystemClock,
    random,
    supervise::{Supervisor, Unstopped},
};
use remit_shared::{Answer, Backoff, Body, Chain, Clock as _, Departure, Lifecycle};
use tokio::{
    sync::{mpsc, oneshot, watch},
    time,
};
use tokio_util::sync::CancellationToken;
use tracing::{info, warn};

use self::producers::Outlets;
use crate::{
    budget::Keeper,
    config::Config,
    host,
    identity::{IdentityError, IdentityFolder},
    inbox::InboxError,
    ping::PingError,
    platform,
    probe::{self, itself::SelfProbe},
    recorder::{self, Inlets},
    renew,
    reporter::Reporter,
    scheduler::{SINK_BOUND, SchedulerError},
    spool::{SpoolError, handle::SpoolHandle, segments::SegmentSpool},
    status,
    telemetry::LinkState,
    uplink::grpc::GrpcUplink,
};

/// This agent's version.
pub const VERSION: &str = env!("CARGO_PKG_VERSION");

/// How long what was measured last may take to reach the disk, at the end.
const RECORDING: Duration = Duration::from_secs(1);

/// How long the collector may take to acknowledge it. Together with a goodbye
/// this stays within five seconds.
const LEAVING: SignedDuration = SignedDuration::from_secs(2);

/// Why the agent does not run, or no longer.
#[derive(Debug, thiserror::Error)]
pub enum RunError {
    /// It is not enrolled, or its identity makes no sense.
    #[error(transparent)]
    Identity(#[from] IdentityError),
    /// The state folder cannot be used.
    #[error("failed to use the state folder {}", path.display())]
    State {
        /// The folder.
        path: PathBuf,
        /// What the operating system says.
        #[source]
        source: io::Error,
    },
    /// Others may use the key, or what is reported in our name.
    #[error("not started, since {} is not private: {why}; if that was so while a key was in it, revoke this endpoint, then: {}", path.display(), platform::make_private_advice(path))]
    Exposed {
        /// The file or folder.
        path: PathBuf,
        /// Who may use it.
        why: String,
    },
    /// The spool does not open.
    #[error("failed to open the spool")]
    Spool(#[from] SpoolError),
    /// The drop folder does not open.
    #[error(transparent)]
    Inbox(#[from] InboxError),
    /// The probes do not start.
    #[error(transparent)]
    Scheduler(#[from] SchedulerError),
    /// Nobody can ping.
    #[error(transparent)]
    Ping(#[from] PingError),
    /// Signals cannot be waited for.
    #[error("failed to wait for signals")]
    Signals(#[source] io::Error),
    /// A task that nothing can do without has failed; the log says why.
    #[error("{0} failed")]
    Task(String),
    /// Tasks do not stop.
    #[error(transparent)]
    Unstopped(#[from] Unstopped),
}

/// Runs until the operating system says stop.
pub async fn run(config: Config) -> Result<(), RunError> {
    let clock = SystemClock;
    let state_dir = config.state_dir.clone();
    platform::make_private_folder(&state_dir)
        .map_err(|source| RunError::State { path: state_dir.clone(), source })?;
    let identity = IdentityFolder::new(&state_dir);
    check_private(&state_dir, &identity)?;
    let endpoint = identity.endpoint()?;
    let limits = Limits { max_bytes: config.spool_max_bytes.0, max_age: config.spool_max_age.0 };
    let spool = SegmentSpool::open(&state_dir.join("spool"), limits, random::u64())?;
    let opened = crate::spool::Spool::state(&spool);
    let spool = SpoolHandle::new(spool);
    info!(
        endpoint = endpoint.endpoint_id,
        version = VERSION,
        after_crash = opened.after_crash,
        queued = opened.queued,
        "started"
    );

    let supervisor = Supervisor::new();
    let (answers, answered) = mpsc::channel(SINK_BOUND);
    // Callers wait for their receipt, so there are never more than they.
    let (deliveries, delivered) = mpsc::channel(32);
    let (spooled, seen) = watch::channel(opened.last);
    let (told, link) = watch::channel(LinkState::default());
    let first = beginning(&config, opened.after_crash, clock);
    write(&spool, &spooled, first, clock).await?;

    let (recorded, recorder_ended) = oneshot::channel::<()>();
    supervisor.spawn_critical("recorder", {
        let inlets = Inlets { answers: answered, deliveries: delivered };
        let (spool, spooled) = (spool.clone(), spooled.clone());
        async move {
            let _ended = recorded;
            recorder::record(spool, inlets, spooled, clock).await
        }
    });
    let uplink = GrpcUplink::new(identity.clone(), config.addresses.clone())
        .through(config.proxies.clone())
        .returning_after(config.return_after.unsigned());
    renew::if_ended(&identity, &uplink, &clock).await;
    let uplink = Arc::new(uplink);
    let (keeper, budget) = Keeper::new(config.budget.clone());
    let (stop_reporter, stopped) = oneshot::channel();
    let (reported, reporter_ended) = oneshot::channel::<()>();
    supervisor.spawn_critical("reporter", {
        let reporter = Reporter {
            uplink: Arc::clone(&uplink),
            spool: spool.clone(),
            policy: policy(&config),
            clock,
            host: Arc::new(|| host::describe(VERSION)),
            spooled: seen,
            link: told,
        };
        async move {
            let _ended = reported;
            reporter.run(opened, stopped).await
        }
    });
    supervisor.spawn("renewal", renew::run(identity.clone(), uplink, clock, supervisor.token()));
    let status = status::write(state_dir, identity, spool.clone(), (link, budget.clone()), clock);
    let stop_status = supervisor.token();
    supervisor.spawn("status", async move {
        stop_status.run_until_cancelled(status).await;
    });

    // Stops those who have something to say before those who pass it on.
    let stop_producers = CancellationToken::new();
    let depth = {
        let spool = spool.clone();
        move || spool.state().map(|it| (it.queued, it.bytes))
    };
    let itself = Box::new(SelfProbe::new(keeper, Box::new(depth)));
    let outlets = Outlets { answers, deliveries };
    producers::start(&config, &supervisor, &stop_producers, outlets, (itself, budget)).await?;
    platform::announce_ready(&endpoint.endpoint_id);

    let failed = supervisor.token();
    let departure = tokio::select! {
        asked = platform::stop_requested() => {
            let departure = asked.map_err(RunError::Signals)?;
            platform::announce_stopping();
            departure
        }
        () = failed.cancelled() => Departure::ServiceStop,
    };
    stop_producers.cancel();
    if supervisor.failed().is_none() {
        info!(%departure, "stopping");
        let last = Answer::full(
            "agent",
            "remit-agent",
            clock.now(),
            Body::Lifecycle(Lifecycle::Stopping(departure)),
        );
        if time::timeout(RECORDING, recorder_ended).await.is_err() {
            warn!("some of what was measured last is not recorded");
        }
        write(&spool, &spooled, vec![last], clock).await?;
        // It may have ended by itself; then there is nobody to tell.
        let _ = stop_reporter.send((departure, LEAVING));
        let _ = reporter_ended.await;
        spool.with(crate::spool::Spool::close).await?;
    }
    let stopped = supervisor.shutdown(Duration::from_millis(500)).await;
    if let Some(task) = supervisor.failed() {
        return Err(RunError::Task(task.to_owned()));
    }
    status::ended(&config.state_dir, clock.now());
    if let Err(err) = stopped {
        // A probe that hangs in the kernel keeps nobody.
        warn!(error = %Chain(&err), "left without them");
    }
    Ok(())
}

/// Refuses to work with a key that others may have, or in a folder where they
/// may speak for us.
fn check_private(state_dir: &Path, identity: &IdentityFolder) -> Result<(), RunError> {
    let key = identity.current()?.map(|it| it.join("key.pem"));
    for path in [Some(state_dir.to_owned()), key].into_iter().flatten() {
        match platform::exposed(&path) {
            Ok(None) => {}
            Ok(Some(why)) => return Err(RunError::Exposed { path, why }),
            Err(source) => return Err(RunError::State { path, source }),
        }
    }
    Ok(())
}

/// What the agent has to say when it starts.
fn beginning(config: &Config, after_crash: bool, clock: SystemClock) -> Vec<Answer> {
    let version = VERSION.into();
    let started = Body::Lifecycle(Lifecycle::Started { version, after_crash });
    let now = clock.now();
    // All jobs, also none: a job that is gone must be seen to be gone.
    let declared = probe::backup::declared(config.backups.jobs.clone(), now);
    vec![Answer::full("agent", "remit-agent", now, started), declared]
}

async fn write(
    spool: &SpoolHandle<SegmentSpool>,
    spooled: &watch::Sender<Marks>,
    answers: Vec<Answer>,
    clock: SystemClock,
) -> Result<(), SpoolError> {
    let now = clock.now();
    let drafts = recorder::draft(answers, now).into_iter().collect();
    recorder::append(spool, drafts, now, spooled).await.map(|_stored| ())
}

fn policy(config: &Config) -> Policy {
    Policy {
        backoff: Backoff { base: SignedDuration::from_secs(1), max: SignedDuration::from_mins(5) },
        spread: config.reconnect_spread.0,
        refused: SignedDuration::from_mins(5),
        patience: SignedDuration::from_secs(60),
        heartbeat: SignedDuration::from_secs(30),
        window_bytes: 128 << 10,
        // As many as a collector reads of one agent in little more than a second.
        window_reports: 64,
        backlog: 16,
    }
}
