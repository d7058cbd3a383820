//! The collector's decisions, as functions.
//!
//! Values in, values out: no IO, no clock, no randomness, no runtime, no
//! serialization, no logging. Reasons are part of the results.

pub mod agenda;
pub mod alert;
pub mod audit;
pub mod authority;
pub mod calendar;
pub mod change;
pub mod contact;
pub mod daybook;
pub mod detect;
pub mod effect;
pub mod endpoint;
pub mod enroll;
pub mod exploited;
pub mod flapping;
pub mod group;
pub mod inhibit;
pub mod invariants;
pub mod itself;
pub mod known_issue;
pub mod letter;
pub mod mass_loss;
pub mod matrix;
pub mod matrix_version;
pub mod noise;
pub mod notice;
pub mod operator;
pub mod outgoing;
pub mod people;
pub mod report;
pub mod retention;
pub mod rollup;
pub mod rota;
pub mod schedule;
pub mod seen;
pub mod shift;
pub mod signal;
pub mod sla;
pub mod source;
pub mod storeroom;
pub mod suppression;
pub mod timekeeping;
pub mod tuning;
pub mod upkeep;
pub mod version;
pub mod window;
