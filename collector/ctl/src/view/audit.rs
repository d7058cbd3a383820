//! Who did what.

use remit_proto::v1;
use serde::Serialize;

use super::{
    Look, View,
    message::{Word, messages},
    table::{Field, Table},
    text::{TELLING, head, plain, short},
    time::Time,
};

messages! {
    /// One deed.
    AuditEntry {
        seq: u64,
        tenant: String,
        at: Option<Time>,
        actor: String,
        party: Word<v1::Party>,
        action: String,
        object: String,
        detail: String,
        reason: String,
        denied: bool,
        source_ip: String,
        before_sha256: String,
        after_sha256: String,
        previous_sha256: String,
        sha256: String,
    }
}

/// `remit audit`.
#[derive(Debug, Serialize)]
pub(crate) struct Audit {
    pub(crate) entries: Vec<AuditEntry>,
}

impl View for Audit {
    fn text(&self, look: &Look) -> String {
        if self.entries.is_empty() {
            return "no entries".into();
        }
        let headings = ["SEQ", "AT", "WHO", "PARTY", "WHAT", "TO", ""];
        let mut table = Table::new(look, &headings);
        for it in &self.entries {
            let reasons = [it.detail.as_str(), it.reason.as_str()];
            let reasons: Vec<_> = reasons.into_iter().filter(|it| !it.is_empty()).collect();
            let denied = if it.denied { "denied: " } else { "" };
            table.row([
                Field::number(it.seq),
                Field::Text(look.exact(it.at)),
                Field::Text(short(&it.actor, 12)),
                Field::Text(it.party.or_nothing().into()),
                Field::Text(short(&it.action, 20)),
                Field::Text(head(&it.object, TELLING)),
                Field::Text(format!("{denied}{}", plain(&reasons.join("; ")))),
            ]);
        }
        table.text()
    }
}
