//! What is carried to a channel, and what it must not overtake.

use remit_collector_domain::{alert::NoticeId, effect::EffectKey, group::Digest, letter::Letter};

/// What goes to a channel in one piece, and the effects that are settled then.
pub(super) struct Parcel {
    pub(super) keys: Vec<EffectKey>,
    pub(super) content: Content,
    pub(super) channel: String,
}

/// What it says.
pub(super) enum Content {
    Notice(NoticeId),
    Letter(Box<Letter>),
    Digest(Box<Digest>),
}

/// What must keep its order: one matter on one channel.
pub(super) type Line = (String, String);

impl Parcel {
    /// Where it waits its turn.
    pub(super) fn line(&self) -> Line {
        let matter = match &self.content {
            Content::Notice(id) => id.alert.to_string(),
            Content::Letter(letter) => letter.matter.to_string(),
            Content::Digest(digest) => digest.to.to_string(),
        };
        (matter, self.channel.clone())
    }
}
