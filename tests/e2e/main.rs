//! What Remit promises, tried out on its programs as they ship.

#![allow(clippy::unwrap_used, reason = "a test says by a panic what went wrong")]

mod agreeing;
mod alerts;
mod asking;
mod audit;
mod backlog;
mod changes;
mod climbing;
mod comeback;
mod contacts;
mod digest;
mod enrollment;
mod escalation;
mod evening;
mod exploited;
mod facts;
mod fleet;
mod history;
mod hours;
mod identity;
mod late;
mod links;
mod mail;
mod mass;
mod nights;
mod operations;
mod outgoing;
mod power;
mod prometheus;
mod promises;
mod quiet;
mod receiver;
mod reports;
mod returning;
mod scenarios;
mod shipped_agent;
mod steps;
mod stream;
mod tenants;
mod watching;
mod whom;
mod windows;
mod zones;
