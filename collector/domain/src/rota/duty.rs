//! What a layer or an override says, as instants.
//!
//! A [`Duty`] holds from one instant to another without a change, for one
//! reason. Both ways of asking a rota are built from duties: all of them in an
//! interval, painted over one another, and the one that holds at an instant.

use jiff::{
    SignedDuration, Timestamp,
    civil::DateTime,
    tz::{AmbiguousOffset, TimeZone},
};
use remit_shared::PersonName;

use crate::{
    calendar::{self, SOON, Segment, Segments},
    rota::{Layer, Override, Rota},
};

/// No clock is set by more than a day: islands that change sides of the date
/// line skip one.
const FARTHEST: SignedDuration = SignedDuration::from_hours(24);

/// Why somebody, or nobody, is on call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Source {
    /// A turn of a layer, both counted from 0.
    Layer { index: usize, turn: i64 },
    /// An override, counted from 0.
    Override { index: usize },
}

/// What one source says, without a change.
#[derive(Clone, Copy, Debug)]
pub(super) struct Duty<'r> {
    pub(super) span: Segment,
    pub(super) source: Source,
    /// Nobody only by an override.
    pub(super) person: Option<&'r PersonName>,
}

/// What one source says at an instant, and from when until when it does.
#[derive(Clone, Copy, Debug)]
pub(super) struct Say<'r> {
    pub(super) span: Segment,
    /// `None` if it does not apply.
    pub(super) duty: Option<Duty<'r>>,
}

/// All that a rota says in an interval: sorted, without overlap, with holes
/// where nothing applies.
pub(super) fn duties(rota: &Rota, within: Segment) -> Vec<Duty<'_>> {
    let layers = rota.layers.iter().enumerate();
    let layers = layers.map(|(index, it)| it.duties(index, &rota.zone, within));
    let overrides = rota.overrides.iter().enumerate();
    let overrides = overrides.map(|(index, it)| it.duty(index, &rota.zone, within));
    let overrides = overrides.map(|it| it.into_iter().collect());
    paint(layers.fold(Vec::new(), paint), overrides.fold(Vec::new(), paint))
}

/// Everything a rota is made of, what wins first, as it stands at an instant.
pub(super) fn says(rota: &Rota, at: Timestamp) -> impl Iterator<Item = Say<'_>> {
    let overrides = rota.overrides.iter().enumerate().rev();
    let overrides = overrides.map(move |(index, it)| it.say(index, &rota.zone, at));
    let layers = rota.layers.iter().enumerate().rev();
    overrides.chain(layers.map(move |(index, it)| it.say(index, &rota.zone, at)))
}

/// Lays `over` on top of `under`; both are sorted and without overlap.
fn paint<'r>(under: Vec<Duty<'r>>, over: Vec<Duty<'r>>) -> Vec<Duty<'r>> {
    if over.is_empty() {
        return under;
    }
    let mut painted = Vec::with_capacity(under.len() + over.len());
    let mut first = 0;
    for it in under {
        let mut from = it.span.from;
        while over.get(first).is_some_and(|top| top.span.to <= from) {
            first += 1;
        }
        // What lies on top may reach beyond this one, so `first` stays.
        for top in over[first..].iter().take_while(|top| top.span.from < it.span.to) {
            painted.push(Duty { span: Segment { from, to: top.span.from }, ..it });
            from = top.span.to;
        }
        painted.push(Duty { span: Segment { from, to: it.span.to }, ..it });
    }
    painted.retain(|it| it.span.from < it.span.to);
    painted.extend(over);
    painted.sort_unstable_by_key(|it| it.span.from);
    painted
}

impl Override {
    fn span(&self, zone: &TimeZone) -> Segment {
        let instant = |it: DateTime| calendar::instant(zone, it.date(), it.time());
        Segment { from: instant(self.from), to: instant(self.to) }
    }

    fn duty(&self, index: usize, zone: &TimeZone, within: Segment) -> Option<Duty<'_>> {
        let span = clip(self.span(zone), within)?;
        Some(Duty { span, source: Source::Override { index }, person: self.person.as_ref() })
    }

    fn say(&self, index: usize, zone: &TimeZone, at: Timestamp) -> Say<'_> {
        let span = self.span(zone);
        let whole = Segment { from: Timestamp::MIN, to: Timestamp::MAX };
        let span = match () {
            // One that the clocks skip never applies.
            () if span.to <= span.from => whole,
            () if at < span.from => Segment { to: span.from, ..whole },
            () if span.to <= at => Segment { from: span.to, ..whole },
            () => span,
        };
        Say { span, duty: self.duty(index, zone, span).filter(|it| it.span.contains(at)) }
    }
}

