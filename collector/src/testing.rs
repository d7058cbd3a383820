//! A small collector in memory, for the shells' own tests: real domain, real
//! matrix, the memory store, and a clock that follows tokio's paused one.

use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};
use remit_collector_domain::{
    endpoint::{Certificate, Endpoint, Registration},
    matrix_version::Published,
};
use remit_shared::{Clock, EndpointId, EndpointKind, Host, Site, SteadyClock, Tenant, TokenId};
use tokio::{sync::Notify, time::Instant};
use uuid::Uuid;

use crate::{
    adapters::{
        matrices::{InForce, Matrices},
        memory::MemoryStore,
    },
    engine::{Board, Engine},
    ingest::{Ingest, Listening, Roll},
    losses::Losses,
    ports::store::{Commit, Store as _},
};

/// Wall time that follows tokio's, so that pausing one pauses both. It starts
/// on Tuesday, 3 March 2026, 10:00 in New York, where the starter matrix lives.
pub(crate) struct TokioClock {
    start: Instant,
}

impl Clock for TokioClock {
    fn now(&self) -> Timestamp {
        let start = Timestamp::constant(1_772_550_000, 0);
        start + SignedDuration::try_from(self.start.elapsed()).unwrap()
    }
}

impl SteadyClock for TokioClock {
    fn running(&self) -> SignedDuration {
        SignedDuration::try_from(self.start.elapsed()).unwrap()
    }
}

/// A collector without edges.
pub(crate) struct World {
    pub(crate) store: Arc<MemoryStore>,
    pub(crate) engine: Arc<Engine<MemoryStore, Matrices, TokioClock>>,
    pub(crate) ingest: Ingest<MemoryStore, Matrices, TokioClock>,
}

/// The serial number of the endpoint's certificate.
pub(crate) const SERIAL: &str = "5eaf00d";

impl World {
    /// One tenant with the starter matrix, one server at its head office.
    pub(crate) async fn new() -> Self {
        let store = Arc::new(MemoryStore::default());
        let clock = Arc::new(TokioClock { start: Instant::now() });
        let matrices = Arc::new(Matrices::default());
        matrices.install(version(1, remit_matrix_file::STARTER, clock.now()), clock.now());
        let (owed, losses) = (Arc::new(Notify::new()), Arc::new(Losses::default()));
        let engine = Arc::new(Engine {
            store: Arc::clone(&store),
            directory: Arc::clone(&matrices),
            clock: Arc::clone(&clock),
            owed: Arc::clone(&owed),
            board: Board::default(),
            losses: Arc::clone(&losses),
        });
        let endpoint = Endpoint::enrolled(registration(clock.now()));
        store.commit(Commit::new(endpoint, 0, Vec::new())).await.unwrap();
        let ingest = Ingest {
            store: Arc::clone(&store),
            directory: matrices,
            listening: Arc::new(Listening::resume(SignedDuration::ZERO, Arc::clone(&clock))),
            clock,
            roll: Arc::new(Roll::default()),
            lobby: Arc::default(),
            losses,
            owed,
        };
        Self { store, engine, ingest }
    }
}

/// A version of the tenant's matrix.
pub(crate) fn version(number: u64, text: &str, at: Timestamp) -> InForce {
    let published = Published {
        tenant: Tenant::new("acme").unwrap(),
        version: number,
        text: text.into(),
        sha256: String::new(),
        published_at: at,
        published_by: "test".into(),
        note: String::new(),
        previous_sha256: None,
        effective_from: at,
        change: None,
        signatures: Vec::new(),
    };
    InForce::read(published).unwrap()
}

/// The endpoint's identity.
pub(crate) fn endpoint() -> EndpointId {
    EndpointId::from_uuid(Uuid::from_u128(7))
}

fn registration(now: Timestamp) -> Registration {
    Registration {
        id: endpoint(),
        tenant: Tenant::new("acme").unwrap(),
        site: Site::new("hq").unwrap(),
        kind: EndpointKind::Server,
        tags: Vec::new(),
        host: Host { hostname: "db-7".into(), ..Host::default() },
        enrolled_at: now,
        token: TokenId::from_uuid(Uuid::from_u128(1)),
        certificates: vec![Certificate {
            serial: SERIAL.into(),
            not_after: now + SignedDuration::from_hours(24 * 30),
        }],
        claim: None,
        revoked: None,
    }
}
