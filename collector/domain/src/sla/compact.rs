//! How a ledger stays small, and how it is corrected.

use jiff::{SignedDuration, Timestamp};

use crate::{
    calendar::Segment,
    sla::{Clock, Clocks, Earlier, PauseReason, Share, Spending, Stretch, Terms},
};

impl Clocks {
    /// Joins neighbours that say the same, then folds the oldest away.
    pub(super) fn compact(&mut self) {
        let mut joined: Vec<Stretch> = Vec::with_capacity(self.stretches.len());
        for next in std::mem::take(&mut self.stretches) {
            match joined.last_mut() {
                Some(last) if last.is_like(&next) && !self.has_edge(next.from) => {
                    last.to = next.to;
                    last.counted += next.counted;
                }
                Some(_) | None => joined.push(next),
            }
        }
        let surplus = joined.len().saturating_sub(Self::MOST_STRETCHES);
        for old in joined.drain(..surplus) {
            self.fold(old);
        }
        self.stretches = joined;
    }

    /// Whether a clock begins or ends at an instant.
    fn has_edge(&self, at: Timestamp) -> bool {
        let mut clocks = self.clocks.iter().chain(&self.handed_on);
        clocks.any(|it| it.since == at || it.end.is_some_and(|end| end.at == at))
    }

    fn fold(&mut self, old: Stretch) {
        let Stretch { spending, holder, from, to, counted, .. } = old;
        let earlier = self.earlier.get_or_insert(Earlier { from, to, shares: Vec::new() });
        earlier.to = to;
        let is_full = earlier.shares.len() >= Self::MOST_SHARES;
        let is_same = |it: &Share| it.spending == spending && it.holder == holder;
        let is_akin = |it: &Share| {
            it.spending.as_str() == spending.as_str() && it.holder.party == holder.party
        };
        let place = earlier.shares.iter().position(is_same);
        // So many teams and reasons are no life of an alert; their parties' sums
        // stay exact.
        let place = place.or_else(|| earlier.shares.iter().position(is_akin).filter(|_| is_full));
        match place {
            Some(it) => earlier.shares[it].counted += counted,
            None => earlier.shares.push(Share { spending, holder, counted }),
        }
    }

    /// Turns what ran during an interval into a pause. What was folded away is
    /// not touched.
    pub(super) fn pause_before(
        &mut self,
        terms: &Terms,
        during: Segment,
        reason: PauseReason,
        by: &str,
    ) {
        for stretch in std::mem::take(&mut self.stretches) {
            let (from, to) = (during.from.max(stretch.from), during.to.min(stretch.to));
            if stretch.spending != Spending::Running || from >= to {
                self.stretches.push(stretch);
                continue;
            }
            let before = stretch.counted_until(from, terms);
            let until = stretch.counted_until(to, terms);
            let paused = until - before;
            for clock in self.clocks.iter_mut().chain(&mut self.handed_on) {
                clock.forgive(&stretch, paused);
            }
            let part = |from, to, counted| Stretch { from, to, counted, ..stretch.clone() };
            let parts = [
                part(stretch.from, from, before),
                Stretch {
                    spending: Spending::Paused(reason),
                    by: by.to_owned(),
                    ..part(from, to, paused)
                },
                part(to, stretch.to, stretch.counted - until),
            ];
            self.stretches.extend(parts.into_iter().filter(|it| it.from < it.to));
        }
        self.compact();
    }
}

impl Clock {
    fn forgive(&mut self, stretch: &Stretch, paused: SignedDuration) {
        if self.covers(stretch) {
            self.spent -= paused;
        } else if self.kind.is_teams() && stretch.to <= self.since {
            self.gone = self.gone.map(|it| it - paused);
        }
    }
}

impl Stretch {
    /// How much of it counted before an instant within it. Where the calendar
    /// that said so is no longer known, the time is spread evenly: other terms
    /// can come from the same matrix, too, when the endpoint is another's.
    fn counted_until(&self, at: Timestamp, terms: &Terms) -> SignedDuration {
        if at == self.to {
            return self.counted;
        }
        let counted_by = |to| terms.counted(Segment { from: self.from, to });
        if self.matrix_version == terms.matrix_version && counted_by(self.to) == self.counted {
            return counted_by(at);
        }
        let millis = |it: SignedDuration| it.as_millis();
        let passed = millis(at.duration_since(self.from));
        let whole = millis(self.to.duration_since(self.from)).max(1);
        let share = millis(self.counted) * passed / whole;
        SignedDuration::from_millis(i64::try_from(share).unwrap_or(i64::MAX))
    }

    fn is_like(&self, next: &Self) -> bool {
        self.spending == next.spending
            && self.holder == next.holder
            && self.by == next.by
            && self.matrix_version == next.matrix_version
    }
}
