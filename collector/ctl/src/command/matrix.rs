//! `remit who` and `remit matrix …`

mod offline;
mod online;

use std::{
    fs,
    io::Write as _,
    path::{Path, PathBuf},
};

use remit_proto::{convert::Wire as _, v1};
use remit_shared::Chain;

use super::whole;
use crate::{
    args::{
        Global,
        matrix::{self, Command},
    },
    client::{Client, PAGE, pages},
    failure::{Exit, Failure, Kind},
    find, offline as judge,
    out::Out,
    view::{
        View as _,
        change::Waiting,
        matrix::{Differences, Findings, Matrix, Published, Versions},
        responsibility::Who,
    },
};

/// Says whose remit it is.
pub(super) async fn who(
    asked: matrix::Who,
    global: &Global,
    out: &mut Out<'_>,
) -> Result<Exit, Failure> {
    let at = asked.at.map(|it| it.in_zone(&out.zone)).transpose()?;
    let client = global.connect().await?;
    let request = v1::ExplainResponsibilityRequest {
        endpoint: find::endpoint(&client, &asked.endpoint).await?,
        function: asked.function,
        at: at.map(|it| it.to_wire()),
        severity: asked.severity.unwrap_or_default().into(),
    };
    let answer = client.call(client.matrices().explain_responsibility(request)).await?;
    out.show(&whole(Who::new(answer))?)?;
    Ok(Exit::OK)
}

/// Carries it out.
pub(super) async fn run(
    command: Command,
    global: &Global,
    out: &mut Out<'_>,
) -> Result<Exit, Failure> {
    match command {
        Command::Lint { file, online } => {
            let text = read(&file)?;
            let findings = match online {
                false => lint(&file, &text, out),
                true => online::lint(&file, text, global).await?,
            };
            out.show(&findings)?;
            return Ok(if findings.errors() == 0 { Exit::OK } else { Exit::LINT });
        }
        Command::Coverage(asked) => match (&asked.file, &asked.endpoint) {
            (Some(file), None) => offline::coverage(file, &asked, out)?,
            (None, _) | (_, Some(_)) => online::coverage(&asked, global, out).await?,
        },
        Command::Who(asked) => offline::who(&asked, false, out)?,
        Command::Explain(asked) => offline::who(&asked, true, out)?,
        Command::Simulate(asked) => offline::simulate(&asked, out)?,
        Command::Replay(asked) => match (&asked.against, &asked.alerts) {
            (Some(against), Some(alerts)) => offline::replay(&asked, against, alerts, out)?,
            (None, _) | (_, None) => return online::replay(&asked, global, out).await,
        },
        Command::Review(asked) => match &asked.file {
            Some(file) => offline::review(file, out)?,
            None => online::review(&asked, global, out).await?,
        },
        Command::Import(asked) => offline::import(&asked, out)?,
        Command::Publish { file, note, follows } => {
            return publish(&file, note, follows, global, out).await;
        }
        Command::Show { version } => {
            let client = global.connect().await?;
            let tenant = tenant(&client, global).await?;
            show(&get(&client, &tenant, version.unwrap_or(0)).await?, out)?;
        }
        Command::Export { file, version } => {
            let client = global.connect().await?;
            let tenant = tenant(&client, global).await?;
            let matrix = get(&client, &tenant, version.unwrap_or(0)).await?;
            export(&file, &matrix)?;
            out.remark(&format!("{} is {}", file.display(), matrix.version.headline(&out.look())));
        }
        Command::Diff { old, new } => diff(&old, &new, global, out).await?,
        Command::Versions => {
            let client = global.connect().await?;
            let tenant = tenant(&client, global).await?;
            let versions = pages(None, async |page_token| {
                let tenant = tenant.clone();
                let request = v1::ListMatrixVersionsRequest { tenant, page_size: PAGE, page_token };
                let page = client.call(client.matrices().list_matrix_versions(request)).await?;
                Ok((page.versions, page.next_page_token))
            });
            let versions = versions.await?.into_iter().map(Into::into).collect();
            out.show(&Versions { versions })?;
        }
    }
    Ok(Exit::OK)
}

