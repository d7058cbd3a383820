//! A way in which people are told, and whether anybody made sure of it.
//!
//! A code is sent there; whoever it reaches says which one arrived, and that is
//! kept, with the time and by whom. Where people are told is the matrix's
//! business: what is kept here is only that it was tried.
//!
//! # Invariants
//!
//! - A code is good for [`GOOD_FOR`], once, and for [`TRIES`] wrong answers: it
//!   cannot be guessed.
//! - A new code ends the one before it. What was verified stays so meanwhile.
//!
//! # Not here
//!
//! Codes themselves, which are secrets and arrive as their hash.

#[cfg(test)]
mod tests;

use jiff::{SignedDuration, Timestamp};
use remit_shared::Tenant;

use crate::matrix::ChannelRef;

/// How long a code is good for.
pub const GOOD_FOR: SignedDuration = SignedDuration::from_mins(30);

/// After so many wrong answers, a code is good for nothing.
pub const TRIES: u32 = 5;

/// Nobody is sent a code more often.
const PAUSE: SignedDuration = SignedDuration::from_mins(1);

/// One way to tell somebody something.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Contact {
    /// The customer environment.
    pub tenant: Tenant,
    /// The way.
    pub channel: ChannelRef,
    /// A code that is under way.
    pub pending: Option<Pending>,
    /// Who made sure of it last.
    pub verified: Option<Verified>,
}

/// A code that is under way.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pending {
    /// SHA-256 of it, lower-case hexadecimal.
    pub code_sha256: String,
    /// When it was asked for.
    pub asked_at: Timestamp,
    /// By whom.
    pub asked_by: String,
    /// How long it is good.
    pub until: Timestamp,
    /// How many wrong answers there were.
    pub wrong: u32,
}

/// Somebody made sure that a way leads to somebody.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Verified {
    /// When.
    pub at: Timestamp,
    /// Who said which code had arrived.
    pub by: String,
}

/// What an answer was worth.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Answer {
    /// It was the code.
    Right,
    /// It was not; so many more may be given.
    Wrong {
        /// How many.
        left: u32,
    },
}

/// Why a code is not sent, or an answer not taken.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// One was sent just now.
    #[error("a code was sent to {channel} just now: ask again after {after}")]
    TooSoon {
        /// Where.
        channel: ChannelRef,
        /// When another may be.
        after: Timestamp,
    },
    /// None was sent, or it is not good any more.
    #[error("no code is under way to {channel}: send one with `remit contact verify {channel}`")]
    NothingPending {
        /// Where.
        channel: ChannelRef,
    },
}

impl Contact {
    /// A way that nobody has tried.
    pub fn untried(tenant: Tenant, channel: ChannelRef) -> Self {
        Self { tenant, channel, pending: None, verified: None }
    }

    /// The code that is good at an instant.
    pub fn pending(&self, now: Timestamp) -> Option<&Pending> {
        self.pending.as_ref().filter(|it| now < it.until && it.wrong < TRIES)
    }

    /// Notes that a code is sent.
    pub fn ask(self, code_sha256: String, by: &str, now: Timestamp) -> Result<Self, Refusal> {
        if let Some(before) = &self.pending {
            let after = later(before.asked_at, PAUSE);
            // A clock that was set back keeps nobody waiting.
            if before.asked_at <= now && now < after {
                return Err(Refusal::TooSoon { channel: self.channel, after });
            }
        }
        let until = later(now, GOOD_FOR);
        let asked_by = by.to_owned();
        let pending = Pending { code_sha256, asked_at: now, asked_by, until, wrong: 0 };
        Ok(Self { pending: Some(pending), ..self })
    }

    /// Notes that somebody says which code arrived.
    pub fn confirm(
        self,
        said_sha256: &str,
        by: &str,
        now: Timestamp,
    ) -> Result<(Self, Answer), Refusal> {
        let Some(pending) = self.pending(now).cloned() else {
            return Err(Refusal::NothingPending { channel: self.channel });
        };
        if pending.code_sha256 == said_sha256 {
            let verified = Some(Verified { at: now, by: by.to_owned() });
            return Ok((Self { pending: None, verified, ..self }, Answer::Right));
        }
        let wrong = pending.wrong + 1;
        let left = TRIES - wrong;
        Ok((Self { pending: Some(Pending { wrong, ..pending }), ..self }, Answer::Wrong { left }))
    }
}

fn later(at: Timestamp, by: SignedDuration) -> Timestamp {
    at.checked_add(by).unwrap_or(Timestamp::MAX)
}
