//! What can be seen in a story.

use jiff::{SignedDuration, Timestamp, tz::TimeZone};
use remit_collector_domain::{
    alert::{EntryKind, Topic},
    people::Target,
    sla::{ClockKind, Status},
    suppression::SuppressionKind,
};
use remit_shared::{Severity, Team};

use crate::story::{
    Matter, clock,
    words::{KINDS, Words},
};

/// Something that is seen.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum See {
    /// `told provider-noc assigned [of disk-space db-7] [via email:x], …`
    Told(Vec<Message>),
    /// `nobody told`: nor was anybody since the last time.
    NobodyTold,
    /// `never mind`: whoever was told, it is not what the story is about.
    NeverMind,
    /// `owner [disk-space db-7] provider-noc [by row nights]`
    Owner(Option<Matter>, Team, Option<String>),
    /// `state [disk-space db-7] open`
    State(Option<Matter>, Standing),
    /// `severity [disk-space db-7] high`
    Severity(Option<Matter>, Severity),
    /// `quiet [disk-space db-7] [because window, known_issue]`
    Quiet(Option<Matter>, Vec<SuppressionKind>),
    /// `loud [disk-space db-7]`
    Loud(Option<Matter>),
    /// `sla response [disk-space db-7] 12m used`, `sla response breached`
    Sla(ClockKind, Option<Matter>, Promised),
    /// `timeline [disk-space db-7] created, routed, acknowledged`: in this
    /// order, whatever is between them.
    Timeline(Option<Matter>, Vec<EntryKind>),
    /// `alerts 2`: so many there ever were.
    Alerts(usize),
    /// `seen [disk-space db-7] 3 times`
    Seen(Option<Matter>, u32),
    /// `refused "already acknowledged"`: what was last asked for.
    Refused(String),
    /// `next [disk-space db-7] 17:15`: when the alert is due.
    Next(Option<Matter>, Timestamp),
}

/// A message that somebody gets.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Message {
    /// Who.
    pub to: Target,
    /// What it is about.
    pub topic: Topic,
    /// Of which alert; of the last that the story named, if it does not say.
    pub of: Option<Matter>,
    /// By which channel, if it matters.
    pub via: Option<String>,
}

/// Where an alert stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standing {
    /// Nobody has taken it on.
    Open,
    /// Somebody has.
    Acknowledged,
    /// It is over.
    Resolved,
}

/// How a promise stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Promised {
    /// So much time that counts has gone.
    Used(SignedDuration),
    /// How it looks.
    Stands(Status),
}

/// What a sight can begin with.
pub(super) const SIGHTS: [&str; 13] = [
    "told", "nobody", "never", "owner", "state", "severity", "quiet", "loud", "sla", "timeline",
    "alerts", "seen", "refused",
];

const TOPICS: [(&str, Topic); 9] = [
    ("assigned", Topic::Assigned),
    ("hand_off", Topic::HandOff),
    ("informed", Topic::Informed),
    ("escalated", Topic::Escalated),
    ("worse", Topic::Worse),
    ("flapping", Topic::Flapping),
    ("at_risk", Topic::AtRisk),
    ("breached", Topic::Breached),
    ("resolved", Topic::Resolved),
];

const STANDINGS: [(&str, Standing); 3] = [
    ("open", Standing::Open),
    ("acknowledged", Standing::Acknowledged),
    ("resolved", Standing::Resolved),
];

const CLOCKS: [(&str, ClockKind); 5] = [
    ("response", ClockKind::Response),
    ("resolution", ClockKind::Resolution),
    ("update", ClockKind::Update),
    ("team_response", ClockKind::TeamResponse),
    ("team_resolution", ClockKind::TeamResolution),
];

const STATUSES: [(&str, Status); 5] = [
    ("on_track", Status::OnTrack),
    ("at_risk", Status::AtRisk),
    ("breached", Status::Breached),
    ("met", Status::Met),
    ("cancelled", Status::Cancelled),
];

