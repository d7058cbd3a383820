//! What a window, a known issue or a change is about.

use remit_proto::v1;

use super::message::{Word, messages};

messages! {
    /// What something is about; every part that is given must fit.
    Selector {
        endpoints: Vec<String>,
        sites: Vec<String>,
        tags: Vec<String>,
        kind: Word<v1::EndpointKind>,
        functions: Vec<String>,
        checks: Vec<String>,
        instance: String,
    }
}

impl Selector {
    /// In words: `hq, tag db, disk-space /var`.
    pub(crate) fn told(&self) -> String {
        let tags = self.tags.iter().map(|it| format!("tag {it}"));
        let choices = [&self.endpoints, &self.sites, &self.functions, &self.checks];
        let choices = choices.into_iter().filter(|it| !it.is_empty()).map(|it| it.join(" or "));
        let kind = self.kind.text().map(|it| format!("any {it}"));
        let instance = Some(self.instance.clone()).filter(|it| !it.is_empty());
        let parts: Vec<_> = kind.into_iter().chain(tags).chain(choices).chain(instance).collect();
        if parts.is_empty() { "everything".into() } else { parts.join(", ") }
    }
}

/// What an absent selector says, too.
pub(crate) fn told(selector: Option<&Selector>) -> String {
    selector.map_or_else(|| "everything".into(), Selector::told)
}
