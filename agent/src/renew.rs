//! A new key and certificate before the old ones end.
//!
//! Renewal is due when half of the certificate's life is over, give or take a
//! tenth, so that machines which enrolled together do not renew together.
//!
//! An agent that was away for too long does the same with a certificate that
//! has ended. What it gets then waits, until somebody approves it at the
//! collector; endpoint, spool and history are as they were.

use std::{sync::Arc, time::Duration};

use jiff::{SignedDuration, Timestamp};
use remit_proto::{
    convert::{InvalidMessage, required},
    v1,
};
use remit_runtime::random;
use remit_shared::{Chain, Clock};
use tokio::time;
use tokio_util::sync::CancellationToken;
use tracing::{info, warn};

use crate::{
    enroll::KeyRequest,
    identity::{Credentials, Endpoint, Generation, IdentityError, IdentityFolder},
    uplink::{UplinkError, grpc::GrpcUplink},
};

/// How often it is looked at whether renewal is due, and an attempt repeated.
const SWEEP: Duration = Duration::from_hours(1);

/// How long a start may be held up by asking for a certificate.
const AT_START: Duration = Duration::from_secs(10);

/// Why there is no new certificate.
#[derive(Debug, thiserror::Error)]
pub enum RenewError {
    /// No key could be made.
    #[error("failed to make a key")]
    Key(#[source] rcgen::Error),
    /// The collector did not answer, or said no.
    #[error(transparent)]
    Uplink(#[from] UplinkError),
    /// Its answer makes no sense.
    #[error("the collector's answer makes no sense")]
    Answer(#[source] InvalidMessage),
    /// The identity cannot be read or written.
    #[error(transparent)]
    Identity(#[from] IdentityError),
}

/// Comes back, where the certificate ended while the agent was away: nothing
/// else that it says would be heard. What fails is tried again by [`run`].
pub async fn if_ended(folder: &IdentityFolder, uplink: &GrpcUplink, clock: &impl Clock) {
    let now = clock.now();
    let Some(ended) = folder.endpoint().ok().map(|it| it.not_after).filter(|it| *it <= now) else {
        return;
    };
    match time::timeout(AT_START, renew(folder, uplink, now)).await {
        Ok(Ok(_)) => {
            info!(%ended, "the certificate had ended: there is another, which waits for approval")
        }
        Ok(Err(err)) => {
            warn!(%ended, error = %Chain(&err), "the certificate has ended, and there is no other")
        }
        Err(_) => warn!(%ended, "the certificate has ended, and nobody gave another in time"),
    }
}

/// Renews the identity whenever it is time, until told to stop.
pub async fn run(
    folder: IdentityFolder,
    uplink: Arc<GrpcUplink>,
    clock: impl Clock,
    stop: CancellationToken,
) {
    let random = random::u64();
    let mut sweep = time::interval(SWEEP);
    while stop.run_until_cancelled(sweep.tick()).await.is_some() {
        let due = folder.endpoint().map(|it| due(&it, random));
        if !due.is_ok_and(|due| due <= clock.now()) {
            continue;
        }
        match renew(&folder, &uplink, clock.now()).await {
            Ok(not_after) => info!(%not_after, "renewed the certificate"),
            // The next sweep is the retry; half of a lifetime is left for it.
            Err(err) => warn!(error = %Chain(&err), "failed to renew the certificate"),
        }
    }
}

/// When to renew: in the middle of the lifetime, a tenth earlier or later.
fn due(endpoint: &Endpoint, random: u64) -> Timestamp {
    let life = endpoint.not_after.duration_since(endpoint.issued_at).max(SignedDuration::ZERO);
    let permille = 400 + i32::try_from(random % 201).unwrap_or(0);
    let wait = life / 1000 * permille;
    endpoint.issued_at.checked_add(wait).unwrap_or(endpoint.not_after)
}

async fn renew(
    folder: &IdentityFolder,
    uplink: &GrpcUplink,
    now: Timestamp,
) -> Result<Timestamp, RenewError> {
    let request = KeyRequest::new().map_err(RenewError::Key)?;
    let answer = uplink.renew(request.csr).await?;
    let credentials = folder.load()?;
    let not_after = required("not_after", answer.not_after).map_err(RenewError::Answer)?;
    if answer.certificate_chain.is_empty() {
        return Err(RenewError::Answer(InvalidMessage::missing("certificate_chain")));
    }
    let roots = trusted(&credentials, &answer);
    folder.store(&Generation {
        key_pem: &request.key_pem,
        chain: &answer.certificate_chain,
        roots: &roots,
        endpoint: &Endpoint { issued_at: now, not_after, ..credentials.endpoint },
    })?;
    Ok(not_after)
}

/// The roots to trust from now on: those that we trust already, less those
/// that the collector has retired. A collector that is no longer its owners'
/// must not be able to make us trust another.
fn trusted(credentials: &Credentials, answer: &v1::RenewResponse) -> Vec<Vec<u8>> {
    let ours: Vec<Vec<u8>> = credentials.roots.iter().map(|it| it.to_vec()).collect();
    let new = answer.ca_roots.iter().filter(|it| !ours.contains(it)).count();
    if new > 0 {
        warn!(new, "the collector names roots that enrollment did not; they are not trusted");
    }
    let kept: Vec<_> = ours.iter().filter(|it| answer.ca_roots.contains(it)).cloned().collect();
    if kept.is_empty() { ours } else { kept }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn renewal_is_due_around_the_middle() {
        let endpoint = crate::identity::tests::endpoint();
        for (random, day) in [(0, 12), (100, 15), (200, 18), (201, 12)] {
            assert_eq!(due(&endpoint, random).as_second(), day * 86_400, "{random}");
        }
    }
}
