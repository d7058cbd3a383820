//! How many alerts, whose, when.

use std::collections::BTreeMap;

use remit_shared::{Function, Severity};

use crate::{
    calendar::Segment,
    report::{AlertFact, Bucket, Listed, Period},
    sla::Holder,
};

/// So many endpoints are named.
const ENDPOINTS: usize = 10;

/// How many alerts, whose, when. Alerts are counted where they opened.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Volume {
    /// By how much they matter.
    pub by_severity: BySeverity,
    /// By whose they are, the busiest first.
    pub by_owner: Vec<Load<Holder>>,
    /// By what kind of work they are, the most common first.
    pub by_function: Vec<Load<Function>>,
    /// By where they were, the worst first.
    pub by_endpoint: Listed<Load<String>>,
    /// By day, or by week of a quarter.
    pub over_time: Vec<Load<Bucket>>,
}

/// What one of many had to carry.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Load<K> {
    /// Which one.
    pub of: K,
    /// What opened.
    pub opened: BySeverity,
    /// How many of these opened while the office was shut.
    pub night: usize,
    /// How many were over in the period, whenever they opened.
    pub resolved: usize,
    /// How many were not over at the period's end.
    pub left: usize,
}

/// A number of alerts of each severity.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct BySeverity([usize; Severity::ALL.len()]);

impl BySeverity {
    /// How many there are of one severity.
    pub fn of(&self, severity: Severity) -> usize {
        self.0[severity as usize]
    }

    /// How many there are.
    pub fn total(&self) -> usize {
        self.0.iter().sum()
    }

    pub(super) fn add(&mut self, severity: Severity) {
        self.0[severity as usize] += 1;
    }
}

impl<K> Load<K> {
    fn new(of: K) -> Self {
        Self { of, opened: BySeverity::default(), night: 0, resolved: 0, left: 0 }
    }

    fn add(&mut self, alert: &AlertFact, within: Segment) {
        if alert.opened_in(within) {
            self.opened.add(alert.severity);
            self.night += usize::from(alert.night);
        }
        self.resolved += usize::from(alert.resolved_in(within));
        self.left += usize::from(alert.is_open_at(within.to));
    }

    fn is_empty(&self) -> bool {
        self.opened.total() + self.resolved + self.left == 0
    }
}

pub(super) fn volume(alerts: &[AlertFact], period: &Period) -> Volume {
    let within = period.within;
    let mut by_severity = BySeverity::default();
    for alert in alerts.iter().filter(|it| it.opened_in(within)) {
        by_severity.add(alert.severity);
    }
    Volume {
        by_severity,
        by_owner: loads(alerts, within, |it| it.owner.clone()),
        by_function: loads(alerts, within, |it| it.function.clone()),
        by_endpoint: endpoints(alerts, within),
        over_time: over_time(alerts, period),
    }
}

/// The most that opened first.
fn loads<K: Ord + Clone>(
    alerts: &[AlertFact],
    within: Segment,
    key: impl Fn(&AlertFact) -> K,
) -> Vec<Load<K>> {
    let mut loads: BTreeMap<K, Load<K>> = BTreeMap::new();
    for alert in alerts {
        let key = key(alert);
        loads.entry(key.clone()).or_insert_with(|| Load::new(key)).add(alert, within);
    }
    let mut loads: Vec<_> = loads.into_values().filter(|it| !it.is_empty()).collect();
    loads.sort_by_key(|it| std::cmp::Reverse(it.opened.total()));
    loads
}

fn endpoints(alerts: &[AlertFact], within: Segment) -> Listed<Load<String>> {
    let mut loads = loads(alerts, within, |it| it.endpoint.clone());
    loads.retain(|it| it.opened.total() > 0);
    Listed::new(loads, ENDPOINTS)
}

fn over_time(alerts: &[AlertFact], period: &Period) -> Vec<Load<Bucket>> {
    let buckets = period.buckets().into_iter();
    let mut loads: Vec<_> = buckets.map(Load::new).collect();
    for load in &mut loads {
        let within = load.of.within;
        alerts.iter().for_each(|it| load.add(it, within));
    }
    loads
}
