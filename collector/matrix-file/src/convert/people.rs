//! Teams, and those who work in them.

use remit_collector_domain::{
    matrix::{Contact, TeamDef},
    people::Person,
};

use crate::{
    convert::{Reader, Spot, plain},
    raw::{RawContact, RawPerson, RawTeam},
};

impl Reader<'_> {
    pub(super) fn team(&mut self, raw: &RawTeam, at: &Spot) -> Option<TeamDef> {
        let name = self.required(&raw.name, &at.key("name"), "the team's name, like `internal-it`");
        let party = self.required(
            &raw.party,
            &at.key("party"),
            "whose people they are: internal, provider or vendor",
        );
        let notify = self.all(&raw.notify, &at.key("notify"));
        let oncall = self.optional(&raw.oncall, &at.key("oncall"));
        let policy = self.optional(&raw.policy, &at.key("policy"));
        let contacts = raw.contact.iter().enumerate().filter_map(|(index, it)| {
            let at = at.key(&format!("contact[{}]", index + 1)).at(it);
            self.contact(it.get_ref(), &at)
        });
        let contacts = contacts.collect();
        let (name, party, title) = (name?, party?, plain(&raw.title));
        Some(TeamDef { name, party, title, contacts, notify, oncall, policy })
    }

    fn contact(&mut self, raw: &RawContact, at: &Spot) -> Option<Contact> {
        let name: String = self.required(&raw.name, &at.key("name"), "a name or a role")?;
        Some(Contact { name, phone: plain(&raw.phone), email: plain(&raw.email) })
    }

    pub(super) fn person(&mut self, raw: &RawPerson, at: &Spot) -> Option<Person> {
        let name = self.required(&raw.name, &at.key("name"), "the person's name, like `kim`");
        let teams = self.all(&raw.teams, &at.key("teams"));
        let notify = self.all(&raw.notify, &at.key("notify"));
        let disabled = raw.disabled.unwrap_or_default();
        Some(Person { name: name?, title: plain(&raw.title), teams, notify, disabled })
    }
}
