mod bodies;
mod peers;

use jiff::Timestamp;
use remit_collector_domain::{
    alert::{NoticeId, Topic},
    matrix::{Call, Contact},
    notice::{Facts, MessageId},
    people::Target,
};
use remit_shared::{AlertId, EndpointId, Function, Party, Severity, Site, Team, Tenant};
use serde_json::Value;
use uuid::Uuid;

use super::*;

/// Says in its text all that a receiver could take for more than text.
const HOSTILE: &str = "<!channel> & <https://evil.example|click> `x` *y*\r\nBcc: [a](b)\u{1b}[2J";

struct FixedClock;

impl Clock for FixedClock {
    fn now(&self) -> Timestamp {
        Timestamp::constant(1_772_550_000, 0)
    }
}

fn facts() -> Facts {
    Facts {
        alert: AlertId::from_uuid(Uuid::from_u128(0xa1e7)),
        tenant: Tenant::new("acme").unwrap(),
        site: Site::new("hq").unwrap(),
        endpoint: EndpointId::from_uuid(Uuid::from_u128(7)),
        hostname: "db-7".into(),
        check: "disk-space".into(),
        instance: "/srv".into(),
        function: Function::new("infra_monitoring").unwrap(),
        severity: Severity::High,
        acknowledged: false,
        resolved_at: None,
        opened_at: Timestamp::constant(1_772_549_000, 0),
        summary: "/srv is 96.0 % full".into(),
        evidence: "disk_used[/srv] = 960 of 1000".into(),
        owner: Team::new("provider-noc").unwrap(),
        owner_party: Party::Provider,
        accountable: Team::new("internal-it").unwrap(),
        reason: "row infra: outside office hours (matrix version 2)".into(),
        runbook: "https://wiki.example.org/disk".into(),
        call: Call {
            contacts: vec![(
                Team::new("provider-noc").unwrap(),
                Contact {
                    name: "Shift lead".into(),
                    phone: "+1 646 555 0101".into(),
                    email: String::new(),
                },
            )],
            on_call: "kim is on call in `noc-nights` until Mon 2026-03-09 08:00".into(),
        },
    }
}

fn about(alerts: Vec<Facts>) -> Message {
    Message {
        id: MessageId::Notice(NoticeId { alert: alerts[0].alert, number: 3 }),
        made_at: Timestamp::constant(1_772_549_500, 0),
        topic: Topic::Assigned.as_str(),
        tenant: alerts[0].tenant.clone(),
        to: Target::Team(Team::new("provider-noc").unwrap()),
        owner: alerts[0].owner.clone(),
        owner_party: alerts[0].owner_party,
        severity: alerts[0].severity,
        subject: format!("[HIGH] db-7: {} (acme)", alerts[0].summary),
        text: format!("{}\n\nIt is yours to act on.", alerts[0].summary),
        alerts,
    }
}

fn message() -> Message {
    about(vec![facts()])
}

fn hostile() -> Message {
    let text = || HOSTILE.to_owned();
    about(vec![Facts {
        summary: text(),
        hostname: text(),
        check: text(),
        instance: text(),
        evidence: text(),
        runbook: text(),
        reason: text(),
        ..facts()
    }])
}

/// As much as anybody could write.
fn huge() -> Message {
    let text = || "ä&\u{1f600}".repeat(20_000);
    let all = Facts {
        summary: text(),
        hostname: text(),
        check: text(),
        instance: text(),
        evidence: text(),
        runbook: text(),
        reason: text(),
        ..facts()
    };
    let mut message = about(vec![all; 30]);
    message.text = text();
    message
}

#[test]
fn a_signature_is_the_one_that_anybody_with_the_secret_computes() {
    // printf '1700000000.{}' | openssl dgst -sha256 -hmac secret
    let expected =
        "t=1700000000,v1=b8569b78799ff9e3cbff0fc2d63a33a2b57f3282abd07c37ae5e8e7d79a5f163";
    assert_eq!(signature(b"secret", 1_700_000_000, b"{}"), expected);
}
