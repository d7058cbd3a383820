//! What Remit promises, tried out on its programs as they ship.

mod alerts;
mod asking;
mod audit;
mod changes;
mod contacts;
mod digest;
mod enrollment;
mod escalation;
mod facts;
mod hours;
mod identity;
mod mail;
mod mass;
mod operations;
mod prometheus;
mod quiet;
mod receiver;
mod reports;
mod shipped_agent;
mod steps;
mod stream;
mod watching;
mod windows;
