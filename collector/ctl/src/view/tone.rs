//! Which words are good news, and what colour that is.
//!
//! Every list of words draws on the same few tones, so that red means the same
//! in each column.

use comfy_table::Color;

use super::{Look, NOTHING, text::plain};

/// What a word feels like.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Tone {
    /// As it should be.
    Good,
    /// Somebody should look.
    Warning,
    /// Somebody must act.
    Bad,
    /// Nobody knows, which is not good.
    Unclear,
    /// Not worth a colour.
    Quiet,
}

impl Tone {
    /// The tone of a word of any list.
    pub(crate) fn of(word: &str) -> Self {
        match word {
            "ok" | "let_in" | "online" | "resolved" | "success" | "delivered" | "full" | "met"
            | "on_track" | "applied" | "approved" | "fresh" | "verified" => Self::Good,
            "warn" | "warning" | "medium" | "late" | "acknowledged" | "partial" | "failing"
            | "ack" | "cancelled" | "reopened" | "ack_expired" | "known_issue" | "joint_review"
            | "blocked" | "paused" | "at_risk" | "sla_at_risk" | "due_soon" | "due"
            | "proposed" | "waiting" | "outdated" | "unverified" | "flapping" => Self::Warning,
            "crit" | "critical" | "high" | "offline" | "open" | "failed" | "created"
            | "escalated" | "delivery_failed" | "no_recipient" | "revoked" | "error"
            | "breached" | "sla_breached" | "broken" | "overdue" | "rejected" | "expired"
            | "denied" | "nobody" | "gap" => Self::Bad,
            "unknown" | "stale" | "never_seen" => Self::Unclear,
            _ => Self::Quiet,
        }
    }

    /// The colour in a table.
    pub(crate) fn color(self) -> Option<Color> {
        match self {
            Self::Good => Some(Color::DarkGreen),
            Self::Warning => Some(Color::DarkYellow),
            Self::Bad => Some(Color::DarkRed),
            Self::Unclear => Some(Color::DarkMagenta),
            Self::Quiet => None,
        }
    }

    /// The same colour as a terminal's own code.
    fn code(self) -> Option<u8> {
        match self {
            Self::Good => Some(32),
            Self::Warning => Some(33),
            Self::Bad => Some(31),
            Self::Unclear => Some(35),
            Self::Quiet => None,
        }
    }
}

impl Look {
    /// A word in its tone.
    pub(crate) fn word(&self, word: Option<&str>) -> String {
        let text = plain(word.unwrap_or(NOTHING));
        self.in_tone(&text, Tone::of(&text))
    }

    /// A text in a tone.
    pub(crate) fn in_tone(&self, text: &str, tone: Tone) -> String {
        match tone.code() {
            Some(code) if self.color => format!("\x1b[{code}m{text}\x1b[0m"),
            Some(_) | None => text.to_owned(),
        }
    }

    /// A headline.
    pub(crate) fn bold(&self, text: &str) -> String {
        if self.color { format!("\x1b[1m{text}\x1b[0m") } else { text.to_owned() }
    }
}
