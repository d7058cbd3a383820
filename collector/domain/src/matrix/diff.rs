//! What a new version of a matrix changes, in words.
//!
//! Everything in a matrix is flattened to named fields of text and compared
//! by name, so that what moves without changing is not a change.

mod parts;

use std::{collections::BTreeMap, fmt};

use crate::{matrix::Matrix, sla::Agreement};

/// One thing that is different.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Change {
    /// It is new.
    Added {
        /// What: "row `nights`".
        what: String,
    },
    /// It is gone.
    Removed {
        /// What.
        what: String,
    },
    /// One of its fields is different.
    Changed {
        /// What.
        what: String,
        /// Which field.
        field: &'static str,
        /// Its old text; may be empty.
        before: String,
        /// Its new text; may be empty.
        after: String,
    },
}

impl fmt::Display for Change {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Added { what } => write!(f, "{what} is new"),
            Self::Removed { what } => write!(f, "{what} is gone"),
            Self::Changed { what, field, before, after } => {
                let shown =
                    |it: &String| if it.is_empty() { "nothing".to_owned() } else { it.clone() };
                write!(f, "{what}: {field} was {}, is {}", shown(before), shown(after))
            }
        }
    }
}

type Fields = Vec<(&'static str, String)>;

/// What is different, in the order of the new matrix; what is gone comes last.
pub fn diff(old: &Matrix, new: &Matrix) -> Vec<Change> {
    let (old, new) = (flatten(old), flatten(new));
    let before: BTreeMap<_, _> = old.iter().map(|(what, fields)| (what, fields)).collect();
    let mut changes = Vec::new();
    for (what, fields) in &new {
        let Some(before) = before.get(what) else {
            changes.push(Change::Added { what: what.clone() });
            continue;
        };
        for ((field, before), (_, after)) in before.iter().zip(fields) {
            if before != after {
                let (what, before, after) = (what.clone(), before.clone(), after.clone());
                changes.push(Change::Changed { what, field, before, after });
            }
        }
    }
    let kept: BTreeMap<_, _> = new.iter().map(|(what, _)| (what, ())).collect();
    let gone = old.iter().filter(|(what, _)| !kept.contains_key(what));
    changes.extend(gone.map(|(what, _)| Change::Removed { what: what.clone() }));
    changes
}

/// What a matrix says of something that [`diff`] calls by this name: each field
/// that says anything, and what.
pub fn described(matrix: &Matrix, what: &str) -> Vec<(&'static str, String)> {
    let of = flatten(matrix).into_iter().find(|it| it.0 == what);
    let fields = of.map(|it| it.1).unwrap_or_default();
    fields.into_iter().filter(|it| !it.1.is_empty()).collect()
}

fn flatten(matrix: &Matrix) -> Vec<(String, Fields)> {
    let mut all = vec![("matrix".to_owned(), vec![("title", matrix.title.clone())])];
    all.extend(matrix.teams.iter().map(|it| (format!("team `{}`", it.name), parts::team(it))));
    all.extend(matrix.sites.iter().map(|it| {
        let zone = it.zone.iana_name().unwrap_or("UTC").to_owned();
        (format!("site `{}`", it.name), vec![("zone", zone), ("title", it.title.clone())])
    }));
    let titled = |kind, name: &str, title: &str| {
        (format!("{kind} `{name}`"), vec![("title", title.to_owned())])
    };
    all.extend(matrix.tags.iter().map(|it| titled("tag", it.name.as_str(), &it.title)));
    all.extend(matrix.functions.iter().map(|it| titled("function", it.name.as_str(), &it.title)));
    all.extend(
        matrix.calendars.iter().map(|it| (format!("calendar `{}`", it.name), parts::calendar(it))),
    );
    all.extend(
        matrix.persons.iter().map(|it| (format!("person `{}`", it.name), parts::person(it))),
    );
    all.extend(matrix.rotas.iter().map(|it| (format!("rota `{}`", it.name), parts::rota(it))));
    let agreement = |it: &Agreement| (format!("sla `{}`", it.name), parts::agreement(it));
    all.extend(matrix.agreements.iter().map(agreement));
    all.extend(
        matrix.policies.iter().map(|it| (format!("policy `{}`", it.name), parts::policy(it))),
    );
    all.extend(matrix.triggers.iter().map(parts::trigger));
    all.extend(matrix.inhibits.iter().map(parts::inhibit));
    all.extend(matrix.quiet.iter().map(parts::quiet));
    all.extend(matrix.all_rows().map(|it| (format!("row `{}`", it.id), parts::row(it))));
    all.extend(matrix.checks.iter().map(|it| (parts::check_name(it), parts::check(it))));
    all
}
