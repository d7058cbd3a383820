//! The ledger of an alert's clocks.

use remit_proto::v1;

use super::{
    Look, NOTHING, View,
    message::{Word, messages},
    sheet::Sheet,
    table::{Field, Table},
    text::plain,
    time::{Time, span},
};

messages! {
    /// `remit sla show`.
    AlertSla {
        alert_id: String,
        zone: String,
        as_of: Option<Time>,
        clocks: Vec<SlaClock>,
        parties: Vec<PartyTime>,
    }

    /// One promise, and the time that it counted.
    SlaClock {
        kind: Word<v1::SlaKind>,
        agreement: String,
        target: Word<v1::SlaTarget>,
        team: String,
        calendar: String,
        target_ms: u64,
        elapsed_ms: u64,
        left_ms: i64,
        deadline: Option<Time>,
        status: Word<v1::SlaStatus>,
        breached_at: Option<Time>,
        stopped_at: Option<Time>,
        segments: Vec<SlaSegment>,
    }

    /// One stretch of a clock.
    SlaSegment {
        state: Word<v1::SlaSegmentState>,
        party: Word<v1::Party>,
        team: String,
        reason: String,
        by: String,
        from: Option<Time>,
        to: Option<Time>,
        counted_ms: u64,
        matrix_version: u64,
    }

    /// What one side had of a clock.
    PartyTime {
        party: Word<v1::Party>,
        team: String,
        counted_ms: u64,
        paused_ms: u64,
    }
}

impl View for AlertSla {
    fn text(&self, look: &Look) -> String {
        let mut sheet = Sheet::new(look, &self.alert_id);
        sheet.line("as of", &look.exact(self.as_of));
        sheet.fact("hours open in", &self.zone);
        let parties: Vec<_> = self.parties.iter().map(PartyTime::told).collect();
        sheet.facts("had it", parties.iter().map(String::as_str));
        let narrower = look.indented();
        for clock in &self.clocks {
            sheet.section(&clock.heading(), &clock.body(&narrower));
        }
        if self.clocks.is_empty() {
            sheet.line("clocks", "none: nothing was promised");
        }
        sheet.text()
    }
}

impl PartyTime {
    fn told(&self) -> String {
        let mut text =
            format!("{}, {}: {}", self.party.or_nothing(), self.team, span(self.counted_ms));
        if self.paused_ms > 0 {
            text += &format!(", and {} on pause", span(self.paused_ms));
        }
        text
    }
}

impl SlaClock {
    fn heading(&self) -> String {
        let whose = if self.team.is_empty() { &self.agreement } else { &self.team };
        let words = [self.kind.or_nothing(), whose, self.target.or_nothing()];
        plain(&words.join(" "))
    }

    fn body(&self, look: &Look) -> String {
        let mut text = format!("{}\n", self.verdict(look));
        let mut table =
            Table::new(look, &["FROM", "TO", "STATE", "COUNTED", "HELD BY", "WHY"]).wrapped();
        for it in &self.segments {
            let counted = if it.counted_ms == 0 { NOTHING.into() } else { span(it.counted_ms) };
            table.row([
                Field::Text(look.wall_clock(it.from)),
                Field::Text(if it.to.is_none() { "now".into() } else { look.wall_clock(it.to) }),
                Field::word(it.state.text()),
                Field::Text(counted),
                Field::text(&it.team),
                Field::text(&it.why()),
            ]);
        }
        if !self.segments.is_empty() {
            let total = Field::Text(span(self.elapsed_ms));
            let empty = || Field::Text(String::new());
            table.row([Field::Text("total".into()), empty(), empty(), total, empty(), empty()]);
            text += &table.text();
        }
        text
    }

    /// Where it stands, in one line.
    fn verdict(&self, look: &Look) -> String {
        let left = match self.left_ms {
            over @ ..0 => format!("{} too long", span(over.unsigned_abs())),
            left => format!("{} left", span(left.unsigned_abs())),
        };
        let status = look.word(self.status.text());
        let mut text = format!("{status}: {left} of {}", span(self.target_ms));
        for (word, at) in
            [("due", self.deadline), ("breached", self.breached_at), ("stopped", self.stopped_at)]
        {
            if at.is_some() {
                text += &format!(", {word} {}", look.exact(at));
            }
        }
        text
    }
}

impl SlaSegment {
    fn why(&self) -> String {
        match (self.reason.as_str(), self.by.as_str()) {
            (reason, "" | "remit") => reason.to_owned(),
            ("", by) => by.to_owned(),
            (reason, by) => format!("{reason}, says {by}"),
        }
    }
}
