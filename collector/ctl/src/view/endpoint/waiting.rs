//! A key that waits to speak for an endpoint.

use remit_proto::v1;
use serde::Serialize;

use super::Host;
use crate::{
    view::{
        Look, NOTHING,
        sheet::Sheet,
        time::{Time, time},
    },
    word::spelled,
};

/// Who waits, and why.
#[derive(Debug, Serialize)]
pub(crate) struct Waiting {
    since: Option<Time>,
    pub(crate) reason: Option<&'static str>,
    other_endpoint_id: String,
    host: Option<Host>,
    token_id: String,
    last_heard_at: Option<Time>,
}

impl From<v1::Waiting> for Waiting {
    fn from(it: v1::Waiting) -> Self {
        Self {
            since: time(it.since),
            reason: spelled::<v1::WaitingReason>(it.reason),
            other_endpoint_id: it.other_endpoint_id,
            host: it.host.map(Into::into),
            token_id: it.token_id,
            last_heard_at: time(it.last_heard_at),
        }
    }
}

impl Waiting {
    /// What somebody must know who lets it in.
    pub(crate) fn facts(&self, sheet: &mut Sheet<'_>, look: &Look) {
        let reason = self.reason.unwrap_or(NOTHING);
        sheet.fact("waits for", &format!("somebody to let it in, because of {reason}"));
        sheet.fact("looks like", &self.other_endpoint_id);
        sheet.line("waits since", &look.both(self.since));
        sheet.line("was there", &look.both(self.last_heard_at));
        sheet.fact("came by", &self.token_id);
        if let Some(host) = &self.host {
            sheet
                .fact("says it is", &format!("{}, {} {}", host.hostname, host.os, host.os_version));
        }
    }
}
