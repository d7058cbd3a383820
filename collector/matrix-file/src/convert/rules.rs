//! Checks, quiet rules, and what makes work change hands.

use std::{collections::BTreeSet, sync::Arc};

use remit_collector_domain::{
    inhibit,
    matrix::{CheckOverride, Quiet, Recipient, Scope, Trigger, parse_reason, usual_wait},
};
use remit_shared::{Function, Severity};

use crate::{
    convert::{Reader, Spot, words},
    raw::{List, RawCheck, RawInhibit, RawQuiet, RawTrigger},
};

impl Reader<'_> {
    pub(super) fn check(&mut self, raw: &RawCheck, at: &Spot) -> Option<CheckOverride> {
        let check =
            self.required(&raw.check, &at.key("check"), "the check's name, like `disk-space`");
        let on = Scope {
            endpoints: self.some(&raw.endpoints, &at.key("endpoints")),
            sites: self.some(&raw.sites, &at.key("sites")),
            kinds: self.some(&raw.kinds, &at.key("kinds")),
            tags: self.some(&raw.tags, &at.key("tags")),
            ..Scope::everything()
        };
        let hold = self.length(&raw.hold, &at.key("hold"));
        let warn_after = self.length(&raw.warn_after, &at.key("warn_after"));
        let crit_after = self.length(&raw.crit_after, &at.key("crit_after"));
        let function = self.optional::<Function>(&raw.function, &at.key("function"));
        let severity = self.optional(&raw.severity, &at.key("severity"));
        let (warn, crit, clear) = (raw.warn, raw.crit, raw.clear);
        Some(CheckOverride {
            check: check?,
            on,
            function,
            warn,
            crit,
            clear,
            warn_after,
            crit_after,
            hold,
            severity,
        })
    }

    pub(super) fn trigger(&mut self, raw: &RawTrigger, at: &Spot) -> Option<Trigger> {
        let at_reason = at.key("reason");
        let reason = match &raw.reason {
            Some(it) => self.kept(parse_reason(it.get_ref()), "bad-value", &at_reason.at(it)),
            None => {
                let message = "is missing: the wall that was hit, like `needs_on_site`";
                self.refuse("missing", &at_reason, message);
                None
            }
        };
        let functions = match words(&raw.function, &at.key("function")).as_slice() {
            [("*", _)] => BTreeSet::new(),
            [..] => self.some(&raw.function, &at.key("function")),
        };
        let after = self.length(&raw.after, &at.key("after"));
        let to = self.optional(&raw.to, &at.key("to"));
        let reason = reason?;
        let after = match &raw.after {
            Some(_) => after?,
            None => usual_wait(reason),
        };
        Some(Trigger { reason, functions, after, to })
    }

    pub(super) fn inhibit(&mut self, raw: &RawInhibit, at: &Spot) -> Option<inhibit::Rule> {
        let name: Option<String> =
            self.required(&raw.name, &at.key("name"), "the rule's name, like `power-says-servers`");
        let sources = self.checks(&raw.source, &at.key("source"));
        if raw.source.is_none() {
            let message = "is missing: the checks that speak, like `[\"endpoint-offline\"]`";
            self.refuse("missing", &at.key("source"), message);
        }
        let targets = match (&raw.target, &raw.except) {
            (Some(_), None) => {
                Some(inhibit::Targets::These(self.checks(&raw.target, &at.key("target"))))
            }
            (None, Some(_)) => {
                Some(inhibit::Targets::AllBut(self.all(&raw.except, &at.key("except"))))
            }
            (None, None) | (Some(_), Some(_)) => {
                let message = "say either which checks need not speak in `target`, or in `except` for which functions all still do";
                self.refuse("missing", &at.key("target"), message);
                None
            }
        };
        let equal = self.all(&raw.equal, &at.key("equal"));
        Some(inhibit::Rule { name: name?.into(), sources, targets: targets?, equal })
    }

    fn checks(&mut self, raw: &List, at: &Spot) -> Vec<Arc<str>> {
        let named: Vec<String> = self.some(raw, at);
        named.into_iter().map(Into::into).collect()
    }

    pub(super) fn quiet(&mut self, raw: &RawQuiet, at: &Spot) -> Option<Quiet> {
        let who = match (&raw.team, &raw.person) {
            (Some(_), None) => self.optional(&raw.team, &at.key("team")).map(Recipient::Team),
            (None, Some(_)) => self.optional(&raw.person, &at.key("person")).map(Recipient::Person),
            (None, None) | (Some(_), Some(_)) => {
                let message = "a quiet rule is about one `team` or one `person`";
                self.refuse("missing", &at.key("team"), message);
                None
            }
        };
        let when = self.required(&raw.when, &at.key("when"), "the hours, like `outside office`");
        let below = match &raw.below {
            Some(_) => self.optional(&raw.below, &at.key("below")),
            // Whoever says no severity wants to sleep through all but the worst.
            None => Some(Severity::Critical),
        };
        let even_critical = raw.even_critical.unwrap_or_default();
        Some(Quiet { who: who?, when: when?, below: below?, even_critical })
    }
}
