//! `remit source …`

use std::path::Path;

use remit_proto::v1;
use remit_runtime::files;

use super::{read, whole};
use crate::{
    args::{
        Global,
        source::{Command, Create},
    },
    client::{PAGE, pages},
    failure::{Exit, Failure},
    find,
    out::Out,
    view::source::{Created, Source, Sources},
};

/// Carries it out.
pub(super) async fn run(
    command: Command,
    global: &Global,
    out: &mut Out<'_>,
) -> Result<Exit, Failure> {
    match command {
        Command::Create(asked) => create(asked, global, out).await?,
        Command::List { all } => {
            let asked = v1::ListSourcesRequest {
                tenant: global.tenant()?,
                include_revoked: all,
                page_size: PAGE,
                page_token: String::new(),
            };
            let client = global.connect().await?;
            let sources = pages(None, async |page_token| {
                let request = v1::ListSourcesRequest { page_token, ..asked.clone() };
                let page = client.call(client.sources().list_sources(request)).await?;
                Ok((page.sources, page.next_page_token))
            });
            let sources = sources.await?.into_iter().map(Into::into).collect();
            out.show(&Sources { sources })?;
        }
        Command::Revoke { source, yes } => {
            let client = global.connect().await?;
            let source_id = find::source(&client, &source).await?;
            out.confirm(&format!("hear nothing of {source_id} any more?"), yes)?;
            let request = v1::RevokeSourceRequest { source_id };
            let answer = client.call(client.sources().revoke_source(request)).await?;
            out.show(&Source::from(whole(answer.source)?))?;
        }
        Command::Rotate { source, now, out: file } => {
            let client = global.connect().await?;
            let source_id = find::source(&client, &source).await?;
            let request = v1::RotateSourceTokenRequest { source_id, immediately: now };
            let answer = client.call(client.sources().rotate_source_token(request)).await?;
            let source = whole(answer.source)?.into();
            hand_out(source, String::new(), answer.token, file.as_deref(), out)?;
        }
    }
    Ok(Exit::OK)
}

async fn create(asked: Create, global: &Global, out: &mut Out<'_>) -> Result<(), Failure> {
    // Read first: no source should exist whose words nobody can read.
    let mapping = asked.mapping.as_deref().map(read).transpose()?.unwrap_or_default();
    let file_name = asked.mapping.map(|it| it.display().to_string()).unwrap_or_default();
    let client = global.connect().await?;
    let request = v1::CreateSourceRequest {
        tenant: global.one_tenant(&client).await?,
        site: asked.site,
        name: asked.name,
        kind: asked.kind.into(),
        mapping,
        mapping_file_name: file_name,
        events_per_minute: asked.rate.unwrap_or(0),
        function: asked.function.unwrap_or_default(),
    };
    let answer = client.call(client.sources().create_source(request)).await?;
    let source = whole(answer.source)?.into();
    hand_out(source, answer.path, answer.token, asked.out.as_deref(), out)
}

/// Gives a token to whoever asked, once.
fn hand_out(
    source: Source,
    path: String,
    token: String,
    file: Option<&Path>,
    out: &mut Out<'_>,
) -> Result<(), Failure> {
    let Some(file) = file else {
        // Standard output is the token's alone, so that it can be piped.
        if !out.json {
            out.remark(&source.headline());
        }
        return out.show(&Created { source, path, token: Some(token) });
    };
    files::write_private(file, format!("{token}\n").as_bytes()).map_err(|err| {
        let undo = format!("get another with `remit source rotate {} --now`", source.source_id);
        Failure::broken(&err).hint(undo)
    })?;
    out.show(&Created { source, path, token: None })
}

#[cfg(test)]
mod tests;
