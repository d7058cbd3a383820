//! The gRPC services. Each turns a message into a question to a shell, and the
//! answer into a message; who may ask is settled before either.

pub mod agent;
mod caller;
pub mod enrollment;
pub mod operator;
mod show;
pub mod status;
