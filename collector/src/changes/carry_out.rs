//! Makes a change true that has taken effect, and takes it back.

use std::error::Error;

use futures_util::{StreamExt as _, stream};
use remit_collector_domain::{
    authority::grants::Grant,
    change::{self, Change, Event, TokenSpec},
    effect::{AuditEntry, Effect},
    enroll::{self, Token},
    known_issue::{self, KnownIssue},
    operator::Operator,
    window::{self, Window},
};
use remit_runtime::random;
use remit_shared::{Chain, Clock, EndpointId, KnownIssueId, OperatorId, WindowId};

use crate::{
    changes::{
        Changes, World,
        product::{Agreed, Product, Undoable, check_published, product},
    },
    edge::grpc::enrollment::{hash_secret, token_name},
    ingest::IngestError,
    ports::store::{Commit, Record, Store, StoreError, Stored},
};

/// So many endpoints are shut out at the same time.
const SIDE_BY_SIDE: usize = 64;

/// What came of a change.
#[derive(Clone, Debug)]
pub struct Carried {
    /// The change.
    pub change: Change,
    /// The secret of the token that was made, shown this once.
    pub secret: Option<[u8; 20]>,
}

/// Why a change that has taken effect is not carried out yet.
#[derive(Debug, thiserror::Error)]
pub enum CarryOutError {
    /// An endpoint could not be shut out.
    #[error("failed to shut an endpoint out")]
    Revoke(#[source] IngestError),
    /// The store did not do as told.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl Carried {
    pub(super) fn nothing_more(change: &Change) -> Self {
        Self { change: change.clone(), secret: None }
    }
}

/// What was made.
#[derive(Default)]
struct Made {
    result: String,
    window: Option<WindowId>,
    secret: Option<[u8; 20]>,
}

impl Made {
    fn told(result: impl Into<String>) -> Self {
        Self { result: result.into(), ..Self::default() }
    }
}

impl<S: Store, C: Clock> Changes<S, C> {
    /// Carries a change out, unless that was done already, and writes down what
    /// came of it. Secrets are made only while somebody is `watching`.
    pub(super) async fn carry_out(
        &self,
        stored: &Stored<Change>,
        watching: bool,
    ) -> Result<Carried, CarryOutError> {
        let change = &stored.record;
        let world = self.world(&change.tenant).await?;
        let made = match self.found(change, &world).await? {
            Some(made) => made,
            None => match product(change, &world, &Agreed::to(change)) {
                Ok(Product::Token(_)) if !watching => not_done(&Undoable::TokenUnseen),
                Ok(product) => self.make(product, change, &world).await?,
                // It could be when it took effect; now it is written down that
                // it cannot.
                Err(why) => not_done(&why),
            },
        };
        let event = Event::Reported { result: made.result, window: made.window };
        let step = change::step(Change::clone(change), event, world.now);
        let carried = Carried { change: step.change.clone(), secret: made.secret };
        match self.keep(step, stored.revision).await {
            // Whoever got in first has written the same.
            Ok(()) | Err(StoreError::Conflict { .. }) => Ok(carried),
            Err(err) => Err(err.into()),
        }
    }

    /// What an earlier attempt has made.
    async fn found(&self, change: &Change, world: &World) -> Result<Option<Made>, StoreError> {
        let (store, id) = (&self.engine.store, *change.id.as_uuid());
        let version = world.versions.iter().find(|it| it.change == Some(change.id));
        if let Some(it) = version {
            return Ok(Some(Made::told(format!("version {}", it.version))));
        }
        if let Some(it) = store.load::<Window>(&WindowId::from_uuid(id)).await? {
            return Ok(Some(of_window(it.record.id)));
        }
        if let Some(it) = store.load::<KnownIssue>(&KnownIssueId::from_uuid(id)).await? {
            return Ok(Some(Made::told(it.record.id.to_string())));
        }
        let tokens = store.all::<Token>().await?;
        let mark = made_by(change);
        let token = tokens.iter().find(|it| it.record.created_by == mark);
        // Its text was shown to nobody, and cannot be any more.
        Ok(token.map(|it| Made::told(format!("{}, whose text is lost", it.record.id))))
    }

    async fn make(
        &self,
        product: Product,
        change: &Change,
        world: &World,
    ) -> Result<Made, CarryOutError> {
        Ok(match product {
            Product::Matrix(version) => {
                let published = version.published.clone();
                if let Err(why) = check_published(&published, world) {
                    return Ok(not_done(&why));
                }
                let made = Made::told(format!("version {}", published.version));
                self.first(published, Vec::new()).await?;
                self.matrices.install(*version, world.now);
                self.engine.reconsider(&change.tenant).await?;
                made
            }
            Product::Window(step) => {
                let made = of_window(step.window.id);
                self.first(step.window, step.effects).await?;
                self.engine.reconsider(&change.tenant).await?;
                made
            }
            Product::KnownIssue(step) => {
                let made = Made::told(step.issue.id.to_string());
                first(self.engine.keep_known(*step, 0).await)?;
                self.engine.reconsider(&change.tenant).await?;
                made
            }
            Product::Operator(grant) => self.grant(&grant, change).await?,
            Product::Admission(grant) => Made::told(format!(
                "an administrator may make {} (`remit operator create`)",
                grant.name
            )),
            Product::Token(spec) => self.token(*spec, change, world).await?,
            Product::Revocation(it) => {
                let by = change.requested_by.operator.to_string();
                // Side by side, so that they share the store's writes.
                let revoke = |id: EndpointId| self.ingest.revoke(id, &by, &it.why);
                let mut revoked =
                    stream::iter(it.endpoints.clone()).map(revoke).buffer_unordered(SIDE_BY_SIDE);
                while let Some(revoked) = revoked.next().await {
                    match revoked {
                        // Nobody is kept out who is not there.
                        Ok(_) | Err(IngestError::NoSuchEndpoint(_)) => {}
                        Err(err) => return Err(CarryOutError::Revoke(err)),
                    }
                }
                self.engine.left(&it.endpoints).await?;
                Made::told(format!("{} endpoints were shut out", it.endpoints.len()))
            }
            Product::Told => Made::told("agreed"),
        })
    }

