//! The collector's decisions, as functions.
//!
//! Values in, values out: no IO, no clock, no randomness, no runtime, no
//! serialization, no logging. Reasons are part of the results.

pub mod calendar;
pub mod matrix;
