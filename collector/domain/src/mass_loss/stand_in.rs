//! The virtual endpoints that alerts about a site, or about the collector
//! itself, are about.

use jiff::Timestamp;
use remit_shared::{EndpointId, EndpointKind, Host, TokenId};
use uuid::Uuid;

use crate::{endpoint::Registration, mass_loss::Place};

/// What stands in for a site.
pub fn site(place: &Place, now: Timestamp) -> Registration {
    virtual_one("site", place, format!("site {}", place.site), now)
}

/// What stands in for the collector, which stands at a site as anything does.
pub fn collector(home: &Place, now: Timestamp) -> Registration {
    virtual_one("collector", home, "collector".to_owned(), now)
}

fn virtual_one(what: &str, place: &Place, hostname: String, now: Timestamp) -> Registration {
    let Place { tenant, site } = place;
    let name = format!("{what}/{tenant}/{site}");
    Registration {
        id: EndpointId::from_uuid(Uuid::new_v5(&Uuid::nil(), name.as_bytes())),
        tenant: tenant.clone(),
        site: site.clone(),
        kind: EndpointKind::Virtual,
        tags: Vec::new(),
        host: Host { hostname, ..Host::default() },
        enrolled_at: now,
        token: TokenId::from_uuid(Uuid::nil()),
        certificates: Vec::new(),
        claim: None,
        revoked: None,
    }
}
