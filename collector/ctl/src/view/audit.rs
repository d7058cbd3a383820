//! Who did what.

use serde::Serialize;

use super::{
    Look, View,
    message::messages,
    table::{Field, Table},
    text::{TELLING, count, head, plain, short},
    time::Time,
};

messages! {
    /// One deed.
    AuditEntry {
        seq: u64,
        tenant: String,
        at: Option<Time>,
        actor: String,
        action: String,
        object: String,
        detail: String,
        denied: bool,
        previous_sha256: String,
        sha256: String,
    }
}

impl AuditEntry {
    /// Who it was, without the id that tells two of one name apart.
    fn who(&self) -> &str {
        match self.actor.split_once(' ') {
            Some((id, name)) if id.starts_with("opr_") => name,
            Some(_) | None => &self.actor,
        }
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
        let headings = ["SEQ", "AT", "WHO", "WHAT", "TO", ""];
        let mut table = Table::new(look, &headings);
        for it in &self.entries {
            let denied = if it.denied { "denied: " } else { "" };
            table.row([
                Field::number(it.seq),
                Field::Text(look.exact(it.at)),
                Field::Text(short(it.who(), 12)),
                Field::Text(short(&it.action, 20)),
                Field::Text(head(&it.object, TELLING)),
                Field::Text(format!("{denied}{}", plain(&it.detail))),
            ]);
        }
        table.text()
    }
}

/// `remit audit verify`.
#[derive(Debug, Serialize)]
pub(crate) struct Verdict {
    /// Empty: the installation as a whole.
    pub(crate) tenant: String,
    /// How many entries were read.
    pub(crate) entries: u64,
    /// How many are older than is kept.
    pub(crate) forgotten: u64,
    /// Where the chain ends, to be noted.
    pub(crate) end: String,
    /// What is wrong with it.
    pub(crate) broken: Option<String>,
    /// Noted ends that are not what they were.
    pub(crate) changed: Vec<u64>,
    /// Noted ends that lie before what is kept.
    pub(crate) unproved: Vec<u64>,
}

impl Verdict {
    /// Whether nothing was changed or left out.
    pub(crate) fn is_well(&self) -> bool {
        self.broken.is_none() && self.changed.is_empty()
    }
}

impl View for Verdict {
    fn text(&self, look: &Look) -> String {
        let whose = match self.tenant.as_str() {
            "" => "the installation".to_owned(),
            tenant => plain(tenant),
        };
        let deeds = count(usize::try_from(self.entries).unwrap_or(usize::MAX), "deed");
        let verdict = match (&self.broken, self.changed.as_slice()) {
            (Some(broken), _) => format!("{}: {}", look.word(Some("broken")), plain(broken)),
            (None, []) => format!("whole: {deeds}"),
            (None, changed) => {
                let seqs: Vec<_> = changed.iter().map(ToString::to_string).collect();
                let word = look.word(Some("changed"));
                format!("{word}: it is not the chain whose end was noted at {}", seqs.join(", "))
            }
        };
        let mut text = format!("the audit trail of {whose} is {verdict}\n");
        if 0 < self.forgotten {
            let gone = self.forgotten;
            text += &format!("the first {gone} are older than is kept; the rest follows them\n");
        }
        for seq in &self.unproved {
            text += &format!("the end noted at {seq} is older than is kept\n");
        }
        text + &format!("end {}", plain(&self.end))
    }
}
