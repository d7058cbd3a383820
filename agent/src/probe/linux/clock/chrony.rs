//! One question to `chronyd`, in its own monitoring protocol (version 6, spoken
//! since chrony 1.27): "tracking". Only this machine may ask, and without a
//! password.
//!
//! A request is as long as its reply, so that nobody can be flooded with
//! replies to small requests.

use std::{
    io,
    net::{Ipv4Addr, UdpSocket},
    time::Duration,
};

use crate::probe::ProbeError;

const PORT: u16 = 323;
const VERSION: u8 = 6;
const REQUEST: u8 = 1;
const REPLY: u8 = 2;
const ASK_TRACKING: u16 = 33;
const TRACKING: u16 = 5;

/// How long both the request and the reply are.
const LENGTH: usize = 104;

/// A healthy chronyd answers in less than a millisecond.
const PATIENCE: Duration = Duration::from_millis(500);

/// What chronyd thinks of the clock.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Tracking {
    /// Whether there is a source that it follows.
    pub(super) synchronized: bool,
    /// How far the clock is ahead of true time.
    pub(super) offset_ms: i64,
}

/// Asks the chronyd of this machine.
pub(super) fn ask() -> io::Result<[u8; LENGTH]> {
    let socket = UdpSocket::bind((Ipv4Addr::LOCALHOST, 0))?;
    socket.connect((Ipv4Addr::LOCALHOST, PORT))?;
    socket.set_read_timeout(Some(PATIENCE))?;
    socket.send(&request())?;
    let mut reply = [0; LENGTH];
    let length = socket.recv(&mut reply)?;
    if length < LENGTH { Err(io::ErrorKind::UnexpectedEof.into()) } else { Ok(reply) }
}

fn request() -> [u8; LENGTH] {
    let mut request = [0; LENGTH];
    request[0] = VERSION;
    request[1] = REQUEST;
    request[4..6].copy_from_slice(&ASK_TRACKING.to_be_bytes());
    request
}

/// Reads the reply to [`ask`].
pub(super) fn parse(reply: &[u8; LENGTH]) -> Result<Tracking, ProbeError> {
    let short = |at: usize| u16::from_be_bytes([reply[at], reply[at + 1]]);
    let status = short(8);
    if (reply[0], reply[1]) != (VERSION, REPLY) || short(6) != TRACKING || status != 0 {
        let field = format!("`tracking` (status {status})");
        return Err(ProbeError::Parse { what: "chronyd's reply".into(), field });
    }
    let no_source = reply[28..32] == [0; 4];
    let leap_unknown = short(54) == 3;
    // What chronyd would add to the clock: positive when the clock is behind.
    let correction = seconds([reply[68], reply[69], reply[70], reply[71]]);
    Ok(Tracking {
        synchronized: !no_source && !leap_unknown,
        offset_ms: (-correction * 1000.0).round() as i64, // saturates; NaN is no number here
    })
}

/// A number as the protocol has it: an exponent of 7 bits, then a coefficient
/// of 25, both signed.
fn seconds(bytes: [u8; 4]) -> f64 {
    let bits = i32::from_be_bytes(bytes);
    let exponent = bits >> 25;
    let coefficient = (bits << 7) >> 7;
    f64::from(coefficient) * 2_f64.powi(exponent - 25)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn reply(hex: &str) -> [u8; LENGTH] {
        let byte = |at: usize| u8::from_str_radix(&hex[at * 2..at * 2 + 2], 16).unwrap();
        std::array::from_fn(byte)
    }

    // chronyd 4.3, following a server that is a quarter of a second ahead.
    const BEHIND: &str = "\
        060200000021000500000000000000000102030400000000000000007f0000017f00000100000000\
        00000000000000000001000000040000000000006b04b0c012858dd5feffff79d4f08ab9d8dfa6ff\
        fb26774ef4e5d7ac009a1f37e0dcb897dacf0bee0082ad52";

    // The same a moment after its start.
    const NO_SOURCE: &str = "\
        06020000002100050000000000000000010203040000000000000000000000000000000000000000\
        00000000000000000000000000000003000000000000000000000000000000000000000000000000\
        000000000000000000000000048000000480000000000000";

    // Its own reference, `local stratum 8`.
    const LOCAL: &str = "\
        060200000021000500000000000000000102030400000000000000007f7f01010000000000000000\
        00000000000000000000000000080000000000006b04b0921d69fd0a000000000000000000000000\
        000000000000000000000000000000000000000000000000";

    #[test]
    fn a_clock_that_is_behind_has_a_negative_offset() {
        let tracking = parse(&reply(BEHIND)).unwrap();
        assert_eq!(tracking, Tracking { synchronized: true, offset_ms: -250 });
    }

    #[test]
    fn a_daemon_without_a_source_keeps_nothing() {
        assert!(!parse(&reply(NO_SOURCE)).unwrap().synchronized);
        let tracking = parse(&reply(LOCAL)).unwrap();
        assert_eq!(tracking, Tracking { synchronized: true, offset_ms: 0 });
    }

    #[test]
    fn a_refusal_is_not_an_answer() {
        let mut unauthorized = reply(BEHIND);
        unauthorized[9] = 2;
        let err = parse(&unauthorized).unwrap_err().to_string();
        assert_eq!(err, "failed to find `tracking` (status 2) in chronyd's reply");
    }

    #[test]
    fn numbers_are_read() {
        for (bytes, expected) in [
            ([0x00, 0, 0, 0], 0.0),
            ([0x04, 0x80, 0, 0], 1.0), // 0.25 × 2²
            ([0x05, 0x80, 0, 0], -1.0),
            ([0xfe, 0xff, 0xff, 0x79], 0.249_997_988),
        ] {
            assert!((seconds(bytes) - expected).abs() < 1e-8, "{bytes:?}: {}", seconds(bytes));
        }
    }

    proptest! {
        #[test]
        fn no_reply_is_a_panic(head in prop::array::uniform32(any::<u8>()), tail: [u8; 4]) {
            let mut reply = reply(BEHIND);
            reply[68..72].copy_from_slice(&tail);
            prop_assert!(parse(&reply).is_ok());
            reply[..32].copy_from_slice(&head);
            let _ = parse(&reply);
        }
    }
}
