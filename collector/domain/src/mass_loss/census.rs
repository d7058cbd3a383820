//! Who is online and who is late, everywhere, at one moment.

use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp};
use remit_shared::EndpointId;

use crate::{
    endpoint::{Endpoint, Presence},
    mass_loss::Place,
};

/// Fewer are no mass.
pub(super) const LEAST: usize = 3;

/// Those who became late within so long became late at once.
const AT_ONCE: SignedDuration = SignedDuration::from_secs(120);

/// Who is online and who is late.
#[derive(Clone, Debug, Default)]
pub struct Census {
    places: BTreeMap<Place, Heads>,
}

#[derive(Clone, Debug, Default)]
struct Heads {
    online: usize,
    late: BTreeMap<EndpointId, Timestamp>,
}

/// How an endpoint counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standing {
    /// It is heard.
    Online,
    /// It is not, and nobody was told.
    Late {
        /// Since when.
        since: Timestamp,
    },
}

/// Too many that became late at once.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Mass {
    /// How many were online before.
    pub(super) of: usize,
}

/// How an endpoint counts, given what its silence would make of it now; `None`
/// if it does not: it said goodbye, was never here, has lost our trust, or
/// people were told before.
pub fn standing(endpoint: &Endpoint, judged: Presence, now: Timestamp) -> Option<Standing> {
    if endpoint.registration.revoked.is_some() {
        return None;
    }
    let pulse = &endpoint.pulse;
    match (pulse.presence, judged) {
        (Presence::Offline | Presence::NeverSeen, _)
        | (_, Presence::NeverSeen | Presence::ExpectedOff(_)) => None,
        (_, Presence::Online) => Some(Standing::Online),
        (Presence::Late, Presence::Late | Presence::Offline) => {
            Some(Standing::Late { since: pulse.presence_since })
        }
        (Presence::Online | Presence::ExpectedOff(_), Presence::Late | Presence::Offline) => {
            Some(Standing::Late { since: now })
        }
    }
}

impl Census {
    /// Counts one endpoint.
    pub fn count(&mut self, place: Place, endpoint: EndpointId, standing: Standing) {
        let heads = self.places.entry(place).or_default();
        match standing {
            Standing::Online => heads.online += 1,
            Standing::Late { since } => {
                heads.late.insert(endpoint, since);
            }
        }
    }

    pub(super) fn places(&self) -> impl Iterator<Item = &Place> {
        self.places.keys()
    }

    pub(super) fn late(&self) -> impl Iterator<Item = EndpointId> {
        self.places.values().flat_map(|it| it.late.keys().copied())
    }

    pub(super) fn late_at(&self, place: &Place) -> impl Iterator<Item = EndpointId> {
        self.places.get(place).into_iter().flat_map(|it| it.late.keys().copied())
    }

    /// Whether too many of one site became late at once.
    pub(super) fn mass_at(&self, place: &Place) -> Option<Mass> {
        let heads = self.places.get(place)?;
        if heads.late.len() < LEAST {
            return None;
        }
        let (lost, _) = most_at_once(heads.late.values().copied());
        mass(lost, heads.online)
    }

    /// Whether too many of all became late at once, at two sites or more.
    ///
    /// One machine elsewhere that goes to sleep while a large site breaks does
    /// not make it everybody's trouble: away from the site that is hit hardest,
    /// a quarter must be late too.
    pub(super) fn mass(&self) -> Option<Mass> {
        let late = self.places.values().map(|it| it.late.len()).sum::<usize>();
        if late < LEAST {
            return None;
        }
        let (_, from) = most_at_once(self.places.values().flat_map(|it| it.late.values().copied()));
        let then = |it: &&Timestamp| {
            let wait = it.duration_since(from);
            !wait.is_negative() && wait <= AT_ONCE
        };
        let lost =
            self.places.values().map(|it| (it.late.values().filter(then).count(), it.online));
        let lost: Vec<(usize, usize)> = lost.collect();
        let sum = |it: &[(usize, usize)]| it.iter().fold((0, 0), |a, b| (a.0 + b.0, a.1 + b.1));
        let (all_lost, all_online) = sum(&lost);
        let worst = lost.iter().max_by_key(|it| it.0).copied().unwrap_or_default();
        let (lost_elsewhere, online_elsewhere) = (all_lost - worst.0, all_online - worst.1);
        let is_everywhere =
            lost_elsewhere > 0 && lost_elsewhere * 4 >= lost_elsewhere + online_elsewhere;
        mass(all_lost, all_online).filter(|_| is_everywhere)
    }
}

fn mass(lost: usize, online: usize) -> Option<Mass> {
    let of = lost + online;
    (lost >= LEAST && lost * 2 >= of).then_some(Mass { of })
}

/// How many became late within [`AT_ONCE`] at most, and from when on.
fn most_at_once(times: impl Iterator<Item = Timestamp>) -> (usize, Timestamp) {
    let mut times: Vec<Timestamp> = times.collect();
    times.sort_unstable();
    let (mut best, mut last) = ((0, Timestamp::MIN), 0);
    for (first, from) in times.iter().enumerate() {
        while times.get(last).is_some_and(|it| it.duration_since(*from) <= AT_ONCE) {
            last += 1;
        }
        best = if last - first > best.0 { (last - first, *from) } else { best };
    }
    best
}
