//! The rows: one function tries one fault, and gives what it found.

pub(crate) mod alone;
pub(crate) mod channels;
pub(crate) mod clocks;
pub(crate) mod copies;
pub(crate) mod crash;
pub(crate) mod disk;
pub(crate) mod elsewhere;
pub(crate) mod filed;
pub(crate) mod full;
pub(crate) mod herd;
pub(crate) mod hostile;
pub(crate) mod kept;
pub(crate) mod matrix;
mod network;
pub(crate) mod overload;
pub(crate) mod silence;
pub(crate) mod sweep;
pub(crate) mod sync;
pub(crate) mod timers;
