//! Holidays from an iCalendar file, put into a matrix without touching the
//! rest of it.
//!
//! Of the file, only whole days and what they are called matter. One that
//! comes every year on its date stays one; any other repetition is refused,
//! because nobody could see from the matrix which dates it means.

use std::collections::BTreeMap;

use jiff::civil::Date;
use remit_collector_domain::calendar::YearDay;
use remit_shared::CalendarName;
use toml_edit::{Array, DocumentMut, Item, TableLike, Value};

/// More days off than this are no holidays.
const MOST: usize = 2_000;

/// A longer stretch of days off is a mistake.
const LONGEST: usize = 60;

/// A day off, and what it is called.
pub type Holidays = BTreeMap<Day, String>;

/// A day off.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Day {
    /// On one date.
    Once(Date),
    /// Every year.
    Yearly(YearDay),
}

/// Why there are no holidays to be had.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum HolidaysError {
    /// It is no iCalendar file.
    #[error("line {line}: {wrong}")]
    Line {
        /// The line, from 1.
        line: usize,
        /// What is wrong, and what would be right.
        wrong: &'static str,
    },
    /// There is nothing in it.
    #[error("there are no whole days in it")]
    Empty,
    /// There is too much in it.
    #[error("there are more than {MOST} days in it")]
    TooMany,
    /// The matrix is no TOML.
    #[error("the matrix is not TOML: {0}")]
    Toml(String),
    /// The matrix has no such calendar.
    #[error("there is no calendar `{name}`: use one of {known}")]
    Calendar {
        /// The calendar.
        name: CalendarName,
        /// Those that there are.
        known: String,
    },
}

/// A matrix with more holidays.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Changed {
    /// The text, comments and all.
    pub text: String,
    /// How many are new.
    pub added: usize,
}

/// One event, as far as it has been read.
#[derive(Default)]
struct Event {
    line: usize,
    from: Option<Date>,
    to: Option<Date>,
    name: String,
    repeats: Option<String>,
}

/// Reads the whole days of an iCalendar file.
pub fn read_holidays(text: &str) -> Result<Holidays, HolidaysError> {
    let refuse = |line, wrong| HolidaysError::Line { line, wrong };
    let mut lines = unfold(text).into_iter();
    match lines.next() {
        Some((_, first)) if first.trim_start_matches('\u{feff}') == "BEGIN:VCALENDAR" => {}
        Some(_) | None => return Err(refuse(1, "an iCalendar file begins with BEGIN:VCALENDAR")),
    }
    let mut days = Holidays::new();
    let mut event: Option<Event> = None;
    for (line, text) in lines {
        let (key, value) = text.split_once(':').unwrap_or((&text, ""));
        let (key, parameters) = key.split_once(';').unwrap_or((key, ""));
        match (key, value, &mut event) {
            ("BEGIN", "VEVENT", None) => event = Some(Event { line, ..Event::default() }),
            ("BEGIN", "VEVENT", Some(_)) => return Err(refuse(line, "an event within an event")),
            ("END", "VEVENT", _) => {
                if let Some(event) = event.take() {
                    event.days(&mut days)?;
                }
            }
            ("DTSTART", _, Some(event)) => event.from = date(parameters, value),
            ("DTEND", _, Some(event)) => event.to = date(parameters, value),
            ("SUMMARY", _, Some(event)) => event.name = plain(value),
            ("RRULE", _, Some(event)) => event.repeats = Some(value.to_owned()),
            (_, _, _) => {}
        }
        if MOST < days.len() {
            return Err(HolidaysError::TooMany);
        }
    }
    if event.is_some() {
        return Err(refuse(text.lines().count(), "the file ends within an event"));
    }
    if days.is_empty() { Err(HolidaysError::Empty) } else { Ok(days) }
}

