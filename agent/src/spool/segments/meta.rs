//! The small file beside the segments: what they cannot tell by themselves.
//!
//! One line of JSON and one of its checksum, replaced as a whole.

use std::{fs, io, path::Path};

use remit_agent_domain::spool::{Block, Lane, Ledger, Marks};
use remit_runtime::files;
use remit_shared::Stream;
use serde::{Deserialize, Serialize};

use crate::spool::{EARLIER, SpoolError};

/// Its name.
const FILE: &str = "spool.meta";

/// What stands in it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "version")]
pub(super) enum MetaRecord {
    /// The only form so far.
    #[serde(rename = "1")]
    V1(MetaRecordV1),
}

/// The first form.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct MetaRecordV1 {
    /// The epoch, as text: JSON's own numbers end at 53 bits for some readers.
    pub(super) epoch: String,
    /// The collector's token, in hexadecimal.
    pub(super) token: String,
    /// Whether the last run ended in peace.
    pub(super) clean: bool,
    /// Whether this run had a session. Who does not say may have had one.
    #[serde(default = "maybe")]
    pub(super) had_session: bool,
    /// The collector's tokens before that one, oldest first, in hexadecimal.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(super) earlier: Vec<String>,
    /// The places of each stream.
    pub(super) events: PlacesV1,
    /// The places of each stream.
    pub(super) metrics: PlacesV1,
}

/// The places of one stream.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct PlacesV1 {
    /// The one before the epoch's number 1.
    pub(super) base: u64,
    /// The one acknowledged last.
    pub(super) acked: u64,
    /// The one that comes next.
    pub(super) next: u64,
    /// The newest number that may have been sent before this run.
    #[serde(default)]
    pub(super) known: u64,
}

fn maybe() -> bool {
    true
}

/// What a spool must know besides its segments.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Meta {
    pub(super) epoch: u64,
    pub(super) token: Vec<u8>,
    pub(super) clean: bool,
    pub(super) had_session: bool,
    pub(super) earlier: Vec<Vec<u8>>,
    pub(super) events: PlacesV1,
    pub(super) metrics: PlacesV1,
}

/// What was found at a spool's opening.
#[derive(Debug)]
pub(super) enum Found {
    /// It can be trusted.
    Good(Meta),
    /// There is none.
    Missing,
    /// There is one, and it makes no sense.
    Damaged,
}

impl Meta {
    /// The places as the ledger has them now.
    pub(super) fn places(&mut self, ledger: &Ledger) {
        let of = |stream, known| {
            let (base, acked, next) = ledger.places(stream);
            PlacesV1 { base, acked, next, known }
        };
        self.events = of(Stream::Events, self.events.known);
        self.metrics = of(Stream::Metrics, self.metrics.known);
    }

    /// The newest numbers that may have been sent before this run.
    pub(super) fn known(&self) -> Marks {
        Marks { events: self.events.known, metrics: self.metrics.known }
    }

    /// Takes a token, and remembers the one before it for a while.
    pub(super) fn replace_token(&mut self, token: &[u8]) {
        let before = std::mem::replace(&mut self.token, token.to_vec());
        if !before.is_empty() && before != token {
            self.earlier.push(before);
        }
        let surplus = self.earlier.len().saturating_sub(EARLIER);
        self.earlier.drain(..surplus);
    }

    /// Notes whether there was a session, and what may have been sent before.
    pub(super) fn reckon(&mut self, had_session: bool, known: Marks) {
        self.had_session = had_session;
        (self.events.known, self.metrics.known) = (known.events, known.metrics);
    }

    /// Writes it, durably.
    pub(super) fn save(&self, folder: &Path) -> Result<(), SpoolError> {
        let record = MetaRecord::V1(MetaRecordV1 {
            epoch: self.epoch.to_string(),
            token: hexadecimal(&self.token),
            clean: self.clean,
            had_session: self.had_session,
            earlier: self.earlier.iter().map(|it| hexadecimal(it)).collect(),
            events: self.events,
            metrics: self.metrics,
        });
        let path = folder.join(FILE);
        let json = serde_json::to_string(&record)
            .map_err(|err| SpoolError::io("write", path.clone(), io::Error::other(err)))?;
        let text = format!("{json}\n{:08x}\n", crc32fast::hash(json.as_bytes()));
        Ok(files::write_private(&path, text.as_bytes())?)
    }

