//! The lines of an iCalendar file: unfolded, and taken apart.

use std::borrow::Cow;

use jiff::civil::Date;

use crate::ics::{Wrong, wrong};

/// One line: `DTSTART;VALUE=DATE:20261225`.
pub(super) struct Line {
    /// Where it begins, from 1.
    pub(super) number: usize,
    /// Its name, in capitals.
    pub(super) property: String,
    /// What the parameter `VALUE` says, in capitals.
    kind: Option<String>,
    pub(super) value: String,
}

/// The lines of a file. Long ones are folded: what begins with a blank goes on,
/// and may do so within a character, so they are joined as bytes.
pub(super) fn lines(bytes: &[u8]) -> impl Iterator<Item = Result<Line, Wrong>> {
    let bytes = bytes.strip_prefix("\u{feff}".as_bytes()).unwrap_or(bytes);
    let raw = bytes.split(|it| *it == b'\n').map(|it| it.strip_suffix(b"\r").unwrap_or(it));
    let mut raw = raw.zip(1..).peekable();
    std::iter::from_fn(move || {
        let (first, number) = raw.find(|(it, _)| !it.is_empty())?;
        let mut whole = Cow::Borrowed(first);
        while let Some((more, _)) = raw.next_if(|(it, _)| matches!(it, [b' ' | b'\t', ..])) {
            whole.to_mut().extend_from_slice(&more[1..]);
        }
        Some(Line::read(&whole, number))
    })
}

impl Line {
    fn read(bytes: &[u8], number: usize) -> Result<Self, Wrong> {
        let Ok(text) = str::from_utf8(bytes) else {
            return Err(wrong(number, "line", "is not UTF-8: save the file as UTF-8"));
        };
        let no_line = || wrong(number, "line", "is no property: one is like `SUMMARY:New Year`");
        let end = text.find([';', ':']).ok_or_else(no_line)?;
        let (property, mut rest) = text.split_at(end);
        let plain = |it: u8| it.is_ascii_alphanumeric() || it == b'-';
        if property.is_empty() || !property.bytes().all(plain) {
            return Err(no_line());
        }
        let mut kind = None;
        while let Some(parameter) = rest.strip_prefix(';') {
            let end = unquoted_end(parameter).ok_or_else(no_line)?;
            let (parameter, after) = parameter.split_at(end);
            if let Some((name, value)) = parameter.split_once('=')
                && name.eq_ignore_ascii_case("VALUE")
            {
                kind = Some(value.trim_matches('"').to_ascii_uppercase());
            }
            rest = after;
        }
        let value = rest.strip_prefix(':').ok_or_else(no_line)?.trim_end().to_owned();
        Ok(Self { number, property: property.to_ascii_uppercase(), kind, value })
    }

    /// That the line is wrong.
    pub(super) fn wrong(&self, what: impl Into<String>) -> Wrong {
        wrong(self.number, &self.property, what)
    }

    /// The value, as a whole day.
    pub(super) fn date(&self) -> Result<Date, Wrong> {
        let is_date = self.kind.as_deref().is_none_or(|it| it == "DATE");
        let digits = self.value.len() == 8 && self.value.bytes().all(|it| it.is_ascii_digit());
        let read = || {
            let year = self.value.get(..4)?.parse().ok()?;
            let part = |from: usize| self.value.get(from..from + 2)?.parse().ok();
            Date::new(year, part(4)?, part(6)?).ok()
        };
        read().filter(|_| is_date && digits).ok_or_else(|| {
            let got: String = self.value.chars().take(40).flat_map(char::escape_default).collect();
            let what = format!("`{got}` is no whole day: one is like `;VALUE=DATE:20261225`");
            self.wrong(what)
        })
    }

    /// The value, as a length of whole days: `P2D` or `P1W`.
    pub(super) fn days(&self) -> Result<i64, Wrong> {
        let read = || {
            let length = self.value.strip_prefix('P')?;
            let (count, days) = match length.strip_suffix('W') {
                Some(weeks) => (weeks, 7),
                None => (length.strip_suffix('D')?, 1),
            };
            let plain = count.len() <= 4 && count.bytes().all(|it| it.is_ascii_digit());
            Some(count.parse::<i64>().ok().filter(|_| plain)? * days)
        };
        read().ok_or_else(|| self.wrong("is no length of whole days: one is like `P2D` or `P1W`"))
    }

    /// The value without its escapes, in one line, and short.
    pub(super) fn text(&self, longest: usize) -> String {
        let mut plain = String::new();
        let mut chars = self.value.chars();
        while let Some(it) = chars.next() {
            plain.push(match it {
                '\\' => match chars.next() {
                    Some('n' | 'N') | None => ' ',
                    Some(escaped) => escaped,
                },
                it => it,
            });
        }
        let plain: String =
            plain.chars().map(|it| if it.is_control() { ' ' } else { it }).collect();
        let words: Vec<_> = plain.split_whitespace().collect();
        words.join(" ").chars().take(longest).collect()
    }
}

/// Where a parameter ends: what stands in quotes is part of it.
fn unquoted_end(text: &str) -> Option<usize> {
    let mut quoted = false;
    text.find(|it| {
        quoted ^= it == '"';
        !quoted && (it == ';' || it == ':')
    })
}
