//! Which of two rows is the exception and which the rule.
//!
//! Scopes are compared in four dimensions. In each of them one is narrower,
//! wider, the same, or neither:
//!
//! - **function**: fewer functions are narrower.
//! - **endpoints**: named endpoints, then tags, then sites, then kinds; the
//!   first of these that differs decides. More tags and fewer of anything else
//!   are narrower.
//! - **hours**: set dates, then holidays, then weekly hours, then always.
//!   Different hours of one sort count as the same.
//! - **severity**: a higher floor is narrower.
//!
//! # Invariants
//!
//! - "Beats" is a strict partial order: nothing beats itself, and what beats a
//!   winner beats the loser.
//! - [`Scope::meet`] of two scopes of which neither beats the other, in
//!   dimensions that differ, beats both.

use std::{cmp::Ordering, collections::BTreeSet};

use crate::matrix::Scope;

/// How one scope stands to another in one dimension.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Rank {
    /// It is part of the other.
    Narrower,
    /// It is the other.
    Same,
    /// The other is part of it.
    Wider,
    /// Each has something the other lacks.
    Neither,
}

/// How one scope stands to another.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Comparison {
    /// By kind of work.
    pub function: Rank,
    /// By endpoint.
    pub endpoints: Rank,
    /// By time.
    pub hours: Rank,
    /// By urgency.
    pub severity: Rank,
}

impl Comparison {
    /// Nowhere wider, and somewhere narrower.
    pub fn beats(&self) -> bool {
        let mut ranks = self.ranks().map(|(rank, _)| rank).into_iter();
        let nowhere_wider =
            self.ranks().iter().all(|(it, _)| matches!(it, Rank::Narrower | Rank::Same));
        nowhere_wider && ranks.any(|it| it == Rank::Narrower)
    }

    /// The dimensions in which it stands so, in words.
    pub fn which(&self, rank: Rank) -> Vec<&'static str> {
        self.ranks().into_iter().filter(|(it, _)| *it == rank).map(|(_, name)| name).collect()
    }

    fn ranks(&self) -> [(Rank, &'static str); 4] {
        [
            (self.function, "function"),
            (self.endpoints, "endpoints"),
            (self.hours, "hours"),
            (self.severity, "severity"),
        ]
    }
}

/// Compares two scopes, seen from the first.
pub fn compare(one: &Scope, other: &Scope) -> Comparison {
    let endpoints = [
        choice(&one.endpoints, &other.endpoints),
        demand(&one.tags, &other.tags),
        choice(&one.sites, &other.sites),
        choice(&one.kinds, &other.kinds),
    ];
    Comparison {
        function: choice(&one.functions, &other.functions),
        endpoints: endpoints.into_iter().find(|it| *it != Rank::Same).unwrap_or(Rank::Same),
        hours: higher(one.when.rank().cmp(&other.when.rank())),
        severity: higher(one.min_severity.cmp(&other.min_severity)),
    }
}

/// Must be one of these; none means any.
fn choice<T: Ord>(one: &BTreeSet<T>, other: &BTreeSet<T>) -> Rank {
    match (one.is_empty(), other.is_empty()) {
        (true, true) => Rank::Same,
        (true, false) => Rank::Wider,
        (false, true) => Rank::Narrower,
        (false, false) => demand(other, one),
    }
}

/// Must have all of these.
fn demand<T: Ord>(one: &BTreeSet<T>, other: &BTreeSet<T>) -> Rank {
    match one.len().cmp(&other.len()) {
        Ordering::Equal if one == other => Rank::Same,
        Ordering::Greater if one.is_superset(other) => Rank::Narrower,
        Ordering::Less if one.is_subset(other) => Rank::Wider,
        Ordering::Equal | Ordering::Greater | Ordering::Less => Rank::Neither,
    }
}

fn higher(order: Ordering) -> Rank {
    match order {
        Ordering::Greater => Rank::Narrower,
        Ordering::Equal => Rank::Same,
        Ordering::Less => Rank::Wider,
    }
}
