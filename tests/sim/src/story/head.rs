//! What is so when a story begins.

use jiff::{Timestamp, tz::TimeZone};
use remit_shared::{Party, Site, Tag, Team};

use crate::story::{
    Endpoint, MatrixText, Person, clock,
    words::{Words, unknown},
};

const KEYS: [&str; 7] = ["title", "runs", "matrix", "begins", "endpoint", "person", "|"];

/// The head of a story, as far as it was read.
#[derive(Default)]
pub(super) struct Head {
    pub(super) title: Option<String>,
    pub(super) for_collector: bool,
    pub(super) matrix: Option<MatrixText>,
    pub(super) begins: Option<(Timestamp, TimeZone)>,
    pub(super) endpoints: Vec<Endpoint>,
    pub(super) people: Vec<Person>,
}

impl Head {
    pub(super) fn read(&mut self, line: &str) -> Result<(), String> {
        let line = line.trim();
        let (key, rest) = line.split_once([' ', '\t']).unwrap_or((line, ""));
        let rest = rest.trim_start();
        let mut words = Words::of(rest)?;
        match key {
            "title" => self.title = Some(rest.to_owned()),
            // The rest of the line is the matrix's, comments and all.
            "|" => {
                let matrix = self.matrix.as_mut().ok_or("`matrix NAME` must come first")?;
                matrix.more += &format!("{rest}\n");
            }
            "runs" => {
                let known = [("domain", false), ("collector", true), (",", false)];
                while words.peek().is_some() {
                    self.for_collector |= words.choose("anything that runs stories", &known)?;
                }
            }
            "matrix" => {
                let name = words.next("the name of a matrix")?.to_owned();
                words.end()?;
                self.matrix = Some(MatrixText { name, more: String::new() });
            }
            "begins" => self.begins = Some(begins(rest)?),
            "endpoint" => self.endpoints.push(endpoint(&mut words)?),
            "person" => self.people.push(person(&mut words)?),
            other => {
                return Err(unknown(other, "anything that a story begins with", KEYS.into_iter()));
            }
        }
        Ok(())
    }
}

/// `fri 2027-01-15 16:50 America/New_York`
fn begins(text: &str) -> Result<(Timestamp, TimeZone), String> {
    let (time, zone) = text.trim().rsplit_once(' ').ok_or("use `begins DATE TIME ZONE`")?;
    let zone = TimeZone::get(zone).map_err(|_| format!("`{zone}` is no time zone"))?;
    let mut words = Words::of(time)?;
    let at = clock::read(&mut words, &zone, None)?;
    words.end()?;
    Ok((at, zone))
}

/// `erp-1 at hq tags lob`
fn endpoint(words: &mut Words<'_>) -> Result<Endpoint, String> {
    let hostname = words.next("a name")?.to_owned();
    let site = if words.take("at") { words.parse("a site")? } else { usual_site() };
    let mut tags: Vec<Tag> = Vec::new();
    if words.take("tags") {
        while words.peek().is_some() {
            tags.push(words.parse("a tag")?);
        }
    }
    words.end()?;
    Ok(Endpoint { hostname, site, tags })
}

fn usual_site() -> Site {
    Site::new("hq").expect("a valid name")
}

/// `kim of provider-noc at provider`
fn person(words: &mut Words<'_>) -> Result<Person, String> {
    let name = words.next("a name")?.to_owned();
    words.must("of")?;
    let team: Team = words.parse("a team")?;
    words.must("at")?;
    let party: Party = words.parse("a party")?;
    words.end()?;
    Ok(Person { name, team, party })
}