impl Layer {
    fn duties(&self, index: usize, zone: &TimeZone, within: Segment) -> Vec<Duty<'_>> {
        let hours = self.hours.as_ref().map(|it| calendar::weekly(zone, it, within));
        let mut duties = Vec::new();
        let Some(mut turn) = self.turn_at(zone, within.from.max(self.begins(zone, 0))) else {
            return duties;
        };
        let mut from = self.begins(zone, turn);
        while from < within.to {
            let to = self.begins(zone, turn + 1);
            let Some(person) = self.person(turn) else { break };
            let source = Source::Layer { index, turn };
            let whole = clip(Segment { from, to }, within);
            let spans = whole.into_iter().flat_map(|it| {
                match &hours {
                    Some(hours) => hours.within(it),
                    None => it.into(),
                }
                .iter()
                .copied()
                .collect::<Vec<_>>()
            });
            duties.extend(spans.map(|span| Duty { span, source, person: Some(person) }));
            (turn, from) = (turn + 1, to);
        }
        duties
    }

    fn say(&self, index: usize, zone: &TimeZone, at: Timestamp) -> Say<'_> {
        let first = self.begins(zone, 0);
        let (around, counts) = self.hours_around(zone, at.max(first));
        if at < first || !counts {
            // Shut hours and the time before the first hand-off are one.
            let from = if around.from <= first { Timestamp::MIN } else { around.from };
            let to = if counts { first } else { around.to };
            return Say { span: Segment { from, to }, duty: None };
        }
        let turn = self.turn_at(zone, at).unwrap_or_default();
        let turns = Segment { from: self.begins(zone, turn), to: self.begins(zone, turn + 1) };
        let span = clip(turns, around).unwrap_or(turns);
        let source = Source::Layer { index, turn };
        let duty = self.person(turn).map(|it| Duty { span, source, person: Some(it) });
        Say { span, duty }
    }

    /// From when until when the layer's hours hold, or do not, around an instant.
    fn hours_around(&self, zone: &TimeZone, at: Timestamp) -> (Segment, bool) {
        let always = Segment { from: Timestamp::MIN, to: Timestamp::MAX };
        let Some(hours) = &self.hours else { return (always, true) };
        // The hours of a week come by twice in this, whatever the clocks do.
        let within = Segment {
            from: at.checked_sub(SOON).unwrap_or(Timestamp::MIN),
            to: at.checked_add(SOON).unwrap_or(Timestamp::MAX),
        };
        let open = calendar::weekly(zone, hours, within);
        let counts = open.contains(at);
        let these = if counts { open } else { open.without(within) };
        let around = these.iter().find(|it| it.contains(at)).copied().unwrap_or(within);
        let from = if around.from == within.from { always.from } else { around.from };
        let to = if around.to == within.to { always.to } else { around.to };
        (Segment { from, to }, counts)
    }

    fn person(&self, turn: i64) -> Option<&PersonName> {
        let people = i64::try_from(self.people.len()).ok()?;
        let index = turn.checked_rem_euclid(people)?;
        self.people.get(usize::try_from(index).ok()?)
    }

    /// The turn that is on at an instant; `None` before the first.
    fn turn_at(&self, zone: &TimeZone, at: Timestamp) -> Option<i64> {
        // The dial may have been set back, so what it showed may be later.
        let shown = zone.to_datetime(at).saturating_add(FARTHEST);
        let since = shown.duration_since(self.from.to_datetime(self.handoff)).as_hours();
        let latest = since.div_euclid(self.turn.hours().max(1));
        (0..=latest).rev().find(|it| self.begins(zone, *it) <= at)
    }

    /// When a turn begins.
    fn begins(&self, zone: &TimeZone, turn: i64) -> Timestamp {
        let Some(dial) = self.dial(turn) else { return Timestamp::MAX };
        let shown = zone.to_ambiguous_timestamp(dial);
        let skipped = matches!(shown.offset(), AmbiguousOffset::Gap { .. });
        let begins = calendar::instant(zone, dial.date(), dial.time());
        if !skipped {
            return begins;
        }
        // A skipped hand-off comes later than some that follow it on the dial;
        // whoever follows is on call by then.
        let step = self.turn.hours().max(1);
        let later = (turn + 1..).take_while(|it| (it - turn) * step <= FARTHEST.as_hours());
        let later = later.filter_map(|it| self.dial(it));
        later.map(|it| calendar::instant(zone, it.date(), it.time())).fold(begins, Ord::min)
    }

    /// What the clock shows when a turn begins.
    fn dial(&self, turn: i64) -> Option<DateTime> {
        let hours = turn.checked_mul(self.turn.hours().max(1))?;
        self.from.to_datetime(self.handoff).checked_add(SignedDuration::from_hours(hours)).ok()
    }
}

/// What of a stretch lies in another.
fn clip(span: Segment, within: Segment) -> Option<Segment> {
    Segments::from(span).within(within).first().copied()
}
