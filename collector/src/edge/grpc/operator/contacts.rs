//! Where people are told, and whether that was tried.

use std::{collections::BTreeMap, sync::Arc};

use jiff::Timestamp;
use remit_collector_domain::{
    alert::{Alert, Delivery},
    authority::{Action, Scope},
    contact::{Answer, Contact, GOOD_FOR},
    effect::Effect,
    letter::{Letter, Matter},
    matrix::{ChannelRef, Matrix},
    operator::Operator,
};
use remit_proto::{
    convert::Wire as _,
    v1::{self, contact_service_server::ContactService},
};
use remit_runtime::random;
use remit_shared::{Clock, ErrorKind, Party, Team, Tenant};
use tonic::{Request, Response, Status};

use super::{Plane, find::named_tenant};
use crate::{
    edge::grpc::status::{ToStatus as _, answer, not_found},
    ports::store::{Commit, Store, Stored, sha256},
};

#[tonic::async_trait]
impl<S: Store, C: Clock> ContactService for Plane<S, C> {
    async fn list_contacts(
        &self,
        request: Request<v1::ListContactsRequest>,
    ) -> Result<Response<v1::ListContactsResponse>, Status> {
        let operator = self.caller(&request).await?;
        let asked = request.into_inner();
        let tenant = tenant(&asked.tenant)?;
        self.permit(&operator, Action::See, &Scope::tenant(&tenant)).await?;
        let matrix = self.matrix_of(&tenant)?;
        let tried = self.tried(&tenant).await?;
        let mut contacts = Vec::new();
        for channel in matrix.channels() {
            let seen = tried.get(channel).cloned().unwrap_or_default();
            if !asked.unverified || !seen.is_verified() || seen.is_failing() {
                contacts.push(self.show(&matrix, channel, &seen));
            }
        }
        Ok(Response::new(v1::ListContactsResponse { contacts }))
    }

    async fn send_verification(
        &self,
        request: Request<v1::SendVerificationRequest>,
    ) -> Result<Response<v1::SendVerificationResponse>, Status> {
        let operator = self.caller(&request).await?;
        let asked = request.into_inner();
        let (matrix, channel) = self.named(&operator, &asked.tenant, &asked.channel).await?;
        if let Some(lines) = self.channels.lacks(&channel) {
            let words = format!(
                "this collector has no `{channel}`: set it up in its `collector.toml`:\n{lines}"
            );
            return Err(answer(ErrorKind::Conflict, words));
        }
        let (contact, revision) = self.contact(&matrix.tenant, &channel).await?;
        let now = self.engine.clock.now();
        let code = format!("{:06}", random::u64() % 1_000_000);
        let hash = hash(&matrix.tenant, &channel, &code);
        let contact = contact.ask(hash, &operator.name, now);
        let contact = contact.map_err(|err| answer(ErrorKind::Exhausted, err.to_string()))?;
        let letter = letter(&matrix, &channel, &code, &operator, now);
        let detail = format!("a code was sent to {channel}");
        let effects = vec![Effect::Tell(Box::new(letter))];
        self.keep_contact(&operator, contact, revision, "contact.ask", detail, effects).await?;
        let contact = Some(self.shown_contact(&matrix, &channel).await?);
        Ok(Response::new(v1::SendVerificationResponse { contact }))
    }

    async fn confirm_verification(
        &self,
        request: Request<v1::ConfirmVerificationRequest>,
    ) -> Result<Response<v1::ConfirmVerificationResponse>, Status> {
        let operator = self.caller(&request).await?;
        let asked = request.into_inner();
        let (matrix, channel) = self.named(&operator, &asked.tenant, &asked.channel).await?;
        let (contact, revision) = self.contact(&matrix.tenant, &channel).await?;
        let said = hash(&matrix.tenant, &channel, asked.code.trim());
        let confirmed = contact.confirm(&said, &operator.name, self.engine.clock.now());
        let (contact, said) =
            confirmed.map_err(|err| answer(ErrorKind::Conflict, err.to_string()))?;
        let (action, detail) = match said {
            Answer::Right => ("contact.verify", format!("{channel} leads to somebody")),
            Answer::Wrong { left } => {
                ("contact.mistake", format!("a wrong code; {left} more may be tried"))
            }
        };
        self.keep_contact(&operator, contact, revision, action, detail, Vec::new()).await?;
        if let Answer::Wrong { left } = said {
            let words = match left {
                0 => format!(
                    "that is not the code, and it is void now: `remit contact verify {channel}` sends another"
                ),
                some => {
                    format!("that is not the code that was sent to {channel}; tries left: {some}")
                }
            };
            return Err(answer(ErrorKind::Conflict, words));
        }
        let contact = Some(self.shown_contact(&matrix, &channel).await?);
        Ok(Response::new(v1::ConfirmVerificationResponse { contact }))
    }
}

