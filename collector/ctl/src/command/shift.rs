//! `remit shift …` and `remit agenda`

use jiff::civil::Date;
use remit_proto::v1;

use super::whole;
use crate::{
    args::{
        Global,
        shift::{self as args, Command, Dispose},
    },
    failure::{Exit, Failure},
    find,
    out::Out,
    view::{
        agenda::GetAgendaResponse,
        shift::{Disposed, Shift},
    },
};

/// Shows a night, or says what its alerts are.
pub(super) async fn shift(
    asked: args::Shift,
    global: &Global,
    out: &mut Out<'_>,
) -> Result<Exit, Failure> {
    if let Some(Command::Dispose(asked)) = asked.command {
        return dispose(asked, global, out).await;
    }
    let client = global.connect().await?;
    let tenant = global.one_tenant(&client).await?;
    let request = v1::GetShiftRequest { tenant, day: date(asked.day) };
    let answer = client.call(client.shifts().get_shift(request)).await?;
    let shift = Shift::from(whole(answer.shift)?);
    out.show(&shift)?;
    Ok(if shift.open == 0 { Exit::OK } else { Exit::NOT_WELL })
}

async fn dispose(asked: Dispose, global: &Global, out: &mut Out<'_>) -> Result<Exit, Failure> {
    let client = global.connect().await?;
    let mut request = v1::DisposeShiftAlertsRequest {
        tenant: global.one_tenant(&client).await?,
        day: date(asked.day),
        disposition: asked.disposition.into(),
        note: asked.note.text,
        known_issue_id: find::some_known_issue(&client, asked.known_issue.as_deref()).await?,
        ..Default::default()
    };
    if asked.all {
        out.confirm("say this of all that are not disposed of and fit?", asked.yes)?;
        request.all_matching = Some(v1::ShiftFilter {
            endpoint: find::some_endpoint(&client, asked.endpoint.as_deref()).await?,
            site: asked.site.unwrap_or_default(),
            check: asked.check.unwrap_or_default(),
            function: asked.function.unwrap_or_default(),
            at_most: asked.at_most.unwrap_or_default().into(),
        });
    } else {
        let found = find::alerts(&client, &asked.alerts).await?;
        request.alert_ids = found.into_iter().collect::<Result<_, _>>()?;
    }
    let answer = client.call(client.shifts().dispose_shift_alerts(request)).await?;
    let disposed = Disposed {
        outcomes: answer.outcomes.into_iter().map(Into::into).collect(),
        shift: answer.shift.map(Into::into),
    };
    out.show(&disposed)?;
    Ok(if disposed.has_failed() { Exit::NOT_WELL } else { Exit::OK })
}

/// What the weekly call should speak about.
pub(super) async fn agenda(
    asked: args::Agenda,
    global: &Global,
    out: &mut Out<'_>,
) -> Result<Exit, Failure> {
    let client = global.connect().await?;
    let tenant = global.one_tenant(&client).await?;
    let request = v1::GetAgendaRequest { tenant, week_of: date(asked.week_of) };
    let answer = client.call(client.shifts().get_agenda(request)).await?;
    out.show(&GetAgendaResponse::from(answer))?;
    Ok(Exit::OK)
}

/// A day for the wire; empty if none was named.
fn date(day: Option<Date>) -> String {
    day.map(|it| it.to_string()).unwrap_or_default()
}

#[cfg(test)]
mod tests;
