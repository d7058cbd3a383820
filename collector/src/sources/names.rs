//! What others call a tenant's endpoints.
//!
//! One side often knows `db-7` and the other `db-7.acme.example`. These are the
//! same machine; `db-7.acme.example` and `db-7.plant.example` are not. A name
//! that two endpoints share names neither.

use std::{collections::HashMap, net::IpAddr};

use remit_shared::EndpointId;

/// Endpoints by name, in small letters; `None` where two share it.
#[derive(Debug, Default)]
pub(super) struct Names {
    /// By id, by whole name, and by the first part of it.
    known: HashMap<String, Option<EndpointId>>,
    /// Those whose whole name has one part.
    bare: HashMap<String, Option<EndpointId>>,
}

impl Names {
    pub(super) fn add(&mut self, id: EndpointId, hostname: &str) {
        let whole = hostname.to_ascii_lowercase();
        let first = whole.split('.').next().unwrap_or_default().to_owned();
        enter(&mut self.known, id.to_string(), id);
        if whole == first {
            enter(&mut self.bare, first.clone(), id);
        } else {
            enter(&mut self.known, whole, id);
        }
        enter(&mut self.known, first, id);
    }

    pub(super) fn find(&self, name: &str) -> Option<EndpointId> {
        if let Some(known) = self.known.get(name) {
            return *known;
        }
        // The first part of an address names nobody.
        let (first, _) = name.split_once('.').filter(|_| name.parse::<IpAddr>().is_err())?;
        self.bare.get(first).copied().flatten()
    }
}

fn enter(names: &mut HashMap<String, Option<EndpointId>>, name: String, id: EndpointId) {
    names
        .entry(name)
        .and_modify(|known| *known = known.filter(|other| *other == id))
        .or_insert(Some(id));
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;

    fn names(all: &[(u128, &str)]) -> Names {
        let mut names = Names::default();
        for (n, hostname) in all {
            names.add(id(*n), hostname);
        }
        names
    }

    fn id(n: u128) -> EndpointId {
        EndpointId::from_uuid(Uuid::from_u128(n))
    }

    #[test]
    fn an_endpoint_is_found_by_its_id_and_by_longer_and_shorter_names() {
        let names = names(&[(1, "DB-7"), (2, "web-1.acme.example")]);
        for name in ["db-7", "db-7.acme.example", &id(1).to_string()] {
            assert_eq!(names.find(name), Some(id(1)), "{name}");
        }
        assert_eq!(names.find("web-1"), Some(id(2)));
        assert_eq!(names.find("web-1.plant.example"), None, "that is another machine");
        assert_eq!(names.find("db-8"), None);
    }

    #[test]
    fn a_name_that_two_share_names_neither() {
        let names = names(&[(1, "db-7.a.example"), (2, "db-7.b.example"), (3, "10")]);
        assert_eq!(names.find("db-7"), None);
        assert_eq!(names.find("db-7.a.example"), Some(id(1)));
        assert_eq!(names.find("10.0.0.7"), None, "an address is not a name");
    }
}
