//! Alerts: the queue, and the story of one.

use remit_proto::v1;
use serde::Serialize;

use super::{
    Look, NOTHING, View,
    event::{Event, timeline},
    responsibility::Responsibility,
    sheet::Sheet,
    table::{Field, Table},
    text::{TELLING, count, head, plain, short, telling},
    time::{Time, time},
};
use crate::{failure::Failure, word::spelled};

/// One alert. Revision, timeline and notices only where one alert is asked for.
#[derive(Debug, Serialize)]
pub(crate) struct Alert {
    pub(crate) alert_id: String,
    pub(crate) tenant: String,
    pub(crate) site: String,
    pub(crate) endpoint_id: String,
    pub(crate) hostname: String,
    pub(crate) check: String,
    pub(crate) instance: String,
    pub(crate) function: String,
    pub(crate) severity: Option<&'static str>,
    pub(crate) state: Option<&'static str>,
    pub(crate) summary: String,
    pub(crate) evidence: String,
    pub(crate) opened_at: Option<Time>,
    pub(crate) last_seen_at: Option<Time>,
    pub(crate) resolved_at: Option<Time>,
    pub(crate) occurrences: u32,
    pub(crate) reopened: u32,
    pub(crate) delayed: bool,
    pub(crate) responsibility: Option<Responsibility>,
    pub(crate) acknowledgement: Option<Acknowledgement>,
    pub(crate) disposition: Option<&'static str>,
    pub(crate) disposition_note: String,
    pub(crate) next_escalation_to: String,
    pub(crate) next_escalation_at: Option<Time>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) revision: Option<u64>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(crate) timeline: Vec<Event>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(crate) notices: Vec<Notice>,
}

/// Who took an alert on.
#[derive(Debug, Serialize)]
pub(crate) struct Acknowledgement {
    pub(crate) by: String,
    pub(crate) team: String,
    pub(crate) party: Option<&'static str>,
    pub(crate) at: Option<Time>,
    pub(crate) expires_at: Option<Time>,
    pub(crate) note: String,
}

/// How far one message to one recipient got.
#[derive(Debug, Serialize)]
pub(crate) struct Notice {
    pub(crate) notice_id: String,
    pub(crate) team: String,
    pub(crate) channel: String,
    pub(crate) about: String,
    pub(crate) state: Option<&'static str>,
    pub(crate) attempts: u32,
    pub(crate) last_attempt_at: Option<Time>,
    pub(crate) last_error: String,
}

impl From<v1::Alert> for Alert {
    fn from(it: v1::Alert) -> Self {
        Self {
            alert_id: it.alert_id,
            tenant: it.tenant,
            site: it.site,
            endpoint_id: it.endpoint_id,
            hostname: it.hostname,
            check: it.check,
            instance: it.instance,
            function: it.function,
            severity: spelled::<v1::Severity>(it.severity),
            state: spelled::<v1::AlertState>(it.state),
            summary: it.summary,
            evidence: it.evidence,
            opened_at: time(it.opened_at),
            last_seen_at: time(it.last_seen_at),
            resolved_at: time(it.resolved_at),
            occurrences: it.occurrences,
            reopened: it.reopened,
            delayed: it.delayed,
            responsibility: it.responsibility.map(Into::into),
            acknowledgement: it.acknowledgement.map(Into::into),
            disposition: spelled::<v1::Disposition>(it.disposition),
            disposition_note: it.disposition_note,
            next_escalation_to: it.next_escalation_to,
            next_escalation_at: time(it.next_escalation_at),
            revision: Some(it.revision).filter(|it| *it > 0),
            timeline: it.timeline.into_iter().map(Into::into).collect(),
            notices: it.notices.into_iter().map(Into::into).collect(),
        }
    }
}

impl From<v1::Acknowledgement> for Acknowledgement {
    fn from(it: v1::Acknowledgement) -> Self {
        Self {
            by: it.by,
            team: it.team,
            party: spelled::<v1::Party>(it.party),
            at: time(it.at),
            expires_at: time(it.expires_at),
            note: it.note,
        }
    }
}

impl From<v1::Notice> for Notice {
    fn from(it: v1::Notice) -> Self {
        Self {
            notice_id: it.notice_id,
            team: it.team,
            channel: it.channel,
            about: it.about,
            state: spelled::<v1::NoticeState>(it.state),
            attempts: it.attempts,
            last_attempt_at: time(it.last_attempt_at),
            last_error: it.last_error,
        }
    }
}

impl Alert {
    /// The responsible team.
    pub(crate) fn owner(&self) -> &str {
        self.responsibility.as_ref().map_or(NOTHING, |it| &it.responsible)
    }

    /// When something happens to it if nobody does anything.
    fn next(&self, look: &Look) -> String {
        look.ago(self.acknowledgement.as_ref().map_or(self.next_escalation_at, |it| it.expires_at))
    }
}

impl View for Alert {
    fn text(&self, look: &Look) -> String {
        let mut sheet = Sheet::new(look, &format!("{}: {}", self.hostname, self.summary));
        self.state_facts(&mut sheet, look);
        self.owner_facts(&mut sheet, look);
        let narrower = look.indented();
        sheet.section("Timeline", &timeline(&self.timeline, &narrower));
        sheet.section("Notices", &notices(&self.notices, &narrower));
        sheet.text()
    }
}

