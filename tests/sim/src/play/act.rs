//! What happens in a story, done to a world.

use jiff::SignedDuration;
use remit_collector_domain::{
    alert::Actor,
    known_issue::{IssueSpec, Kind, Matcher},
    matrix::EndpointRef,
    signal::Say,
    window::{Effects, Selector, Spec, Timing},
};
use remit_shared::{AlertId, Function, Site};

use crate::{
    play::Telling,
    shelf,
    story::{Act, Matter, MatrixText, Over},
    world::Wish,
};

impl Telling<'_> {
    pub(super) fn act(&mut self, act: &Act) -> Result<(), String> {
        match act {
            Act::Raise(matter, severity, function) => {
                let say =
                    Say::Raised { severity: *severity, evidence: String::new(), delayed: false };
                self.hear(matter, function.clone(), say)
            }
            Act::Clear(matter) => self.hear(matter, None, Say::Cleared),
            Act::Repeat => {
                let told = self.last_told.clone().ok_or("nothing was told yet")?;
                self.world.hear(&told);
                Ok(())
            }
            Act::Ack(of, by, hold) => self.wish(of, by, Wish::Acknowledge(*hold)),
            Act::Resolve(of, by) => self.wish(of, by, Wish::Resolve),
            Act::HandOver(of, to, by, why) => {
                self.wish(of, by, Wish::HandOver(to.clone(), why.clone()))
            }
            Act::Block(of, by, reason, now) => self.wish(of, by, Wish::Block(*reason, *now)),
            Act::Unblock(of, by) => self.wish(of, by, Wish::Unblock),
            Act::Pause(of, by, reason, length) => {
                self.wish(of, by, Wish::Pause(*reason, *length))
            }
            Act::Resume(of, by) => self.wish(of, by, Wish::Resume),
            Act::Note(of, by, text) => self.wish(of, by, Wish::Note(text.clone())),
            Act::Window { title, over, by, .. } => {
                let by = self.actor(by)?;
                let spec = self.window(act, over);
                match self.world.schedule(&self.tenant, spec, by, Vec::new()) {
                    Ok(id) => {
                        self.windows.insert(title.clone(), id);
                    }
                    Err(refusal) => self.refused = Some(refusal.to_string()),
                }
                Ok(())
            }
            Act::EndWindow(title, by) | Act::CancelWindow(title, by) => {
                let by = self.actor(by)?;
                let id = self.windows.get(title).copied();
                let id = id.ok_or_else(|| format!("there is no window `{title}`"))?;
                let done = match act {
                    Act::EndWindow(..) => self.world.end_window(id, by),
                    _ => self.world.cancel_window(id, by),
                };
                self.refused = done.err().map(|it| it.to_string());
                Ok(())
            }
            Act::Known { title, of, by, .. } => {
                let by = self.actor(by)?;
                let spec = self.issue(act, of, &by)?;
                match self.world.declare(spec, &by) {
                    Ok(id) => {
                        self.issues.insert(title.clone(), id);
                    }
                    Err(refusal) => self.refused = Some(refusal.to_string()),
                }
                self.world.reconsider(&self.tenant.clone());
                Ok(())
            }
            Act::EndKnown(title, by) => {
                let by = self.actor(by)?;
                let id = self.issues.get(title).copied();
                let id = id.ok_or_else(|| format!("there is no known issue `{title}`"))?;
                self.world.end_issue(id, &by);
                Ok(())
            }
            Act::Publish(name) => {
                let named = MatrixText { name: name.clone(), more: String::new() };
                let text = shelf::matrix(&named);
                let text = text.map_err(|err| format!("no matrix `{name}`: {err}"))?;
                self.world.publish(name, &text).map_err(|err| err.to_string())?;
                Ok(())
            }
            Act::Restart => {
                self.world.restart();
                self.world.tick();
                Ok(())
            }
            Act::Down(until) => {
                self.world.set_clock(*until);
                self.world.restart();
                self.world.tick();
                Ok(())
            }
            Act::ClockBack(to) => {
                self.world.set_clock(*to);
                self.world.tick();
                Ok(())
            }
            Act::Silent(names) | Act::Heard(names) => {
                for name in names {
                    let id = self.endpoint(name)?;
                    match act {
                        Act::Silent(_) => self.world.falls_silent(id),
                        _ => self.world.is_heard(id),
                    }
                }
                self.world.tick();
                Ok(())
            }
        }
    }

    fn hear(
        &mut self,
        matter: &Matter,
        function: Option<Function>,
        say: Say,
    ) -> Result<(), String> {
        self.last = Some(matter.clone());
        let endpoint = self.endpoint(&matter.hostname)?;
        let rules = self.world.matrix(&self.tenant).rules_for(&self.world.endpoints[&endpoint].subject);
        let check = matter.check.split(':').next().unwrap_or_default();
        let function = function.unwrap_or_else(|| rules.function(check));
        let told = self.world.says(endpoint, &matter.check, Some(function), say);
        self.world.hear(&told);
        self.last_told = Some(told);
        Ok(())
    }

    fn wish(&mut self, of: &Option<Matter>, by: &str, wish: Wish) -> Result<(), String> {
        let by = self.actor(by)?;
        let id: AlertId = self.alert(of.as_ref())?.id;
        self.refused = self.world.wish(id, by, wish).err().map(|it| it.to_string());
        Ok(())
    }

    fn window(&self, act: &Act, over: &Over) -> Spec {
        let Act::Window { title, length, from, covers_open, .. } = act else {
            unreachable!("only a window is one")
        };
        let mut selector = Selector::default();
        match over {
            Over::Endpoint(name) => {
                selector.endpoints.insert(EndpointRef::Host(name.clone()));
            }
            Over::Site(name) => {
                selector.sites.extend(Site::new(name));
            }
        }
        let start = self.story.zone.to_datetime(from.unwrap_or(self.world.now));
        Spec {
            title: title.clone(),
            selector,
            effects: Effects { suppress_notify: true, suppress_patch: false },
            zone: self.story.zone.clone(),
            timing: Timing::Once { start },
            duration: *length,
            grace: SignedDuration::from_mins(10),
            for_patching: false,
            covers_open: *covers_open,
            change: None,
        }
    }

    fn issue(&self, act: &Act, of: &Matter, by: &Actor) -> Result<IssueSpec, String> {
        let Act::Known { title, until, up_to, breaks_when, .. } = act else {
            unreachable!("only a known issue is one")
        };
        let (check, instance) = of.check.split_once(':').unwrap_or((&of.check, "*"));
        let matcher = Matcher {
            check: check.to_owned(),
            instance: instance.to_owned(),
            endpoints: [self.endpoint(&of.hostname)?].into(),
            sites: [].into(),
            functions: [].into(),
        };
        Ok(IssueSpec {
            kind: Kind::KnownIssue,
            tenant: self.tenant.clone(),
            title: title.clone(),
            why: "it is known".to_owned(),
            matcher,
            evidence: [].into(),
            ticket: String::new(),
            owner: by.team.clone(),
            party: by.party,
            review_at: None,
            expires_at: *until,
            max_severity: *up_to,
            breaks_when: breaks_when.iter().copied().collect(),
        })
    }
}
