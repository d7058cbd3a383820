//! An alert, as far as inhibition cares.

use std::sync::Arc;

use jiff::Timestamp;
use remit_shared::{AlertId, EndpointId, Function, Site, Tag, Tenant};

use crate::inhibit::SETTLE;

/// An alert that may inhibit others, or be inhibited.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Candidate {
    /// Which alert.
    pub alert: AlertId,
    /// The customer environment.
    pub tenant: Tenant,
    /// The endpoint, if it is about one.
    pub endpoint: Option<EndpointId>,
    /// The endpoint's name, for words only; may be empty.
    pub hostname: String,
    /// Where it stands, if anybody knows.
    pub site: Option<Site>,
    /// What the endpoint carries.
    pub tags: Vec<Tag>,
    /// The check.
    pub check: Arc<str>,
    /// Which of several things it watches; may be empty.
    pub instance: Arc<str>,
    /// Which kind of work it is.
    pub function: Function,
    /// When it was opened.
    pub opened_at: Timestamp,
    /// When it was resolved, if it is.
    pub closed_at: Option<Timestamp>,
}

impl Candidate {
    /// Until when it inhibits; `None` as long as it is open.
    pub fn holds_until(&self) -> Option<Timestamp> {
        self.closed_at.map(|it| it.checked_add(SETTLE).unwrap_or(Timestamp::MAX))
    }

    /// Whether both are the same alert, or two lives of it.
    pub(super) fn is_about_the_same(&self, other: &Self) -> bool {
        let is_same_thing = self.tenant == other.tenant
            && self.endpoint == other.endpoint
            && self.check == other.check
            && self.instance == other.instance;
        self.alert == other.alert || is_same_thing
    }
}
