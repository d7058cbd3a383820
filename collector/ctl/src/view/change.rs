//! Changes, and who agreed to them.

use remit_proto::v1;
use serde::Serialize;

use super::{
    Look, View,
    matrix::{Finding, Findings},
    message::{Hex, Shown, Word, messages},
    sheet::Sheet,
    table::{Field, Table},
    text::{head, plain, plain_lines, short, telling},
    time::Time,
    tone::Tone,
};

messages! {
    /// One person's consent.
    Approval {
        party: Word<v1::Party>,
        operator_id: String,
        by: String,
        at: Option<Time>,
        sha256: String,
        signature: Hex,
        note: String,
    }

    /// Whose consent a change needs.
    RequiredParty {
        party: Word<v1::Party>,
        because: String,
        may_approve: Vec<String>,
        given: bool,
        role: Word<v1::Role>,
        teams: Vec<String>,
    }

    /// Another open change that touches the same.
    Collision {
        change_id: String,
        title: String,
        what: String,
    }

    /// A change, and who agreed to it.
    Change {
        change_id: String,
        tenant: String,
        kind: Word<v1::ChangeKind>,
        title: String,
        reason: String,
        risk: Word<v1::ChangeRisk>,
        risk_reason: String,
        state: Word<v1::ChangeState>,
        requested_by: String,
        requested_party: Word<v1::Party>,
        requested_at: Option<Time>,
        expires_at: Option<Time>,
        sha256: String,
        required: Vec<RequiredParty>,
        approvals: Vec<Approval>,
        collisions: Vec<Collision>,
        findings: Vec<Finding>,
        break_glass: bool,
        closed_by: String,
        close_reason: String,
        closed_at: Option<Time>,
        applied_by: String,
        applied_at: Option<Time>,
        reverts_at: Option<Time>,
        result: String,
        #[serde(skip_serializing_if = "String::is_empty")]
        text: String,
        #[serde(skip_serializing_if = "String::is_empty")]
        diff: String,
        effective_from: Option<Time>,
        window_id: String,
    }
}

impl Shown<v1::Finding> for Finding {
    fn shown(message: v1::Finding) -> Self {
        message.into()
    }
}

impl Approval {
    /// In one line.
    pub(crate) fn told(&self, look: &Look) -> String {
        let signed = if self.signature.is_empty() { "" } else { ", signed" };
        let note = if self.note.is_empty() { String::new() } else { format!(": {}", self.note) };
        let party = self.party.or_nothing();
        let at = self.at.map(|_| format!(", {}", look.exact(self.at))).unwrap_or_default();
        format!("{} ({party}){at}{signed}{note}", self.by)
    }
}

impl RequiredParty {
    fn told(&self) -> String {
        let party = self.party.or_nothing();
        let role = self.role.text().map(|it| format!(" {it}")).unwrap_or_default();
        let teams = match self.teams.as_slice() {
            [] => String::new(),
            some => format!(" of {}", some.join(" or ")),
        };
        let who = match (self.given, self.may_approve.as_slice()) {
            (true, _) => "agreed".into(),
            (false, []) => "waits".into(),
            (false, some) => format!("waits for {}", some.join(" or ")),
        };
        format!("{party}{role}{teams}: {who} ({})", self.because)
    }
}

impl View for Change {
    fn text(&self, look: &Look) -> String {
        let mut sheet = Sheet::new(look, &self.title);
        sheet.fact("change", &self.change_id);
        sheet.line("state", &look.word(self.state.text()));
        sheet.fact("what", &format!("{} of {}", self.kind.or_nothing(), self.tenant));
        let risk = look.word(self.risk.text());
        let because = if self.risk_reason.is_empty() { "" } else { ", because " };
        sheet.line("risk", &format!("{risk}{because}{}", plain(&self.risk_reason)));
        sheet.fact("reason", &self.reason);
        if self.break_glass {
            sheet.line("break-glass", &look.in_tone("by one person alone", Tone::Bad));
        }
        self.consent(&mut sheet, look);
        self.outcome(&mut sheet, look);
        sheet.fact("sha256", &self.sha256);
        if !self.findings.is_empty() {
            let findings = Findings { file: "proposed".into(), findings: self.findings.clone() };
            sheet.section("Lint", &findings.text(look));
        }
        sheet.section("Difference", &difference(&self.diff, look));
        sheet.text()
    }
}

