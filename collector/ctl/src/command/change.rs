//! `remit change …`
//!
//! An approval is for one exact text. What is shown here, hashed here and signed
//! here is what the collector is asked to take; it is not asked to say itself
//! what was meant.

mod propose;

use std::path::Path;

use remit_proto::v1;
use remit_runtime::files;

use super::whole;
use crate::{
    args::{Global, change::Command},
    client::{Client, PAGE, pages},
    failure::{Exit, Failure, Kind},
    find,
    out::Out,
    sign,
    view::change::{Applied, Change, Changed, Changes},
};

/// Carries it out.
pub(super) async fn run(
    command: Command,
    global: &Global,
    out: &mut Out<'_>,
) -> Result<Exit, Failure> {
    match command {
        Command::Propose(asked) => propose::propose(*asked, global, out).await?,
        Command::List { mine, state, all } => {
            let asked = v1::ListChangesRequest {
                tenant: global.tenant()?,
                state: state.unwrap_or_default().into(),
                include_closed: all,
                mine,
                page_size: PAGE,
                page_token: String::new(),
            };
            list(&asked, global, out).await?;
        }
        Command::Show { change, text } => {
            let client = global.connect().await?;
            let change = get(&client, &change).await?;
            if text && !out.json {
                out.raw(change.text.as_bytes())?;
            } else {
                out.show(&Change::from(change))?;
            }
        }
        Command::Approve { change, note, sha256, yes } => {
            let client = global.connect().await?;
            let change = get(&client, &change).await?;
            approve(&client, change, Consent { note, sha256, yes }, out).await?;
        }
        Command::Reject { change, reason } => {
            let client = global.connect().await?;
            let change_id = find::change(&client, &change).await?;
            let request = v1::RejectChangeRequest { change_id, reason };
            let answer = client.call(client.changes().reject_change(request)).await?;
            show(answer.change, out)?;
        }
        Command::Withdraw { change, reason } => {
            let client = global.connect().await?;
            let change_id = find::change(&client, &change).await?;
            let request = v1::WithdrawChangeRequest { change_id, reason };
            let answer = client.call(client.changes().withdraw_change(request)).await?;
            show(answer.change, out)?;
        }
        Command::Apply { change, out: file, yes } => {
            let client = global.connect().await?;
            let change = get(&client, &change).await?;
            let question = format!("make `{}` true?", change.title);
            let change_id = change.change_id.clone();
            if !yes && !out.json {
                out.show(&Change::from(change))?;
            }
            out.confirm(&question, yes)?;
            let request = v1::ApplyChangeRequest { change_id };
            let answer = client.call(client.changes().apply_change(request)).await?;
            let change = Changed(whole(answer.change)?.into());
            let token = match &file {
                Some(path) if !answer.token.is_empty() => {
                    write_token(path, &answer.token)?;
                    String::new()
                }
                Some(_) | None => answer.token,
            };
            out.show(&Applied { change, token })?;
        }
    }
    Ok(Exit::OK)
}

fn write_token(path: &Path, text: &str) -> Result<(), Failure> {
    files::write_private(path, format!("{text}\n").as_bytes()).map_err(|err| {
        Failure::broken(&err).hint("the token is lost: revoke it, see `remit token list`")
    })
}

async fn get(client: &Client, typed: &str) -> Result<v1::Change, Failure> {
    let change_id = find::change(client, typed).await?;
    let request = v1::GetChangeRequest { change_id };
    whole(client.call(client.changes().get_change(request)).await?.change)
}

async fn list(
    asked: &v1::ListChangesRequest,
    global: &Global,
    out: &mut Out<'_>,
) -> Result<(), Failure> {
    let client = global.connect().await?;
    let changes = pages(None, async |page_token| {
        let request = v1::ListChangesRequest { page_token, ..asked.clone() };
        let page = client.call(client.changes().list_changes(request)).await?;
        Ok((page.changes, page.next_page_token))
    });
    let changes = changes.await?.into_iter().map(Into::into).collect();
    out.show(&Changes { changes })
}

/// How somebody agrees.
struct Consent {
    note: String,
    sha256: Option<String>,
    yes: bool,
}

async fn approve(
    client: &Client,
    change: v1::Change,
    consent: Consent,
    out: &mut Out<'_>,
) -> Result<(), Failure> {
    let sha256 = sign::sha256(&change.text);
    if sha256 != change.sha256 {
        let message = "the text that the collector shows is not the one that it hashed";
        return Err(Failure::new(Kind::Refused, message).hint("approve nothing, and ask why"));
    }
    if let Some(expected) = consent.sha256.filter(|it| !sha256.starts_with(it.as_str())) {
        let message = format!("the hash is {sha256}, which does not begin with {expected}");
        return Err(Failure::new(Kind::Refused, message).hint("look at the change again"));
    }
    let change_id = change.change_id.clone();
    if !consent.yes && !out.json {
        out.show(&Change::from(change))?;
    }
    out.confirm(&format!("agree to {change_id}, {}?", &sha256[..12]), consent.yes)?;
    let signature = sign::approval(&client.credential, &change_id, &sha256);
    if signature.is_empty() {
        out.remark("the key is kept elsewhere, so the approval is not signed");
    }
    let request = v1::ApproveChangeRequest { change_id, sha256, signature, note: consent.note };
    let answer = client.call(client.changes().approve_change(request)).await?;
    show(answer.change, out)
}

fn show(change: Option<v1::Change>, out: &mut Out<'_>) -> Result<(), Failure> {
    out.show(&Changed(whole(change)?.into()))
}

#[cfg(test)]
mod tests;
