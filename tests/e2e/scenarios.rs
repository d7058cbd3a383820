//! The stories of `tests/scenarios` that need nothing from inside, told to the
//! running collector: alerts come from another system, people use the operator
//! plane, messages arrive at webhooks, and the test sets the clock.
//!
//! A story is moved by whole weeks to the days ahead, because TLS goes by the
//! machine's clock and not by the collector's. Its minutes are the collector's:
//! while a test looks, seconds pass.

mod act;
mod see;

use std::collections::{BTreeMap, BTreeSet};

use jiff::{Timestamp, ToSpan as _};
use remit_proto::v1;
use remit_runtime::clock::SystemClock;
use remit_shared::{Clock as _, Party};
use remit_sim::{
    Story, shelf,
    story::{Line, Matter, What},
};
use tests::{Operator, SOON, Site, eventually};

/// How checks of the story's source begin.
const SOURCE: &str = "ops";

/// A story that is being told to a collector.
struct Telling {
    story: Story,
    site: Site,
    people: BTreeMap<String, Operator>,
    /// What the source shows.
    token: String,
    /// By how many weeks the story is moved.
    weeks: i64,
    /// The messages that the story has mentioned, by their names: after a power
    /// cut one may come a second time, and stays the same message.
    mentioned: BTreeSet<String>,
    /// Where the last refusal was not mentioned yet, and what it said.
    refused: Option<(usize, String)>,
    last: Option<Matter>,
}

impl Telling {
    async fn begin(file: &str) -> Self {
        let text = std::fs::read_to_string(shelf::folder().join(file)).expect("the story is there");
        let story = Story::read(file, &text).unwrap_or_else(|err| panic!("{err}"));
        assert!(story.for_collector, "{file} does not say that the collector is told it");
        let matrix = shelf::matrix(&story.matrix).expect("its matrix lies beside it");
        let mut site = Site::by_clock(&matrix).await;
        let token = site.source(SOURCE, "alertmanager", None).await;
        for it in &story.endpoints {
            site.agent(&it.hostname).await;
        }
        let mut people = BTreeMap::new();
        for it in &story.people {
            let party = match it.party {
                Party::Internal => v1::Party::Internal,
                Party::Provider => v1::Party::Provider,
                Party::Vendor => v1::Party::Vendor,
            };
            let (role, team) = (v1::Role::Operator, it.team.as_str());
            let person = site.admin.create(&it.name, role, party, &[team]).await;
            people.insert(it.name.clone(), person);
        }
        let weeks = weeks_ahead(&story);
        let (mentioned, refused, last) = (BTreeSet::new(), None, None);
        Self { story, site, people, token, weeks, mentioned, refused, last }
    }

    async fn line(&mut self, line: &Line) {
        if let Some(at) = line.at {
            self.nothing_refused();
            self.site.set_clock(self.moved(at));
        }
        match &line.what {
            Some(What::Act(act)) => {
                self.nothing_refused();
                self.act(line.number, act).await;
            }
            Some(What::See(see)) => self.see(line.number, see).await,
            None => {}
        }
    }

    fn nothing_refused(&self) {
        if let Some((line, refusal)) = &self.refused {
            self.differs(*line, &format!("it was refused: {refusal}"));
        }
    }

    /// An instant of the story, where the story was moved to.
    fn moved(&self, at: Timestamp) -> Timestamp {
        moved(&self.story, at, self.weeks)
    }

    /// Ends the test.
    fn differs(&self, line: usize, what: &str) -> ! {
        panic!("{}:{line}: {what}", self.story.file)
    }

    /// What to wait for, if it never comes.
    fn at(&self, line: usize, what: &str) -> String {
        format!("{}:{line}: {what}", self.story.file)
    }

    /// The newest alert about a matter, or about the last that was named.
    async fn alert(&mut self, line: usize, of: Option<&Matter>) -> v1::Alert {
        if let Some(of) = of {
            self.last = Some(of.clone());
        }
        let Some(matter) = self.last.clone() else { self.differs(line, "no alert was named yet") };
        let what = self.at(line, &format!("there is an alert of {matter}"));
        let found = eventually(SOON, &what, async || {
            let all = self.site.admin.all_alerts().await;
            let about = all.into_iter().filter(|it| is_about(&it.check, &it.hostname, &matter));
            about.max_by_key(|it| it.opened_at.map(|it| (it.seconds, it.nanos)))
        })
        .await;
        self.site.admin.alert(&found.alert_id).await
    }
}

/// So many weeks that the story begins within the next seven days.
fn weeks_ahead(story: &Story) -> i64 {
    let now = SystemClock.now();
    let week = 7 * 24 * 3600;
    let mut weeks = (now.as_second() - story.begins.as_second()).div_euclid(week) - 1;
    while moved(story, story.begins, weeks) < now {
        weeks += 1;
    }
    weeks
}

/// The same weekday and time on the wall, so many weeks later.
fn moved(story: &Story, at: Timestamp, weeks: i64) -> Timestamp {
    let local = story.zone.to_datetime(at) + (weeks * 7).days();
    story.zone.to_timestamp(local).expect("a time that exists")
}

fn is_about(check: &str, hostname: &str, matter: &Matter) -> bool {
    check.strip_prefix(SOURCE).and_then(|it| it.strip_prefix(':')) == Some(&matter.check)
        && hostname == matter.hostname
}

async fn tell(file: &str) {
    let mut telling = Telling::begin(file).await;
    telling.site.set_clock(telling.moved(telling.story.begins));
    for line in telling.story.lines.clone() {
        telling.line(&line).await;
    }
    telling.nothing_refused();
}

macro_rules! stories {
    ($($test:ident: $file:literal,)*) => {
        const TOLD: &[&str] = &[$($file),*];

        $(
            #[tokio::test]
            async fn $test() {
                tell($file).await;
            }
        )*
    };
}

stories! {
    nobody_takes_it_on_before_the_office_shuts: "office-shuts.scn",
    whoever_took_it_on_keeps_it_past_five: "taken-on-at-five.scn",
    somebody_must_stand_before_the_machine: "wall.scn",
    a_wall_that_is_gone_hands_nothing_over: "wall-is-gone.scn",
    what_may_be_an_attack_waits_for_nobody: "attack.scn",
    what_was_handed_back_by_hand_stays_there: "by-hand.scn",
    while_the_vendor_must_act_the_clock_stands_still: "pause.scn",
    a_promise_is_at_risk_before_it_is_broken: "promise-broken.scn",
    what_comes_back_within_half_an_hour_is_the_same_alert: "comes-back-soon.scn",
    a_collector_that_was_down_over_five_hands_over_once: "restart.scn",
    what_one_has_taken_on_another_is_told_is_taken: "somebody-else-has-it.scn",
}

#[test]
fn every_story_for_the_collector_is_told_to_it() {
    let all = shelf::stories().expect("the stories can be read");
    let read = |it: &(String, String)| Story::read(&it.0, &it.1).expect("it reads");
    let of_collector: BTreeSet<String> =
        all.iter().map(read).filter(|it| it.for_collector).map(|it| it.file).collect();
    let told: BTreeSet<String> = TOLD.iter().map(|it| (*it).to_owned()).collect();
    assert_eq!(of_collector, told);
}
