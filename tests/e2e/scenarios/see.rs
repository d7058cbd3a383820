//! What is seen in a story, looked for at a running collector.

use jiff::{SignedDuration, Timestamp};
use remit_proto::{convert::Wire as _, v1};
use remit_sim::story::{Matter, Message, Promised, See, Standing, kind_word};
use tests::{Received, SOON, eventually};

use crate::scenarios::{Telling, is_about};

/// So much longer than the story says may have passed, while the test looked.
const SLACK: SignedDuration = SignedDuration::from_secs(59);

impl Telling {
    pub(super) async fn see(&mut self, line: usize, see: &See) {
        match see {
            See::Told(messages) => {
                for it in messages {
                    self.told(line, it).await;
                }
            }
            See::NobodyTold => {
                let mut received = self.site.inbox.received().into_iter();
                let is_new = |it: &Received| !self.mentioned.contains(&it.id);
                if let Some(it) = received.find(|it| is_new(it) && self.is_of_the_story(it)) {
                    let words = format!("{} told {}", it.webhook, it.field("topic"));
                    self.differs(line, &format!("expected nobody told, but {words}"));
                }
            }
            See::NeverMind => {
                let received = self.site.inbox.received().into_iter();
                self.mentioned = received.map(|it| it.id).collect();
            }
            See::Owner(of, team, row) => {
                let what = format!("the owner is {team}");
                self.until(line, of.as_ref(), &what, |it| {
                    let whose = it.responsibility.clone().unwrap_or_default();
                    whose.responsible == team.as_str()
                        && row.as_ref().is_none_or(|row| whose.row == *row)
                })
                .await;
            }
            See::State(of, standing) => {
                let state = match standing {
                    Standing::Open => v1::AlertState::Open,
                    Standing::Acknowledged => v1::AlertState::Acknowledged,
                    Standing::Resolved => v1::AlertState::Resolved,
                };
                let what = format!("the alert is {}", state.as_str_name());
                self.until(line, of.as_ref(), &what, |it| it.state() == state).await;
            }
            See::Severity(of, severity) => {
                let name = format!("SEVERITY_{}", severity.as_str().to_uppercase());
                let what = format!("it matters {severity}");
                self.until(line, of.as_ref(), &what, |it| it.severity().as_str_name() == name)
                    .await;
            }
            See::Timeline(of, kinds) => {
                let words: Vec<String> = kinds
                    .iter()
                    .map(|it| format!("ALERT_EVENT_KIND_{}", kind_word(*it).to_uppercase()))
                    .collect();
                let what = format!("the timeline has {}", words.join(", "));
                self.until(line, of.as_ref(), &what, |it| {
                    let mut entries = it.timeline.iter().map(|it| it.kind().as_str_name());
                    words.iter().all(|word| entries.any(|it| it == word))
                })
                .await;
            }
            See::Alerts(count) => {
                let what = self.at(line, &format!("there are {count} alerts"));
                eventually(SOON, &what, async || {
                    let all = self.site.admin.all_alerts().await;
                    let of_story = all.iter().filter(|it| it.check.starts_with("ops:"));
                    (of_story.count() == *count).then_some(())
                })
                .await;
            }
            See::Seen(of, times) => {
                let what = format!("it was seen {times} times");
                self.until(line, of.as_ref(), &what, |it| it.occurrences == *times).await;
            }
            See::Sla(kind, of, promised) => {
                let alert = self.alert(line, of.as_ref()).await;
                self.sla(line, &alert, kind.as_str(), *promised).await;
            }
            See::Refused(words) => match self.refused.take() {
                Some((_, refusal)) if refusal.contains(words.as_str()) => {}
                Some((_, refusal)) => {
                    self.differs(line, &format!("expected `{words}`, but: {refusal}"));
                }
                None => self.differs(line, &format!("expected a refusal, `{words}`")),
            },
            See::Quiet(..) | See::Loud(_) | See::Next(..) => {
                self.differs(line, "this cannot be seen from outside: leave `runs` out")
            }
        }
    }

    /// What the collector says of other things is not the story's.
    fn is_of_the_story(&self, it: &Received) -> bool {
        let check = it.body["alerts"][0]["check"].as_str().unwrap_or_default();
        check.starts_with("ops:")
    }

    async fn told(&mut self, line: usize, message: &Message) {
        if let Some(of) = &message.of {
            self.last = Some(of.clone());
        }
        let Some(of) = self.last.clone() else { self.differs(line, "no alert was named yet") };
        let (to, topic) = (message.to.to_string(), message.topic.as_str());
        let what = self.at(line, &format!("told {to} {topic} of {of}"));
        let found = eventually(SOON, &what, async || {
            let received = self.site.inbox.received().into_iter();
            let mut new = received.filter(|it| !self.mentioned.contains(&it.id));
            new.find(|it| {
                let alert = &it.body["alerts"][0];
                let field = |name: &str| alert[name].as_str().unwrap_or_default().to_owned();
                it.webhook == to
                    && it.field("topic") == topic
                    && is_about(&field("check"), &field("hostname"), &of)
            })
        })
        .await;
        self.mentioned.insert(found.id);
    }

    /// Waits until an alert is as the story says.
    async fn until(
        &mut self,
        line: usize,
        of: Option<&Matter>,
        what: &str,
        is_so: impl Fn(&v1::Alert) -> bool,
    ) {
        let alert = self.alert(line, of).await;
        let what = self.at(line, what);
        self.site.admin.alert_where(&alert.alert_id, &what, is_so).await;
    }

    async fn sla(&self, line: usize, alert: &v1::Alert, kind: &str, promised: Promised) {
        let (of_kind, target) = match kind.strip_prefix("team_") {
            Some(target) => (v1::SlaKind::Team, target),
            None => (v1::SlaKind::Contract, kind),
        };
        let target = format!("SLA_TARGET_{}", target.to_uppercase());
        let what = self.at(line, &format!("{kind} is as promised: {promised:?}"));
        eventually(SOON, &what, async || {
            let clocks = self.clocks(alert).await?.clocks;
            let mut fits = clocks
                .into_iter()
                .filter(|it| it.kind() == of_kind && it.target().as_str_name() == target);
            let clock = fits.next_back()?;
            let is_so = match promised {
                Promised::Used(used) => {
                    let found = SignedDuration::from_millis(clock.elapsed_ms as i64);
                    used <= found + SLACK && found <= used + SLACK
                }
                Promised::Stands(status) => {
                    let name = format!("SLA_STATUS_{}", status.as_str().to_uppercase());
                    clock.status().as_str_name() == name
                }
            };
            is_so.then_some(())
        })
        .await;
    }

    async fn clocks(&self, alert: &v1::Alert) -> Option<v1::AlertSla> {
        let asked = v1::GetAlertSlaRequest { alert_id: alert.alert_id.clone() };
        self.site.admin.alerts().get_alert_sla(asked).await.ok()?.into_inner().sla
    }

    /// What time it is for the collector.
    pub(super) async fn now(&self, alert: &v1::Alert) -> Timestamp {
        let sla = self.clocks(alert).await.expect("the collector tells an alert's clocks");
        let as_of = sla.as_of.expect("it says as of when");
        Timestamp::from_wire("as_of", as_of).expect("it is a time")
    }
}
