//! Makes, changes and feeds the systems whose alerts are taken in.
//!
//! What people do to a source ([`Sources::create`] and its neighbours) is
//! audited; what a source is told ([`Sources::take`]) becomes signals to
//! alerts. Whoever may do what is decided by whoever calls.
//!
//! # Invariants
//!
//! - What [`Sources::take`] has answered is durable.
//! - A token is shown once, when it is made. Kept is its hash.

mod mapping;
mod names;
#[cfg(test)]
mod tests;
mod token;

use std::{collections::BTreeMap, sync::Arc, time::Duration};

use jiff::Timestamp;
use remit_collector_domain::{
    effect::{AuditEntry, Effect},
    endpoint::Endpoint,
    signal::Signal,
    source::{self, LONGEST_MAPPING, Received, Source, SourceKind, Told, Unfit},
};
use remit_runtime::random;
use remit_shared::{Chain, Clock, Function, NameError, Site, SourceId, SourceName, Tenant};
use tokio::{sync::Notify, time};
use tokio_util::sync::CancellationToken;
use tracing::warn;
use uuid::Uuid;

use self::names::Names;
pub use self::{
    mapping::{Mapping, MappingError},
    token::{SourceToken, SourceTokenError},
};
use crate::ports::store::{Commit, Store, StoreError, Stored};

/// How often silence is looked for.
const SWEEP: Duration = Duration::from_secs(1);

/// What a source's alerts are about unless somebody says otherwise.
const USUAL_FUNCTION: &str = "infra_monitoring";

/// The sources of an installation.
#[derive(Debug)]
pub struct Sources<S, C> {
    /// Where they are kept.
    pub store: Arc<S>,
    /// What time it is.
    pub clock: Arc<C>,
    /// Rung when a commit owes something.
    pub owed: Arc<Notify>,
}

/// A source to be.
#[derive(Clone, Debug)]
pub struct NewSource {
    /// The customer environment.
    pub tenant: Tenant,
    /// Where it stands.
    pub site: Site,
    /// What its checks begin with.
    pub name: SourceName,
    /// How it speaks.
    pub kind: SourceKind,
    /// Which kind of work its alerts are; `None` is `infra_monitoring`.
    pub function: Option<Function>,
    /// What its events mean; for [`SourceKind::Events`] and no other.
    pub mapping: Option<String>,
}