impl Alert {
    fn state_facts(&self, sheet: &mut Sheet<'_>, look: &Look) {
        sheet.fact("alert", &self.alert_id);
        let mut state = format!("{}, {}", look.word(self.state), look.word(self.severity));
        if self.delayed {
            state += ", reported late";
        }
        sheet.line("state", &state);
        sheet.fact("where", &format!("{} / {}, {}", self.tenant, self.site, self.endpoint_id));
        let check = [self.check.as_str(), self.instance.as_str()].join(" ");
        sheet.fact("check", &format!("{} ({})", check.trim_end(), self.function));
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
        if let Some(disposition) = self.disposition.filter(|it| *it != "none") {
            let note = match self.disposition_note.as_str() {
                "" => String::new(),
                note => format!(": {}", plain(note)),
            };
            sheet.line("disposition", &format!("{}{note}", look.word(Some(disposition))));
        }
    }

    fn owner_facts(&self, sheet: &mut Sheet<'_>, look: &Look) {
        if let Some(it) = &self.responsibility {
            sheet.fact("remit of", &it.owner());
            it.others(sheet);
            it.why(sheet);
            sheet.fact("runbook", &it.runbook);
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

fn notices(notices: &[Notice], look: &Look) -> String {
    let mut table = Table::new(look, &[]).wrapped();
    for notice in notices {
        let mut text = format!("{} to {} by {}", notice.about, notice.team, notice.channel);
        if notice.attempts > 1 {
            text += &format!(", {}", count(notice.attempts as usize, "attempt"));
        }
        if !notice.last_error.is_empty() {
            text += &format!(": {}", notice.last_error);
        }
        table.row([
            Field::Text(look.wall_clock(notice.last_attempt_at)),
            Field::word(notice.state),
            Field::Text(plain(&text)),
        ]);
    }
    table.text()
}

/// `remit alert list`.
#[derive(Debug, Serialize)]
pub(crate) struct Alerts {
    pub(crate) alerts: Vec<Alert>,
}

impl View for Alerts {
    fn text(&self, look: &Look) -> String {
        if self.alerts.is_empty() {
            return "no alerts".into();
        }
        let headings = ["ALERT", "SEVERITY", "STATE", "REMIT OF", "AGE", "NEXT", "HOST", "SUMMARY"];
        let mut table = Table::new(look, &headings);
        let digits = telling(self.alerts.iter().map(|it| it.alert_id.as_str()));
        for alert in &self.alerts {
            table.row([
                Field::Text(head(&alert.alert_id, digits)),
                Field::word(alert.severity),
                Field::Word(brief(alert.state).into()),
                Field::Text(short(alert.owner(), 12)),
                Field::Text(look.age(alert.opened_at)),
                Field::Text(alert.next(look)),
                Field::Text(short(&alert.hostname, 14)),
                Field::text(&alert.summary),
            ]);
        }
        table.text()
    }
}

/// What was done to several alerts at once, and where it failed.
#[derive(Debug, Serialize)]
pub(crate) struct Done {
    pub(crate) alerts: Vec<Alert>,
    pub(crate) errors: Vec<Undone>,
}

/// One alert to which it was not done.
#[derive(Debug, Serialize)]
pub(crate) struct Undone {
    pub(crate) alert_id: String,
    pub(crate) kind: crate::failure::Kind,
    pub(crate) message: String,
}

impl Undone {
    /// Why it was not done.
    pub(crate) fn new(alert_id: &str, failure: &Failure) -> Self {
        let message = failure.to_string();
        Self { alert_id: alert_id.into(), kind: failure.kind, message }
    }
}

impl View for Done {
    fn text(&self, look: &Look) -> String {
        let lines = self.alerts.iter().map(|it| it.brief(look));
        let failed = self
            .errors
            .iter()
            .map(|it| format!("{}: not done: {}", plain(&it.alert_id), plain(&it.message)));
        lines.chain(failed).collect::<Vec<_>>().join("\n")
    }
}

/// What one alert has become.
#[derive(Debug, Serialize)]
#[serde(transparent)]
pub(crate) struct Changed(pub(crate) Alert);

impl View for Changed {
    fn text(&self, look: &Look) -> String {
        self.0.brief(look)
    }
}

impl Alert {
    /// What became of it, in one line.
    fn brief(&self, look: &Look) -> String {
        let mut line = format!(
            "{} {}: {}",
            head(&self.alert_id, TELLING),
            plain(&self.hostname),
            look.word(self.state)
        );
        if let Some(ack) = &self.acknowledgement {
            line += &format!(" by {} until {}", plain(&ack.by), look.exact(ack.expires_at));
        }
        if let Some(disposition) = self.disposition.filter(|it| *it != "none") {
            line += &format!(", {}", look.word(Some(disposition)));
        }
        line + &format!(", remit of {}", plain(self.owner()))
    }
}

/// The state, short enough for a crowded table.
fn brief(state: Option<&str>) -> &str {
    match state {
        Some("acknowledged") => "ack",
        Some(state) => state,
        None => NOTHING,
    }
}
