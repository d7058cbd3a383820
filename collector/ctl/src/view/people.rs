//! Who is on call, and whether they can be reached.

use serde::Serialize;

use super::{
    Look, NOTHING, View,
    message::messages,
    table::{Field, Table},
    text::{plain, short},
    time::Time,
};

messages! {
    /// One rota at an instant.
    OnCall {
        rota: String,
        team: String,
        zone: String,
        now: Option<OnCallShift>,
        next: Option<OnCallShift>,
        gaps: Vec<OnCallGap>,
    }

    /// One person's turn.
    OnCallShift {
        person: String,
        from: Option<Time>,
        to: Option<Time>,
        because: String,
    }

    /// When nobody is on call.
    OnCallGap {
        from: Option<Time>,
        to: Option<Time>,
        because: String,
    }

    /// One way to tell somebody something.
    Contact {
        tenant: String,
        channel: String,
        persons: Vec<String>,
        teams: Vec<String>,
        verified_at: Option<Time>,
        verified_by: String,
        pending_until: Option<Time>,
        last_delivered_at: Option<Time>,
        last_failed_at: Option<Time>,
        last_error: String,
    }
}

/// `remit oncall`.
#[derive(Debug, Serialize)]
pub(crate) struct Duty {
    pub(crate) rotas: Vec<OnCall>,
}

impl Duty {
    /// Whether nobody is on call somewhere, now or ahead.
    pub(crate) fn has_gaps(&self) -> bool {
        self.rotas.iter().any(|it| it.now.is_none() || !it.gaps.is_empty())
    }
}

impl View for Duty {
    fn text(&self, look: &Look) -> String {
        if self.rotas.is_empty() {
            return "no rotas".into();
        }
        let mut table =
            Table::new(look, &["ROTA", "TEAM", "NOW", "UNTIL", "NEXT", "ZONE", "BECAUSE"]);
        for it in &self.rotas {
            let (now, next) = (it.now.as_ref(), it.next.as_ref());
            let person = now.map_or(Field::Word("nobody".into()), |it| Field::text(&it.person));
            let until = now.map_or(next.and_then(|it| it.from), |it| it.to);
            table.row([
                Field::Text(short(&it.rota, 16)),
                Field::Text(short(&it.team, 14)),
                person,
                Field::Text(look.exact(until)),
                Field::Text(next.map_or(NOTHING.into(), |it| short(&it.person, 12))),
                Field::Text(short(&it.zone, 18)),
                Field::text(now.map_or("", |it| &it.because)),
            ]);
        }
        let gaps = self.rotas.iter().flat_map(|rota| {
            let gap = look.word(Some("gap"));
            rota.gaps.iter().map(move |it| {
                let (from, to) = (look.exact(it.from), look.exact(it.to));
                format!("{gap}: {}: nobody from {from} to {to}", plain(&rota.rota))
            })
        });
        [table.text()].into_iter().chain(gaps).collect::<Vec<_>>().join("\n")
    }
}

impl Contact {
    /// Whether somebody has made sure of it.
    fn state(&self) -> &'static str {
        match (self.last_failed_at, self.verified_at) {
            (Some(failed), _) if self.last_delivered_at.is_none_or(|it| it < failed) => "failing",
            (_, Some(_)) => "verified",
            (_, None) if self.pending_until.is_some() => "pending",
            (_, None) => "unverified",
        }
    }
}

impl View for Contact {
    fn text(&self, look: &Look) -> String {
        let mut line = format!("{}: {}", plain(&self.channel), look.word(Some(self.state())));
        if self.verified_at.is_some() {
            let by = plain(&self.verified_by);
            line += &format!(" {} by {by}", look.exact(self.verified_at));
        } else if self.pending_until.is_some() {
            let until = look.both(self.pending_until);
            line += &format!(": a code was sent, good until {until}");
        }
        line
    }
}

/// `remit contact list`.
#[derive(Debug, Serialize)]
pub(crate) struct Contacts {
    pub(crate) contacts: Vec<Contact>,
}

impl View for Contacts {
    fn text(&self, look: &Look) -> String {
        if self.contacts.is_empty() {
            return "no contacts".into();
        }
        let headings = ["CHANNEL", "STATE", "VERIFIED", "DELIVERED", "FOR", "LAST ERROR"];
        let mut table = Table::new(look, &headings);
        for it in &self.contacts {
            let whom: Vec<_> = it.persons.iter().chain(&it.teams).map(String::as_str).collect();
            table.row([
                Field::Text(short(&it.channel, 30)),
                Field::Word(it.state().into()),
                Field::Text(look.ago(it.verified_at)),
                Field::Text(look.ago(it.last_delivered_at)),
                Field::Text(short(&whom.join(", "), 20)),
                Field::text(&it.last_error),
            ]);
        }
        table.text()
    }
}
