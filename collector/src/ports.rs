//! What the collector needs from the world, as traits.

pub mod directory;
pub mod notifier;
pub mod recorder;
pub mod store;
pub mod switch;
