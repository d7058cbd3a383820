//! Maintenance windows.

use jiff::SignedDuration;
use remit_proto::v1;
use remit_runtime::duration;
use serde::Serialize;

use super::{
    Look, NOTHING, View,
    change::Approval,
    message::{Word, messages},
    selector::{self, Selector},
    sheet::Sheet,
    table::{Field, Table},
    text::{TELLING, count, head, plain, short, telling},
    time::Time,
};

messages! {
    /// What was scheduled.
    WindowSpec {
        tenant: String,
        title: String,
        why: String,
        selector: Option<Selector>,
        zone: String,
        starts_at: String,
        rrule: String,
        duration_seconds: u32,
        covers_open: bool,
        grace_seconds: u32,
        blackout: bool,
        loud: bool,
        for_patching: bool,
    }

    /// A window, and what became of it.
    Window {
        window_id: String,
        spec: Option<WindowSpec>,
        state: Word<v1::WindowState>,
        requested_by: String,
        requested_at: Option<Time>,
        change_id: String,
        approvals: Vec<Approval>,
        occurrence: Option<Occurrence>,
        ended_at: Option<Time>,
        ended_by: String,
        end_reason: String,
        depth: u32,
        endpoints: u32,
        suppressed: Vec<SuppressedAlert>,
        suppressed_dropped: u64,
        post_checks: Vec<PostCheck>,
    }

    /// One stretch for which a window is open.
    Occurrence {
        from: Option<Time>,
        to: Option<Time>,
        note: String,
    }

    /// What nobody was told of.
    SuppressedAlert {
        at: Option<Time>,
        alert_id: String,
        hostname: String,
        summary: String,
        severity: Word<v1::Severity>,
        told_at_end: bool,
    }

    /// What was found after the end.
    PostCheck {
        at: Option<Time>,
        endpoint_id: String,
        hostname: String,
        check: String,
        before: Word<v1::CheckStatus>,
        after: Word<v1::CheckStatus>,
        detail: String,
    }
}

impl WindowSpec {
    fn facts(&self, sheet: &mut Sheet<'_>) {
        sheet.fact("tenant", &self.tenant);
        sheet.fact("over", &selector::told(self.selector.as_ref()));
        sheet.fact("why", &self.why);
        let lasts = duration::format(SignedDuration::from_secs(self.duration_seconds.into()));
        sheet.fact("starts", &format!("{} {}, for {lasts}", self.starts_at, self.zone));
        sheet.fact("again", &self.rrule);
        let effects = [
            (self.loud, "people are told as ever"),
            (self.blackout, "nothing is patched"),
            (self.for_patching, "patches are installed"),
        ];
        let effects: Vec<_> = effects.iter().filter(|it| it.0).map(|it| it.1).collect();
        sheet.line("meanwhile", &effects.join(", "));
        let before = if self.covers_open { "are quiet too" } else { "go on escalating" };
        sheet.line("older problems", before);
    }
}

impl View for Window {
    fn text(&self, look: &Look) -> String {
        let title = self.spec.as_ref().map_or(NOTHING, |it| &it.title);
        let mut sheet = Sheet::new(look, title);
        sheet.fact("window", &self.window_id);
        sheet.line("state", self.state.or_nothing());
        if let Some(spec) = &self.spec {
            spec.facts(&mut sheet);
        }
        if let Some(it) = &self.occurrence {
            sheet.line("opens", &look.both(it.from));
            sheet.line("closes", &look.both(it.to));
            sheet.fact("note", &it.note);
        }
        sheet.line("covers", &count(self.endpoints as usize, "endpoint"));
        if self.depth > 1 {
            let others = count(self.depth as usize - 1, "other window");
            sheet.line("with", &format!("{others} open over the same endpoints"));
        }
        let by = format!("{} by {}", look.both(self.requested_at), self.requested_by);
        sheet.fact("scheduled", &by);
        sheet.fact("change", &self.change_id);
        let approvals: Vec<_> = self.approvals.iter().map(|it| it.told(look)).collect();
        sheet.facts("agreed", approvals.iter().map(String::as_str));
        if self.ended_at.is_some() {
            let ended =
                format!("{} by {}: {}", look.both(self.ended_at), self.ended_by, self.end_reason);
            sheet.fact("ended", &ended);
        }
        let narrower = look.indented();
        sheet.section("Down since, up before", &post_checks(&self.post_checks, &narrower));
        let mut quiet = suppressed(&self.suppressed, &narrower);
        if self.suppressed_dropped > 0 {
            quiet += &format!("\nand {} more", self.suppressed_dropped);
        }
        sheet.section("Nobody was told of", &quiet);
        sheet.text()
    }
}

