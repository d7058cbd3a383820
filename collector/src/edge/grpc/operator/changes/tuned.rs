//! When a check alerts, as a change: the matrix's text with the wish in it, and
//! beside it why, and what the recorded readings say of it.
//!
//! # Not here
//!
//! What the wish would have meant: [`tune`] tries it.

use jiff::{SignedDuration, Timestamp};
use remit_collector_domain::{
    authority::{Action, Scope},
    change::Spec,
    known_issue::Kind,
    matrix::parse_length,
    operator::Operator,
    tuning::Knob,
};
use remit_proto::{convert::Wire as _, v1};
use remit_shared::{Clock, ErrorKind, Tenant};
use tonic::Status;

use crate::{
    edge::grpc::{
        operator::{Plane, changes::Wanted, reports::back},
        show,
        status::{ToStatus as _, answer, not_found},
    },
    ports::store::Store,
    reports::tune::{self, Asked},
};

impl<S: Store, C: Clock> Plane<S, C> {
    /// What a check is to be from then on. The limits, the hold time and the
    /// severity are the matrix's; what need not be told is a known issue.
    pub(super) async fn tuning_wanted(
        &self,
        operator: &Operator,
        tuning: v1::Tuning,
        asked: &v1::ProposeChangeRequest,
        now: Timestamp,
    ) -> Result<Wanted, Status> {
        let invalid = |words: &str| answer(ErrorKind::Invalid, words);
        let named = if tuning.tenant.is_empty() { &asked.tenant } else { &tuning.tenant };
        let tenant = Tenant::new(named).map_err(|err| invalid(&err.to_string()))?;
        self.permit(operator, Action::ProposeChange, &Scope::tenant(&tenant)).await?;
        if tuning.check.is_empty() {
            return Err(invalid("name a check"));
        }
        let knob = show::report::asked_knob(tuning.kind());
        let knob = knob.ok_or_else(|| invalid("say what of the check is to be different"))?;
        if knob == Knob::Suppression {
            return self.suppression_wanted(operator, &tenant, tuning, asked, now).await;
        }
        if tuning.after.trim().is_empty() {
            return Err(invalid("say what it is to be from then on"));
        }
        let newest = self.newest_matrix(&tenant).await?;
        let matrix = self.matrices.version(&tenant, newest);
        let matrix = matrix.ok_or_else(|| not_found("matrix of tenant", &tenant))?;
        let wanted = Asked {
            check: tuning.check,
            on: self.scope(operator, tuning.selector.unwrap_or_default()).await?,
            knob: Some(knob),
            value: Some(tuning.after),
            since: back(now),
            why: Some(asked.reason.clone()),
        };
        let tried = tune::tune(self.store(), &matrix, wanted, now).await;
        let tried = tried.map_err(|it| it.to_status())?.into_iter().next();
        let toml = tried.and_then(|it| it.text);
        let proposal = v1::MatrixProposal {
            toml: toml.ok_or_else(|| invalid("the matrix says so already"))?,
            file_name: format!("{tenant}.toml"),
            expected_version: newest,
        };
        Ok(self.matrix_wanted(operator, proposal, now).await?.0)
    }

    /// A check's alerts that are known for a while, which is how nothing stays
    /// quiet for ever.
    async fn suppression_wanted(
        &self,
        operator: &Operator,
        tenant: &Tenant,
        tuning: v1::Tuning,
        asked: &v1::ProposeChangeRequest,
        now: Timestamp,
    ) -> Result<Wanted, Status> {
        let invalid = |words: String| answer(ErrorKind::Invalid, words);
        let lasts: SignedDuration = match tuning.after.trim() {
            "" => Kind::KnownIssue.longest(),
            some => parse_length(some)
                .map_err(|err| invalid(format!("`{some}` is no time to be quiet for: {err}")))?,
        };
        let expires_at = now.checked_add(lasts).map_err(|err| invalid(err.to_string()))?;
        // Whoever asks looks after it, or else somebody of their side.
        let in_force = self.matrices.of(tenant);
        let mut of_side = in_force.iter().flat_map(|it| &it.matrix.teams);
        let owner = of_side.find(|it| it.party == operator.party).map(|it| it.name.to_string());
        let owner_team = if operator.teams.is_empty() { owner } else { None };
        let spec = v1::KnownIssueSpec {
            owner_team: owner_team.unwrap_or_default(),
            tenant: tenant.to_string(),
            title: asked.title.clone(),
            why: asked.reason.clone(),
            selector: Some(v1::Selector {
                checks: vec![tuning.check],
                ..tuning.selector.unwrap_or_default()
            }),
            expires_at: Some(expires_at.to_wire()),
            ..Default::default()
        };
        Ok(Spec::KnownIssue(self.issue_spec(operator, spec, None, now).await?).into())
    }
}