impl See {
    /// Reads a sight; `None` if it is none.
    pub(super) fn read(
        words: &mut Words<'_>,
        zone: &TimeZone,
        now: Timestamp,
    ) -> Result<Option<Self>, String> {
        let Some(first) = words.peek() else { return Ok(None) };
        if !SIGHTS.contains(&first) && first != "next" {
            return Ok(None);
        }
        words.next("a word")?;
        let see = match first {
            "told" => Self::Told(told(words)?),
            "nobody" => words.must("told").map(|()| Self::NobodyTold)?,
            "never" => words.must("mind").map(|()| Self::NeverMind)?,
            "alerts" => Self::Alerts(words.parse("a number")?),
            "refused" => Self::Refused(words.next("words in quotes")?.to_owned()),
            "quiet" => {
                let of = words.matter_unless(&["because"])?;
                let mut kinds = Vec::new();
                let known = SuppressionKind::ALL.map(|it| (it.as_str(), it));
                if words.take("because") {
                    kinds = list(words, |it| it.choose("anything that keeps quiet", &known))?;
                }
                Self::Quiet(of, kinds)
            }
            "loud" => Self::Loud(words.matter_unless(&[])?),
            "sla" => {
                let clock = words.choose("a promise", &CLOCKS)?;
                let is_used = words.last() == Some("used");
                let (of, last) = of_and_last(words, 1 + usize::from(is_used))?;
                let mut last = Words::of(&last)?;
                let promised = match is_used {
                    true => Promised::Used(last.length()?),
                    false => Promised::Stands(last.choose("how a promise stands", &STATUSES)?),
                };
                Self::Sla(clock, of, promised)
            }
            "timeline" => {
                let is_listed = words.len() < 2 || words.second() == Some(",");
                let of = if is_listed { None } else { Some(words.matter()?) };
                Self::Timeline(of, list(words, |it| it.choose("in any timeline", &KINDS))?)
            }
            "next" => {
                let is_time = words.peek().is_some_and(clock::is_time);
                let of = if is_time { None } else { Some(words.matter()?) };
                Self::Next(of, clock::read(words, zone, Some(now))?)
            }
            "seen" => {
                let (of, last) = of_and_last(words, 2)?;
                let mut last = Words::of(&last)?;
                let count = last.parse("a number")?;
                last.must("times")?;
                Self::Seen(of, count)
            }
            "owner" => owner(words)?,
            "state" => {
                let (of, last) = of_and_last(words, 1)?;
                let standing = Words::of(&last)?.choose("where an alert can stand", &STANDINGS)?;
                Self::State(of, standing)
            }
            _ => {
                let (of, last) = of_and_last(words, 1)?;
                Self::Severity(of, Words::of(&last)?.parse("a severity")?)
            }
        };
        Ok(Some(see))
    }
}

fn owner(words: &mut Words<'_>) -> Result<See, String> {
    let named = words.len() > 1 && words.second() != Some("by");
    let of = if named { Some(words.matter()?) } else { None };
    let team = words.parse("a team")?;
    let mut row = None;
    if words.take("by") {
        words.must("row")?;
        row = Some(words.next("a row")?.to_owned());
    }
    Ok(See::Owner(of, team, row))
}

fn told(words: &mut Words<'_>) -> Result<Vec<Message>, String> {
    list(words, |words| {
        let to = words.parse("somebody")?;
        let topic = words.choose("what a message is about", &TOPICS)?;
        let of = if words.take("of") { Some(words.matter()?) } else { None };
        let via = if words.take("via") { Some(words.next("a channel")?.to_owned()) } else { None };
        Ok(Message { to, topic, of, via })
    })
}

/// What commas part.
fn list<T>(
    words: &mut Words<'_>,
    mut read: impl FnMut(&mut Words<'_>) -> Result<T, String>,
) -> Result<Vec<T>, String> {
    let mut all = vec![read(words)?];
    while words.take(",") {
        all.push(read(words)?);
    }
    Ok(all)
}

/// What a line is about, if it says so, before its last words.
fn of_and_last(words: &mut Words<'_>, last: usize) -> Result<(Option<Matter>, String), String> {
    let of = if words.len() > last { Some(words.matter()?) } else { None };
    Ok((of, words.rest().join(" ")))
}
