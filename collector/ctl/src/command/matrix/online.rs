//! What is asked of the matrix that a collector has in force, and of files that
//! it is to look at.

use std::path::Path;

use jiff::{civil::Date, tz::TimeZone};
use remit_collector_domain::matrix::{self, Cell, FunctionWeek, Owner};
use remit_proto::{convert::Wire, v1};

use super::{read, tenant};
use crate::{
    args::{
        Global,
        matrix::offline::{Coverage, Replay, Review},
    },
    failure::{Exit, Failure, Kind},
    find,
    out::Out,
    view::matrix::{Findings, coverage, replay, review},
};

/// What the collector finds in a file.
pub(super) async fn lint(file: &Path, toml: String, global: &Global) -> Result<Findings, Failure> {
    let client = global.connect().await?;
    let file = file.display().to_string();
    let request = v1::LintMatrixRequest { toml, file_name: file.clone() };
    let answer = client.call(client.matrices().lint_matrix(request)).await?;
    Ok(Findings { file, findings: answer.findings.into_iter().map(Into::into).collect() })
}

/// A week's owners.
pub(super) async fn coverage(
    asked: &Coverage,
    global: &Global,
    out: &mut Out<'_>,
) -> Result<(), Failure> {
    let at = asked.at.map(|it| it.in_zone(&out.zone)).transpose()?;
    let client = global.connect().await?;
    let endpoint = match &asked.endpoint {
        Some(named) => find::endpoint(&client, named).await?,
        None => String::new(),
    };
    let choice = match &asked.file {
        Some(file) => v1::MatrixChoice {
            toml: read(file)?,
            file_name: file.display().to_string(),
            ..Default::default()
        },
        None => v1::MatrixChoice {
            // An endpoint has one tenant: nobody need name it.
            tenant: match endpoint.is_empty() {
                true => tenant(&client, global).await?,
                false => global.tenant()?,
            },
            version: asked.version.unwrap_or(0),
            ..Default::default()
        },
    };
    let request = v1::GetCoverageRequest {
        matrix: Some(choice),
        at: at.map(|it| it.to_wire()),
        endpoint,
        severity: asked.severity.into(),
    };
    let answer = client.call(client.matrices().get_coverage(request)).await?;
    let found = week(answer).ok_or_else(|| {
        Failure::new(Kind::Failed, "the collector's answer makes no sense")
            .hint("see whether this `remit` is as new as the collector")
    })?;
    for function in &asked.function {
        if found.functions.iter().all(|it| it.function != *function) {
            let known: Vec<_> = found.functions.iter().map(|it| it.function.as_str()).collect();
            return Err(Failure::usage(format!("there is no function `{function}`"))
                .hint(format!("use one of {}", known.join(", "))));
        }
    }
    out.show(&coverage::Coverage::new(found, &asked.function))
}

/// The week as it was when the collector looked at it.
fn week(it: v1::GetCoverageResponse) -> Option<matrix::Coverage> {
    let functions = it.rows.iter().map(|row| {
        let mut hours = Vec::with_capacity(matrix::HOURS);
        for span in &row.spans {
            let owners = span.owners.iter().map(|it| {
                let responsible = it.team.parse().ok()?;
                Some(Owner { responsible, on: it.on.clone(), gap: it.gap })
            });
            let cell = Cell { owners: owners.collect::<Option<_>>()? };
            let room = matrix::HOURS - hours.len();
            hours.extend(std::iter::repeat_n(cell, room.min(span.hours as usize)));
        }
        Some(FunctionWeek { function: row.function.parse().ok()?, hours })
    });
    Some(matrix::Coverage {
        monday: it.week_of.parse::<Date>().ok()?,
        zone: TimeZone::get(&it.zone).ok()?,
        severity: Wire::from_wire("severity", it.severity).ok()?,
        functions: functions.collect::<Option<_>>()?,
        is_partial: it.partial,
    })
}

/// Which past alerts would go to somebody else.
pub(super) async fn replay(
    asked: &Replay,
    global: &Global,
    out: &mut Out<'_>,
) -> Result<Exit, Failure> {
    let since = asked.since.ago(out.clock.now(), &out.zone)?;
    let file = asked.file.display().to_string();
    let choice = v1::MatrixChoice {
        toml: read(&asked.file)?,
        file_name: file.clone(),
        ..Default::default()
    };
    let client = global.connect().await?;
    let request = v1::ReplayMatrixRequest { matrix: Some(choice), since: Some(since.to_wire()) };
    let answer = client.call(client.matrices().replay_matrix(request)).await?;
    if answer.findings.iter().any(|it| it.error) {
        let findings = answer.findings.into_iter().map(Into::into).collect();
        out.show(&Findings { file, findings })?;
        return Ok(Exit::LINT);
    }
    out.show(&replay::Replay::from(answer))?;
    Ok(Exit::OK)
}

/// Which rows both parties should read again.
pub(super) async fn review(
    asked: &Review,
    global: &Global,
    out: &mut Out<'_>,
) -> Result<(), Failure> {
    let since = asked.since.ago(out.clock.now(), &out.zone)?;
    let client = global.connect().await?;
    let tenant = tenant(&client, global).await?;
    let request = v1::GetMatrixReviewRequest { tenant, since: Some(since.to_wire()) };
    let answer = client.call(client.matrices().get_matrix_review(request)).await?;
    out.show(&review::Review::from(answer))
}
