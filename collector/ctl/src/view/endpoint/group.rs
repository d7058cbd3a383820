//! Many endpoints, and what becomes of each.

use remit_proto::v1;
use serde::Serialize;

use crate::{
    failure::Failure,
    view::{
        Look, NOTHING, View,
        table::{Field, Table},
        text::{count, head, plain, short, telling},
        time::{Time, time},
    },
    word::spelled,
};

/// Endpoints that something is done to.
#[derive(Debug, Serialize)]
pub(crate) struct Group {
    /// What is done, as in "3 endpoints were retired".
    #[serde(skip)]
    done: &'static str,
    pub(crate) endpoints: Vec<Member>,
    /// The changes by which it is done, where it takes any.
    change_ids: Vec<String>,
}

/// One of them.
#[derive(Debug, Serialize)]
pub(crate) struct Member {
    pub(crate) endpoint_id: String,
    pub(crate) hostname: String,
    tenant: String,
    site: String,
    last_heard_at: Option<Time>,
    open_alerts: u32,
    /// Why it waits, if it does.
    waits_because: Option<&'static str>,
    pub(crate) outcome: Outcome,
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<String>,
}

/// What became of one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Outcome {
    /// Nothing yet.
    Planned,
    /// It is trusted now.
    LetIn,
    /// It is not.
    TurnedAway,
    /// It is out of service.
    Retired,
    /// The other side is asked.
    Proposed,
    /// It could not be done.
    Failed,
}

impl Outcome {
    fn as_str(self) -> &'static str {
        match self {
            Self::Planned => "planned",
            Self::LetIn => "let_in",
            Self::TurnedAway => "turned_away",
            Self::Retired => "retired",
            Self::Proposed => "proposed",
            Self::Failed => "failed",
        }
    }
}

impl Group {
    /// These, and nothing done to them yet.
    pub(crate) fn new(done: &'static str, found: &[v1::Endpoint]) -> Self {
        let endpoints = found.iter().map(Member::new).collect();
        Self { done, endpoints, change_ids: Vec::new() }
    }

    /// Notes what became of a tenant's endpoints by a change.
    pub(crate) fn settle(&mut self, tenant: &str, change_id: &str, outcome: Outcome) {
        self.change_ids.push(change_id.to_owned());
        self.endpoints.iter_mut().filter(|it| it.tenant == tenant).for_each(|it| {
            it.outcome = outcome;
        });
    }

    fn are(&self, outcome: Outcome) -> usize {
        self.endpoints.iter().filter(|it| it.outcome == outcome).count()
    }

    /// What came of it, in a line or two.
    fn end(&self) -> String {
        let all = self.endpoints.len();
        if self.are(Outcome::Planned) == all {
            return format!("{} would be {}", count(all, "endpoint"), self.done);
        }
        let changes = plain(&self.change_ids.join(", "));
        if self.are(Outcome::Proposed) > 0 {
            return format!(
                "the other side is asked to agree: {changes}; once it does, {} are {}",
                count(all, "endpoint"),
                self.done
            );
        }
        let failed = self.are(Outcome::Failed);
        let done = count(all - failed, "endpoint");
        let by = if changes.is_empty() { String::new() } else { format!(" by {changes}") };
        let not = if failed > 0 { format!(", {failed} could not be") } else { String::new() };
        format!("{done} {}{by}{not}", self.done)
    }
}

impl Member {
    fn new(it: &v1::Endpoint) -> Self {
        let waiting = it.waiting.as_ref();
        Self {
            endpoint_id: it.endpoint_id.clone(),
            hostname: it.host.as_ref().map_or(NOTHING.into(), |it| it.hostname.clone()),
            tenant: it.tenant.clone(),
            site: it.site.clone(),
            last_heard_at: time(waiting.map_or(it.last_heard_at, |it| it.last_heard_at)),
            open_alerts: it.open_alerts,
            waits_because: waiting.and_then(|it| spelled::<v1::WaitingReason>(it.reason)),
            outcome: Outcome::Planned,
            error: None,
        }
    }

    /// Notes what went wrong.
    pub(crate) fn fail(&mut self, failure: &Failure) {
        self.outcome = Outcome::Failed;
        self.error = Some(failure.to_string());
    }
}

impl View for Group {
    fn text(&self, look: &Look) -> String {
        let headings = ["ENDPOINT", "HOST", "TENANT", "HEARD", "ALERTS", "OUTCOME", "WHY"];
        let mut table = Table::new(look, &headings);
        let digits = telling(self.endpoints.iter().map(|it| it.endpoint_id.as_str()));
        for it in &self.endpoints {
            table.row([
                Field::Text(head(&it.endpoint_id, digits)),
                Field::Text(short(&it.hostname, 18)),
                Field::Text(short(&format!("{}/{}", it.tenant, it.site), 16)),
                Field::Text(look.ago(it.last_heard_at)),
                Field::number(it.open_alerts),
                Field::word(Some(it.outcome.as_str())),
                Field::text(it.error.as_deref().or(it.waits_because).unwrap_or_default()),
            ]);
        }
        format!("{}\n{}", table.text(), self.end())
    }
}
