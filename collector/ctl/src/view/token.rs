//! Enrollment tokens.

use remit_proto::v1;
use serde::Serialize;

use super::{
    Look, NOTHING, View,
    sheet::Sheet,
    table::{Field, Table},
    text::{count, head, plain, short, telling},
    time::{Time, time},
};
use crate::word::spelled;

/// A token, without its secret.
#[derive(Debug, Serialize)]
pub(crate) struct Token {
    pub(crate) token_id: String,
    pub(crate) tenant: String,
    pub(crate) site: String,
    pub(crate) kind: Option<&'static str>,
    pub(crate) tags: Vec<String>,
    pub(crate) max_uses: u32,
    pub(crate) uses: u32,
    pub(crate) created_at: Option<Time>,
    pub(crate) expires_at: Option<Time>,
    pub(crate) revoked_at: Option<Time>,
    pub(crate) created_by: String,
    pub(crate) endpoint_ids: Vec<String>,
}

impl From<v1::Token> for Token {
    fn from(it: v1::Token) -> Self {
        Self {
            token_id: it.token_id,
            tenant: it.tenant,
            site: it.site,
            kind: spelled::<v1::EndpointKind>(it.kind),
            tags: it.tags,
            max_uses: it.max_uses,
            uses: it.uses,
            created_at: time(it.created_at),
            expires_at: time(it.expires_at),
            revoked_at: time(it.revoked_at),
            created_by: it.created_by,
            endpoint_ids: it.endpoint_ids,
        }
    }
}

impl Token {
    /// What it is good for, in one line.
    pub(crate) fn headline(&self, look: &Look) -> String {
        format!(
            "{}: lets {} into {} / {}, until {}",
            self.token_id,
            count(self.max_uses as usize, "endpoint"),
            self.tenant,
            self.site,
            look.both(self.expires_at)
        )
    }

    fn state(&self, look: &Look) -> String {
        match self {
            Self { revoked_at: Some(_), .. } => "revoked".into(),
            Self { uses, max_uses, .. } if uses >= max_uses => "spent".into(),
            Self { expires_at, .. } => look.ago(*expires_at),
        }
    }
}

impl View for Token {
    fn text(&self, look: &Look) -> String {
        let mut sheet = Sheet::new(look, &self.token_id);
        sheet.fact("for", &format!("{} / {}", self.tenant, self.site));
        sheet.line("used", &format!("{} of {}", self.uses, self.max_uses));
        sheet.line("expires", &look.both(self.expires_at));
        sheet.line("revoked", &look.both(self.revoked_at));
        sheet.facts("enrolled", self.endpoint_ids.iter().map(String::as_str));
        sheet.text()
    }
}

/// `remit token create`. As text it is the token and nothing else, ready to be
/// piped to where it is needed.
#[derive(Debug, Serialize)]
pub(crate) struct Created {
    pub(crate) token: Token,
    /// Absent if it was written to a file.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) text: Option<String>,
}

impl View for Created {
    fn text(&self, look: &Look) -> String {
        self.text.as_deref().map_or_else(|| plain(&self.token.headline(look)), plain)
    }
}

/// `remit token list`.
#[derive(Debug, Serialize)]
pub(crate) struct Tokens {
    pub(crate) tokens: Vec<Token>,
}

impl View for Tokens {
    fn text(&self, look: &Look) -> String {
        if self.tokens.is_empty() {
            return "no tokens".into();
        }
        let headings = ["TOKEN", "TENANT", "SITE", "KIND", "USED", "EXPIRES", "BY", "TAGS"];
        let mut table = Table::new(look, &headings);
        let digits = telling(self.tokens.iter().map(|it| it.token_id.as_str()));
        for it in &self.tokens {
            table.row([
                Field::Text(head(&it.token_id, digits)),
                Field::Text(short(&it.tenant, 16)),
                Field::Text(short(&it.site, 14)),
                Field::Text(it.kind.unwrap_or(NOTHING).into()),
                Field::Text(format!("{}/{}", it.uses, it.max_uses)),
                Field::Text(it.state(look)),
                Field::Text(short(&it.created_by, 14)),
                Field::text(&it.tags.join(", ")),
            ]);
        }
        table.text()
    }
}
