//! `remit endpoint retire …`
//!
//! A few are retired one by one. Many are one change of each tenant, which the
//! other side agrees to, or reviews if it could not wait.

use std::collections::BTreeMap;

use remit_proto::v1::{self, propose_change_request::Payload};

use super::group::{each, find, show_and_ask};
use crate::{
    args::{Global, endpoint::Retire},
    client::Client,
    command::whole,
    failure::{Exit, Failure},
    out::Out,
    view::{
        endpoint::group::{Group, Outcome},
        text::count,
    },
    word::spelled,
};

/// So many are retired without asking the other side.
const A_FEW: usize = 5;

/// Retires those that are meant.
pub(super) async fn retire(
    asked: Retire,
    global: &Global,
    out: &mut Out<'_>,
) -> Result<Exit, Failure> {
    let client = global.connect().await?;
    let found = find(&client, asked.which, v1::Standing::Unspecified, global).await?;
    let mut group = Group::new("retired", &found);
    if asked.dry_run {
        out.show(&group)?;
        return Ok(Exit::OK);
    }
    let (reason, contain) = match (asked.contain, asked.reason) {
        (Some(why), _) => (why, true),
        (None, why) => (why.unwrap_or_default(), false),
    };
    let largest = by_tenant(&found).values().map(Vec::len).max().unwrap_or(0);
    let how_many = count(found.len(), "endpoint");
    if largest <= A_FEW && !contain {
        show_and_ask(&group, &format!("retire {how_many}?"), asked.yes, out)?;
        return each(&mut group, Outcome::Retired, out, async |endpoint| {
            let request = v1::RevokeEndpointRequest { endpoint, reason: reason.clone() };
            whole(client.call(client.endpoints().revoke_endpoint(request)).await?.endpoint)
        })
        .await;
    }
    let question = if contain {
        format!("retire {how_many} now and alone, and page the managers of both sides?")
    } else {
        format!("ask the other side to agree to retire {how_many}?")
    };
    show_and_ask(&group, &question, asked.yes, out)?;
    for (tenant, endpoints) in by_tenant(&found) {
        let title = format!("retire {}", count(endpoints.len(), "endpoint"));
        let change = propose(&client, tenant, title, &reason, contain, endpoints).await?;
        group.settle(&change.tenant, &change.change_id, outcome(&change, contain));
    }
    out.show(&group)?;
    Ok(Exit::OK)
}

fn by_tenant(found: &[v1::Endpoint]) -> BTreeMap<String, Vec<String>> {
    let mut tenants: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for it in found {
        tenants.entry(it.tenant.clone()).or_default().push(it.endpoint_id.clone());
    }
    tenants
}

async fn propose(
    client: &Client,
    tenant: String,
    title: String,
    reason: &str,
    contain: bool,
    endpoints: Vec<String>,
) -> Result<v1::Change, Failure> {
    let request = v1::ProposeChangeRequest {
        tenant,
        title,
        reason: reason.to_owned(),
        payload: Some(Payload::Revocation(v1::RevocationProposal { endpoints })),
        break_glass: contain,
        sealed_code: String::new(),
        effective_from: None,
    };
    whole(client.call(client.changes().propose_change(request)).await?.change)
}

/// What became of a tenant's endpoints. If nobody of another side is there to
/// be asked, they are retired at once.
fn outcome(change: &v1::Change, contain: bool) -> Outcome {
    if contain || spelled::<v1::ChangeState>(change.state) == Some("applied") {
        Outcome::Retired
    } else {
        Outcome::Proposed
    }
}
