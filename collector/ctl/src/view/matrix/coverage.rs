//! A week's owners as a picture: days as lines, hours as columns, a letter for
//! each team.

use std::collections::BTreeMap;

use remit_collector_domain::matrix::{self, Cell, FunctionWeek};
use remit_shared::Function;
use serde::Serialize;

use crate::view::{
    Look, View,
    text::{plain, wrap},
};

const DAYS: [&str; 7] = ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"];

/// Wide enough for `Mon-Fri`, with gaps.
const LABEL: usize = 11;

/// `remit matrix coverage`.
#[derive(Debug, Serialize)]
pub(crate) struct Coverage {
    /// The Monday on which the week begins.
    week_of: String,
    zone: String,
    severity: String,
    functions: Vec<Week>,
    /// There are more sorts of endpoints than were looked at.
    partial: bool,
}

/// One kind of work.
#[derive(Debug, Serialize)]
struct Week {
    function: String,
    /// Who owns it in each of 168 hours, from Monday at midnight.
    hours: Vec<Vec<Owner>>,
    at_two_in_the_morning: Vec<Night>,
}

/// Who owns something.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
struct Owner {
    responsible: String,
    /// On which endpoints; empty for plain ones.
    on: String,
    /// Only the catch-all says so.
    gap: bool,
}

/// Who owns something at two in the morning.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
struct Night {
    #[serde(flatten)]
    owner: Owner,
    days: Vec<&'static str>,
}

impl Coverage {
    /// Of all kinds of work, or of some.
    pub(crate) fn new(it: matrix::Coverage, only: &[Function]) -> Self {
        let weeks = it.functions.iter();
        let weeks = weeks.filter(|it| only.is_empty() || only.contains(&it.function));
        Self {
            week_of: it.monday.to_string(),
            zone: it.zone.iana_name().unwrap_or("UTC").to_owned(),
            severity: it.severity.to_string(),
            functions: weeks.map(Week::new).collect(),
            partial: it.is_partial,
        }
    }
}

impl Week {
    fn new(it: &FunctionWeek) -> Self {
        let owners = |cell: &Cell| cell.owners.iter().map(Owner::new).collect();
        let nights = it.two_in_the_morning().into_iter().map(|(owner, days)| Night {
            owner: Owner::new(&owner),
            days: days.into_iter().filter_map(|it| DAYS.get(it).copied()).collect(),
        });
        Self {
            function: it.function.to_string(),
            hours: it.hours.iter().map(owners).collect(),
            at_two_in_the_morning: nights.collect(),
        }
    }
}

impl Owner {
    fn new(it: &matrix::Owner) -> Self {
        let (responsible, on) = (it.responsible.to_string(), it.on.clone());
        Self { responsible, on, gap: it.gap }
    }

    fn text(&self) -> String {
        let on = if self.on.is_empty() { String::new() } else { format!(" {}", self.on) };
        let gap = if self.gap { " (catch-all)" } else { "" };
        plain(&format!("{}{on}{gap}", self.responsible))
    }
}

/// Letters for teams, digits for what several share.
#[derive(Default)]
struct Legend<'c> {
    teams: BTreeMap<&'c str, char>,
    shared: Vec<&'c [Owner]>,
}

impl<'c> Legend<'c> {
    fn mark(&mut self, owners: &'c [Owner]) -> char {
        match owners {
            [] => ' ',
            [one] => {
                let next = char::from(b'A' + (self.teams.len() % 26) as u8);
                let mark = *self.teams.entry(&one.responsible).or_insert(next);
                if one.gap { mark.to_ascii_lowercase() } else { mark }
            }
            several => {
                let known = self.shared.iter().position(|it| *it == several);
                let index = known.unwrap_or_else(|| {
                    self.shared.push(several);
                    self.shared.len() - 1
                });
                // After nine, one mark for all the rest.
                u32::try_from(index + 1).ok().and_then(|it| char::from_digit(it, 10)).unwrap_or('*')
            }
        }
    }
}

impl View for Coverage {
    fn text(&self, look: &Look) -> String {
        let mut legend = Legend::default();
        let mut blocks: Vec<(Vec<&str>, String)> = Vec::new();
        for week in &self.functions {
            let picture = picture(week, &mut legend);
            match blocks.iter_mut().find(|(_, it)| *it == picture) {
                Some((names, _)) => names.push(&week.function),
                None => blocks.push((vec![&week.function], picture)),
            }
        }
        let mut text = format!(
            "week of {} in {}, alerts of severity {}\n",
            self.week_of, self.zone, self.severity
        );
        let mut teams: Vec<_> = legend.teams.iter().map(|(team, mark)| (*mark, *team)).collect();
        teams.sort_unstable();
        for (mark, team) in teams {
            text += &format!("  {mark}  {}\n", plain(team));
        }
        for (index, owners) in legend.shared.iter().enumerate().take(9) {
            let owners: Vec<_> = owners.iter().map(Owner::text).collect();
            text += &format!("  {}  {}\n", index + 1, owners.join("; "));
        }
        if legend.shared.len() > 9 {
            text += "  *  several more teams, by endpoint: see --json\n";
        }
        text += "  small letters: only the catch-all says so\n";
        if self.partial {
            text += "  the rows tell more sorts of endpoints apart than are shown\n";
        }
        for (names, picture) in blocks {
            let width = usize::from(look.width);
            let names = wrap(&plain(&names.join(", ")), width);
            let names: Vec<_> = names.iter().map(|it| look.bold(it)).collect();
            text += &format!("\n{}\n{picture}", names.join("\n"));
        }
        text
    }
}

/// The days of one kind of work, equal ones together, and its nights.
fn picture<'c>(week: &'c Week, legend: &mut Legend<'c>) -> String {
    let days: Vec<String> =
        week.hours.chunks(24).map(|day| day.iter().map(|it| legend.mark(it)).collect()).collect();
    let mut text = format!("  {:LABEL$}00    06    12    18\n", "");
    let mut first = 0;
    for (index, day) in days.iter().enumerate() {
        if days.get(index + 1) != Some(day) {
            let label = match first == index {
                true => DAYS[index].to_owned(),
                false => format!("{}-{}", DAYS[first], DAYS[index]),
            };
            text += &format!("  {label:LABEL$}{day}\n");
            first = index + 1;
        }
    }
    let nights = week.at_two_in_the_morning.iter().map(|it| {
        let days = match it.days.len() {
            7 => String::new(),
            _ => format!(" on {}", it.days.join(", ")),
        };
        format!("{}{days}", it.owner.text())
    });
    text + &format!("  {:LABEL$}{}\n", "at 2 a.m.", nights.collect::<Vec<_>>().join("; "))
}