impl Event {
    fn days(self, days: &mut Holidays) -> Result<(), HolidaysError> {
        let Some(from) = self.from else {
            // A meeting, not a day off.
            return Ok(());
        };
        let refuse = |wrong| HolidaysError::Line { line: self.line, wrong };
        let name = if self.name.is_empty() { "a holiday".to_owned() } else { self.name };
        let to = self.to.or_else(|| from.tomorrow().ok()).filter(|it| from < *it);
        let to = to.ok_or_else(|| refuse("the event ends before it begins"))?;
        let all = std::iter::successors(Some(from), |it| it.tomorrow().ok());
        let all: Vec<_> = all.take_while(|it| *it < to).take(LONGEST + 1).collect();
        if LONGEST < all.len() {
            return Err(refuse("the event lasts longer than 60 days"));
        }
        let yearly = match self.repeats.as_deref() {
            None => false,
            Some(rule) if is_plainly_yearly(rule) => true,
            Some(_) => {
                return Err(refuse("only FREQ=YEARLY is understood: list other dates one by one"));
            }
        };
        let day = |it: Date| if yearly { Day::Yearly(it.into()) } else { Day::Once(it) };
        days.extend(all.into_iter().map(|it| (day(it), name.clone())));
        Ok(())
    }
}

/// Every year on its date, without an end.
fn is_plainly_yearly(rule: &str) -> bool {
    let mut parts = rule.split(';').filter(|it| !it.is_empty() && *it != "INTERVAL=1");
    parts.clone().any(|it| it == "FREQ=YEARLY")
        && parts.all(|it| it == "FREQ=YEARLY" || it.starts_with("WKST="))
}

/// `20261225`, if it is a date and not a time.
fn date(parameters: &str, value: &str) -> Option<Date> {
    let digits = value.len() == 8 && value.bytes().all(|it| it.is_ascii_digit());
    let is_date = digits && !parameters.contains("VALUE=DATE-TIME");
    let part = |range| value.get::<std::ops::Range<usize>>(range)?.parse().ok();
    let year = value.get(..4).filter(|_| is_date)?.parse().ok()?;
    Date::new(year, part(4..6)?, part(6..8)?).ok()
}

/// Long lines are folded: what begins with a space goes on.
fn unfold(text: &str) -> Vec<(usize, String)> {
    let mut lines: Vec<(usize, String)> = Vec::new();
    for (index, line) in text.lines().enumerate() {
        match (line.strip_prefix([' ', '\t']), lines.last_mut()) {
            (Some(rest), Some((_, last))) => last.push_str(rest),
            (Some(_), None) | (None, _) => lines.push((index + 1, line.to_owned())),
        }
    }
    lines
}

/// Without escapes, and short.
fn plain(value: &str) -> String {
    let mut plain = String::new();
    let mut escaped = false;
    for it in value.trim().chars().take(200) {
        match it {
            '\\' if !escaped => escaped = true,
            'n' | 'N' if escaped => (plain.push(' '), escaped = false).1,
            _ if it.is_control() => escaped = false,
            _ => (plain.push(it), escaped = false).1,
        }
    }
    plain
}

/// Adds holidays to a calendar of a matrix. A date that it lists already keeps
/// its name.
pub fn add_holidays(
    matrix: &str,
    calendar: &CalendarName,
    holidays: &Holidays,
) -> Result<Changed, HolidaysError> {
    let mut document: DocumentMut = matrix
        .parse()
        .map_err(|err: toml_edit::TomlError| HolidaysError::Toml(err.message().into()))?;
    let mut calendars: Vec<&mut dyn TableLike> = match document.get_mut("calendar") {
        Some(Item::ArrayOfTables(tables)) => {
            tables.iter_mut().map(|it| it as &mut dyn TableLike).collect()
        }
        Some(Item::Value(Value::Array(tables))) => tables
            .iter_mut()
            .filter_map(|it| it.as_inline_table_mut().map(|it| it as &mut dyn TableLike))
            .collect(),
        Some(_) | None => Vec::new(),
    };
    let name =
        |it: &dyn TableLike| it.get("name").and_then(Item::as_str).unwrap_or_default().to_owned();
    let known: Vec<String> = calendars.iter().map(|it| name(&**it)).collect();
    let index = known.iter().position(|it| it == calendar.as_str());
    let table = index.and_then(|index| calendars.get_mut(index)).ok_or_else(|| {
        HolidaysError::Calendar { name: calendar.clone(), known: known.join(", ") }
    })?;
    let item = table.entry("holidays").or_insert(Item::Value(Value::Array(Array::new())));
    if let Some(one) = item.as_str().map(str::to_owned) {
        *item = Item::Value(Value::Array([one].into_iter().collect()));
    }
    let Some(list) = item.as_array_mut() else {
        return Err(HolidaysError::Toml("`holidays` is no list".into()));
    };
    let listed: Vec<String> =
        list.iter().filter_map(|it| it.as_str()?.split(' ').next().map(str::to_owned)).collect();
    let mut added = 0;
    for (day, name) in holidays {
        let day = match day {
            Day::Once(date) => date.to_string(),
            Day::Yearly(day) => day.to_string(),
        };
        if !listed.contains(&day) {
            let mut value = Value::from(format!("{day} {name}"));
            value.decor_mut().set_prefix("\n    ");
            list.push_formatted(value);
            added += 1;
        }
    }
    if added > 0 {
        list.set_trailing_comma(true);
        list.set_trailing("\n");
    }
    Ok(Changed { text: document.to_string(), added })
}

