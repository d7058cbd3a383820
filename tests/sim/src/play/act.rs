//! What happens in a story, done to a world.

use std::fmt::Display;

use jiff::SignedDuration;
use remit_collector_domain::{
    alert::Actor,
    known_issue::{IssueSpec, Kind, Matcher},
    matrix::EndpointRef,
    signal::Say,
    window::{Effects, Selector, Spec, Timing},
};
use remit_shared::{AlertId, EndpointId, Function, Site, WindowId};

use crate::{
    play::Telling,
    shelf,
    story::{Act, Known, MatrixText, Matter, Over, Work},
    world::{Wish, World},
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
            Act::Pause(of, by, reason, length) => self.wish(of, by, Wish::Pause(*reason, *length)),
            Act::Resume(of, by) => self.wish(of, by, Wish::Resume),
            Act::Note(of, by, text) => self.wish(of, by, Wish::Note(text.clone())),
            Act::Window(work) => self.schedule(work),
            Act::EndWindow(title, by) => {
                let (id, by) = (self.scheduled(title)?, self.actor(by)?);
                let done = self.world.end_window(id, by);
                self.note_refusal(done);
                Ok(())
            }
            Act::CancelWindow(title, by) => {
                let (id, by) = (self.scheduled(title)?, self.actor(by)?);
                let done = self.world.cancel_window(id, by);
                self.note_refusal(done);
                Ok(())
            }
            Act::Known(known) => self.declare(known),
            Act::EndKnown(title, by) => {
                let by = self.actor(by)?;
                let id = self.issues.get(title).copied();
                let id = id.ok_or_else(|| format!("there is no known issue `{title}`"))?;
                self.world.end_issue(id, &by);
                Ok(())
            }
            Act::Publish(name) => self.publish(name),
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
            Act::Silent(names) => self.each(names, World::falls_silent),
            Act::Heard(names) => self.each(names, World::is_heard),
        }
    }

    fn each(
        &mut self,
        names: &[String],
        what: impl Fn(&mut World, EndpointId),
    ) -> Result<(), String> {
        for name in names {
            let id = self.endpoint(name)?;
            what(&mut self.world, id);
        }
        self.world.tick();
        Ok(())
    }

    fn publish(&mut self, name: &str) -> Result<(), String> {
        let named = MatrixText { name: name.to_owned(), more: String::new() };
        let text = shelf::matrix(&named).map_err(|err| format!("no matrix `{name}`: {err}"))?;
        self.world.publish(name, &text).map(|_| ()).map_err(|err| err.to_string())
    }

    fn schedule(&mut self, work: &Work) -> Result<(), String> {
        let (by, spec) = (self.actor(&work.by)?, self.window(work));
        match self.world.schedule(&self.tenant, spec, by, Vec::new()) {
            Ok(id) => {
                self.windows.insert(work.title.clone(), id);
            }
            Err(refusal) => self.refuse(refusal),
        }
        Ok(())
    }

    fn scheduled(&self, title: &str) -> Result<WindowId, String> {
        let id = self.windows.get(title).copied();
        id.ok_or_else(|| format!("there is no window `{title}`"))
    }

    fn declare(&mut self, known: &Known) -> Result<(), String> {
        let by = self.actor(&known.by)?;
        let spec = self.issue(known, &by)?;
        match self.world.declare(spec, &by) {
            Ok(id) => {
                self.issues.insert(known.title.clone(), id);
            }
            Err(refusal) => self.refuse(refusal),
        }
        Ok(())
    }

    fn note_refusal<E: Display>(&mut self, done: Result<(), E>) {
        if let Err(refusal) = done {
            self.refuse(refusal);
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
        let rules =
            self.world.matrix(&self.tenant).rules_for(&self.world.endpoints[&endpoint].subject);
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
        let done = self.world.wish(id, by, wish);
        self.note_refusal(done);
        Ok(())
    }

    fn window(&self, work: &Work) -> Spec {
        let mut selector = Selector::default();
        match &work.over {
            Over::Endpoint(name) => {
                selector.endpoints.insert(EndpointRef::Host(name.clone()));
            }
            Over::Site(name) => {
                selector.sites.extend(Site::new(name.as_str()));
            }
        }
        let start = self.story.zone.to_datetime(work.from.unwrap_or(self.world.now));
        Spec {
            title: work.title.clone(),
            why: work.title.clone(),
            selector,
            effects: Effects { suppress_notify: true, suppress_patch: false },
            zone: self.story.zone.clone(),
            timing: Timing::Once { start },
            duration: work.length,
            grace: SignedDuration::from_mins(10),
            for_patching: false,
            covers_open: work.covers_open,
            change: None,
        }
    }

    fn issue(&self, known: &Known, by: &Actor) -> Result<IssueSpec, String> {
        let of = &known.of;
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
            title: known.title.clone(),
            why: "it is known".to_owned(),
            matcher,
            evidence: [].into(),
            ticket: String::new(),
            owner: by.team.clone(),
            party: by.party,
            review_at: None,
            expires_at: known.until,
            max_severity: known.up_to,
            breaks_when: known.breaks_when.iter().copied().collect(),
        })
    }
}
