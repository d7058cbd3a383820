mod apply;
mod dual;
mod dual_6;
mod life;
mod quieting;

use std::collections::BTreeSet;

use jiff::{SignedDuration, Timestamp, civil::date};
use remit_shared::{
    ChangeId, EndpointId, OperatorId,
    Party::{Internal, Provider},
    Tenant,
};
use uuid::Uuid;

use super::*;
use crate::{
    change::canonical::canonical,
    effect::Effect,
    letter::Audience,
    matrix::EndpointRef,
    operator::{Operator, tests::operator},
    window::{Effects, Selector},
};

const NOON: i64 = 1_800_000_000;

fn at(minutes: i64) -> Timestamp {
    Timestamp::from_second(NOON + minutes * 60).unwrap()
}

/// No hash, but different for different texts.
fn sha(text: &str) -> String {
    let sum = text.bytes().fold(7u64, |sum, it| sum.wrapping_mul(31).wrapping_add(it.into()));
    format!("{sum:064x}")
}

fn person(number: u128, name: &str, role: Role, party: Party) -> Operator {
    let id = OperatorId::from_uuid(Uuid::from_u128(number));
    Operator { id, name: name.into(), ..operator(role, party, &[], &[]) }
}

/// A manager and an operator of each side, and a second manager of the
/// provider's: ida, ian, pam, pat, pia.
fn people() -> Vec<Operator> {
    vec![
        person(1, "ida", Role::Manager, Internal),
        person(2, "ian", Role::Operator, Internal),
        person(3, "pam", Role::Manager, Provider),
        person(4, "pat", Role::Operator, Provider),
        person(5, "pia", Role::Manager, Provider),
    ]
}

struct Desk {
    people: Vec<Operator>,
    facts: Facts,
    newest: u64,
    now: Timestamp,
}

fn desk() -> Desk {
    let mut facts = Facts::between([Internal, Provider]);
    facts.owns = true;
    facts.endpoints_of_tenant = 500;
    Desk { people: people(), facts, newest: 3, now: at(0) }
}

impl Desk {
    fn who(&self, name: &str) -> &Operator {
        self.people.iter().find(|it| it.name == name).unwrap()
    }

    fn who_mut(&mut self, name: &str) -> &mut Operator {
        self.people.iter_mut().find(|it| it.name == name).unwrap()
    }

    fn present(&self) -> Present<'_> {
        let Self { people, facts, newest, now } = self;
        Present { operators: people, facts, newest_matrix: *newest, now: *now }
    }

    fn propose(&self, by: &str, draft: Draft) -> Result<Change, Refusal> {
        propose(draft, self.who(by), self.present())
    }

    /// Who must agree if this one asks for that: `provider, internal`.
    fn sides(&self, by: &str, draft: Draft) -> String {
        let change = self.propose(by, draft).unwrap();
        let sides: Vec<_> = change.required.iter().map(|it| it.party.as_str()).collect();
        sides.join(", ")
    }

    fn approve(&self, change: Change, by: &str) -> Result<Change, Refusal> {
        let event = approve(&change, self.who(by), &change.sha256, None, self.now)?;
        Ok(step(change, event, self.now).change)
    }

    fn apply(&self, change: Change, by: &str) -> Result<Change, Refusal> {
        let event = apply(&change, Some(self.who(by)), self.present())?;
        Ok(step(change, event, self.now).change)
    }
}

fn acme() -> Tenant {
    Tenant::new("acme").unwrap()
}

fn endpoint(number: u128) -> EndpointId {
    EndpointId::from_uuid(Uuid::from_u128(number))
}

fn only(number: u128) -> Selector {
    Selector { endpoints: [EndpointRef::Id(endpoint(number))].into(), ..Selector::default() }
}

fn draft(subject: Subject, text: String) -> Draft {
    Draft {
        id: ChangeId::from_uuid(Uuid::from_u128(77)),
        tenant: acme(),
        subject,
        title: "As agreed".into(),
        why: "it was asked for".into(),
        sha256: sha(&text),
        text,
        effective_from: None,
    }
}

fn matrix_edit(base: u64) -> Draft {
    let parts = [MatrixPart::Escalation].into();
    draft(Subject::Matrix { base, parts }, "tenant = \"acme\"\n".into())
}

fn of(spec: &Spec) -> Draft {
    draft(spec.subject(), canonical(spec))
}

fn window(hours: i64) -> Draft {
    of(&Spec::Window(WindowSpec {
        tenant: acme(),
        title: "Disks".into(),
        why: "new ones".into(),
        selector: only(1),
        effects: Effects { suppress_notify: true, suppress_patch: false },
        zone: "America/New_York".into(),
        start: date(2027, 1, 15).at(4, 0, 0, 0),
        repeats: None,
        duration: SignedDuration::from_hours(hours),
        grace: SignedDuration::ZERO,
        for_patching: false,
        covers_open: false,
    }))
}

fn role(name: &str, role: Role, party: Party) -> Draft {
    let grant = Grant {
        operator: None,
        name: name.into(),
        role,
        party,
        teams: BTreeSet::new(),
        tenants: [acme()].into(),
    };
    of(&Spec::Role { tenant: acme(), grant })
}

fn revocation(count: u128) -> Draft {
    let endpoints = (0..count).map(endpoint).collect();
    of(&Spec::Revocation(Revocation { tenant: acme(), endpoints, why: "stolen".into() }))
}

fn actions(effects: &[Effect]) -> Vec<&str> {
    fn name(effect: &Effect) -> &str {
        match effect {
            Effect::Audit(it) => &it.action,
            Effect::Signal(_)
            | Effect::Admit(_)
            | Effect::Notify(_)
            | Effect::Tell(_)
            | Effect::CaughtUp(_)
            | Effect::Publish(_) => "?",
        }
    }
    effects.iter().map(name).collect()
}
