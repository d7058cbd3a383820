//! What happens in a story, done to a running collector.

use remit_proto::{convert::Wire as _, v1};
use remit_sim::story::{Act, Matter};
use tests::{Operator, SOON, eventually, post};
use tonic::{Code, Status};

use crate::scenarios::Telling;

/// Where Alertmanager's clients post.
const ALERTS: &str = "/api/v2/alerts";

impl Telling {
    pub(super) async fn act(&mut self, line: usize, act: &Act) {
        let done = match act {
            Act::Raise(matter, severity, _) => {
                self.post(line, matter, severity.as_str(), "2100-01-01T00:00:00Z").await;
                Ok(())
            }
            Act::Clear(matter) => {
                let before = self.alert(line, Some(matter)).await;
                let severity = before.severity().as_str_name().trim_start_matches("SEVERITY_");
                self.post(line, matter, &severity.to_lowercase(), "2000-01-02T00:00:00Z").await;
                Ok(())
            }
            Act::Restart => {
                self.site.stop().await;
                self.start_again().await;
                Ok(())
            }
            Act::Down(until) => {
                self.site.cut_power().await;
                self.site.set_clock(self.moved(*until));
                self.start_again().await;
                Ok(())
            }
            Act::Ack(of, by, hold) => {
                let (alert_id, by) = self.asked(line, of, by).await;
                let hold_seconds = hold.map_or(0, |it| it.as_secs() as u32);
                let asked =
                    v1::AcknowledgeAlertRequest { alert_id, hold_seconds, ..Default::default() };
                by.alerts().acknowledge_alert(asked).await.map(|_| ())
            }
            Act::Resolve(of, by) => {
                let (alert_id, by) = self.asked(line, of, by).await;
                let asked = v1::ResolveAlertRequest { alert_id, ..Default::default() };
                by.alerts().resolve_alert(asked).await.map(|_| ())
            }
            Act::HandOver(of, to, by, note) => {
                let (alert_id, by) = self.asked(line, of, by).await;
                let reason = v1::HandOverReason::Manual.into();
                let (to_team, note) = (to.to_string(), note.clone());
                let asked = v1::HandOverAlertRequest { alert_id, to_team, reason, note };
                by.alerts().hand_over_alert(asked).await.map(|_| ())
            }
            Act::Block(of, by, reason, immediately) => {
                let (alert_id, by) = self.asked(line, of, by).await;
                let name = format!("HAND_OVER_REASON_{}", reason.as_str().to_uppercase());
                let reason = v1::HandOverReason::from_str_name(&name).expect("the same words");
                let (reason, immediately) = (reason.into(), *immediately);
                let note = "cannot go on".to_owned();
                let asked = v1::BlockAlertRequest { alert_id, reason, note, immediately };
                by.alerts().block_alert(asked).await.map(|_| ())
            }
            Act::Unblock(of, by) => {
                let (alert_id, by) = self.asked(line, of, by).await;
                let asked = v1::UnblockAlertRequest { alert_id, ..Default::default() };
                by.alerts().unblock_alert(asked).await.map(|_| ())
            }
            Act::Pause(of, by, reason, length) => {
                let alert = self.alert(line, of.as_ref()).await;
                let (alert_id, by) = self.asked(line, of, by).await;
                let name = format!("PAUSE_REASON_{}", reason.as_str().to_uppercase());
                let reason = v1::PauseReason::from_str_name(&name).expect("the same words").into();
                let now = self.now(&alert).await;
                let until = length.map(|it| (now + it).to_wire());
                let asked =
                    v1::PauseAlertRequest { alert_id, reason, note: "agreed".into(), until };
                by.alerts().pause_alert(asked).await.map(|_| ())
            }
            Act::Resume(of, by) => {
                let (alert_id, by) = self.asked(line, of, by).await;
                let asked = v1::ResumeAlertRequest { alert_id, ..Default::default() };
                by.alerts().resume_alert(asked).await.map(|_| ())
            }
            Act::Note(of, by, note) => {
                let (alert_id, by) = self.asked(line, of, by).await;
                let asked = v1::AddAlertNoteRequest { alert_id, note: note.clone() };
                by.alerts().add_alert_note(asked).await.map(|_| ())
            }
            Act::Repeat
            | Act::Window(_)
            | Act::EndWindow(..)
            | Act::CancelWindow(..)
            | Act::Known(_)
            | Act::EndKnown(..)
            | Act::Publish(_)
            | Act::ClockBack(_)
            | Act::Silent(_)
            | Act::Heard(_) => {
                self.differs(line, "this cannot be told to a collector: leave `runs` out")
            }
        };
        if let Err(status) = done {
            self.note_refusal(line, &status);
        }
    }

    fn note_refusal(&mut self, line: usize, status: &Status) {
        let refusals = [Code::FailedPrecondition, Code::Aborted, Code::AlreadyExists];
        if refusals.contains(&status.code()) {
            self.refused = Some((line, status.message().to_owned()));
        } else {
            self.differs(line, &format!("the collector answered {status}"));
        }
    }

    /// The alert that is meant, and who asks.
    async fn asked(&mut self, line: usize, of: &Option<Matter>, by: &str) -> (String, Operator) {
        let alert = self.alert(line, of.as_ref()).await;
        match self.people.get(by) {
            Some(by) => (alert.alert_id, by.clone()),
            None => self.differs(line, &format!("the story has no person `{by}`")),
        }
    }

    /// Posts what another system sees, and waits until it is an alert.
    async fn post(&mut self, line: usize, matter: &Matter, severity: &str, ends: &str) {
        self.last = Some(matter.clone());
        let body = serde_json::json!([{
            "labels": {
                "alertname": matter.check,
                "instance": format!("{}:9100", matter.hostname),
                "severity": severity,
            },
            "startsAt": "2000-01-01T00:00:00Z",
            "endsAt": ends,
        }]);
        let (at, root) = (self.site.receiver(), self.site.root());
        let (status, said) = post(at, &root, &self.token, ALERTS, &body.to_string()).await;
        if status != 200 {
            self.differs(line, &format!("the receiver answered {status}: {said}"));
        }
        let is_raised = ends.starts_with("2100");
        let what = self.at(line, "what was posted is an alert, or is over");
        let matter = matter.clone();
        eventually(SOON, &what, async || {
            let all = self.site.admin.all_alerts().await;
            let mut about =
                all.into_iter().filter(|it| super::is_about(&it.check, &it.hostname, &matter));
            let is_open = about.any(|it| it.state() != v1::AlertState::Resolved);
            (is_open == is_raised).then_some(())
        })
        .await;
    }

    async fn start_again(&mut self) {
        self.site.restart().await;
        for person in self.people.values_mut() {
            *person = person.again().await;
        }
    }
}