    /// Reads it. What is damaged is put aside.
    pub(super) fn load(folder: &Path) -> Result<Found, SpoolError> {
        let path = folder.join(FILE);
        match fs::read(&path) {
            Ok(bytes) => match std::str::from_utf8(&bytes).ok().and_then(parse) {
                Some(meta) => Ok(Found::Good(meta)),
                None => {
                    let aside = folder.join("damaged-spool.meta");
                    fs::rename(&path, aside)
                        .map_err(|err| SpoolError::io("put aside", path, err))?;
                    Ok(Found::Damaged)
                }
            },
            Err(err) if err.kind() == io::ErrorKind::NotFound => Ok(Found::Missing),
            Err(err) => Err(SpoolError::io("read", path, err)),
        }
    }
}

impl PlacesV1 {
    pub(super) fn lane(self, blocks: Vec<Block>, next: u64) -> Lane {
        Lane::restore(self.base, self.acked, next.max(self.next), blocks)
    }
}

fn parse(text: &str) -> Option<Meta> {
    let (json, crc) = text.strip_suffix('\n')?.rsplit_once('\n')?;
    if u32::from_str_radix(crc, 16).ok()? != crc32fast::hash(json.as_bytes()) {
        return None;
    }
    let MetaRecord::V1(record) = serde_json::from_str(json).ok()?;
    Some(Meta {
        epoch: record.epoch.parse().ok()?,
        token: bytes(&record.token)?,
        clean: record.clean,
        had_session: record.had_session,
        earlier: record.earlier.iter().map(|it| bytes(it)).collect::<Option<_>>()?,
        events: record.events,
        metrics: record.metrics,
    })
}

fn hexadecimal(bytes: &[u8]) -> String {
    bytes.iter().map(|it| format!("{it:02x}")).collect()
}

fn bytes(digits: &str) -> Option<Vec<u8>> {
    let byte = |pair: &[u8]| u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok();
    digits.as_bytes().chunks(2).map(byte).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_form_keeps_its_meaning() {
        let text = include_str!("../../../testdata/spool/v1.meta");
        let expected = Meta {
            epoch: u64::MAX,
            token: vec![0, 0xab, 0xff],
            clean: true,
            had_session: true,
            earlier: vec![],
            events: PlacesV1 { base: 1, acked: 2, next: 3, known: 7 },
            metrics: PlacesV1 { base: 4, acked: 5, next: 6, known: 8 },
        };
        assert_eq!(parse(text), Some(expected.clone()));
        let folder = tempfile::tempdir().unwrap();
        expected.save(folder.path()).unwrap();
        assert_eq!(fs::read_to_string(folder.path().join(FILE)).unwrap(), text);
    }

    #[test]
    fn tokens_before_the_newest_are_kept_too() {
        let text = include_str!("../../../testdata/spool/v1-tokens.meta");
        let parsed = parse(text).unwrap();
        assert_eq!(
            (parsed.token.clone(), parsed.earlier.clone()),
            (vec![3], vec![vec![1], vec![2]])
        );
        let mut meta = parsed;
        for token in 4..40 {
            meta.replace_token(&[token]);
        }
        assert_eq!(
            (meta.token, meta.earlier.len(), &meta.earlier[15]),
            (vec![39], EARLIER, &vec![38])
        );
    }

    #[test]
    fn what_agents_wrote_before_there_were_releases_is_still_read() {
        let text = include_str!("../../../testdata/spool/v1-first.meta");
        let expected = Meta {
            epoch: u64::MAX,
            token: vec![0, 0xab, 0xff],
            clean: true,
            had_session: true,
            earlier: vec![],
            events: PlacesV1 { base: 1, acked: 2, next: 3, known: 0 },
            metrics: PlacesV1 { base: 4, acked: 5, next: 6, known: 0 },
        };
        assert_eq!(parse(text), Some(expected));
    }

    #[test]
    fn a_single_flipped_bit_is_noticed() {
        let good = include_str!("../../../testdata/spool/v1.meta").as_bytes();
        for at in 0..good.len() {
            let mut bytes = good.to_vec();
            bytes[at] ^= 1;
            let parsed = std::str::from_utf8(&bytes).ok().and_then(parse);
            assert_eq!(parsed, None, "byte {at}");
        }
    }
}
