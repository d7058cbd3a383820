//! `remit token …`

use std::path::Path;

use remit_proto::v1::{self, propose_change_request::Payload};
use remit_runtime::files;

use super::{seconds, whole};
use crate::{
    args::{
        Global,
        token::{self as args, Command, Create},
    },
    client::{Client, PAGE, pages},
    failure::{Exit, Failure},
    find,
    out::Out,
    view::{
        change::Change,
        token::{Created, Token, Tokens},
    },
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
            let tenant = global.tenant()?;
            let client = global.connect().await?;
            let tokens = pages(None, async |page_token| {
                let request = v1::ListTokensRequest {
                    tenant: tenant.clone(),
                    include_ended: all,
                    page_size: PAGE,
                    page_token,
                };
                let page = client.call(client.tokens().list_tokens(request)).await?;
                Ok((page.tokens, page.next_page_token))
            });
            let tokens = tokens.await?.into_iter().map(Into::into).collect();
            out.show(&Tokens { tokens })?;
        }
        Command::Revoke { token } => {
            let client = global.connect().await?;
            let token_id = find::token(&client, &token).await?;
            let request = v1::RevokeTokenRequest { token_id };
            let answer = client.call(client.tokens().revoke_token(request)).await?;
            out.show(&Token::from(whole(answer.token)?))?;
        }
    }
    Ok(Exit::OK)
}

async fn create(asked: Create, global: &Global, out: &mut Out<'_>) -> Result<(), Failure> {
    let tenant = global.tenant()?;
    if tenant.is_empty() {
        return Err(Failure::usage("a token is for one tenant").hint("name it with --tenant"));
    }
    let uses = asked.token.uses;
    let request = request(asked.token, tenant)?;
    let client = global.connect().await?;
    if let Some(reason) = asked.reason.filter(|_| uses > 1) {
        return propose(&client, request, reason, out).await;
    }
    let answer = client.call(client.tokens().create_token(request)).await?;
    let token = Token::from(whole(answer.token)?);
    match &asked.out {
        Some(path) => {
            keep(path, &answer.text, &token)?;
            out.show(&Created { token, text: None })
        }
        None => {
            // Standard output is the token's alone, so that it can be piped.
            if !out.json {
                out.remark(&token.headline(&out.look()));
            }
            out.show(&Created { token, text: Some(answer.text) })
        }
    }
}

/// Asks the other side for a token for many.
async fn propose(
    client: &Client,
    token: v1::CreateTokenRequest,
    reason: String,
    out: &mut Out<'_>,
) -> Result<(), Failure> {
    let request = v1::ProposeChangeRequest {
        tenant: token.tenant.clone(),
        title: format!("token for {} endpoints", token.max_uses),
        reason,
        payload: Some(Payload::Token(token)),
        ..Default::default()
    };
    let answer = client.call(client.changes().propose_change(request)).await?;
    let change = whole(answer.change)?;
    out.remark(&format!(
        "once the other side has agreed, `remit change apply {} --out FILE` writes the token",
        change.change_id
    ));
    out.show(&Change::from(change))
}

/// What was typed, for the wire.
pub(super) fn request(
    typed: args::Token,
    tenant: String,
) -> Result<v1::CreateTokenRequest, Failure> {
    Ok(v1::CreateTokenRequest {
        tenant,
        site: typed.site,
        kind: typed.kind.unwrap_or_default().into(),
        tags: typed.tag,
        max_uses: typed.uses,
        ttl_seconds: seconds(typed.ttl)?,
    })
}

fn keep(path: &Path, text: &str, token: &Token) -> Result<(), Failure> {
    files::write_private(path, format!("{text}\n").as_bytes()).map_err(|err| {
        let undo = format!("end the token with `remit token revoke {}`", token.token_id);
        Failure::broken(&err).hint(undo)
    })
}
