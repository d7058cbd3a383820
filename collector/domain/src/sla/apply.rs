//! How facts move the clocks.

use jiff::{SignedDuration, Timestamp};
use remit_shared::{Party, Severity};

use crate::{
    calendar::Segment,
    sla::{
        Clock, ClockKind, Clocks, Crossing, CrossingKind, End, Fact, Holder, Outcome, Pause,
        PauseReason, Spending, Stretch, Terms,
        clocks::whole,
        points::{Point, points, target},
    },
};

/// Who begins a stretch that nobody begins.
const REMIT: &str = "remit";

/// Writes a fact into an alert's clocks, and says what they went past.
///
/// `terms` and `severity` are those that held until now; a fact that changes
/// them says what holds from now on. Of the points that are passed at once, a
/// breach silences the rest, and a later warning an earlier one: whoever hears
/// of it late hears it once.
pub fn apply(
    terms: &Terms,
    severity: Severity,
    clocks: &Clocks,
    fact: &Fact,
    now: Timestamp,
) -> (Clocks, Vec<Crossing>) {
    // The wall clock may be set back; an alert's time is not.
    let now = whole(now).max(clocks.since);
    let mut work = Work { terms, severity, now, clocks: clocks.clone(), crossings: Vec::new() };
    if let Fact::Severity { from, .. } = fact {
        work.severity = *from;
    }
    work.settle();
    work.take(fact);
    match fact {
        Fact::Terms(new) => work.terms = new,
        Fact::Severity { to, .. } => work.severity = *to,
        Fact::Responded { .. }
        | Fact::Updated { .. }
        | Fact::Owner(_)
        | Fact::Paused { .. }
        | Fact::Resumed { .. }
        | Fact::PausedBefore { .. }
        | Fact::Suspended { .. }
        | Fact::Released
        | Fact::Resolved { .. }
        | Fact::Reopened
        | Fact::Tick => {}
    }
    // What was in time under the old terms was not too late before the new ones.
    work.cross(matches!(fact, Fact::Terms(_)).then_some(now));
    (work.clocks, work.crossings)
}

/// When the next [`Fact::Tick`] is due: a point is passed, or a pause ends by
/// itself. A tick before that changes nothing.
pub fn deadline(terms: &Terms, severity: Severity, clocks: &Clocks) -> Option<Timestamp> {
    match clocks.spending() {
        Spending::Over => None,
        Spending::Paused(_) | Spending::Suspended(_) => clocks.pause.as_ref().map(|it| it.until),
        Spending::Running => {
            let left = clocks.clocks.iter().filter_map(|it| it.left(terms, severity)).min()?;
            // All clocks run through the same hours, so the one with the least
            // left is the first.
            terms.after(clocks.since, left)
        }
    }
}

impl Clock {
    /// How much more may be spent, from the beginning of the present stretch,
    /// before something is to be told.
    fn left(&self, terms: &Terms, severity: Severity) -> Option<SignedDuration> {
        self.untold(terms, severity).map(|it| it.passed - self.spent).min()
    }

    /// What is yet to be told; nothing more once it is too late.
    fn untold(&self, terms: &Terms, severity: Severity) -> impl Iterator<Item = Point> {
        let is_open = self.is_owed() && !self.was_told(CrossingKind::Breached, severity);
        let target = target(terms, severity, self).filter(|_| is_open);
        let points = target.into_iter().flat_map(|it| points(terms, it));
        points.filter(move |it| !self.was_told(it.kind, severity))
    }

    /// Notes what was passed, and gives what of it is worth telling.
    fn pass(&mut self, terms: &Terms, severity: Severity, present: SignedDuration) -> Vec<Point> {
        let present = if self.is_owed() { present } else { SignedDuration::ZERO };
        let spent = self.spent + present;
        let mut passed: Vec<Point> =
            self.untold(terms, severity).filter(|it| it.passed <= spent).collect();
        passed.iter().for_each(|it| self.tell(it.kind, severity));
        let is_late = passed.iter().any(|it| it.kind == CrossingKind::Breached);
        let last_warning = passed.iter().filter_map(|it| it.kind.warning()).max();
        passed.retain(|it| match it.kind {
            CrossingKind::Breached => true,
            CrossingKind::AtRisk => !is_late,
            CrossingKind::Warned(percent) => !is_late && Some(percent) == last_warning,
        });
        passed
    }

    /// Whether a stretch was in its time.
    pub(super) fn covers(&self, stretch: &Stretch) -> bool {
        self.since <= stretch.from && self.end.is_none_or(|end| stretch.to <= end.at)
    }

    fn finish(&mut self, outcome: Outcome, severity: Severity, at: Timestamp) {
        if self.is_owed() {
            self.end = Some(End { at, outcome, severity });
        }
    }
}

struct Work<'a> {
    terms: &'a Terms,
    severity: Severity,
    now: Timestamp,
    clocks: Clocks,
    crossings: Vec<Crossing>,
}

