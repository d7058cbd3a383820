//! What somebody proposes, as the one text that is agreed on.

use std::collections::BTreeSet;

use jiff::{SignedDuration, Timestamp};
use remit_collector_domain::{
    authority::{Action, Scope, grants::Grant},
    change::{
        self, Retention, Revocation, Spec, Subject, TokenSpec, WindowSpec, WorkSpec, canonical,
    },
    enroll, matrix,
    operator::Operator,
    window::{self, Timing},
};
use remit_proto::{
    convert::{InvalidMessage, Wire as _, seconds},
    v1::{self, propose_change_request::Payload},
};
use remit_shared::{Clock, EndpointId, EndpointKind, ErrorKind, Site, Tag, Tenant};
use tonic::Status;

use crate::{
    changes::Start,
    edge::grpc::{
        operator::{Plane, matrices, operators},
        show::each,
        status::{ToStatus as _, answer, not_found},
    },
    ports::store::Store,
};

/// What is to be agreed on.
pub(in crate::edge::grpc::operator) struct Wanted {
    pub(in crate::edge::grpc::operator) tenant: Tenant,
    pub(in crate::edge::grpc::operator) subject: Subject,
    pub(in crate::edge::grpc::operator) text: String,
    /// When it takes effect unless somebody says otherwise.
    pub(super) start: Start,
}

impl From<Spec> for Wanted {
    fn from(spec: Spec) -> Self {
        Self {
            tenant: spec.tenant().clone(),
            subject: spec.subject(),
            text: canonical::canonical(&spec),
            start: Start::Applied,
        }
    }
}

impl<S: Store, C: Clock> Plane<S, C> {
    /// Reads what somebody proposes.
    pub(super) async fn wanted(
        &self,
        operator: &Operator,
        asked: &v1::ProposeChangeRequest,
        payload: Payload,
    ) -> Result<Wanted, Status> {
        let tenant =
            || Tenant::new(&asked.tenant).map_err(|it| answer(ErrorKind::Invalid, it.to_string()));
        let now = self.engine.clock.now();
        Ok(match payload {
            Payload::Matrix(it) => {
                let (wanted, _) = self.matrix_wanted(operator, it, now).await?;
                if !asked.tenant.is_empty() && tenant()? != wanted.tenant {
                    let words =
                        format!("the matrix is {}'s, not {}'s", wanted.tenant, asked.tenant);
                    return Err(answer(ErrorKind::Invalid, words));
                }
                wanted
            }
            Payload::Window(it) => Spec::Window(self.window_wanted(operator, it).await?).into(),
            Payload::Work(it) => {
                let plan = it.plan.unwrap_or_default();
                let work = self.work_wanted(plan, &it.who, it.quiet, operator).await?;
                // Quiet is there once it is agreed on, without anybody.
                let start = if it.quiet { Start::Agreed } else { Start::Applied };
                Wanted { start, ..Spec::Work(work).into() }
            }
            Payload::KnownIssue(it) => {
                Spec::KnownIssue(self.issue_spec(operator, it, None, now).await?).into()
            }
            Payload::Role(it) => {
                let grant = self.grant_wanted(it).await?;
                Spec::Role { tenant: tenant()?, grant }.into()
            }
            Payload::Token(it) => Spec::Token(token(it).map_err(|it| it.to_status())?).into(),
            Payload::Retention(it) => Spec::Retention(Retention {
                tenant: tenant()?,
                records: it.records,
                keep: seconds("keep_seconds", it.keep_seconds).map_err(|it| it.to_status())?,
            })
            .into(),
            Payload::Revocation(it) => {
                let endpoints = self.endpoints_named(operator, &it.endpoints).await?;
                let why = asked.reason.trim().to_owned();
                let spec = Spec::Revocation(Revocation { tenant: tenant()?, endpoints, why });
                // They are out once it is agreed on, without anybody.
                Wanted { start: Start::Agreed, ..spec.into() }
            }
            Payload::Tuning(it) => self.tuning_wanted(operator, it, asked, now).await?,
        })
    }

