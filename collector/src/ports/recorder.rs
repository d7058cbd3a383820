//! A database that keeps samples for years.
//!
//! # Contract
//!
//! [`Recorder::record`] returns `Ok` only once the other side has taken a pack.
//! It makes one attempt and ends within its own deadline; trying again is the
//! caller's business, and a pack that comes twice does no harm. A pack is small
//! and holds nothing else, so that very many can wait.

use remit_collector_domain::outgoing::Sample;

use crate::ports::notifier::SendError;

/// Keeps samples.
pub trait Recorder: Send + Sync + 'static {
    /// Samples, ready to be sent.
    type Pack: Send + Sync;

    /// Makes samples ready to be sent.
    fn pack(&self, samples: &[Sample]) -> Self::Pack;

    /// Makes one attempt to send a pack.
    fn record(&self, pack: &Self::Pack) -> impl Future<Output = Result<(), SendError>> + Send;
}
