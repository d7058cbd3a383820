//! Noise, and what would make it less.

use remit_proto::v1;
use serde::Serialize;

use super::{
    Look, View,
    change::difference,
    message::{Word, messages},
    selector::{self, Selector},
    sheet::Sheet,
    table::{Field, Table},
    text::{count, plain, short},
    time::{Time, span},
    tone::Tone,
};

messages! {
    /// `remit noise`.
    GetNoiseReportResponse {
        since: Option<Time>,
        until: Option<Time>,
        rows: Vec<NoiseRow>,
    }

    /// How often a rule woke somebody, and how often for nothing.
    NoiseRow {
        check: String,
        function: String,
        team: String,
        alerts: u32,
        acted_on: u32,
        self_resolved: u32,
        night_pages: u32,
        flaps: u32,
        marked_noise: u32,
        reasons: Vec<String>,
        hint: Word<v1::TuningKind>,
    }

    /// One change of what a check does.
    Tuning {
        tenant: String,
        check: String,
        selector: Option<Selector>,
        kind: Word<v1::TuningKind>,
        before: String,
        after: String,
        why: String,
    }

    /// A tuning, and what would have been with it.
    TuningProposal {
        tuning: Option<Tuning>,
        replay: Option<TuningReplay>,
        diff: String,
        toml: String,
        command: String,
    }

    /// The same readings, judged twice.
    TuningReplay {
        since: Option<Time>,
        until: Option<Time>,
        alerts_before: u32,
        alerts_after: u32,
        night_pages_before: u32,
        night_pages_after: u32,
        missed_alert_ids: Vec<String>,
        latest_delay_seconds: u32,
        caveat: String,
    }
}

/// A part of a whole: `25 %`.
fn share(part: u32, whole: u32) -> String {
    match whole {
        0 => "-".into(),
        whole => format!("{} %", u64::from(part) * 100 / u64::from(whole)),
    }
}

impl View for GetNoiseReportResponse {
    fn text(&self, look: &Look) -> String {
        let headline = format!("{} to {}", look.exact(self.since), look.exact(self.until));
        if self.rows.is_empty() {
            return format!("{headline}: no alerts");
        }
        let headings =
            ["CHECK", "TEAM", "ALERTS", "ACTED ON", "BY ITSELF", "NIGHT", "FLAPS", "NOISE", "TRY"];
        let mut table = Table::new(look, &headings);
        for it in &self.rows {
            table.row([
                Field::Text(short(&it.check, 20)),
                Field::Text(short(&it.team, 14)),
                Field::number(it.alerts),
                Field::Text(share(it.acted_on, it.alerts)),
                Field::Text(share(it.self_resolved, it.alerts)),
                Field::number(it.night_pages),
                Field::number(it.flaps),
                Field::number(it.marked_noise),
                Field::Text(it.hint.or_nothing().into()),
            ]);
        }
        let mut sheet = Sheet::new(look, &headline);
        sheet.section("Noisiest first", &table.text());
        let said = self.rows.iter().flat_map(|row| {
            row.reasons.iter().map(|it| format!("{}: {}", plain(&row.check), plain(it)))
        });
        sheet.section("What people said", &said.collect::<Vec<_>>().join("\n"));
        sheet.text()
    }
}

/// `remit tune`.
#[derive(Debug, Serialize)]
pub(crate) struct Proposals {
    pub(crate) proposals: Vec<TuningProposal>,
}

impl View for Proposals {
    fn text(&self, look: &Look) -> String {
        if self.proposals.is_empty() {
            return "nothing would help that costs nothing".into();
        }
        let sheets = self.proposals.iter().map(|it| it.text(look));
        sheets.collect::<Vec<_>>().join("\n")
    }
}

impl TuningProposal {
    fn text(&self, look: &Look) -> String {
        let headline = self.tuning.as_ref().map_or_else(String::new, Tuning::told);
        let mut sheet = Sheet::new(look, &headline);
        if let Some(it) = &self.tuning {
            sheet.fact("where", &selector::told(it.selector.as_ref()));
            sheet.fact("why", &it.why);
        }
        if let Some(it) = &self.replay {
            it.facts(&mut sheet, look);
        }
        sheet.section("Difference", &difference(&self.diff, look));
        sheet.section("To ask for it", &plain(&self.command));
        sheet.text()
    }
}

impl Tuning {
    fn told(&self) -> String {
        let before = if self.before.is_empty() { "as shipped" } else { &self.before };
        format!("{} {}: {before} → {}", self.check, self.kind.or_nothing(), self.after)
    }
}

impl TuningReplay {
    fn facts(&self, sheet: &mut Sheet<'_>, look: &Look) {
        let tried = format!("{} to {}", look.exact(self.since), look.exact(self.until));
        sheet.line("tried on", &tried);
        sheet.line("alerts", &format!("{} → {}", self.alerts_before, self.alerts_after));
        let nights = format!("{} → {}", self.night_pages_before, self.night_pages_after);
        sheet.line("night pages", &nights);
        if !self.missed_alert_ids.is_empty() {
            let missed = count(self.missed_alert_ids.len(), "alert");
            let missed = format!("{missed} that somebody acted on:");
            sheet.line("would miss", &look.in_tone(&missed, Tone::Bad));
            sheet.facts("", self.missed_alert_ids.iter().map(String::as_str));
        }
        if self.latest_delay_seconds > 0 {
            let late = span(u64::from(self.latest_delay_seconds) * 1000);
            sheet.line("later by", &format!("{late} at worst"));
        }
        sheet.fact("but", &self.caveat);
    }
}
