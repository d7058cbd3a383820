//! What was promised, and who is told if nobody keeps it.

use std::collections::BTreeMap;

use remit_collector_domain::{
    matrix::{Policy, REPEAT, parse_length},
    sla::{Agreement, PauseReason, Targets},
};
use remit_shared::Severity;

use crate::{
    convert::{Reader, Spot, plain},
    raw::{Lengths, RawPolicy, RawSla},
};

impl Reader<'_> {
    pub(super) fn policy(&mut self, raw: &RawPolicy, at: &Spot) -> Option<Policy> {
        let name = self.required(&raw.name, &at.key("name"), "the policy's name, like `standard`");
        let steps = self.all(&raw.steps, &at.key("steps"));
        if raw.steps.is_none() {
            let message = "is missing: who is told and when, like `[\"15m provider-noc\"]`";
            self.refuse("missing", &at.key("steps"), message);
        }
        let hours = self.optional(&raw.hours, &at.key("hours"));
        let repeat = raw.repeat.unwrap_or(REPEAT);
        Some(Policy { name: name?, title: plain(&raw.title), steps, hours, repeat })
    }

    pub(super) fn agreement(&mut self, raw: &RawSla, at: &Spot) -> Option<Agreement> {
        let name = self.required(&raw.name, &at.key("name"), "the agreement's name, like `gold`");
        let hours = self.optional(&raw.calendar, &at.key("calendar"));
        let response = self.targets(&raw.response, &at.key("response"));
        let resolution = self.targets(&raw.resolution, &at.key("resolution"));
        let update = self.targets(&raw.update, &at.key("update"));
        let team_response = self.targets(&raw.team_response, &at.key("team_response"));
        let team_resolution = self.targets(&raw.team_resolution, &at.key("team_resolution"));
        let pause_reasons = match &raw.pause {
            Some(_) => self.all(&raw.pause, &at.key("pause")),
            None => PauseReason::ALL.to_vec(),
        };
        let pause_limit = self.length(&raw.pause_limit, &at.key("pause_limit"));
        Some(Agreement {
            name: name?,
            hours,
            response,
            resolution,
            update,
            team_response,
            team_resolution,
            at_risk: raw.at_risk.unwrap_or(Agreement::AT_RISK),
            pause_reasons,
            pause_limit: pause_limit.unwrap_or(Agreement::PAUSE_LIMIT),
        })
    }

    /// `{ critical = "15m", high = "30m" }`.
    fn targets(&mut self, raw: &Lengths, at: &Spot) -> Targets {
        let mut targets = BTreeMap::new();
        for (severity, length) in raw.iter().flatten() {
            let at_key = at.at(severity);
            let found: Option<Severity> = self.parsed(severity.get_ref(), &at_key);
            let at_value = at.key(severity.get_ref()).at(length);
            let lasts = self.kept(parse_length(length.get_ref()), "bad-length", &at_value);
            targets.extend(found.zip(lasts));
        }
        Targets(targets)
    }
}
