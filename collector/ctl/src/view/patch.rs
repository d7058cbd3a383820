//! Updates: which machines lack which.

use remit_proto::v1;
use serde::Serialize;

use super::{
    Look, NOTHING, View,
    table::{Field, Table},
    text::{count, plain, short},
    time::{Time, time},
};
use crate::word::spelled;

/// `remit patch list`, worst first.
#[derive(Debug, Serialize)]
pub(crate) struct Patches {
    pub(crate) states: Vec<PatchStatus>,
}

/// What is known of one endpoint's updates.
#[derive(Debug, Serialize)]
pub(crate) struct PatchStatus {
    pub(crate) endpoint_id: String,
    pub(crate) hostname: String,
    pub(crate) tenant: String,
    pub(crate) site: String,
    pub(crate) manager: String,
    pub(crate) status: Option<&'static str>,
    pub(crate) reason: String,
    /// Null when unknown, which is not zero.
    pub(crate) pending: Option<u32>,
    pub(crate) security: Option<u32>,
    pub(crate) held: u32,
    pub(crate) deferred: u32,
    pub(crate) observed_at: Option<Time>,
    pub(crate) catalog_at: Option<Time>,
    pub(crate) last_patched_at: Option<Time>,
    pub(crate) reboot: Option<Reboot>,
    #[serde(skip_serializing_if = "String::is_empty")]
    pub(crate) system: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    pub(crate) managed_by: String,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(crate) known_exploited: Vec<KnownExploited>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(crate) items: Vec<PatchItem>,
}

/// What missing updates close and is exploited.
#[derive(Debug, Serialize)]
pub(crate) struct KnownExploited {
    pub(crate) cve: String,
    pub(crate) packages: Vec<String>,
    pub(crate) need: String,
    /// The catalogue's day.
    pub(crate) listed_due: String,
    /// Until when it must be gone here.
    pub(crate) due: Option<Time>,
    pub(crate) overdue: bool,
    pub(crate) ransomware: bool,
    pub(crate) catalogue: String,
}

/// Whether a restart is due.
#[derive(Debug, Serialize)]
pub(crate) struct Reboot {
    /// Null where nobody can tell.
    pub(crate) required: Option<bool>,
    pub(crate) reasons: Vec<String>,
    pub(crate) since: Option<Time>,
}

/// One update that is not installed.
#[derive(Debug, Serialize)]
pub(crate) struct PatchItem {
    pub(crate) package: String,
    pub(crate) installed: String,
    pub(crate) candidate: String,
    pub(crate) origins: Vec<String>,
    pub(crate) security: bool,
    pub(crate) state: Option<&'static str>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(crate) advisories: Vec<String>,
    #[serde(skip_serializing_if = "String::is_empty")]
    pub(crate) failure: String,
}

impl From<v1::PatchStatus> for PatchStatus {
    fn from(it: v1::PatchStatus) -> Self {
        Self {
            endpoint_id: it.endpoint_id,
            hostname: it.hostname,
            tenant: it.tenant,
            site: it.site,
            manager: it.manager,
            status: spelled::<v1::CheckStatus>(it.status),
            reason: it.reason,
            pending: it.pending,
            security: it.security,
            held: it.held,
            deferred: it.deferred,
            observed_at: time(it.observed_at),
            catalog_at: time(it.catalog_at),
            last_patched_at: time(it.last_patched_at),
            reboot: it.reboot.map(Into::into),
            system: it.system,
            managed_by: it.managed_by,
            known_exploited: it.known_exploited.into_iter().map(Into::into).collect(),
            items: it.items.into_iter().map(Into::into).collect(),
        }
    }
}

impl From<v1::KnownExploited> for KnownExploited {
    fn from(it: v1::KnownExploited) -> Self {
        Self {
            cve: it.cve,
            packages: it.packages,
            need: it.need,
            listed_due: it.listed_due,
            due: time(it.due),
            overdue: it.overdue,
            ransomware: it.ransomware,
            catalogue: it.catalogue,
        }
    }
}

impl From<v1::Reboot> for Reboot {
    fn from(it: v1::Reboot) -> Self {
        Self { required: it.required, reasons: it.reasons, since: time(it.since) }
    }
}

