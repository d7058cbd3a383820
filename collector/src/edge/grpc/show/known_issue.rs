//! Known issues as messages.

use std::collections::BTreeSet;

use jiff::Timestamp;
use remit_collector_domain::{
    change::Signatory,
    known_issue::{IssueSpec, Kind, KnownIssue, Matcher, State},
};
use remit_proto::{
    convert::{InvalidMessage, Wire as _, optional, required},
    v1,
};
use remit_shared::{AlertId, EndpointId, Function, Party, Severity, Site, Team, Tenant};

use super::each;

/// Who does what nobody asked for.
const REMIT: &str = "remit";

/// Stands for any text.
const ANY: &str = "*";

/// A known issue as of now, with the alerts that it covers.
pub(crate) fn known_issue(
    issue: &KnownIssue,
    covers: &[AlertId],
    now: Timestamp,
) -> v1::KnownIssue {
    let shown = v1::KnownIssue {
        known_issue_id: issue.id.to_string(),
        spec: Some(spec(&issue.spec)),
        created_by: issue.created_by.name.clone(),
        created_at: Some(issue.created_at.to_wire()),
        change_id: issue.change.map(|it| it.to_string()).unwrap_or_default(),
        approvals: issue.approved_by.iter().map(approval).collect(),
        occurrences: issue.tally.total,
        last_matched_at: issue.tally.last.map(|it| it.to_wire()),
        alert_ids: covers.iter().map(AlertId::to_string).collect(),
        ..Default::default()
    };
    let over = |state: v1::KnownIssueState, at: Timestamp, by: &str, why: String| v1::KnownIssue {
        state: state.into(),
        ended_at: Some(at.to_wire()),
        ended_by: by.to_owned(),
        end_reason: why,
        ..shown.clone()
    };
    let expired = |at| over(v1::KnownIssueState::Expired, at, REMIT, "its time is over".into());
    match &issue.state {
        State::Active if issue.spec.expires_at <= now => expired(issue.spec.expires_at),
        State::Active => v1::KnownIssue { state: v1::KnownIssueState::Active.into(), ..shown },
        State::Ended { at, by, why } => {
            over(v1::KnownIssueState::Ended, *at, &by.name, why.clone())
        }
        State::Expired { at } => expired(*at),
        State::Broken { at, why } => over(v1::KnownIssueState::Broken, *at, REMIT, why.clone()),
    }
}

fn approval(by: &Signatory) -> v1::Approval {
    v1::Approval {
        party: by.party.to_wire(),
        operator_id: by.operator.to_string(),
        by: by.name.clone(),
        ..Default::default()
    }
}

fn spec(it: &IssueSpec) -> v1::KnownIssueSpec {
    let pattern = |it: &str| (it != ANY).then(|| it.to_owned());
    let selector = v1::Selector {
        endpoints: it.matcher.endpoints.iter().map(ToString::to_string).collect(),
        sites: it.matcher.sites.iter().map(ToString::to_string).collect(),
        functions: it.matcher.functions.iter().map(ToString::to_string).collect(),
        checks: pattern(&it.matcher.check).into_iter().collect(),
        instance: pattern(&it.matcher.instance).unwrap_or_default(),
        ..Default::default()
    };
    v1::KnownIssueSpec {
        tenant: it.tenant.to_string(),
        title: it.title.clone(),
        why: it.why.clone(),
        selector: Some(selector),
        evidence_urls: it.evidence.iter().cloned().collect(),
        owner_party: it.party.to_wire(),
        owner_team: it.owner.to_string(),
        ticket: it.ticket.clone(),
        review_at: it.review_at.map(|at| at.to_wire()),
        expires_at: Some(it.expires_at.to_wire()),
        max_severity: it.max_severity.to_wire(),
        breaks_when: it.breaks_when.iter().map(ToString::to_string).collect(),
        silence: it.kind == Kind::Silence,
    }
}

/// What is asked for, but for what the collector must look up.
pub(crate) struct Asked {
    /// Which alerts it is.
    pub(crate) matcher: Matcher,
    /// Whose environment it is in.
    pub(crate) tenant: Tenant,
    /// Who looks after it, and their side.
    pub(crate) owner: (Team, Party),
    /// Up to which severity, if nobody says.
    pub(crate) usual: Severity,
    /// What time it is.
    pub(crate) now: Timestamp,
}

/// What is asked for, read.
pub(crate) fn asked(
    message: v1::KnownIssueSpec,
    asked: Asked,
) -> Result<IssueSpec, InvalidMessage> {
    let Asked { matcher, tenant, owner: (owner, party), usual, now } = asked;
    let expires_at = required("expires_at", message.expires_at)?;
    let review_at = optional("review_at", message.review_at)?;
    Ok(IssueSpec {
        kind: if message.silence { Kind::Silence } else { Kind::KnownIssue },
        tenant,
        title: message.title,
        why: message.why,
        matcher,
        evidence: message.evidence_urls.into_iter().collect(),
        ticket: message.ticket,
        owner,
        party,
        review_at: Some(review_at.unwrap_or_else(|| half_way(now, expires_at))),
        expires_at,
        max_severity: match message.max_severity {
            0 => usual,
            some => Severity::from_wire("max_severity", some)?,
        },
        breaks_when: each("breaks_when", &message.breaks_when, |it| it.parse())?,
    })
}

/// When somebody looks at it again if nobody says.
pub(crate) fn half_way(now: Timestamp, end: Timestamp) -> Timestamp {
    let left = end.duration_since(now);
    now.saturating_add(left / 2).unwrap_or(end)
}

/// Which alerts are meant; the endpoints have been looked up.
pub(crate) fn matcher(
    asked: v1::Selector,
    endpoints: BTreeSet<EndpointId>,
) -> Result<Matcher, InvalidMessage> {
    let no = |field, words: &str| Err(InvalidMessage::new(field, words));
    if !asked.tags.is_empty() {
        return no("tags", "cannot be chosen for a known issue: name endpoints or sites");
    }
    if asked.kind != 0 {
        return no("kind", "cannot be chosen for a known issue: name endpoints or sites");
    }
    let check = match asked.checks.as_slice() {
        [] => ANY.to_owned(),
        [one] => one.clone(),
        _ => return no("checks", "has more than one: a known issue is about one, or `backup-*`"),
    };
    let instance = Some(asked.instance).filter(|it| !it.is_empty());
    Ok(Matcher {
        check,
        instance: instance.unwrap_or_else(|| ANY.to_owned()),
        endpoints,
        sites: each("sites", &asked.sites, Site::new)?,
        functions: each("functions", &asked.functions, Function::new)?,
    })
}
