//! From the form to the matrix, collecting everything that is wrong.

mod row;

use std::{collections::BTreeMap, error::Error, str::FromStr};

use jiff::{civil::Date, tz::TimeZone};
use remit_collector_domain::{
    calendar::{Calendar, parse_hours},
    matrix::{
        CheckOverride, Contact, FunctionDef, Matrix, SiteDef, TagDef, TeamDef, nearest,
        parse_length,
    },
};
use remit_shared::{Chain, Function};
use toml::Spanned;

use crate::{
    locate::Map,
    raw::{
        List, RawCalendar, RawCheck, RawContact, RawMatrix, RawSite, RawTeam, Tables, Text, Words,
    },
    remark::Remark,
};

/// More of anything than this is a mistake, and would take long to prove.
const MOST: usize = 500;

/// After so many remarks, the rest is more of the same.
const ENOUGH: usize = 100;

/// More opening hours than this in one calendar are a mistake.
const MOST_HOURS: usize = 100;

/// Reads one file's form.
pub(crate) struct Reader<'t> {
    file: &'t str,
    map: Map<'t>,
    /// What was wrong so far.
    pub(crate) remarks: Vec<Remark>,
}

/// Where something stands: its path, and an offset to show if it is missing.
#[derive(Clone, Debug)]
struct Spot {
    path: String,
    offset: usize,
}

impl Spot {
    fn key(&self, key: &str) -> Self {
        Self { path: format!("{}.{key}", self.path), offset: self.offset }
    }

    fn at<T>(&self, it: &Spanned<T>) -> Self {
        Self { path: self.path.clone(), offset: it.span().start }
    }
}

impl<'t> Reader<'t> {
    pub(crate) fn new(file: &'t str, text: &'t str) -> Self {
        Self { file, map: Map::new(text), remarks: Vec::new() }
    }

    /// The matrix, with the index of the row that is its catch-all; `None`
    /// only with remarks.
    pub(crate) fn matrix(&mut self, raw: RawMatrix) -> Option<(Matrix, usize)> {
        let top = |key: &str| Spot { path: key.to_owned(), offset: 0 };
        let tenant = self.required(&raw.tenant, &top("tenant"), "the customer's name, like `acme`");
        let teams = self.each("team", &raw.team, Self::team);
        let sites = self.each("site", &raw.site, Self::site);
        let tags = self.each("tag", &raw.tag, |reader, it, at| {
            let name = reader.required(&it.name, &at.key("name"), "the tag's name, like `erp`")?;
            Some(TagDef { name, title: plain(&it.title) })
        });
        let functions = self.each("function", &raw.function, |reader, it, at| {
            let name = reader.required(&it.name, &at.key("name"), "the function's name")?;
            Some(FunctionDef { name, title: plain(&it.title) })
        });
        let calendars = self.each("calendar", &raw.calendar, Self::calendar);
        let (rows, catch_all, index) = self.rows(&raw.row)?;
        let checks = self.each("check", &raw.check, Self::check);
        let matrix = Matrix {
            tenant: tenant?,
            version: 0,
            title: plain(&raw.title),
            teams,
            sites,
            tags,
            functions,
            calendars,
            rows,
            catch_all,
            checks,
        };
        Some((matrix, index))
    }

    fn team(&mut self, raw: &RawTeam, at: &Spot) -> Option<TeamDef> {
        let name = self.required(&raw.name, &at.key("name"), "the team's name, like `internal-it`");
        let party = self.required(
            &raw.party,
            &at.key("party"),
            "whose people they are: internal, provider or vendor",
        );
        let notify = self.all(&raw.notify, &at.key("notify"));
        let contacts = raw.contact.iter().enumerate().filter_map(|(index, it)| {
            let at = at.key(&format!("contact[{}]", index + 1)).at(it);
            self.contact(it.get_ref(), &at)
        });
        let contacts = contacts.collect();
        Some(TeamDef { name: name?, party: party?, title: plain(&raw.title), contacts, notify })
    }

