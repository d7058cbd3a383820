//! Whether those who put their names to a change still could: authority is
//! what it is when the change takes effect.

use crate::{
    change::{Approval, Change, Refusal, Signatory},
    operator::Operator,
};

/// Whoever asked, if they could still ask for as much.
pub(super) fn requester<'a>(
    change: &Change,
    operators: &'a [Operator],
) -> Result<&'a Operator, Refusal> {
    let asker = &change.requested_by;
    standing(asker, change, operators).map_err(|why| {
        let who = asker.name.clone();
        Refusal::Void { change: change.id, who, why }
    })
}

/// The approvals that still count, as they would be given now, and those that
/// do not, with why.
pub(super) fn approvals(
    change: &Change,
    operators: &[Operator],
) -> (Vec<Approval>, Vec<(String, &'static str)>) {
    let (mut valid, mut void) = (Vec::new(), Vec::new());
    for approval in &change.approvals {
        let standing = standing(&approval.by, change, operators);
        let why = match standing {
            Ok(_) if approval.sha256 != change.sha256 => Err("it was for another text"),
            Ok(_) if approval.by.is_same_person(&change.requested_by) => {
                Err("they asked for it themselves")
            }
            Ok(now) if !covers(now, change) => Err("it concerns tenants that they do not see"),
            Ok(now) => Ok(now),
            Err(why) => Err(why),
        };
        match why {
            Ok(now) => {
                let (by, teams) = (Signatory::of(now), now.teams.clone());
                valid.push(Approval { by, teams, ..approval.clone() });
            }
            Err(why) => void.push((approval.by.name.clone(), why)),
        }
    }
    (valid, void)
}

/// Whoever put their name to it, if they are still who they were.
fn standing<'a>(
    who: &Signatory,
    change: &Change,
    operators: &'a [Operator],
) -> Result<&'a Operator, &'static str> {
    let found = operators.iter().find(|it| it.id == who.operator);
    let now = found.ok_or("there is no such operator any more")?;
    if now.revoked.is_some() {
        Err("they were revoked")
    } else if now.party != who.party {
        Err("they changed sides")
    } else if !now.role.includes(who.role) {
        Err("their role is smaller now")
    } else if !now.sees(&change.tenant) {
        Err("they do not see the tenant any more")
    } else {
        Ok(now)
    }
}

/// Whether somebody sees all the tenants that a grant concerns.
pub(super) fn covers(who: &Operator, change: &Change) -> bool {
    let Some(grant) = change.grant() else { return true };
    who.tenants.is_empty()
        || (!grant.tenants.is_empty() && grant.tenants.iter().all(|it| who.sees(it)))
}
