//! What the weekly call should speak about.

use remit_proto::v1;

use super::{
    Look, View,
    message::{Word, messages},
    sheet::Sheet,
    table::{Field, Table},
    text::plain,
    time::Time,
};

messages! {
    /// One part of the call.
    AgendaSection {
        title: String,
        items: Vec<AgendaItem>,
        more: u32,
    }

    /// One thing to speak about.
    AgendaItem {
        title: String,
        detail: String,
        reference: String,
        party: Word<v1::Party>,
        since: Option<Time>,
    }

    /// `remit agenda`.
    GetAgendaResponse {
        tenant: String,
        zone: String,
        from: Option<Time>,
        to: Option<Time>,
        sections: Vec<AgendaSection>,
    }
}

impl View for GetAgendaResponse {
    fn text(&self, look: &Look) -> String {
        let mut sheet = Sheet::new(look, &format!("{}, weekly call", self.tenant));
        sheet.line("about", &format!("{} to {}", look.exact(self.from), look.exact(self.to)));
        sheet.fact("zone", &self.zone);
        if self.sections.is_empty() {
            sheet.line("agenda", "nothing to speak about");
        }
        for (number, section) in (1..).zip(&self.sections) {
            let heading = format!("{number}. {}", plain(&section.title));
            sheet.section(&heading, &section.body(&look.indented()));
        }
        sheet.text()
    }
}

impl AgendaSection {
    fn body(&self, look: &Look) -> String {
        let mut table = Table::new(look, &[]).wrapped();
        for it in &self.items {
            let parts = [it.title.as_str(), it.detail.as_str(), it.reference.as_str()];
            let parts: Vec<_> = parts.into_iter().filter(|it| !it.is_empty()).collect();
            table.row([
                Field::Text(it.party.or_nothing().into()),
                Field::Text(look.ago(it.since)),
                Field::Text(plain(&parts.join("; "))),
            ]);
        }
        match self.more {
            0 => table.text(),
            more => format!("{}\nand {more} more", table.text()),
        }
    }
}
