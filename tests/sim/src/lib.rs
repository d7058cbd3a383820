//! The collector's decisions in a small world of their own, without a
//! collector: no store, no network and no clock but the one that a test sets.
//!
//! - [`World`] does what the collector's shells do: it gathers what an alert
//!   must know, keeps what comes of it, and lets everything that is owed happen.
//! - [`Story`] is a scenario file as it is read; [`play()`] tells it to a world
//!   and says, with file and line, where the two differ.
//! - [`history`] is a random life of a world, and [`laws`] what must hold after
//!   every step of it.
//!
//! # Not here
//!
//! What is decided: that is the domain crate's. The same stories are told to
//! the running collector by `tests/e2e`.

pub mod history;
pub mod laws;
pub mod play;
pub mod shelf;
pub mod story;
pub mod world;

pub use crate::{
    history::{History, Violation},
    play::{Difference, play},
    story::{Story, StoryError},
    world::World,
};
