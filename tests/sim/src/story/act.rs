//! What can happen in a story.

use jiff::{SignedDuration, Timestamp, tz::TimeZone};
use remit_collector_domain::{
    alert::HandOverReason, known_issue::Condition, matrix::parse_reason, sla::PauseReason,
};
use remit_shared::{Function, Severity, Team};

use crate::story::{Matter, clock, words::Words};

/// Something that happens.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Act {
    /// `raise disk-space db-7 high [for backup_monitoring]`
    Raise(Matter, Severity, Option<Function>),
    /// `clear disk-space db-7`
    Clear(Matter),
    /// `repeat`: what was told last is delivered once more.
    Repeat,
    /// `ack [disk-space db-7] by kim [for 30m]`
    Ack(Option<Matter>, String, Option<SignedDuration>),
    /// `resolve [disk-space db-7] by kim`
    Resolve(Option<Matter>, String),
    /// `hand over [disk-space db-7] to internal-it by kim "they know it"`
    HandOver(Option<Matter>, Team, String, String),
    /// `block [disk-space db-7] by kim needs_on_site [now]`
    Block(Option<Matter>, String, HandOverReason, bool),
    /// `unblock [disk-space db-7] by kim`
    Unblock(Option<Matter>, String),
    /// `pause [disk-space db-7] by kim awaiting_vendor [for 2h]`
    Pause(Option<Matter>, String, PauseReason, Option<SignedDuration>),
    /// `resume [disk-space db-7] by kim`
    Resume(Option<Matter>, String),
    /// `note [disk-space db-7] by kim "looking at it"`
    Note(Option<Matter>, String, String),
    /// A window is scheduled.
    Window(Work),
    /// `end window "new disk" by kim`
    EndWindow(String, String),
    /// `cancel window "new disk" by kim`
    CancelWindow(String, String),
    /// Something is declared known.
    Known(Known),
    /// `end known issue "old array" by kim`
    EndKnown(String, String),
    /// `publish two-teams-v2`
    Publish(String),
    /// `restart`
    Restart,
    /// `clock back to 16:40`
    ClockBack(Timestamp),
    /// `down until 17:05`: the collector does not run.
    Down(Timestamp),
    /// `silent db-1, db-2`
    Silent(Vec<String>),
    /// `heard db-1, db-2`
    Heard(Vec<String>),
}

/// `window "new disk" over db-7 for 2h [from 02:00] [covering open] by kim`
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Work {
    /// What it is called.
    pub title: String,
    /// What it is over.
    pub over: Over,
    /// How long it lasts.
    pub length: SignedDuration,
    /// When it opens; now, if it does not say.
    pub from: Option<Timestamp>,
    /// It covers what was open before.
    pub covers_open: bool,
    /// Who asks for it.
    pub by: String,
}

/// `known issue "old array" disk-space db-7 until 18:00 [up to medium]
/// [breaks when "per_day above 3"] by kim`
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Known {
    /// What it is called.
    pub title: String,
    /// Which alert it is.
    pub of: Matter,
    /// When it ends.
    pub until: Timestamp,
    /// What matters more is told.
    pub up_to: Severity,
    /// What ends it earlier.
    pub breaks_when: Vec<Condition>,
    /// Who declares it.
    pub by: String,
}

/// What a window is over.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Over {
    /// One endpoint.
    Endpoint(String),
    /// All of a site.
    Site(String),
}

/// What an act can begin with.
pub(super) const ACTS: [&str; 20] = [
    "raise", "clear", "repeat", "ack", "resolve", "hand", "block", "unblock", "pause", "resume",
    "note", "window", "end", "cancel", "known", "publish", "restart", "clock", "silent", "heard",
];

/// Words that end what an act is about.
const ENDS: [&str; 2] = ["by", "to"];

