//! `remit audit`

mod verify;

use remit_proto::{convert::Wire as _, v1};

use crate::{
    args::{Global, audit as args},
    client::{Client, PAGE, pages},
    failure::{Exit, Failure},
    out::Out,
    view::audit::Audit,
};

/// Who did what.
pub(super) async fn audit(
    asked: args::Audit,
    global: &Global,
    out: &mut Out<'_>,
) -> Result<Exit, Failure> {
    if let Some(args::Command::Verify { installation, known }) = asked.command {
        return verify::verify(installation, &known, global, out).await;
    }
    let now = out.clock.now();
    let since = asked.since.map(|it| it.ago(now, &out.zone)).transpose()?;
    let until = asked.until.map(|it| it.ago(now, &out.zone)).transpose()?;
    let limit = Some(asked.limit).filter(|it| *it > 0);
    let client = global.connect().await?;
    let request = v1::ListAuditEntriesRequest {
        tenant: of(asked.installation, global, &client).await?,
        since: since.map(|it| it.to_wire()),
        until: until.map(|it| it.to_wire()),
        actor: asked.actor.unwrap_or_default(),
        action: asked.action.unwrap_or_default(),
        object: asked.object.unwrap_or_default(),
        denied: asked.denied,
        page_size: limit.and_then(|it| u32::try_from(it).ok()).unwrap_or(PAGE).min(PAGE),
        page_token: String::new(),
    };
    let entries = pages(limit, async |page_token| {
        let request = v1::ListAuditEntriesRequest { page_token, ..request.clone() };
        let page = client.call(client.audit().list_audit_entries(request)).await?;
        Ok((page.entries, page.next_page_token))
    });
    let entries = entries.await?.into_iter().map(Into::into).collect();
    out.show(&Audit { entries })?;
    Ok(Exit::OK)
}

/// Whose trail it is: a tenant's, or with no name the installation's.
async fn of(installation: bool, global: &Global, client: &Client) -> Result<String, Failure> {
    if installation { Ok(String::new()) } else { global.one_tenant(client).await }
}
