//! Wiring: the one place that names concrete types and starts tasks.

mod chores;
mod servers;

use std::{io, path::PathBuf, sync::Arc, time::Duration};

use remit_collector_domain::{endpoint::Endpoint, exploited::Known, matrix_version::Published};
use remit_runtime::{
    clock::SystemClock,
    files::{FolderLock, LockError},
    listen::{BindError, Listener},
    random,
    supervise::{Supervisor, Unstopped},
    tls::{Clients, TlsError, server_config},
};
use remit_shared::{Clock, SteadyClock};
use sd_notify::NotifyState;
use tokio::sync::{Mutex, Notify, watch};
use tokio_util::sync::CancellationToken;
use tonic::transport::server::Router;
use tracing::{info, warn};

use crate::{
    adapters::{
        matrices::{InForce, InForceError, Matrices},
        notify::{Channels, ChannelsError, DeadMan, HttpError},
        remote_write::RemoteWrite,
        sealed::Sealed,
        sled::{JOURNAL_BYTES, OpenError, Options, SledStore},
    },
    auditor::Auditor,
    changes::Changes,
    config::Config,
    daybook::Daybook,
    edge::{
        grpc::{
            agent::AgentEdge,
            enrollment::{EnrollmentEdge, Guard},
            operator::{Plane, Refusals},
        },
        http::{self, receiver},
    },
    engine::{Board, Engine},
    ingest::{Ingest, Listening, Roll},
    losses::Losses,
    morning::Morning,
    outbox::{Outbox, Post},
    outgoing::Outgoing,
    pki::{Authority, PkiError},
    ports::store::{Store as _, StoreError},
    sources::Sources,
    storekeeper::Storekeeper,
    telemetry,
    timekeeper::Timekeeper,
};

/// Room on the disk that is kept for alerts and for what people do.
const RESERVE: u64 = 64 << 20;
/// What tasks have to come to an end.
const GOODBYE: Duration = Duration::from_secs(8);

/// Where the parts of a data folder are.
#[derive(Clone, Debug)]
pub struct DataDir(pub PathBuf);

impl DataDir {
    /// Keys and certificates.
    pub fn pki(&self) -> PathBuf {
        self.0.join("pki")
    }

    /// Records.
    pub fn store(&self) -> PathBuf {
        self.0.join("store")
    }

    /// The first administrator's credential.
    pub fn administrator(&self) -> PathBuf {
        self.0.join("admin.credential.toml")
    }
}

