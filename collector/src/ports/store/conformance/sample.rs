//! Records to try a store with: every field has something in it.

mod alert;
mod change;
mod contact;
mod daybook;
mod endpoint;
mod known_issue;
mod shift;
mod source;
mod window;

use std::sync::Arc;

use jiff::Timestamp;
use remit_collector_domain::{
    change::Signatory,
    effect::{AuditEntry, Effect, FeedEvent},
    endpoint::{Certificate, Frame},
    enroll::{Given, Token, Use},
    letter::{Letter, Matter},
    matrix_version::{Published, Signature},
    operator::{Operator, Role},
    seen::Seen,
    signal::{Say, Signal},
};
use remit_shared::{
    AlertId, ChangeId, EndpointId, EndpointKind, Function, OperatorId, Party, Series, Severity,
    Site, Tag, Team, Tenant, TokenId, Unit,
};
use uuid::Uuid;

pub use self::{
    alert::{alert, resolved},
    change::change,
    contact::contact,
    daybook::day,
    endpoint::{checks, endpoint, facts, pulse, registration},
    known_issue::known_issue,
    shift::shift,
    source::source,
    window::window,
};

const NAMED: &str = "the samples' names are valid";

/// So many minutes after the samples' beginning of time.
pub fn minute(minutes: i64) -> Timestamp {
    Timestamp::constant(1_772_000_000 + 60 * minutes, 0)
}

/// Endpoint number `n`.
pub fn endpoint_id(n: u128) -> EndpointId {
    EndpointId::from_uuid(Uuid::from_u128(n))
}

/// Alert number `n`.
pub fn alert_id(n: u128) -> AlertId {
    AlertId::from_uuid(Uuid::from_u128(n))
}

fn token_id(n: u128) -> TokenId {
    TokenId::from_uuid(Uuid::from_u128(n))
}

fn change_id(n: u128) -> ChangeId {
    ChangeId::from_uuid(Uuid::from_u128(n))
}

fn operator_id(n: u128) -> OperatorId {
    OperatorId::from_uuid(Uuid::from_u128(n))
}

fn team(name: &str) -> Team {
    Team::new(name).expect(NAMED)
}

/// The customer environment that all samples belong to.
pub fn tenant() -> Tenant {
    Tenant::new("acme").expect(NAMED)
}

fn site() -> Site {
    Site::new("head-office").expect(NAMED)
}

fn function(name: &str) -> Function {
    Function::new(name).expect(NAMED)
}

/// A series of the samples' endpoints.
pub fn series(metric: &str, instance: &str) -> Series {
    Series { metric: metric.into(), instance: instance.into(), unit: Unit::Bytes }
}

/// The values that changed at a minute, by series.
pub fn frame(at: i64, changed: &[(u32, Option<i64>)]) -> Frame {
    Frame { at: minute(at), changed: changed.to_vec() }
}

/// A token that has been used once.
pub fn token(n: u128) -> Token {
    Token {
        id: token_id(n),
        secret_sha256: [0xab; 32],
        tenant: tenant(),
        site: site(),
        kind: Some(EndpointKind::Workstation),
        tags: vec![Tag::new("laptop").expect(NAMED)],
        max_uses: 25,
        created_at: minute(0),
        created_by: "ada".into(),
        expires_at: minute(1_440),
        revoked_at: Some(minute(60)),
        uses: vec![Use {
            public_key_sha256: [0x0f; 32],
            endpoint: endpoint_id(1),
            at: minute(1),
            given: Some(Given {
                der: vec![0x30, 0x82],
                certificate: Certificate { serial: "0af1".into(), not_after: minute(9_000) },
            }),
        }],
    }
}

/// An operator whose trust has ended.
pub fn operator(n: u128) -> Operator {
    Operator {
        id: operator_id(n),
        name: "Ada".into(),
        role: Role::Manager,
        party: Party::Provider,
        teams: vec![team("provider-noc")],
        tenants: vec![tenant()],
        serial: "77aa".into(),
        not_after: minute(10_000),
        created_at: minute(0),
        revoked: Some((minute(70), "left the company".into())),
    }
}

/// A version of the matrix.
pub fn matrix(version: u64) -> Published {
    Published {
        tenant: tenant(),
        version,
        text: "# Who does what.\n[[row]]\nfunction = \"backup_monitoring\"\n".into(),
        sha256: "9f86d081884c7d659a2feaa0c55ad015".into(),
        previous_sha256: Some("60303ae22b998861bce3b28f33eec1be".into()),
        published_at: minute(0),
        published_by: "ada".into(),
        note: "first version".into(),
        effective_from: minute(30),
        change: Some(change_id(3)),
        signatures: vec![Signature {
            operator: operator_id(1),
            name: "Ada".into(),
            party: Party::Provider,
            at: minute(0),
            sha256: "9f86d081884c7d659a2feaa0c55ad015".into(),
            signature: Some("c2lnbmVk".into()),
        }],
    }
}

/// What was seen of two alerts.
fn seen() -> Seen {
    let newest = [(minute(12), alert_id(1))].into();
    Seen { newest, forgotten: Some((minute(11), alert_id(2))) }
}

/// A manager who agrees.
pub fn signatory(n: u128) -> Signatory {
    Signatory {
        operator: operator_id(n),
        name: "Ada".into(),
        party: Party::Provider,
        role: Role::Manager,
    }
}

/// A change for the feed, at a minute.
pub fn event(n: u128, at: i64) -> Effect {
    let alert = alert(n, endpoint_id(1), "/srv", at).brief();
    Effect::Publish(Box::new(FeedEvent { entry: alert::entry(at), alert: Arc::new(alert) }))
}

/// A deed for the audit trail, at a minute.
pub fn deed(action: &str, at: i64) -> Effect {
    Effect::Audit(AuditEntry {
        at: minute(at),
        tenant: Some(tenant()),
        actor: "ada".into(),
        action: action.into(),
        object: token_id(1).to_string(),
        detail: "25 uses".into(),
    })
}

/// Something to tell that is no alert's.
pub fn letter(matter: Matter) -> Effect {
    Effect::Tell(Box::new(Letter {
        matter,
        tenant: tenant(),
        team: team("provider-noc"),
        party: Party::Provider,
        channel: "slack:noc".into(),
        made_at: minute(3),
        page: true,
        subject: "a change waits".into(),
        text: "look at it".into(),
    }))
}

/// Something for an alert to hear of.
pub fn signal(summary: &str) -> Effect {
    Effect::Signal(Signal {
        subject: None,
        check: "disk-space".into(),
        instance: "/srv".into(),
        function: function("infra_monitoring"),
        observed_at: minute(0),
        summary: summary.into(),
        say: Say::Raised {
            severity: Severity::High,
            evidence: "disk_used[/srv] = 960 of 1000".into(),
            delayed: false,
        },
    })
}
