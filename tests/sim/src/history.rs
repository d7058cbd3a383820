//! Random lives of a world.
//!
//! A [`History`] is a list of deeds, made from a seed. Living it gives a trace,
//! and the [`laws`] are held against the world after every deed. A
//! deed says everything by numbers that are taken modulo what there is, so that
//! a history stays one when deeds are left out of it: [`History::shortest`]
//! does that for as long as the same law is broken.

mod deed;
mod dice;

use std::fmt;

use crate::{
    history::deed::Life,
    laws::{self, Broken},
    world::World,
};

pub use crate::history::{deed::Deed, dice::Dice};

/// What happens in one life of a world.
#[derive(Clone, Debug)]
pub struct History {
    /// What it was made from.
    pub seed: u64,
    /// What happens, in order.
    pub deeds: Vec<Deed>,
}

/// A law was broken.
#[derive(Clone, Debug)]
pub struct Violation {
    /// After which deed, from 0.
    pub step: usize,
    /// Which, and how.
    pub broken: Broken,
    /// What was sent until then.
    pub trace: String,
}

impl History {
    /// So many deeds hold in one life.
    pub const DEEDS: usize = 40;

    /// The history of a seed.
    pub fn of(seed: u64) -> Self {
        let mut dice = Dice::new(seed);
        let deeds = (0..Self::DEEDS).map(|_| Deed::roll(&mut dice)).collect();
        Self { seed, deeds }
    }

    /// Lives it, and holds the laws against it; gives what was sent.
    pub fn live(&self) -> Result<String, Violation> {
        let mut life = Life::begin();
        let mut trace = String::new();
        for (step, deed) in self.deeds.iter().enumerate() {
            let before = life.world.clone();
            life.perform(deed);
            write_down(&before, &life.world, &mut trace);
            laws::hold(&before, &life.world, deed).map_err(|broken| Violation {
                step,
                broken,
                trace: trace.clone(),
            })?;
        }
        Ok(trace)
    }

    /// Lives it twice, once without anything that was asked to keep alerts
    /// quiet, and compares all but what people were told.
    pub fn live_loud(&self) -> Result<(), Violation> {
        let (mut life, mut loud) = (Life::begin(), Life::begin());
        for (step, deed) in self.deeds.iter().enumerate() {
            let (deed, without) = deed.and_without_quiet();
            life.perform(&deed);
            loud.perform(&without);
            laws::same_but_for_words(&life.world, &loud.world).map_err(|broken| Violation {
                step,
                broken,
                trace: String::new(),
            })?;
        }
        Ok(())
    }

    /// The shortest history in which the same law is broken that leaving deeds
    /// out leads to.
    pub fn shortest(&self, found: &Violation) -> Self {
        let mut best = Self { seed: self.seed, deeds: self.deeds[..=found.step].to_vec() };
        loop {
            let shorter = (0..best.deeds.len()).rev().find_map(|left_out| {
                let mut deeds = best.deeds.clone();
                deeds.remove(left_out);
                let shorter = Self { seed: self.seed, deeds };
                let is_same = shorter.live().is_err_and(|it| it.broken.law == found.broken.law);
                is_same.then_some(shorter)
            });
            match shorter {
                Some(it) => best = it,
                None => return best,
            }
        }
    }
}

fn write_down(before: &World, after: &World, trace: &mut String) {
    for sent in &after.sent[before.sent.len()..] {
        let about = &after.alerts[&sent.alert].about;
        let notice = &sent.notice;
        *trace += &format!(
            "{} {} {} {} of {} {}\n",
            sent.at,
            about.tenant,
            notice.to,
            notice.topic.as_str(),
            about.check,
            about.hostname,
        );
    }
}

impl fmt::Display for Violation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "after deed {}: {}", self.step, self.broken)
    }
}

impl fmt::Display for History {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "REMIT_SEED={}", self.seed)?;
        self.deeds.iter().enumerate().try_for_each(|(step, it)| writeln!(f, "  {step}: {it:?}"))
    }
}
