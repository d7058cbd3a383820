//! A scenario file, line by line.

use jiff::{Timestamp, tz::TimeZone};

use crate::story::{
    Line, Story, StoryError, What,
    act::{ACTS, Act},
    clock,
    head::Head,
    see::{SIGHTS, See},
    words::{Words, unknown},
};

pub(super) fn read(file: &str, text: &str) -> Result<Story, StoryError> {
    let refuse = |line, what| StoryError { file: file.to_owned(), line, what };
    let mut head = Head::default();
    let mut body: Option<Body> = None;
    for (number, line) in (1..).zip(text.lines()) {
        if line.trim().is_empty() || line.trim_start().starts_with('#') {
            continue;
        }
        let is_timed = line.split_whitespace().next().is_some_and(clock::is_time);
        let read = match &mut body {
            Some(body) => body.read(number, line),
            None if is_timed => match &head.begins {
                None => Err("`begins DATE TIME ZONE` must come first".to_owned()),
                Some((now, zone)) => {
                    let mut new = Body { zone: zone.clone(), now: *now, lines: Vec::new() };
                    let read = new.read(number, line);
                    body = Some(new);
                    read
                }
            },
            None => head.read(line),
        };
        read.map_err(|what| refuse(number, what))?;
    }
    let missing = |what: &str| refuse(1, format!("`{what}` is missing"));
    let (begins, zone) = head.begins.ok_or_else(|| missing("begins DATE TIME ZONE"))?;
    Ok(Story {
        file: file.to_owned(),
        title: head.title.ok_or_else(|| missing("title WORDS"))?,
        for_collector: head.for_collector,
        matrix: head.matrix.ok_or_else(|| missing("matrix NAME"))?,
        zone,
        begins,
        endpoints: head.endpoints,
        people: head.people,
        lines: body.map(|it| it.lines).unwrap_or_default(),
    })
}

/// What happens, as far as it was read.
struct Body {
    zone: TimeZone,
    now: Timestamp,
    lines: Vec<Line>,
}

impl Body {
    fn read(&mut self, number: usize, line: &str) -> Result<(), String> {
        let mut words = Words::of(line)?;
        let is_timed = words.peek().is_some_and(clock::is_time);
        let is_indented = line.starts_with([' ', '\t']);
        if is_timed == is_indented {
            return Err("a line begins with a time, or with spaces".to_owned());
        }
        let at = match is_timed {
            true => Some(clock::read(&mut words, &self.zone, Some(self.now))?),
            false => None,
        };
        self.now = at.unwrap_or(self.now);
        let what = self.what(&mut words)?;
        words.end()?;
        if let Some(What::Act(Act::ClockBack(to) | Act::Down(to))) = what {
            self.now = to;
        }
        self.lines.push(Line { number, at, what });
        Ok(())
    }

    fn what(&self, words: &mut Words<'_>) -> Result<Option<What>, String> {
        let Some(first) = words.peek() else { return Ok(None) };
        if let Some(act) = Act::read(words, &self.zone, self.now)? {
            return Ok(Some(What::Act(act)));
        }
        if let Some(see) = See::read(words, &self.zone, self.now)? {
            return Ok(Some(What::See(see)));
        }
        let known = ACTS.into_iter().chain(SIGHTS).chain(["down", "next"]);
        Err(unknown(first, "a word that stories know", known))
    }
}
