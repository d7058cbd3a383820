//! An alert's time as people read it: who had it, how it was spent, what is left.
//!
//! # Invariants
//!
//! - The lines follow one another without a gap, from the end of what was
//!   folded away to now, or to the end of the alert.
//! - What a team spent is the sum of its lines and its folded shares; what a
//!   party spent, of its teams.

use std::{collections::BTreeMap, fmt};

use jiff::{SignedDuration, Timestamp};
use remit_shared::{Party, Severity};

use crate::{
    calendar::{self, Segment},
    sla::{
        Clock, ClockKind, Clocks, CrossingKind, Earlier, Holder, Outcome, PauseReason, Share,
        Spending, Stretch, Terms,
        clocks::whole,
        points::{points, target},
    },
};

/// A stretch longer than this is shown as one line, without its nights.
const LONG: SignedDuration = SignedDuration::from_hours(31 * 24);

/// How an alert's time was spent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ledger {
    /// What is known in sums only.
    pub earlier: Option<Earlier>,
    /// The rest, oldest first.
    pub lines: Vec<Line>,
    /// What was promised, and how it stands.
    pub promises: Vec<Promise>,
    /// How much time that counts each team had it.
    pub by_team: BTreeMap<Holder, Totals>,
}

/// One line of a ledger.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Line {
    /// How the time was spent.
    pub state: LineState,
    /// Who had the alert.
    pub holder: Holder,
    /// Who began it.
    pub by: String,
    /// Its first instant.
    pub from: Timestamp,
    /// The first instant after it.
    pub to: Timestamp,
    /// How much of it counts.
    pub counted: SignedDuration,
    /// The matrix version whose calendar counted it.
    pub matrix_version: u64,
}

/// How a line's time was spent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum LineState {
    /// The holder had to act.
    Running,
    /// Nobody is paid for this hour.
    OutOfHours,
    /// Somebody stopped the clocks.
    Paused(PauseReason),
    /// Nobody needed to act.
    Suspended(String),
    /// It was over, and came back.
    Over,
}

/// What was promised, and how it stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Promise {
    /// What.
    pub kind: ClockKind,
    /// Who keeps it, or kept it.
    pub holder: Holder,
    /// When it began to be owed.
    pub since: Timestamp,
    /// When it was no longer owed.
    pub ended: Option<Timestamp>,
    /// How long it may take.
    pub target: Option<SignedDuration>,
    /// How long it has taken.
    pub spent: SignedDuration,
    /// How much is left; less than nothing if it is late.
    pub left: Option<SignedDuration>,
    /// When it would be late, if nobody stopped the clocks until then; when it
    /// was, if it is.
    pub deadline: Option<Timestamp>,
    /// How it stands.
    pub status: Status,
}

/// How a promise stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Status {
    /// There is time.
    OnTrack,
    /// There is little time.
    AtRisk,
    /// It is too late, or was.
    Breached,
    /// It was kept.
    Met,
    /// It is no longer owed.
    Cancelled,
}

/// Sums of time that counts.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Totals {
    /// While they had to act.
    pub running: SignedDuration,
    /// While the clocks were stopped.
    pub paused: SignedDuration,
    /// While nobody needed to act.
    pub suspended: SignedDuration,
}

/// Shows how an alert's time was spent until now.
pub fn ledger(terms: &Terms, severity: Severity, clocks: &Clocks, now: Timestamp) -> Ledger {
    let now = whole(now).max(clocks.since);
    let present = (!clocks.is_over).then(|| clocks.present(terms, now));
    let stretches: Vec<&Stretch> =
        clocks.stretches.iter().chain(&present).filter(|it| it.from < it.to).collect();
    let mut by_team: BTreeMap<Holder, Totals> = BTreeMap::new();
    let shares = clocks.earlier.iter().flat_map(|it| &it.shares);
    for Share { spending, holder, counted } in shares {
        by_team.entry(holder.clone()).or_default().add(spending, *counted);
    }
    for it in &stretches {
        by_team.entry(it.holder.clone()).or_default().add(&it.spending, it.counted);
    }
    let all = clocks.clocks.iter().chain(&clocks.handed_on);
    Ledger {
        earlier: clocks.earlier.clone(),
        lines: stretches.iter().flat_map(|it| lines(terms, it)).collect(),
        promises: all.filter_map(|it| promise(terms, severity, clocks, it, now)).collect(),
        by_team,
    }
}

