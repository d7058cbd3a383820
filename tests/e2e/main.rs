//! What Remit promises, tried out on its programs as they ship.

mod alerts;
mod changes;
mod enrollment;
mod escalation;
mod facts;
mod hours;
mod identity;
mod mail;
mod operations;
mod prometheus;
mod receiver;
mod shipped_agent;
mod steps;
mod stream;
mod watching;
mod windows;
