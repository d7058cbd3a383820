//! What a draft would do and who must agree to it, from its own text wherever
//! that says so.

use jiff::Timestamp;
use remit_shared::Tenant;

use crate::{
    authority::grants::{self, Consent},
    change::{
        Draft, FURTHEST, Facts, LONGEST_TEXT, LONGEST_TITLE, Present, Refusal, Requirement, Spec,
        Subject, canonical, command::reason, required,
    },
    enroll::{self, TokenError},
    operator::Operator,
};

/// Checks a draft, and says who must agree to it. What can be read from the
/// text is, whatever the caller says.
pub(super) fn weigh(
    draft: &Draft,
    by: &Operator,
    present: Present<'_>,
) -> Result<(Facts, Vec<Requirement>), Refusal> {
    let now = present.now;
    let title = draft.title.trim();
    let length = title.chars().count();
    if length == 0 || LONGEST_TITLE < length || title.chars().any(char::is_control) {
        return Err(Refusal::Title);
    }
    reason("a change", &draft.why)?;
    if draft.text.len() > LONGEST_TEXT {
        return Err(Refusal::TooLong);
    }
    let hex = |it: u8| it.is_ascii_digit() || (b'a'..=b'f').contains(&it);
    if draft.sha256.len() != 64 || !draft.sha256.bytes().all(hex) {
        let got = draft.sha256.chars().take(64).flat_map(char::escape_default).collect();
        return Err(Refusal::NoHash(got));
    }
    if let Some(at) = draft.effective_from
        && (at < now || now.saturating_add(FURTHEST).unwrap_or(Timestamp::MAX) < at)
    {
        return Err(Refusal::EffectiveFrom(at));
    }
    let mut facts = present.facts.clone();
    if let Subject::Matrix { base, .. } = draft.subject {
        if base != present.newest_matrix {
            return Err(Refusal::Rebase { base, newest: present.newest_matrix });
        }
    } else {
        read(draft, by, present, &mut facts)?;
    }
    let required = required(&draft.subject, &facts, by);
    Ok((facts, required))
}

fn read(
    draft: &Draft,
    by: &Operator,
    present: Present<'_>,
    facts: &mut Facts,
) -> Result<(), Refusal> {
    let spec = canonical::parse(&draft.text)?;
    let of = |subject: &Subject, tenant: &Tenant| format!("a {} of {tenant}", subject.as_str());
    let (expected, got) = (of(&draft.subject, &draft.tenant), of(&spec.subject(), spec.tenant()));
    if expected != got {
        return Err(Refusal::OtherThing { expected, got });
    }
    facts.quiet_for = spec.quiet_for(present.now);
    match &spec {
        Spec::Role { grant, .. } => {
            let consent = grants::required(present.operators, grant, &facts.affected, by);
            if consent == Consent::LocalOnly {
                return Err(Refusal::LocalOnly);
            }
            facts.consent = Some(consent);
        }
        Spec::Revocation(it) => {
            let named = u32::try_from(it.endpoints.len()).unwrap_or(u32::MAX);
            facts.touches.count = facts.touches.count.max(named);
        }
        Spec::KnownIssue(it) => it.check(present.now)?,
        Spec::Token(it) if !(1..=enroll::MOST_USES).contains(&it.uses) => {
            return Err(TokenError::Uses(it.uses).into());
        }
        Spec::Token(it) if it.ttl > enroll::LONGEST_TTL => return Err(TokenError::Ttl.into()),
        Spec::Token(_) | Spec::Window(_) | Spec::Retention(_) | Spec::Work(_) => {}
    }
    Ok(())
}
