//! What differs from other weeks. Less than usual is named, too: a team that
//! hears nothing may have nothing to do, or nothing that reaches it.

use std::cmp::Reverse;

use crate::{
    agenda::{Inputs, NewCheck, Point, Silent, Volume, points::days},
    calendar::Segment,
};

/// A difference of fewer alerts than this is chance.
const NOTABLE: u32 = 10;

pub(super) fn points(inputs: &Inputs, week: Segment) -> Vec<Point> {
    let mut volumes: Vec<_> = inputs.volumes.iter().filter(|it| is_unlike(it)).collect();
    volumes.sort_by_key(|it| (Reverse(it.week.abs_diff(usual(it))), &it.holder));
    let mut silent: Vec<_> = inputs.silent.iter().collect();
    silent.sort_by_key(|it| (it.last_heard, it.endpoint));
    let is_new = |it: &&NewCheck| week.contains(it.first_at);
    let mut checks: Vec<_> = inputs.new_checks.iter().filter(is_new).collect();
    checks.sort_by_key(|it| (Reverse(it.endpoints), &it.check));

    let volumes = volumes.into_iter().map(volume);
    let silent = silent.into_iter().map(|it| silence(it, week));
    volumes.chain(silent).chain(checks.into_iter().map(new_check)).collect()
}

/// The median of the weeks before: one bad week makes no habit.
fn usual(it: &Volume) -> u32 {
    let mut before = it.before;
    before.sort_unstable();
    before[1].midpoint(before[2])
}

/// Twice as much as usual, or half.
fn is_unlike(it: &Volume) -> bool {
    let (more, less) = (it.week.max(usual(it)), it.week.min(usual(it)));
    more - less >= NOTABLE && u64::from(more) >= u64::from(less) * 2
}

fn volume(it: &Volume) -> Point {
    let usual = usual(it);
    let how = if it.week > usual { "more" } else { "fewer" };
    Point {
        about: it.holder.team.to_string(),
        what: format!("{} alerts", it.week),
        why: format!("{how} than usual: the median of the four weeks before is {usual}"),
        party: Some(it.holder.party),
        age: None,
    }
}

fn silence(it: &Silent, week: Segment) -> Point {
    let age = week.to.duration_since(it.last_heard);
    Point {
        about: it.endpoint.to_string(),
        what: it.hostname.clone(),
        why: format!("not heard of for {}", days(age)),
        party: None,
        age: Some(age),
    }
}

fn new_check(it: &NewCheck) -> Point {
    let endpoints = if it.endpoints == 1 { "endpoint" } else { "endpoints" };
    Point {
        about: it.check.clone(),
        what: format!("on {} {endpoints}", it.endpoints),
        why: format!("told something for the first time at {}", it.first_at),
        party: None,
        age: None,
    }
}
