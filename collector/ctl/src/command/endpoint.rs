//! `remit endpoint …`

mod group;
mod history;
mod retire;

use jiff::Timestamp;
use remit_proto::{convert::Wire as _, v1};

use super::whole;
use crate::{
    args::{
        Global,
        endpoint::{Command, List, Readings},
    },
    client::{Client, PAGE, pages},
    failure::{Exit, Failure},
    find,
    out::Out,
    view::{
        endpoint::{Endpoint, Endpoints, versions::Versions},
        reading::Series,
    },
    word::spelled,
};

/// Carries it out.
pub(super) async fn run(
    command: Command,
    global: &Global,
    out: &mut Out<'_>,
) -> Result<Exit, Failure> {
    match command {
        Command::List(asked) => list(asked, global, out).await?,
        Command::Show { endpoint } => {
            let client = global.connect().await?;
            let endpoint = find::endpoint(&client, &endpoint).await?;
            let request = v1::GetEndpointRequest { endpoint };
            let answer = client.call(client.endpoints().get_endpoint(request)).await?;
            out.show(&Endpoint::from(whole(answer.endpoint)?))?;
        }
        Command::Revoke { endpoint, reason } => {
            let client = global.connect().await?;
            let endpoint = find::endpoint(&client, &endpoint).await?;
            let request = v1::RevokeEndpointRequest { endpoint, reason };
            let answer = client.call(client.endpoints().revoke_endpoint(request)).await?;
            out.show(&Endpoint::from(whole(answer.endpoint)?))?;
        }
        Command::Approve { which, yes } => return group::approve(which, yes, global, out).await,
        Command::Reject { which, reason, yes } => {
            return group::reject(which, &reason, yes, global, out).await;
        }
        Command::Retire(asked) => return retire::retire(asked, global, out).await,
        Command::Versions => {
            let client = global.connect().await?;
            let request =
                v1::ListEndpointsRequest { tenant: global.tenant()?, ..Default::default() };
            out.show(&Versions::of(&all(&client, &request, None).await?))?;
        }
        Command::Readings(asked) => readings(asked, global, out).await?,
        Command::History(asked) => history::history(asked, global, out).await?,
    }
    Ok(Exit::OK)
}

async fn list(asked: List, global: &Global, out: &mut Out<'_>) -> Result<(), Failure> {
    let client = global.connect().await?;
    let standing = match (asked.waiting, asked.retired) {
        (true, _) => v1::Standing::Waiting,
        (false, true) => v1::Standing::Retired,
        (false, false) => v1::Standing::Unspecified,
    };
    let request = v1::ListEndpointsRequest {
        tenant: global.tenant()?,
        site: asked.site.unwrap_or_default(),
        presence: asked.presence.unwrap_or_default().into(),
        at_least: asked.at_least.unwrap_or_default().into(),
        hostname: asked.host.unwrap_or_default(),
        standing: standing.into(),
        token_id: some_token(&client, asked.token.as_deref()).await?,
        silent_for_seconds: asked.stale.map_or(0, |it| it.unsigned().as_secs()),
        outdated: asked.outdated,
        ..Default::default()
    };
    let endpoints = all(&client, &request, asked.limit).await?.endpoints;
    out.show(&Endpoints { endpoints: endpoints.into_iter().map(Into::into).collect() })
}

async fn some_token(client: &Client, typed: Option<&str>) -> Result<String, Failure> {
    match typed {
        Some(typed) => find::token(client, typed).await,
        None => Ok(String::new()),
    }
}

/// All that are asked for, of all pages, with the collector's version.
async fn all(
    client: &Client,
    request: &v1::ListEndpointsRequest,
    limit: Option<usize>,
) -> Result<v1::ListEndpointsResponse, Failure> {
    let version = std::cell::RefCell::new(String::new());
    let endpoints = pages(limit, async |page_token| {
        let request = v1::ListEndpointsRequest { page_token, page_size: PAGE, ..request.clone() };
        let page = client.call(client.endpoints().list_endpoints(request)).await?;
        version.replace(page.collector_version);
        Ok((page.endpoints, page.next_page_token))
    });
    let endpoints = endpoints.await?;
    Ok(v1::ListEndpointsResponse {
        endpoints,
        next_page_token: String::new(),
        collector_version: version.into_inner(),
    })
}

async fn readings(asked: Readings, global: &Global, out: &mut Out<'_>) -> Result<(), Failure> {
    let now = out.clock.now();
    let at = |it: crate::at::At| it.in_zone(&out.zone);
    let to = asked.to.map(at).transpose()?.unwrap_or(now);
    let from = match asked.from {
        Some(from) => at(from)?,
        // A year at most, and so still a time.
        None => to.checked_sub(asked.last.0).unwrap_or(Timestamp::MIN),
    };
    let client = global.connect().await?;
    let request = v1::ListReadingsRequest {
        endpoint: find::endpoint(&client, &asked.endpoint).await?,
        metric: asked.metric.clone(),
        instance: asked.instance.clone(),
        from: Some(from.to_wire()),
        to: Some(to.to_wire()),
        page_size: 10 * PAGE,
        page_token: String::new(),
    };
    let unit = std::cell::Cell::new(0);
    let points = pages(asked.limit, async |page_token| {
        let request = v1::ListReadingsRequest { page_token, ..request.clone() };
        let page = client.call(client.endpoints().list_readings(request)).await?;
        unit.set(page.unit);
        Ok((page.points, page.next_page_token))
    });
    let points = points.await?.into_iter().map(Into::into).collect();
    let (metric, instance) = (asked.metric, asked.instance);
    out.show(&Series { metric, instance, unit: spelled::<v1::Unit>(unit.get()), points })
}
