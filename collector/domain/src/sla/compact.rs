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
            let before = Segment { from: stretch.from, to: from };
            let before = terms.counted(before).min(stretch.counted);
            let paused = terms.counted(Segment { from, to }).min(stretch.counted - before);
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
                part(to, stretch.to, stretch.counted - before - paused),
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
    fn is_like(&self, next: &Self) -> bool {
        self.spending == next.spending
            && self.holder == next.holder
            && self.by == next.by
            && self.matrix_version == next.matrix_version
    }
}