impl Change {
    fn consent(&self, sheet: &mut Sheet<'_>, look: &Look) {
        let (by, party) = (&self.requested_by, self.requested_party.or_nothing());
        sheet.fact("proposed", &format!("{} by {by} ({party})", look.both(self.requested_at)));
        let required: Vec<_> = self.required.iter().map(RequiredParty::told).collect();
        sheet.facts("must agree", required.iter().map(String::as_str));
        let approvals: Vec<_> = self.approvals.iter().map(|it| it.told(look)).collect();
        sheet.facts("agreed", approvals.iter().map(String::as_str));
        for of in self.collisions.chunk_by(|a, b| a.change_id == b.change_id) {
            let Some(it) = of.first() else { continue };
            let what: Vec<_> = of.iter().map(|it| it.what.as_str()).collect();
            let collision = format!("{} ({}), over {}", it.title, it.change_id, what.join(", "));
            sheet.line("collides with", &look.in_tone(&plain(&collision), Tone::Warning));
        }
    }

    fn outcome(&self, sheet: &mut Sheet<'_>, look: &Look) {
        if self.applied_at.is_some() {
            let by = format!("{} by {}", look.both(self.applied_at), self.applied_by);
            sheet.fact("applied", &by);
        } else if self.closed_at.is_none() {
            sheet.line("lapses", &look.both(self.expires_at));
        }
        sheet.line("true from", &look.both(self.effective_from));
        sheet.fact("became", &self.result);
        sheet.fact("window", &self.window_id);
        sheet.line("undone", &look.both(self.reverts_at));
        if self.closed_at.is_some() {
            let by = format!("{} by {}", look.both(self.closed_at), self.closed_by);
            sheet.fact("closed", &by);
            sheet.fact("because", &self.close_reason);
        }
    }

    /// Who has not agreed yet.
    fn waits_for(&self) -> String {
        let open = self.required.iter().filter(|it| !it.given);
        let mut parties: Vec<_> = open.map(|it| it.party.or_nothing()).collect();
        parties.dedup();
        parties.join(", ")
    }
}

/// What differs, line by line, in the tones of good and bad.
pub(super) fn difference(diff: &str, look: &Look) -> String {
    let line = |line: String| match line.chars().next() {
        Some('+') => look.in_tone(&line, Tone::Good),
        Some('-') => look.in_tone(&line, Tone::Bad),
        Some(_) | None => line,
    };
    plain_lines(diff).map(line).collect::<Vec<_>>().join("\n")
}

/// What became of a change, in one line.
#[derive(Debug, Serialize)]
#[serde(transparent)]
pub(crate) struct Changed(pub(crate) Change);

impl View for Changed {
    fn text(&self, look: &Look) -> String {
        let it = &self.0;
        let state = look.word(it.state.text());
        let mut line = format!("{}: {state}: {}", plain(&it.change_id), plain(&it.title));
        if it.state.is("proposed") {
            line += &format!(", waits for {}", it.waits_for());
        }
        if it.state.is("approved") {
            // What has a time of its own needs nobody to come back for it.
            line += &match it.effective_from {
                Some(_) => format!(", true by itself from {} on", look.both(it.effective_from)),
                None => ", true after `remit change apply`".to_owned(),
            };
        }
        if !it.result.is_empty() {
            line += &format!(", became {}", plain(&it.result));
        }
        line
    }
}

/// A change that is true now.
#[derive(Debug, Serialize)]
pub(crate) struct Applied {
    #[serde(flatten)]
    pub(crate) change: Changed,
    /// The text of an enrollment token, if it became one.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub(crate) token: String,
}

impl View for Applied {
    fn text(&self, look: &Look) -> String {
        let line = self.change.text(look);
        if self.token.is_empty() { line } else { format!("{line}\n{}", plain(&self.token)) }
    }
}

/// Something that was asked for and waits for the other party.
#[derive(Debug, Serialize)]
pub(crate) struct Waiting {
    pub(crate) change_id: String,
}

impl View for Waiting {
    fn text(&self, _look: &Look) -> String {
        let id = plain(&self.change_id);
        format!("both parties must agree: {id}; `remit change show {id}` says who and why")
    }
}

/// `remit change list`.
#[derive(Debug, Serialize)]
pub(crate) struct Changes {
    pub(crate) changes: Vec<Change>,
}

impl View for Changes {
    fn text(&self, look: &Look) -> String {
        if self.changes.is_empty() {
            return "no changes".into();
        }
        let headings = ["CHANGE", "STATE", "WHAT", "RISK", "BY", "WAITS FOR", "LAPSES", "TITLE"];
        let mut table = Table::new(look, &headings);
        let digits = telling(self.changes.iter().map(|it| it.change_id.as_str()));
        for it in &self.changes {
            let is_open = it.state.is("proposed") || it.state.is("approved");
            table.row([
                Field::Text(head(&it.change_id, digits)),
                Field::word(it.state.text()),
                Field::Text(it.kind.or_nothing().into()),
                Field::word(it.risk.text()),
                Field::Text(short(&it.requested_by, 12)),
                Field::text(&it.waits_for()),
                Field::Text(look.ago(it.expires_at.filter(|_| is_open))),
                Field::text(&it.title),
            ]);
        }
        table.text()
    }
}
