//! A scenario file: a story of what happens, and of what is seen of it.
//!
//! ```text
//! title     Nobody takes it on before the office shuts
//! runs      domain, collector
//! matrix    two-teams
//! begins    fri 2027-01-15 16:50 America/New_York
//! endpoint  db-7
//!
//! 16:50  raise disk-space db-7 high
//!        owner internal-it by row day
//!        told internal-it assigned
//! 17:00  told provider-noc assigned, internal-it informed
//! mon 08:00  nobody told
//! ```
//!
//! A line that begins with a time lets time pass until then; one that is
//! indented happens, or is seen, at the same moment. Whoever is told must be
//! mentioned, at the very minute, or the story is wrong: that nobody else is
//! woken is half of what is promised. What `#` begins is for readers only.
//!
//! # Not here
//!
//! What a story means to a world is [`play`](crate::play())'s; what it means to
//! the running collector, the end-to-end tests'.

mod act;
mod clock;
mod head;
mod read;
mod see;
mod words;

use jiff::{Timestamp, tz::TimeZone};
use remit_shared::{Party, Site, Tag, Team};

pub(crate) use crate::story::clock::{length, shown};
pub use crate::story::{
    act::{Act, Known, Over, Work},
    see::{Message, Promised, See, Standing},
    words::{KINDS, kind_word},
};

/// A scenario file, as it is understood.
#[derive(Clone, Debug)]
pub struct Story {
    /// Its name, for whoever looks for a line of it.
    pub file: String,
    /// What it is about, in one line.
    pub title: String,
    /// Whether the running collector can be told it, too.
    pub for_collector: bool,
    /// The matrix that it begins with.
    pub matrix: MatrixText,
    /// Where its clock hangs.
    pub zone: TimeZone,
    /// When it begins.
    pub begins: Timestamp,
    /// What stands where.
    pub endpoints: Vec<Endpoint>,
    /// Who acts.
    pub people: Vec<Person>,
    /// What happens and what is seen, in order.
    pub lines: Vec<Line>,
}

/// A matrix by its name, and what a story adds to it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct MatrixText {
    /// Which file beside the story, or `starter`.
    pub name: String,
    /// More lines for its end.
    pub more: String,
}

/// Something that alerts are about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Endpoint {
    /// Its name.
    pub hostname: String,
    /// Where it stands.
    pub site: Site,
    /// What it carries.
    pub tags: Vec<Tag>,
}

/// Somebody who acts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Person {
    /// Their name.
    pub name: String,
    /// The team they act for.
    pub team: Team,
    /// That team's side.
    pub party: Party,
}

/// One line of a story.
#[derive(Clone, Debug)]
pub struct Line {
    /// Where it stands in the file, from 1.
    pub number: usize,
    /// Until when time passes first, if it does.
    pub at: Option<Timestamp>,
    /// What it says; nothing, if it only lets time pass.
    pub what: Option<What>,
}

/// What a line says.
#[derive(Clone, Debug)]
pub enum What {
    /// Something happens.
    Act(Act),
    /// Something is seen.
    See(See),
}

/// What an alert is about, as a story names it: `disk-space db-7`,
/// `backup-failed:nightly db-7`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Matter {
    /// The check; after a colon, which of several things it watches.
    pub check: String,
    /// The endpoint.
    pub hostname: String,
}

/// Where a story makes no sense, and why.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{file}:{line}: {what}")]
pub struct StoryError {
    /// The file.
    pub file: String,
    /// The line, from 1.
    pub line: usize,
    /// What is wrong, and what would be right.
    pub what: String,
}

impl Story {
    /// Reads a scenario file.
    pub fn read(file: &str, text: &str) -> Result<Self, StoryError> {
        read::read(file, text)
    }

    /// Somebody of the story.
    pub fn person(&self, name: &str) -> Option<&Person> {
        self.people.iter().find(|it| it.name == name)
    }
}

impl std::fmt::Display for Matter {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} {}", self.check, self.hostname)
    }
}
