//! When the next step of a climb is due, and who stands there.
//!
//! A climb is planned when it begins: the instants of all its steps stand
//! fixed from then on, counted from its beginning and in the opening hours
//! of its policy, so that a late tick does not push the rest back. The ladder
//! is climbed as often as its policy says; then those who answer for the alert
//! are told every hour until somebody acts. It never ends silently.
//!
//! Whatever ends a climb ends all its steps: each belongs to a *generation*,
//! and only steps of the newest generation are ever taken, each once.

use jiff::{SignedDuration, Timestamp};

use crate::{
    alert::{
        Alert, Context, EntryKind, Ladder, State, Topic,
        work::{REMIT, Work},
    },
    calendar::{self, Calendar},
    people::Target,
};

/// How long the last rung of a cycle has before the next cycle begins.
const LAST_RUNG: SignedDuration = SignedDuration::from_mins(15);
/// How often those who answer for it are told once the ladder is used up.
const EXHAUSTED: SignedDuration = SignedDuration::from_hours(1);
/// A ladder is climbed at most so often.
const MOST_CYCLES: u32 = 10;
/// No more rungs than this are planned.
const MOST_RUNGS: usize = 20;
/// A step taken later than this says so.
const PUNCTUAL: SignedDuration = SignedDuration::from_mins(1);

/// How far escalation has got.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Climb {
    /// Counts whatever begins or ends a climb.
    pub generation: u32,
    /// When the responsible team got it; all steps count from here.
    pub since: Timestamp,
    /// The matrix version whose calendars planned the steps.
    pub matrix_version: u64,
    /// Its steps, soonest first; empty while nothing is climbed.
    pub timers: Vec<Timer>,
    /// The step that comes next. Past the last, every hour is one.
    pub next: u32,
}

/// One step of a climb.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Timer {
    /// When it is due.
    pub due: Timestamp,
    /// Which cycle of the ladder it belongs to, counted from 0.
    pub cycle: u32,
    /// Which rung, counted from 1; 0 is the responsible team itself.
    pub rung: u32,
}

/// When the next step of a climb is due; `None` while nothing is climbed.
pub fn next_step(climb: &Climb) -> Option<Timestamp> {
    let last = climb.timers.last()?;
    let planned = climb.timers.get(climb.next as usize);
    Some(planned.map_or_else(
        || {
            let hours = climb.next as usize - climb.timers.len();
            let hours = i32::try_from(hours).unwrap_or(i32::MAX);
            let wait = EXHAUSTED.checked_mul(hours).unwrap_or(SignedDuration::MAX);
            later(later(last.due, LAST_RUNG), wait)
        },
        |it| it.due,
    ))
}

/// Who stands on the next step.
pub fn next_targets(alert: &Alert) -> Vec<Target> {
    let Alert { remit, climb, .. } = alert;
    let rung = climb.timers.get(climb.next as usize).map(|it| it.rung as usize);
    match rung {
        None => remit.all_accountable().into_iter().map(Target::Team).collect(),
        Some(rung) => {
            let rung = rung.checked_sub(1).and_then(|it| remit.ladder.rungs.get(it));
            let team = || Target::Team(remit.responsible.clone());
            vec![rung.map_or_else(team, |it| it.target.clone())]
        }
    }
}

/// All steps of a ladder, climbed from `since` on. A calendar that never opens
/// long enough counts every hour: late is worse than out of hours.
fn plan(ladder: &Ladder, hours: Option<&Calendar>, since: Timestamp) -> Vec<Timer> {
    let rungs = &ladder.rungs[..ladder.rungs.len().min(MOST_RUNGS)];
    let period = rungs.last().map_or(SignedDuration::ZERO, |it| it.after) + LAST_RUNG;
    let due = |after: SignedDuration| {
        let open = hours.and_then(|it| calendar::deadline(it, since, after));
        open.unwrap_or_else(|| later(since, after))
    };
    let mut timers = Vec::new();
    for cycle in 0..ladder.cycles.clamp(1, MOST_CYCLES) {
        let begins = period.checked_mul(cycle as i32).unwrap_or(SignedDuration::MAX);
        timers.push(Timer { due: due(begins), cycle, rung: 0 });
        for (rung, it) in (1..).zip(rungs) {
            timers.push(Timer { due: due(begins.saturating_add(it.after)), cycle, rung });
        }
    }
    timers.sort_by_key(|it| it.due);
    timers.shrink_to_fit();
    timers
}

pub(super) fn later(at: Timestamp, wait: SignedDuration) -> Timestamp {
    at.checked_add(wait).unwrap_or(Timestamp::MAX)
}

