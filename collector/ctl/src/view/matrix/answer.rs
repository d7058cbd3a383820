//! Whom a matrix makes responsible, and all that follows.

use jiff::Timestamp;
use remit_collector_domain::matrix::{Call, Policy, Reached, Resolution};
use serde::Serialize;

use crate::view::{Look, View, sheet::Sheet, time::Time};

/// `remit matrix who` and `remit matrix explain`.
#[derive(Debug, Serialize)]
pub(crate) struct Answer {
    row: String,
    responsible: String,
    party: String,
    others: Vec<String>,
    accountable: String,
    consulted: Vec<String>,
    informed: Vec<String>,
    approve_change: Vec<String>,
    approve_security: Vec<String>,
    declare_known_issue: Vec<String>,
    counterpart: Option<String>,
    sla: Option<String>,
    policy: String,
    steps: Vec<String>,
    runbook: String,
    because: String,
    gap: bool,
    rejected: Vec<String>,
    until: Option<Time>,
    next_responsible: Option<String>,
    contacts: Vec<Contact>,
    on_call: String,
    /// Only where everything was asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    reached: Option<Told>,
}

/// Somebody, or a desk, that picks up.
#[derive(Debug, Serialize)]
struct Contact {
    team: String,
    name: String,
    phone: String,
    email: String,
    #[serde(skip)]
    told: String,
}

impl Contact {
    fn new((team, it): (remit_shared::Team, remit_collector_domain::matrix::Contact)) -> Self {
        let (team, told) = (team.to_string(), it.to_string());
        Self { team, told, name: it.name, phone: it.phone, email: it.email }
    }
}

/// How somebody is told.
#[derive(Debug, Serialize)]
pub(crate) struct Told {
    channels: Vec<String>,
    quieted: Vec<String>,
    because: String,
}

impl From<Reached> for Told {
    fn from(it: Reached) -> Self {
        let channels = it.channels.iter().map(|(person, channel)| match person {
            Some(person) => format!("{channel} ({person})"),
            None => channel.to_string(),
        });
        Self { channels: channels.collect(), quieted: it.quieted, because: it.because }
    }
}

impl Told {
    /// Whether anybody hears of it.
    pub(crate) fn is_heard(&self) -> bool {
        !self.channels.is_empty()
    }

    /// In one line: the channels, or why there are none.
    pub(crate) fn line(&self) -> String {
        match self.is_heard() {
            true => self.channels.join(", "),
            false if self.quieted.is_empty() => format!("nobody: {}", self.because),
            false => self.quieted.join("; "),
        }
    }
}

impl Answer {
    pub(crate) fn new(
        it: Resolution,
        next: Option<(Timestamp, Resolution)>,
        call: Call,
        reached: Option<Reached>,
    ) -> Self {
        let all = |teams: &[remit_shared::Team]| teams.iter().map(ToString::to_string).collect();
        let text = |it: &dyn ToString| it.to_string();
        Self {
            row: it.row.to_string(),
            party: it.party.to_string(),
            others: all(&it.others),
            accountable: it.accountable.to_string(),
            consulted: all(&it.consulted),
            informed: all(&it.informed),
            approve_change: all(&it.authority.approve_change),
            approve_security: all(&it.authority.approve_security),
            declare_known_issue: all(&it.authority.declare_known_issue),
            counterpart: it.counterpart.as_ref().map(|it| text(it)),
            sla: it.sla.as_ref().map(|it| text(it)),
            policy: it.policy.name.to_string(),
            steps: steps(&it.policy),
            gap: it.gap,
            rejected: it.rejected.iter().map(ToString::to_string).collect(),
            until: next.as_ref().map(|it| Time(it.0)),
            next_responsible: next.map(|it| it.1.responsible.to_string()),
            contacts: call.contacts.into_iter().map(Contact::new).collect(),
            on_call: call.on_call,
            reached: reached.map(Into::into),
            responsible: it.responsible.to_string(),
            runbook: it.runbook,
            because: it.because,
        }
    }
}

fn steps(policy: &Policy) -> Vec<String> {
    let counted = policy.hours.as_ref().map(|it| format!(" of {it}")).unwrap_or_default();
    let step = |it: &remit_collector_domain::matrix::Step| {
        let after = remit_collector_domain::matrix::show_length(it.after);
        format!("{} after {after}{counted}", it.target)
    };
    policy.steps.iter().map(step).collect()
}

impl View for Answer {
    fn text(&self, look: &Look) -> String {
        let gap = if self.gap { ", because nobody else is named" } else { "" };
        let mut sheet = Sheet::new(look, &format!("{} ({}){gap}", self.responsible, self.party));
        let call = |team: &str| -> Vec<&str> {
            let of = self.contacts.iter().filter(|it| it.team == team);
            of.map(|it| it.told.as_str()).collect()
        };
        sheet.facts("call", call(&self.responsible));
        sheet.fact("on call", &self.on_call);
        sheet.fact("accountable", &self.accountable);
        if self.accountable != self.responsible {
            sheet.facts("call", call(&self.accountable));
        }
        sheet.fact("because", &self.because);
        match (&self.until, &self.next_responsible) {
            (Some(_), Some(next)) => {
                sheet.fact("until", &format!("{}, then {next}", look.both(self.until)));
            }
            (_, _) => sheet.fact("until", "no change within a year"),
        }
        let Some(reached) = &self.reached else { return sheet.text() };
        sheet.fact("others", &self.others.join(", "));
        sheet.fact("consulted", &self.consulted.join(", "));
        sheet.fact("informed", &self.informed.join(", "));
        sheet.fact("told by", &reached.line());
        sheet.facts("not told", reached.quieted.iter().map(String::as_str));
        sheet.facts("then tells", self.steps.iter().map(String::as_str));
        sheet.fact("policy", &self.policy);
        sheet.fact("sla", self.sla.as_deref().unwrap_or("none"));
        sheet.fact("counterpart", self.counterpart.as_deref().unwrap_or("none"));
        sheet.fact("approve changes", &self.approve_change.join(", "));
        sheet.fact("approve sec.", &self.approve_security.join(", "));
        sheet.fact("known issues", &self.declare_known_issue.join(", "));
        sheet.facts("rejected", self.rejected.iter().map(String::as_str));
        sheet.fact("runbook", &self.runbook);
        sheet.text()
    }
}