    /// Commits a record that is not there yet; if it is, it is the same.
    async fn first<R: Record>(&self, record: R, owes: Vec<Effect>) -> Result<(), StoreError> {
        first(self.engine.store.commit(Commit::new(record, 0, owes)).await)?;
        self.engine.owed.notify_one();
        Ok(())
    }

    /// Gives an operator another role.
    async fn grant(&self, grant: &Grant, change: &Change) -> Result<Made, StoreError> {
        let store = &self.engine.store;
        let id = grant.operator.unwrap_or(OperatorId::from_uuid(*change.id.as_uuid()));
        loop {
            let Some(stored) = store.load::<Operator>(&id).await? else {
                return Ok(not_done(&Undoable::NoOperator));
            };
            let before = Operator::clone(&stored.record);
            let after = Operator {
                role: grant.role,
                party: grant.party,
                teams: grant.teams.iter().cloned().collect(),
                tenants: grant.tenants.iter().cloned().collect(),
                ..before
            };
            let detail = format!("{}, {}, {}", after.name, after.party, after.role);
            let made = Made::told(format!("{} is {} ({})", after.name, after.role, after.party));
            let audit = self.by_change(change, "operator.grant", id.to_string(), detail);
            let commit = Commit::new(after, stored.revision, vec![Effect::Audit(audit)]);
            match store.commit(commit).await {
                Err(StoreError::Conflict { .. }) => continue,
                Err(err) => return Err(err),
                Ok(_) => return Ok(made),
            }
        }
    }

    async fn token(
        &self,
        spec: TokenSpec,
        change: &Change,
        world: &World,
    ) -> Result<Made, StoreError> {
        let secret = random::bytes::<20>();
        let secret_sha256 = hash_secret(&secret);
        let draft = enroll::Draft {
            id: token_name(&secret_sha256),
            secret_sha256,
            tenant: spec.tenant,
            site: spec.site,
            kind: spec.kind,
            tags: spec.tags.into_iter().collect(),
            max_uses: Some(spec.uses),
            ttl: Some(spec.ttl),
            created_by: made_by(change),
        };
        let token = match Token::new(draft, world.now) {
            Ok(token) => token,
            Err(why) => return Ok(not_done(&why)),
        };
        let detail =
            format!("at {}, {} uses, until {}", token.site, token.max_uses, token.expires_at);
        let audit = self.by_change(change, "token.create", token.id.to_string(), detail);
        let result = token.id.to_string();
        self.first(token, vec![Effect::Audit(audit)]).await?;
        Ok(Made { result, window: None, secret: Some(secret) })
    }

    fn by_change(
        &self,
        change: &Change,
        action: &str,
        object: String,
        detail: String,
    ) -> AuditEntry {
        AuditEntry {
            at: self.engine.clock.now(),
            tenant: Some(change.tenant.clone()),
            actor: change.id.to_string(),
            action: action.to_owned(),
            object,
            detail,
        }
    }

    /// Undoes what an emergency made. What was shut out stays out, and what was
    /// known for the emergency's time ends by itself.
    pub(super) async fn take_back(&self, change: &Change) -> Result<(), StoreError> {
        let (store, now) = (&self.engine.store, self.engine.clock.now());
        let id = WindowId::from_uuid(*change.id.as_uuid());
        while let Some(stored) = store.load::<Window>(&id).await? {
            let (open, by) = (Window::clone(&stored.record), stored.record.requested_by.clone());
            let why = "the emergency's time is over";
            // One that is over is over.
            let Ok(step) = window::command::cancel(open, by, why, now) else { break };
            match store.commit(Commit::new(step.window, stored.revision, step.effects)).await {
                Err(StoreError::Conflict { .. }) => continue,
                kept => kept?,
            };
            break;
        }
        let id = KnownIssueId::from_uuid(*change.id.as_uuid());
        if let Some(stored) = store.load::<KnownIssue>(&id).await? {
            let issue = KnownIssue::clone(&stored.record);
            let step = known_issue::step(issue, known_issue::Event::Tick, now);
            // Whoever got in first let time pass too.
            first(self.engine.keep_known(step, stored.revision).await)?;
        }
        self.engine.owed.notify_one();
        self.engine.reconsider(&change.tenant).await
    }
}

/// Whoever was first has done the same.
fn first(committed: Result<u64, StoreError>) -> Result<(), StoreError> {
    match committed {
        Ok(_) | Err(StoreError::Conflict { .. }) => Ok(()),
        Err(err) => Err(err),
    }
}

fn of_window(id: WindowId) -> Made {
    Made { result: id.to_string(), window: Some(id), secret: None }
}

fn not_done(why: &(dyn Error + 'static)) -> Made {
    Made::told(format!("not carried out: {}", Chain(why)))
}

/// Who made what a change made.
fn made_by(change: &Change) -> String {
    format!("{} ({})", change.requested_by.name, change.id)
}
