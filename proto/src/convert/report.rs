//! Records on the wire: names once, differences afterwards.
//!
//! An [`Encoder`] and a [`Decoder`] live as long as one session and see the
//! same reports in the same order; then `decode(encode(record)) == record`,
//! with three exceptions that carry no truth: times are cut to milliseconds,
//! measurements forget how long they took, and a repeated scan comes out as
//! [`Body::Unchanged`](remit_shared::Body::Unchanged).
//!
//! A fresh encoder gives a report that stands alone. That is the form in which
//! a spool keeps records. [`pack`] makes one piece of several, as a session
//! would; a spool keeps what waits long in that form.

mod decode;
mod encode;
mod packed;
#[cfg(test)]
mod tests;

use prost::Message as _;
use remit_shared::Record;

pub use crate::convert::report::{
    decode::Decoder,
    encode::Encoder,
    packed::{pack, unpack},
};
use crate::{convert::InvalidMessage, v1};

/// The most series that one session may define.
pub const MAX_SERIES: usize = 5_000;
/// The most probes that one session may define.
pub const MAX_PROBES: usize = 256;

/// A record as bytes that stand alone.
pub fn to_bytes(record: &Record) -> Vec<u8> {
    Encoder::default().encode(record).encode_to_vec()
}

/// The record that [`to_bytes`] was given.
pub fn from_bytes(bytes: &[u8]) -> Result<Record, InvalidMessage> {
    let report = v1::Report::decode(bytes)
        .map_err(|err| InvalidMessage::new("report", format!("cannot be decoded: {err}")))?;
    Decoder::default().decode(report)
}
