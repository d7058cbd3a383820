//! What is asked of matrix files without a collector.

#[cfg(test)]
mod tests;

use std::{fs, path::Path};

use jiff::Timestamp;
use remit_collector_domain::matrix::{
    self, Matrix, Subject, nearest, next_change, reach as reached_by, resolve,
};
use remit_collector_domain::people::Target;
use remit_matrix_file::{MatrixFile, add_holidays, read_ics};
use remit_proto::v1;
use remit_shared::{Chain, EndpointId, Function, Severity};

use super::read;
use crate::{
    args::matrix::offline::{Coverage, Import, Matter, Replay, Simulate},
    failure::{Failure, Kind},
    offline::{self, past},
    out::Out,
    view::matrix::{answer, coverage, imported::Imported, replay, review, simulate},
    word::spelled,
};

/// So many years ahead holidays are listed date by date.
const YEARS: i64 = 5;

pub(super) fn coverage(file: &Path, asked: &Coverage, out: &mut Out<'_>) -> Result<(), Failure> {
    let matrix = load(file)?.matrix;
    for function in &asked.function {
        known(&matrix, function)?;
    }
    let at = asked.at.map_or(Ok(out.clock.now()), |it| it.in_zone(&out.zone))?;
    let found = matrix::coverage(&matrix, at, severity(asked.severity));
    out.show(&coverage::Coverage::new(found, &asked.function))
}

pub(super) fn who(asked: &Matter, is_whole: bool, out: &mut Out<'_>) -> Result<(), Failure> {
    let (matrix, subject, at) = matter(asked, out)?;
    let (function, severity) = (&asked.function, severity(asked.severity));
    let found = resolve(&matrix, &subject, function, severity, at);
    let next = next_change(&matrix, &subject, function, severity, at);
    let target = Target::Team(found.responsible.clone());
    let reached = is_whole.then(|| reached_by(&matrix, &target, severity, at));
    let call = matrix.whom_to_call(&found.responsible, &found.accountable, at);
    out.show(&answer::Answer::new(found, next, call, reached))
}

pub(super) fn simulate(asked: &Simulate, out: &mut Out<'_>) -> Result<(), Failure> {
    let (matrix, subject, from) = matter(&asked.matter, out)?;
    let to = from.checked_add(asked.lasts.0).map_err(|_out_of_range| {
        Failure::usage("time does not go on for so long").hint("say less with --for")
    })?;
    let (function, severity) = (&asked.matter.function, severity(asked.matter.severity));
    let found = matrix::simulate(&matrix, &subject, function, severity, from, to);
    out.show(&simulate::Simulation::from(found))
}

pub(super) fn replay(
    asked: &Replay,
    against: &Path,
    alerts: &Path,
    out: &mut Out<'_>,
) -> Result<(), Failure> {
    let (new, old) = (load(&asked.file)?.matrix, load(against)?.matrix);
    let endpoints = asked.endpoints.as_deref().map(read).transpose()?;
    let alerts = past::read(&read(alerts)?, endpoints.as_deref())?;
    if alerts.is_guessed {
        out.remark("not every machine is known: those are taken for servers without tags");
    }
    let found = matrix::replay(&old, &new, &alerts.alerts);
    out.show(&replay::Replay::new(found, &alerts.alerts))
}

pub(super) fn review(file: &Path, out: &mut Out<'_>) -> Result<(), Failure> {
    let matrix = load(file)?.matrix;
    let today = out.zone.to_datetime(out.clock.now()).date();
    out.show(&review::Review::from(matrix::review(&matrix, today, None)))
}

pub(super) fn import(asked: &Import, out: &mut Out<'_>) -> Result<(), Failure> {
    match asked {
        Import::Holidays { ics, calendar, file } => {
            let bytes = fs::read(ics).map_err(|err| unusable(ics, &err))?;
            // Rules that name no date of their own are written out for so long.
            let today = out.zone.to_datetime(out.clock.now()).date();
            let until = today.saturating_add(jiff::Span::new().years(YEARS));
            let holidays = read_ics(&ics.display().to_string(), &bytes, until)
                .map_err(|err| Failure::broken(&err))?;
            let text = read(file)?;
            let changed =
                add_holidays(&text, calendar, &holidays).map_err(|err| unusable(file, &err))?;
            if changed.added > 0 {
                replace(file, &changed.text)?;
            }
            let added = changed.added;
            let known = holidays.dates.len() + holidays.yearly.len() - added;
            let (file, calendar) = (file.display().to_string(), calendar.to_string());
            out.show(&Imported { file, calendar, added, known })
        }
    }
}

fn unusable(path: &Path, err: &(dyn std::error::Error + 'static)) -> Failure {
    Failure::new(Kind::Failed, format!("{}: {}", path.display(), Chain(err)))
}

/// Writes beside the file first, so that nobody ever reads half of it.
fn replace(path: &Path, text: &str) -> Result<(), Failure> {
    let mut beside = path.as_os_str().to_owned();
    beside.push(".new");
    fs::write(&beside, text).and_then(|()| fs::rename(&beside, path)).map_err(|err| {
        let message = format!("failed to write {}: {}", path.display(), Chain(&err));
        Failure::new(Kind::Failed, message)
    })
}

fn load(path: &Path) -> Result<MatrixFile, Failure> {
    offline::whole((&path.display().to_string(), &read(path)?))
}

/// What was made up, as the matrix is asked it.
fn matter(asked: &Matter, out: &Out<'_>) -> Result<(Matrix, Subject, Timestamp), Failure> {
    let matrix = load(&asked.file)?.matrix;
    known(&matrix, &asked.function)?;
    let site = match &asked.site {
        Some(site) if matrix.site(site).is_some() => site.clone(),
        Some(site) => {
            let sites: Vec<_> = matrix.sites.iter().map(|it| it.name.as_str()).collect();
            let message = format!("the matrix has no site `{site}`");
            return Err(Failure::usage(message).hint(format!("use one of {}", sites.join(", "))));
        }
        None => match matrix.sites.first() {
            Some(site) => site.name.clone(),
            None => "anywhere".parse().expect("a valid name"),
        },
    };
    let subject = Subject {
        id: EndpointId::from_uuid(Default::default()),
        hostname: asked.host.clone(),
        site,
        kind: asked.kind,
        tags: asked.tag.iter().cloned().collect(),
    };
    let at = asked.at.map_or(Ok(out.clock.now()), |it| it.in_zone(&out.zone))?;
    Ok((matrix, subject, at))
}

fn known(matrix: &Matrix, function: &Function) -> Result<(), Failure> {
    let all: Vec<_> = matrix.known_functions().collect();
    if all.contains(function) {
        return Ok(());
    }
    let failure = Failure::usage(format!("there is no function `{function}`"));
    Err(match nearest(function.as_str(), all.iter().map(Function::as_str)) {
        Some(near) => failure.hint(format!("did you mean `{near}`?")),
        None => {
            let all: Vec<_> = all.iter().map(Function::as_str).collect();
            failure.hint(format!("use one of {}", all.join(", ")))
        }
    })
}

pub(super) fn severity(asked: v1::Severity) -> Severity {
    let word = spelled::<v1::Severity>(asked.into()).and_then(|it| it.parse().ok());
    word.unwrap_or(Severity::High)
}
