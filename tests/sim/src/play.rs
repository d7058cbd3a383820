//! Tells a story to a world, and says where the two differ.

mod act;
mod see;

use std::{collections::BTreeMap, fmt};

use jiff::Timestamp;
use remit_collector_domain::alert::{Actor, Alert};
use remit_shared::{EndpointId, KnownIssueId, Tenant, WindowId};

use crate::{
    shelf,
    story::{Line, Matter, See, Story, What, shown},
    world::{Sent, Told, World},
};

/// Where a story and the world differ.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Difference {
    /// The file.
    pub file: String,
    /// The line, from 1.
    pub line: usize,
    /// What was expected, and what happened.
    pub what: String,
}

impl fmt::Display for Difference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}: {}", self.file, self.line, self.what)
    }
}

/// Tells a story; gives the world at its end.
pub fn play(story: &Story) -> Result<World, Difference> {
    let differs = |line, what| Difference { file: story.file.clone(), line, what };
    let mut told = Telling::begin(story).map_err(|what| differs(1, what))?;
    for line in &story.lines {
        told.line(line).map_err(|(number, what)| differs(number, what))?;
    }
    told.is_all_said().map_err(|(number, what)| differs(number, what))?;
    Ok(told.world)
}

/// A line and what is wrong with it.
type Wrong = (usize, String);

/// A story that is being told.
struct Telling<'s> {
    story: &'s Story,
    world: World,
    tenant: Tenant,
    /// The line that was told last.
    line: usize,
    /// Which of what was sent the story has mentioned.
    mentioned: Vec<bool>,
    /// The line of what was last asked for and refused, and why it was.
    refused: Option<Wrong>,
    last_told: Option<Told>,
    last: Option<Matter>,
    windows: BTreeMap<String, WindowId>,
    issues: BTreeMap<String, KnownIssueId>,
}

impl<'s> Telling<'s> {
    fn begin(story: &'s Story) -> Result<Self, String> {
        let mut world = World::begin(story.begins);
        let text = shelf::matrix(&story.matrix);
        let text = text.map_err(|err| format!("no matrix `{}`: {err}", story.matrix.name))?;
        let tenant = world.publish(&story.matrix.name, &text).map_err(|err| err.to_string())?;
        for it in &story.endpoints {
            world.enroll(&tenant, &it.hostname, it.site.clone(), it.tags.clone());
        }
        Ok(Self {
            story,
            world,
            tenant,
            line: 1,
            mentioned: Vec::new(),
            refused: None,
            last_told: None,
            last: None,
            windows: BTreeMap::new(),
            issues: BTreeMap::new(),
        })
    }

    fn line(&mut self, line: &Line) -> Result<(), Wrong> {
        if let Some(at) = line.at {
            self.is_all_said()?;
            self.world.advance(at);
        }
        self.line = line.number;
        let wrong = |what: String| (line.number, what);
        match &line.what {
            Some(What::See(See::NeverMind)) => self.mentioned = vec![true; self.world.sent.len()],
            Some(What::See(see)) => {
                self.nothing_missed().map_err(wrong)?;
                self.see(see).map_err(wrong)?;
            }
            Some(What::Act(act)) => {
                self.nothing_missed().map_err(wrong)?;
                self.nothing_refused()?;
                self.act(act).map_err(wrong)?;
                self.world.perform();
            }
            None => self.nothing_missed().map_err(wrong)?,
        }
        Ok(())
    }

    /// Messages that the story has not mentioned yet.
    fn unmentioned(&self) -> impl Iterator<Item = (usize, &Sent)> {
        let mentioned = |at: &usize| self.mentioned.get(*at).copied().unwrap_or(false);
        self.world.sent.iter().enumerate().filter(move |it| !mentioned(&it.0))
    }

    /// Nobody may be told between two moments of a story.
    fn nothing_missed(&self) -> Result<(), String> {
        match self.unmentioned().find(|it| it.1.at != self.world.now) {
            Some((_, sent)) => Err(format!("the story does not say: {}", self.shown(sent))),
            None => Ok(()),
        }
    }

    fn refuse(&mut self, refusal: impl fmt::Display) {
        self.refused = Some((self.line, refusal.to_string()));
    }

    fn nothing_refused(&self) -> Result<(), Wrong> {
        match &self.refused {
            Some((line, refusal)) => Err((*line, format!("it was refused: {refusal}"))),
            None => Ok(()),
        }
    }

    /// What happened at a moment must be said at that moment.
    fn is_all_said(&self) -> Result<(), Wrong> {
        self.nothing_refused()?;
        let left: Vec<String> = self.unmentioned().map(|it| self.shown(it.1)).collect();
        match left.is_empty() {
            true => Ok(()),
            false => Err((self.line, format!("the story does not say: {}", left.join("; ")))),
        }
    }

    /// A message in the words of a story.
    fn shown(&self, sent: &Sent) -> String {
        let about = &self.world.alerts[&sent.alert].about;
        let notice = &sent.notice;
        let matter = matter(about.check.as_ref(), about.instance.as_ref(), &about.hostname);
        format!(
            "{} told {} {} of {matter} via {}",
            self.time(sent.at),
            notice.to,
            notice.topic.as_str(),
            notice.channel
        )
    }

    fn time(&self, at: Timestamp) -> String {
        shown(&self.story.zone, at)
    }

    fn endpoint(&self, hostname: &str) -> Result<EndpointId, String> {
        let id = self.world.endpoint_id(&self.tenant, hostname);
        match self.world.endpoints.contains_key(&id) {
            true => Ok(id),
            false => Err(format!("the story has no endpoint `{hostname}`")),
        }
    }

    /// The newest alert about a matter, or about the last that was named.
    fn alert(&mut self, of: Option<&Matter>) -> Result<&Alert, String> {
        if let Some(of) = of {
            self.last = Some(of.clone());
        }
        let matter = self.last.clone().ok_or("no alert was named yet")?;
        let endpoint = self.endpoint(&matter.hostname)?;
        let (check, instance) = matter.check.split_once(':').unwrap_or((&matter.check, ""));
        let found = self.world.newest(endpoint, check, instance);
        found.ok_or_else(|| format!("there is no alert of {matter}"))
    }

    fn actor(&self, name: &str) -> Result<Actor, String> {
        let person = self.story.person(name);
        let person = person.ok_or_else(|| {
            let known: Vec<&str> = self.story.people.iter().map(|it| it.name.as_str()).collect();
            format!("the story has no person `{name}`: it has {}", known.join(", "))
        })?;
        Ok(Actor { name: person.name.clone(), team: person.team.clone(), party: person.party })
    }
}

fn matter(check: &str, instance: &str, hostname: &str) -> Matter {
    let check = match instance {
        "" => check.to_owned(),
        instance => format!("{check}:{instance}"),
    };
    Matter { check, hostname: hostname.to_owned() }
}
