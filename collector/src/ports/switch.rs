//! A dead man's switch: somebody outside who raises the alarm when we fall
//! silent.
//!
//! # Contract
//!
//! [`Switch::hold`] makes one attempt, ends within its own deadline, and returns
//! `Ok` only once the other side has heard it.

use crate::ports::notifier::SendError;

/// Somebody who misses us when we are gone.
pub trait Switch: Send + Sync + 'static {
    /// Says that all is well.
    fn hold(&self) -> impl Future<Output = Result<(), SendError>> + Send;
}
