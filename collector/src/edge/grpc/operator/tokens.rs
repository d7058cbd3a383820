//! Enrollment tokens.

use jiff::SignedDuration;
use remit_collector_domain::{
    authority::{self, Action, Scope},
    effect::Effect,
    enroll::{self, Draft, Token, USUAL_USES},
};
use remit_proto::{
    convert::{JoinToken, Wire as _},
    v1::{self, token_service_server::TokenService},
};
use remit_runtime::random;
use remit_shared::{Clock, EndpointKind, ErrorKind, Site, Tag, Tenant, TokenId};
use tonic::{Request, Response, Status};

use super::{Plane, page::page};
use crate::{
    edge::grpc::{
        enrollment::{hash_secret, token_name},
        status::{ToStatus as _, answer, not_found},
    },
    ports::store::{Commit, Store, StoreError},
};

#[tonic::async_trait]
impl<S: Store, C: Clock> TokenService for Plane<S, C> {
    async fn create_token(
        &self,
        request: Request<v1::CreateTokenRequest>,
    ) -> Result<Response<v1::CreateTokenResponse>, Status> {
        let operator = self.caller(&request).await?;
        let asked = request.into_inner();
        let invalid = |words: String| answer(ErrorKind::Invalid, words);
        let tenant = Tenant::new(&asked.tenant).map_err(|err| invalid(err.to_string()))?;
        self.permit(&operator, Action::CreateToken, &Scope::tenant(&tenant)).await?;
        let site = Site::new(&asked.site).map_err(|err| invalid(err.to_string()))?;
        self.matrices.check_site(&tenant, &site).map_err(invalid)?;
        let tags: Result<Vec<Tag>, _> = asked.tags.iter().map(|it| Tag::new(it)).collect();
        let tags = tags.map_err(|err| invalid(err.to_string()))?;
        let kind = match asked.kind {
            0 => None,
            some => Some(EndpointKind::from_wire("kind", some).map_err(|it| it.to_status())?),
        };
        if kind == Some(EndpointKind::Virtual) {
            return Err(invalid("a virtual endpoint has no agent to enroll".into()));
        }
        let secret = random::bytes::<20>();
        let secret_sha256 = hash_secret(&secret);
        let now = self.engine.clock.now();
        let draft = Draft {
            id: token_name(&secret_sha256),
            secret_sha256,
            tenant: tenant.clone(),
            site,
            kind,
            tags,
            max_uses: (asked.max_uses > 0).then_some(asked.max_uses),
            ttl: (asked.ttl_seconds > 0)
                .then(|| SignedDuration::from_secs(asked.ttl_seconds.into())),
            created_by: operator.name.clone(),
        };
        let token = Token::new(draft, now).map_err(|err| invalid(err.to_string()))?;
        if USUAL_USES < token.max_uses {
            return Err(answer(ErrorKind::Conflict, ask_first(&token)));
        }
        let detail = format!(
            "for {} at {}, {} uses, until {}",
            token.tenant, token.site, token.max_uses, token.expires_at
        );
        let audit = self.audit(&operator, Some(&tenant), "token.create", token.id, detail);
        let commit = Commit::new(token.clone(), 0, vec![Effect::Audit(audit)]);
        self.store().commit(commit).await.map_err(|it| it.to_status())?;
        self.engine.owed.notify_one();
        let text = JoinToken {
            secret,
            ca_pin: self.authority.pin(),
            addresses: self.enrollment_addresses.clone(),
        };
        let token = Some(show(&token));
        Ok(Response::new(v1::CreateTokenResponse { token, text: text.to_text() }))
    }

    async fn list_tokens(
        &self,
        request: Request<v1::ListTokensRequest>,
    ) -> Result<Response<v1::ListTokensResponse>, Status> {
        let operator = self.caller(&request).await?;
        let asked = request.into_inner();
        let tenant = super::find::named_tenant(&asked.tenant)?;
        let now = self.engine.clock.now();
        let all = self.store().all::<Token>().await.map_err(|it| it.to_status())?;
        let mut tokens = Vec::new();
        for token in all.into_iter().map(|it| it.record) {
            let scope = Scope::tenant(&token.tenant);
            let wanted = tenant.as_ref().is_none_or(|it| *it == token.tenant)
                && (asked.include_ended || token.is_usable(now));
            if wanted && authority::may(&operator, Action::ListTokens, &scope).is_ok() {
                tokens.push(token);
            }
        }
        tokens.sort_by_key(|it| std::cmp::Reverse(it.created_at));
        let tokens = tokens.iter().map(|it| show(it)).collect();
        let (tokens, next_page_token) = page(tokens, asked.page_size, &asked.page_token)?;
        Ok(Response::new(v1::ListTokensResponse { tokens, next_page_token }))
    }

    async fn revoke_token(
        &self,
        request: Request<v1::RevokeTokenRequest>,
    ) -> Result<Response<v1::RevokeTokenResponse>, Status> {
        let operator = self.caller(&request).await?;
        let named = request.into_inner().token_id;
        let id: TokenId =
            named.parse().map_err(|err| answer(ErrorKind::Invalid, format!("{err}")))?;
        loop {
            let stored = self.store().load::<Token>(&id).await.map_err(|it| it.to_status())?;
            let stored = stored.ok_or_else(|| not_found("token", &named))?;
            let tenant = &stored.record.tenant;
            self.permit(&operator, Action::RevokeToken, &Scope::tenant(tenant)).await?;
            if stored.record.revoked_at.is_some() {
                let token = Some(show(&stored.record));
                return Ok(Response::new(v1::RevokeTokenResponse { token }));
            }
            let now = self.engine.clock.now();
            let token = enroll::revoke(Token::clone(&stored.record), now);
            let audit = self.audit(&operator, Some(tenant), "token.revoke", id, "");
            let commit = Commit::new(token.clone(), stored.revision, vec![Effect::Audit(audit)]);
            match self.store().commit(commit).await {
                Err(StoreError::Conflict { .. }) => continue,
                Err(err) => return Err(err.to_status()),
                Ok(_) => self.engine.owed.notify_one(),
            }
            let token = Some(show(&token));
            return Ok(Response::new(v1::RevokeTokenResponse { token }));
        }
    }
}

/// What to do for a token that lets in more than one.
fn ask_first(token: &Token) -> String {
    let Token { tenant, site, max_uses, .. } = token;
    format!(
        "a token for many takes somebody of the other side: propose it with `remit change propose \
         token --tenant {tenant} --site {site} --uses {max_uses} --reason …`"
    )
}

fn show(token: &Token) -> v1::Token {
    v1::Token {
        token_id: token.id.to_string(),
        tenant: token.tenant.to_string(),
        site: token.site.to_string(),
        kind: token.kind.map_or(0, |it| it.to_wire()),
        tags: token.tags.iter().map(ToString::to_string).collect(),
        max_uses: token.max_uses,
        uses: token.uses.len().try_into().unwrap_or(u32::MAX),
        created_at: Some(token.created_at.to_wire()),
        expires_at: Some(token.expires_at.to_wire()),
        revoked_at: token.revoked_at.map(|it| it.to_wire()),
        created_by: token.created_by.clone(),
        endpoint_ids: token.uses.iter().map(|it| it.endpoint.to_string()).collect(),
    }
}
