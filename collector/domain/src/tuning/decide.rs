//! Whether a proposal may be made a change request.

use std::collections::BTreeSet;

use remit_shared::AlertId;

use crate::{
    noise::Past,
    tuning::{Comparison, Proposal, Wish},
};

/// So many alerts are named; the rest are counted.
const NAMED: usize = 5;

/// Why a proposal is not taken.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// Somebody would have missed something.
    #[error("it would have hidden what people acted on: {}", named(.0))]
    Hides(BTreeSet<AlertId>),
    /// Nobody can tell whether somebody would have.
    #[error("the readings do not show what would have become of {}", named(.0))]
    Unproven(BTreeSet<AlertId>),
}

/// Takes a proposal, with what must be said of it, or refuses it. `forced` is
/// somebody's explicit word to go on; then the refusal is among the remarks.
/// `compared` is needed where limits change, `past` for everything else.
pub fn decide(
    proposal: &Proposal,
    compared: Option<&Comparison>,
    past: &[Past],
    forced: bool,
) -> Result<Vec<String>, Refusal> {
    let mut remarks = compared.map(remarks).unwrap_or_default();
    match refusal(proposal, compared, past) {
        Some(refusal) if !forced => return Err(refusal),
        Some(refusal) => remarks.insert(0, format!("forced, although {refusal}")),
        None => {}
    }
    Ok(remarks)
}

fn refusal(proposal: &Proposal, compared: Option<&Comparison>, past: &[Past]) -> Option<Refusal> {
    let acted = past.iter().filter(|it| it.acted_at.is_some());
    let (hidden, unproven): (BTreeSet<AlertId>, BTreeSet<AlertId>) = match &proposal.wish {
        // It is told all the same, louder or less loud.
        Wish::Severity(_) => return None,
        Wish::KnownIssue(matcher) => {
            let hidden = acted.filter(|it| matcher.matches(&it.about)).map(|it| it.alert);
            (hidden.collect(), BTreeSet::new())
        }
        Wish::Limits(_) => match compared {
            Some(it) => (it.missed.clone(), it.unproven.clone()),
            None => {
                let of_check = acted.filter(|it| it.about.check == proposal.check);
                (BTreeSet::new(), of_check.map(|it| it.alert).collect())
            }
        },
    };
    if !hidden.is_empty() {
        Some(Refusal::Hides(hidden))
    } else if !unproven.is_empty() {
        Some(Refusal::Unproven(unproven))
    } else {
        None
    }
}

fn remarks(compared: &Comparison) -> Vec<String> {
    let Comparison { before, after, vanished, appeared, delay, weakened, .. } = compared;
    let mut remarks = vec![format!(
        "{after} alerts instead of {before}: {} would not have been, {appeared} are new",
        vanished.len()
    )];
    if delay.is_positive() {
        remarks.push(format!("others would have been told up to {} s later", delay.as_secs()));
    }
    if !weakened.is_empty() {
        remarks.push(format!("people acted on some that would matter less: {}", named(weakened)));
    }
    remarks
}

fn named(alerts: &BTreeSet<AlertId>) -> String {
    let names: Vec<String> = alerts.iter().take(NAMED).map(ToString::to_string).collect();
    match alerts.len().saturating_sub(NAMED) {
        0 => names.join(", "),
        more => format!("{} and {more} more", names.join(", ")),
    }
}
