//! What is agreed, what stands where, and who acts.

use std::sync::Arc;

use jiff::SignedDuration;
use remit_collector_domain::{
    alert::{
        Actor, Event, HandOverReason,
        command::{self, Refusal},
    },
    matrix::{Matrix, Subject},
    sla::{PauseReason, PauseRequest},
};
use remit_matrix_file::Refused;
use remit_shared::{AlertId, EndpointId, EndpointKind, Site, Tag, Team, Tenant};
use uuid::Uuid;

use crate::world::{Machine, World};

/// What a person may do to an alert.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Wish {
    /// Take it on, for so long.
    Acknowledge(Option<SignedDuration>),
    /// Say that it is over.
    Resolve,
    /// Give it to another team, and say why.
    HandOver(Team, String),
    /// Say that there is a wall, and whether it must go at once.
    Block(HandOverReason, bool),
    /// Say that the wall is gone.
    Unblock,
    /// Stop the clocks, for so long.
    Pause(PauseReason, Option<SignedDuration>),
    /// Let them go on.
    Resume,
    /// Say something.
    Note(String),
}

impl World {
    /// Puts the next version of a tenant's matrix into force, and lets every
    /// alert look at it.
    pub fn publish(&mut self, name: &str, text: &str) -> Result<Tenant, Refused> {
        Ok(self.agree(remit_matrix_file::read(name, text)?.matrix))
    }

    /// The same with one that was read before.
    pub fn agree(&mut self, matrix: Matrix) -> Tenant {
        let tenant = matrix.tenant.clone();
        let versions = self.matrices.entry(tenant.clone()).or_default();
        let version = versions.len() as u64 + 1;
        versions.push(Arc::new(Matrix { version, ..matrix }));
        self.reconsider(&tenant);
        tenant
    }

    /// Lets in an endpoint.
    pub fn enroll(&mut self, tenant: &Tenant, hostname: &str, site: Site, tags: Vec<Tag>) {
        let id = self.endpoint_id(tenant, hostname);
        let kind = match hostname.strip_prefix("site ") {
            Some(_) => EndpointKind::Virtual,
            None => EndpointKind::Server,
        };
        let tags = tags.into_iter().collect();
        let subject = Subject { id, hostname: hostname.to_owned(), site, kind, tags };
        let tenant = tenant.clone();
        self.endpoints.insert(id, Machine { tenant, subject, silent: None, is_offline: false });
    }

    /// The endpoint of a name.
    pub fn endpoint_id(&self, tenant: &Tenant, hostname: &str) -> EndpointId {
        let name = format!("{tenant}/{hostname}");
        EndpointId::from_uuid(Uuid::new_v5(&Uuid::nil(), name.as_bytes()))
    }

    /// Does what a person wishes, unless it is refused.
    pub fn wish(&mut self, id: AlertId, by: Actor, wish: Wish) -> Result<(), Refusal> {
        let event = self.decide(id, by, wish)?;
        self.happens(id, event);
        Ok(())
    }

    fn decide(&self, id: AlertId, by: Actor, wish: Wish) -> Result<Event, Refusal> {
        let (alert, now) = (&self.alerts[&id], self.now);
        let matrix = self.matrix(&alert.about.tenant);
        match wish {
            Wish::Acknowledge(hold) => command::acknowledge(alert, by, hold, "", now),
            Wish::Resolve => command::resolve(alert, by, ""),
            Wish::HandOver(team, why) => {
                let party = matrix.team(&team).map(|it| it.party);
                let party = party.ok_or_else(|| Refusal::UnknownTeam(team.clone()))?;
                command::hand_over(alert, by, (team, party), HandOverReason::Manual, &why)
            }
            Wish::Block(reason, at_once) => {
                let triggers = matrix.triggers(&alert.about.function, &alert.remit);
                command::block(alert, by, reason, at_once, "cannot go on", &triggers, now)
            }
            Wish::Unblock => command::unblock(alert, by, ""),
            Wish::Pause(reason, length) => {
                let until = length.map(|it| now.saturating_add(it).unwrap_or(now));
                let request = PauseRequest {
                    reason,
                    by: String::new(),
                    note: "agreed".to_owned(),
                    from: None,
                    until,
                    approval: None,
                };
                let terms = self.terms_of(alert).expect("versions are never forgotten");
                command::pause(alert, &terms, by, request, now)
            }
            Wish::Resume => command::resume(alert, by, ""),
            Wish::Note(text) => command::note(by, &text),
        }
    }
}
