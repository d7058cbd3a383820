//! Whose remit it is, and why.

use jiff::SignedDuration;
use remit_proto::v1;
use remit_runtime::duration;
use serde::Serialize;

use super::{
    Look, View,
    message::{Word, messages},
    sheet::Sheet,
    time::{Time, time},
};

messages! {
    /// Who owns an alert, or a function at a time.
    Responsibility {
        matrix_tenant: String,
        matrix_version: u64,
        row: String,
        responsible: String,
        accountable: String,
        consulted: Vec<String>,
        informed: Vec<String>,
        party: Word<v1::Party>,
        runbook: String,
        reason: String,
        decided_at: Option<Time>,
        rejected: Vec<String>,
        #[serde(skip_serializing_if = "Vec::is_empty")]
        contacts: Vec<TeamContact>,
        #[serde(skip_serializing_if = "String::is_empty")]
        on_call: String,
    }

    /// Somebody, or a desk, that picks up.
    TeamContact {
        team: String,
        name: String,
        phone: String,
        email: String,
    }
}

impl TeamContact {
    /// In one line.
    fn told(&self) -> String {
        let parts = [&self.name, &self.phone, &self.email].into_iter().filter(|it| !it.is_empty());
        parts.map(String::as_str).collect::<Vec<_>>().join(", ")
    }
}

impl Responsibility {
    /// The team, and on which side it is.
    pub(crate) fn owner(&self) -> String {
        match self.party.text() {
            Some(party) => format!("{} ({party})", self.responsible),
            None => self.responsible.clone(),
        }
    }

    /// Whom to ring, and who else has a part in it.
    pub(crate) fn others(&self, sheet: &mut Sheet<'_>) {
        let of = |team: &str| {
            let contacts = self.contacts.iter().filter(|it| it.team == team);
            contacts.map(TeamContact::told).collect::<Vec<_>>()
        };
        sheet.facts("call", of(&self.responsible).iter().map(String::as_str));
        sheet.fact("on call", &self.on_call);
        sheet.fact("accountable", &self.accountable);
        if self.accountable != self.responsible {
            sheet.facts("call", of(&self.accountable).iter().map(String::as_str));
        }
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