    /// A matrix that is to be published, with what lint remarks.
    pub(in crate::edge::grpc::operator) async fn matrix_wanted(
        &self,
        operator: &Operator,
        asked: v1::MatrixProposal,
        now: Timestamp,
    ) -> Result<(Wanted, Vec<v1::Finding>), Status> {
        let (file, remarks) = self.linted(operator, &asked.file_name, &asked.toml, now).await?;
        let tenant = file.matrix.tenant.clone();
        let newest = self.newest_matrix(&tenant).await?;
        if asked.expected_version != 0 && asked.expected_version != newest {
            let words = format!("the newest version is {newest}, not {}", asked.expected_version);
            return Err(answer(ErrorKind::Conflict, words));
        }
        let old = self.matrices.version(&tenant, newest);
        let parts = old.map(|it| change::parts(&matrix::diff(&it.matrix, &file.matrix)));
        let subject = Subject::Matrix { base: newest, parts: parts.unwrap_or_default() };
        let wanted = Wanted { tenant, subject, text: asked.toml, start: Start::Applied };
        Ok((wanted, remarks.iter().map(matrices::finding).collect()))
    }

    /// A window in the words of a change.
    async fn window_wanted(
        &self,
        operator: &Operator,
        asked: v1::WindowSpec,
    ) -> Result<WindowSpec, Status> {
        let (tenant, spec) = self.window_spec(asked)?;
        self.permit(operator, Action::ProposeChange, &Scope::tenant(&tenant)).await?;
        self.all_known(operator, &tenant, &spec.selector).await?;
        Ok(window(tenant, spec))
    }

    async fn work_wanted(
        &self,
        plan: v1::WindowSpec,
        who: &str,
        quiet: bool,
        operator: &Operator,
    ) -> Result<WorkSpec, Status> {
        let WindowSpec { tenant, title, why, selector, zone, start, repeats, duration, .. } =
            self.window_wanted(operator, plan).await?;
        if repeats.is_some() {
            let words = "work is planned for once: propose a window for what repeats";
            return Err(answer(ErrorKind::Invalid, words));
        }
        let who = if who.trim().is_empty() { &operator.name } else { who.trim() }.to_owned();
        Ok(WorkSpec { tenant, title, why, who, selector, zone, start, duration, quiet })
    }

    async fn grant_wanted(&self, asked: v1::RoleGrant) -> Result<Grant, Status> {
        let named = asked.operator.trim();
        let all = self.operators().await?;
        let there = all
            .iter()
            .find(|it| it.revoked.is_none() && (it.name == named || it.id.to_string() == named));
        if there.is_none() && named.starts_with("opr_") {
            return Err(not_found("operator", named));
        }
        let name = there.map_or(named, |it| &it.name);
        operators::grant(there.map(|it| it.id), name, &asked).map_err(|it| it.to_status())
    }

    async fn endpoints_named(
        &self,
        operator: &Operator,
        named: &[String],
    ) -> Result<BTreeSet<EndpointId>, Status> {
        let mut endpoints = BTreeSet::new();
        for it in named {
            endpoints.insert(self.endpoint(operator, it).await?.id());
        }
        Ok(endpoints)
    }
}

/// A window in the words of a change.
pub(in crate::edge::grpc::operator) fn window(tenant: Tenant, spec: window::Spec) -> WindowSpec {
    let (start, repeats) = match &spec.timing {
        Timing::Once { start } => (*start, None),
        Timing::Recurring(it) => (it.start(), Some(it.rule().clone())),
    };
    WindowSpec {
        tenant,
        title: spec.title,
        why: spec.why,
        selector: spec.selector,
        effects: spec.effects,
        zone: spec.zone.iana_name().unwrap_or("UTC").to_owned(),
        start,
        repeats,
        duration: spec.duration,
        grace: spec.grace,
        for_patching: spec.for_patching,
        covers_open: spec.covers_open,
    }
}

fn token(asked: v1::CreateTokenRequest) -> Result<TokenSpec, InvalidMessage> {
    let kind = Some(asked.kind).filter(|it| *it != 0);
    Ok(TokenSpec {
        tenant: named("tenant", Tenant::new(&asked.tenant))?,
        site: named("site", Site::new(&asked.site))?,
        kind: kind.map(|it| EndpointKind::from_wire("kind", it)).transpose()?,
        tags: each("tags", &asked.tags, Tag::new)?,
        uses: if asked.max_uses == 0 { enroll::USUAL_USES } else { asked.max_uses },
        ttl: match asked.ttl_seconds {
            0 => enroll::USUAL_TTL,
            some => SignedDuration::from_secs(some.into()),
        },
    })
}

fn named<T, E: std::fmt::Display>(
    field: &'static str,
    read: Result<T, E>,
) -> Result<T, InvalidMessage> {
    read.map_err(|err| InvalidMessage::new(field, err.to_string()))
}
