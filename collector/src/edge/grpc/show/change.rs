//! Changes as messages.

use std::fmt::Write as _;

use jiff::Timestamp;
use remit_collector_domain::{
    change::{self, Change, Collision, On, Requirement, Risk, State, Subject, Touches},
    matrix::{self, Matrix},
    matrix_version::Signature,
    operator::{Operator, Role},
};
use remit_proto::{
    convert::Wire as _,
    v1::{self, ChangeKind, ChangeRisk, ChangeState},
};

/// A change without its text, as of now.
pub(crate) fn change(
    it: &Change,
    others: &[Change],
    operators: &[Operator],
    now: Timestamp,
) -> v1::Change {
    let closed = closed(&it.state);
    let (applied_at, applied_by, result) = match &it.state {
        State::Applied { at, by, result } => (Some(at.to_wire()), by.clone(), result.clone()),
        State::Open
        | State::Approved { .. }
        | State::Rejected { .. }
        | State::Withdrawn { .. }
        | State::Expired { .. }
        | State::Failed { .. } => (None, String::new(), String::new()),
    };
    let missing: Vec<&Requirement> = it.missing().collect();
    let required = it.required.iter().map(|asked| v1::RequiredParty {
        party: asked.party.to_wire(),
        because: asked.because.clone(),
        may_approve: may_approve(it, asked, operators, now),
        given: !missing.contains(&asked),
        role: role(asked.role).into(),
        teams: asked.teams.iter().map(ToString::to_string).collect(),
    });
    let reverts_at = it.break_glass.as_ref().and_then(|it| it.reverts_at);
    v1::Change {
        change_id: it.id.to_string(),
        tenant: it.tenant.to_string(),
        kind: kind(&it.subject).into(),
        title: it.title.clone(),
        reason: it.why.clone(),
        risk: risk(it.risk).into(),
        risk_reason: risk_reason(it),
        state: state(&it.state).into(),
        requested_by: it.requested_by.name.clone(),
        requested_party: it.requested_by.party.to_wire(),
        requested_at: Some(it.requested_at.to_wire()),
        expires_at: Some(it.expires_at.to_wire()),
        sha256: it.sha256.clone(),
        required: required.collect(),
        approvals: approvals(it),
        collisions: change::collisions(it, others).into_iter().flat_map(collision).collect(),
        break_glass: it.break_glass.is_some(),
        closed_by: closed.as_ref().map(|it| it.1.clone()).unwrap_or_default(),
        close_reason: closed.as_ref().map(|it| it.2.clone()).unwrap_or_default(),
        closed_at: closed.map(|it| it.0.to_wire()),
        applied_by,
        applied_at,
        reverts_at: reverts_at.map(|it| it.to_wire()),
        result,
        effective_from: it.effective_from.map(|it| it.to_wire()),
        window_id: it.window.map(|it| it.to_string()).unwrap_or_default(),
        ..Default::default()
    }
}

/// What differs between two matrices, as lines of `-` and `+`.
pub(crate) fn matrix_difference(old: Option<&Matrix>, new: &Matrix) -> String {
    let mut text = String::new();
    let Some(old) = old else { return text };
    for it in matrix::diff(old, new) {
        // Writing to a string does not fail.
        let _ = match it {
            // Nobody agrees to a name alone.
            matrix::Change::Added { what } => {
                let said = matrix::described(new, &what);
                let said =
                    said.into_iter().map(|(field, value)| format!("+{what}: {field} = {value}\n"));
                write!(text, "+{what}\n{}", said.collect::<String>())
            }
            matrix::Change::Removed { what } => writeln!(text, "-{what}"),
            matrix::Change::Changed { what, field, before, after } => {
                writeln!(text, "-{what}: {field} = {before}\n+{what}: {field} = {after}")
            }
        };
    }
    text
}

/// A canonical text, all of which is new.
pub(crate) fn all_new(text: &str) -> String {
    text.lines().map(|it| format!("+{it}\n")).collect()
}

/// A name under a matrix version.
pub(crate) fn signature(it: &Signature) -> v1::Approval {
    v1::Approval {
        party: it.party.to_wire(),
        operator_id: it.operator.to_string(),
        by: it.name.clone(),
        at: Some(it.at.to_wire()),
        sha256: it.sha256.clone(),
        signature: bytes(it.signature.as_deref()),
        note: String::new(),
    }
}

/// A signature as text, as it is kept.
pub(crate) fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|it| format!("{it:02x}")).collect()
}

/// The signature that was kept as text.
fn bytes(text: Option<&str>) -> Vec<u8> {
    let pairs = text.unwrap_or_default().as_bytes().chunks(2);
    let byte = |it: &[u8]| u8::from_str_radix(str::from_utf8(it).ok()?, 16).ok();
    pairs.map(byte).collect::<Option<_>>().unwrap_or_default()
}

