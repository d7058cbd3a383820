//! Who talks to whom: TLS with certificates of our own making on both sides.
//!
//! # Invariants
//!
//! - TLS 1.3 and HTTP/2 only; no tickets, no resumption, no early data. A
//!   resumed session would skip the check of the client's certificate.
//! - There is no way to make a client that does not check its server. Before
//!   it knows the roots, a client is told the hash of the root's key, by the
//!   token, and checks the chain against that.
//!
//! # Not here
//!
//! Who a certificate speaks for, and whether it has been revoked, is the
//! registry's business; see the collector.

mod client;
mod failure;
mod identity;
mod once_issued;
mod pin;
mod request;
mod server;
#[cfg(test)]
pub(crate) mod testing;
mod time;

use std::sync::Arc;

use rustls::crypto::{CryptoProvider, ring};

pub use self::{
    client::{client_config, pinned_client_config},
    failure::{TlsError, is_certificate_refused, is_found_expired, is_pin_mismatch, server_ended},
    identity::{Identity, certificates_from_pem, certificates_to_pem, spki_pin},
    pin::PinMismatch,
    request::KeyRequest,
    server::{Clients, server_config},
};

/// What both sides must say they speak.
const HTTP2: &[u8] = b"h2";

/// Makes our choice of cryptography the process's. First line of every `main`;
/// calling it again changes nothing.
pub fn install_provider() {
    // The error means that somebody has chosen already.
    let _ = ring::default_provider().install_default();
}

fn provider() -> Arc<CryptoProvider> {
    Arc::new(ring::default_provider())
}
