//! When the next rung is told, and who stands on it.
//!
//! All times count from the moment the responsible team got the alert, not
//! from the rung before, so that a late tick does not push the rest back.
//! The ladder is climbed three times; then both owners are told every hour
//! until somebody acts. It never ends silently.

use jiff::{SignedDuration, Timestamp};
use remit_shared::Team;

use crate::alert::{Alert, Climb, Remit, State};

/// How often the whole ladder is climbed.
const CYCLES: u32 = 3;
/// How long the last rung of a cycle has before the next cycle begins.
const LAST_RUNG: SignedDuration = SignedDuration::from_mins(15);
/// How often both owners are told once the ladder is used up.
const EXHAUSTED: SignedDuration = SignedDuration::from_hours(1);

/// When the alert must be ticked next, if ever.
pub fn deadline(alert: &Alert) -> Option<Timestamp> {
    match &alert.state {
        State::Resolved { .. } => None,
        State::Acknowledged(ack) => Some(ack.expires_at),
        State::Open => {
            let rung = next_rung(&alert.remit, &alert.climb).0;
            Some(alert.remit.until.map_or(rung, |until| rung.min(until)))
        }
    }
}

/// When the next rung is told, and who stands on it.
pub fn next_rung<'a>(remit: &'a Remit, climb: &Climb) -> (Timestamp, Vec<&'a Team>) {
    let rungs = u32::try_from(remit.ladder.len()).unwrap_or(u32::MAX - 1) + 1;
    let period = remit.ladder.last().map_or(SignedDuration::ZERO, |it| it.after) + LAST_RUNG;
    let (cycle, step) = (climb.next / rungs, climb.next % rungs);
    if cycle >= CYCLES {
        let hours = i32::try_from(climb.next - CYCLES * rungs).unwrap_or(i32::MAX);
        let wait = scaled(period, CYCLES as i32) + scaled(EXHAUSTED, hours);
        let mut teams = vec![&remit.responsible];
        if remit.accountable != remit.responsible {
            teams.push(&remit.accountable);
        }
        return (later(climb.since, wait), teams);
    }
    let begins = scaled(period, i32::try_from(cycle).unwrap_or(i32::MAX));
    match step.checked_sub(1).and_then(|it| remit.ladder.get(it as usize)) {
        Some(rung) => (later(climb.since, begins + rung.after), vec![&rung.team]),
        None => (later(climb.since, begins), vec![&remit.responsible]),
    }
}

/// Who stands on the next rung, if the climb has not reached the top.
pub(super) fn rung_team(alert: &Alert) -> Option<&Team> {
    let Alert { remit, climb, .. } = alert;
    let rungs = u32::try_from(remit.ladder.len()).unwrap_or(u32::MAX - 1) + 1;
    if climb.next / rungs >= CYCLES {
        return None;
    }
    let step = (climb.next % rungs).checked_sub(1)?;
    remit.ladder.get(step as usize).map(|it| &it.team)
}

fn scaled(length: SignedDuration, times: i32) -> SignedDuration {
    length.checked_mul(times).unwrap_or(SignedDuration::MAX)
}

fn later(at: Timestamp, wait: SignedDuration) -> Timestamp {
    at.checked_add(wait).unwrap_or(Timestamp::MAX)
}
