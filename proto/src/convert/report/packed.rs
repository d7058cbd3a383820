//! Several records as one piece, which stands alone: a short session.

use prost::Message as _;
use remit_shared::Record;

use crate::{
    convert::{
        InvalidMessage,
        report::{Decoder, Encoder},
    },
    v1,
};

/// The records as bytes that stand alone, each report behind its length.
pub fn pack(records: &[Record]) -> Vec<u8> {
    let mut encoder = Encoder::default();
    records.iter().flat_map(|it| encoder.encode(it).encode_length_delimited_to_vec()).collect()
}

/// The records that [`pack`] was given, and how many bytes stand for each.
pub fn unpack(mut bytes: &[u8]) -> Result<Vec<(Record, u64)>, InvalidMessage> {
    let mut decoder = Decoder::default();
    let mut records = Vec::new();
    while !bytes.is_empty() {
        let before = bytes.len();
        let report = v1::Report::decode_length_delimited(&mut bytes)
            .map_err(|err| InvalidMessage::new("report", format!("cannot be decoded: {err}")))?;
        records.push((decoder.decode(report)?, (before - bytes.len()) as u64));
    }
    Ok(records)
}
