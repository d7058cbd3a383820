//! What somebody types to ask both sides for what they may not do alone.

use std::fmt::Display;

use remit_collector_domain::{
    known_issue::{IssueSpec, Kind},
    window::{Spec, Timing},
};
use remit_runtime::duration;
use remit_shared::Tenant;

/// A command line that grows.
struct Typed(String);

/// Asks for a maintenance window.
pub(crate) fn window(tenant: &Tenant, spec: &Spec) -> String {
    let (start, rule) = match &spec.timing {
        Timing::Once { start } => (*start, None),
        Timing::Recurring(it) => (it.start(), Some(it.rule())),
    };
    let of = &spec.selector;
    Typed::new("window")
        .with("tenant", [tenant])
        .with("title", [&spec.title])
        .with("why", [&spec.why])
        .with("start", [start.strftime("%Y-%m-%dT%H:%M")])
        .with("for", [duration::format(spec.duration)])
        .with("zone", spec.zone.iana_name())
        .with("rrule", rule)
        .with("grace", [duration::format(spec.grace)])
        .when("covers-open", spec.covers_open)
        .when("blackout", spec.effects.suppress_patch)
        .when("loud", !spec.effects.suppress_notify)
        .when("for-patching", spec.for_patching)
        .with("endpoint", &of.endpoints)
        .with("site", &of.sites)
        .with("tag", &of.tags)
        .with("kind", &of.kinds)
        .with("function", &of.functions)
        .with("check", &of.checks)
        .done()
}

/// Asks for a known issue.
pub(crate) fn known_issue(spec: &IssueSpec) -> String {
    let of = &spec.matcher;
    let named = |it: &str| (it != "*").then(|| it.to_owned());
    Typed::new("known-issue")
        .with("tenant", [&spec.tenant])
        .with("title", [&spec.title])
        .with("why", [&spec.why])
        .with("expires", [spec.expires_at])
        .with("review", spec.review_at)
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
        let typed = window(&sample::tenant(), &sample::window(1).spec);
        assert!(
            typed.contains("--start 2026-02-27T22:00 --for 4h --zone Europe/Berlin"),
            "{typed}"
        );
    }
}
