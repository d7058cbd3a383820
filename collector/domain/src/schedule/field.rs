//! One field of a cron expression, as bits.

use crate::schedule::CronError;

/// What a field may hold.
pub(super) struct Field {
    name: &'static str,
    first: u8,
    last: u8,
    /// Words for values, beginning at `first`.
    words: &'static [&'static str],
    expected: &'static str,
}

pub(super) const MINUTE: Field =
    Field { name: "minute", first: 0, last: 59, words: &[], expected: "a number from 0 to 59" };
pub(super) const HOUR: Field =
    Field { name: "hour", first: 0, last: 23, words: &[], expected: "a number from 0 to 23" };
pub(super) const DAY: Field = Field {
    name: "day of month",
    first: 1,
    last: 31,
    words: &[],
    expected: "a number from 1 to 31",
};
pub(super) const MONTH: Field = Field {
    name: "month",
    first: 1,
    last: 12,
    words: &["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"],
    expected: "a number from 1 to 12 or a name from jan to dec",
};
pub(super) const WEEKDAY: Field = Field {
    name: "weekday",
    first: 0,
    last: 7,
    words: &["sun", "mon", "tue", "wed", "thu", "fri", "sat"],
    expected: "a number from 0 to 7 or a name from sun to sat",
};

impl Field {
    /// A bit for every value that counts.
    pub(super) fn parse(&self, text: &str) -> Result<u64, CronError> {
        text.split(',').try_fold(0, |bits, part| Ok(bits | self.part(part)?))
    }

    fn part(&self, text: &str) -> Result<u64, CronError> {
        let (range, step) = match text.split_once('/') {
            Some((range, step)) => (range, Some(step)),
            None => (text, None),
        };
        let (first, last) = match range.split_once('-') {
            _ if range == "*" => (self.first, self.last),
            Some((first, last)) => {
                let first = self.value(first)?;
                (first, self.end(first, last)?)
            }
            None => {
                let value = self.value(range)?;
                if step.is_some() {
                    return Err(CronError::Step { field: self.name, got: shown(text) });
                }
                (value, value)
            }
        };
        if last < first {
            return Err(CronError::Backwards { field: self.name, got: shown(range) });
        }
        let step = match step.map(number) {
            None => 1,
            Some(Some(step)) if step > 0 => step,
            Some(_) => return Err(CronError::Step { field: self.name, got: shown(text) }),
        };
        Ok((first..=last).step_by(step.into()).fold(0, |bits, it| bits | 1 << it))
    }

    fn value(&self, text: &str) -> Result<u8, CronError> {
        let word = self.words.iter().position(|it| it.eq_ignore_ascii_case(text));
        let value = match word {
            Some(index) => u8::try_from(index).ok().map(|it| it + self.first),
            None => number(text),
        };
        let known = value.filter(|it| (self.first..=self.last).contains(it));
        known.ok_or_else(|| CronError::Value {
            field: self.name,
            got: shown(text),
            expected: self.expected,
        })
    }

    /// The end of a range: `fri-sun` ends with the Sunday after the Friday.
    fn end(&self, first: u8, text: &str) -> Result<u8, CronError> {
        let value = self.value(text)?;
        let is_sunday = self.last == 7 && value == 0;
        Ok(if is_sunday && first > 0 { 7 } else { value })
    }
}

/// A number without a sign.
fn number(text: &str) -> Option<u8> {
    let is_plain = text.bytes().all(|it| it.is_ascii_digit());
    if is_plain { text.parse().ok() } else { None }
}

/// A text as it may be shown: short, and without control characters.
pub(super) fn shown(text: &str) -> String {
    text.chars().take(40).flat_map(char::escape_default).collect()
}
