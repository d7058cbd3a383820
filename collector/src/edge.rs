//! Where the outside comes in: gRPC for agents and operators, HTTP for
//! metrics and readiness.

pub mod grpc;
pub mod http;