impl From<v1::PatchItem> for PatchItem {
    fn from(it: v1::PatchItem) -> Self {
        Self {
            package: it.package,
            installed: it.installed,
            candidate: it.candidate,
            origins: it.origins,
            security: it.security,
            state: spelled::<v1::PatchState>(it.state),
            advisories: it.advisories,
            failure: it.failure,
        }
    }
}

impl View for Patches {
    fn text(&self, look: &Look) -> String {
        if self.states.is_empty() {
            return "no endpoints".into();
        }
        let mut text = overview(&self.states, look);
        for state in self.states.iter().filter(|it| !it.known_exploited.is_empty()) {
            let heading = format!("{}: known to be exploited", plain(&state.hostname));
            let list = exploited(&state.known_exploited, look);
            text += &format!("\n\n{}\n{list}", look.bold(&heading));
        }
        for state in self.states.iter().filter(|it| !it.items.is_empty()) {
            let list = items(state, look);
            text += &format!("\n\n{}\n{list}", look.bold(&state.heading()));
        }
        text
    }
}

fn overview(states: &[PatchStatus], look: &Look) -> String {
    let headings = [
        "HOST", "STATUS", "PENDING", "SECURITY", "HELD", "REBOOT", "CATALOG", "PATCHED", "TENANT",
        "WHY",
    ];
    let mut table = Table::new(look, &headings);
    for it in states {
        table.row([
            Field::Text(short(&it.hostname, 16)),
            Field::word(it.status),
            known(it.pending),
            known(it.security),
            Field::number(it.held + it.deferred),
            Field::Text(it.reboot().into()),
            Field::Text(look.age(it.catalog_at)),
            Field::Text(look.age(it.last_patched_at)),
            Field::Text(short(&it.tenant, 10)),
            Field::text(&it.reason),
        ]);
    }
    table.text()
}

fn known(number: Option<u32>) -> Field {
    number.map_or(Field::Word("unknown".into()), Field::number)
}

impl PatchStatus {
    /// What its list is a list of, and whose business it is.
    fn heading(&self) -> String {
        let count = count(self.items.len(), "update");
        let mut heading = format!("{}: {count}", plain(&self.hostname));
        for (word, said) in [("for", &self.system), ("managed by", &self.managed_by)] {
            if !said.is_empty() {
                heading += &format!(", {word} {}", plain(said));
            }
        }
        heading
    }

    fn reboot(&self) -> &'static str {
        match self.reboot.as_ref().and_then(|it| it.required) {
            Some(true) => "due",
            Some(false) => "no",
            None => NOTHING,
        }
    }
}

fn exploited(list: &[KnownExploited], look: &Look) -> String {
    let mut table = Table::new(look, &[]);
    for it in list {
        let ransomware = if it.ransomware { "ransomware" } else { "" };
        table.row([
            Field::Text(format!("  {}", short(&it.cve, 24))),
            Field::text(&it.need),
            Field::Text(format!("due {}", short(&it.listed_due, 10))),
            Field::Text(if it.overdue { "overdue" } else { "" }.into()),
            Field::Text(ransomware.into()),
            Field::text(&it.packages.join(", ")),
        ]);
    }
    let sources = list.iter().map(|it| plain(&it.catalogue)).next().unwrap_or_default();
    format!("{}\n  {sources}", table.text().trim_end())
}

/// The day on which one must be gone at the earliest, if an update closes what
/// is exploited.
fn listed_due<'a>(state: &'a PatchStatus, item: &PatchItem) -> Option<&'a str> {
    let names = |it: &&KnownExploited| {
        item.advisories.iter().any(|name| name.eq_ignore_ascii_case(&it.cve))
    };
    state.known_exploited.iter().filter(names).map(|it| it.listed_due.as_str()).min()
}

fn items(state: &PatchStatus, look: &Look) -> String {
    let mut table = Table::new(look, &[]);
    for item in &state.items {
        let exploited = listed_due(state, item)
            .map_or_else(String::new, |it| format!("exploited, due {}", short(it, 10)));
        let class = if item.security { "security" } else { "" };
        table.row([
            Field::Text(format!("  {}", short(&item.package, 34))),
            Field::Text(short(&item.installed, 22)),
            Field::Text(short(&item.candidate, 22)),
            Field::Text(class.into()),
            Field::word(item.state),
            Field::Text(exploited),
        ]);
    }
    table.text()
}
