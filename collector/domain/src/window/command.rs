//! What people may ask of windows, and when the answer is no.
//!
//! Each refusal says what would be right. Whether *this* person may ask at all
//! is the authority module's question.

use std::collections::BTreeSet;

use jiff::{
    SignedDuration, Timestamp,
    civil::{Date, DateTime},
};
use remit_shared::{Party, Tenant, WindowId};

use crate::{
    alert::Actor,
    calendar::{self, HORIZON, Segment, Segments},
    seen::Seen,
    window::{
        EarlyEnd, Ending, Phase, Spec, Step, Timing, Window,
        occur::{ASKING, after, before, next_occurrence, occurrences, open_at},
        shown,
    },
};

/// The longest one occurrence may last.
pub const LONGEST: SignedDuration = SignedDuration::from_hours(31 * 24);

/// What lasts longer than this takes both parties.
pub const LONGEST_ALONE: SignedDuration = SignedDuration::from_hours(24);

/// The longest that things may take to come back.
pub const LONGEST_GRACE: SignedDuration = SignedDuration::from_hours(24);

/// The longest title or reason, in bytes.
pub const LONGEST_TEXT: usize = 500;

/// What must be known of the world to schedule a window.
#[derive(Clone, Debug)]
pub struct Request<'a> {
    /// Its identity to be.
    pub id: WindowId,
    /// Whose environment it is in.
    pub tenant: &'a Tenant,
    /// Who asks.
    pub by: Actor,
    /// Who else agrees.
    pub approved_by: Vec<Actor>,
    /// The tenant's other windows.
    pub others: &'a [Window],
    /// What it would touch.
    pub reach: Reach,
    /// What time it is.
    pub now: Timestamp,
}

/// What a window would touch, as things stand.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Reach {
    /// How many endpoints it is about.
    pub endpoints: usize,
    /// How many the tenant has.
    pub of: usize,
    /// An open alert that it would cover is the other party's.
    pub covers_others: bool,
}

/// Why there is no such window, or why it stays as it is.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// Nobody could tell it from others.
    #[error("a window needs a title of 1 to {LONGEST_TEXT} bytes that says what is done in it")]
    Title,
    /// Too much to say.
    #[error("a reason has at most {LONGEST_TEXT} bytes")]
    Reason,
    /// It would do nothing.
    #[error(
        "the window would do nothing: say that it keeps alerts quiet, is for patching, or forbids it"
    )]
    Nothing,
    /// It is for patching and forbids it.
    #[error("the window is for patching and forbids it: choose one")]
    Contradiction,
    /// It lasts no time, or far too long.
    #[error("a window lasts more than nothing and at most 31 days, not {0:#}")]
    Duration(SignedDuration),
    /// Things would never be back.
    #[error("the grace after a window is 0 to 24 hours, not {0:#}")]
    Grace(SignedDuration),
    /// It would change what has been.
    #[error("the window would open at {start}, which is past: it opens now ({now}) or later")]
    Past {
        /// When it would open.
        start: String,
        /// What time it is there.
        now: String,
    },
    /// Its rule begins on another date than it does.
    #[error("the start {start} is no date of `{rule}`: the first is {first}, so start then")]
    OffRule {
        /// When it would start.
        start: DateTime,
        /// The rule.
        rule: String,
        /// When it should.
        first: Date,
    },
    /// It would never open.
    #[error("`{rule}` from {start} on gives no date that is still to come")]
    Never {
        /// When it starts.
        start: DateTime,
        /// The rule.
        rule: String,
    },
    /// It would open again before it is shut.
    #[error(
        "the window opens again after {apart:#} and lasts {lasts:#}: make it shorter, or rarer"
    )]
    OverlapsItself {
        /// How long it lasts.
        lasts: SignedDuration,
        /// How far apart two occurrences are.
        apart: SignedDuration,
    },
    /// Nothing may be patched then.
    #[error(
        "`{title}` ({window}) forbids patching from {from} to {to}: choose another time, or \
         cancel it first"
    )]
    Blackout {
        /// What forbids it.
        window: WindowId,
        /// Its title.
        title: String,
        /// From when, where it overlaps.
        from: String,
        /// Until when.
        to: String,
    },
    /// It takes a person of each party.
    #[error("{0}: a person of each party must agree, propose it as a change")]
    NeedsBoth(&'static str),
    /// It is over.
    #[error("window {0} is over: there is nothing left to end")]
    Over(WindowId),
    /// It is shut at present.
    #[error("window {window} is not open: {next}; `cancel` calls it off for good")]
    NotOpen {
        /// The window.
        window: WindowId,
        /// When it opens.
        next: String,
    },
}

