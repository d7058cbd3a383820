//! Writing a wish about a check into a matrix's text.
//!
//! # Invariants
//!
//! - What is not about the check stays to the letter, comments and all.
//! - The text that comes out says what the one that went in said, and the wish:
//!   it is read again to see.

use jiff::SignedDuration;
use remit_collector_domain::matrix::{CheckOverride, show_length};
use toml_edit::{ArrayOfTables, DocumentMut, Item, Table, Value};

use crate::{MatrixFile, Refused, read};

/// Why a wish cannot be written into a text.
#[derive(Debug, thiserror::Error)]
pub enum EditError {
    /// It makes no matrix.
    #[error("with the wish for check `{0}` the matrix is not readable")]
    Refused(String, #[source] Refused),
    /// The text is written in a way that this does not understand.
    #[error("the `[[check]]` for `{0}` is written too unusually to be edited: edit it by hand")]
    Unusual(String),
}

impl MatrixFile {
    /// The same matrix with a wish about a check come true, and why beside it:
    /// in the `[[check]]` that speaks of the same endpoints, or in a new one.
    pub fn with_check(&self, wish: &CheckOverride, why: &str) -> Result<Self, EditError> {
        let mut expected = self.matrix.checks.clone();
        let known = expected.iter().position(|it| it.check == wish.check && it.on == wish.on);
        match known {
            Some(index) => expected[index] = merged(&expected[index], wish),
            None => expected.push(wish.clone()),
        }
        let text = edited(&self.text, known, wish, why);
        let text = text.ok_or_else(|| EditError::Unusual(wish.check.clone()))?;
        let file = read(&self.name, &text)
            .map_err(|refused| EditError::Refused(wish.check.clone(), refused))?;
        let is_it = file.matrix.checks == expected;
        if is_it { Ok(file) } else { Err(EditError::Unusual(wish.check.clone())) }
    }
}

fn merged(old: &CheckOverride, wish: &CheckOverride) -> CheckOverride {
    CheckOverride {
        function: wish.function.clone().or_else(|| old.function.clone()),
        warn: wish.warn.or(old.warn),
        crit: wish.crit.or(old.crit),
        clear: wish.clear.or(old.clear),
        warn_after: wish.warn_after.or(old.warn_after),
        crit_after: wish.crit_after.or(old.crit_after),
        hold: wish.hold.or(old.hold),
        severity: wish.severity.or(old.severity),
        ..old.clone()
    }
}

/// Writes the wish into the `[[check]]` with this index, or into a new one.
fn edited(text: &str, known: Option<usize>, wish: &CheckOverride, why: &str) -> Option<String> {
    let mut document: DocumentMut = text.parse().ok()?;
    // What stands below everything, such as words about checks, stays above the
    // first of them.
    let below = match document.contains_key("check") {
        true => String::new(),
        false => document.trailing().as_str()?.to_owned(),
    };
    if !below.is_empty() {
        document.set_trailing("");
    }
    let checks = document.entry("check").or_insert(Item::ArrayOfTables(ArrayOfTables::new()));
    let checks = checks.as_array_of_tables_mut()?;
    let index = known.unwrap_or_else(|| {
        checks.push(named(wish));
        checks.len() - 1
    });
    let table = checks.get_mut(index)?;
    for (key, value) in values(wish) {
        table.insert(key, Item::Value(value));
    }
    let before = table.decor().prefix().and_then(|it| it.as_str()).unwrap_or("\n");
    let prefix = format!("{below}{before}{}", remark(why));
    table.decor_mut().set_prefix(prefix);
    Some(document.to_string())
}

/// A `[[check]]` that says only what it is about.
fn named(wish: &CheckOverride) -> Table {
    let on = &wish.on;
    let mut table = Table::new();
    table.insert("check", Item::Value(wish.check.as_str().into()));
    for (key, value) in [
        ("endpoints", choice(&on.endpoints)),
        ("sites", choice(&on.sites)),
        ("kinds", choice(&on.kinds)),
        ("tags", choice(&on.tags)),
    ] {
        if let Some(value) = value {
            table.insert(key, Item::Value(value));
        }
    }
    table
}

/// One word as a word, several as a list.
fn choice<'a, T: ToString + 'a>(items: impl IntoIterator<Item = &'a T>) -> Option<Value> {
    let mut items: Vec<String> = items.into_iter().map(ToString::to_string).collect();
    match items.len() {
        0 => None,
        1 => items.pop().map(Value::from),
        _ => Some(items.into_iter().collect()),
    }
}

fn values(wish: &CheckOverride) -> impl Iterator<Item = (&'static str, Value)> {
    let CheckOverride { function, warn, crit, clear, severity, .. } = wish;
    let length = |it: Option<SignedDuration>| it.map(|it| show_length(it).into());
    let all = [
        ("function", function.as_ref().map(|it| it.as_str().into())),
        ("warn", warn.map(Value::from)),
        ("crit", crit.map(Value::from)),
        ("clear", clear.map(Value::from)),
        ("warn_after", length(wish.warn_after)),
        ("crit_after", length(wish.crit_after)),
        ("hold", length(wish.hold)),
        ("severity", severity.map(|it| it.as_str().into())),
    ];
    all.into_iter().filter_map(|(key, value)| Some((key, value?)))
}

/// One line, whatever somebody wrote; none if it is nothing.
fn remark(why: &str) -> String {
    let words = why.split(|it: char| it.is_control()).collect::<Vec<_>>().join(" ");
    if words.trim().is_empty() { String::new() } else { format!("# {}\n", words.trim()) }
}

#[cfg(test)]
mod tests {
    use remit_collector_domain::matrix::Scope;
    use remit_shared::{Severity, Site};

    use super::*;
    use crate::STARTER;

    fn wish(check: &str) -> CheckOverride {
        CheckOverride { check: check.into(), on: Scope::everything(), ..Default::default() }
    }

    #[test]
    fn a_wish_is_a_new_check_and_then_an_edit_of_it() {
        let file = read("acme.toml", STARTER).unwrap();
        let mut at_hq = wish("memory-used");
        at_hq.on.sites.insert(Site::new("hq").unwrap());
        at_hq.hold = Some(SignedDuration::from_mins(20));
        let once = file.with_check(&at_hq, "half of them\nare over by themselves").unwrap();
        let added = "\n# half of them are over by themselves\n[[check]]\ncheck = \"memory-used\"\n\
                     sites = \"hq\"\nhold = \"20m\"\n";
        assert!(once.text.contains(added), "{}", once.text);
        assert_eq!(once.text.replace(added, ""), STARTER);
        let louder = CheckOverride {
            hold: Some(SignedDuration::from_mins(30)),
            severity: Some(Severity::Critical),
            ..at_hq
        };
        let twice = once.with_check(&louder, "").unwrap();
        let check = twice.matrix.checks.last().unwrap();
        assert_eq!((check.hold, check.severity), (louder.hold, louder.severity));
        assert_eq!(twice.matrix.checks.len(), once.matrix.checks.len());
        assert_eq!(twice.text.lines().count(), once.text.lines().count() + 1);
    }

    #[test]
    fn what_makes_no_matrix_is_refused() {
        let inline = format!("check = [{{ check = \"disk-space\", warn = 900 }}]\n{STARTER}");
        let file = read("acme.toml", &inline).unwrap();
        let wish = CheckOverride { warn: Some(910), ..wish("disk-space") };
        let refused = file.with_check(&wish, "").unwrap_err();
        assert!(matches!(refused, EditError::Unusual(_)), "{refused}");
    }
}
