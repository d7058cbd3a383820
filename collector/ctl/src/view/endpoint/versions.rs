//! Which versions of the agent are in use.

use std::collections::BTreeMap;

use remit_proto::v1;
use serde::Serialize;

use crate::view::{
    Look, View,
    table::{Field, Table},
    text::{count, plain, short},
};

/// `remit endpoint versions`.
#[derive(Debug, Serialize)]
pub(crate) struct Versions {
    collector_version: String,
    outdated: usize,
    versions: Vec<Version>,
}

#[derive(Debug, Serialize)]
struct Version {
    agent_version: String,
    endpoints: usize,
    outdated: bool,
}

impl Versions {
    /// Counts them; endpoints without an agent have none.
    pub(crate) fn of(listed: &v1::ListEndpointsResponse) -> Self {
        let mut counted: BTreeMap<(&str, bool), usize> = BTreeMap::new();
        for it in &listed.endpoints {
            let version = it.host.as_ref().map_or("", |it| it.agent_version.as_str());
            if !version.is_empty() {
                *counted.entry((version, it.outdated)).or_default() += 1;
            }
        }
        let version = |((version, outdated), endpoints): ((&str, bool), usize)| Version {
            agent_version: version.to_owned(),
            endpoints,
            outdated,
        };
        let versions: Vec<_> = counted.into_iter().map(version).collect();
        Self {
            collector_version: listed.collector_version.clone(),
            outdated: versions.iter().filter(|it| it.outdated).map(|it| it.endpoints).sum(),
            versions,
        }
    }
}

impl View for Versions {
    fn text(&self, look: &Look) -> String {
        let mut table = Table::new(look, &["AGENT", "ENDPOINTS", "OUTDATED"]);
        for it in &self.versions {
            table.row([
                Field::Text(short(&it.agent_version, 24)),
                Field::number(it.endpoints),
                Field::word(Some(if it.outdated { "outdated" } else { "ok" })),
            ]);
        }
        let version = plain(&self.collector_version);
        let behind = count(self.outdated, "endpoint");
        format!("{}\nthe collector is {version}; behind it: {behind}", table.text())
    }
}
