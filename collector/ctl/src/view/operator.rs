//! The people and programs that use the operator plane.

use remit_proto::v1;
use serde::Serialize;

use super::{
    Look, View,
    sheet::Sheet,
    table::{Field, Table},
    text::{head, plain, short, telling},
    time::{Time, time},
};
use crate::word::spelled;

/// One person or program.
#[derive(Debug, Serialize)]
pub(crate) struct Operator {
    pub(crate) operator_id: String,
    pub(crate) name: String,
    pub(crate) role: Option<&'static str>,
    pub(crate) party: Option<&'static str>,
    pub(crate) teams: Vec<String>,
    pub(crate) tenants: Vec<String>,
    pub(crate) created_at: Option<Time>,
    pub(crate) revoked_at: Option<Time>,
    pub(crate) certificate_not_after: Option<Time>,
}

impl From<v1::Operator> for Operator {
    fn from(it: v1::Operator) -> Self {
        Self {
            operator_id: it.operator_id,
            name: it.name,
            role: spelled::<v1::Role>(it.role),
            party: spelled::<v1::Party>(it.party),
            teams: it.teams,
            tenants: it.tenants,
            created_at: time(it.created_at),
            revoked_at: time(it.revoked_at),
            certificate_not_after: time(it.certificate_not_after),
        }
    }
}

impl Operator {
    fn tenants(&self) -> String {
        if self.tenants.is_empty() { "all".into() } else { self.tenants.join(", ") }
    }

    fn facts(&self, sheet: &mut Sheet<'_>, look: &Look) {
        sheet.fact("operator", &self.operator_id);
        let side = [self.role, self.party].map(|it| look.word(it));
        sheet.line("may act as", &side.join(", "));
        sheet.fact("teams", &self.teams.join(", "));
        sheet.fact("tenants", &self.tenants());
        sheet.line("created", &look.both(self.created_at));
        sheet.line("revoked", &look.both(self.revoked_at));
        sheet.line("certificate to", &look.both(self.certificate_not_after));
    }
}

impl View for Operator {
    fn text(&self, look: &Look) -> String {
        let mut sheet = Sheet::new(look, &self.name);
        self.facts(&mut sheet, look);
        sheet.text()
    }
}

/// `remit whoami`, and what `remit login` found.
#[derive(Debug, Serialize)]
pub(crate) struct Me {
    pub(crate) operator: Operator,
    pub(crate) collector: String,
    pub(crate) collector_version: String,
    /// The file that says so.
    pub(crate) credential: String,
}

impl View for Me {
    fn text(&self, look: &Look) -> String {
        let mut sheet = Sheet::new(look, &self.operator.name);
        self.operator.facts(&mut sheet, look);
        sheet.fact("collector", &format!("{}, version {}", self.collector, self.collector_version));
        sheet.fact("credential", &self.credential);
        sheet.text()
    }
}

/// `remit operator create`.
#[derive(Debug, Serialize)]
pub(crate) struct Created {
    pub(crate) operator: Operator,
    /// Where the credential was written.
    pub(crate) credential: String,
}

impl View for Created {
    fn text(&self, look: &Look) -> String {
        let mut sheet = Sheet::new(look, &format!("{} may come in", self.operator.name));
        self.operator.facts(&mut sheet, look);
        sheet.fact("credential", &self.credential);
        sheet.text()
    }
}

/// `remit operator list`.
#[derive(Debug, Serialize)]
pub(crate) struct Operators {
    pub(crate) operators: Vec<Operator>,
}

impl View for Operators {
    fn text(&self, look: &Look) -> String {
        let headings =
            ["OPERATOR", "NAME", "ROLE", "PARTY", "CERTIFICATE", "REVOKED", "TENANTS", "TEAMS"];
        let mut table = Table::new(look, &headings);
        let digits = telling(self.operators.iter().map(|it| it.operator_id.as_str()));
        for it in &self.operators {
            table.row([
                Field::Text(head(&it.operator_id, digits)),
                Field::Text(short(&it.name, 18)),
                Field::word(it.role),
                Field::word(it.party),
                Field::Text(look.ago(it.certificate_not_after)),
                Field::Text(look.ago(it.revoked_at)),
                Field::Text(short(&it.tenants(), 16)),
                Field::Text(plain(&it.teams.join(", "))),
            ]);
        }
        table.text()
    }
}
