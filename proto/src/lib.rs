//! The wire contract of Remit.
//!
//! [`v1`] is generated from `proto/remit/v1` (`cargo xtask codegen`) and
//! committed. [`convert`] is the only place that knows both a message and the
//! value of the shared vocabulary that it stands for. [`codec`] turns messages
//! into bytes.

pub mod codec;
pub mod convert;

/// The messages and services of `remit.v1`, generated.
#[allow(
    missing_docs,
    unreachable_pub,
    unused_qualifications,
    clippy::all,
    clippy::disallowed_methods,
    clippy::wildcard_enum_match_arm,
    reason = "generated code"
)]
pub mod v1 {
    include!("generated/remit.v1.rs");
}

/// The compiled `.proto` files, for gRPC reflection.
pub const FILE_DESCRIPTOR_SET: &[u8] = include_bytes!("generated/remit.v1.bin");