impl Ledger {
    /// How much time that counts each party had it.
    pub fn by_party(&self) -> BTreeMap<Party, Totals> {
        let mut sums: BTreeMap<Party, Totals> = BTreeMap::new();
        for (holder, it) in &self.by_team {
            let sum = sums.entry(holder.party).or_default();
            sum.running += it.running;
            sum.paused += it.paused;
            sum.suspended += it.suspended;
        }
        sums
    }
}

impl Clocks {
    /// The present stretch as if it ended now.
    fn present(&self, terms: &Terms, now: Timestamp) -> Stretch {
        Stretch {
            spending: self.spending(),
            holder: self.holder.clone(),
            by: self.by.clone(),
            from: self.since,
            to: now,
            counted: terms.counted(Segment { from: self.since, to: now }),
            matrix_version: terms.matrix_version,
        }
    }
}

impl Totals {
    fn add(&mut self, spending: &Spending, counted: SignedDuration) {
        match spending {
            Spending::Running => self.running += counted,
            Spending::Paused(_) => self.paused += counted,
            Spending::Suspended(_) => self.suspended += counted,
            Spending::Over => {}
        }
    }
}

/// A stretch line by line: apart what counts and what does not, if the calendar
/// that said so is still known.
fn lines(terms: &Terms, stretch: &Stretch) -> Vec<Line> {
    let whole = Segment { from: stretch.from, to: stretch.to };
    let line = |state, part: Segment, counted| Line {
        state,
        holder: stretch.holder.clone(),
        by: stretch.by.clone(),
        from: part.from,
        to: part.to,
        counted,
        matrix_version: stretch.matrix_version,
    };
    let state = match &stretch.spending {
        Spending::Running => LineState::Running,
        Spending::Paused(reason) => LineState::Paused(*reason),
        Spending::Suspended(why) => LineState::Suspended(why.clone()),
        Spending::Over => LineState::Over,
    };
    let is_known = stretch.matrix_version == terms.matrix_version && whole.lasts() <= LONG;
    let calendar = terms.calendar.as_ref().filter(|_| is_known && state == LineState::Running);
    let Some(open) = calendar.map(|it| calendar::segments(it, whole)) else {
        return vec![line(state, whole, stretch.counted)];
    };
    if open.total() != stretch.counted {
        return vec![line(state, whole, stretch.counted)];
    }
    let shut = open.without(whole);
    let shut = shut.iter().map(|it| line(LineState::OutOfHours, *it, SignedDuration::ZERO));
    let open = open.iter().map(|it| line(LineState::Running, *it, it.lasts()));
    let mut lines: Vec<Line> = open.chain(shut).collect();
    lines.sort_by_key(|it| it.from);
    lines
}

fn promise(
    terms: &Terms,
    severity: Severity,
    clocks: &Clocks,
    clock: &Clock,
    now: Timestamp,
) -> Option<Promise> {
    let severity = clock.end.map_or(severity, |it| it.severity);
    let target = target(terms, severity, clock);
    if target.is_none() && clock.breached_at.is_none() {
        return None;
    }
    let spent = clocks.spent(terms, clock, now);
    let is_late = clock.breached_at.is_some() || target.is_some_and(|it| spent > it);
    let is_at_risk = || {
        let points = target.map(|it| points(terms, it));
        let points = points.iter().flatten();
        points.filter(|it| it.kind == CrossingKind::AtRisk).any(|it| it.passed <= spent)
    };
    let status = match clock.end.map(|it| it.outcome) {
        _ if is_late => Status::Breached,
        Some(Outcome::Done) => Status::Met,
        Some(Outcome::Cancelled) => Status::Cancelled,
        None if is_at_risk() => Status::AtRisk,
        None => Status::OnTrack,
    };
    let runs = clock.is_owed() && clocks.spending() == Spending::Running;
    let due = target.filter(|_| runs).and_then(|it| terms.after(clocks.since, it - clock.spent));
    Some(Promise {
        kind: clock.kind,
        holder: clock.holder.clone(),
        since: clock.since,
        ended: clock.end.map(|it| it.at),
        target,
        spent,
        left: target.map(|it| it - spent),
        deadline: clock.breached_at.or(due),
        status,
    })
}

impl LineState {
    /// The one spelling, without the reason.
    pub const fn as_str(&self) -> &'static str {
        match self {
            Self::Running => "running",
            Self::OutOfHours => "out_of_hours",
            Self::Paused(_) => "paused",
            Self::Suspended(_) => "suspended",
            Self::Over => "over",
        }
    }
}

impl Status {
    /// The one spelling.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::OnTrack => "on_track",
            Self::AtRisk => "at_risk",
            Self::Breached => "breached",
            Self::Met => "met",
            Self::Cancelled => "cancelled",
        }
    }
}

impl fmt::Display for Status {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}
