//! What is seen in a story, looked for in a world.

use remit_collector_domain::{
    alert::{self, Alert, EntryKind, State},
    sla::{ClockKind, Promise, ledger},
    suppression::SuppressionKind,
};

use crate::{
    play::{Telling, matter},
    story::{Matter, Message, Promised, See, Standing, kind_word, length},
};

impl Telling<'_> {
    pub(super) fn see(&mut self, see: &See) -> Result<(), String> {
        match see {
            See::Told(messages) => messages.iter().try_for_each(|it| self.told(it)),
            See::NobodyTold => match self.unmentioned().next() {
                Some((_, sent)) => Err(format!("expected nobody told, but {}", self.shown(sent))),
                None => Ok(()),
            },
            See::NeverMind => Ok(()),
            See::Owner(of, team, row) => {
                let remit = &self.alert(of.as_ref())?.remit;
                same("owner", team, &remit.responsible)?;
                row.as_ref().map_or(Ok(()), |row| same("row", row, &remit.row))
            }
            See::State(of, standing) => {
                let found = stands(self.alert(of.as_ref())?);
                same("state", &word(*standing), &word(found))
            }
            See::Severity(of, severity) => {
                same("severity", severity, &self.alert(of.as_ref())?.severity)
            }
            See::Quiet(of, kinds) => self.quiet(of.as_ref(), kinds),
            See::Loud(of) => {
                let alert = self.alert(of.as_ref())?;
                match alert.is_quiet() {
                    true => Err(format!("expected it loud, but it is quiet: {}", reasons(alert))),
                    false => Ok(()),
                }
            }
            See::Sla(kind, of, promised) => self.sla(*kind, of.as_ref(), *promised),
            See::Timeline(of, kinds) => timeline(self.alert(of.as_ref())?, kinds),
            See::Alerts(count) => same("alerts", count, &self.world.alerts.len()),
            See::Seen(of, times) => {
                same("times seen", times, &self.alert(of.as_ref())?.occurrences)
            }
            See::Refused(words) => match self.refused.take() {
                Some((_, refusal)) if refusal.contains(words.as_str()) => Ok(()),
                Some((_, refusal)) => {
                    Err(format!("expected `{words}`, but it was refused: {refusal}"))
                }
                None => Err(format!("expected a refusal, `{words}`, but it was done")),
            },
            See::Next(of, at) => {
                let found = alert::deadline(self.alert(of.as_ref())?);
                let found = found.map_or("never".to_owned(), |it| self.time(it));
                same("due", &self.time(*at), &found)
            }
        }
    }

    fn told(&mut self, message: &Message) -> Result<(), String> {
        if let Some(of) = &message.of {
            self.last = Some(of.clone());
        }
        let of = self.last.clone().ok_or("no alert was named yet")?;
        let is_it = |it: &&(usize, &crate::world::Sent)| {
            let (about, notice) = (&self.world.alerts[&it.1.alert].about, &it.1.notice);
            (&notice.to, notice.topic) == (&message.to, message.topic)
                && matter(&about.check, &about.instance, &about.hostname) == of
                && message.via.as_ref().is_none_or(|via| *via == notice.channel)
        };
        let left: Vec<_> = self.unmentioned().collect();
        let found: Vec<usize> = left.iter().filter(is_it).map(|it| it.0).collect();
        if found.is_empty() {
            let others: Vec<String> = left.iter().map(|it| self.shown(it.1)).collect();
            let others =
                if others.is_empty() { "nobody was".to_owned() } else { others.join("; ") };
            let topic = message.topic.as_str();
            return Err(format!("expected told {} {topic} of {of}, but {others}", message.to));
        }
        self.mentioned.resize(self.world.sent.len(), false);
        for it in found {
            self.mentioned[it] = true;
        }
        Ok(())
    }

    fn quiet(&mut self, of: Option<&Matter>, kinds: &[SuppressionKind]) -> Result<(), String> {
        let alert = self.alert(of)?;
        if !alert.is_quiet() {
            return Err("expected it quiet, but it is not".to_owned());
        }
        let has = |kind: &SuppressionKind| alert.suppressors.iter().any(|it| it.what.kind == *kind);
        match kinds.iter().find(|it| !has(it)) {
            Some(kind) => Err(format!("expected it quiet because of {kind}: {}", reasons(alert))),
            None => Ok(()),
        }
    }

    fn sla(
        &mut self,
        kind: ClockKind,
        of: Option<&Matter>,
        promised: Promised,
    ) -> Result<(), String> {
        let alert = self.alert(of)?.clone();
        let terms = self.world.terms_of(&alert).ok_or("nothing was promised")?;
        let found = ledger(&terms, alert.severity, &alert.clocks, self.world.now);
        let mut of_kind = found.promises.iter().filter(|it: &&Promise| it.kind == kind);
        let promise = of_kind.next_back();
        let promise = promise.ok_or_else(|| format!("there is no {} clock", kind.as_str()))?;
        match promised {
            Promised::Used(used) => same("time used", &length(used), &length(promise.spent)),
            Promised::Stands(status) => same(kind.as_str(), &status, &promise.status),
        }
    }
}

fn same<T: PartialEq + std::fmt::Display>(
    what: &str,
    expected: &T,
    found: &T,
) -> Result<(), String> {
    match expected == found {
        true => Ok(()),
        false => Err(format!("expected {what} {expected}, but it is {found}")),
    }
}

fn stands(alert: &Alert) -> Standing {
    match alert.state {
        State::Open => Standing::Open,
        State::Acknowledged(_) => Standing::Acknowledged,
        State::Resolved { .. } => Standing::Resolved,
    }
}

fn word(standing: Standing) -> &'static str {
    match standing {
        Standing::Open => "open",
        Standing::Acknowledged => "acknowledged",
        Standing::Resolved => "resolved",
    }
}

fn reasons(alert: &Alert) -> String {
    let all: Vec<String> = alert.suppressors.iter().map(|it| it.what.label()).collect();
    if all.is_empty() { "nothing makes it so".to_owned() } else { all.join(", ") }
}

/// Whether these entries come in this order, whatever is between them.
fn timeline(alert: &Alert, kinds: &[EntryKind]) -> Result<(), String> {
    let mut entries = alert.timeline.iter();
    for kind in kinds {
        if !entries.any(|it| it.kind == *kind) {
            let all: Vec<&str> = alert.timeline.iter().map(|it| kind_word(it.kind)).collect();
            let kind = kind_word(*kind);
            return Err(format!("expected {kind} in this order, but it is {}", all.join(", ")));
        }
    }
    Ok(())
}