    fn contact(&mut self, raw: &RawContact, at: &Spot) -> Option<Contact> {
        let name: String = self.required(&raw.name, &at.key("name"), "a name or a role")?;
        Some(Contact { name, phone: plain(&raw.phone), email: plain(&raw.email) })
    }

    fn site(&mut self, raw: &RawSite, at: &Spot) -> Option<SiteDef> {
        let name = self.required(&raw.name, &at.key("name"), "the site's name, like `hq`");
        let zone = self.zone(&raw.zone, &at.key("zone"));
        Some(SiteDef { name: name?, zone: zone?, title: plain(&raw.title) })
    }

    fn calendar(&mut self, raw: &RawCalendar, at: &Spot) -> Option<Calendar> {
        let name = self.required(&raw.name, &at.key("name"), "the calendar's name, like `office`");
        let zone = self.zone(&raw.zone, &at.key("zone"));
        let at_hours = at.key("hours");
        let mut hours = Vec::new();
        for (text, at) in words(&raw.hours, &at_hours) {
            match parse_hours(text) {
                Ok(windows) => hours.extend(windows),
                Err(err) => self.refuse("bad-hours", &at, Chain(&err).to_string()),
            }
        }
        if raw.hours.is_none() {
            self.refuse(
                "missing",
                &at_hours,
                "say when it is open, like `[\"mon-fri 08:00-17:00\"]`",
            );
        }
        if MOST_HOURS < hours.len() {
            self.refuse("too-many", &at_hours, format!("more than {MOST_HOURS} opening hours"));
        }
        let mut holidays = BTreeMap::new();
        for (text, at) in words(&raw.holidays, &at.key("holidays")) {
            let (date, name) = text.split_once(' ').unwrap_or((text, "a holiday"));
            match date.parse::<Date>() {
                // jiff would also take a date and time here, and drop the time.
                Ok(it) if it.to_string() == date => {
                    holidays.insert(it, name.trim().to_owned());
                }
                Ok(_) | Err(_) => {
                    let text = text.escape_default();
                    let message =
                        format!("`{text}` is no holiday: write it like `2026-12-25 Christmas Day`");
                    self.refuse("bad-date", &at, message);
                }
            }
        }
        Some(Calendar {
            name: name?,
            zone: zone?,
            hours,
            holidays,
            yearly: BTreeMap::new(),
            holiday_rules: None,
            exceptions: BTreeMap::new(),
        })
    }

    fn check(&mut self, raw: &RawCheck, at: &Spot) -> Option<CheckOverride> {
        let check =
            self.required(&raw.check, &at.key("check"), "the check's name, like `disk-space`");
        let hold = raw.hold.as_ref().and_then(|it| {
            let read = parse_length(it.get_ref());
            self.kept(read, "bad-length", &at.key("hold").at(it))
        });
        let function = self.optional::<Function>(&raw.function, &at.key("function"));
        let severity = self.optional(&raw.severity, &at.key("severity"));
        let (warn, crit, clear) = (raw.warn, raw.crit, raw.clear);
        Some(CheckOverride { check: check?, function, warn, crit, clear, hold, severity })
    }

    fn zone(&mut self, raw: &Text, at: &Spot) -> Option<TimeZone> {
        let name: String = self.required(raw, at, "a time zone, like `America/New_York`")?;
        let at = raw.as_ref().map_or(at.clone(), |it| at.at(it));
        // The file must mean the same to every reader, so the system's own
        // zone and odd spellings of a name are no answer.
        match TimeZone::get(&name) {
            Ok(zone) if zone.iana_name() == Some(name.as_str()) => Some(zone),
            Ok(_) | Err(_) => {
                let message = format!("there is no time zone `{}`", name.escape_default());
                if self.remarks.len() == ENOUGH {
                    return None;
                }
                let known: Vec<_> = jiff::tz::db().available().map(|it| it.to_string()).collect();
                let near = nearest(&name, known.iter().map(String::as_str));
                let suggestion = match near {
                    Some(near) => format!("did you mean `{near}`?"),
                    None => {
                        "use an IANA name, like `America/New_York` or `Europe/Berlin`".to_owned()
                    }
                };
                let at = (self.map.line(at.offset), at.path);
                self.remarks
                    .push(Remark::error(self.file, "bad-zone", at, message).suggest(suggestion));
                None
            }
        }
    }

