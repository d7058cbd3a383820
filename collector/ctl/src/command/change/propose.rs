//! `remit change propose …`

use std::path::Path;

use remit_proto::{
    convert::Wire as _,
    v1::{self, propose_change_request::Payload},
};

use crate::{
    args::{
        Global,
        change::{Propose, Reason, Why},
    },
    client::Client,
    command::{known_issue, read, token, whole, window},
    failure::Failure,
    out::Out,
    view::change::Change,
    word,
};

/// Proposes it; with break-glass, after asking.
pub(super) async fn propose(
    asked: Propose,
    global: &Global,
    out: &mut Out<'_>,
) -> Result<(), Failure> {
    let client = global.connect().await?;
    let (payload, tenant, title, reason) = payload(asked, &client, global, out).await?;
    let sealed_code = match &reason.break_glass {
        Some(path) => {
            out.confirm("make it true alone, at once, and page both managers?", reason.yes)?;
            sealed_code(path)?
        }
        None => String::new(),
    };
    let from = reason.from.map(|it| it.in_zone(&out.zone)).transpose()?;
    let request = v1::ProposeChangeRequest {
        tenant,
        title,
        reason: reason.reason,
        payload: Some(payload),
        break_glass: reason.break_glass.is_some(),
        sealed_code,
        effective_from: from.map(|it| it.to_wire()),
    };
    let answer = client.call(client.changes().propose_change(request)).await?;
    out.show(&Change::from(whole(answer.change)?))
}

/// What is proposed, for whom, under which title and why.
async fn payload(
    asked: Propose,
    client: &Client,
    global: &Global,
    out: &Out<'_>,
) -> Result<(Payload, String, String, Reason), Failure> {
    let tenant = async || global.one_tenant(client).await;
    let titled = |why: Why, usual: String| (why.title.unwrap_or(usual), why.reason);
    Ok(match asked {
        Propose::Matrix { file, back_to, follows, why } => {
            let (tenant, toml, file_name) = match (file, back_to) {
                // The file says whose it is.
                (Some(file), _) => (global.tenant()?, read(&file)?, file.display().to_string()),
                (None, version) => {
                    let tenant = tenant().await?;
                    let version = version.unwrap_or_default();
                    let request = v1::GetMatrixRequest { tenant: tenant.clone(), version };
                    let answer = client.call(client.matrices().get_matrix(request)).await?;
                    (tenant, answer.toml, format!("back to version {version}"))
                }
            };
            let (title, reason) = titled(why, format!("matrix {file_name}"));
            let expected_version = follows.unwrap_or(0);
            let matrix = v1::MatrixProposal { toml, file_name, expected_version };
            (Payload::Matrix(matrix), tenant, title, reason)
        }
        Propose::Window { window, reason } => {
            let (tenant, title) = (tenant().await?, window.title.clone());
            (Payload::Window(window::spec(window, tenant.clone())?), tenant, title, reason)
        }
        Propose::KnownIssue { known_issue, reason } => {
            let (tenant, title) = (tenant().await?, known_issue.title.clone());
            let spec = known_issue::spec(known_issue, tenant.clone(), out)?;
            (Payload::KnownIssue(spec), tenant, title, reason)
        }
        Propose::Role { operator, role, party, team, why } => {
            let (title, reason) = titled(why, format!("role of {operator}"));
            let tenants = global.tenant.clone();
            let teams = team;
            let (role, party) = (role.into(), party.into());
            let grant = v1::RoleGrant { operator, role, party, teams, tenants };
            (Payload::Role(grant), tenant().await?, title, reason)
        }
        Propose::Tuning { check, what, to, selector, why } => {
            let tenant = tenant().await?;
            let to = to.unwrap_or_default();
            let what_of_it = word::spelled::<v1::TuningKind>(what.into()).unwrap_or_default();
            let title = format!("{check}: {what_of_it} {to}");
            let (title, reason) = titled(why, title.trim_end().to_owned());
            let tuning = v1::Tuning {
                tenant: tenant.clone(),
                check,
                selector: (!selector.is_empty()).then(|| selector.into()),
                kind: what.into(),
                before: String::new(),
                after: to,
                why: reason.reason.clone(),
            };
            (Payload::Tuning(tuning), tenant, title, reason)
        }
        Propose::Token { token, why } => {
            let tenant = tenant().await?;
            let (title, reason) = titled(why, format!("token for {} endpoints", token.uses));
            (Payload::Token(token::request(token, tenant.clone())?), tenant, title, reason)
        }
        Propose::Retention { records, keep, why } => {
            let (title, reason) = titled(why, format!("retention of {records}"));
            let keep_seconds = keep.unsigned().as_secs();
            let retention = v1::RetentionProposal { records, keep_seconds };
            (Payload::Retention(retention), tenant().await?, title, reason)
        }
        Propose::Revocation { endpoints, why } => {
            let (title, reason) = titled(why, format!("revocation of {}", endpoints.join(", ")));
            let revocation = v1::RevocationProposal { endpoints };
            (Payload::Revocation(revocation), tenant().await?, title, reason)
        }
        Propose::Work { window, who, quiet, reason } => {
            let (tenant, title) = (tenant().await?, window.title.clone());
            let plan = Some(window::spec(window, tenant.clone())?);
            let work = v1::PlannedWork { plan, who, quiet };
            (Payload::Work(work), tenant, title, reason)
        }
    })
}

/// Read from a file, so that it stands in nobody's shell history.
fn sealed_code(path: &Path) -> Result<String, Failure> {
    Ok(read(path)?.trim().to_owned())
}