/// Who agreed, and whoever has looked at an emergency.
fn approvals(it: &Change) -> Vec<v1::Approval> {
    let approval = |given: &change::Approval| v1::Approval {
        party: given.by.party.to_wire(),
        operator_id: given.by.operator.to_string(),
        by: given.by.name.clone(),
        at: Some(given.at.to_wire()),
        sha256: given.sha256.clone(),
        signature: bytes(given.signature.as_deref()),
        note: given.note.clone(),
    };
    let reviewed = it.break_glass.as_ref().and_then(|it| it.reviewed.as_ref());
    let review = reviewed.map(|(by, at)| v1::Approval {
        party: by.party.to_wire(),
        operator_id: by.operator.to_string(),
        by: by.name.clone(),
        at: Some(at.to_wire()),
        sha256: it.sha256.clone(),
        note: "reviewed afterwards".into(),
        ..Default::default()
    });
    it.approvals.iter().map(approval).chain(review).collect()
}

/// Who could give an agreement that is missing.
fn may_approve(
    it: &Change,
    asked: &Requirement,
    operators: &[Operator],
    now: Timestamp,
) -> Vec<String> {
    let may = |who: &&Operator| {
        asked.could_be_met_by(who) && change::approve(it, who, &it.sha256, None, now).is_ok()
    };
    operators.iter().filter(may).map(|it| it.name.clone()).collect()
}

fn collision(it: Collision) -> Vec<v1::Collision> {
    let Collision { with, title, on } = it;
    let what = |it: On| match it {
        On::Matrix => "the matrix".to_owned(),
        On::WholeTenant => "the whole tenant".to_owned(),
        On::Row(row) => format!("row {row}"),
        On::Site(site) => format!("site {site}"),
        On::Endpoint(endpoint) => endpoint.to_string(),
    };
    let one =
        |on| v1::Collision { change_id: with.to_string(), title: title.clone(), what: what(on) };
    on.into_iter().map(one).collect()
}

/// When it was closed, by whom and why, if it was without having taken effect.
fn closed(state: &State) -> Option<(Timestamp, String, String)> {
    let remit = || "remit".to_owned();
    match state {
        State::Rejected { at, by, why } | State::Withdrawn { at, by, why } => {
            Some((*at, by.name.clone(), why.clone()))
        }
        State::Expired { at } => Some((*at, remit(), "nobody acted in time".into())),
        State::Failed { at, why } => Some((*at, remit(), why.clone())),
        State::Open | State::Approved { .. } | State::Applied { .. } => None,
    }
}

fn risk_reason(it: &Change) -> String {
    let Touches { rows, count, whole_tenant, .. } = &it.touches;
    let mut said = Vec::new();
    if let Subject::Matrix { parts, .. } = &it.subject {
        said.extend(parts.iter().map(ToString::to_string));
    }
    if *whole_tenant {
        said.push("the whole tenant".into());
    } else if 0 < *count {
        said.push(if *count == 1 { "1 endpoint".into() } else { format!("{count} endpoints") });
    }
    if !rows.is_empty() {
        let rows: Vec<_> = rows.iter().map(ToString::to_string).collect();
        let word = if rows.len() == 1 { "row" } else { "rows" };
        said.push(format!("{word} {}", rows.join(", ")));
    }
    if said.is_empty() { String::new() } else { format!("it touches {}", said.join("; ")) }
}

/// The kind that a subject is.
fn kind(subject: &Subject) -> ChangeKind {
    match subject {
        Subject::Matrix { .. } => ChangeKind::Matrix,
        Subject::Window => ChangeKind::Window,
        Subject::KnownIssue => ChangeKind::KnownIssue,
        Subject::Silence => ChangeKind::Silence,
        Subject::Role => ChangeKind::Role,
        Subject::Token => ChangeKind::Token,
        Subject::Retention => ChangeKind::Retention,
        Subject::Revocation => ChangeKind::Revocation,
        Subject::Work => ChangeKind::Work,
    }
}

/// Where it stands.
pub(crate) fn state(state: &State) -> ChangeState {
    match state {
        State::Open => ChangeState::Proposed,
        State::Approved { .. } => ChangeState::Approved,
        State::Applied { .. } => ChangeState::Applied,
        State::Rejected { .. } => ChangeState::Rejected,
        State::Withdrawn { .. } => ChangeState::Withdrawn,
        State::Expired { .. } => ChangeState::Expired,
        State::Failed { .. } => ChangeState::Failed,
    }
}

fn risk(risk: Risk) -> ChangeRisk {
    match risk {
        Risk::Low => ChangeRisk::Low,
        Risk::Medium => ChangeRisk::Medium,
        Risk::High => ChangeRisk::High,
    }
}

/// A role.
pub(crate) fn role(role: Role) -> v1::Role {
    match role {
        Role::Administrator => v1::Role::Administrator,
        Role::Manager => v1::Role::Manager,
        Role::Operator => v1::Role::Operator,
        Role::Viewer => v1::Role::Viewer,
        Role::Auditor => v1::Role::Auditor,
    }
}
