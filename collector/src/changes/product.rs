//! What a change would become, worked out before anything is kept: the record
//! that is to be committed under the change's own id.
//!
//! # Invariants
//!
//! - The same change gives the same record's id, so that carrying it out twice
//!   makes one thing.
//! - What could not be carried out is an error here, before anybody is asked to
//!   agree to it.

use std::collections::BTreeSet;

use jiff::{Timestamp, tz::TimeZone};
use remit_collector_domain::{
    alert::Actor,
    authority::grants::Grant,
    change::{self, Change, Refusal, Requirement, Revocation, Signatory, Spec, Subject, TokenSpec},
    known_issue,
    matrix_version::{PublishError, Published, Signature, may_publish},
    operator::Operator,
    window::{self, command::Request},
};
use remit_shared::{KnownIssueId, Party, Team, WindowId};

use crate::{
    adapters::matrices::{InForce, InForceError},
    changes::world::World,
};

/// What is to be committed.
pub(super) enum Product {
    /// A version of the matrix.
    Matrix(Box<InForce>),
    /// A window.
    Window(Box<window::Step>),
    /// Something that is known.
    KnownIssue(Box<known_issue::Step>),
    /// An operator that is there, as it is to be.
    Operator(Grant),
    /// The right to make an operator.
    Admission(Grant),
    /// A token, once somebody is there to be shown it.
    Token(Box<TokenSpec>),
    /// Endpoints that are to be shut out.
    Revocation(Revocation),
    /// Nothing: it was told, and agreed on.
    Told,
}