/// What is known of a channel.
#[derive(Clone, Debug, Default)]
pub(super) struct Tried {
    contact: Option<Contact>,
    delivered: Option<Timestamp>,
    failed: Option<(Timestamp, String)>,
}

impl Tried {
    /// Whether somebody made sure of it.
    pub(super) fn is_verified(&self) -> bool {
        self.contact.as_ref().is_some_and(|it| it.verified.is_some())
    }

    /// Whether the newest message did not arrive.
    pub(super) fn is_failing(&self) -> bool {
        let failed = self.failed.as_ref().map(|it| it.0);
        failed.is_some_and(|failed| self.delivered.is_none_or(|it| it < failed))
    }

    /// Why the newest failure was one.
    pub(super) fn last_error(&self) -> &str {
        self.failed.as_ref().map_or("", |it| &it.1)
    }

    fn note(&mut self, delivery: &Delivery) {
        match delivery {
            Delivery::Delivered { at, .. } => self.delivered = self.delivered.max(Some(*at)),
            Delivery::Failing { at, error, .. } | Delivery::Failed { at, error, .. } => {
                if self.failed.as_ref().is_none_or(|it| it.0 < *at) {
                    self.failed = Some((*at, error.clone()));
                }
            }
            Delivery::Pending | Delivery::Withdrawn { .. } => {}
        }
    }
}

impl<S: Store, C: Clock> Plane<S, C> {
    /// What is known of a tenant's channels: what was tried on purpose, and what
    /// became of the messages of alerts that are still kept.
    pub(super) async fn tried(
        &self,
        tenant: &Tenant,
    ) -> Result<BTreeMap<ChannelRef, Tried>, Status> {
        let mut tried: BTreeMap<ChannelRef, Tried> = BTreeMap::new();
        for it in self.store().all::<Contact>().await.map_err(|it| it.to_status())? {
            if it.record.tenant == *tenant {
                let seen = tried.entry(it.record.channel.clone()).or_default();
                seen.contact = Some(Contact::clone(&it.record));
            }
        }
        for it in self.store().all::<Alert>().await.map_err(|it| it.to_status())? {
            let notices = it.record.notices.iter().filter(|_| it.record.about.tenant == *tenant);
            for notice in notices {
                if let Ok(channel) = notice.channel.parse() {
                    tried.entry(channel).or_default().note(&notice.delivery);
                }
            }
        }
        Ok(tried)
    }

    fn matrix_of(&self, tenant: &Tenant) -> Result<Arc<Matrix>, Status> {
        let in_force = self.matrices.of(tenant);
        let in_force = in_force.ok_or_else(|| not_found("matrix of tenant", tenant))?;
        Ok(Arc::clone(&in_force.matrix))
    }

    /// A channel that the matrix in force names, for somebody who may try it.
    async fn named(
        &self,
        operator: &Operator,
        of: &str,
        channel: &str,
    ) -> Result<(Arc<Matrix>, ChannelRef), Status> {
        let tenant = tenant(of)?;
        self.permit(operator, Action::VerifyContact, &Scope::tenant(&tenant)).await?;
        let matrix = self.matrix_of(&tenant)?;
        let channel: ChannelRef =
            channel.trim().parse().map_err(|err| answer(ErrorKind::Invalid, format!("{err}")))?;
        if !matrix.channels().contains(&channel) {
            return Err(not_found(&format!("channel in the matrix of {tenant}:"), &channel));
        }
        Ok((matrix, channel))
    }

    async fn contact(
        &self,
        tenant: &Tenant,
        channel: &ChannelRef,
    ) -> Result<(Contact, u64), Status> {
        let key = (tenant.clone(), channel.clone());
        let stored = self.store().load::<Contact>(&key).await.map_err(|it| it.to_status())?;
        Ok(match stored {
            Some(Stored { record, revision }) => (Contact::clone(&record), revision),
            None => (Contact::untried(key.0, key.1), 0),
        })
    }

