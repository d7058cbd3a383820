//! A collector that does what the contract says, and no more.

use std::collections::BTreeMap;

use remit_shared::Stream;

use crate::{
    session::{Event, Welcome},
    spool::Marks,
};

/// What an agent says.
#[derive(Clone, Debug)]
pub(super) enum Up {
    Hello { epoch: u64, token: Vec<u8>, last: Marks },
    Record { stream: Stream, number: u64, content: u64 },
    Gap { stream: Stream, from: u64, through: u64, contents: Vec<u64> },
    Preview { number: u64 },
}

/// Applies what it is sent, as the contract says.
#[derive(Debug, Default)]
pub(in crate::session::tests) struct Collector {
    pub(in crate::session::tests) epoch: u64,
    through: Marks,
    tokens: (Vec<u8>, Vec<u8>),
    issued: u32,
    applied_since: bool,
    pub(super) resets: bool,
    pub(super) applied: BTreeMap<(Stream, u64), u32>,
    pub(super) declared: BTreeMap<(Stream, u64), u32>,
}

impl Collector {
    pub(super) fn receive(&mut self, message: Up) -> Option<Event> {
        match message {
            Up::Hello { epoch, token, last } => {
                if epoch != self.epoch {
                    (self.epoch, self.through) = (epoch, Marks::default());
                } else {
                    let (latest, previous) = &self.tokens;
                    let known = token == *latest || token == *previous && !self.applied_since;
                    if !known || self.through.passes(&last) || std::mem::take(&mut self.resets) {
                        return Some(self.welcome(true));
                    }
                }
                self.issued += 1;
                let token = self.issued.to_le_bytes().to_vec();
                self.tokens = (token, std::mem::take(&mut self.tokens.0));
                self.applied_since = false;
                Some(self.welcome(false))
            }
            Up::Record { stream, number, content } => {
                self.advance(stream, number, number);
                *self.applied.entry((stream, content)).or_default() += 1;
                Some(Event::Acknowledged(self.through))
            }
            Up::Preview { number } => {
                assert!(number > self.through.metrics, "it is told ahead of its turn");
                None
            }
            Up::Gap { stream, from, through, contents } => {
                self.advance(stream, from, through);
                for content in contents {
                    *self.declared.entry((stream, content)).or_default() += 1;
                }
                Some(Event::Acknowledged(self.through))
            }
        }
    }

    fn welcome(&self, reset_epoch: bool) -> Event {
        let resume_token = self.tokens.0.clone();
        let through = self.through;
        let (heartbeat, takes_previews) = (None, !reset_epoch);
        Event::Welcomed(Welcome { through, resume_token, reset_epoch, heartbeat, takes_previews })
    }

    fn advance(&mut self, stream: Stream, from: u64, through: u64) {
        assert_eq!(from, self.through.of(stream) + 1, "numbers have no holes and no repeats");
        self.through = self.through.with(stream, through);
        self.applied_since = true;
    }

    pub(in crate::session::tests) fn times_applied(&self, stream: Stream) -> Vec<u32> {
        self.applied.iter().filter(|it| it.0.0 == stream).map(|it| *it.1).collect()
    }
}
