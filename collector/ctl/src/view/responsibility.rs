//! Whose remit it is, and why.

use jiff::SignedDuration;
use remit_proto::v1;
use remit_runtime::duration;
use serde::Serialize;

use super::{
    Look, View,
    sheet::Sheet,
    time::{Time, time},
};
use crate::word::spelled;

/// Who owns an alert, or a function at a time.
#[derive(Debug, Serialize)]
pub(crate) struct Responsibility {
    pub(crate) matrix_tenant: String,
    pub(crate) matrix_version: u64,
    pub(crate) row: String,
    pub(crate) responsible: String,
    pub(crate) accountable: String,
    pub(crate) consulted: Vec<String>,
    pub(crate) informed: Vec<String>,
    pub(crate) party: Option<&'static str>,
    pub(crate) runbook: String,
    pub(crate) reason: String,
    pub(crate) decided_at: Option<Time>,
    pub(crate) rejected: Vec<String>,
}

impl From<v1::Responsibility> for Responsibility {
    fn from(it: v1::Responsibility) -> Self {
        Self {
            matrix_tenant: it.matrix_tenant,
            matrix_version: it.matrix_version,
            row: it.row,
            responsible: it.responsible,
            accountable: it.accountable,
            consulted: it.consulted,
            informed: it.informed,
            party: spelled::<v1::Party>(it.party),
            runbook: it.runbook,
            reason: it.reason,
            decided_at: time(it.decided_at),
            rejected: it.rejected,
        }
    }
}

impl Responsibility {
    /// The team, and on which side it is.
    pub(crate) fn owner(&self) -> String {
        match self.party {
            Some(party) => format!("{} ({party})", self.responsible),
            None => self.responsible.clone(),
        }
    }

    /// Who else has a part in it.
    pub(crate) fn others(&self, sheet: &mut Sheet<'_>) {
        sheet.fact("accountable", &self.accountable);
        sheet.fact("consulted", &self.consulted.join(", "));
        sheet.fact("informed", &self.informed.join(", "));
    }

    /// What decided.
    pub(crate) fn why(&self, sheet: &mut Sheet<'_>) {
        let Self { matrix_tenant, matrix_version, row, .. } = self;
        sheet.fact("because", &self.reason);
        sheet.fact("matrix", &format!("{matrix_tenant} version {matrix_version}, row {row}"));
        sheet.facts("rejected", self.rejected.iter().map(String::as_str));
    }
}

/// `remit who`.
#[derive(Debug, Serialize)]
pub(crate) struct Who {
    pub(crate) responsibility: Responsibility,
    pub(crate) until: Option<Time>,
    pub(crate) next_responsible: String,
    pub(crate) escalation: Vec<Step>,
}

/// Who is told if nobody acknowledges.
#[derive(Debug, Serialize)]
pub(crate) struct Step {
    pub(crate) after_seconds: u32,
    pub(crate) team: String,
}

impl Who {
    /// None without an owner, which the contract rules out.
    pub(crate) fn new(it: v1::ExplainResponsibilityResponse) -> Option<Self> {
        let steps = it.escalation.into_iter();
        Some(Self {
            responsibility: it.responsibility?.into(),
            until: time(it.until),
            next_responsible: it.next_responsible,
            escalation: steps
                .map(|step| Step { after_seconds: step.after_seconds, team: step.team })
                .collect(),
        })
    }
}

impl View for Who {
    fn text(&self, look: &Look) -> String {
        let it = &self.responsibility;
        let mut sheet = Sheet::new(look, &it.owner());
        it.others(&mut sheet);
        match self.until {
            Some(_) => {
                let until = format!("{}, then {}", look.both(self.until), self.next_responsible);
                sheet.fact("until", &until);
            }
            None => sheet.fact("until", "no change within a year"),
        }
        let steps: Vec<_> = self.escalation.iter().map(Step::text).collect();
        sheet.facts("then tells", steps.iter().map(String::as_str));
        it.why(&mut sheet);
        sheet.fact("runbook", &it.runbook);
        sheet.text()
    }
}

impl Step {
    fn text(&self) -> String {
        let after = duration::format(SignedDuration::from_secs(self.after_seconds.into()));
        format!("{} after {after} without an acknowledgement", self.team)
    }
}