    async fn keep_contact(
        &self,
        operator: &Operator,
        contact: Contact,
        revision: u64,
        action: &str,
        detail: String,
        mut effects: Vec<Effect>,
    ) -> Result<(), Status> {
        let (tenant, object) = (contact.tenant.clone(), contact.channel.to_string());
        effects.push(Effect::Audit(self.audit(operator, Some(&tenant), action, object, detail)));
        let commit = Commit::new(contact, revision, effects);
        self.store().commit(commit).await.map_err(|it| it.to_status())?;
        self.engine.owed.notify_one();
        Ok(())
    }

    async fn shown_contact(
        &self,
        matrix: &Matrix,
        channel: &ChannelRef,
    ) -> Result<v1::Contact, Status> {
        let tried = self.tried(&matrix.tenant).await?;
        Ok(self.show(matrix, channel, &tried.get(channel).cloned().unwrap_or_default()))
    }

    fn show(&self, matrix: &Matrix, channel: &ChannelRef, seen: &Tried) -> v1::Contact {
        let persons =
            matrix.persons.iter().filter(|it| !it.disabled && it.notify.contains(channel));
        let teams = matrix.teams.iter().filter(|it| it.notify.contains(channel));
        let contact = seen.contact.as_ref();
        let verified = contact.and_then(|it| it.verified.as_ref());
        let pending = contact.and_then(|it| it.pending(self.engine.clock.now()));
        v1::Contact {
            tenant: matrix.tenant.to_string(),
            channel: channel.to_string(),
            persons: persons.map(|it| it.name.to_string()).collect(),
            teams: teams.map(|it| it.name.to_string()).collect(),
            verified_at: verified.map(|it| it.at.to_wire()),
            verified_by: verified.map(|it| it.by.clone()).unwrap_or_default(),
            pending_until: pending.map(|it| it.until.to_wire()),
            last_delivered_at: seen.delivered.map(|it| it.to_wire()),
            last_failed_at: seen.failed.as_ref().map(|it| it.0.to_wire()),
            last_error: seen.last_error().to_owned(),
        }
    }
}

fn tenant(named: &str) -> Result<Tenant, Status> {
    let missing = || answer(ErrorKind::Invalid, "name a tenant");
    named_tenant(named)?.ok_or_else(missing)
}

/// A code has few digits: what is hashed with it keeps one hash from telling of
/// two channels.
fn hash(tenant: &Tenant, channel: &ChannelRef, code: &str) -> String {
    let hash = sha256(format!("remit contact 1\n{tenant}\n{channel}\n{code}").as_bytes());
    hash.iter().map(|it| format!("{it:02x}")).collect()
}

fn letter(
    matrix: &Matrix,
    channel: &ChannelRef,
    code: &str,
    operator: &Operator,
    now: Timestamp,
) -> Letter {
    let (team, party) = whose(matrix, channel);
    let minutes = GOOD_FOR.as_mins();
    let name = &operator.name;
    Letter {
        matter: Matter::Contact,
        tenant: matrix.tenant.clone(),
        team,
        party,
        channel: channel.to_string(),
        made_at: now,
        page: false,
        subject: "Is this how you are told?".to_owned(),
        text: format!(
            "{name} would like to know whether messages reach somebody here.\n\n\
             Code: {code}\n\n\
             Whoever reads this, please type within {minutes} minutes\n\n    \
             remit contact confirm {channel} {code} --tenant {tenant}\n\n\
             or tell the code to {name}.",
            tenant = matrix.tenant,
        ),
    }
}

/// Whose channel it is: a team's, or that of the first team of a person.
fn whose(matrix: &Matrix, channel: &ChannelRef) -> (Team, Party) {
    let of_team = matrix.teams.iter().find(|it| it.notify.contains(channel));
    let person = matrix.persons.iter().find(|it| it.notify.contains(channel));
    let of_person = || person.and_then(|it| matrix.team(it.teams.first()?));
    match of_team.or_else(of_person) {
        Some(team) => (team.name.clone(), team.party),
        None => (matrix.catch_all.duty.responsible.clone(), Party::Internal),
    }
}
