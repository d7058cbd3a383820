//! The start of a session: which spool is it, and where does it go on?

use std::sync::Arc;

use jiff::Timestamp;
use remit_shared::Host;

use crate::{
    detect::{CheckKey, Checks, Rules, clock, presence},
    endpoint::{
        Arrival, Backfill, Endpoint, Presence, Pulse, Registration, ResumeTokens, apply::LIVE,
    },
    flapping::link,
    signal::Signal,
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
    /// What it was given before that in the same epoch.
    pub earlier: Vec<[u8; 16]>,
    /// The newest event it holds or held.
    pub last_events: u64,
    /// The newest measurement it holds or held.
    pub last_metrics: u64,
}

/// A time of which we heard only afterwards.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Backlog {
    /// When it begins.
    pub from: Timestamp,
    /// When it ends.
    pub until: Timestamp,
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
/// its twin has spent; both must start over, and somebody must know. Before
/// anything of an epoch is applied there is nothing to mistake, so an agent
/// that never got its first welcome may show what it has.
///
/// It is the collector that is an older state of itself if the token that it
/// gave out last is one that the agent had before. Then the spool goes on where
/// the collector stands: the agent sends again what it still has.
pub fn open_session(
    endpoint: &Endpoint,
    greeting: &Greeting,
    fresh: [u8; 16],
    arrival: &Arrival,
    rules: &Rules,
) -> Opened {
    let now = arrival.received_at;
    let mut next = endpoint.clone();
    let mut signals = Vec::new();
    if endpoint.registration.host != greeting.host {
        let host = greeting.host.clone();
        next.registration =
            Arc::new(Registration { host, ..Registration::clone(&endpoint.registration) });
    }
    let reset_epoch = !is_recognised(&endpoint.pulse, greeting);
    if reset_epoch {
        signals.push(spool_reset(greeting.epoch, rules, now));
    } else {
        adopt(&mut next.pulse, greeting, fresh, now);
    }
    let pulse = &mut next.pulse;
    // A link that the collector itself broke, by being away, says nothing.
    if arrival.heard_before {
        pulse.link = link::opened(&pulse.link, pulse.presence, now);
    }
    pulse.clock_ahead = greeting.now.duration_since(now);
    pulse.heard_at = Some(now);
    pulse.heard_listening = arrival.listening;
    signals.extend(presence::turn(&mut next, Presence::Online, rules, now));
    let mut checks = Checks::clone(&next.checks);
    clock::judge(&mut checks, &rules.policy, next.pulse.clock_ahead, now);
    link::judge(&mut checks, &next.pulse.link, now);
    let is_meant = |(check, _): &CheckKey| [clock::WRONG, link::UNSTABLE].contains(&&**check);
    signals.extend(checks.announce(rules, is_meant));
    if checks != *next.checks {
        next.checks = Arc::new(checks);
    }
    Opened { endpoint: next, signals, reset_epoch }
}

/// Whether the spool may go on where the collector knows it to be.
fn is_recognised(pulse: &Pulse, greeting: &Greeting) -> bool {
    if pulse.epoch != Some(greeting.epoch) {
        return !pulse.retired.contains(&greeting.epoch);
    }
    let ResumeTokens { issued, previous } = pulse.resume;
    let shown = greeting.resume;
    let is_untouched = pulse.events == 0 && pulse.metrics == 0;
    let is_older_of_us = issued.is_some_and(|it| greeting.earlier.contains(&it));
    let is_known = is_older_of_us || shown.is_some() && (shown == issued || shown == previous);
    let is_behind = greeting.last_events < pulse.events || greeting.last_metrics < pulse.metrics;
    (is_known || is_untouched) && !is_behind
}

/// Goes on with the spool that greets, which may be a new one.
fn adopt(pulse: &mut Pulse, greeting: &Greeting, fresh: [u8; 16], now: Timestamp) {
    let is_new = pulse.epoch != Some(greeting.epoch);
    if is_new {
        pulse.retired.extend(pulse.epoch);
        let surplus = pulse.retired.len().saturating_sub(RETIRED);
        pulse.retired.drain(..surplus);
        (pulse.events, pulse.metrics) = (0, 0);
        pulse.renumber_previews(greeting.last_metrics);
        pulse.epoch = Some(greeting.epoch);
    }
    let previous = if is_new { None } else { greeting.resume };
    pulse.resume = ResumeTokens { issued: Some(fresh), previous };
    let (events, metrics) = (greeting.last_events, greeting.last_metrics);
    let is_behind = pulse.events < events || pulse.metrics < metrics;
    // A backlog that was broken off is told together with its rest.
    let heard = pulse.backfill.and_then(|it| it.from).or(pulse.heard_at);
    let from = heard.filter(|it| now.duration_since(*it) > LIVE);
    pulse.backfill = is_behind.then_some(Backfill { since: now, from, events, metrics });
}

fn spool_reset(epoch: u64, rules: &Rules, now: Timestamp) -> Signal {
    let summary = "the agent's spool is a copy or an older state of itself".to_owned();
    let evidence = format!(
        "epoch {epoch:016x} came back with a resume token that was already spent: \
         a restored snapshot, or two machines with one disk image"
    );
    rules.edge("spool-reset", summary, evidence, now, false)
}
