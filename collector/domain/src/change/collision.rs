//! Open changes that get into each other's way.
//!
//! A collision is a warning and refuses nothing: two teams may well mean to
//! work on one machine in one night, if they know of each other.

use remit_shared::{ChangeId, EndpointId, RowId, Site};

use crate::change::{Change, Subject, Touches};

/// Another change that touches the same things.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Collision {
    /// The other one.
    pub with: ChangeId,
    /// Its title.
    pub title: String,
    /// What both touch.
    pub on: Vec<On>,
}

/// What two changes both touch.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum On {
    /// The matrix: whichever is applied second must be made anew.
    Matrix,
    /// Everything, as far as one of them is concerned.
    WholeTenant,
    /// A row, which one of them edits. What two others do under a row is no
    /// collision: a tenant's few rows are under everything that is done there.
    Row(RowId),
    /// A site.
    Site(Site),
    /// An endpoint.
    Endpoint(EndpointId),
}

/// The other live changes of the same tenant that touch what this one touches,
/// in the order given.
pub fn collisions(change: &Change, others: &[Change]) -> Vec<Collision> {
    let other = |it: &&Change| it.id != change.id && it.tenant == change.tenant && it.is_live();
    let meets = |it: &Change| {
        let on = shared(change, it);
        (!on.is_empty()).then(|| Collision { with: it.id, title: it.title.clone(), on })
    };
    others.iter().filter(other).filter_map(meets).collect()
}

fn shared(a: &Change, b: &Change) -> Vec<On> {
    let mut on = Vec::new();
    let edits = [is_matrix(&a.subject), is_matrix(&b.subject)];
    if edits == [true, true] {
        on.push(On::Matrix);
    }
    let (a, b) = (&a.touches, &b.touches);
    let touched = |it: &Touches| {
        it.whole_tenant || it.count > 0 || !it.endpoints.is_empty() || !it.sites.is_empty()
    };
    if (a.whole_tenant && touched(b)) || (b.whole_tenant && touched(a)) {
        on.push(On::WholeTenant);
    }
    if edits.contains(&true) {
        on.extend(a.rows.intersection(&b.rows).cloned().map(On::Row));
    }
    on.extend(a.sites.intersection(&b.sites).cloned().map(On::Site));
    on.extend(a.endpoints.intersection(&b.endpoints).copied().map(On::Endpoint));
    on
}

fn is_matrix(subject: &Subject) -> bool {
    match subject {
        Subject::Matrix { .. } => true,
        Subject::Window
        | Subject::KnownIssue
        | Subject::Silence
        | Subject::Role
        | Subject::Token
        | Subject::Retention
        | Subject::Revocation
        | Subject::Work => false,
    }
}