impl Act {
    /// Reads an act; `None` if it is none.
    pub(super) fn read(
        words: &mut Words<'_>,
        zone: &TimeZone,
        now: Timestamp,
    ) -> Result<Option<Self>, String> {
        let Some(first) = words.peek() else { return Ok(None) };
        if !ACTS.contains(&first) && first != "down" {
            return Ok(None);
        }
        words.next("a word")?;
        let act = match first {
            "raise" => {
                let (matter, severity) = (words.matter()?, words.parse("a severity")?);
                let function =
                    if words.take("for") { Some(words.parse("a kind of work")?) } else { None };
                Self::Raise(matter, severity, function)
            }
            "clear" => Self::Clear(words.matter()?),
            "repeat" => Self::Repeat,
            "window" => window(words, zone, now)?,
            "known" => known(words, zone, now)?,
            "end" => match words.take("window") {
                true => Self::EndWindow(words.next("a title")?.to_owned(), by(words)?),
                false => {
                    words.must("known issue")?;
                    Self::EndKnown(words.next("a title")?.to_owned(), by(words)?)
                }
            },
            "cancel" => {
                words.must("window")?;
                Self::CancelWindow(words.next("a title")?.to_owned(), by(words)?)
            }
            "publish" => Self::Publish(words.next("the name of a matrix")?.to_owned()),
            "restart" => Self::Restart,
            "clock" => {
                words.must("back to")?;
                let day = now.saturating_sub(SignedDuration::from_hours(24)).unwrap_or(now);
                Self::ClockBack(latest(words, zone, day, now)?)
            }
            "down" => {
                words.must("until")?;
                Self::Down(clock::read(words, zone, Some(now))?)
            }
            "silent" => Self::Silent(names(words)),
            "heard" => Self::Heard(names(words)),
            _ => person(first, words)?,
        };
        Ok(Some(act))
    }
}

/// What a person does to an alert.
fn person(verb: &str, words: &mut Words<'_>) -> Result<Act, String> {
    if verb == "hand" {
        words.must("over")?;
    }
    let of = words.matter_unless(&ENDS)?;
    Ok(match verb {
        "ack" => Act::Ack(of, by(words)?, lasts(words)?),
        "resolve" => Act::Resolve(of, by(words)?),
        "hand" => {
            words.must("to")?;
            let to = words.parse("a team")?;
            Act::HandOver(of, to, by(words)?, words.next("a reason in quotes")?.to_owned())
        }
        "block" => {
            let (by, reason) = (by(words)?, words.next("a reason")?);
            let reason = parse_reason(reason).map_err(|err| err.to_string())?;
            Act::Block(of, by, reason, words.take("now"))
        }
        "unblock" => Act::Unblock(of, by(words)?),
        "pause" => Act::Pause(of, by(words)?, words.parse("a reason")?, lasts(words)?),
        "resume" => Act::Resume(of, by(words)?),
        _ => Act::Note(of, by(words)?, words.next("words in quotes")?.to_owned()),
    })
}

fn by(words: &mut Words<'_>) -> Result<String, String> {
    words.must("by")?;
    Ok(words.next("a person")?.to_owned())
}

fn lasts(words: &mut Words<'_>) -> Result<Option<SignedDuration>, String> {
    if words.take("for") { words.length().map(Some) } else { Ok(None) }
}

fn names(words: &mut Words<'_>) -> Vec<String> {
    words.rest().into_iter().filter(|it| *it != ",").map(str::to_owned).collect()
}

/// The last time of day before an instant.
fn latest(
    words: &mut Words<'_>,
    zone: &TimeZone,
    after: Timestamp,
    before: Timestamp,
) -> Result<Timestamp, String> {
    let at = clock::read(words, zone, Some(after))?;
    if at < before { Ok(at) } else { Err("a clock is set back to a time that was".to_owned()) }
}

fn window(words: &mut Words<'_>, zone: &TimeZone, now: Timestamp) -> Result<Act, String> {
    let title = words.next("a title")?.to_owned();
    words.must("over")?;
    let over = match words.take("site") {
        true => Over::Site(words.next("a site")?.to_owned()),
        false => Over::Endpoint(words.next("an endpoint")?.to_owned()),
    };
    words.must("for")?;
    let length = words.length()?;
    let from = if words.take("from") { Some(clock::read(words, zone, Some(now))?) } else { None };
    let covers_open = words.take("covering");
    if covers_open {
        words.must("open")?;
    }
    Ok(Act::Window(Work { title, over, length, from, covers_open, by: by(words)? }))
}

fn known(words: &mut Words<'_>, zone: &TimeZone, now: Timestamp) -> Result<Act, String> {
    words.must("issue")?;
    let title = words.next("a title")?.to_owned();
    let of = words.matter()?;
    words.must("until")?;
    let until = clock::read(words, zone, Some(now))?;
    let mut up_to = Severity::Critical;
    if words.take("up") {
        words.must("to")?;
        up_to = words.parse("a severity")?;
    }
    let mut breaks_when = Vec::new();
    while words.take("breaks") {
        words.must("when")?;
        breaks_when.push(words.parse("a condition in quotes")?);
    }
    Ok(Act::Known(Known { title, of, until, up_to, breaks_when, by: by(words)? }))
}
