//! A way in which people are told.

use remit_collector_domain::contact::{Contact, Pending, Verified};

use crate::ports::store::conformance::sample::{NAMED, minute, tenant};

/// A channel that somebody has verified, and asks about anew.
pub fn contact(n: u128) -> Contact {
    let pending = Pending {
        code_sha256: "5e".repeat(32),
        asked_at: minute(70),
        asked_by: "ada".into(),
        until: minute(100),
        wrong: 2,
    };
    Contact {
        tenant: tenant(),
        channel: format!("email:kim{n}@acme.example").parse().expect(NAMED),
        pending: Some(pending),
        verified: Some(Verified { at: minute(5), by: "kim".into() }),
    }
}
