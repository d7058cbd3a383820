//! The end of a shift.

use serde::Serialize;

use super::{
    Look, NOTHING, View,
    alert::Alert,
    message::messages,
    sheet::Sheet,
    table::{Field, Table},
    text::{count, head, plain, short, telling},
    time::{Time, span},
    tone::Tone,
};

messages! {
    /// `remit shift`: one night.
    Shift {
        tenant: String,
        day: String,
        zone: String,
        from: Option<Time>,
        due_at: Option<Time>,
        closed_at: Option<Time>,
        late_by_seconds: u32,
        total: u32,
        by_human: u32,
        auto: u32,
        open: u32,
        #[serde(skip_serializing_if = "Vec::is_empty")]
        alerts: Vec<Alert>,
        gone: u32,
    }

    /// What became of one alert.
    ShiftOutcome {
        alert_id: String,
        alert: Option<Alert>,
        error: String,
    }
}

impl Shift {
    /// How much of the night somebody looked at.
    fn score(&self, look: &Look) -> String {
        if self.total == 0 {
            return look.in_tone("a quiet night", Tone::Good);
        }
        // What went away by itself left nothing to dispose of.
        let due = self.total.saturating_sub(self.gone);
        let percent = u64::from(self.by_human) * 100 / u64::from(due.max(1));
        let tone = if self.by_human >= due { Tone::Good } else { Tone::Warning };
        let of = format!("{} of {due} disposed of by people ({percent} %)", self.by_human);
        let mut text = look.in_tone(&of, tone);
        if self.open > 0 {
            text += &format!(", {} still to do", self.open);
        }
        if self.auto > 0 {
            text += &format!(", {} left to remit", self.auto);
        }
        text
    }

    fn facts(&self, sheet: &mut Sheet<'_>, look: &Look) {
        sheet.line("since", &look.both(self.from));
        sheet.line("due", &look.both(self.due_at));
        sheet.line("closed", &look.both(self.closed_at));
        if self.late_by_seconds > 0 {
            let late = span(u64::from(self.late_by_seconds) * 1000);
            sheet.line("late by", &format!("{late}: the collector was down"));
        }
        sheet.line("so far", &self.score(look));
        if self.gone > 0 {
            sheet
                .line("besides", &format!("{} over by itself", count(self.gone as usize, "alert")));
        }
    }
}

impl View for Shift {
    fn text(&self, look: &Look) -> String {
        let headline = format!("{}, the night to {} in {}", self.tenant, self.day, self.zone);
        let mut sheet = Sheet::new(look, &headline);
        self.facts(&mut sheet, look);
        if !self.alerts.is_empty() {
            sheet.section("Alerts", &alerts(&self.alerts, &look.indented()));
        }
        sheet.text()
    }
}

fn alerts(alerts: &[Alert], look: &Look) -> String {
    let headings = ["ALERT", "SEVERITY", "STATE", "DISPOSITION", "BY", "OPENED", "HOST", "SUMMARY"];
    let mut table = Table::new(look, &headings);
    let digits = telling(alerts.iter().map(|it| it.alert_id.as_str()));
    for it in alerts {
        let by = if it.disposition_auto { "remit" } else { &it.disposition_by };
        table.row([
            Field::Text(head(&it.alert_id, digits)),
            Field::word(it.severity.text()),
            Field::word(it.state.text()),
            match it.is_ahead() {
                true => Field::Text("resolved?".into()),
                false => Field::word(it.disposition.text().filter(|it| *it != "none")),
            },
            Field::Text(if by.is_empty() { NOTHING.into() } else { short(by, 10) }),
            Field::Text(look.ago(it.opened_at)),
            Field::Text(short(&it.hostname, 14)),
            Field::text(&it.summary),
        ]);
    }
    table.text()
}

impl Alert {
    /// Somebody says that it is dealt with, and it is not over.
    fn is_ahead(&self) -> bool {
        self.disposition.is("resolved") && !self.state.is("resolved")
    }
}

/// `remit shift dispose`.
#[derive(Debug, Serialize)]
pub(crate) struct Disposed {
    pub(crate) outcomes: Vec<ShiftOutcome>,
    pub(crate) shift: Option<Shift>,
}

impl Disposed {
    /// Whether something was not done.
    pub(crate) fn has_failed(&self) -> bool {
        self.outcomes.iter().any(|it| !it.error.is_empty())
    }
}

impl View for Disposed {
    fn text(&self, look: &Look) -> String {
        let failed = self.outcomes.iter().filter(|it| !it.error.is_empty());
        let failed =
            failed.map(|it| format!("{}: not done: {}", plain(&it.alert_id), plain(&it.error)));
        let done = self.outcomes.iter().filter(|it| it.error.is_empty()).count();
        let mut lines: Vec<_> = failed.collect();
        lines.push(format!("{} disposed of", count(done, "alert")));
        let alerts = self.outcomes.iter().filter_map(|it| it.alert.as_ref());
        let ahead = alerts.filter(|it| it.is_ahead()).count();
        if ahead > 0 {
            let text = format!(
                "{} not over yet: counted once it is, see `remit alert resolve`",
                count(ahead, "alert")
            );
            lines.push(look.in_tone(&text, Tone::Warning));
        }
        lines.extend(self.shift.as_ref().map(|it| it.score(look)));
        lines.join("\n")
    }
}
