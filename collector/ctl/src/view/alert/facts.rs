//! What an alert says of itself beside its state.

use remit_proto::v1;

use crate::view::{
    Look,
    message::{Word, messages},
    reading::amount,
    sheet::Sheet,
    time::{Time, span},
};

messages! {
    /// One reason why nobody is told.
    Suppression {
        kind: Word<v1::SuppressionKind>,
        reference: String,
        why: String,
        since: Option<Time>,
        until: Option<Time>,
    }

    /// Why the owner cannot go on, and who takes over when.
    Block {
        reason: Word<v1::HandOverReason>,
        note: String,
        by: String,
        since: Option<Time>,
        transfer_at: Option<Time>,
        to: String,
    }

    /// The contract's clocks in one line.
    SlaSummary {
        agreement: String,
        status: Word<v1::SlaStatus>,
        response_deadline: Option<Time>,
        resolution_deadline: Option<Time>,
        target: Word<v1::SlaTarget>,
        target_ms: u64,
        left_ms: i64,
        percent: u32,
        paused: Word<v1::PauseReason>,
        paused_until: Option<Time>,
    }

    /// That somebody took an alert for noise.
    NoiseMark {
        reason: Word<v1::NoiseReason>,
        note: String,
        by: String,
        party: Word<v1::Party>,
        at: Option<Time>,
    }

    /// One measurement that led to an alert.
    Sample {
        at: Option<Time>,
        value: i64,
        unit: Word<v1::Unit>,
        status: Word<v1::CheckStatus>,
    }
}

impl Suppression {
    /// In one line, for whoever asks why it is quiet.
    pub(super) fn told(&self, look: &Look) -> String {
        let until = match self.until {
            Some(_) => format!(" until {}", look.exact(self.until)),
            None => String::new(),
        };
        format!("{} {}{until}: {}", self.kind.or_nothing(), self.reference, self.why)
    }
}

impl Block {
    pub(super) fn facts(&self, sheet: &mut Sheet<'_>, look: &Look) {
        let (reason, by) = (self.reason.or_nothing(), &self.by);
        sheet.fact("blocked", &format!("{reason}, says {by}, {}", look.ago(self.since)));
        sheet.fact("goes over", &format!("to {} {}", self.to, look.both(self.transfer_at)));
        sheet.fact("note", &self.note);
    }
}

impl SlaSummary {
    pub(super) fn facts(&self, sheet: &mut Sheet<'_>, look: &Look) {
        let left = match self.left_ms {
            over @ ..0 => format!("{} too long", span(over.unsigned_abs())),
            left => format!("{} left", span(left.unsigned_abs())),
        };
        let (target, percent) = (self.target.or_nothing(), self.percent);
        let of = format!("{left} of {} for {target} ({percent} %)", span(self.target_ms));
        sheet.line("promised", &format!("{}, {of}", look.word(self.status.text())));
        sheet.fact("agreement", &self.agreement);
        sheet.line("respond by", &look.both(self.response_deadline));
        sheet.line("resolve by", &look.both(self.resolution_deadline));
        if let Some(reason) = self.paused.text() {
            let until = match self.paused_until {
                Some(_) => format!(" until {}", look.both(self.paused_until)),
                None => String::new(),
            };
            sheet.line("clocks stand", &format!("{reason}{until}"));
        }
    }
}

impl NoiseMark {
    /// In one line.
    pub(super) fn told(&self) -> String {
        let note = if self.note.is_empty() { String::new() } else { format!(": {}", self.note) };
        format!("{}, says {}{note}", self.reason.or_nothing(), self.by)
    }
}

impl Sample {
    /// The value, in its unit.
    pub(super) fn told(&self) -> String {
        amount(self.value, self.unit.text())
    }
}
