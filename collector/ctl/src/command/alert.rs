//! `remit alert …`

use remit_proto::{convert::Wire as _, v1};

use super::{seconds, whole};
use crate::{
    args::{
        Global,
        alert::{Command, List},
    },
    client::{Client, PAGE, pages},
    failure::{Exit, Failure},
    find,
    out::Out,
    view::alert::{Alert, Alerts, Changed, Done, Undone},
};

/// Carries it out.
pub(super) async fn run(
    command: Command,
    global: &Global,
    out: &mut Out<'_>,
) -> Result<Exit, Failure> {
    match command {
        Command::List(asked) => {
            let alerts = list(asked, global).await?.into_iter().map(Into::into).collect();
            out.show(&Alerts { alerts })?;
            Ok(Exit::OK)
        }
        Command::Show { alert } => {
            let client = global.connect().await?;
            let alert_id = find::alert(&client, &alert).await?;
            let request = v1::GetAlertRequest { alert_id };
            let answer = client.call(client.alerts().get_alert(request)).await?;
            out.show(&Alert::from(whole(answer.alert)?))?;
            Ok(Exit::OK)
        }
        Command::Ack { which, hold, note } => {
            let hold_seconds = hold.map(seconds).transpose()?.unwrap_or(0);
            let client = global.connect().await?;
            each(&client, &which.alerts, out, async |alert_id| {
                let note = note.text.clone();
                let request = v1::AcknowledgeAlertRequest { alert_id, note, hold_seconds };
                Ok(client.call(client.alerts().acknowledge_alert(request)).await?.alert)
            })
            .await
        }
        Command::Resolve { which, note } => {
            let client = global.connect().await?;
            each(&client, &which.alerts, out, async |alert_id| {
                let request = v1::ResolveAlertRequest { alert_id, note: note.text.clone() };
                Ok(client.call(client.alerts().resolve_alert(request)).await?.alert)
            })
            .await
        }
        Command::Handover { which, reason, to, note } => {
            let client = global.connect().await?;
            each(&client, &which.alerts, out, async |alert_id| {
                let request = v1::HandOverAlertRequest {
                    alert_id,
                    to_team: to.clone().unwrap_or_default(),
                    reason: reason.into(),
                    note: note.text.clone(),
                };
                Ok(client.call(client.alerts().hand_over_alert(request)).await?.alert)
            })
            .await
        }
        Command::Note { alert, text } => {
            let client = global.connect().await?;
            each(&client, &[alert], out, async |alert_id| {
                let request = v1::AddAlertNoteRequest { alert_id, note: text.clone() };
                Ok(client.call(client.alerts().add_alert_note(request)).await?.alert)
            })
            .await
        }
        Command::Dispose { which, disposition, known_issue, note } => {
            let client = global.connect().await?;
            let known_issue_id = find::some_known_issue(&client, known_issue.as_deref()).await?;
            each(&client, &which.alerts, out, async |alert_id| {
                let request = v1::SetAlertDispositionRequest {
                    alert_id,
                    disposition: disposition.into(),
                    note: note.text.clone(),
                    known_issue_id: known_issue_id.clone(),
                };
                Ok(client.call(client.alerts().set_alert_disposition(request)).await?.alert)
            })
            .await
        }
        Command::Block { which, reason, now, note } => {
            let client = global.connect().await?;
            each(&client, &which.alerts, out, async |alert_id| {
                let request = v1::BlockAlertRequest {
                    alert_id,
                    reason: reason.into(),
                    note: note.text.clone(),
                    immediately: now,
                };
                Ok(client.call(client.alerts().block_alert(request)).await?.alert)
            })
            .await
        }
        Command::Unblock { which, note } => {
            let client = global.connect().await?;
            each(&client, &which.alerts, out, async |alert_id| {
                let request = v1::UnblockAlertRequest { alert_id, note: note.text.clone() };
                Ok(client.call(client.alerts().unblock_alert(request)).await?.alert)
            })
            .await
        }
        Command::Pause { which, reason, until, note } => {
            let until = until.map(|it| it.ahead(out.clock.now(), &out.zone)).transpose()?;
            let client = global.connect().await?;
            each(&client, &which.alerts, out, async |alert_id| {
                let request = v1::PauseAlertRequest {
                    alert_id,
                    reason: reason.into(),
                    note: note.text.clone(),
                    until: until.map(|it| it.to_wire()),
                };
                Ok(client.call(client.alerts().pause_alert(request)).await?.alert)
            })
            .await
        }
        Command::Resume { which, note } => {
            let client = global.connect().await?;
            each(&client, &which.alerts, out, async |alert_id| {
                let request = v1::ResumeAlertRequest { alert_id, note: note.text.clone() };
                Ok(client.call(client.alerts().resume_alert(request)).await?.alert)
            })
            .await
        }
        Command::Noise { which, reason, note } => {
            let client = global.connect().await?;
            each(&client, &which.alerts, out, async |alert_id| {
                let request = v1::MarkAlertNoiseRequest {
                    alert_id,
                    reason: reason.into(),
                    note: note.text.clone(),
                };
                Ok(client.call(client.alerts().mark_alert_noise(request)).await?.alert)
            })
            .await
        }
    }
}

/// Does something to each alert; one that fails does not keep the others from
/// it. The exit code is the first failure's.
async fn each(
    client: &Client,
    typed: &[String],
    out: &mut Out<'_>,
    act: impl AsyncFn(String) -> Result<Option<v1::Alert>, Failure>,
) -> Result<Exit, Failure> {
    let mut outcomes = Vec::new();
    for (typed, found) in typed.iter().zip(find::alerts(client, typed).await?) {
        let changed = match found {
            Ok(id) => act(id).await.and_then(whole).map(Alert::from),
            Err(failure) => Err(failure),
        };
        outcomes.push((typed, changed));
    }
    // One alert is answered with itself, or with what went wrong.
    if outcomes.len() == 1
        && let Some((_, only)) = outcomes.pop()
    {
        out.show(&Changed(only?))?;
        return Ok(Exit::OK);
    }
    let mut exit = None;
    let mut done = Done { alerts: Vec::new(), errors: Vec::new() };
    for (typed, outcome) in outcomes {
        match outcome {
            Ok(alert) => done.alerts.push(alert),
            Err(failure) => {
                exit.get_or_insert(failure.exit());
                done.errors.push(Undone::new(typed, &failure));
            }
        }
    }
    out.show(&done)?;
    Ok(exit.unwrap_or(Exit::OK))
}

/// Alerts that pass the filter, in the collector's order.
async fn list(asked: List, global: &Global) -> Result<Vec<v1::Alert>, Failure> {
    let client = global.connect().await?;
    let request = v1::ListAlertsRequest {
        tenant: global.tenant()?,
        team: asked.team.unwrap_or_default(),
        state: asked.state.unwrap_or_default().into(),
        include_resolved: asked.all,
        at_least: asked.at_least.unwrap_or_default().into(),
        endpoint: find::some_endpoint(&client, asked.endpoint.as_deref()).await?,
        function: asked.function.unwrap_or_default(),
        page_size: PAGE,
        page_token: String::new(),
        disposition: asked.disposition.unwrap_or_default().into(),
        suppressed: (asked.quiet || asked.loud).then_some(asked.quiet),
        mine: asked.mine,
        late: asked.late,
        joint_review: asked.joint_review,
    };
    pages(asked.limit, async |page_token| {
        let request = v1::ListAlertsRequest { page_token, ..request.clone() };
        let page = client.call(client.alerts().list_alerts(request)).await?;
        Ok((page.alerts, page.next_page_token))
    })
    .await
}
