//! The questions that a rota answers.

use std::iter;

use jiff::Timestamp;
use remit_shared::PersonName;

use crate::{
    calendar::{HORIZON, Segment},
    rota::{
        Gap, OnCall, Rota, Shift,
        duty::{self, Duty, Source},
    },
};

/// Who is on call at an instant, and why.
pub fn on_call(rota: &Rota, at: Timestamp) -> OnCall {
    let mut span = Segment {
        from: at.checked_sub(HORIZON).unwrap_or(Timestamp::MIN),
        to: at.checked_add(HORIZON).unwrap_or(Timestamp::MAX),
    };
    let mut decisive = None;
    for it in duty::says(rota, at) {
        span = Segment { from: span.from.max(it.span.from), to: span.to.min(it.span.to) };
        decisive = it.duty;
        if decisive.is_some() {
            break;
        }
    }
    let person = decisive.as_ref().and_then(|it| it.person).cloned();
    OnCall { person, since: span.from, until: span.to, because: because(rota, decisive.as_ref()) }
}

/// Who is on call in an interval, earliest first. A shift ends with a turn,
/// even if the same person has the next.
pub fn shifts(rota: &Rota, within: Segment) -> Vec<Shift> {
    let taken = duty::duties(rota, within).into_iter();
    let shift = |it: Duty<'_>| {
        let Segment { from, to } = it.span;
        it.person.map(|person| Shift { from, to, person: person.clone() })
    };
    taken.filter_map(shift).collect()
}

/// When nobody is on call in an interval, earliest first.
pub fn gaps(rota: &Rota, within: Segment) -> Vec<Gap> {
    let duties = duty::duties(rota, within);
    let gap = |from, to, duty: Option<&Duty<'_>>| Gap { from, to, because: because(rota, duty) };
    let mut gaps = Vec::new();
    let mut from = within.from;
    for it in &duties {
        gaps.push(gap(from, it.span.from, None));
        if it.person.is_none() {
            gaps.push(gap(it.span.from, it.span.to, Some(it)));
        }
        from = it.span.to;
    }
    gaps.push(gap(from, within.to, None));
    gaps.retain(|it| it.from < it.to);
    gaps
}

/// The next shift of somebody else than who is on call at an instant; `None`
/// if there is none within the [`HORIZON`].
pub fn who_next(rota: &Rota, at: Timestamp) -> Option<Shift> {
    let end = Segment::ahead(at, HORIZON).to;
    let now = on_call(rota, at);
    let following = |it: &OnCall| (it.until < end).then(|| on_call(rota, it.until));
    let mut later = iter::successors(following(&now), following);
    later.find_map(|it| match it.person {
        Some(person) if Some(&person) != now.person.as_ref() => {
            Some(Shift { from: it.since, to: it.until, person })
        }
        Some(_) | None => None,
    })
}

/// When one person is on call in two rotas, of which one should help where the
/// other does not answer; earliest first.
pub fn conflicts(primary: &Rota, secondary: &Rota, within: Segment) -> Vec<Shift> {
    let (first, second) = (shifts(primary, within), shifts(secondary, within));
    let (mut first, mut second) = (first.as_slice(), second.as_slice());
    let mut both = Vec::new();
    while let (Some((a, after_a)), Some((b, after_b))) = (first.split_first(), second.split_first())
    {
        let (from, to) = (a.from.max(b.from), a.to.min(b.to));
        if from < to && a.person == b.person {
            both.push(Shift { from, to, person: a.person.clone() });
        }
        if a.to <= b.to {
            first = after_a;
        } else {
            second = after_b;
        }
    }
    both
}

/// In one line, what decided.
fn because(rota: &Rota, decisive: Option<&Duty<'_>>) -> String {
    let Some(duty) = decisive else {
        return format!("no layer of `{}` applies", rota.name);
    };
    let person = duty.person.map_or("nobody", PersonName::as_str);
    match duty.source {
        Source::Layer { index, turn } => {
            let title = rota.layers.get(index).map(|it| it.title.as_str()).unwrap_or_default();
            let later = if index + 1 < rota.layers.len() { "; no later layer applies" } else { "" };
            format!("turn {} of layer `{title}`: {person}{later}", turn + 1)
        }
        Source::Override { index } => {
            let note = rota.overrides.get(index).map(|it| it.note.as_str()).unwrap_or_default();
            let note = if note.is_empty() { String::new() } else { format!(" ({note})") };
            format!("override {}: {person}{note}", index + 1)
        }
    }
}