/// Why a window takes a person of each party, if it does.
pub fn needs_both(spec: &Spec, reach: Reach) -> Option<&'static str> {
    if LONGEST_ALONE < spec.duration {
        return Some("the window lasts more than 24 hours");
    }
    let is_whole_fleet = 1 < reach.of && reach.of <= reach.endpoints;
    if spec.selector.is_fleet_wide() || is_whole_fleet {
        return Some("the window covers every endpoint of the tenant");
    }
    if spec.covers_open && reach.covers_others {
        return Some("the window covers an open alert of the other party");
    }
    None
}

/// Makes a window.
pub fn schedule(spec: Spec, request: Request<'_>) -> Result<Step, Refusal> {
    let Request { id, tenant, by, approved_by, others, reach, now } = request;
    check(&spec)?;
    let why = if spec.why.is_empty() { String::new() } else { format!(": {}", spec.why) };
    let detail = format!("`{}`, {}{why}", spec.title, spec.timing_shown());
    let window = Window {
        id,
        tenant: tenant.clone(),
        spec,
        requested_by: by,
        requested_at: now,
        approved_by,
        phase: Phase::Waiting { from: before(now, ASKING) },
        ended: None,
        cancelled: None,
        precheck: None,
        aftercheck: None,
        log: Vec::new(),
        log_dropped: 0,
        logged: Seen::default(),
    };
    check_time(&window, now)?;
    check_blackouts(&window, others, now)?;
    match needs_both(&window.spec, reach) {
        Some(why) if !window.is_agreed() => return Err(Refusal::NeedsBoth(why)),
        Some(_) | None => {}
    }
    let actor = window.requested_by.to_string();
    let effects = vec![window.audit(now, &actor, "window.schedule", detail)];
    Ok(Step { window, effects, notices: Vec::new() })
}

/// Calls a window off, now and for good.
pub fn cancel(mut window: Window, by: Actor, why: &str, now: Timestamp) -> Result<Step, Refusal> {
    let ending = Ending::new(by, why, now)?;
    window.phase = match window.phase {
        Phase::Over { .. } => return Err(Refusal::Over(window.id)),
        Phase::Waiting { .. } => Phase::Over { at: now },
        // What was broken in it must still be found.
        Phase::Open { occurrence } => window.settling(occurrence, now),
        Phase::Settling { .. } if window.cancelled.is_some() => {
            return Err(Refusal::Over(window.id));
        }
        Phase::Settling { .. } => window.phase,
    };
    let effects = vec![window.audit(now, &ending.by.to_string(), "window.cancel", why.to_owned())];
    window.cancelled = Some(ending);
    Ok(Step { window, effects, notices: Vec::new() })
}

/// Ends the occurrence that is open; others stay.
pub fn end_early(
    mut window: Window,
    by: Actor,
    why: &str,
    now: Timestamp,
) -> Result<Step, Refusal> {
    let ending = Ending::new(by, why, now)?;
    let Some(open) = open_at(&window, now) else {
        return Err(match next_occurrence(&window, now) {
            None => Refusal::Over(window.id),
            Some(next) => {
                let next = format!("it opens {}", window.shown(next.from));
                Refusal::NotOpen { window: window.id, next }
            }
        });
    };
    window.phase = match window.phase {
        Phase::Open { occurrence } => window.settling(occurrence, now),
        Phase::Waiting { .. } | Phase::Settling { .. } | Phase::Over { .. } => window.phase,
    };
    let effects = vec![window.audit(now, &ending.by.to_string(), "window.end", why.to_owned())];
    window.ended = Some(EarlyEnd { began: open.from, ending });
    Ok(Step { window, effects, notices: Vec::new() })
}