    /// Converts every entry of a list of tables.
    fn each<R, T>(
        &mut self,
        list: &str,
        raw: &Tables<R>,
        convert: impl Fn(&mut Self, &R, &Spot) -> Option<T>,
    ) -> Vec<T> {
        if MOST < raw.len() {
            let at = Spot { path: list.to_owned(), offset: raw[MOST].span().start };
            self.refuse("too-many", &at, format!("there are more than {MOST} of these"));
            return Vec::new();
        }
        let entries = raw.iter().enumerate();
        let converted = entries.filter_map(|(index, it)| {
            let at = Spot { path: format!("{list}[{}]", index + 1), offset: it.span().start };
            convert(self, it.get_ref(), &at)
        });
        converted.collect()
    }

    /// A text that must be there; `what` says what belongs in its place.
    fn required<T: FromStr<Err: Error + 'static>>(
        &mut self,
        raw: &Text,
        at: &Spot,
        what: &str,
    ) -> Option<T> {
        match raw {
            Some(it) if !it.get_ref().is_empty() => self.parsed(it.get_ref(), &at.at(it)),
            Some(_) | None => {
                self.refuse("missing", at, format!("is missing: {what}"));
                None
            }
        }
    }

    fn optional<T: FromStr<Err: Error + 'static>>(&mut self, raw: &Text, at: &Spot) -> Option<T> {
        raw.as_ref().and_then(|it| self.parsed(it.get_ref(), &at.at(it)))
    }

    /// Every word of a list that can be read.
    fn all<T, C>(&mut self, raw: &List, at: &Spot) -> C
    where
        T: FromStr<Err: Error + 'static>,
        C: FromIterator<T>,
    {
        words(raw, at).into_iter().filter_map(|(text, at)| self.parsed(text, &at)).collect()
    }

    fn parsed<T: FromStr<Err: Error + 'static>>(&mut self, text: &str, at: &Spot) -> Option<T> {
        self.kept(text.parse(), "bad-value", at)
    }

    fn kept<T, E: Error + 'static>(
        &mut self,
        read: Result<T, E>,
        code: &'static str,
        at: &Spot,
    ) -> Option<T> {
        read.inspect_err(|err| self.refuse(code, at, Chain(err).to_string())).ok()
    }

    fn refuse(&mut self, code: &'static str, at: &Spot, message: impl Into<String>) {
        if self.remarks.len() < ENOUGH {
            let at = (self.map.line(at.offset), at.path.clone());
            self.remarks.push(Remark::error(self.file, code, at, message));
        }
    }
}

/// Free text; may be empty.
fn plain(raw: &Text) -> String {
    raw.as_ref().map(|it| it.get_ref().clone()).unwrap_or_default()
}

/// Each word of a list, and where it stands.
fn words<'r>(raw: &'r List, at: &Spot) -> Vec<(&'r str, Spot)> {
    let Some(raw) = raw else {
        return Vec::new();
    };
    match raw.get_ref() {
        Words::One(text) => vec![(text, at.at(raw))],
        Words::Many(texts) => {
            let place = |(index, it): (usize, &'r Spanned<String>)| {
                let path = format!("{}[{}]", at.path, index + 1);
                (it.get_ref().as_str(), Spot { path, offset: it.span().start })
            };
            texts.iter().enumerate().map(place).collect()
        }
    }
}
