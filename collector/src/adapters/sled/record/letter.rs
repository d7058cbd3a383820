//! Messages that are no alert's.

use remit_collector_domain::letter::{Letter, Matter};

use crate::adapters::sled::record::form::{choices, form};

form! {
    LetterRecordV1 of Letter {
        matter: MatterRecordV1,
        tenant: String,
        team: String,
        party: String,
        channel: String,
        made_at: String,
        page: bool,
        subject: String,
        text: String,
    }
}

choices! {
    MatterRecordV1 of Matter {
        Change(id: String),
        KnownIssue(id: String),
        Window(id: String),
        Shift(day: String),
        Unreached(id: String),
        Contact,
        Backlog(id: String),
    }
}
