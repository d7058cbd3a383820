//! What is asked for, with what the collector looks up: whose endpoints and
//! alerts it is about, who looks after it, and what the matrix says of that.

use std::collections::BTreeSet;

use jiff::Timestamp;
use remit_collector_domain::{
    alert::Alert,
    authority::{Action, Scope},
    change::Facts,
    known_issue::{IssueSpec, Kind, Matcher},
    matrix::Subject,
    operator::Operator,
};
use remit_proto::{convert::Wire as _, v1};
use remit_shared::{Clock, ErrorKind, Party, Severity, Team, Tenant};
use tonic::Status;

use super::super::{
    Plane,
    alone::{Quiet, Reached},
};
use crate::{
    edge::grpc::{
        show::{self, known_issue::Asked},
        status::{ToStatus as _, answer, not_found},
    },
    ports::{directory::Directory as _, store::Store},
};

/// Covers up to this severity if nobody says.
const USUAL: Severity = Severity::Medium;

impl<S: Store, C: Clock> Plane<S, C> {
    /// What the matrix in force says of keeping this quiet.
    pub(super) async fn known_issue_facts(
        &self,
        operator: &Operator,
        spec: &IssueSpec,
    ) -> Result<Facts, Status> {
        let quiet = Quiet {
            reached: &self.meant(&spec.tenant, &spec.matcher).await?,
            functions: &spec.matcher.functions,
            // How long, the issue says itself.
            lasts: None,
            is_declared: spec.kind == Kind::KnownIssue,
        };
        let mut facts = self.quieting(operator, &spec.tenant, &quiet)?;
        facts.touches.whole_tenant =
            spec.matcher.endpoints.is_empty() && spec.matcher.sites.is_empty();
        Ok(facts)
    }

    /// The endpoints that are meant.
    async fn meant(&self, tenant: &Tenant, matcher: &Matcher) -> Result<Reached, Status> {
        let Matcher { endpoints, sites, .. } = matcher;
        let is_meant = |it: &Subject| {
            (endpoints.is_empty() || endpoints.contains(&it.id))
                && (sites.is_empty() || sites.contains(&it.site))
        };
        self.reached(tenant, is_meant).await
    }

    /// Who looks after it: the team that is named; or else, of the side that is
    /// named, whoever has the alert or asks.
    fn owner(
        &self,
        operator: &Operator,
        tenant: &Tenant,
        asked: &v1::KnownIssueSpec,
        alert: Option<&Alert>,
    ) -> Result<(Team, Party), Status> {
        let invalid = |words: String| answer(ErrorKind::Invalid, words);
        let people = self.matrices.people(tenant);
        let side = match asked.owner_party {
            0 => None,
            some => Some(Party::from_wire("owner_party", some).map_err(|it| it.to_status())?),
        };
        let with_side = |team: &Team| people.party(team).map(|it| (team.clone(), it));
        if !asked.owner_team.is_empty() {
            let team = Team::new(&asked.owner_team).map_err(|err| invalid(err.to_string()))?;
            let owner = with_side(&team)
                .ok_or_else(|| invalid(format!("the matrix has no team `{team}`")))?;
            return match side {
                Some(side) if side != owner.1 => {
                    Err(invalid(format!("{team} is on the {} side, not the {side} side", owner.1)))
                }
                Some(_) | None => Ok(owner),
            };
        }
        let having = alert.iter().flat_map(|it| [&it.remit.responsible, &it.remit.accountable]);
        let mut candidates = having.chain(&operator.teams).filter_map(with_side);
        candidates.find(|it| side.is_none_or(|side| side == it.1)).ok_or_else(|| {
            invalid("say which team looks after it: none follows from what was said".into())
        })
    }

    /// Which alerts are meant: what is said, or else what the alert is about.
    async fn matcher(
        &self,
        operator: &Operator,
        tenant: &Tenant,
        selector: Option<v1::Selector>,
        alert: Option<&Alert>,
    ) -> Result<Matcher, Status> {
        let said = selector.filter(|it| *it != v1::Selector::default());
        let selector = match (said, alert) {
            (None, Some(alert)) => {
                let functions = BTreeSet::from([alert.about.function.clone()]);
                return Ok(Matcher { functions, ..Matcher::exactly(&alert.about) });
            }
            (said, _) => said.unwrap_or_default(),
        };
        let mut endpoints = BTreeSet::new();
        for named in &selector.endpoints {
            let endpoint = self.endpoint(operator, named).await?;
            if endpoint.registration.tenant != *tenant {
                return Err(not_found("endpoint", named));
            }
            endpoints.insert(endpoint.id());
        }
        let matcher = show::known_issue::matcher(selector, endpoints);
        let matcher = matcher.map_err(|it| it.to_status())?;
        let meant = self.meant(tenant, &matcher).await?;
        let rules: Vec<_> = meant.endpoints.iter().map(|it| self.matrices.rules(it)).collect();
        // Whose consent it takes follows from the kinds of work, so it must not
        // grow beyond them: another system may use the name of a check of ours.
        let functions = matcher.kinds_of_work(rules.iter().map(|it| &**it));
        Ok(Matcher { functions, ..matcher })
    }

    /// What is asked for, with what the collector looks up.
    pub(in crate::edge::grpc::operator) async fn issue_spec(
        &self,
        operator: &Operator,
        message: v1::KnownIssueSpec,
        alert: Option<&Alert>,
        now: Timestamp,
    ) -> Result<IssueSpec, Status> {
        let tenant = match (message.tenant.as_str(), alert) {
            ("", Some(alert)) => alert.about.tenant.clone(),
            (named, _) => {
                Tenant::new(named).map_err(|err| answer(ErrorKind::Invalid, err.to_string()))?
            }
        };
        if alert.is_some_and(|it| it.about.tenant != tenant) {
            let words = format!("the alert is not {tenant}'s");
            return Err(answer(ErrorKind::Invalid, words));
        }
        self.permit(operator, Action::ProposeChange, &Scope::tenant(&tenant)).await?;
        let selector = message.selector.clone();
        let asked = Asked {
            matcher: self.matcher(operator, &tenant, selector, alert).await?,
            owner: self.owner(operator, &tenant, &message, alert)?,
            usual: alert.map_or(USUAL, |it| it.severity),
            tenant,
            now,
        };
        show::known_issue::asked(message, asked).map_err(|it| it.to_status())
    }
}
