//! Systems whose alerts are taken in.

use remit_collector_domain::{
    authority::{self, Action, Scope},
    operator::Operator,
    source::{Source, SourceKind},
};
use remit_proto::{
    convert::Wire as _,
    v1::{self, source_service_server::SourceService},
};
use remit_shared::{Clock, ErrorKind, Site, SourceId, SourceName, Tenant};
use tonic::{Request, Response, Status};

use super::{Plane, find::named_tenant, page::page};
use crate::{
    edge::grpc::status::{ToStatus as _, answer, not_found},
    ports::store::Store,
    sources::{NewSource, path},
};

impl<S: Store, C: Clock> Plane<S, C> {
    /// The id of a source that the operator may change.
    async fn source(&self, operator: &Operator, named: &str) -> Result<SourceId, Status> {
        let id: SourceId =
            named.trim().parse().map_err(|err| answer(ErrorKind::Invalid, format!("{err}")))?;
        let stored = self.store().load::<Source>(&id).await.map_err(|it| it.to_status())?;
        let seen = stored.map(|it| it.record).filter(|it| operator.sees(&it.tenant));
        let source = seen.ok_or_else(|| not_found("source", named))?;
        self.permit(operator, Action::ManageSources, &Scope::tenant(&source.tenant)).await?;
        Ok(id)
    }
}

#[tonic::async_trait]
impl<S: Store, C: Clock> SourceService for Plane<S, C> {
    async fn create_source(
        &self,
        request: Request<v1::CreateSourceRequest>,
    ) -> Result<Response<v1::CreateSourceResponse>, Status> {
        let operator = self.caller(&request).await?;
        let asked = request.into_inner();
        let invalid = |words: String| answer(ErrorKind::Invalid, words);
        let tenant = Tenant::new(&asked.tenant).map_err(|err| invalid(err.to_string()))?;
        self.permit(&operator, Action::ManageSources, &Scope::tenant(&tenant)).await?;
        let kind = match asked.kind() {
            v1::SourceKind::Alertmanager => SourceKind::Alertmanager,
            v1::SourceKind::Events => SourceKind::Events,
            v1::SourceKind::Unspecified => {
                return Err(invalid("say how the source speaks: alertmanager or events".into()));
            }
        };
        if asked.events_per_minute != 0 {
            return Err(invalid("this collector takes what one source sends as usual".into()));
        }
        let site = Site::new(&asked.site).map_err(|err| invalid(err.to_string()))?;
        self.matrices.check_site(&tenant, &site).map_err(invalid)?;
        let wanted = NewSource {
            tenant,
            site,
            name: SourceName::new(&asked.name).map_err(|err| invalid(err.to_string()))?,
            kind,
            function: None,
            mapping: (!asked.mapping.is_empty()).then_some(asked.mapping),
        };
        let made = self.sources.create(wanted, &by(&operator)).await;
        let (source, token) = made.map_err(|it| it.to_status())?;
        Ok(Response::new(v1::CreateSourceResponse {
            path: path(&source),
            source: Some(show(&source)),
            token: token.to_text(),
        }))
    }

    async fn list_sources(
        &self,
        request: Request<v1::ListSourcesRequest>,
    ) -> Result<Response<v1::ListSourcesResponse>, Status> {
        let operator = self.caller(&request).await?;
        let asked = request.into_inner();
        let tenant = named_tenant(&asked.tenant)?;
        if let Some(tenant) = &tenant {
            self.permit(&operator, Action::ManageSources, &Scope::tenant(tenant)).await?;
        }
        let mut sources = self.sources.list().await.map_err(|it| it.to_status())?;
        sources.retain(|it| {
            let scope = Scope::tenant(&it.tenant);
            tenant.as_ref().is_none_or(|tenant| *tenant == it.tenant)
                && (asked.include_revoked || it.revoked.is_none())
                && authority::may(&operator, Action::ManageSources, &scope).is_ok()
        });
        sources.sort_by(|a, b| (&a.tenant, &a.name, a.id).cmp(&(&b.tenant, &b.name, b.id)));
        let sources = sources.iter().map(|it| show(it)).collect();
        let (sources, next_page_token) = page(sources, asked.page_size, &asked.page_token)?;
        Ok(Response::new(v1::ListSourcesResponse { sources, next_page_token }))
    }

    async fn revoke_source(
        &self,
        request: Request<v1::RevokeSourceRequest>,
    ) -> Result<Response<v1::RevokeSourceResponse>, Status> {
        let operator = self.caller(&request).await?;
        let id = self.source(&operator, &request.get_ref().source_id).await?;
        let revoked = self.sources.revoke(id, &by(&operator), "").await;
        let revoked = revoked.map_err(|it| it.to_status())?;
        Ok(Response::new(v1::RevokeSourceResponse { source: Some(show(&revoked)) }))
    }

    /// The token before does nothing more, whether that was asked for or not.
    async fn rotate_source_token(
        &self,
        request: Request<v1::RotateSourceTokenRequest>,
    ) -> Result<Response<v1::RotateSourceTokenResponse>, Status> {
        let operator = self.caller(&request).await?;
        let id = self.source(&operator, &request.get_ref().source_id).await?;
        let rotated = self.sources.rotate(id, &by(&operator)).await;
        let (source, token) = rotated.map_err(|it| it.to_status())?;
        let (source, token) = (Some(show(&source)), token.to_text());
        Ok(Response::new(v1::RotateSourceTokenResponse { source, token }))
    }
}

/// Who does it, for the audit trail.
fn by(operator: &Operator) -> String {
    format!("{} {}", operator.id, operator.name)
}

fn show(source: &Source) -> v1::Source {
    let kind = match source.kind {
        SourceKind::Alertmanager => v1::SourceKind::Alertmanager,
        SourceKind::Events => v1::SourceKind::Events,
    };
    v1::Source {
        source_id: source.id.to_string(),
        tenant: source.tenant.to_string(),
        site: source.site.to_string(),
        name: source.name.to_string(),
        kind: kind.into(),
        mapping: source.mapping.clone(),
        created_by: source.created_by.clone(),
        created_at: Some(source.created_at.to_wire()),
        revoked_at: source.revoked.as_ref().map(|it| it.at.to_wire()),
        ..Default::default()
    }
}
