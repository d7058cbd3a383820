//! Who did what.

use jiff::Timestamp;
use remit_collector_domain::{
    audit::{Head, Sealed},
    authority::{self, Action, Scope},
    operator::Operator,
};
use remit_proto::{
    convert::{Wire as _, optional},
    v1::{self, audit_service_server::AuditService},
};
use remit_shared::{Clock, ErrorKind, Tenant};
use tonic::{Request, Response, Status};

use super::{Plane, find::named_tenant};
use crate::{
    edge::grpc::status::{ToStatus as _, answer},
    ports::store::Store,
};

/// What a page holds if nobody says.
const USUAL: usize = 100;
/// What a page holds at most.
const MOST: usize = 1_000;
/// How many entries are read at once.
const PIECE: u64 = 1_000;
/// After so many entries that were not asked for, the page is given as it is.
const LONGEST: u64 = 20_000;

#[tonic::async_trait]
impl<S: Store, C: Clock> AuditService for Plane<S, C> {
    async fn list_audit_entries(
        &self,
        request: Request<v1::ListAuditEntriesRequest>,
    ) -> Result<Response<v1::ListAuditEntriesResponse>, Status> {
        let operator = self.caller(&request).await?;
        let asked = request.into_inner();
        let wanted = Wanted::new(&operator, &asked)?;
        let size = size(asked.page_size);
        let (begin, end) = self.store().audit_span().await.map_err(|it| it.to_status())?;
        let mut before = match asked.page_token.as_str() {
            "" => end.whole.seq + 1,
            token => position(token)?.min(end.whole.seq + 1),
        };
        let stop = before.saturating_sub(LONGEST).max(begin.whole.seq + 1);
        let mut entries = Vec::new();
        while stop < before && entries.len() < size {
            let from = before.saturating_sub(PIECE).max(stop);
            let limit = usize::try_from(before - from).unwrap_or(usize::MAX);
            let piece = self.store().audit(from - 1, limit).await.map_err(|it| it.to_status())?;
            before = from;
            for (position, sealed) in piece.iter().rev() {
                if wanted.has(sealed) {
                    entries.push(show(sealed));
                }
                if entries.len() == size {
                    before = *position;
                    break;
                }
            }
        }
        let is_last = before <= begin.whole.seq + 1;
        let next_page_token = if is_last { String::new() } else { before.to_string() };
        Ok(Response::new(v1::ListAuditEntriesResponse { entries, next_page_token }))
    }

    async fn read_audit_chain(
        &self,
        request: Request<v1::ReadAuditChainRequest>,
    ) -> Result<Response<v1::ReadAuditChainResponse>, Status> {
        let operator = self.caller(&request).await?;
        let asked = request.into_inner();
        let tenant = named_tenant(&asked.tenant)?;
        self.permit(&operator, Action::ReadAudit, &scope(tenant.as_ref())).await?;
        let (begin, end) = self.store().audit_span().await.map_err(|it| it.to_status())?;
        let mut after = match asked.page_token.as_str() {
            "" => begin.whole.seq,
            token => position(token)?.max(begin.whole.seq),
        };
        let (mut entries, mut read) = (Vec::new(), 0);
        let size = size(asked.page_size);
        while after < end.whole.seq && entries.len() < size && read < LONGEST {
            let limit = usize::try_from(PIECE).unwrap_or(usize::MAX);
            let piece = self.store().audit(after, limit).await.map_err(|it| it.to_status())?;
            let Some(last) = piece.last() else { break };
            read += PIECE;
            let newest = last.0;
            for (position, sealed) in piece {
                // What comes in meanwhile is verified the next time.
                if end.whole.seq < position || entries.len() == size {
                    break;
                }
                after = position;
                if sealed.entry.tenant == tenant {
                    entries.push(show(&sealed));
                }
            }
            if after < newest {
                break;
            }
        }
        let is_last = end.whole.seq <= after || read == 0;
        Ok(Response::new(v1::ReadAuditChainResponse {
            anchor: Some(head(begin.of(tenant.as_ref()))),
            entries,
            next_page_token: if is_last { String::new() } else { after.to_string() },
            head: Some(head(end.of(tenant.as_ref()))),
        }))
    }
}

/// What somebody asked for, and may read.
struct Wanted {
    tenant: Option<Tenant>,
    since: Timestamp,
    until: Timestamp,
    actor: String,
    action: String,
    object: String,
    denied: bool,
    /// Only what this operator did.
    own: Option<String>,
}

impl Wanted {
    fn new(operator: &Operator, asked: &v1::ListAuditEntriesRequest) -> Result<Self, Status> {
        let tenant = named_tenant(&asked.tenant)?;
        // Everybody may read what they did; the trail as a whole takes more.
        let own = match authority::may(operator, Action::ReadAudit, &scope(tenant.as_ref())) {
            Ok(()) => None,
            Err(refusal) if refusal.is_hidden() => return Err(refusal.to_status()),
            Err(_) => Some(operator.id.to_string()),
        };
        let since: Option<Timestamp> =
            optional("since", asked.since).map_err(|it| it.to_status())?;
        let until: Option<Timestamp> =
            optional("until", asked.until).map_err(|it| it.to_status())?;
        Ok(Self {
            tenant,
            since: since.unwrap_or(Timestamp::MIN),
            until: until.unwrap_or(Timestamp::MAX),
            actor: asked.actor.clone(),
            action: asked.action.clone(),
            object: asked.object.clone(),
            denied: asked.denied,
            own,
        })
    }

    fn has(&self, sealed: &Sealed) -> bool {
        let entry = &sealed.entry;
        let (id, name) = entry.actor.split_once(' ').unwrap_or((&entry.actor, ""));
        let is_by = |who: &str| who == entry.actor || who == id || who == name;
        let is_action = |what: &str| {
            let rest = entry.action.strip_prefix(what);
            rest.is_some_and(|it| it.is_empty() || it.starts_with('.'))
        };
        entry.tenant == self.tenant
            && self.since <= entry.at
            && entry.at <= self.until
            && (self.actor.is_empty() || is_by(&self.actor))
            && (self.action.is_empty() || is_action(&self.action))
            && (self.object.is_empty() || self.object == entry.object)
            && (sealed.denied || !self.denied)
            && self.own.as_ref().is_none_or(|it| it == id)
    }
}

fn scope(tenant: Option<&Tenant>) -> Scope<'_> {
    tenant.map_or_else(Scope::installation, Scope::tenant)
}

fn size(asked: u32) -> usize {
    match asked {
        0 => USUAL,
        some => usize::try_from(some).unwrap_or(MOST).min(MOST),
    }
}

fn position(token: &str) -> Result<u64, Status> {
    let wrong = |_| answer(ErrorKind::Invalid, "page_token is not one that was given out");
    token.parse().map_err(wrong)
}

fn head(it: Head) -> v1::AuditHead {
    v1::AuditHead { seq: it.seq, sha256: it.hash.to_string() }
}

fn show(sealed: &Sealed) -> v1::AuditEntry {
    let entry = &sealed.entry;
    v1::AuditEntry {
        seq: sealed.seq,
        tenant: entry.tenant.as_ref().map(ToString::to_string).unwrap_or_default(),
        at: Some(entry.at.to_wire()),
        actor: entry.actor.clone(),
        action: entry.action.clone(),
        object: entry.object.clone(),
        detail: entry.detail.clone(),
        denied: sealed.denied,
        previous_sha256: sealed.previous.to_string(),
        sha256: sealed.hash.to_string(),
    }
}
