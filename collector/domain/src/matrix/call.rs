//! Whom to ring about a matter: a team's name picks up no telephone.

use std::fmt;

use jiff::Timestamp;
use remit_shared::{Severity, Team};

use crate::{
    matrix::{Contact, Matrix, reach},
    people::Target,
};

/// Whom to ring.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Call {
    /// Those of the team that acts first, then those of the one that answers
    /// for it, each with the team that it belongs to.
    pub contacts: Vec<(Team, Contact)>,
    /// Who of the team that acts is on call, until when, or why nobody is, in
    /// words; empty if it has no rota.
    pub on_call: String,
}

impl Matrix {
    /// Whom to ring about a matter that these teams have, at an instant.
    pub fn whom_to_call(&self, responsible: &Team, accountable: &Team, at: Timestamp) -> Call {
        let mut teams = vec![responsible];
        teams.extend([accountable].into_iter().filter(|it| *it != responsible));
        let of = |it: &&Team| self.team(it).map(|team| (&team.name, &team.contacts));
        let contacts = teams.iter().filter_map(of).flat_map(|(team, contacts)| {
            contacts.iter().map(|contact| (team.clone(), contact.clone()))
        });
        let rota = self.team(responsible).and_then(|it| it.oncall.clone());
        let reached = rota.map(|it| reach(self, &Target::Rota(it), Severity::Critical, at));
        Call {
            contacts: contacts.collect(),
            on_call: reached.map(|it| it.because).unwrap_or_default(),
        }
    }
}

impl Call {
    /// In words, one line each: those who act, not those who answer for it.
    pub(crate) fn lines(&self, responsible: &Team) -> Vec<String> {
        let own = self.contacts.iter().filter(|it| it.0 == *responsible);
        let own = own.map(|it| it.1.to_string());
        own.chain((!self.on_call.is_empty()).then(|| self.on_call.clone())).collect()
    }
}

/// `Shift lead, +1 646 555 0101, noc@provider.example`.
impl fmt::Display for Contact {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let parts = [&self.name, &self.phone, &self.email].into_iter().filter(|it| !it.is_empty());
        f.write_str(&parts.map(String::as_str).collect::<Vec<_>>().join(", "))
    }
}
