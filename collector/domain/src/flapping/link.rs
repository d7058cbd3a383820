//! Whether an agent's link breaks all the time.
//!
//! A link that is up for half a minute and down for half a minute never makes
//! an endpoint late, and yet nobody would call it well. What shows it is that
//! sessions begin where none had ended with a goodbye.
//!
//! # Not here
//!
//! Endpoints that are given up and come back are flapping of their offline
//! alert, which mutes itself.

use jiff::{SignedDuration, Timestamp};

use crate::{
    detect::{Checks, Finding, Level},
    endpoint::Presence,
};

/// The check that speaks of links that break all the time.
pub const UNSTABLE: &str = "link-unstable";

/// So many breaks within [`WITHIN`] are too many.
pub const BREAKS: usize = 5;

/// In how long [`BREAKS`] must fall, and for how long a link must hold before
/// it is well again.
pub const WITHIN: SignedDuration = SignedDuration::from_hours(1);

/// What is remembered of one link.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Link {
    /// When it broke last, oldest first; at most [`BREAKS`].
    pub broke_at: Vec<Timestamp>,
    /// Since when it breaks all the time, if it does.
    pub since: Option<Timestamp>,
}

/// What a session that begins says of the link, given what the endpoint was
/// thought to be until then. After a goodbye, or for the first time, it says
/// nothing.
pub fn opened(link: &Link, before: Presence, now: Timestamp) -> Link {
    let mut next = tick(link, now);
    match before {
        Presence::NeverSeen | Presence::ExpectedOff(_) => return next,
        Presence::Online | Presence::Late | Presence::Offline => {}
    }
    if next.broke_at.len() >= BREAKS {
        next.broke_at.remove(0);
    }
    next.broke_at.push(now);
    let recent = next.broke_at.iter().filter(|it| now.duration_since(**it) < WITHIN).count();
    if recent >= BREAKS {
        next.since = next.since.or(Some(now));
    }
    next
}

/// Lets time pass.
pub fn tick(link: &Link, now: Timestamp) -> Link {
    match deadline(link) {
        Some(due) if due <= now => Link::default(),
        Some(_) | None => link.clone(),
    }
}

/// When the link is well again if it holds.
pub fn deadline(link: &Link) -> Option<Timestamp> {
    let last = link.broke_at.last()?;
    Some(last.checked_add(WITHIN).unwrap_or(Timestamp::MAX))
}

/// Judges a link.
pub fn judge(checks: &mut Checks, link: &Link, now: Timestamp) {
    let (level, summary) = match link.since {
        Some(_) => (Level::Warn, "the agent's link breaks again and again"),
        None => (Level::Ok, "the agent's link has held for an hour"),
    };
    let breaks: Vec<String> =
        link.broke_at.iter().map(|it| it.strftime("%H:%M:%S").to_string()).collect();
    let evidence = format!("sessions began without a goodbye at {} UTC", breaks.join(", "));
    checks.observe(UNSTABLE, "", Finding::now(level, summary.to_owned(), evidence), now);
}

#[cfg(test)]
mod tests {
    use remit_shared::Departure;

    use super::*;

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(1_772_409_600 + second).unwrap()
    }

    #[test]
    fn f13_a_link_that_is_on_and_off_for_an_hour_is_told_once_and_cleared_once() {
        let (mut link, mut told) = (Link::default(), Vec::new());
        for second in 0..3 * 3600 {
            let is_bad = link.since.is_some();
            link = match second {
                1..=3600 if second % 60 == 0 => opened(&link, Presence::Online, at(second)),
                _ => tick(&link, at(second)),
            };
            if link.since.is_some() != is_bad {
                told.push(second);
            }
        }
        assert_eq!(told, [300, 7200]);
    }

    #[test]
    fn a_restart_with_a_goodbye_is_no_break() {
        let mut link = Link::default();
        for second in 0..20 {
            for departure in [Departure::Upgrade, Departure::Shutdown, Departure::ServiceStop] {
                link = opened(&link, Presence::ExpectedOff(departure), at(second));
            }
            link = opened(&link, Presence::NeverSeen, at(second));
        }
        assert_eq!(link, Link::default());
    }

    #[test]
    fn now_and_then_a_break_is_nothing() {
        let mut link = Link::default();
        for break_ in 0..100 {
            link = opened(&link, Presence::Late, at(break_ * 901));
            assert_eq!(link.since, None);
            assert!(link.broke_at.len() <= BREAKS);
        }
    }
}