impl Work {
    /// Begins a climb; its first step is the caller's to take.
    pub(super) fn begin_climb(&mut self, context: &Context<'_>) {
        let alert = &self.alert;
        let is_climbed = alert.state == State::Open && !self.hushed;
        let hours = hours(&alert.remit.ladder, context);
        let timers =
            if is_climbed { plan(&alert.remit.ladder, hours, self.now) } else { Vec::new() };
        self.alert.climb = Climb {
            generation: alert.climb.generation.saturating_add(1),
            since: self.now,
            matrix_version: context.remit.matrix_version,
            timers,
            next: 1,
        };
    }

    /// Ends the climb: none of its steps is taken any more.
    pub(super) fn end_climb(&mut self) {
        let climb = &mut self.alert.climb;
        climb.generation = climb.generation.saturating_add(1);
        climb.timers.clear();
        climb.next = 0;
    }

    /// Takes every step that is due, and tells each target once.
    pub(super) fn climb(&mut self, context: &Context<'_>) {
        let mut told: Vec<Target> = Vec::new();
        let mut reached = false;
        while let Some(due) = next_step(&self.alert.climb).filter(|it| *it <= self.now) {
            let (targets, step) = (next_targets(&self.alert), self.alert.climb.next);
            self.alert.climb.next = step.saturating_add(1);
            let late_by = Some(self.now.duration_since(due)).filter(|it| *it > PUNCTUAL);
            for target in targets {
                if told.contains(&target) {
                    continue;
                }
                let late =
                    late_by.map_or(String::new(), |it| format!(", {} min late", it.as_mins()));
                let detail = format!("to {target}: not acknowledged in time{late}");
                self.note(EntryKind::Escalated, REMIT, detail);
                reached |=
                    self.tell_step(&target, Topic::Escalated, Some((step, late_by)), context);
                told.push(target);
            }
        }
        if let Some(last) = told.last().filter(|_| !reached) {
            self.hurry(last, context);
        }
    }

    /// Takes the rest of this cycle now, up to the first who can be told: there
    /// is no use in waiting for somebody that nobody has reached. If nobody
    /// can, those who answer for it are told.
    pub(super) fn hurry(&mut self, unreached: &Target, context: &Context<'_>) {
        let mut tried = vec![unreached.clone()];
        loop {
            let step = self.alert.climb.next;
            let Some(timer) = self.alert.climb.timers.get(step as usize) else { break };
            if timer.rung == 0 {
                break;
            }
            let targets = next_targets(&self.alert);
            self.alert.climb.next = step.saturating_add(1);
            for target in targets {
                let detail = format!("to {target}: {unreached} cannot be told");
                self.note(EntryKind::Escalated, REMIT, detail);
                if self.tell_step(&target, Topic::Escalated, Some((step, None)), context) {
                    return;
                }
                tried.push(target);
            }
        }
        for team in self.alert.remit.all_accountable() {
            let target = Target::Team(team);
            if !tried.contains(&target) {
                let detail = format!("to {target}: nobody on the ladder can be told");
                self.note(EntryKind::Escalated, REMIT, detail);
                self.tell(&target, Topic::Escalated, context);
            }
        }
    }

    /// Plans what is still to come anew if the zone's rules have changed. Steps
    /// that were taken, or should have been, stay as they were.
    pub(super) fn replan(&mut self, context: &Context<'_>) {
        let climb = &self.alert.climb;
        let Some(calendar) = hours(&self.alert.remit.ladder, context) else { return };
        // Another version's calendar may be another calendar: what was armed
        // under the old one stays.
        if climb.timers.is_empty() || climb.matrix_version != context.remit.matrix_version {
            return;
        }
        let mut timers = plan(&self.alert.remit.ladder, Some(calendar), climb.since);
        if timers.len() != climb.timers.len() {
            return;
        }
        let is_past = |step: usize, it: &Timer| step < climb.next as usize || it.due <= self.now;
        for (step, (new, old)) in timers.iter_mut().zip(&climb.timers).enumerate() {
            if is_past(step, old) {
                *new = *old;
            }
        }
        if timers == climb.timers {
            return;
        }
        let due = timers.get(climb.next as usize).map(|it| it.due);
        self.alert.climb.timers = timers;
        let next = due.map_or(String::new(), |it| format!(", the next step is due {it}"));
        let detail = format!("the rules of {} have changed{next}", calendar.zone_name());
        self.deed(EntryKind::Rescheduled, "alert.reschedule", REMIT, detail);
    }
}

fn hours<'a>(ladder: &Ladder, context: &Context<'a>) -> Option<&'a Calendar> {
    let name = ladder.hours.as_ref()?;
    context.calendars.iter().find(|it| it.name == *name)
}
