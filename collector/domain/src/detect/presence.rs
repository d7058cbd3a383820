//! Whether an endpoint is heard, by the collector's own listening time.
//!
//! ```text
//! Online ─► Late ─► Offline       A record or a session leads back to Online,
//!    └─► ExpectedOff ─┘           and nothing else does.
//! ```
//!
//! # Invariants
//!
//! - Silence is measured while the collector listens. Its own downtime, and
//!   whatever the endpoint's clock shows, is nobody's silence.
//! - Only a server's silence is told, and one that was announced only if it
//!   lasts for longer than such a thing does.
//!
//! # Not here
//!
//! Whether a whole site is silent at once.

#[cfg(test)]
mod tests;

use jiff::{SignedDuration, Timestamp};
use remit_shared::{Departure, EndpointKind, Severity};

use crate::{
    detect::{Level, Rules},
    endpoint::{Endpoint, Presence},
    signal::{Say, Signal},
};

/// The check that speaks of silence.
pub const OFFLINE: &str = "endpoint-offline";

/// What an interval may be overrun by before anybody wonders.
const MARGIN: SignedDuration = SignedDuration::from_secs(15);

/// No server is given up before it has been silent for so long.
const LEAST: SignedDuration = SignedDuration::from_mins(3);

/// An upgrade is over after so long; whoever is not back then is missing.
const UPGRADE: SignedDuration = SignedDuration::from_mins(15);

/// A service that was stopped by hand is started again by then: otherwise
/// whoever stops a server's agent would blind both teams for good.
const SERVICE_STOP: SignedDuration = SignedDuration::from_mins(15);

/// No work on a server that is shut down takes longer, unless there is a
/// window for it.
const SHUTDOWN: SignedDuration = SignedDuration::from_hours(4);

/// How long a collector that has just started waits for all its agents.
const GRACE: SignedDuration = SignedDuration::from_secs(300);

/// What a silence of some length makes of a server. What else is an endpoint
/// may stay away after a goodbye: see [`change`].
pub fn judge(presence: Presence, silence: SignedDuration, heartbeat: SignedDuration) -> Presence {
    let offline = LEAST.max(heartbeat.saturating_mul(3).saturating_add(MARGIN));
    match presence {
        Presence::NeverSeen | Presence::Offline => presence,
        Presence::ExpectedOff(departure) if silence < leave(departure) => presence,
        Presence::ExpectedOff(_) => Presence::Offline,
        Presence::Online | Presence::Late if silence >= offline => Presence::Offline,
        Presence::Online | Presence::Late if silence >= heartbeat.saturating_add(MARGIN) => {
            Presence::Late
        }
        Presence::Online | Presence::Late => Presence::Online,
    }
}

/// How long somebody who said goodbye may stay away.
fn leave(departure: Departure) -> SignedDuration {
    match departure {
        Departure::Upgrade => UPGRADE,
        Departure::ServiceStop => SERVICE_STOP,
        Departure::Shutdown => SHUTDOWN,
    }
}

/// Makes an endpoint's presence another, and says what alerts must hear of.
pub fn change(
    endpoint: &Endpoint,
    to: Presence,
    rules: &Rules,
    now: Timestamp,
) -> (Endpoint, Vec<Signal>) {
    let mut next = endpoint.clone();
    let signal = turn(&mut next, to, rules, now);
    (next, signal.into_iter().collect())
}

/// The same in place.
pub(crate) fn turn(
    endpoint: &mut Endpoint,
    to: Presence,
    rules: &Rules,
    now: Timestamp,
) -> Option<Signal> {
    let from = endpoint.pulse.presence;
    if from == to || (to == Presence::Offline && may_stay_away(endpoint)) {
        return None;
    }
    endpoint.pulse.presence = to;
    endpoint.pulse.presence_since = now;
    match (from, to) {
        (_, Presence::Offline) if is_watched(endpoint) => Some(gone(endpoint, rules)),
        (Presence::Offline, Presence::Online) => Some(back(rules, now)),
        (
            Presence::NeverSeen
            | Presence::Online
            | Presence::Late
            | Presence::Offline
            | Presence::ExpectedOff(_),
            _,
        ) => None,
    }
}

/// Whether it is nobody's business that it is off: it said so, and people
/// switch such things off.
fn may_stay_away(endpoint: &Endpoint) -> bool {
    let said_so = match endpoint.pulse.presence {
        Presence::ExpectedOff(Departure::Shutdown | Departure::ServiceStop) => true,
        Presence::ExpectedOff(Departure::Upgrade)
        | Presence::NeverSeen
        | Presence::Online
        | Presence::Late
        | Presence::Offline => false,
    };
    said_so && endpoint.registration.kind != EndpointKind::Server
}

fn is_watched(endpoint: &Endpoint) -> bool {
    let it = &endpoint.registration;
    it.kind == EndpointKind::Server && it.revoked.is_none()
}

/// What was told when a server fell silent, while it is.
pub(super) fn still_gone(endpoint: &Endpoint, rules: &Rules) -> Option<Signal> {
    let is_gone = endpoint.pulse.presence == Presence::Offline && is_watched(endpoint);
    is_gone.then(|| gone(endpoint, rules))
}

fn gone(endpoint: &Endpoint, rules: &Rules) -> Signal {
    let heard = match endpoint.pulse.heard_at {
        Some(at) => at.strftime("last heard at %Y-%m-%d %H:%M:%S UTC").to_string(),
        None => "never heard".to_owned(),
    };
    let severity = rules.severity(OFFLINE, Level::Crit).unwrap_or(Severity::Critical);
    Signal {
        subject: None,
        check: OFFLINE.into(),
        instance: "".into(),
        function: rules.function(OFFLINE),
        observed_at: endpoint.pulse.presence_since,
        summary: format!("{} is not heard any more", endpoint.registration.host.hostname),
        say: Say::Raised { severity, evidence: heard, delayed: false },
    }
}

fn back(rules: &Rules, now: Timestamp) -> Signal {
    Signal {
        subject: None,
        check: OFFLINE.into(),
        instance: "".into(),
        function: rules.function(OFFLINE),
        observed_at: now,
        summary: "the endpoint is heard again".into(),
        say: Say::Cleared,
    }
}

/// The time after a collector's start in which silence proves nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Grace {
    /// How many endpoints were online before.
    pub before: u64,
    /// When the collector began to listen, in listening time.
    pub began: SignedDuration,
}

impl Grace {
    /// Whether nobody may be called offline yet. `back` of the endpoints that
    /// were online before are online again.
    pub fn holds(&self, back: u64, listening: SignedDuration) -> bool {
        let is_young = listening.saturating_sub(self.began) < GRACE;
        let are_back = back.saturating_mul(100) >= self.before.saturating_mul(95);
        is_young && !are_back
    }
}