/// Why a source is not as somebody wants it.
#[derive(Debug, thiserror::Error)]
pub enum SourceError {
    /// There is no such source.
    #[error("there is no source {0}")]
    NoSuchSource(SourceId),
    /// One that works has this name.
    #[error("tenant {tenant} has a source `{name}` already: {id}")]
    Taken {
        /// The tenant.
        tenant: Tenant,
        /// The name.
        name: SourceName,
        /// Whose it is.
        id: SourceId,
    },
    /// It was revoked.
    #[error("source {0} was revoked")]
    Revoked(SourceId),
    /// Events mean nothing without a mapping.
    #[error("a source of events needs a mapping")]
    NoMapping,
    /// Prometheus's alerts mean what they mean.
    #[error("a source of the kind alertmanager takes no mapping")]
    NeedlessMapping,
    /// More than anybody would write.
    #[error("the mapping has {0} bytes; at most {LONGEST_MAPPING} are taken")]
    LongMapping(usize),
    /// The mapping makes no sense.
    #[error("the mapping is wrong")]
    Mapping(#[from] MappingError),
    /// A name that ships is no name.
    #[error(transparent)]
    Name(#[from] NameError),
    /// The store did not do as told.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl<S: Store, C: Clock> Sources<S, C> {
    /// Makes a source, and the virtual endpoint that stands in for it. The
    /// token is not kept.
    pub async fn create(
        &self,
        wanted: NewSource,
        by: &str,
    ) -> Result<(Source, SourceToken), SourceError> {
        let NewSource { tenant, site, name, kind, function, mapping } = wanted;
        let mapping = checked_mapping(kind, mapping)?;
        let namesakes = self.list().await?;
        let namesakes = namesakes.iter().filter(|it| it.tenant == tenant && it.name == name);
        let mut count = 0;
        for it in namesakes {
            count += 1;
            if it.revoked.is_none() {
                return Err(SourceError::Taken { tenant, name, id: it.id });
            }
        }
        // The same for two who make it at once: one of them is told so.
        let text = format!("source/{tenant}/{name}/{count}");
        let id = SourceId::from_uuid(Uuid::new_v5(&Uuid::nil(), text.as_bytes()));
        let token = SourceToken { source: id, secret: random::bytes() };
        let source = Source {
            id,
            tenant,
            site,
            name,
            kind,
            token_sha256: token.sha256(),
            function: function.map_or_else(|| Function::new(USUAL_FUNCTION), Ok)?,
            mapping,
            created_at: self.clock.now(),
            created_by: by.to_owned(),
            revoked: None,
            active: BTreeMap::new(),
        };
        let detail = format!("{} at {}, {}, {}", source.name, source.site, kind, source.function);
        let owes = vec![
            Effect::Admit(Box::new(source.stand_in())),
            self.audit(&source, by, "source.create", detail),
        ];
        match self.store.commit(Commit::new(source.clone(), 0, owes)).await {
            Err(StoreError::Conflict { .. }) => {
                let Source { tenant, name, .. } = source;
                return Err(SourceError::Taken { tenant, name, id });
            }
            done => done?,
        };
        self.owed.notify_one();
        Ok((source, token))
    }

    /// All of them, revoked ones too.
    pub async fn list(&self) -> Result<Vec<Arc<Source>>, StoreError> {
        Ok(self.store.all::<Source>().await?.into_iter().map(|it| it.record).collect())
    }

    /// Ends a source. Doing it twice is doing it once.
    pub async fn revoke(
        &self,
        id: SourceId,
        by: &str,
        reason: &str,
    ) -> Result<Arc<Source>, SourceError> {
        loop {
            let stored = self.load(id).await?;
            let source = source::revoke(&stored.record, by, reason, self.clock.now());
            if source == *stored.record {
                return Ok(stored.record);
            }
            let audit = self.audit(&source, by, "source.revoke", reason.to_owned());
            match self.commit(source, stored.revision, vec![audit]).await {
                Err(StoreError::Conflict { .. }) => continue,
                done => return Ok(done?),
            }
        }
    }

    /// Gives a source another token; the one before does nothing more.
    pub async fn rotate(
        &self,
        id: SourceId,
        by: &str,
    ) -> Result<(Arc<Source>, SourceToken), SourceError> {
        let token = SourceToken { source: id, secret: random::bytes() };
        loop {
            let stored = self.load(id).await?;
            if stored.record.revoked.is_some() {
                return Err(SourceError::Revoked(id));
            }
            let source = source::rotate(&stored.record, token.sha256());
            let audit = self.audit(&source, by, "source.rotate", String::new());
            match self.commit(source, stored.revision, vec![audit]).await {
                Err(StoreError::Conflict { .. }) => continue,
                done => return Ok((done?, token)),
            }
        }
    }

    /// The source that a token belongs to. One answer for "never was", "wrong"
    /// and "revoked": nobody learns which ids exist.
    pub async fn authenticate(&self, token: &str) -> Result<Option<Arc<Source>>, StoreError> {
        let Ok(token) = token.parse::<SourceToken>() else { return Ok(None) };
        let stored = self.store.load::<Source>(&token.source).await?;
        let source = stored.map(|it| it.record);
        Ok(source.filter(|it| it.revoked.is_none() && token.opens(&it.token_sha256)))
    }

    /// Tells a source something, in one commit. Gives what was not taken, each
    /// with its place; the rest is durable, and its alerts will hear of it.
    pub async fn take(
        &self,
        id: SourceId,
        told: Vec<Result<Told, Unfit>>,
    ) -> Result<Vec<(usize, Unfit)>, SourceError> {
        loop {
            let stored = self.load(id).await?;
            // Revoked while it was on its way.
            if stored.record.revoked.is_some() {
                return Err(SourceError::Revoked(id));
            }
            let names = if source::knows(&stored.record, &told) {
                Names::default()
            } else {
                self.names(&stored.record.tenant).await?
            };
            let find = |name: &str| names.find(name);
            let now = self.clock.now();
            let Received { source, signals, refused } =
                source::receive(&stored.record, told.clone(), find, now);
            if source == *stored.record {
                return Ok(refused);
            }
            match self.commit(source, stored.revision, owed(signals)).await {
                Err(StoreError::Conflict { .. }) => continue,
                done => return done.map(|_| refused).map_err(SourceError::Store),
            }
        }
    }

    /// Ends what nobody tells any more, until told to stop.
    pub async fn run(&self, stop: CancellationToken) {
        let listening = self.clock.now();
        let mut sweep = time::interval(SWEEP);
        sweep.set_missed_tick_behavior(time::MissedTickBehavior::Delay);
        while stop.run_until_cancelled(sweep.tick()).await.is_some() {
            if let Err(err) = self.sweep(listening).await {
                // The next sweep is the retry.
                warn!(error = %Chain(&err), "failed to look for alerts that nobody tells any more");
            }
        }
    }

    async fn sweep(&self, listening: Timestamp) -> Result<(), StoreError> {
        for stored in self.store.all::<Source>().await? {
            let ticked = source::tick(&stored.record, listening, self.clock.now());
            let Some((source, signals)) = ticked else { continue };
            match self.commit(source, stored.revision, owed(signals)).await {
                // It was told something meanwhile; the next sweep looks again.
                Ok(_) | Err(StoreError::Conflict { .. }) => {}
                Err(err) => return Err(err),
            }
        }
        Ok(())
    }

    async fn load(&self, id: SourceId) -> Result<Stored<Source>, SourceError> {
        self.store.load::<Source>(&id).await?.ok_or(SourceError::NoSuchSource(id))
    }

    async fn names(&self, tenant: &Tenant) -> Result<Names, StoreError> {
        let mut names = Names::default();
        for stored in self.store.all::<Endpoint>().await? {
            let it = &stored.record.registration;
            if it.tenant == *tenant && it.is_in_service() {
                names.add(it.id, &it.host.hostname);
            }
        }
        Ok(names)
    }

    async fn commit(
        &self,
        source: Source,
        expected: u64,
        owes: Vec<Effect>,
    ) -> Result<Arc<Source>, StoreError> {
        let rings = !owes.is_empty();
        let source = Arc::new(source);
        self.store.commit(Commit::of(Arc::clone(&source), expected, owes)).await?;
        if rings {
            self.owed.notify_one();
        }
        Ok(source)
    }

    fn audit(&self, source: &Source, by: &str, action: &str, detail: String) -> Effect {
        Effect::Audit(AuditEntry {
            at: self.clock.now(),
            tenant: Some(source.tenant.clone()),
            actor: by.to_owned(),
            action: action.to_owned(),
            object: source.id.to_string(),
            detail,
        })
    }
}

/// Where a source posts to, below the receiver's address.
pub fn path(source: &Source) -> String {
    match source.kind {
        SourceKind::Alertmanager => "/api/v2/alerts".to_owned(),
        SourceKind::Events => format!("/api/v1/events/{}", source.name),
    }
}

fn owed(signals: Vec<Signal>) -> Vec<Effect> {
    signals.into_iter().map(Effect::Signal).collect()
}

fn checked_mapping(kind: SourceKind, mapping: Option<String>) -> Result<String, SourceError> {
    match (kind, mapping) {
        (SourceKind::Alertmanager, None) => Ok(String::new()),
        (SourceKind::Alertmanager, Some(_)) => Err(SourceError::NeedlessMapping),
        (SourceKind::Events, None) => Err(SourceError::NoMapping),
        (SourceKind::Events, Some(text)) if text.len() > LONGEST_MAPPING => {
            Err(SourceError::LongMapping(text.len()))
        }
        (SourceKind::Events, Some(text)) => {
            Mapping::parse(&text)?;
            Ok(text)
        }
    }
}
