//! Many endpoints at once: which ones, and one step for each.

use std::collections::BTreeSet;

use remit_proto::v1;

use super::{all, some_token};
use crate::{
    args::{Global, endpoint::Which},
    client::Client,
    command::whole,
    failure::{Exit, Failure, Kind},
    out::Out,
    view::endpoint::group::{Group, Outcome},
};

/// Lets in those that wait.
pub(super) async fn approve(
    which: Which,
    yes: bool,
    global: &Global,
    out: &mut Out<'_>,
) -> Result<Exit, Failure> {
    let client = global.connect().await?;
    let found = find(&client, which, v1::Standing::Waiting, global).await?;
    let mut group = Group::new("let in", &found);
    show_and_ask(&group, "let them in?", yes, out)?;
    each(&mut group, Outcome::LetIn, out, async |endpoint| {
        let request = v1::ApproveEndpointRequest { endpoint };
        whole(client.call(client.endpoints().approve_endpoint(request)).await?.endpoint)
    })
    .await
}

/// Turns away those that wait.
pub(super) async fn reject(
    which: Which,
    reason: &str,
    yes: bool,
    global: &Global,
    out: &mut Out<'_>,
) -> Result<Exit, Failure> {
    let client = global.connect().await?;
    let found = find(&client, which, v1::Standing::Waiting, global).await?;
    let mut group = Group::new("turned away", &found);
    show_and_ask(&group, "turn them away?", yes, out)?;
    each(&mut group, Outcome::TurnedAway, out, async |endpoint| {
        let request = v1::RejectEndpointRequest { endpoint, reason: reason.to_owned() };
        whole(client.call(client.endpoints().reject_endpoint(request)).await?.endpoint)
    })
    .await
}

/// The endpoints that are meant, each once; a name that means none, or
/// several, is a failure, and so is it if none is left.
pub(super) async fn find(
    client: &Client,
    which: Which,
    standing: v1::Standing,
    global: &Global,
) -> Result<Vec<v1::Endpoint>, Failure> {
    let request = v1::ListEndpointsRequest {
        tenant: global.tenant()?,
        site: which.site.unwrap_or_default(),
        token_id: some_token(client, which.token.as_deref()).await?,
        silent_for_seconds: which.stale.map_or(0, |it| it.unsigned().as_secs()),
        standing: standing.into(),
        ..Default::default()
    };
    let listed = all(client, &request, None).await?.endpoints;
    let found = if which.endpoints.is_empty() { listed } else { pick(listed, &which.endpoints)? };
    if found.is_empty() {
        return Err(Failure::new(Kind::NotFound, "there is no such endpoint"));
    }
    Ok(found)
}

fn pick(listed: Vec<v1::Endpoint>, named: &[String]) -> Result<Vec<v1::Endpoint>, Failure> {
    let mut picked = BTreeSet::new();
    for name in named {
        let is_meant = |it: &v1::Endpoint| {
            let host = it.host.as_ref().map_or("", |it| it.hostname.as_str());
            host.eq_ignore_ascii_case(name)
                || (name.starts_with("end_") && it.endpoint_id.starts_with(name))
        };
        let meant: Vec<_> = listed.iter().filter(|it| is_meant(it)).collect();
        match meant.as_slice() {
            [] => {
                let words = format!("there is no such endpoint {name}");
                return Err(Failure::new(Kind::NotFound, words));
            }
            [one] => picked.insert(one.endpoint_id.clone()),
            several => {
                let ids: Vec<_> = several.iter().map(|it| it.endpoint_id.as_str()).collect();
                let words = format!("{name} is the name of several: {}", ids.join(", "));
                return Err(Failure::usage(words).hint("name one by its id"));
            }
        };
    }
    Ok(listed.into_iter().filter(|it| picked.contains(&it.endpoint_id)).collect())
}

/// Shows which ones are meant, and asks, unless somebody has said yes.
pub(super) fn show_and_ask(
    group: &Group,
    question: &str,
    yes: bool,
    out: &mut Out<'_>,
) -> Result<(), Failure> {
    if !yes && !out.json {
        out.show(group)?;
    }
    out.confirm(question, yes)
}

/// Does something to each; one that fails does not keep the others from it.
/// The exit code is the first failure's.
pub(super) async fn each(
    group: &mut Group,
    done: Outcome,
    out: &mut Out<'_>,
    mut step: impl AsyncFnMut(String) -> Result<v1::Endpoint, Failure>,
) -> Result<Exit, Failure> {
    let (count, mut exit) = (group.endpoints.len(), Exit::OK);
    for (number, member) in group.endpoints.iter_mut().enumerate() {
        out.progress(number, count, &member.hostname);
        match step(member.endpoint_id.clone()).await {
            Ok(_) => member.outcome = done,
            Err(failure) => {
                exit = if exit == Exit::OK { failure.exit() } else { exit };
                member.fail(&failure);
            }
        }
    }
    out.progress(count, count, "");
    out.show(&*group)?;
    Ok(exit)
}

#[cfg(test)]
mod tests;
