//! What somebody types to ask both sides for what they may not do alone.

use std::fmt::Display;

use remit_collector_domain::known_issue::{IssueSpec, Kind};

/// A command line that grows.
struct Typed(String);

/// Asks for a known issue.
pub(crate) fn known_issue(spec: &IssueSpec) -> String {
    let of = &spec.matcher;
    let named = |it: &str| (it != "*").then(|| it.to_owned());
    Typed::new("known-issue")
        .with("tenant", [&spec.tenant])
        .with("title", [&spec.title])
        .with("why", [&spec.why])
        .with("expires", [format!("{:.0}", spec.expires_at)])
        .with("review", spec.review_at.map(|it| format!("{it:.0}")))
        .with("owner", [spec.party])
        .with("owner-team", [&spec.owner])
        .with("ticket", [&spec.ticket])
        .with("evidence", &spec.evidence)
        .with("up-to", [spec.max_severity])
        .with("breaks-if", &spec.breaks_when)
        .when("silence", spec.kind == Kind::Silence)
        .with("endpoint", &of.endpoints)
        .with("site", &of.sites)
        .with("function", &of.functions)
        .with("check", named(&of.check))
        .with("instance", named(&of.instance))
        .done()
}

impl Typed {
    fn new(what: &str) -> Self {
        Self(format!("remit change propose {what}"))
    }

    /// A flag for each value that says something.
    fn with(mut self, flag: &str, values: impl IntoIterator<Item = impl Display>) -> Self {
        for value in values.into_iter().map(|it| it.to_string()).filter(|it| !it.is_empty()) {
            self.0.push_str(&format!(" --{flag} {}", quoted(&value)));
        }
        self
    }

    fn when(mut self, flag: &str, holds: bool) -> Self {
        if holds {
            self.0.push_str(&format!(" --{flag}"));
        }
        self
    }

    fn done(self) -> String {
        self.0 + " --reason '…'"
    }
}

/// A value as a shell takes it for one word.
fn quoted(value: &str) -> String {
    let is_plain = |it: char| it.is_ascii_alphanumeric() || "-_.:/=,+".contains(it);
    match value.chars().all(is_plain) {
        true => value.to_owned(),
        false => format!("'{}'", value.replace('\'', r"'\''")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ports::store::conformance::sample;

    #[test]
    fn what_is_to_be_typed_is_one_line_for_a_shell() {
        let mut spec = sample::known_issue(1).spec;
        spec.title = "it's full; rm -rf $HOME".into();
        let typed = known_issue(&spec);
        let expected = "remit change propose known-issue --tenant acme \
                        --title 'it'\\''s full; rm -rf $HOME' --why 'a larger disk is ordered'";
        assert!(typed.starts_with(expected), "{typed}");
        assert!(typed.ends_with("--check 'disk-*' --instance /srv --reason '…'"), "{typed}");
    }
}
