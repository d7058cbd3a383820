//! `remit patch …` and `remit backup …`

use remit_proto::v1;

use crate::{
    args::{
        Global,
        fleet::{Backup, Patch},
    },
    client::{PAGE, pages},
    failure::{Exit, Failure},
    find,
    out::Out,
    view::{backup::Backups, patch::Patches},
};

/// How many endpoints are asked for at once when each update comes along.
const WITH_ITEMS: u32 = 50;

/// Lists what is not installed.
pub(super) async fn patch(
    command: Patch,
    global: &Global,
    out: &mut Out<'_>,
) -> Result<Exit, Failure> {
    let Patch::List { of, items } = command;
    let client = global.connect().await?;
    let request = v1::ListPatchStatesRequest {
        tenant: global.tenant()?,
        site: of.site.unwrap_or_default(),
        endpoint: find::some_endpoint(&client, of.endpoint.as_deref()).await?,
        with_items: items,
        page_size: if items { WITH_ITEMS } else { PAGE },
        page_token: String::new(),
    };
    let states = pages(of.limit, async |page_token| {
        let request = v1::ListPatchStatesRequest { page_token, ..request.clone() };
        let page = client.call(client.patches().list_patch_states(request)).await?;
        Ok((page.states, page.next_page_token))
    });
    let states = states.await?.into_iter().map(Into::into).collect();
    out.show(&Patches { states })?;
    Ok(Exit::OK)
}

/// Lists backup jobs.
pub(super) async fn backup(
    command: Backup,
    global: &Global,
    out: &mut Out<'_>,
) -> Result<Exit, Failure> {
    let Backup::List { of } = command;
    let client = global.connect().await?;
    let request = v1::ListBackupJobsRequest {
        tenant: global.tenant()?,
        site: of.site.unwrap_or_default(),
        endpoint: find::some_endpoint(&client, of.endpoint.as_deref()).await?,
        page_size: PAGE,
        page_token: String::new(),
    };
    let jobs = pages(of.limit, async |page_token| {
        let request = v1::ListBackupJobsRequest { page_token, ..request.clone() };
        let page = client.call(client.backups().list_backup_jobs(request)).await?;
        Ok((page.jobs, page.next_page_token))
    });
    let jobs = jobs.await?.into_iter().map(Into::into).collect();
    out.show(&Backups { jobs })?;
    Ok(Exit::OK)
}
