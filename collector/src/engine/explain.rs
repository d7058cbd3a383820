//! What others tell, with what the collector knows about it.

use std::borrow::Cow;

use remit_collector_domain::{
    detect::exploited,
    endpoint::Endpoint,
    signal::{Say, Signal},
};
use remit_shared::Clock;

use super::Engine;
use crate::ports::{directory::Directory, store::Store};

impl<S: Store, D: Directory, C: Clock> Engine<S, D, C> {
    /// A signal of another system's, and before its evidence what the catalogue
    /// says of the vulnerabilities that it names.
    pub(super) fn explained<'a>(&self, signal: &'a Signal, about: &Endpoint) -> Cow<'a, Signal> {
        let known = self.directory.exploited();
        let rules = self.directory.rules(&about.registration);
        let (Some(catalogue), None) = (known.catalogue(), rules.knows(&signal.check)) else {
            return Cow::Borrowed(signal);
        };
        let Say::Raised { severity, evidence, delayed } = &signal.say else {
            return Cow::Borrowed(signal);
        };
        let (facts, now) = (&about.facts, self.clock.now());
        let text = format!("{} {} {}", signal.check, signal.instance, signal.summary);
        let said = exploited::told(facts, catalogue, &rules.policy, &text, now);
        if said.is_empty() {
            return Cow::Borrowed(signal);
        }
        let evidence = if evidence.is_empty() { said } else { format!("{said}\n{evidence}") };
        let say = Say::Raised { severity: *severity, evidence, delayed: *delayed };
        Cow::Owned(Signal { say, ..signal.clone() })
    }
}
