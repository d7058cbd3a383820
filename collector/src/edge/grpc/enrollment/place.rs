//! Where somebody who enrolls belongs: a new endpoint or a known one, trusted
//! at once or after somebody has agreed.

use std::hash::{DefaultHasher, Hash, Hasher as _};

use remit_collector_domain::{
    endpoint::{
        Endpoint,
        claim::{Because, Recognised, recognise},
    },
    enroll::{Again, Token, Use},
};
use remit_shared::{EndpointId, Host};
use tokio::sync::{Mutex, MutexGuard};

/// So many enroll side by side, if they are called differently.
const LANES: usize = 64;

/// A place for somebody.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Place {
    /// The endpoint that it is.
    pub(super) endpoint: EndpointId,
    /// Whether it is there already.
    pub(super) is_known: bool,
    /// Why somebody must agree, and the other endpoint that is the reason.
    pub(super) waits: Option<(Because, Option<EndpointId>)>,
}

impl Place {
    /// The place of a key that this token has not let in yet; `fresh` is the
    /// name of a new endpoint.
    pub(super) fn of_new(
        token: &Token,
        host: &Host,
        endpoints: &[&Endpoint],
        fresh: EndpointId,
    ) -> Self {
        let new = |waits| Self { endpoint: fresh, is_known: false, waits };
        match recognise(&token.tenant, host, endpoints.iter().copied()) {
            Recognised::Known(endpoint, because) => {
                Self { endpoint, is_known: true, waits: Some((because, None)) }
            }
            Recognised::Alike(other, because) => new(Some((because, Some(other)))),
            Recognised::New if token.is_for_many() => new(Some((Because::TokenForMany, None))),
            Recognised::New => new(None),
        }
    }

    /// The place of a key that asks again.
    pub(super) fn of_known(
        token: &Token,
        used: &Use,
        host: &Host,
        endpoints: &[&Endpoint],
    ) -> Self {
        match endpoints.iter().find(|it| it.id() == used.endpoint) {
            // It was let in and never made: a crash came in between.
            None => Self::of_new(token, host, endpoints, used.endpoint).at(used.endpoint),
            Some(known) => {
                let waits = match token.again(used, &known.registration) {
                    Again::Trusted => None,
                    Again::Waits(because, other) => Some((because, other)),
                };
                Self { endpoint: used.endpoint, is_known: true, waits }
            }
        }
    }

    fn at(self, endpoint: EndpointId) -> Self {
        Self { endpoint, is_known: false, ..self }
    }
}

/// Machines of one name enroll one after the other, so that the second finds
/// the first; and so do those of one token, which would only get in each
/// other's way at its record.
#[derive(Debug)]
pub struct Lanes {
    tokens: [Mutex<()>; LANES],
    names: [Mutex<()>; LANES],
}

impl Default for Lanes {
    fn default() -> Self {
        let lanes = || std::array::from_fn(|_| Mutex::default());
        Self { tokens: lanes(), names: lanes() }
    }
}

impl Lanes {
    /// Waits for those of this token and this name that came before. All enter
    /// the token's lane first, so nobody waits for somebody who waits for them.
    pub(super) async fn enter(&self, token: &Token, hostname: &str) -> [MutexGuard<'_, ()>; 2] {
        let name = (&token.tenant, hostname.to_ascii_lowercase());
        [lane(&self.tokens, &token.id).await, lane(&self.names, &name).await]
    }
}

async fn lane<'a>(lanes: &'a [Mutex<()>; LANES], of: &impl Hash) -> MutexGuard<'a, ()> {
    let mut hasher = DefaultHasher::new();
    of.hash(&mut hasher);
    let number = hasher.finish() % lanes.len() as u64;
    lanes[usize::try_from(number).unwrap_or(0)].lock().await
}
