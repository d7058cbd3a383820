//! What windows do to one matter.

use jiff::Timestamp;
use remit_shared::{Function, Tenant};

use crate::{
    calendar::{HORIZON, Segment},
    matrix::Subject,
    suppression::{Suppression, SuppressionKind},
    window::{
        Window,
        occur::{TICK, before, open_at},
    },
};

/// What is the matter, as far as windows care.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Matter<'a> {
    /// Whose environment it is in.
    pub tenant: &'a Tenant,
    /// The endpoint.
    pub subject: &'a Subject,
    /// Which kind of work it is.
    pub function: &'a Function,
    /// The check.
    pub check: &'a str,
}

/// How many windows keep a matter quiet at an instant.
pub fn depth(windows: &[Window], about: Matter<'_>, at: Timestamp) -> usize {
    over(windows, about).filter(|it| open_at(it, at).is_some()).count()
}

/// From when until when some window or other keeps a matter quiet, without a
/// moment in between, around an instant; `None` if none does then.
pub fn quiet(windows: &[Window], about: Matter<'_>, at: Timestamp) -> Option<Segment> {
    let open = |at: Timestamp| {
        let open = over(windows, about).filter_map(move |it| open_at(it, at));
        open.reduce(|a, b| Segment { from: a.from.min(b.from), to: a.to.max(b.to) })
    };
    let mut stretch = open(at)?;
    // Windows that follow one another without end are followed a year.
    let (earliest, latest) = (before(at, HORIZON), Segment::ahead(at, HORIZON).to);
    while let Some(more) = open(before(stretch.from, TICK)).filter(|_| earliest < stretch.from) {
        stretch.from = more.from;
    }
    while let Some(more) = open(stretch.to).filter(|_| stretch.to < latest) {
        stretch.to = more.to;
    }
    Some(stretch)
}

/// When something that was first seen bad at an instant, and stays so, is to be
/// opened: then, or when the last window over it is shut. The SLA counts from
/// there; when it was first seen is kept beside it.
pub fn opens_at(windows: &[Window], about: Matter<'_>, first_seen: Timestamp) -> Timestamp {
    quiet(windows, about, first_seen).map_or(first_seen, |it| it.to)
}

/// Why people are not told of a matter at an instant, if they are not.
///
/// `open_since` is when the alert was opened, `None` if it is only now. If that
/// was before it went quiet, people know of it, and they go on hearing of it
/// unless a window covers that, too.
pub fn suppressors(
    windows: &[Window],
    about: Matter<'_>,
    open_since: Option<Timestamp>,
    at: Timestamp,
) -> Vec<Suppression> {
    let Some(stretch) = quiet(windows, about, at) else {
        return Vec::new();
    };
    let is_known = open_since.is_some_and(|it| it < stretch.from);
    let covering = over(windows, about).filter(|it| !is_known || it.spec.covers_open);
    let open = covering.filter_map(|it| open_at(it, at).map(|open| (it, open)));
    let suppression = |(window, open): (&Window, Segment)| Suppression {
        kind: SuppressionKind::Window,
        reference: window.id.to_string(),
        why: format!("maintenance `{}` until {}", window.spec.title, window.shown(open.to)),
        since: open_since.unwrap_or(at).max(open.from),
        until: Some(open.to),
        covers_open: window.spec.covers_open,
    };
    open.map(suppression).collect()
}

/// The window that forbids patching an endpoint at an instant, if one does.
pub fn blackout<'w>(
    windows: &'w [Window],
    tenant: &Tenant,
    subject: &Subject,
    at: Timestamp,
) -> Option<&'w Window> {
    let mut forbidding = windows.iter().filter(|it| it.spec.effects.suppress_patch);
    forbidding.find(|it| {
        it.tenant == *tenant && it.spec.selector.reaches(subject) && open_at(it, at).is_some()
    })
}

/// The windows that keep a matter quiet when they are open.
fn over<'w>(windows: &'w [Window], about: Matter<'_>) -> impl Iterator<Item = &'w Window> {
    let Matter { tenant, subject, function, check } = about;
    windows.iter().filter(move |it| {
        it.spec.effects.suppress_notify
            && it.tenant == *tenant
            && it.spec.selector.matches(subject, function, check)
    })
}
