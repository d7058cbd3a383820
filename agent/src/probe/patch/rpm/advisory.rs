//! What distributors say that updates are for.

use std::collections::BTreeSet;

/// So many advisories and vulnerabilities of one machine are named, at most.
const MOST_NAMED: usize = 20_000;

/// All advisories about one package that are not installed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Advisory {
    /// Their names, and those of the vulnerabilities that they close.
    pub(crate) names: BTreeSet<String>,
    /// Whether one of them is about security.
    pub(crate) is_security: bool,
    /// The worst of what they say of themselves: `Important`.
    pub(crate) severity: Option<String>,
}

impl Advisory {
    /// Takes one more advisory into account.
    pub(crate) fn add(&mut self, name: &str, is_security: bool, severity: Option<&str>) {
        self.names.insert(name.to_owned());
        self.is_security |= is_security;
        let severity = severity.filter(|it| rank(it) > self.severity.as_deref().map_or(0, rank));
        if let Some(severity) = severity {
            self.severity = Some(severity.to_owned());
        }
    }
}

fn rank(severity: &str) -> u8 {
    let order = ["low", "moderate", "important", "critical"];
    order.iter().zip(1..).find(|it| severity.eq_ignore_ascii_case(it.0)).map_or(0, |it| it.1)
}

/// How many names there still is room for.
#[derive(Debug)]
pub(crate) struct Room {
    left: usize,
    cut: usize,
}

impl Room {
    /// All of it.
    pub(crate) fn new() -> Self {
        Self { left: MOST_NAMED, cut: 0 }
    }

    /// The names of one package's advisories, as many as there is room for.
    pub(crate) fn take(&mut self, advisory: Option<&Advisory>) -> Vec<String> {
        let names = advisory.into_iter().flat_map(|it| &it.names);
        let mut taken: Vec<_> = names.cloned().collect();
        self.cut += taken.len().saturating_sub(self.left);
        taken.truncate(self.left);
        self.left -= taken.len();
        taken
    }

    /// What had to be left out, if anything.
    pub(crate) fn remark(&self) -> Option<String> {
        (self.cut > 0).then(|| format!("{} names of advisories are left out", self.cut))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_worst_severity_counts() {
        let mut advisory = Advisory::default();
        advisory.add("a", false, None);
        assert_eq!((advisory.is_security, advisory.severity.as_deref()), (false, None));
        for severity in ["Moderate", "critical", "Low", "odd"] {
            advisory.add("b", true, Some(severity));
        }
        assert_eq!((advisory.is_security, advisory.severity.as_deref()), (true, Some("critical")));
        assert_eq!(advisory.names.len(), 2);
    }

    #[test]
    fn more_names_than_travel_are_left_out_and_that_is_said() {
        let names = (0..MOST_NAMED).map(|it| format!("CVE-2026-{it}")).collect();
        let advisory = Advisory { names, is_security: true, severity: None };
        let mut room = Room::new();
        assert_eq!(room.take(Some(&advisory)).len(), MOST_NAMED);
        assert_eq!(room.remark(), None);
        assert!(room.take(None).is_empty());
        assert!(room.take(Some(&advisory)).is_empty());
        assert_eq!(room.remark().as_deref(), Some("20000 names of advisories are left out"));
    }
}
