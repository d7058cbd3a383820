//! What the collector needs from the world, as traits.

pub mod store;
