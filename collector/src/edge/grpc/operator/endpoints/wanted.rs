//! Which endpoints somebody wants to see.

use jiff::{SignedDuration, Timestamp};
use remit_collector_domain::{endpoint::Endpoint, version};
use remit_proto::{
    convert::{InvalidMessage, Wire as _, seconds},
    v1::{ListEndpointsRequest, Standing},
};
use remit_shared::{CheckStatus, TokenId};

use crate::edge::grpc::show::endpoint::{VERSION, badness, status};

/// Which.
pub(super) struct Wanted<'a> {
    asked: &'a ListEndpointsRequest,
    standing: Standing,
    at_least: Option<CheckStatus>,
    token: Option<TokenId>,
    /// Heard last at this time or before.
    silent_since: Option<Timestamp>,
}

impl<'a> Wanted<'a> {
    /// What was asked for.
    pub(super) fn read(
        asked: &'a ListEndpointsRequest,
        now: Timestamp,
    ) -> Result<Self, InvalidMessage> {
        let standing = Standing::try_from(asked.standing)
            .map_err(|_| InvalidMessage::new("standing", "is not known"))?;
        let at_least = Some(asked.at_least).filter(|it| *it != 0);
        let at_least = at_least.map(|it| CheckStatus::from_wire("at_least", it)).transpose()?;
        let token = Some(asked.token_id.as_str()).filter(|it| !it.is_empty());
        let token = token.map(|it| it.parse().map_err(|err| invalid("token_id", &err)));
        let silent: SignedDuration = seconds("silent_for_seconds", asked.silent_for_seconds)?;
        let silent_since = (!silent.is_zero()).then(|| now - silent);
        Ok(Self { asked, standing, at_least, token: token.transpose()?, silent_since })
    }

    /// Whether an endpoint is one of them.
    pub(super) fn fits(&self, endpoint: &Endpoint) -> bool {
        let registration = &endpoint.registration;
        let is_there = registration.revoked.is_none();
        let stands = match self.standing {
            Standing::Unspecified => is_there,
            Standing::InService => registration.is_in_service(),
            Standing::Waiting => is_there && registration.claim.is_some(),
            Standing::Retired => !is_there,
            Standing::Any => true,
        };
        let asked = self.asked;
        let claimed = registration.claim.as_ref().map(|it| it.token);
        let heard = endpoint.pulse.heard_at.unwrap_or(registration.enrolled_at);
        stands
            && registration.host.hostname.contains(&asked.hostname)
            && (asked.site.is_empty() || registration.site.as_str() == asked.site)
            && self.at_least.is_none_or(|it| badness(it) <= badness(status(endpoint)))
            && self.token.is_none_or(|it| registration.token == it || claimed == Some(it))
            && self.silent_since.is_none_or(|it| heard <= it)
            && (!asked.outdated || version::is_older(&registration.host.agent_version, VERSION))
    }
}

fn invalid(field: &'static str, err: &dyn std::error::Error) -> InvalidMessage {
    InvalidMessage::new(field, err.to_string())
}
