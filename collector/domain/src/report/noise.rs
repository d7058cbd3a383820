//! What cried wolf.

use std::{cmp::Reverse, collections::BTreeMap};

use crate::{
    calendar::Segment,
    report::{AlertFact, Listed, permille},
};

/// So many checks are named.
const CHECKS: usize = 10;

/// What cried wolf.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Noise {
    /// The checks that told most for nothing, the worst first.
    pub checks: Listed<Noisy>,
    /// How many alerts nobody did anything about.
    pub for_nothing: usize,
    /// How many alerts somebody marked as not worth telling.
    pub marked: usize,
}

/// What one check told.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Noisy {
    /// The check.
    pub check: String,
    /// How many alerts it opened.
    pub alerts: usize,
    /// About how many somebody did something.
    pub acted_on: usize,
    /// How many went away by themselves.
    pub by_itself: usize,
    /// How many opened while the office was shut.
    pub night: usize,
    /// How often they came back.
    pub reopened: usize,
    /// How many somebody marked as not worth telling.
    pub marked: usize,
}

impl Noisy {
    /// How many nobody did anything about.
    pub fn for_nothing(&self) -> usize {
        self.alerts - self.acted_on
    }

    /// Of how many of a thousand somebody did something about.
    pub fn acted_on_permille(&self) -> Option<u16> {
        permille(self.acted_on, self.alerts)
    }
}

pub(super) fn noise(alerts: &[AlertFact], within: Segment) -> Noise {
    let mut checks: BTreeMap<&str, Noisy> = BTreeMap::new();
    for alert in alerts.iter().filter(|it| it.opened_in(within)) {
        checks.entry(&alert.check).or_insert_with(|| Noisy::new(&alert.check)).add(alert);
    }
    let mut checks: Vec<_> = checks.into_values().collect();
    let for_nothing = checks.iter().map(Noisy::for_nothing).sum();
    let marked = checks.iter().map(|it| it.marked).sum();
    checks.retain(|it| it.for_nothing() + it.marked + it.reopened > 0);
    checks.sort_by_key(|it| Reverse((it.for_nothing() + it.marked, it.reopened, it.alerts)));
    Noise { checks: Listed::new(checks, CHECKS), for_nothing, marked }
}

impl Noisy {
    fn new(check: &str) -> Self {
        let check = check.to_owned();
        Self { check, alerts: 0, acted_on: 0, by_itself: 0, night: 0, reopened: 0, marked: 0 }
    }

    fn add(&mut self, alert: &AlertFact) {
        self.alerts += 1;
        self.acted_on += usize::from(alert.was_acted_on());
        self.by_itself += usize::from(alert.by_itself);
        self.night += usize::from(alert.night);
        self.reopened += alert.reopened as usize;
        self.marked += usize::from(alert.noise.is_some());
    }
}
