//! What happens to a window by itself.

use jiff::Timestamp;

use crate::{
    change::PAGE_WITHIN,
    letter::{Audience, Notice},
    window::{
        Aftercheck, Bad, Phase, Precheck, Step, Window,
        aftercheck::{MOST_FINDINGS, after_check},
        occur::{TICK, after, before, next_occurrence},
    },
};

/// Who does what nobody asked for.
const REMIT: &str = "remit";

/// How many findings a line of the audit trail names.
const NAMED: usize = 5;

/// When [`tick`] is due next; `None` if it never is.
pub fn deadline(window: &Window) -> Option<Timestamp> {
    match window.phase {
        Phase::Waiting { from } => next_occurrence(window, from).map(|it| it.from),
        Phase::Open { occurrence } => Some(occurrence.to),
        Phase::Settling { due, occurrence } => {
            // What opens next must not find the last one unchecked.
            let next = next_occurrence(window, after(occurrence.from, TICK));
            Some(next.map_or(due, |it| due.min(it.from)))
        }
        Phase::Over { .. } => None,
    }
}

/// Brings a window up to date. `bad` is what is bad now of what it is about.
pub fn tick(mut window: Window, bad: &Bad, now: Timestamp) -> Step {
    let (mut effects, mut notices) = (Vec::new(), Vec::new());
    // Each turn moves on to a later phase, or stops.
    loop {
        let (phase, action, detail) = match window.phase {
            Phase::Waiting { from } => {
                let from = match next_occurrence(&window, from) {
                    Some(next) if now < next.from => break,
                    Some(next) if now < next.to => {
                        window.precheck = Some(Precheck::take(bad, now));
                        let detail =
                            format!("until {}; {} bad before", window.shown(next.to), bad.len());
                        effects.push(window.audit(now, REMIT, "window.open", detail));
                        window.phase = Phase::Open { occurrence: next };
                        continue;
                    }
                    // It has come and gone while nobody ticked, and so may
                    // others: the next to look at is one that may be open.
                    Some(next) => after(next.from, TICK).max(before(now, window.spec.duration)),
                    None => {
                        window.phase = Phase::Over { at: now };
                        break;
                    }
                };
                let detail = "an occurrence came and went unseen: nothing was checked".to_owned();
                (Phase::Waiting { from }, "window.miss", detail)
            }
            Phase::Open { occurrence } if occurrence.to <= now => {
                let due = after(occurrence.to, window.spec.grace);
                let detail = format!("opened {}", window.shown(occurrence.from));
                (Phase::Settling { occurrence, due }, "window.close", detail)
            }
            Phase::Settling { occurrence, .. } if deadline(&window).is_some_and(|it| it <= now) => {
                let detail = look_after(&mut window, bad, now);
                notices.extend(findings(&window, &detail, now));
                (Phase::Waiting { from: after(occurrence.from, TICK) }, "window.check", detail)
            }
            Phase::Open { .. } | Phase::Settling { .. } | Phase::Over { .. } => break,
        };
        effects.push(window.audit(now, REMIT, action, detail));
        window.phase = phase;
    }
    Step { window, effects, notices }
}

/// What whoever asked for the window must hear of the check after it.
fn findings(window: &Window, detail: &str, now: Timestamp) -> Option<Notice> {
    let found = window.aftercheck.as_ref().filter(|it| !it.findings.is_empty())?;
    let count = found.findings.len() + found.more;
    let subject = format!("After `{}` ({}): {count} not as before", window.spec.title, window.id);
    Some(Notice {
        tenant: window.tenant.clone(),
        to: Audience::Team(window.requested_by.team.clone()),
        by: after(now, PAGE_WITHIN),
        page: false,
        subject,
        text: format!("The check after the window found what was {detail}."),
    })
}

/// Makes the check after an end, and says in one line what it found.
fn look_after(window: &mut Window, bad: &Bad, now: Timestamp) -> String {
    let Some(before) = &window.precheck else {
        return "what was well before is not known".to_owned();
    };
    let mut findings = after_check(before, bad);
    let found = findings.len();
    findings.truncate(MOST_FINDINGS);
    let named = findings.iter().take(NAMED).map(|it| it.condition.to_string());
    let named = named.collect::<Vec<_>>().join(", ");
    window.aftercheck = Some(Aftercheck { at: now, more: found - findings.len(), findings });
    match found {
        0 => "all that was well before is well".to_owned(),
        1..=NAMED => format!("well before and not now: {named}"),
        _ => format!("{found} were well before and are not now: {named} and more"),
    }
}
