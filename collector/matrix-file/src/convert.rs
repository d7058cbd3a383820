//! From the form to the matrix, collecting everything that is wrong.

mod hours;
mod ladder;
mod people;
mod row;
mod rules;

use std::{error::Error, str::FromStr};

use jiff::{SignedDuration, civil::Date};
use remit_collector_domain::matrix::{FunctionDef, Matrix, SiteDef, TagDef, parse_length};
use remit_shared::Chain;
use toml::Spanned;

use crate::{
    locate::Map,
    raw::{List, RawMatrix, RawSite, Tables, Text, Words},
    remark::Remark,
};

/// More of anything than this is a mistake, and would take long to prove.
const MOST: usize = 500;

/// As many rows are proven in seconds, whatever they say.
const MOST_ROWS: usize = 1000;

/// After so many remarks, the rest is more of the same.
const ENOUGH: usize = 100;

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
        let persons = self.each("person", &raw.person, Self::person);
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
        let rotas = self.each("rota", &raw.rota, Self::rota);
        let agreements = self.each("sla", &raw.sla, Self::agreement);
        let policies = self.each("policy", &raw.policy, Self::policy);
        let triggers = self.each("trigger", &raw.trigger, Self::trigger);
        let inhibits = self.each("inhibit", &raw.inhibit, Self::inhibit);
        let quiet = self.each("quiet", &raw.quiet, Self::quiet);
        let (rows, catch_all, index) = self.rows(&raw.row)?;
        let checks = self.each("check", &raw.check, Self::check);
        let matrix = Matrix {
            tenant: tenant?,
            version: 0,
            title: plain(&raw.title),
            teams,
            persons,
            sites,
            tags,
            functions,
            calendars,
            rotas,
            agreements,
            inhibits,
            policies,
            triggers,
            quiet,
            rows,
            catch_all,
            checks,
        };
        Some((matrix, index))
    }

    fn site(&mut self, raw: &RawSite, at: &Spot) -> Option<SiteDef> {
        let name = self.required(&raw.name, &at.key("name"), "the site's name, like `hq`");
        let zone = self.zone(&raw.zone, &at.key("zone"));
        Some(SiteDef { name: name?, zone: zone?, title: plain(&raw.title) })
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

    /// A list that restricts. An empty one would restrict nothing, which is
    /// the opposite of what it looks like.
    fn some<T, C>(&mut self, raw: &List, at: &Spot) -> C
    where
        T: FromStr<Err: Error + 'static>,
        C: FromIterator<T>,
    {
        if raw.is_some() && words(raw, at).is_empty() {
            self.refuse("empty", at, "is empty: leave it out if it does not matter");
        }
        self.all(raw, at)
    }

    fn length(&mut self, raw: &Text, at: &Spot) -> Option<SignedDuration> {
        let raw = raw.as_ref()?;
        self.kept(parse_length(raw.get_ref()), "bad-length", &at.at(raw))
    }

    /// A date and nothing else; jiff would also take a time, and drop it.
    fn date(&mut self, text: &str, at: &Spot) -> Option<Date> {
        let date = text.parse::<Date>().ok().filter(|it| it.to_string() == text);
        if date.is_none() {
            let text = text.escape_default();
            self.refuse("bad-date", at, format!("`{text}` is no date: write it like `2026-12-24`"));
        }
        date
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
