//! Sources: other tools that raise alerts.

use remit_proto::v1;
use serde::Serialize;

use super::{
    Look, View,
    message::{Word, messages},
    table::{Field, Table},
    text::{head, plain, short, telling},
    time::Time,
};

messages! {
    /// A source, without its token.
    Source {
        source_id: String,
        tenant: String,
        site: String,
        name: String,
        kind: Word<v1::SourceKind>,
        mapping: String,
        created_by: String,
        created_at: Option<Time>,
        rotated_at: Option<Time>,
        revoked_at: Option<Time>,
        last_heard_at: Option<Time>,
        accepted: u64,
        refused: u64,
        last_error: String,
        events_per_minute: u32,
        function: String,
    }
}

impl Source {
    /// Which one it is, in one line.
    pub(crate) fn headline(&self) -> String {
        let Self { source_id, name, tenant, site, .. } = self;
        format!("{source_id}: {name} ({}) for {tenant} / {site}", self.kind.or_nothing())
    }
}

impl View for Source {
    fn text(&self, look: &Look) -> String {
        let ended = match self.revoked_at {
            Some(_) => format!(", {} {}", look.word(Some("revoked")), look.exact(self.revoked_at)),
            None => String::new(),
        };
        plain(&self.headline()) + &ended
    }
}

/// `remit source create` and `rotate`. As text it is the token and nothing else,
/// ready to be piped to where it is needed.
#[derive(Debug, Serialize)]
pub(crate) struct Created {
    pub(crate) source: Source,
    /// Where it sends to, below the collector's own address.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub(crate) path: String,
    /// Absent if it was written to a file.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) token: Option<String>,
}

impl View for Created {
    fn text(&self, _look: &Look) -> String {
        self.token.as_deref().map_or_else(|| plain(&self.source.headline()), plain)
    }
}

/// `remit source list`.
#[derive(Debug, Serialize)]
pub(crate) struct Sources {
    pub(crate) sources: Vec<Source>,
}

impl View for Sources {
    fn text(&self, look: &Look) -> String {
        if self.sources.is_empty() {
            return "no sources".into();
        }
        let headings =
            ["SOURCE", "NAME", "KIND", "TENANT", "SITE", "HEARD", "TAKEN", "REFUSED", "LAST ERROR"];
        let mut table = Table::new(look, &headings);
        let digits = telling(self.sources.iter().map(|it| it.source_id.as_str()));
        for it in &self.sources {
            let heard = match it.revoked_at {
                Some(_) => Field::Word("revoked".into()),
                None => Field::Text(look.ago(it.last_heard_at)),
            };
            table.row([
                Field::Text(head(&it.source_id, digits)),
                Field::Text(short(&it.name, 16)),
                Field::Text(it.kind.or_nothing().into()),
                Field::Text(short(&it.tenant, 12)),
                Field::Text(short(&it.site, 10)),
                heard,
                Field::number(it.accepted),
                Field::number(it.refused),
                Field::text(&it.last_error),
            ]);
        }
        table.text()
    }
}
