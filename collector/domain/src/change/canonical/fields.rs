//! Lines of `key: value`.

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt::Display,
    str::FromStr,
};

use jiff::SignedDuration;

use crate::change::canonical::CanonicalError;

/// The longest length of time that a text may say.
const LONGEST: SignedDuration = SignedDuration::from_hours(10 * 366 * 24);

/// Writes a text.
pub(super) struct Writer {
    subject: &'static str,
    lines: BTreeSet<(&'static str, String)>,
}

impl Writer {
    pub(super) fn new(subject: &'static str) -> Self {
        Self { subject, lines: BTreeSet::new() }
    }

    pub(super) fn one(&mut self, key: &'static str, value: impl Display) {
        let value = escape(&value.to_string());
        if !value.is_empty() {
            self.lines.insert((key, value));
        }
    }

    pub(super) fn maybe(&mut self, key: &'static str, value: Option<impl Display>) {
        self.all(key, value);
    }

    pub(super) fn all(&mut self, key: &'static str, values: impl IntoIterator<Item: Display>) {
        values.into_iter().for_each(|it| self.one(key, it));
    }

    pub(super) fn finish(self) -> String {
        let mut text = format!("subject: {}\n", self.subject);
        for (key, value) in self.lines {
            text.extend([key, ": ", &value, "\n"]);
        }
        text
    }
}

/// Reads a text.
pub(super) struct Reader<'a> {
    subject: &'a str,
    values: BTreeMap<&'a str, Vec<(usize, String)>>,
}

impl<'a> Reader<'a> {
    pub(super) fn new(text: &'a str) -> Result<(&'a str, Self), CanonicalError> {
        let mut lines = text.lines().enumerate();
        let first = lines.next().map_or("", |it| it.1);
        let subject = first.strip_prefix("subject: ");
        let subject =
            subject.ok_or_else(|| CanonicalError::Subject(first.escape_default().to_string()))?;
        let mut values: BTreeMap<&str, Vec<_>> = BTreeMap::new();
        for (index, text) in lines {
            let line = index + 1;
            let (key, value) = text.split_once(": ").ok_or(CanonicalError::Line { line })?;
            let escape = || CanonicalError::Escape { line, key: key.escape_default().to_string() };
            values.entry(key).or_default().push((line, unescape(value).ok_or_else(escape)?));
        }
        Ok((subject, Self { subject, values }))
    }

    pub(super) fn all<T>(&mut self, key: &'static str) -> Result<BTreeSet<T>, CanonicalError>
    where
        T: FromStr<Err: Display> + Ord,
    {
        let values = self.values.remove(key).unwrap_or_default();
        values.into_iter().map(|(line, value)| read(line, key, &value)).collect()
    }

    pub(super) fn maybe<T>(&mut self, key: &'static str) -> Result<Option<T>, CanonicalError>
    where
        T: FromStr<Err: Display>,
    {
        match self.values.remove(key).unwrap_or_default().as_slice() {
            [] => Ok(None),
            [(line, value)] => read(*line, key, value).map(Some),
            [_, (line, _), ..] => Err(CanonicalError::Twice { line: *line, key }),
        }
    }

    pub(super) fn one<T>(&mut self, key: &'static str) -> Result<T, CanonicalError>
    where
        T: FromStr<Err: Display>,
    {
        self.maybe(key)?.ok_or(CanonicalError::Missing(key))
    }

    pub(super) fn text(&mut self, key: &'static str) -> Result<String, CanonicalError> {
        Ok(self.maybe(key)?.unwrap_or_default())
    }

    pub(super) fn length(&mut self, key: &'static str) -> Result<SignedDuration, CanonicalError> {
        let line = self.values.get(key).and_then(|it| it.first()).map_or(0, |it| it.0);
        let length = self.one::<SignedDuration>(key)?;
        if length <= SignedDuration::ZERO || LONGEST < length {
            let why = "a length of time is more than nothing and at most ten years".to_owned();
            return Err(CanonicalError::Value { line, key, why });
        }
        Ok(length)
    }

    pub(super) fn finish(self) -> Result<(), CanonicalError> {
        let left = self.values.into_iter().filter_map(|(key, it)| Some((it.first()?.0, key)));
        match left.min() {
            None => Ok(()),
            Some((line, key)) => {
                let key = key.escape_default().to_string();
                Err(CanonicalError::Unknown { line, key, subject: self.subject.to_owned() })
            }
        }
    }
}

fn read<T>(line: usize, key: &'static str, value: &str) -> Result<T, CanonicalError>
where
    T: FromStr<Err: Display>,
{
    let why = |err: T::Err| CanonicalError::Value { line, key, why: err.to_string() };
    value.parse().map_err(why)
}

fn escape(value: &str) -> String {
    let mut text = String::with_capacity(value.len());
    for it in value.chars() {
        // Also what is no line's end but looks like one to some reader.
        if it == '\\' || it.is_control() || matches!(it, '\u{2028}' | '\u{2029}') {
            text.extend(it.escape_default());
        } else {
            text.push(it);
        }
    }
    text
}

fn unescape(text: &str) -> Option<String> {
    let mut value = String::with_capacity(text.len());
    let mut rest = text.chars();
    while let Some(it) = rest.next() {
        if it != '\\' {
            value.push(it);
            continue;
        }
        value.push(match rest.next()? {
            '\\' => '\\',
            'n' => '\n',
            'r' => '\r',
            't' => '\t',
            'u' => {
                let (code, after) = rest.as_str().strip_prefix('{')?.split_once('}')?;
                rest = after.chars();
                char::from_u32(u32::from_str_radix(code, 16).ok()?)?
            }
            _ => return None,
        });
    }
    Some(value)
}
