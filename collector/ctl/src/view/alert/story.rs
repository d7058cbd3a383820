//! The story of one alert: what it is, why it is told or not, whose it is, what
//! was promised, what happened.

use super::{Alert, Notice, Sample};
use crate::view::{
    Look, View,
    event::timeline,
    sheet::Sheet,
    table::{Field, Table},
    text::{count, plain},
};

impl View for Alert {
    fn text(&self, look: &Look) -> String {
        let mut sheet = Sheet::new(look, &format!("{}: {}", self.hostname, self.summary));
        self.state_facts(&mut sheet, look);
        self.quiet_facts(&mut sheet, look);
        self.owner_facts(&mut sheet, look);
        if let Some(sla) = &self.sla {
            sla.facts(&mut sheet, look);
        }
        let narrower = look.indented();
        sheet.section("Samples", &samples(&self.samples, &narrower));
        sheet.section("Timeline", &timeline(&self.timeline, &narrower));
        sheet.section("Notices", &notices(&self.notices, &narrower));
        sheet.text()
    }
}

impl Alert {
    fn state_facts(&self, sheet: &mut Sheet<'_>, look: &Look) {
        sheet.fact("alert", &self.alert_id);
        let mut state =
            format!("{}, {}", look.word(self.state.text()), look.word(self.severity.text()));
        for (holds, words) in [
            (self.delayed, ", reported late"),
            (self.flapping, ", flapping"),
            (self.block.is_some(), ", blocked"),
        ] {
            state += if holds { words } else { "" };
        }
        sheet.line("state", &state);
        sheet.fact("where", &format!("{} / {}, {}", self.tenant, self.site, self.endpoint_id));
        let check = [self.check.as_str(), self.instance.as_str()].join(" ");
        sheet.fact("check", &format!("{} ({})", check.trim_end(), self.function));
        sheet.fact("rule", &self.rule);
        sheet.line("opened", &look.both(self.opened_at));
        let times = match self.reopened {
            0 => format!("seen {}", count(self.occurrences as usize, "time")),
            some => format!(
                "seen {}, reopened {}",
                count(self.occurrences as usize, "time"),
                count(some as usize, "time")
            ),
        };
        sheet.line("last seen", &format!("{}, {times}", look.both(self.last_seen_at)));
        sheet.line("resolved", &look.both(self.resolved_at));
        sheet.fact("evidence", &self.evidence);
        self.disposition_facts(sheet, look);
    }

    fn disposition_facts(&self, sheet: &mut Sheet<'_>, look: &Look) {
        if let Some(disposition) = self.disposed() {
            let mut text = look.word(Some(disposition));
            if self.disposition_auto {
                text += ", by itself";
            } else if !self.disposition_by.is_empty() {
                text += &format!(" by {}", plain(&self.disposition_by));
            }
            if self.disposition_at.is_some() {
                text += &format!(" at {}", look.exact(self.disposition_at));
            }
            if !self.disposition_note.is_empty() {
                text += &format!(": {}", plain(&self.disposition_note));
            }
            sheet.line("disposition", &text);
        }
        sheet.fact("known issue", &self.known_issue_id);
        if let Some(noise) = &self.noise {
            sheet.fact("noise", &noise.told());
        }
        sheet.fact("still open", &self.unresolved.join(", "));
    }

    /// Why nobody is told, and what it hangs together with.
    fn quiet_facts(&self, sheet: &mut Sheet<'_>, look: &Look) {
        let quiet: Vec<_> = self.suppressions.iter().map(|it| it.told(look)).collect();
        sheet.facts("quiet", quiet.iter().map(String::as_str));
        sheet.fact("said already by", &self.parent_alert_id);
        sheet.fact("same again as", &self.follows_alert_id);
    }

    fn owner_facts(&self, sheet: &mut Sheet<'_>, look: &Look) {
        if let Some(it) = &self.responsibility {
            sheet.fact("remit of", &it.owner());
            it.others(sheet);
            it.why(sheet);
            sheet.fact("runbook", &it.runbook);
        }
        if !self.owner_differs.is_empty() {
            sheet.fact("by now of", &format!("{}, says the matrix", self.owner_differs));
        }
        if let Some(block) = &self.block {
            block.facts(sheet, look);
        }
        if let Some(ack) = &self.acknowledgement {
            sheet.fact("taken by", &format!("{} ({})", ack.by, ack.team));
            sheet.line("until", &look.both(ack.expires_at));
            sheet.fact("note", &ack.note);
        }
        if self.next_escalation_at.is_some() {
            let next =
                format!("{} {}", self.next_escalation_to, look.both(self.next_escalation_at));
            sheet.fact("next escalation", &next);
        }
    }
}

impl Notice {
    fn told(&self) -> String {
        match self.person.as_str() {
            "" => self.team.clone(),
            person => format!("{person} of {}", self.team),
        }
    }
}

fn samples(samples: &[Sample], look: &Look) -> String {
    let mut table = Table::new(look, &[]);
    for it in samples {
        table.row([
            Field::Text(look.wall_clock(it.at)),
            Field::word(it.status.text()),
            Field::Text(it.told()),
        ]);
    }
    table.text()
}

fn notices(notices: &[Notice], look: &Look) -> String {
    let mut table = Table::new(look, &[]).wrapped();
    for notice in notices {
        let mut text = format!("{} to {} by {}", notice.about, notice.told(), notice.channel);
        if notice.attempts > 1 {
            text += &format!(", {}", count(notice.attempts as usize, "attempt"));
        }
        if !notice.last_error.is_empty() {
            text += &format!(": {}", notice.last_error);
        }
        table.row([
            Field::Text(look.wall_clock(notice.last_attempt_at)),
            Field::word(notice.state.text()),
            Field::Text(plain(&text)),
        ]);
    }
    table.text()
}
