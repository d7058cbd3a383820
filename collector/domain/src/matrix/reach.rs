//! How somebody is told at an instant: through which channels, and why not
//! through others.
//!
//! # Invariants
//!
//! - Whoever cannot be told is named with a reason: nobody vanishes.
//! - What is critical passes every quiet rule but one that says otherwise.

#[cfg(test)]
mod tests;

use jiff::Timestamp;
use remit_shared::{PersonName, Severity, Team};

use crate::{
    matrix::{ChannelRef, Matrix, Recipient, explain::clock},
    people::{Person, Target},
    rota,
};

/// How a target is reached.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Reached {
    /// The channels, best first, each with the person that it reaches if it is
    /// not a whole team's.
    pub channels: Vec<(Option<PersonName>, ChannelRef)>,
    /// Who is not told, and why, in words.
    pub quieted: Vec<String>,
    /// Why these, in words: `kim is on call until Mon 2026-03-02 08:00`.
    pub because: String,
}

impl Reached {
    /// Whether nobody would hear of it.
    pub fn is_empty(&self) -> bool {
        self.channels.is_empty()
    }
}

/// How a target is reached at an instant for a matter of this severity.
pub fn reach(matrix: &Matrix, target: &Target, severity: Severity, at: Timestamp) -> Reached {
    let mut asked = Asked { matrix, severity, at, found: Reached::default() };
    let because = match target {
        Target::Team(name) => asked.team(name),
        Target::Person(name) => asked.person(name),
        Target::Rota(name) => asked.rota(name.as_str()),
    };
    Reached { because, ..asked.found }
}

/// A question that is being answered.
struct Asked<'m> {
    matrix: &'m Matrix,
    severity: Severity,
    at: Timestamp,
    found: Reached,
}

impl Asked<'_> {
    fn team(&mut self, name: &Team) -> String {
        let Some(team) = self.matrix.team(name) else {
            return format!("there is no team `{name}`");
        };
        let of_team = team.notify.clone();
        let oncall = team.oncall.clone();
        if let Some(why) = self.quiet(&Recipient::Team(name.clone())) {
            self.found.quieted.push(why);
        } else {
            self.add(None, &of_team);
        }
        let duty = oncall.map(|it| self.rota(it.as_str()));
        match (duty, of_team.is_empty()) {
            (Some(duty), true) => duty,
            (Some(duty), false) => format!("{name} by its channels; {duty}"),
            (None, true) => format!("{name} has no channel and no rota"),
            (None, false) => format!("{name} by its channels"),
        }
    }

    fn rota(&mut self, name: &str) -> String {
        let Some(rota) = self.matrix.rotas.iter().find(|it| it.name.as_str() == name) else {
            return format!("there is no rota `{name}`");
        };
        let duty = rota::on_call(rota, self.at);
        let until = clock(&rota.zone, duty.until);
        match duty.person {
            None => format!("nobody is on call in `{name}` ({})", duty.because),
            Some(person) => match self.person(&person) {
                wrong if self.matrix.person(&person).is_none_or(|it| !can_be_called(it)) => {
                    format!("{wrong}, and is on call in `{name}` until {until}")
                }
                _ => format!("{person} is on call in `{name}` until {until}"),
            },
        }
    }

    fn person(&mut self, name: &PersonName) -> String {
        let Some(person) = self.matrix.person(name) else {
            return format!("there is no person `{name}`");
        };
        if person.disabled {
            return format!("{name} is disabled");
        }
        if person.notify.is_empty() {
            return format!("{name} has no channel");
        }
        match self.quiet(&Recipient::Person(name.clone())) {
            Some(why) => self.found.quieted.push(why),
            None => self.add(Some(name), &person.notify),
        }
        format!("{name} is named")
    }

    fn add(&mut self, person: Option<&PersonName>, channels: &[ChannelRef]) {
        for it in channels {
            // One message per mailbox, whoever else reads it.
            if !self.found.channels.iter().any(|(_, known)| known == it) {
                self.found.channels.push((person.cloned(), it.clone()));
            }
        }
    }

    /// Why somebody does not want to hear of it now.
    fn quiet(&self, who: &Recipient) -> Option<String> {
        let rules = self.matrix.quiet.iter().filter(|it| it.who == *who);
        let mut rules = rules.filter(|it| it.covers(self.severity));
        let rule = rules.find(|it| it.when.holds(self.matrix, self.at))?;
        Some(format!("{who} is quiet {} for what is {}", rule.when, self.severity))
    }
}

fn can_be_called(person: &Person) -> bool {
    !person.disabled && !person.notify.is_empty()
}