/// Why the collector cannot run, or stopped.
#[derive(Debug, thiserror::Error)]
pub enum RunError {
    /// Another collector uses the data folder.
    #[error(transparent)]
    Lock(#[from] LockError),
    /// Keys or certificates are not there or make no sense.
    #[error(transparent)]
    Pki(#[from] PkiError),
    /// The store cannot be opened.
    #[error(transparent)]
    Open(#[from] OpenError),
    /// The store cannot be read.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// TLS cannot be set up.
    #[error(transparent)]
    Tls(#[from] TlsError),
    /// An address cannot be listened to.
    #[error(transparent)]
    Bind(#[from] BindError),
    /// A published matrix cannot be read.
    #[error(transparent)]
    Matrix(#[from] InForceError),
    /// A channel is set up wrongly.
    #[error(transparent)]
    Channels(#[from] ChannelsError),
    /// The dead man's switch is set up wrongly.
    #[error("the dead man's switch cannot be set up")]
    DeadMan(#[source] HttpError),
    /// A time-series database is set up wrongly.
    #[error("the remote write to `{name}` cannot be set up")]
    RemoteWrite {
        /// Which.
        name: String,
        /// Why.
        #[source]
        source: HttpError,
    },
    /// Counting cannot be set up.
    #[error("failed to set up metrics")]
    Metrics(#[source] metrics_exporter_prometheus::BuildError),
    /// Something of the operating system's.
    #[error("failed to {attempt}")]
    System {
        /// What was attempted.
        attempt: &'static str,
        /// What the operating system said.
        #[source]
        source: io::Error,
    },
    /// A part that the rest cannot do without failed.
    #[error("stopped because the {0} failed; the log says why")]
    Failed(String),
    /// Some tasks did not end in time.
    #[error(transparent)]
    Unstopped(#[from] Unstopped),
}

type Sled = SledStore;

/// Runs the collector by a clock until `stop` is cancelled.
pub async fn serve<C: SteadyClock>(
    config: Config,
    clock: C,
    stop: CancellationToken,
) -> Result<(), RunError> {
    let data = DataDir(config.data_dir.clone());
    let _lock = FolderLock::acquire(&data.0)?;
    let metrics = telemetry::install().map_err(RunError::Metrics)?;
    let authority = Arc::new(Authority::open(&data.pki())?);
    let clock = Arc::new(clock);
    let now = clock.now();
    let identity = match authority.renew_server_if_needed(now)? {
        Some(renewed) => renewed,
        None => authority.server_identity()?,
    };

    // Bind everything before the store is opened: a port that is taken is
    // the most common mistake, and must change nothing.
    let agents = Listener::bind(config.agents, server_config(&identity, authority.agents())?)?;
    let enrollment = Listener::bind(config.enrollment, server_config(&identity, Clients::Nobody)?)?;
    let operators =
        Listener::bind(config.operators, server_config(&identity, authority.operators())?)?;
    let http = servers::bind(config.http).await?;
    let receiver = match config.receiver {
        Some(at) => Some(servers::Receiver::bind(at, &identity).await?),
        None => None,
    };

    let store = Arc::new(open_store(&data, config.cache_bytes)?);
    let matrices = Arc::new(Matrices::default());
    for stored in store.all::<Published>().await? {
        matrices.install(InForce::read(Published::clone(&stored.record))?, now);
    }

    let newest = chores::newest(&store).await?;
    let endpoints = store.all::<Endpoint>().await?;
    let losses = Arc::new(Losses::resume(endpoints.iter().map(|it| &*it.record)));
    let tasks = Supervisor::new();
    let owed = Arc::new(Notify::new());
    let listening = Arc::new(Listening::resume(store.listened().await?, Arc::clone(&clock)));
    let engine = Arc::new(Engine {
        store: Arc::clone(&store),
        directory: Arc::clone(&matrices),
        clock: Arc::clone(&clock),
        owed: Arc::clone(&owed),
        board: Board::default(),
        losses: Arc::clone(&losses),
    });
    engine.recall().await?;
    let ingest = Arc::new(Ingest {
        store: Arc::clone(&store),
        directory: Arc::clone(&matrices),
        clock: Arc::clone(&clock),
        listening: Arc::clone(&listening),
        roll: Arc::new(Roll::default()),
        lobby: Arc::default(),
        losses,
        owed: Arc::clone(&owed),
    });
    let sources = Arc::new(Sources { store: Arc::clone(&store), clock: Arc::clone(&clock), owed });
    let (news, hears_news) = watch::channel(store.feed_end().await?);
    let notifier = Arc::new(Channels::new(config.channels.clone(), Arc::clone(&clock))?);
    let outbox = Outbox {
        engine: Arc::clone(&engine),
        post: Post::new(Arc::clone(&engine), notifier, random::u64, config.waits),
        news,
    };
    let addresses = |port: u16| config.names.iter().map(move |it| with_port(it, port)).collect();
    let local = |listener: &Listener| listener.local_addr().map(|it| it.port());
    let port = |source| RunError::System { attempt: "ask for a listener's port", source };
    let morning = Morning { engine: Arc::clone(&engine), matrices: Arc::clone(&matrices) };
    let changes = Arc::new(Changes {
        engine: Arc::clone(&engine),
        matrices: Arc::clone(&matrices),
        ingest: Arc::clone(&ingest),
        sealed: Sealed::of(&data.0),
        turn: Mutex::default(),
    });
    let daybook = Daybook { engine: Arc::clone(&engine), matrices: Arc::clone(&matrices) };
    if let Some(path) = config.known_exploited.clone() {
        // Unread is not off: what was told stays told until it can be read.
        matrices.learn_exploited(Known::Unread);
        let keep = chores::keep_catalogue(path, Arc::clone(&matrices), tasks.token());
        tasks.spawn("catalogue", keep);
    }
    let plane = Arc::new(Plane {
        engine: Arc::clone(&engine),
        ingest: Arc::clone(&ingest),
        changes: Arc::clone(&changes),
        matrices,
        channels: config.channels.set_up(),
        sources: Arc::clone(&sources),
        refusals: Refusals::default(),
        authority: Arc::clone(&authority),
        enrollment_addresses: addresses(local(&enrollment).map_err(port)?),
        news: hears_news,
        tasks: tasks.clone(),
        stop: tasks.token(),
    });
    let agent_edge = AgentEdge {
        ingest: Arc::clone(&ingest),
        authority: Arc::clone(&authority),
        tasks: tasks.clone(),
    };
    let enrollment_edge = EnrollmentEdge {
        ingest: Arc::clone(&ingest),
        authority: Arc::clone(&authority),
        agent_addresses: addresses(local(&agents).map_err(port)?),
        guard: Guard::default(),
        lanes: Default::default(),
    };

    let listeners = servers::Listeners {
        agents: agents.configuration(),
        enrollment: enrollment.configuration(),
        operators: operators.configuration(),
        receiver: receiver.as_ref().and_then(servers::Receiver::configuration),
    };
    let server = |name, router: Router, listener: Listener| {
        let stopped = tasks.token().cancelled_owned();
        tasks.spawn_critical(name, async move {
            router.serve_with_incoming_shutdown(listener, stopped).await
        });
    };
    server("agent plane", servers::agent_plane(agent_edge), agents);
    server("enrollment", servers::enrollment_plane(enrollment_edge), enrollment);
    server("operator plane", servers::operator_plane(plane).await, operators);
    let readiness = {
        let store = Arc::clone(&store);
        Arc::new(move || store.health().err().into_iter().collect::<Vec<String>>())
    };
    tasks.spawn("telemetry", telemetry::sum_up(metrics.clone(), tasks.token()));
    tasks.spawn_critical("metrics", http::serve(http, readiness, metrics, tasks.token()));
    if let Some(receiver) = receiver {
        let router = receiver::router(Arc::clone(&sources));
        tasks.spawn_critical("receiver", receiver.serve(router, tasks.token()));
    }
    tasks.spawn_critical("sources", {
        let stop = tasks.token();
        async move { sources.run(stop).await }
    });
    tasks.spawn_critical("outbox", outbox.run(tasks.token()));
    tasks.spawn_critical("escalation", {
        let (engine, stop) = (Arc::clone(&engine), tasks.token());
        async move { engine.run(stop).await }
    });
    tasks.spawn("morning", {
        let stop = tasks.token();
        async move { morning.run(stop).await }
    });
    tasks.spawn("changes", {
        let stop = tasks.token();
        async move { changes.run(stop).await }
    });
    tasks.spawn("quiet", chores::keep_quiet(Arc::clone(&engine), tasks.token()));
    tasks.spawn("watch", chores::watch(engine, tasks.token()));
    tasks.spawn("daybook", {
        let stop = tasks.token();
        async move { daybook.run(stop).await }
    });
    let auditor = auditor(&config, &store, &clock)?;
    tasks.spawn("auditor", auditor.run(tasks.token()));
    tasks.spawn("timekeeper", {
        let keeper = Timekeeper { ingest: Arc::clone(&ingest), machine: SystemClock };
        let stop = tasks.token();
        async move { keeper.run(stop).await }
    });
    tasks.spawn("storekeeper", {
        let (keeper, stop) = (Storekeeper { ingest: Arc::clone(&ingest) }, tasks.token());
        async move { keeper.run(stop).await }
    });
    tasks.spawn("sweep", chores::sweep(ingest, tasks.token()));
    tasks.spawn("listening", chores::note_listening(Arc::clone(&store), listening, tasks.token()));
    tasks.spawn_critical("store", chores::watch_store(Arc::clone(&store), tasks.token()));
    tell_databases(&config, &store, &clock, &tasks)?;
    let prune = chores::prune(store, config.clone(), Arc::clone(&clock), newest, tasks.token());
    tasks.spawn("prune", prune);
    tasks.spawn("server certificate", chores::renew(authority, clock, listeners, tasks.token()));
    info!(agents = %config.agents, operators = %config.operators, "listening");
    // Where there is no service manager nobody needs to know.
    let _ = sd_notify::notify(&[NotifyState::Ready]);
    tokio::select! {
        () = stop.cancelled() => info!("stopping"),
        () = tasks.token().cancelled_owned() => {}
    }
    let stopped = tasks.shutdown(GOODBYE).await;
    if let Some(failed) = tasks.failed() {
        return Err(RunError::Failed(failed.to_owned()));
    }
    // A watcher that does not read does not turn a good end into a bad one.
    if let Err(unstopped) = stopped {
        warn!(%unstopped, "some tasks were cut short");
    }
    info!("stopped");
    Ok(())
}

/// Starts telling time-series databases what is measured.
fn tell_databases<C: SteadyClock>(
    config: &Config,
    store: &Arc<Sled>,
    clock: &Arc<C>,
    tasks: &Supervisor,
) -> Result<(), RunError> {
    for it in &config.remote_write {
        let name = it.to.name.clone();
        let refused = |source| RunError::RemoteWrite { name: it.to.name.clone(), source };
        let outgoing = Outgoing {
            name: name.clone(),
            store: Arc::clone(store),
            clock: Arc::clone(clock),
            recorder: RemoteWrite::new(it.to.clone()).map_err(refused)?,
            tenants: it.tenants.clone(),
            every: it.every,
            batch: it.batch,
            queue: it.queue,
            random: random::u64,
        };
        tasks.spawn(format!("remote write to {name}"), outgoing.run(tasks.token()));
    }
    Ok(())
}

fn auditor<C: SteadyClock>(
    config: &Config,
    store: &Arc<Sled>,
    clock: &Arc<C>,
) -> Result<Auditor<Sled, C, DeadMan>, RunError> {
    let switch = config.dead_man.as_ref().map(|it| {
        let switch = DeadMan::new(&it.url).map_err(RunError::DeadMan)?;
        Ok::<_, RunError>((switch, it.every.unsigned()))
    });
    let (store, clock) = (Arc::clone(store), Arc::clone(clock));
    Ok(Auditor { store, clock, switch: switch.transpose()?, found: watch::Sender::default() })
}

/// Opens the store of a data folder.
pub fn open_store(data: &DataDir, cache_bytes: u64) -> Result<SledStore, OpenError> {
    let options = Options { cache_bytes, reserve_bytes: RESERVE, journal_bytes: JOURNAL_BYTES };
    SledStore::open(&data.store(), options)
}

/// `host:port`, with brackets where an address has colons of its own.
pub fn with_port(host: &str, port: u16) -> String {
    if host.contains(':') { format!("[{host}]:{port}") } else { format!("{host}:{port}") }
}
