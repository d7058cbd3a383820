//! Known issues.

use remit_proto::v1;
use serde::Serialize;

use super::{
    Look, NOTHING, View,
    change::Approval,
    message::{Word, messages},
    selector::{self, Selector},
    sheet::Sheet,
    table::{Field, Table},
    text::{count, head, short, telling},
    time::Time,
};

messages! {
    /// What was declared.
    KnownIssueSpec {
        tenant: String,
        title: String,
        why: String,
        selector: Option<Selector>,
        evidence_urls: Vec<String>,
        owner_party: Word<v1::Party>,
        owner_team: String,
        ticket: String,
        review_at: Option<Time>,
        expires_at: Option<Time>,
        max_severity: Word<v1::Severity>,
        breaks_when: Vec<String>,
        silence: bool,
    }

    /// A known issue, and what became of it.
    KnownIssue {
        known_issue_id: String,
        spec: Option<KnownIssueSpec>,
        state: Word<v1::KnownIssueState>,
        created_by: String,
        created_at: Option<Time>,
        change_id: String,
        approvals: Vec<Approval>,
        ended_at: Option<Time>,
        ended_by: String,
        end_reason: String,
        occurrences: u64,
        last_matched_at: Option<Time>,
        alert_ids: Vec<String>,
    }
}

impl KnownIssueSpec {
    fn facts(&self, sheet: &mut Sheet<'_>, look: &Look) {
        sheet.fact("tenant", &self.tenant);
        sheet.fact("about", &selector::told(self.selector.as_ref()));
        sheet.fact("up to", self.max_severity.or_nothing());
        sheet.fact("why", &self.why);
        sheet.fact("owner", &[self.owner_team.as_str(), self.owner_party.or_nothing()].join(", "));
        sheet.fact("ticket", &self.ticket);
        sheet.facts("evidence", self.evidence_urls.iter().map(String::as_str));
        sheet.line("look again", &look.both(self.review_at));
        sheet.line("ends", &look.both(self.expires_at));
        sheet.facts("breaks if", self.breaks_when.iter().map(String::as_str));
        if self.silence {
            sheet.line("only", "not to be heard of for a while");
        }
    }
}

impl View for KnownIssue {
    fn text(&self, look: &Look) -> String {
        let title = self.spec.as_ref().map_or(NOTHING, |it| &it.title);
        let mut sheet = Sheet::new(look, title);
        sheet.fact("known issue", &self.known_issue_id);
        sheet.line("state", &look.word(self.state.text()));
        if let Some(spec) = &self.spec {
            spec.facts(&mut sheet, look);
        }
        sheet.fact("declared", &format!("{} by {}", look.both(self.created_at), self.created_by));
        sheet.fact("change", &self.change_id);
        let approvals: Vec<_> = self.approvals.iter().map(|it| it.told(look)).collect();
        sheet.facts("agreed", approvals.iter().map(String::as_str));
        if self.ended_at.is_some() {
            let ended =
                format!("{} by {}: {}", look.both(self.ended_at), self.ended_by, self.end_reason);
            sheet.fact("ended", &ended);
        }
        if self.occurrences > 0 {
            let times = count(usize::try_from(self.occurrences).unwrap_or(usize::MAX), "time");
            sheet.line("kept quiet", &format!("{times}, last {}", look.both(self.last_matched_at)));
        }
        sheet.facts("covers", self.alert_ids.iter().map(String::as_str));
        sheet.text()
    }
}

/// `remit known-issue list`.
#[derive(Debug, Serialize)]
pub(crate) struct KnownIssues {
    pub(crate) known_issues: Vec<KnownIssue>,
}

impl View for KnownIssues {
    fn text(&self, look: &Look) -> String {
        if self.known_issues.is_empty() {
            return "no known issues".into();
        }
        let headings = ["KNOWN ISSUE", "STATE", "REVIEW", "ENDS", "OWNER", "QUIET", "TITLE"];
        let mut table = Table::new(look, &headings);
        let digits = telling(self.known_issues.iter().map(|it| it.known_issue_id.as_str()));
        for it in &self.known_issues {
            let Some(spec) = &it.spec else { continue };
            table.row([
                Field::Text(head(&it.known_issue_id, digits)),
                Field::word(it.state.text()),
                Field::Text(look.ago(spec.review_at)),
                Field::Text(look.ago(spec.expires_at)),
                Field::Text(short(&spec.owner_team, 14)),
                Field::Text(format!("{} ×", it.occurrences)),
                Field::text(&spec.title),
            ]);
        }
        table.text()
    }
}
