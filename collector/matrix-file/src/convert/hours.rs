//! Calendars and rotas: whose clock says what.

use std::collections::BTreeMap;

use jiff::{
    civil::{Date, DateTime, Time},
    tz::TimeZone,
};
use remit_collector_domain::{
    calendar::{Calendar, Exception, Hours, Window, YearDay, parse_hours},
    matrix::{nearest, parse_turn},
    rota::{Layer, Override, Rota, Turn},
};
use remit_shared::Chain;

use crate::{
    convert::{ENOUGH, MOST, Reader, Spot, plain, words},
    raw::{List, RawCalendar, RawLayer, RawOverride, RawRota, Text},
    remark::Remark,
};

/// More opening hours than this in one calendar are a mistake.
const MOST_HOURS: usize = 100;

/// When a turn ends if nobody says otherwise.
const HANDOFF: Time = Time::constant(8, 0, 0, 0);

impl Reader<'_> {
    pub(super) fn calendar(&mut self, raw: &RawCalendar, at: &Spot) -> Option<Calendar> {
        let name = self.required(&raw.name, &at.key("name"), "the calendar's name, like `office`");
        let zone = self.zone(&raw.zone, &at.key("zone"));
        let hours = self.opening(&raw.hours, &at.key("hours"));
        if raw.hours.is_none() {
            let message = "say when it is open, like `[\"mon-fri 08:00-17:00\"]`";
            self.refuse("missing", &at.key("hours"), message);
        }
        let (mut holidays, mut yearly) = (BTreeMap::new(), BTreeMap::new());
        for (text, at) in words(&raw.holidays, &at.key("holidays")) {
            let (date, name) = text.split_once(' ').unwrap_or((text, "a holiday"));
            let name = name.trim().to_owned();
            match (date.parse::<YearDay>(), date.parse::<Date>()) {
                (Ok(it), _) => drop(yearly.insert(it, name)),
                // jiff would also take a date and time here, and drop the time.
                (_, Ok(it)) if it.to_string() == date => drop(holidays.insert(it, name)),
                (Err(_), Ok(_) | Err(_)) => {
                    let text = text.escape_default();
                    let message = format!(
                        "`{text}` is no holiday: write it like `2026-12-25 Christmas Day`, or `--12-25 Christmas Day` for every year"
                    );
                    self.refuse("bad-date", &at, message);
                }
            }
        }
        let holiday_rules = self.optional(&raw.holiday_rules, &at.key("holiday_rules"));
        let mut exceptions = BTreeMap::new();
        for (text, at) in words(&raw.exceptions, &at.key("exceptions")) {
            match exception(text) {
                Some((date, it)) => drop(exceptions.insert(date, it)),
                None => {
                    let text = text.escape_default();
                    let message = format!(
                        "`{text}` is no exception: write it like `2026-12-24 08:00-12:00 Christmas Eve`, with `closed` for no hours"
                    );
                    self.refuse("bad-date", &at, message);
                }
            }
        }
        let (name, zone) = (name?, zone?);
        Some(Calendar { name, zone, hours, holidays, yearly, holiday_rules, exceptions })
    }

    fn opening(&mut self, raw: &List, at: &Spot) -> Vec<Window> {
        let mut hours = Vec::new();
        for (text, at) in words(raw, at) {
            match parse_hours(text) {
                Ok(windows) => hours.extend(windows),
                Err(err) => self.refuse("bad-hours", &at, Chain(&err).to_string()),
            }
        }
        if MOST_HOURS < hours.len() {
            self.refuse("too-many", at, format!("more than {MOST_HOURS} opening hours"));
        }
        hours
    }

    pub(super) fn rota(&mut self, raw: &RawRota, at: &Spot) -> Option<Rota> {
        let name = self.required(&raw.name, &at.key("name"), "the rota's name, like `noc-nights`");
        let zone = self.zone(&raw.zone, &at.key("zone"));
        for (key, many, second) in [
            ("layer", raw.layer.len(), raw.layer.get(MOST).map(|it| it.span().start)),
            ("override", raw.r#override.len(), raw.r#override.get(MOST).map(|it| it.span().start)),
        ] {
            if let Some(offset) = second {
                let at = Spot { offset, ..at.key(key) };
                self.refuse("too-many", &at, format!("{many} are more than {MOST}"));
                return None;
            }
        }
        let layers = raw.layer.iter().enumerate().map(|(index, it)| {
            let at = at.key(&format!("layer[{}]", index + 1)).at(it);
            self.layer(it.get_ref(), &at)
        });
        let layers: Vec<Option<Layer>> = layers.collect();
        let overrides = raw.r#override.iter().enumerate().map(|(index, it)| {
            let at = at.key(&format!("override[{}]", index + 1)).at(it);
            self.exception(it.get_ref(), &at)
        });
        let overrides: Vec<Option<Override>> = overrides.collect();
        let layers = layers.into_iter().collect::<Option<Vec<_>>>()?;
        let overrides = overrides.into_iter().collect::<Option<Vec<_>>>()?;
        Some(Rota { name: name?, zone: zone?, layers, overrides })
    }

    fn layer(&mut self, raw: &RawLayer, at: &Spot) -> Option<Layer> {
        let people = self.all(&raw.people, &at.key("people"));
        if raw.people.is_none() {
            let message = "is missing: who takes turns, like `[\"kim\", \"lee\"]`";
            self.refuse("missing", &at.key("people"), message);
        }
        let from = match &raw.from {
            Some(it) => self.date(it.get_ref(), &at.key("from").at(it)),
            None => {
                let message = "is missing: the date of the first hand-off, like `2026-01-05`";
                self.refuse("missing", &at.key("from"), message);
                None
            }
        };
        let turn = match &raw.turn {
            Some(it) => self.kept(parse_turn(it.get_ref()), "bad-turn", &at.key("turn").at(it)),
            None => Some(Turn::Weeks(1)),
        };
        let handoff = match &raw.handoff {
            Some(it) => self.clock(it.get_ref(), &at.key("handoff").at(it)),
            None => Some(HANDOFF),
        };
        let hours = raw.hours.is_some().then(|| self.opening(&raw.hours, &at.key("hours")));
        let (from, turn, handoff) = (from?, turn?, handoff?);
        Some(Layer { title: plain(&raw.title), people, from, turn, handoff, hours })
    }

    fn exception(&mut self, raw: &RawOverride, at: &Spot) -> Option<Override> {
        let from = self.wall(&raw.from, &at.key("from"));
        let to = self.wall(&raw.to, &at.key("to"));
        let person = match raw.person.as_ref().map(|it| it.get_ref().as_str()) {
            Some("nobody") => None,
            Some(_) => Some(self.optional(&raw.person, &at.key("person"))?),
            None => {
                let message = "is missing: who is on call instead; `nobody` for nobody";
                self.refuse("missing", &at.key("person"), message);
                return None;
            }
        };
        Some(Override { from: from?, to: to?, person, note: plain(&raw.note) })
    }

    fn clock(&mut self, text: &str, at: &Spot) -> Option<Time> {
        let time = time(text);
        if time.is_none() {
            let text = text.escape_default();
            let message = format!("`{text}` is no time of day: write it like `08:00`");
            self.refuse("bad-time", at, message);
        }
        time
    }

    /// A date and a time on the wall.
    fn wall(&mut self, raw: &Text, at: &Spot) -> Option<DateTime> {
        let Some(raw) = raw else {
            self.refuse("missing", at, "is missing: a date and a time, like `2026-12-24 18:00`");
            return None;
        };
        let text = raw.get_ref();
        let read = || {
            let (day, hour) = text.split_once([' ', 'T'])?;
            let date = day.parse::<Date>().ok().filter(|it| it.to_string() == day)?;
            Some(date.to_datetime(time(hour)?))
        };
        let found = read();
        if found.is_none() {
            let text = text.escape_default();
            let message = format!("`{text}` is no date and time: write it like `2026-12-24 18:00`");
            self.refuse("bad-date", &at.at(raw), message);
        }
        found
    }

    pub(super) fn zone(&mut self, raw: &Text, at: &Spot) -> Option<TimeZone> {
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
}

/// `08:00`.
fn time(text: &str) -> Option<Time> {
    let (hour, minute) = text.split_once(':')?;
    let digits = |it: &str| {
        let two = it.len() == 2 && it.bytes().all(|it| it.is_ascii_digit());
        it.parse::<i8>().ok().filter(|_| two)
    };
    Time::new(digits(hour)?, digits(minute)?, 0, 0).ok()
}

/// `2026-12-24 08:00-12:00,13:00-15:00 Christmas Eve`.
fn exception(text: &str) -> Option<(Date, Exception)> {
    let (day, rest) = text.split_once(' ')?;
    let date = day.parse::<Date>().ok().filter(|it| it.to_string() == day)?;
    let (hours, title) = rest.split_once(' ').unwrap_or((rest, ""));
    let span = |it: &str| {
        let (opens, closes) = it.split_once('-')?;
        let opens = time(opens)?;
        let closes = if closes == "24:00" { Time::midnight() } else { time(closes)? };
        (opens < closes || closes == Time::midnight()).then_some(Hours { opens, closes })
    };
    let hours = match hours {
        "closed" => Vec::new(),
        some => some.split(',').map(span).collect::<Option<_>>()?,
    };
    Some((date, Exception { title: title.trim().to_owned(), hours }))
}
