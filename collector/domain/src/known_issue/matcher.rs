//! Which alerts a known issue is about.

use std::collections::BTreeSet;

use remit_shared::{EndpointId, Function, Site};

use crate::{alert::About, detect::Rules};

/// The longest pattern, in bytes.
const LONGEST_PATTERN: usize = 200;
/// The most endpoints that one may name.
const MOST_ENDPOINTS: usize = 1_000;

/// Which alerts: identifiers, never words that only a human reads. In the two
/// patterns `*` stands for any text; an empty set restricts nothing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Matcher {
    /// The check: `disk_free`, `backup.*`.
    pub check: String,
    /// Which of several things it watches; empty: one that has no name.
    pub instance: String,
    /// One of these endpoints.
    pub endpoints: BTreeSet<EndpointId>,
    /// At one of these sites.
    pub sites: BTreeSet<Site>,
    /// One of these kinds of work.
    pub functions: BTreeSet<Function>,
}

impl Matcher {
    /// The one thing that an alert is about.
    pub fn exactly(about: &About) -> Self {
        Self {
            check: about.check.to_string(),
            instance: about.instance.to_string(),
            endpoints: [about.endpoint].into(),
            sites: BTreeSet::new(),
            functions: BTreeSet::new(),
        }
    }

    /// Whether an alert is meant.
    pub fn matches(&self, about: &About) -> bool {
        admits(&self.endpoints, &about.endpoint)
            && admits(&self.sites, &about.site)
            && admits(&self.functions, &about.function)
            && fits(&self.check, &about.check)
            && fits(&self.instance, &about.instance)
    }

    /// Which kinds of work it can be about, by the rules of the endpoints that it
    /// can be about; empty if that is not known, and it may be any.
    pub fn kinds_of_work<'a>(
        &self,
        rules: impl IntoIterator<Item = &'a Rules>,
    ) -> BTreeSet<Function> {
        if !self.functions.is_empty() {
            return self.functions.clone();
        }
        let known = rules.into_iter().map(|it| it.knows(&self.check));
        known.collect::<Option<BTreeSet<_>>>().unwrap_or_default()
    }

    /// Whether it leaves something out that an operator could name.
    pub(super) fn is_narrow(&self) -> bool {
        let names = self.check.chars().any(|it| it != '*');
        let places = !(self.endpoints.is_empty() && self.sites.is_empty());
        names || places
    }

    /// Whether nobody has to read for an hour to know what it means.
    pub(super) fn is_bounded(&self) -> bool {
        let short = |it: &str| it.len() <= LONGEST_PATTERN;
        short(&self.check) && short(&self.instance) && self.endpoints.len() <= MOST_ENDPOINTS
    }
}

fn admits<T: Ord>(choice: &BTreeSet<T>, value: &T) -> bool {
    choice.is_empty() || choice.contains(value)
}

/// Whether a text fits a pattern. Each `*` takes as little as it can: if the
/// rest fits at all, it fits after the earliest place.
fn fits(pattern: &str, text: &str) -> bool {
    let Some((first, rest)) = pattern.split_once('*') else { return pattern == text };
    let Some(text) = text.strip_prefix(first) else { return false };
    let (middle, last) = rest.rsplit_once('*').unwrap_or(("", rest));
    let mut text = text;
    for part in middle.split('*') {
        let Some(at) = text.find(part) else { return false };
        text = &text[at + part.len()..];
    }
    text.ends_with(last)
}

#[cfg(test)]
mod tests {
    use super::fits;

    #[test]
    fn a_star_stands_for_any_text() {
        for (pattern, text, expected) in [
            ("", "", true),
            ("", "a", false),
            ("*", "", true),
            ("*", "anything", true),
            ("disk_free", "disk_free", true),
            ("disk_free", "disk_free2", false),
            ("backup.*", "backup.failed", true),
            ("backup.*", "backup", false),
            ("*.failed", "backup.failed", true),
            ("a*a", "a", false),
            ("a*a", "aa", true),
            ("a*b*c", "a1b2c", true),
            ("a*b*c", "a1c2b", false),
            ("*ab*ab", "abab", true),
            ("*ab*ab", "ab", false),
            ("**", "x", true),
            ("ä*", "äö", true),
        ] {
            assert_eq!(fits(pattern, text), expected, "{pattern:?} {text:?}");
        }
    }
}
