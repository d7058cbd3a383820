//! `remit endpoint history`

#[cfg(test)]
mod tests;

use remit_proto::{convert::Wire as _, v1};

use crate::{
    args::{
        Global,
        endpoint::{History, SeriesName},
    },
    failure::Failure,
    find,
    out::Out,
    view::history,
};

/// What readings were like, or which ones there are.
pub(super) async fn history(
    asked: History,
    global: &Global,
    out: &mut Out<'_>,
) -> Result<(), Failure> {
    let now = out.clock.now();
    let to = asked.to.map(|it| it.ago(now, &out.zone)).transpose()?.unwrap_or(now);
    let from = asked.from.ago(now, &out.zone)?;
    if to <= from {
        return Err(Failure::usage("--from must be before --to"));
    }
    let client = global.connect().await?;
    let name = |SeriesName { metric, instance }| v1::SeriesName { metric, instance };
    let lists = asked.series.is_empty();
    let request = v1::GetHistoryRequest {
        endpoint: find::endpoint(&client, &asked.endpoint).await?,
        series: asked.series.into_iter().map(name).collect(),
        from: Some(from.to_wire()),
        to: Some(to.to_wire()),
        step: asked.step.into(),
    };
    let answer = client.call(client.endpoints().get_history(request)).await?;
    if lists {
        return out.show(&history::Names::from(answer));
    }
    let history = history::History::of(asked.endpoint, answer);
    if asked.csv { out.raw(history.csv().as_bytes()) } else { out.show(&history) }
}