fn suppressed(alerts: &[SuppressedAlert], look: &Look) -> String {
    let mut table = Table::new(look, &[]).wrapped();
    for it in alerts {
        let told = if it.told_at_end { " (told at the end)" } else { "" };
        table.row([
            Field::Text(look.wall_clock(it.at)),
            Field::word(it.severity.text()),
            Field::Text(head(&it.alert_id, TELLING)),
            Field::Text(plain(&format!("{}: {}{told}", it.hostname, it.summary))),
        ]);
    }
    table.text()
}

fn post_checks(checks: &[PostCheck], look: &Look) -> String {
    let mut table = Table::new(look, &[]).wrapped();
    for it in checks {
        let text =
            format!("{} {}, was {}: {}", it.hostname, it.check, it.before.or_nothing(), it.detail);
        table.row([
            Field::Text(look.wall_clock(it.at)),
            Field::word(it.after.text()),
            Field::Text(plain(&text)),
        ]);
    }
    table.text()
}

/// `remit window list`.
#[derive(Debug, Serialize)]
pub(crate) struct Windows {
    pub(crate) windows: Vec<Window>,
}

impl View for Windows {
    fn text(&self, look: &Look) -> String {
        if self.windows.is_empty() {
            return "no windows".into();
        }
        let headings = ["WINDOW", "STATE", "OPENS", "CLOSES", "COVERS", "BY", "TITLE"];
        let mut table = Table::new(look, &headings);
        let digits = telling(self.windows.iter().map(|it| it.window_id.as_str()));
        for it in &self.windows {
            let times = it.occurrence.as_ref();
            table.row([
                Field::Text(head(&it.window_id, digits)),
                Field::Text(it.state.or_nothing().into()),
                Field::Text(look.ago(times.and_then(|it| it.from))),
                Field::Text(look.ago(times.and_then(|it| it.to))),
                Field::number(it.endpoints),
                Field::Text(short(&it.requested_by, 14)),
                Field::text(it.spec.as_ref().map_or(NOTHING, |it| &it.title)),
            ]);
        }
        table.text()
    }
}

/// `remit window preview`.
#[derive(Debug, Serialize)]
pub(crate) struct Preview {
    pub(crate) zone: String,
    pub(crate) occurrences: Vec<Occurrence>,
    pub(crate) endpoints: u32,
    pub(crate) hostnames: Vec<String>,
    pub(crate) needs_approval: Vec<String>,
}

impl From<v1::PreviewWindowResponse> for Preview {
    fn from(it: v1::PreviewWindowResponse) -> Self {
        Self {
            zone: it.zone,
            occurrences: it.occurrences.into_iter().map(Into::into).collect(),
            endpoints: it.endpoints,
            hostnames: it.hostnames,
            needs_approval: it.needs_approval,
        }
    }
}

impl View for Preview {
    fn text(&self, look: &Look) -> String {
        let covers = count(self.endpoints as usize, "endpoint");
        let times = count(self.occurrences.len(), "occurrence");
        let mut sheet = Sheet::new(look, &format!("{times} over {covers}, in {}", self.zone));
        sheet.fact("covers", &self.hostnames.join(", "));
        let reasons = self.needs_approval.iter().map(String::as_str);
        sheet.facts("both must agree", reasons);
        let mut table = Table::new(look, &["OPENS", "CLOSES", "NOTE"]);
        for it in &self.occurrences {
            table.row([
                Field::Text(look.exact(it.from)),
                Field::Text(look.exact(it.to)),
                Field::text(&it.note),
            ]);
        }
        if !self.occurrences.is_empty() {
            sheet.section("Open", &table.text());
        }
        sheet.text()
    }
}
