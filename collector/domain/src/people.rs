//! Persons, and whom a step of an escalation names.
//!
//! Teams have duties; persons have telephones. A matrix gives duties to teams
//! only, so that it stays true when somebody leaves; persons appear where
//! somebody must pick up.

use std::{fmt, str::FromStr};

use remit_shared::{NameError, PersonName, RotaName, Team};

use crate::matrix::ChannelRef;

/// Somebody who can be called.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Person {
    /// Names them in rotas and steps.
    pub name: PersonName,
    /// What people call them.
    pub title: String,
    /// The teams they work in.
    pub teams: Vec<Team>,
    /// How they are reached, best first.
    pub notify: Vec<ChannelRef>,
    /// They cannot be called at present: they left, or are away for long.
    pub disabled: bool,
}

/// Whom a step of an escalation names: `provider-noc`, `rota:noc-nights`,
/// `person:kim`.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Target {
    /// A team, by its channels and whoever of it is on call.
    Team(Team),
    /// Whoever is on call.
    Rota(RotaName),
    /// One person.
    Person(PersonName),
}

impl Target {
    /// The team, if it is one.
    pub fn team(&self) -> Option<&Team> {
        match self {
            Self::Team(it) => Some(it),
            Self::Rota(_) | Self::Person(_) => None,
        }
    }
}

impl FromStr for Target {
    type Err = NameError;

    fn from_str(text: &str) -> Result<Self, NameError> {
        match text.split_once(':') {
            Some(("rota", name)) => name.parse().map(Self::Rota),
            Some(("person", name)) => name.parse().map(Self::Person),
            Some(_) | None => text.parse().map(Self::Team),
        }
    }
}

impl fmt::Display for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Team(it) => it.fmt(f),
            Self::Rota(it) => write!(f, "rota:{it}"),
            Self::Person(it) => write!(f, "person:{it}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_target_reads_back() {
        for good in ["provider-noc", "rota:noc-nights", "person:kim"] {
            assert_eq!(good.parse::<Target>().unwrap().to_string(), good);
        }
        for bad in ["", "rota:", "person:Kim O", "team:noc"] {
            assert!(bad.parse::<Target>().is_err(), "{bad:?}");
        }
    }
}
