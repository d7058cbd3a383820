//! What Remit promises, tried out on its programs as they ship.

mod agreeing;
mod alerts;
mod climbing;
mod enrollment;
mod escalation;
mod evening;
mod facts;
mod hours;
mod identity;
mod late;
mod mail;
mod operations;
mod power;
mod prometheus;
mod promises;
mod receiver;
mod returning;
mod shipped_agent;
mod steps;
mod stream;
mod watching;
mod windows;
mod zones;
