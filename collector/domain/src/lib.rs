//! The collector's decisions, as functions.
//!
//! Values in, values out: no IO, no clock, no randomness, no runtime, no
//! serialization, no logging. Reasons are part of the results.

pub mod alert;
pub mod authority;
pub mod calendar;
pub mod detect;
pub mod effect;
pub mod endpoint;
pub mod enroll;
pub mod matrix;
pub mod matrix_version;
pub mod notice;
pub mod operator;
pub mod schedule;
pub mod signal;