/// Whether what is asked for makes sense by itself.
fn check(spec: &Spec) -> Result<(), Refusal> {
    if spec.title.trim().is_empty() || LONGEST_TEXT < spec.title.len() {
        return Err(Refusal::Title);
    }
    if LONGEST_TEXT < spec.why.len() {
        return Err(Refusal::Reason);
    }
    let effects = spec.effects;
    if !effects.suppress_notify && !effects.suppress_patch && !spec.for_patching {
        return Err(Refusal::Nothing);
    }
    if effects.suppress_patch && spec.for_patching {
        return Err(Refusal::Contradiction);
    }
    if spec.duration <= SignedDuration::ZERO || LONGEST < spec.duration {
        return Err(Refusal::Duration(spec.duration));
    }
    if spec.grace < SignedDuration::ZERO || LONGEST_GRACE < spec.grace {
        return Err(Refusal::Grace(spec.grace));
    }
    Ok(())
}

/// Whether it opens, later than now, and is shut before it opens again.
fn check_time(window: &Window, now: Timestamp) -> Result<(), Refusal> {
    let spec = &window.spec;
    let recurrence = match &spec.timing {
        Timing::Once { start } => {
            let at = calendar::instant(&spec.zone, start.date(), start.time());
            if at < before(now, ASKING) {
                let (start, now) = (shown(&spec.zone, at), shown(&spec.zone, now));
                return Err(Refusal::Past { start, now });
            }
            return Ok(());
        }
        Timing::Recurring(it) => it,
    };
    let (start, rule) = (recurrence.start(), recurrence.rule().to_string());
    let first = match recurrence.first() {
        Some(first) if first == start.date() => next_occurrence(window, before(now, ASKING)),
        Some(first) => return Err(Refusal::OffRule { start, rule, first }),
        None => None,
    };
    let Some(first) = first else { return Err(Refusal::Never { start, rule }) };
    let year = Segment::ahead(first.from, HORIZON);
    let begins: Vec<_> = recurrence.instants(&spec.zone, year).collect();
    let apart = begins.windows(2).map(|it| it[1].duration_since(it[0])).min();
    match apart {
        Some(apart) if apart < spec.duration => {
            Err(Refusal::OverlapsItself { lasts: spec.duration, apart })
        }
        Some(_) | None => Ok(()),
    }
}

/// Whether a window for patching keeps clear of those that forbid it.
fn check_blackouts(window: &Window, others: &[Window], now: Timestamp) -> Result<(), Refusal> {
    if !window.spec.for_patching {
        return Ok(());
    }
    let year = Segment::ahead(now, HORIZON);
    let open = |it: &Window| occurrences(it, year).into_iter().collect::<Segments>();
    let own = open(window);
    for other in others {
        let forbids = other.spec.effects.suppress_patch
            && other.tenant == window.tenant
            && other.spec.selector.may_share_an_endpoint(&window.spec.selector);
        if !forbids {
            continue;
        }
        if let Some(both) = own.and(&open(other)).first() {
            return Err(Refusal::Blackout {
                window: other.id,
                title: other.spec.title.clone(),
                from: window.shown(both.from),
                to: window.shown(both.to),
            });
        }
    }
    Ok(())
}

impl Spec {
    fn timing_shown(&self) -> String {
        let zone = self.zone.iana_name().unwrap_or("UTC");
        let (start, rule) = match &self.timing {
            Timing::Once { start } => (*start, String::new()),
            Timing::Recurring(it) => (it.start(), format!(" {}", it.rule())),
        };
        format!("{start} {zone} for {:#}{rule}", self.duration)
    }
}

impl Window {
    /// Whether a person of each party stands behind it.
    fn is_agreed(&self) -> bool {
        let both = [&self.requested_by].into_iter().chain(&self.approved_by);
        let parties: BTreeSet<Party> = both.map(|it| it.party).collect();
        parties.contains(&Party::Internal) && parties.contains(&Party::Provider)
    }

    /// The phase after an occurrence that ends now.
    fn settling(&self, occurrence: Segment, now: Timestamp) -> Phase {
        let occurrence = Segment { to: occurrence.to.min(now), ..occurrence };
        Phase::Settling { occurrence, due: after(occurrence.to, self.spec.grace) }
    }
}

impl Ending {
    fn new(by: Actor, why: &str, at: Timestamp) -> Result<Self, Refusal> {
        match why.len() <= LONGEST_TEXT {
            true => Ok(Self { at, by, why: why.to_owned() }),
            false => Err(Refusal::Reason),
        }
    }
}