/// Publishes what lints clean; the collector looks again for itself.
async fn publish(
    file: &Path,
    note: String,
    follows: Option<u64>,
    global: &Global,
    out: &mut Out<'_>,
) -> Result<Exit, Failure> {
    let toml = read(file)?;
    let findings = lint(file, &toml, out);
    if findings.errors() > 0 {
        out.show(&findings)?;
        return Ok(Exit::LINT);
    }
    let client = global.connect().await?;
    let file = findings.file;
    let request = v1::PublishMatrixRequest {
        toml,
        file_name: file.clone(),
        note,
        expected_version: follows.unwrap_or(0),
        ..Default::default()
    };
    let answer = client.call(client.matrices().publish_matrix(request)).await?;
    if !answer.change_id.is_empty() {
        out.show(&Waiting { change_id: answer.change_id })?;
        return Ok(Exit::OK);
    }
    let version = whole(answer.version)?.into();
    let findings = answer.findings.into_iter().map(Into::into).collect();
    out.show(&Published { version, findings, file })?;
    Ok(Exit::OK)
}

fn lint(file: &Path, text: &str, out: &Out<'_>) -> Findings {
    let file = file.display().to_string();
    let findings = judge::lint(&file, text, out.clock.now());
    Findings { file, findings }
}

fn show(matrix: &Matrix, out: &mut Out<'_>) -> Result<(), Failure> {
    if out.json {
        return out.show(matrix);
    }
    out.remark(&matrix.version.headline(&out.look()));
    // A file gets it to the byte, so that it can be published again.
    let text = if out.is_terminal { matrix.text(&out.look()) } else { matrix.toml.clone() };
    out.raw(text.as_bytes())
}

/// Writes a matrix, and over nothing: somebody may be editing that file.
fn export(path: &Path, matrix: &Matrix) -> Result<(), Failure> {
    let written =
        fs::File::create_new(path).and_then(|mut it| it.write_all(matrix.toml.as_bytes()));
    written.map_err(|err| {
        Failure::new(Kind::Failed, format!("failed to write {}: {}", path.display(), Chain(&err)))
    })
}

async fn diff(old: &str, new: &str, global: &Global, out: &mut Out<'_>) -> Result<(), Failure> {
    let (old, new) = (Source::of(old), Source::of(new));
    let client = match (&old, &new) {
        (Source::File(_), Source::File(_)) => None,
        (Source::Version(_), _) | (_, Source::Version(_)) => Some(global.connect().await?),
    };
    let old = text(old, client.as_ref(), global).await?;
    let new = text(new, client.as_ref(), global).await?;
    let changes = judge::diff((&old.0, &old.1), (&new.0, &new.1))?;
    out.show(&Differences { changes })
}

/// Where a matrix to compare comes from.
enum Source {
    File(PathBuf),
    Version(u64),
}

impl Source {
    /// A number is a version, unless a file is called so.
    fn of(typed: &str) -> Self {
        match typed.parse() {
            Ok(version) if !Path::new(typed).exists() => Self::Version(version),
            Ok(_) | Err(_) => Self::File(typed.into()),
        }
    }
}

/// A matrix's name and text.
async fn text(
    source: Source,
    client: Option<&Client>,
    global: &Global,
) -> Result<(String, String), Failure> {
    match (source, client) {
        (Source::Version(version), Some(client)) => {
            let tenant = tenant(client, global).await?;
            let matrix = get(client, &tenant, version).await?;
            Ok((format!("version {version}"), matrix.toml))
        }
        (Source::File(path), _) => Ok((path.display().to_string(), read(&path)?)),
        (Source::Version(_), None) => Err(Failure::usage("versions are the collector's")),
    }
}

async fn get(client: &Client, tenant: &str, version: u64) -> Result<Matrix, Failure> {
    let request = v1::GetMatrixRequest { tenant: tenant.into(), version };
    let answer = client.call(client.matrices().get_matrix(request)).await?;
    Ok(Matrix { version: whole(answer.version)?.into(), toml: answer.toml })
}

/// The tenant that was named, or the only one that the operator sees.
async fn tenant(client: &Client, global: &Global) -> Result<String, Failure> {
    let named = global.tenant()?;
    if !named.is_empty() {
        return Ok(named);
    }
    let me = client.call(client.operators().who_am_i(v1::WhoAmIRequest {})).await?;
    match whole(me.operator)?.tenants.as_slice() {
        [only] => Ok(only.clone()),
        [] | [_, _, ..] => {
            Err(Failure::usage("each tenant has its own matrix").hint("name one with --tenant"))
        }
    }
}

fn read(path: &Path) -> Result<String, Failure> {
    fs::read_to_string(path).map_err(|err| {
        let message = format!("failed to read {}: {}", path.display(), Chain(&err));
        Failure::new(Kind::Failed, message)
    })
}
