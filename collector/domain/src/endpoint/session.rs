//! The start of a session: which spool is it, and where does it go on?

use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};
use remit_shared::{Host, Severity, function};

use crate::{
    endpoint::{Endpoint, Presence, Registration, ResumeTokens},
    signal::{Say, Signal},
};

/// How many retired spools are remembered.
const RETIRED: usize = 4;

/// What an agent says first.
#[derive(Clone, Debug)]
pub struct Greeting {
    /// What its machine is.
    pub host: Host,
    /// Its wall clock.
    pub now: Timestamp,
    /// Its spool's life.
    pub epoch: u64,
    /// What it was given last, if anything.
    pub resume: Option<[u8; 16]>,
    /// The newest event it holds or held.
    pub last_events: u64,
    /// The newest measurement it holds or held.
    pub last_metrics: u64,
}

/// What comes of a greeting.
#[derive(Clone, Debug)]
pub struct Opened {
    /// The endpoint's next value.
    pub endpoint: Endpoint,
    /// What alerts must hear of.
    pub signals: Vec<Signal>,
    /// The spool is not the one that is known; the agent must number what it
    /// holds anew, in a new epoch.
    pub reset_epoch: bool,
}

/// Opens a session. `fresh` is a random token to give out.
///
/// A spool is recognised by its epoch and by the resume token that it was
/// given last. A restored snapshot shows an old token, a copied disk one that
/// its twin has spent; both must start over, and somebody must know.
pub fn open_session(
    endpoint: &Endpoint,
    greeting: &Greeting,
    fresh: [u8; 16],
    now: Timestamp,
    listening: SignedDuration,
) -> Opened {
    let mut next = endpoint.clone();
    let mut signals = Vec::new();
    if endpoint.registration.host != greeting.host {
        let host = greeting.host.clone();
        next.registration =
            Arc::new(Registration { host, ..Registration::clone(&endpoint.registration) });
    }
    let pulse = &mut next.pulse;
    let known = pulse.resume;
    let shown = greeting.resume;
    let recognised = shown.is_some() && (shown == known.issued || shown == known.previous);
    let same_epoch = pulse.epoch == Some(greeting.epoch);
    let behind = greeting.last_events < pulse.events || greeting.last_metrics < pulse.metrics;
    let retired = pulse.retired.contains(&greeting.epoch);
    let reset_epoch = retired || (same_epoch && (!recognised || behind));
    if reset_epoch {
        signals.push(spool_reset(greeting.epoch, now));
    } else {
        if !same_epoch {
            pulse.retired.extend(pulse.epoch);
            let surplus = pulse.retired.len().saturating_sub(RETIRED);
            pulse.retired.drain(..surplus);
            (pulse.events, pulse.metrics) = (0, 0);
            pulse.epoch = Some(greeting.epoch);
        }
        let previous = if same_epoch { shown } else { None };
        pulse.resume = ResumeTokens { issued: Some(fresh), previous };
    }
    pulse.clock_ahead = greeting.now.duration_since(now);
    pulse.heard_at = Some(now);
    pulse.heard_listening = listening;
    if pulse.presence != Presence::Online {
        if pulse.presence == Presence::Offline {
            signals.push(crate::detect::presence::back(now));
        }
        pulse.presence = Presence::Online;
        pulse.presence_since = now;
    }
    Opened { endpoint: next, signals, reset_epoch }
}

fn spool_reset(epoch: u64, now: Timestamp) -> Signal {
    Signal {
        check: "spool-reset".into(),
        instance: "".into(),
        function: function::security_tooling(),
        observed_at: now,
        summary: "the agent's spool is a copy or an older state of itself".into(),
        say: Say::Raised {
            severity: Severity::High,
            evidence: format!(
                "epoch {epoch:016x} came back with a resume token that was already spent: \
                 a restored snapshot, or two machines with one disk image"
            ),
            delayed: false,
        },
    }
}