/// Why a change cannot be carried out.
#[derive(Debug, thiserror::Error)]
pub enum Undoable {
    /// The text says nothing that could be done.
    #[error(transparent)]
    Text(#[from] change::canonical::CanonicalError),
    /// There could be no such window.
    #[error(transparent)]
    Window(#[from] window::command::Refusal),
    /// Nothing of the kind can be known.
    #[error(transparent)]
    KnownIssue(#[from] known_issue::Refusal),
    /// The version cannot follow those that there are.
    #[error(transparent)]
    Publish(#[from] PublishError),
    /// The matrix cannot be put in force.
    #[error(transparent)]
    Matrix(#[from] InForceError),
    /// Not even in an emergency.
    #[error(transparent)]
    Emergency(#[from] Refusal),
    /// Nobody knows that place's clock.
    #[error("there is no zone `{0}`")]
    Zone(String),
    /// Nobody of that side has a team.
    #[error("{0} acts for no team, and the matrix names none of the {1} side")]
    NoTeam(String, Party),
    /// Somebody is called so already.
    #[error("there is an operator called {0} already")]
    Named(String),
    /// There is nobody to be given a role.
    #[error("the operator that this is about is there no more")]
    NoOperator,
    /// Nobody could enroll there.
    #[error("{0}")]
    Site(String),
    /// Its text is shown once, to whoever is there.
    #[error("its text could be shown to nobody any more: propose the token again")]
    TokenUnseen,
    /// The same: nobody is there then.
    #[error("a token is shown to whoever applies the change, so the change has no time of its own")]
    TokenHasNoTime,
    /// It is no matter of the network.
    #[error(
        "how long records are kept is set on the collector's own machine: `keep_history` and \
         `keep_feed` in collector.toml"
    )]
    Retention,
}

/// Works out what a change becomes. `agreed` are those who stand behind it
/// beside whoever asked.
pub(super) fn product(
    change: &Change,
    world: &World,
    agreed: &[Agreed],
) -> Result<Product, Undoable> {
    if matches!(change.subject, Subject::Matrix { .. }) {
        return matrix(change, world).map(|it| Product::Matrix(Box::new(it)));
    }
    Ok(match change.spec()? {
        Spec::Window(it) => Product::Window(Box::new(window(&it, change, world, agreed)?)),
        Spec::Work(it) => match it.window() {
            Some(it) => Product::Window(Box::new(window(&it, change, world, agreed)?)),
            None => Product::Told,
        },
        Spec::KnownIssue(_) => {
            let id = KnownIssueId::from_uuid(*change.id.as_uuid());
            let issue = known_issue::born(id, change, world.now)?;
            let declared = known_issue::step(issue, known_issue::Event::Declared, world.now);
            Product::KnownIssue(Box::new(declared))
        }
        Spec::Role { grant, .. } => match grant.operator {
            Some(id) if world.operators.iter().any(|it| it.id == id && it.revoked.is_none()) => {
                Product::Operator(grant)
            }
            Some(_) => return Err(Undoable::NoOperator),
            None if is_named(&grant.name, &world.operators) => {
                return Err(Undoable::Named(grant.name));
            }
            None => Product::Admission(grant),
        },
        Spec::Token(_) if change.effective_from.is_some() => return Err(Undoable::TokenHasNoTime),
        Spec::Token(it) => {
            world.check_site(&it.site).map_err(Undoable::Site)?;
            Product::Token(Box::new(it))
        }
        Spec::Revocation(it) => Product::Revocation(it),
        Spec::Retention(_) => return Err(Undoable::Retention),
    })
}

/// Whether somebody who is let in is called so.
pub fn is_named(name: &str, operators: &[Operator]) -> bool {
    operators.iter().any(|it| it.revoked.is_none() && it.name == name)
}

/// Somebody who agreed to a change, or would.
pub(super) struct Agreed {
    name: String,
    party: Party,
    teams: Vec<Team>,
}

impl Agreed {
    /// Those who have.
    pub(super) fn to(change: &Change) -> Vec<Self> {
        let agreed = change.approvals.iter();
        let one = |it: &change::Approval| Self {
            name: it.by.name.clone(),
            party: it.by.party,
            teams: it.teams.clone(),
        };
        agreed.map(one).collect()
    }

    /// Those who must.
    pub(super) fn as_required(change: &Change) -> Vec<Self> {
        let one = |it: &Requirement| Self {
            name: it.role.to_string(),
            party: it.party,
            teams: it.teams.iter().cloned().collect(),
        };
        change.required.iter().map(one).collect()
    }

    fn actor(&self, world: &World) -> Result<Actor, Undoable> {
        let Self { name, party, teams } = self;
        let no_team = || Undoable::NoTeam(name.clone(), *party);
        let team = world.team(teams, *party).ok_or_else(no_team)?;
        Ok(Actor { name: name.clone(), team, party: *party })
    }
}

fn window(
    asked: &change::WindowSpec,
    change: &Change,
    world: &World,
    agreed: &[Agreed],
) -> Result<window::Step, Undoable> {
    let zone = TimeZone::get(&asked.zone).map_err(|_| Undoable::Zone(asked.zone.clone()))?;
    let mut spec = asked.spec(zone, change.id);
    if let Some(end) = change.break_glass.as_ref().and_then(|it| it.reverts_at) {
        spec = change::within(spec, end)?;
    }
    let Signatory { name, party, .. } = &change.requested_by;
    let teams = world.requester(change).map(|it| it.teams.clone()).unwrap_or_default();
    let by = Agreed { name: name.clone(), party: *party, teams }.actor(world)?;
    let reach = world.reach(&spec, *party);
    let request = Request {
        id: WindowId::from_uuid(*change.id.as_uuid()),
        tenant: &change.tenant,
        by,
        approved_by: agreed.iter().map(|it| it.actor(world)).collect::<Result<_, _>>()?,
        others: &world.windows,
        reach,
        now: world.now,
    };
    Ok(window::command::schedule(spec, request)?)
}

fn matrix(change: &Change, world: &World) -> Result<InForce, Undoable> {
    let asker = &change.requested_by;
    let mut signatures = vec![signature(asker, change, change.requested_at, None)];
    let approvals = change.approvals.iter();
    signatures.extend(approvals.map(|it| signature(&it.by, change, it.at, it.signature.clone())));
    let last = world.versions.last();
    let published = Published {
        tenant: change.tenant.clone(),
        version: world.newest_version() + 1,
        text: change.text.clone(),
        sha256: change.sha256.clone(),
        previous_sha256: last.map(|it| it.sha256.clone()),
        published_at: world.now,
        published_by: asker.name.clone(),
        note: change.why.clone(),
        effective_from: last.map_or(world.now, |it| it.effective_from.max(world.now)),
        change: Some(change.id),
        signatures,
    };
    Ok(InForce::read(published)?)
}

/// Whether a version may be published now, by those who signed it.
pub(super) fn check_published(version: &Published, world: &World) -> Result<(), PublishError> {
    let existing: Vec<_> = world.versions.iter().map(|it| Published::clone(it)).collect();
    let old = world.newest.iter().flat_map(|it| &it.matrix.teams);
    let sides: BTreeSet<Party> = old.map(|it| it.party).collect();
    may_publish(&existing, version, &sides, world.now)
}

fn signature(
    by: &Signatory,
    change: &Change,
    at: Timestamp,
    signature: Option<String>,
) -> Signature {
    let Signatory { operator, name, party, .. } = by.clone();
    Signature { operator, name, party, at, sha256: change.sha256.clone(), signature }
}
