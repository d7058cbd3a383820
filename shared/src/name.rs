//! Names that people type: tenants, sites, teams, functions, tags.
//!
//! A name is 1 to 63 characters of `a-z`, `0-9`, `-`, `_` and `.`, and starts
//! with a letter or a digit, so that it can stand in a file, a URL, a label
//! and a shell command without quoting.

use std::{borrow::Borrow, cell::RefCell, fmt, str::FromStr, sync::Arc};

/// The longest name, in bytes.
pub const MAX_NAME: usize = 63;

/// Why a string is not a name.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "`{got}` is not a {kind} name: use 1 to 63 of a-z, 0-9, `-`, `_`, `.`, starting with a letter or digit"
)]
pub struct NameError {
    /// What it should have been the name of.
    pub kind: &'static str,
    /// What was given, shortened.
    pub got: String,
}

fn check(kind: &'static str, text: &str) -> Result<(), NameError> {
    let starts_well = text.starts_with(|it: char| it.is_ascii_lowercase() || it.is_ascii_digit());
    let tail = |it: u8| it.is_ascii_lowercase() || it.is_ascii_digit() || b"-_.".contains(&it);
    if starts_well && text.len() <= MAX_NAME && text.bytes().all(tail) {
        Ok(())
    } else {
        let got = text.chars().take(MAX_NAME).flat_map(char::escape_default).collect();
        Err(NameError { kind, got })
    }
}

/// How many names a thread remembers; a power of two.
const KNOWN: usize = 64;

thread_local! {
    /// The newest name of each bucket. There are few different ones, and thousands of
    /// things that carry them: what is read from a disk or a message shares them.
    static NEWEST: RefCell<[Option<Arc<str>>; KNOWN]> = const { RefCell::new([const { None }; KNOWN]) };
}

/// The text of a good name, shared with whoever made the same one lately.
fn known(text: &str) -> Option<Arc<str>> {
    NEWEST.with_borrow(|it| it[bucket(text)].clone().filter(|it| **it == *text))
}

fn remember(name: &Arc<str>) {
    NEWEST.with_borrow_mut(|it| it[bucket(name)] = Some(Arc::clone(name)));
}

fn bucket(text: &str) -> usize {
    let hash = text.bytes().fold(5381_usize, |it, byte| it.wrapping_mul(33) ^ usize::from(byte));
    hash % KNOWN
}

macro_rules! names {
    ($($(#[$doc:meta])* $name:ident => $kind:literal,)*) => {$(
        $(#[$doc])*
        #[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub struct $name(Arc<str>);

        impl $name {
            /// Checks and wraps a name.
            pub fn new(text: &str) -> Result<Self, NameError> {
                if let Some(known) = known(text) {
                    return Ok(Self(known));
                }
                check($kind, text)?;
                let name = text.into();
                remember(&name);
                Ok(Self(name))
            }

            /// The name as text.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.pad(&self.0)
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                fmt::Debug::fmt(&self.0, f)
            }
        }

        impl FromStr for $name {
            type Err = NameError;

            fn from_str(text: &str) -> Result<Self, NameError> {
                Self::new(text)
            }
        }

        impl Borrow<str> for $name {
            fn borrow(&self) -> &str {
                &self.0
            }
        }
    )*};
}

// Alphabetical.
names! {
    /// Targets and hours that the parties agreed on: `gold`.
    AgreementName => "SLA",
    /// A set of opening hours in a matrix: `office`.
    CalendarName => "calendar",
    /// A kind of work that somebody is responsible for: `backup_monitoring`.
    Function => "function",
    /// Somebody who can be called: `kim`.
    PersonName => "person",
    /// Who is told if nobody acts: `standard`.
    PolicyName => "policy",
    /// Who is on call when: `noc-nights`.
    RotaName => "rota",
    /// One row of a matrix: `lob-nights`.
    RowId => "row",
    /// A place where endpoints stand: `head-office`.
    Site => "site",
    /// A system whose alerts the collector takes in: `prometheus-hq`.
    SourceName => "source",
    /// A property that an endpoint carries: `erp`.
    Tag => "tag",
    /// Those who do the work together: `provider-noc`.
    Team => "team",
    /// A customer environment, with a matrix of its own: `acme`.
    Tenant => "tenant",
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_what_needs_no_quoting() {
        for good in ["a", "provider-noc", "9to5", "backup_monitoring", "hq.eu"] {
            assert_eq!(Team::new(good).unwrap().as_str(), good);
        }
        for bad in ["", "-a", "A", "a b", "a/b", "ä", "a\n", &"x".repeat(64)] {
            assert!(Team::new(bad).is_err(), "{bad:?}");
        }
    }

    #[test]
    fn the_same_text_is_one_name_also_beside_many_others() {
        let first = Team::new("provider-noc").unwrap();
        let site = Site::new("provider-noc").unwrap();
        assert!(Arc::ptr_eq(&first.0, &site.0));
        for number in 0..10 * KNOWN {
            let text = format!("t{number}");
            assert_eq!(Tag::new(&text).unwrap().as_str(), text);
            assert!(Tag::new(&text.to_uppercase()).is_err());
        }
        assert_eq!(Team::new("provider-noc").unwrap(), first);
    }

    #[test]
    fn a_refused_name_is_shown_without_its_control_characters() {
        let err = Site::new("a\u{1b}[2J").unwrap_err();
        assert!(err.to_string().starts_with("`a\\u{1b}[2J` is not a site name"), "{err}");
    }
}
