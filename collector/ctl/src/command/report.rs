//! `remit report …`, `remit noise` and `remit tune`

use remit_proto::{convert::Wire as _, v1};
use remit_runtime::files;

use crate::{
    args::{
        Global,
        report::{Noise, Report, Tune},
    },
    failure::{Exit, Failure},
    out::Out,
    view::noise::{GetNoiseReportResponse, Proposals},
};

/// Writes a report to where it was asked for, as the collector made it.
pub(super) async fn report(
    asked: Report,
    global: &Global,
    out: &mut Out<'_>,
) -> Result<Exit, Failure> {
    let (kind, asked) = match asked {
        Report::Weekly(asked) => (v1::ReportKind::Weekly, asked),
        Report::Monthly(asked) => (v1::ReportKind::Monthly, asked),
        Report::Quarterly(asked) => (v1::ReportKind::Quarterly, asked),
    };
    let usual = if out.json { v1::ReportFormat::Json } else { v1::ReportFormat::Md };
    let client = global.connect().await?;
    let request = v1::GetReportRequest {
        tenant: global.one_tenant(&client).await?,
        kind: kind.into(),
        period: asked.period.unwrap_or_default(),
        format: asked.format.unwrap_or(usual).into(),
    };
    let answer = client.call(client.reports().get_report(request)).await?;
    match asked.out {
        Some(path) => {
            files::write_atomic(&path, &answer.content).map_err(|err| Failure::broken(&err))?;
            let bytes = answer.content.len();
            out.remark(&format!("{bytes} bytes of {} in {}", answer.content_type, path.display()));
        }
        None => out.raw(&answer.content)?,
    }
    Ok(Exit::OK)
}

/// Which checks wake people for nothing.
pub(super) async fn noise(
    asked: Noise,
    global: &Global,
    out: &mut Out<'_>,
) -> Result<Exit, Failure> {
    let now = out.clock.now();
    let until = asked.until.map(|it| it.ago(now, &out.zone)).transpose()?;
    let since = asked.since.ago(now, &out.zone)?;
    let client = global.connect().await?;
    let request = v1::GetNoiseReportRequest {
        tenant: global.one_tenant(&client).await?,
        since: Some(since.to_wire()),
        until: until.map(|it| it.to_wire()),
        check: asked.check.unwrap_or_default(),
    };
    let answer = client.call(client.reports().get_noise_report(request)).await?;
    out.show(&GetNoiseReportResponse::from(answer))?;
    Ok(Exit::OK)
}

/// How a check would be quieter.
pub(super) async fn tune(asked: Tune, global: &Global, out: &mut Out<'_>) -> Result<Exit, Failure> {
    let since = asked.since.ago(out.clock.now(), &out.zone)?;
    let client = global.connect().await?;
    let request = v1::ProposeTuningRequest {
        tenant: global.one_tenant(&client).await?,
        check: asked.check,
        selector: (!asked.selector.is_empty()).then(|| asked.selector.into()),
        kind: asked.what.unwrap_or_default().into(),
        after: asked.to.unwrap_or_default(),
        since: Some(since.to_wire()),
    };
    let answer = client.call(client.reports().propose_tuning(request)).await?;
    let edited = answer.proposals.iter().map(|it| it.toml.clone()).find(|it| !it.is_empty());
    let proposals = answer.proposals.into_iter().map(Into::into).collect();
    out.show(&Proposals { proposals })?;
    match (asked.out, edited) {
        (Some(path), Some(text)) => {
            files::write_atomic(&path, text.as_bytes()).map_err(|err| Failure::broken(&err))?;
            out.remark(&format!("the matrix with the first of them is in {}", path.display()));
            Ok(Exit::OK)
        }
        (Some(path), None) => {
            out.remark(&format!(
                "nothing to write to {}: the matrix stays as it is",
                path.display()
            ));
            Ok(Exit::NOT_WELL)
        }
        (None, _) => Ok(Exit::OK),
    }
}

#[cfg(test)]
mod tests;