#[cfg(test)]
mod tests {
    use expect_test::expect;
    use jiff::civil::date;

    use super::*;
    use crate::{STARTER, read};

    const ICS: &str = "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nBEGIN:VEVENT\r\n\
        DTSTART;VALUE=DATE:20270326\r\nDTEND;VALUE=DATE:20270328\r\n\
        SUMMARY:Good Friday\\, and\r\n  the day after\r\nEND:VEVENT\r\n\
        BEGIN:VEVENT\r\nDTSTART;VALUE=DATE:20200106\r\nRRULE:FREQ=YEARLY\r\n\
        SUMMARY:Epiphany\r\nEND:VEVENT\r\nBEGIN:VEVENT\r\n\
        DTSTART:20270326T100000Z\r\nSUMMARY:A meeting\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n";

    fn office() -> CalendarName {
        "office".parse().unwrap()
    }

    #[test]
    fn whole_days_are_read_with_their_names() {
        let text: Vec<_> = read_holidays(ICS)
            .unwrap()
            .iter()
            .map(|(day, name)| match day {
                Day::Once(date) => format!("{date} {name}"),
                Day::Yearly(day) => format!("{day} {name}"),
            })
            .collect();
        expect![[r#"
            2027-03-26 Good Friday, and the day after
            2027-03-27 Good Friday, and the day after
            --01-06 Epiphany"#]]
        .assert_eq(&text.join("\n"));
    }

    #[test]
    fn a_matrix_gets_holidays_and_keeps_all_else() {
        let holidays = read_holidays(ICS).unwrap();
        let changed = add_holidays(STARTER, &office(), &holidays).unwrap();
        assert_eq!(changed.added, 3);
        let calendar = &read("acme.toml", &changed.text).unwrap().matrix.calendars[0];
        assert_eq!(calendar.holiday_on(date(2027, 3, 26)), Some("Good Friday, and the day after"));
        assert_eq!(calendar.holiday_on(date(2030, 1, 6)), Some("Epiphany"));
        let comments = |it: &str| it.lines().filter(|it| it.contains('#')).count();
        assert_eq!(comments(&changed.text), comments(STARTER));
        let again = add_holidays(&changed.text, &office(), &holidays).unwrap();
        assert_eq!(again, Changed { text: changed.text, added: 0 });
    }

    #[test]
    fn what_holds_no_holidays_is_refused_with_its_line() {
        let yearly = ICS.replace("FREQ=YEARLY", "FREQ=YEARLY;BYDAY=1MO");
        let cut = &ICS[..ICS.find("SUMMARY").unwrap()];
        for (text, expected) in [
            ("", "line 1: an iCalendar file begins with BEGIN:VCALENDAR"),
            ("BEGIN:VCALENDAR\n", "there are no whole days in it"),
            (cut, "line 5: the file ends within an event"),
            (&yearly, "line 9: only FREQ=YEARLY is understood: list other dates one by one"),
        ] {
            assert_eq!(read_holidays(text).unwrap_err().to_string(), expected);
        }
        let holidays = read_holidays(ICS).unwrap();
        let err = add_holidays(STARTER, &"noc".parse().unwrap(), &holidays).unwrap_err();
        assert_eq!(err.to_string(), "there is no calendar `noc`: use one of office");
        assert!(add_holidays("=", &office(), &holidays).is_err());
    }
}
