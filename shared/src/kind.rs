//! What kind of failure it is, seen by whoever asked.

/// The closed list of answers to "why not". Each has one gRPC and one HTTP code.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ErrorKind {
    /// The request makes no sense; asking again will not help.
    Invalid,
    /// We do not know who asks.
    Unauthenticated,
    /// We know who asks, and the answer is no.
    Forbidden,
    /// There is no such thing, or not for whoever asks.
    NotFound,
    /// The thing has changed, or is in a state that does not allow it.
    Conflict,
    /// A limit is reached.
    Exhausted,
    /// Not now; asking again may help.
    Unavailable,
    /// Our own fault.
    Internal,
}
