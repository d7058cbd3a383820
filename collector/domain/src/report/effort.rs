//! What people did: alerts they gave back, nights they finished.

use std::{cmp::Reverse, collections::BTreeMap};

use remit_shared::Function;

use crate::{
    calendar::Segment,
    report::{AlertFact, NightFact, permille},
    shift::Counts,
    sla::Holder,
};

/// Alerts of one kind of work that went to the wrong team first.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HandBacks {
    /// What kind of work.
    pub function: Function,
    /// Who has them now.
    pub owner: Holder,
    /// How many alerts.
    pub alerts: usize,
    /// How often they were given back.
    pub times: usize,
}

/// What became of the nights.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Nights {
    /// Each of them, the first first.
    pub each: Vec<NightFact>,
    /// All of them together.
    pub all: Counts,
}

impl Nights {
    /// Of how many of a thousand alerts of a night a human disposed.
    pub fn permille(&self) -> Option<u16> {
        let (disposed, of) = self.all.kpi();
        permille(disposed, of)
    }
}

pub(super) fn hand_backs(alerts: &[AlertFact], within: Segment) -> Vec<HandBacks> {
    let mut groups: BTreeMap<(&Function, &Holder), (usize, usize)> = BTreeMap::new();
    for alert in alerts.iter().filter(|it| it.opened_in(within) && it.hand_backs > 0) {
        let (alerts, times) = groups.entry((&alert.function, &alert.owner)).or_default();
        *alerts += 1;
        *times += alert.hand_backs as usize;
    }
    let groups = groups.into_iter().map(|((function, owner), (alerts, times))| HandBacks {
        function: function.clone(),
        owner: owner.clone(),
        alerts,
        times,
    });
    let mut groups: Vec<_> = groups.collect();
    groups.sort_by_key(|it| Reverse((it.times, it.alerts)));
    groups
}

pub(super) fn nights(nights: &[NightFact]) -> Nights {
    let mut each = nights.to_vec();
    each.sort_by_key(|it| it.day);
    let mut all = Counts::default();
    for Counts { resolved, known_issue, joint_review, joint_review_auto, gone } in
        each.iter().map(|it| it.counts)
    {
        all.resolved += resolved;
        all.known_issue += known_issue;
        all.joint_review += joint_review;
        all.joint_review_auto += joint_review_auto;
        all.gone += gone;
    }
    Nights { each, all }
}