impl Work<'_> {
    /// Brings the clocks up to now.
    fn settle(&mut self) {
        if let Some(until) = self.clocks.pause.as_ref().map(|it| it.until)
            && until <= self.now
        {
            self.close(until.max(self.clocks.since), REMIT);
            self.clocks.pause = None;
        }
        self.cross(None);
    }

    fn take(&mut self, fact: &Fact) {
        match fact {
            Fact::Responded { party, human } => self.respond(*party, *human),
            Fact::Updated { party } => {
                self.resume(REMIT);
                if *party == self.clocks.holder.party {
                    self.update();
                }
            }
            Fact::Owner(holder) => self.hand_to(holder),
            Fact::Paused { reason, by, until } => self.pause(*reason, by, *until),
            Fact::Resumed { by } => self.resume(by),
            Fact::PausedBefore { during, reason, by, approval } => {
                self.end_stretch(&self.clocks.by.clone());
                let by = format!("{by}, approved by {approval}");
                self.clocks.pause_before(self.terms, *during, *reason, &by);
                self.reconsider();
            }
            Fact::Suspended { why } => {
                if self.clocks.suspended.as_ref() != Some(why) {
                    self.end_stretch(REMIT);
                    self.clocks.suspended = Some(why.clone());
                }
            }
            Fact::Released => {
                if self.clocks.suspended.is_some() {
                    self.end_stretch(REMIT);
                    self.clocks.suspended = None;
                }
            }
            Fact::Resolved { by } => self.resolve(*by),
            Fact::Reopened => self.reopen(),
            Fact::Terms(_) => self.end_stretch(&self.clocks.by.clone()),
            Fact::Severity { .. } | Fact::Tick => {}
        }
    }

    fn respond(&mut self, party: Party, human: bool) {
        if !human || party != self.clocks.holder.party || self.clocks.is_over {
            return;
        }
        self.update();
        self.finish(ClockKind::Response, Outcome::Done);
        self.finish(ClockKind::TeamResponse, Outcome::Done);
    }

    /// Somebody of the holder's side said how it stands: the next word is due a
    /// whole target later.
    fn update(&mut self) {
        if self.clocks.is_over {
            return;
        }
        self.end_stretch(&self.clocks.by.clone());
        self.restart_update();
    }

    fn restart_update(&mut self) {
        let now = self.now;
        for clock in self.of(ClockKind::Update) {
            let breached_at = clock.breached_at;
            *clock = Clock { breached_at, ..Clock::start(ClockKind::Update, &clock.holder, now) };
        }
    }

    fn pause(&mut self, reason: PauseReason, by: &str, until: Option<Timestamp>) {
        if self.clocks.is_over {
            return;
        }
        self.end_stretch(by);
        let longest = Segment::ahead(self.now, self.terms.agreement.pause_limit).to;
        let until = until.map_or(longest, |it| whole(it).clamp(self.now, longest));
        self.clocks.pause = Some(Pause { reason, until });
    }

    /// What is no longer too late, now that less was spent, was never too late.
    fn reconsider(&mut self) {
        let (terms, now) = (self.terms, self.now);
        let mut clocks = std::mem::take(&mut self.clocks.clocks);
        let mut handed_on = std::mem::take(&mut self.clocks.handed_on);
        let late = clocks.iter_mut().chain(&mut handed_on).filter(|it| it.breached_at.is_some());
        for clock in late {
            let severity = clock.end.map_or(self.severity, |it| it.severity);
            let Some(target) = target(terms, severity, clock) else { continue };
            if self.clocks.spent(terms, clock, now) > target {
                clock.breached_at = Some(self.clocks.reached(terms, clock, target, now));
            } else {
                clock.breached_at = None;
                clock.untell_breach();
            }
        }
        self.clocks.clocks = clocks;
        self.clocks.handed_on = handed_on;
    }

    fn resume(&mut self, by: &str) {
        if self.clocks.pause.is_some() {
            self.end_stretch(by);
            self.clocks.pause = None;
        }
    }

    /// The contract's clocks go on; the team's begin.
    fn hand_to(&mut self, holder: &Holder) {
        if self.clocks.holder == *holder {
            return;
        }
        self.end_stretch(&self.clocks.by.clone());
        self.clocks.holder = holder.clone();
        for kind in [ClockKind::Response, ClockKind::Resolution, ClockKind::Update] {
            let owed = self.of(kind).filter(|it| it.is_owed());
            owed.for_each(|it| it.holder = holder.clone());
        }
        self.hand_on(ClockKind::TeamResponse, self.gone(ClockKind::Response));
        self.hand_on(ClockKind::TeamResolution, self.gone(ClockKind::Resolution));
    }

    /// How much of the contract's time is gone, unless what it was for is done.
    fn gone(&self, kind: ClockKind) -> Option<SignedDuration> {
        let clock = self.clocks.clocks.iter().find(|it| it.kind == kind)?;
        (self.clocks.is_over || clock.is_owed()).then_some(clock.spent)
    }

    /// Begins one of the team's clocks anew, and keeps what became of the last
    /// team's.
    fn hand_on(&mut self, kind: ClockKind, gone: Option<SignedDuration>) {
        let (now, severity, is_over) = (self.now, self.severity, self.clocks.is_over);
        let mut next = Clock { gone, ..Clock::start(kind, &self.clocks.holder, now) };
        if is_over {
            next.finish(Outcome::Cancelled, severity, now);
        }
        let Some(clock) = self.of(kind).next() else { return };
        let mut last = std::mem::replace(clock, next);
        last.finish(Outcome::Cancelled, severity, now);
        let is_done = last.end.is_some_and(|it| it.outcome == Outcome::Done);
        if is_done || last.breached_at.is_some() {
            self.clocks.handed_on.push(last);
        }
        let surplus = self.clocks.handed_on.len().saturating_sub(Clocks::MOST_HANDED_ON);
        self.clocks.handed_on.drain(..surplus);
    }

    fn resolve(&mut self, by: Option<Party>) {
        if self.clocks.is_over {
            return;
        }
        self.end_stretch(REMIT);
        self.clocks.is_over = true;
        self.clocks.pause = None;
        // Who ends something has taken notice of it, and nobody else need.
        let is_holders = by == Some(self.clocks.holder.party);
        let noticed = if is_holders { Outcome::Done } else { Outcome::Cancelled };
        let finished = if is_holders || by.is_none() { Outcome::Done } else { Outcome::Cancelled };
        self.finish(ClockKind::Response, noticed);
        self.finish(ClockKind::TeamResponse, noticed);
        self.finish(ClockKind::Resolution, Outcome::Done);
        self.finish(ClockKind::Update, Outcome::Done);
        self.finish(ClockKind::TeamResolution, finished);
    }

    /// What was not done is owed again; who took notice did.
    fn reopen(&mut self) {
        if !self.clocks.is_over {
            return;
        }
        self.close(self.now, REMIT);
        self.clocks.is_over = false;
        for clock in &mut self.clocks.clocks {
            let is_answered = match clock.kind {
                ClockKind::Response | ClockKind::TeamResponse => {
                    clock.end.is_some_and(|it| it.outcome == Outcome::Done)
                }
                ClockKind::Resolution | ClockKind::Update | ClockKind::TeamResolution => false,
            };
            if !is_answered {
                clock.end = None;
                clock.holder = self.clocks.holder.clone();
            }
        }
        self.restart_update();
    }

    /// Ends the present stretch now, unless the alert is over: that ends when it
    /// comes back.
    fn end_stretch(&mut self, by: &str) {
        if !self.clocks.is_over {
            self.close(self.now, by);
        }
    }

    /// Ends the present stretch; `by` begins the next.
    fn close(&mut self, at: Timestamp, by: &str) {
        let stretch = Stretch {
            spending: self.clocks.spending(),
            holder: self.clocks.holder.clone(),
            by: std::mem::replace(&mut self.clocks.by, by.to_owned()),
            from: self.clocks.since,
            to: at,
            counted: self.terms.counted(Segment { from: self.clocks.since, to: at }),
            matrix_version: self.terms.matrix_version,
        };
        self.clocks.since = at;
        if stretch.from == stretch.to {
            return;
        }
        if stretch.spending == Spending::Running {
            let owed = self.clocks.clocks.iter_mut().filter(|it| it.is_owed());
            owed.for_each(|it| it.spent += stretch.counted);
        }
        self.clocks.stretches.push(stretch);
        self.clocks.compact();
    }

    /// Tells what was passed: the breach, or else that it is at risk and the
    /// last warning. `at` is when, if not when so much was spent.
    fn cross(&mut self, at: Option<Timestamp>) {
        let (terms, severity, now) = (self.terms, self.severity, self.now);
        let mut clocks = std::mem::take(&mut self.clocks.clocks);
        let is_waiting = |it: &Clock| it.untold(terms, severity).next().is_some();
        if clocks.iter().any(is_waiting) {
            let present = self.clocks.running(terms, now);
            for clock in &mut clocks {
                for point in clock.pass(terms, severity, present) {
                    let at =
                        at.unwrap_or_else(|| self.clocks.reached(terms, clock, point.named, now));
                    if point.kind == CrossingKind::Breached {
                        clock.breached_at.get_or_insert(at);
                    }
                    let holder = clock.holder.clone();
                    self.crossings.push(Crossing {
                        clock: clock.kind,
                        holder,
                        kind: point.kind,
                        at,
                    });
                }
            }
        }
        self.clocks.clocks = clocks;
    }

    fn finish(&mut self, kind: ClockKind, outcome: Outcome) {
        let (severity, now) = (self.severity, self.now);
        self.of(kind).for_each(|it| it.finish(outcome, severity, now));
    }

    fn of(&mut self, kind: ClockKind) -> impl Iterator<Item = &mut Clock> {
        self.clocks.clocks.iter_mut().filter(move |it| it.kind == kind)
    }
}
