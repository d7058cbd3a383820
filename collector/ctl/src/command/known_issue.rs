//! `remit known-issue …`

use remit_proto::{convert::Wire as _, v1};

use super::{done_or_waiting, seconds, whole};
use crate::{
    args::{
        Global,
        known_issue::{self as args, Command, Declare},
    },
    client::{Client, PAGE, pages},
    failure::{Exit, Failure},
    find,
    out::Out,
    view::known_issue::{KnownIssue, KnownIssues},
};

/// Carries it out.
pub(super) async fn run(
    command: Command,
    global: &Global,
    out: &mut Out<'_>,
) -> Result<Exit, Failure> {
    match command {
        Command::List { all, due } => {
            let asked = v1::ListKnownIssuesRequest {
                tenant: global.tenant()?,
                include_ended: all,
                due_within_seconds: due.map(seconds).transpose()?.unwrap_or(0),
                page_size: PAGE,
                page_token: String::new(),
            };
            let known_issues = list(&global.connect().await?, &asked).await?;
            out.show(&KnownIssues { known_issues })?;
        }
        Command::Show { known_issue } => {
            let client = global.connect().await?;
            let known_issue_id = find::known_issue(&client, &known_issue).await?;
            let request = v1::GetKnownIssueRequest { known_issue_id };
            let answer = client.call(client.known_issues().get_known_issue(request)).await?;
            out.show(&KnownIssue::from(whole(answer.known_issue)?))?;
        }
        Command::Declare(asked) => declare(*asked, global, out).await?,
        Command::Extend { known_issue, until, reason } => {
            let expires_at = Some(until.ahead(out.clock.now(), &out.zone)?.to_wire());
            let client = global.connect().await?;
            let known_issue_id = find::known_issue(&client, &known_issue).await?;
            let request = v1::ExtendKnownIssueRequest { known_issue_id, expires_at, reason };
            let answer = client.call(client.known_issues().extend_known_issue(request)).await?;
            // What is there is answered too while more time waits for approval.
            let known_issue = answer.known_issue.filter(|_| answer.change_id.is_empty());
            done_or_waiting::<KnownIssue>(known_issue, answer.change_id, out)?;
        }
        Command::End { known_issue, reason } => {
            let client = global.connect().await?;
            let known_issue_id = find::known_issue(&client, &known_issue).await?;
            let request = v1::EndKnownIssueRequest { known_issue_id, reason };
            let answer = client.call(client.known_issues().end_known_issue(request)).await?;
            out.show(&KnownIssue::from(whole(answer.known_issue)?))?;
        }
    }
    Ok(Exit::OK)
}

async fn list(
    client: &Client,
    asked: &v1::ListKnownIssuesRequest,
) -> Result<Vec<KnownIssue>, Failure> {
    let known_issues = pages(None, async |page_token| {
        let request = v1::ListKnownIssuesRequest { page_token, ..asked.clone() };
        let page = client.call(client.known_issues().list_known_issues(request)).await?;
        Ok((page.known_issues, page.next_page_token))
    });
    Ok(known_issues.await?.into_iter().map(Into::into).collect())
}

async fn declare(asked: Declare, global: &Global, out: &mut Out<'_>) -> Result<(), Failure> {
    if asked.alert.is_none() && asked.what.selector.is_empty() {
        return Err(Failure::usage("a known issue of everything would hide everything")
            .hint("say what it is about, or name an alert with --alert"));
    }
    let client = global.connect().await?;
    let (tenant, alert_id) = match asked.alert {
        // The alert says whose it is.
        Some(typed) => (global.tenant()?, find::alert(&client, &typed).await?),
        None => (global.one_tenant(&client).await?, String::new()),
    };
    let spec = Some(spec(asked.what, tenant, out)?);
    let request = v1::DeclareKnownIssueRequest { spec, alert_id };
    let answer = client.call(client.known_issues().declare_known_issue(request)).await?;
    done_or_waiting::<KnownIssue>(answer.known_issue, answer.change_id, out)
}

/// What was typed, for the wire.
pub(super) fn spec(
    typed: args::KnownIssue,
    tenant: String,
    out: &Out<'_>,
) -> Result<v1::KnownIssueSpec, Failure> {
    let now = out.clock.now();
    let review_at = typed.review.map(|it| it.ahead(now, &out.zone)).transpose()?;
    Ok(v1::KnownIssueSpec {
        tenant,
        title: typed.title,
        why: typed.why,
        selector: (!typed.selector.is_empty()).then(|| typed.selector.into()),
        evidence_urls: typed.evidence,
        owner_party: typed.owner.unwrap_or_default().into(),
        owner_team: typed.owner_team.unwrap_or_default(),
        ticket: typed.ticket.unwrap_or_default(),
        review_at: review_at.map(|it| it.to_wire()),
        expires_at: Some(typed.expires.ahead(now, &out.zone)?.to_wire()),
        max_severity: typed.up_to.unwrap_or_default().into(),
        breaks_when: typed.breaks_if.iter().map(ToString::to_string).collect(),
        silence: typed.silence,
    })
}
