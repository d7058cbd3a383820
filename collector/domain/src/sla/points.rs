//! The points of a target that are worth telling, and when they are reached.

use jiff::{SignedDuration, Timestamp};
use remit_shared::Severity;

use crate::{
    calendar::Segment,
    sla::{Clock, ClockKind, Clocks, CrossingKind, Spending, Targets, Terms},
};

/// A team has at least so long, however late it gets something.
const LEAST: SignedDuration = SignedDuration::from_mins(5);
/// A target of this length or more is at risk [`NOTICE`] before it is missed.
const LONG: SignedDuration = SignedDuration::from_mins(30);
const NOTICE: SignedDuration = SignedDuration::from_mins(10);
/// The first time that is too late.
const MOMENT: SignedDuration = SignedDuration::from_millis(1);

/// How long a clock may run; `None` if nothing was promised.
///
/// A team that is handed something has what is left of the contract's time, if
/// that is less than its own target, and five minutes at least.
pub fn target(terms: &Terms, severity: Severity, clock: &Clock) -> Option<SignedDuration> {
    let it = &terms.agreement;
    let of_team = |own: &Targets, contract: &Targets| {
        let own = own.get(severity)?;
        let left = contract.get(severity).zip(clock.gone).map(|(whole, gone)| whole - gone);
        Some(left.map_or(own, |left| own.min(left.max(LEAST))))
    };
    match clock.kind {
        ClockKind::Response => it.response.get(severity),
        ClockKind::Resolution => it.resolution.get(severity),
        ClockKind::Update => it.update.get(severity),
        ClockKind::TeamResponse => of_team(&it.team_response, &it.response),
        ClockKind::TeamResolution => of_team(&it.team_resolution, &it.resolution),
    }
}

/// A point of a target.
#[derive(Clone, Copy, Debug)]
pub(super) struct Point {
    pub(super) kind: CrossingKind,
    /// It is passed once so much is spent.
    pub(super) passed: SignedDuration,
    /// What was spent at the instant that it is named by.
    pub(super) named: SignedDuration,
}

/// The points of a target, the soonest first, apart from the one that is at
/// risk, which may come before others.
pub(super) fn points(terms: &Terms, target: SignedDuration) -> [Point; 5] {
    let on = |kind, named| Point { kind, passed: named, named };
    let warned = |percent| on(CrossingKind::Warned(percent), share(target, percent));
    let at_risk = share(target, terms.agreement.at_risk);
    let at_risk = if target >= LONG { at_risk.min(target - NOTICE) } else { at_risk };
    let breached = Point { kind: CrossingKind::Breached, passed: target + MOMENT, named: target };
    [warned(50), warned(75), on(CrossingKind::AtRisk, at_risk), warned(90), breached]
}

/// A share of a length, in whole milliseconds.
fn share(whole: SignedDuration, percent: u8) -> SignedDuration {
    let millis = whole.as_millis() * i128::from(percent.min(100)) / 100;
    SignedDuration::from_millis(i64::try_from(millis).unwrap_or(i64::MAX))
}

impl Clock {
    /// Whether a point was told. Other targets have other points, so a warning
    /// is told once for each severity; a breach is told once.
    pub(super) fn was_told(&self, kind: CrossingKind, severity: Severity) -> bool {
        self.told & bit(kind, severity) != 0
    }

    pub(super) fn tell(&mut self, kind: CrossingKind, severity: Severity) {
        self.told |= bit(kind, severity);
    }

    pub(super) fn untell_breach(&mut self) {
        self.told &= !BREACHED;
    }
}

const BREACHED: u32 = 1 << 31;

fn bit(kind: CrossingKind, severity: Severity) -> u32 {
    let place = match kind {
        CrossingKind::Warned(75) => 1,
        CrossingKind::Warned(90) => 2,
        CrossingKind::Warned(_) => 0,
        CrossingKind::AtRisk => 3,
        CrossingKind::Breached => return BREACHED,
    };
    let before = Severity::ALL.iter().take_while(|it| **it != severity).count();
    1 << (before * 4 + place)
}

impl Clocks {
    /// How much a clock has spent by now.
    pub(super) fn spent(&self, terms: &Terms, clock: &Clock, now: Timestamp) -> SignedDuration {
        let present = if clock.is_owed() { self.running(terms, now) } else { SignedDuration::ZERO };
        clock.spent + present
    }

    /// How much the present stretch has added to what is owed.
    pub(super) fn running(&self, terms: &Terms, now: Timestamp) -> SignedDuration {
        match self.spending() {
            Spending::Running => {
                terms.counted(Segment { from: self.since, to: now.max(self.since) })
            }
            Spending::Paused(_) | Spending::Suspended(_) | Spending::Over => SignedDuration::ZERO,
        }
    }

    /// When a clock had spent so much, if it has by now. What was folded away is
    /// taken to have been spent at its end.
    pub(super) fn reached(
        &self,
        terms: &Terms,
        clock: &Clock,
        budget: SignedDuration,
        now: Timestamp,
    ) -> Timestamp {
        let ran = || {
            self.stretches.iter().filter(|it| it.spending == Spending::Running && clock.covers(it))
        };
        let known: SignedDuration = ran().fold(SignedDuration::ZERO, |sum, it| sum + it.counted);
        let mut left = budget - (clock.spent - known);
        if left <= SignedDuration::ZERO {
            let folded = self.earlier.as_ref().map(|it| it.to);
            return folded.unwrap_or(clock.since).max(clock.since);
        }
        for it in ran() {
            if left <= it.counted {
                // Where the calendar was another one then, this is an estimate.
                return terms.after(it.from, left).map_or(it.to, |at| at.min(it.to));
            }
            left -= it.counted;
        }
        terms.after(self.since, left).map_or(now, |at| at.min(now))
    }
}
