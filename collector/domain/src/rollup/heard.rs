//! When an endpoint was heard, so that silence can be shown.

use jiff::Timestamp;

use crate::rollup::HOLDS;

/// From when to when an endpoint was heard without a longer silence.
pub type Span = (Timestamp, Timestamp);

/// A value from a time on; `None` if there is none.
type Point = (Timestamp, Option<i64>);

/// When there were reports, given their times, oldest first. The last one holds
/// until `until` at the latest.
pub fn spans(times: impl IntoIterator<Item = Timestamp>, until: Timestamp) -> Vec<Span> {
    let held = |at: Timestamp| at.checked_add(HOLDS).unwrap_or(Timestamp::MAX);
    let mut spans: Vec<Span> = Vec::new();
    for at in times {
        match spans.last_mut() {
            Some(last) if at <= last.1 => last.1 = last.1.max(held(at)),
            Some(_) | None => spans.push((at, held(at))),
        }
    }
    spans.retain(|it| it.0 <= until);
    if let Some(last) = spans.last_mut() {
        last.1 = last.1.min(until.max(last.0));
    }
    spans
}

/// The points of a series, oldest first, without the time that nothing was
/// heard: where that begins there is none, and where it ends the series goes on.
pub fn cut(points: &[Point], heard: &[Span]) -> Vec<Point> {
    let mut shown: Vec<Point> = Vec::new();
    let (mut next, mut value) = (0, None);
    let mut show = |point: Point| {
        if shown.last().map_or(point.1.is_some(), |it| it.1 != point.1) {
            shown.push(point);
        }
    };
    for (position, (begin, end)) in heard.iter().enumerate() {
        while let Some(point) = points.get(next).filter(|it| it.0 <= *begin) {
            (next, value) = (next + 1, point.1);
        }
        show((*begin, value));
        while let Some(point) = points.get(next).filter(|it| it.0 <= *end) {
            (next, value) = (next + 1, point.1);
            show(*point);
        }
        if position + 1 < heard.len() {
            show((*end, None));
        }
    }
    shown
}
