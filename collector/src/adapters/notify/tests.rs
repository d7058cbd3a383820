use std::sync::{Arc, Mutex};

use axum::{
    Router,
    body::Bytes,
    extract::State,
    http::{HeaderMap, StatusCode, Uri},
};
use expect_test::{Expect, expect};
use jiff::{SignedDuration, Timestamp};
use remit_collector_domain::{
    alert::{NoticeId, Topic},
    notice::Facts,
};
use remit_shared::{AlertId, EndpointId, Function, Party, Severity, Site, Team, Tenant};
use serde_json::Value;
use tokio::{net::TcpListener, task::JoinSet};
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
    }
}

fn about(alerts: Vec<Facts>) -> Message {
    Message {
        id: NoticeId { alert: alerts[0].alert, number: 3 },
        made_at: Timestamp::constant(1_772_549_500, 0),
        topic: Topic::Assigned,
        tenant: alerts[0].tenant.clone(),
        team: Team::new("provider-noc").unwrap(),
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

fn shows(body: &impl serde::Serialize, expected: Expect) {
    expected.assert_eq(&serde_json::to_string_pretty(body).unwrap());
}

#[test]
fn what_slack_is_told() {
    shows(
        &slack::body(&message()),
        expect![[r#"
        {
          "blocks": [
            {
              "text": {
                "text": ":red_circle: *[HIGH] db-7: /srv is 96.0 % full (acme)*",
                "type": "mrkdwn",
                "verbatim": true
              },
              "type": "section"
            },
            {
              "fields": [
                {
                  "text": "*State*\nopen, high",
                  "type": "mrkdwn",
                  "verbatim": true
                },
                {
                  "text": "*Endpoint*\ndb-7 (hq)",
                  "type": "mrkdwn",
                  "verbatim": true
                },
                {
                  "text": "*Check*\ndisk-space /srv",
                  "type": "mrkdwn",
                  "verbatim": true
                },
                {
                  "text": "*Since*\n2026-03-03T14:43:20Z",
                  "type": "mrkdwn",
                  "verbatim": true
                },
                {
                  "text": "*Responsible*\nprovider-noc (provider)",
                  "type": "mrkdwn",
                  "verbatim": true
                },
                {
                  "text": "*Because*\nrow infra: outside office hours (matrix version 2)",
                  "type": "mrkdwn",
                  "verbatim": true
                }
              ],
              "type": "section"
            },
            {
              "text": {
                "text": "```disk_used[/srv] = 960 of 1000```",
                "type": "mrkdwn",
                "verbatim": true
              },
              "type": "section"
            },
            {
              "text": {
                "text": "<https://wiki.example.org/disk|Runbook>   remit alert show alr_0000000000000000000000000000a1e7",
                "type": "mrkdwn",
                "verbatim": true
              },
              "type": "section"
            },
            {
              "elements": [
                {
                  "text": "owner_team=provider-noc owner_party=provider tenant=acme topic=assigned",
                  "type": "mrkdwn",
                  "verbatim": true
                }
              ],
              "type": "context"
            }
          ],
          "text": "[HIGH] db-7: /srv is 96.0 % full (acme)"
        }"#]],
    );
}

#[test]
fn what_teams_is_told() {
    shows(
        &teams::card(&message(), 10, 3_000),
        expect![[r#"
        {
          "attachments": [
            {
              "content": {
                "$schema": "http://adaptivecards.io/schemas/adaptive-card.json",
                "actions": [
                  {
                    "title": "Runbook",
                    "type": "Action.OpenUrl",
                    "url": "https://wiki.example.org/disk"
                  }
                ],
                "body": [
                  {
                    "inlines": [
                      {
                        "color": "attention",
                        "size": "large",
                        "text": "[HIGH] db-7: /srv is 96.0 % full (acme)",
                        "type": "TextRun",
                        "weight": "bolder"
                      }
                    ],
                    "type": "RichTextBlock"
                  },
                  {
                    "inlines": [
                      {
                        "text": "State: ",
                        "type": "TextRun",
                        "weight": "bolder"
                      },
                      {
                        "text": "open, high",
                        "type": "TextRun"
                      }
                    ],
                    "spacing": "none",
                    "type": "RichTextBlock"
                  },
                  {
                    "inlines": [
                      {
                        "text": "Endpoint: ",
                        "type": "TextRun",
                        "weight": "bolder"
                      },
                      {
                        "text": "db-7 (hq)",
                        "type": "TextRun"
                      }
                    ],
                    "spacing": "none",
                    "type": "RichTextBlock"
                  },
                  {
                    "inlines": [
                      {
                        "text": "Check: ",
                        "type": "TextRun",
                        "weight": "bolder"
                      },
                      {
                        "text": "disk-space /srv",
                        "type": "TextRun"
                      }
                    ],
                    "spacing": "none",
                    "type": "RichTextBlock"
                  },
                  {
                    "inlines": [
                      {
                        "text": "Since: ",
                        "type": "TextRun",
                        "weight": "bolder"
                      },
                      {
                        "text": "2026-03-03T14:43:20Z",
                        "type": "TextRun"
                      }
                    ],
                    "spacing": "none",
                    "type": "RichTextBlock"
                  },
                  {
                    "inlines": [
                      {
                        "text": "Responsible: ",
                        "type": "TextRun",
                        "weight": "bolder"
                      },
                      {
                        "text": "provider-noc (provider)",
                        "type": "TextRun"
                      }
                    ],
                    "spacing": "none",
                    "type": "RichTextBlock"
                  },
                  {
                    "inlines": [
                      {
                        "text": "Because: ",
                        "type": "TextRun",
                        "weight": "bolder"
                      },
                      {
                        "text": "row infra: outside office hours (matrix version 2)",
                        "type": "TextRun"
                      }
                    ],
                    "spacing": "none",
                    "type": "RichTextBlock"
                  },
                  {
                    "inlines": [
                      {
                        "text": "Alert: ",
                        "type": "TextRun",
                        "weight": "bolder"
                      },
                      {
                        "text": "remit alert show alr_0000000000000000000000000000a1e7",
                        "type": "TextRun"
                      }
                    ],
                    "spacing": "none",
                    "type": "RichTextBlock"
                  },
                  {
                    "inlines": [
                      {
                        "fontType": "Monospace",
                        "text": "disk_used[/srv] = 960 of 1000",
                        "type": "TextRun"
                      }
                    ],
                    "type": "RichTextBlock"
                  },
                  {
                    "inlines": [
                      {
                        "isSubtle": true,
                        "size": "small",
                        "text": "owner_team=provider-noc owner_party=provider tenant=acme topic=assigned",
                        "type": "TextRun"
                      }
                    ],
                    "separator": true,
                    "type": "RichTextBlock"
                  }
                ],
                "msteams": {
                  "width": "Full"
                },
                "type": "AdaptiveCard",
                "version": "1.4"
              },
              "contentType": "application/vnd.microsoft.card.adaptive",
              "contentUrl": null
            }
          ],
          "type": "message"
        }"#]],
    );
}

#[test]
fn what_pagerduty_is_told() {
    shows(
        &pagerduty::event("key", &message(), &facts()),
        expect![[r#"
        {
          "client": "Remit",
          "dedup_key": "alr_0000000000000000000000000000a1e7",
          "event_action": "trigger",
          "links": [
            {
              "href": "https://wiki.example.org/disk",
              "text": "Runbook"
            }
          ],
          "payload": {
            "class": "disk-space",
            "component": "/srv",
            "custom_details": {
              "accountable": "internal-it",
              "because": "row infra: outside office hours (matrix version 2)",
              "evidence": "disk_used[/srv] = 960 of 1000",
              "function": "infra_monitoring",
              "owner_party": "provider",
              "owner_team": "provider-noc",
              "runbook": "https://wiki.example.org/disk",
              "tenant": "acme",
              "topic": "assigned"
            },
            "group": "hq",
            "severity": "error",
            "source": "db-7",
            "summary": "db-7: /srv is 96.0 % full (acme)",
            "timestamp": "2026-03-03T14:43:20Z"
          },
          "routing_key": "key"
        }"#]],
    );
}

#[test]
fn what_ntfy_is_told() {
    shows(
        &ntfy::body("noc", &message()),
        expect![[r#"
        {
          "click": "https://wiki.example.org/disk",
          "message": "/srv is 96.0 % full\n\nIt is yours to act on.",
          "priority": 4,
          "tags": [
            "rotating_light",
            "high",
            "owner_team=provider-noc",
            "owner_party=provider",
            "tenant=acme"
          ],
          "title": "[HIGH] db-7: /srv is 96.0 % full (acme)",
          "topic": "noc"
        }"#]],
    );
}

#[test]
fn what_receivers_of_alertmanagers_webhooks_are_told() {
    let over = Facts { resolved_at: Some(Timestamp::constant(1_772_550_000, 0)), ..facts() };
    let body = alertmanager::body("alertmanager:tickets", &about(vec![over]));
    shows(
        &body,
        expect![[r#"
        {
          "version": "4",
          "groupKey": "{}:{alert_id=\"alr_0000000000000000000000000000a1e7\"}",
          "truncatedAlerts": 0,
          "status": "resolved",
          "receiver": "alertmanager:tickets",
          "groupLabels": {
            "alert_id": "alr_0000000000000000000000000000a1e7"
          },
          "commonLabels": {
            "alert_id": "alr_0000000000000000000000000000a1e7",
            "alertname": "disk-space",
            "endpoint": "db-7",
            "endpoint_id": "end_00000000000000000000000000000007",
            "function": "infra_monitoring",
            "instance": "/srv",
            "owner_party": "provider",
            "owner_team": "provider-noc",
            "severity": "high",
            "site": "hq",
            "tenant": "acme"
          },
          "commonAnnotations": {
            "description": "disk_used[/srv] = 960 of 1000",
            "reason": "row infra: outside office hours (matrix version 2)",
            "runbook_url": "https://wiki.example.org/disk",
            "summary": "/srv is 96.0 % full",
            "topic": "assigned"
          },
          "externalURL": "",
          "alerts": [
            {
              "status": "resolved",
              "labels": {
                "alert_id": "alr_0000000000000000000000000000a1e7",
                "alertname": "disk-space",
                "endpoint": "db-7",
                "endpoint_id": "end_00000000000000000000000000000007",
                "function": "infra_monitoring",
                "instance": "/srv",
                "owner_party": "provider",
                "owner_team": "provider-noc",
                "severity": "high",
                "site": "hq",
                "tenant": "acme"
              },
              "annotations": {
                "description": "disk_used[/srv] = 960 of 1000",
                "reason": "row infra: outside office hours (matrix version 2)",
                "runbook_url": "https://wiki.example.org/disk",
                "summary": "/srv is 96.0 % full",
                "topic": "assigned"
              },
              "startsAt": "2026-03-03T14:43:20Z",
              "endsAt": "2026-03-03T15:00:00Z",
              "generatorURL": "",
              "fingerprint": "0000000000000000"
            }
          ]
        }"#]],
    );
}

#[test]
fn what_a_webhook_is_told() {
    let settings = WebhookSettings { url: "https://a.example".into(), secret: b"s".to_vec() };
    let request = webhook::request(&settings, &message(), FixedClock.now());
    let body: Value = serde_json::from_slice(&request.body).unwrap();
    shows(
        &body,
        expect![[r#"
        {
          "alert_id": "alr_0000000000000000000000000000a1e7",
          "alerts": [
            {
              "accountable": "internal-it",
              "alert_id": "alr_0000000000000000000000000000a1e7",
              "check": "disk-space",
              "endpoint_id": "end_00000000000000000000000000000007",
              "function": "infra_monitoring",
              "hostname": "db-7",
              "instance": "/srv",
              "opened_at": "2026-03-03T14:43:20Z",
              "owner": {
                "party": "provider",
                "team": "provider-noc"
              },
              "resolved_at": null,
              "runbook": "https://wiki.example.org/disk",
              "severity": "high",
              "site": "hq",
              "state": "open",
              "summary": "/srv is 96.0 % full",
              "tenant": "acme"
            }
          ],
          "id": "alr_0000000000000000000000000000a1e7-3",
          "made_at": "2026-03-03T14:51:40Z",
          "owner": {
            "party": "provider",
            "team": "provider-noc"
          },
          "severity": "high",
          "subject": "[HIGH] db-7: /srv is 96.0 % full (acme)",
          "team": "provider-noc",
          "tenant": "acme",
          "text": "/srv is 96.0 % full\n\nIt is yours to act on.",
          "topic": "assigned"
        }"#]],
    );
}

#[test]
fn nothing_that_others_write_becomes_markup() {
    let slack = slack::body(&hostile()).to_string();
    assert!(!slack.contains("<!") && !slack.contains("<https://evil"), "{slack}");
    let all = [
        slack,
        teams::card(&hostile(), 10, 3_000).to_string(),
        pagerduty::event("key", &hostile(), &hostile().alerts[0]).to_string(),
        ntfy::body("noc", &hostile()).to_string(),
        serde_json::to_string(&alertmanager::body("a:b", &hostile())).unwrap(),
    ];
    for body in all {
        assert!(!body.contains("\\u001b") && !body.contains("\\r"), "{body}");
    }
    // In Teams, only runs of rich text, which know no Markdown.
    let card = teams::card(&hostile(), 10, 3_000);
    for block in card["attachments"][0]["content"]["body"].as_array().unwrap() {
        assert_eq!(block["type"], "RichTextBlock");
    }
}

#[test]
fn whatever_is_said_fits() {
    let slack = slack::body(&huge());
    let blocks = slack["blocks"].as_array().unwrap();
    assert!(blocks.len() <= 50, "{}", blocks.len());
    for block in blocks {
        let text = block["text"]["text"].as_str().unwrap_or_default();
        assert!(text.chars().count() <= 3_000, "{text}");
        for field in block["fields"].as_array().into_iter().flatten() {
            assert!(field["text"].as_str().unwrap().chars().count() <= 2_000);
        }
    }
    assert!(teams::request("https://a.example", &huge()).body.len() <= 20_000);
    let event = pagerduty::event("key", &huge(), &huge().alerts[0]);
    assert!(event["payload"]["summary"].as_str().unwrap().chars().count() <= 1_024);
    let push = ntfy::body("noc", &huge());
    assert!(push["message"].as_str().unwrap().len() <= 4_096);
}

#[test]
fn pagerduty_hears_what_became_of_its_incident() {
    let action = |it: Facts| pagerduty::event("key", &message(), &it)["event_action"].clone();
    assert_eq!(action(facts()), "trigger");
    assert_eq!(action(Facts { acknowledged: true, ..facts() }), "acknowledge");
    let resolved_at = Some(Timestamp::UNIX_EPOCH);
    assert_eq!(action(Facts { resolved_at, ..facts() }), "resolve");
}

/// Answers every request with the same, and writes down what came.
struct Peer {
    url: String,
    heard: Arc<Mutex<Vec<(String, HeaderMap, Value)>>>,
    _server: JoinSet<()>,
}

type Reply = (StatusCode, HeaderMap, String);

impl Peer {
    async fn answering(status: u16, headers: &[(&'static str, &str)], body: &str) -> Self {
        let heard = Arc::new(Mutex::new(Vec::new()));
        let mut map = HeaderMap::new();
        for (name, value) in headers {
            map.insert(*name, value.parse().unwrap());
        }
        let reply: Reply = (StatusCode::from_u16(status).unwrap(), map, body.to_owned());
        let router = Router::new().fallback(take).with_state((Arc::clone(&heard), reply));
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/", listener.local_addr().unwrap());
        let mut server = JoinSet::new();
        server.spawn(async move { axum::serve(listener, router).await.unwrap() });
        Self { url, heard, _server: server }
    }

    fn door(&self, kind: Kind) -> Door {
        let (url, token) = (self.url.clone(), Some("hush".to_owned()));
        match kind {
            Kind::Webhook => Door::Webhook(WebhookSettings { url, secret: b"s".to_vec() }),
            Kind::Slack => Door::Slack(url),
            Kind::Teams => Door::Teams(url),
            Kind::Pagerduty => Door::Pagerduty(PagerdutySettings { url, key: "key".into() }),
            Kind::Ntfy => Door::Ntfy(NtfySettings { url, topic: "noc".into(), token }),
            Kind::Alertmanager => Door::Alertmanager(AlertmanagerSettings { url, token }),
        }
    }

    async fn tell(&self, kind: Kind) -> Result<Answer, SendError> {
        remit_runtime::tls::install_provider();
        let doors = vec![("noc".to_owned(), self.door(kind))];
        let settings = ChannelSettings { doors, smtp: None };
        let channels = Channels::new(settings, FixedClock).unwrap();
        channels.send(&format!("{kind}:noc"), &message()).await
    }
}

async fn take(
    State((heard, reply)): State<(Arc<Mutex<Vec<(String, HeaderMap, Value)>>>, Reply)>,
    uri: Uri,
    headers: HeaderMap,
    body: Bytes,
) -> Reply {
    let body = serde_json::from_slice(&body).unwrap();
    heard.lock().unwrap().push((uri.path().to_owned(), headers, body));
    reply
}

#[tokio::test]
async fn every_kind_of_receiver_is_told_and_its_answer_kept() {
    for kind in Kind::ALL {
        let peer = Peer::answering(202, &[], "{\"status\":\r\n \"taken\"}").await;
        let Answer(said) = peer.tell(kind).await.unwrap();
        assert_eq!(said, "HTTP 202 Accepted: {\"status\": \"taken\"}", "{kind}");
        let heard = peer.heard.lock().unwrap();
        let [(path, headers, body)] = heard.as_slice() else { panic!("{kind}: {heard:?}") };
        assert_eq!(path, if kind == Kind::Pagerduty { "/v2/enqueue" } else { "/" });
        assert_eq!(headers["content-type"], "application/json");
        assert!(body.to_string().contains("provider-noc"), "{kind} learns whose it is");
        let has_token = headers.get("authorization").is_some_and(|it| it == "Bearer hush");
        assert_eq!(has_token, matches!(kind, Kind::Ntfy | Kind::Alertmanager), "{kind}");
    }
}

#[tokio::test]
async fn what_is_over_for_good_is_told_from_what_is_worth_another_try() {
    for kind in Kind::ALL {
        for (status, is_final) in
            [(301, true), (400, true), (404, true), (410, true), (408, false), (500, false)]
        {
            let peer = Peer::answering(status, &[("location", "http://127.0.0.1:9/")], "no").await;
            let err = peer.tell(kind).await.unwrap_err();
            assert_eq!(err.is_final(), is_final, "{kind} {status}");
            assert_eq!(peer.heard.lock().unwrap().len(), 1, "a redirect is not followed");
        }
        let peer = Peer::answering(429, &[("retry-after", "7")], "").await;
        let err = peer.tell(kind).await.unwrap_err();
        assert_eq!(err.retry_after(), Some(SignedDuration::from_secs(7)), "{kind}");
    }
}

#[tokio::test]
async fn an_endless_answer_is_not_listened_to_for_ever() {
    let peer = Peer::answering(200, &[], &"x".repeat(8 << 20)).await;
    let Answer(said) = peer.tell(Kind::Slack).await.unwrap();
    assert_eq!(said.chars().count(), "HTTP 200 OK: ".len() + 200);
}

#[tokio::test]
async fn whoever_is_not_there_is_tried_again_and_the_address_stays_secret() {
    let peer = Peer::answering(200, &[], "").await;
    let door = Door::Slack("http://127.0.0.1:1/T000/secret".into());
    drop(peer);
    remit_runtime::tls::install_provider();
    let settings = ChannelSettings { doors: vec![("noc".into(), door)], smtp: None };
    let channels = Channels::new(settings, FixedClock).unwrap();
    let err = channels.send("slack:noc", &message()).await.unwrap_err();
    let told = remit_shared::Chain(&err).to_string();
    assert!(!err.is_final() && !told.contains("secret"), "{told}");
    let err = channels.send("slack:ops", &message()).await.unwrap_err();
    let expected = "there is no channel `slack:ops`: \
                    the collector's settings have no [[slack]] with name = \"ops\"";
    assert_eq!((err.is_final(), err.to_string().as_str()), (true, expected));
    let err = channels.send("sms:1", &message()).await.unwrap_err();
    assert!(err.to_string().contains("a channel is email:ADDRESS, or webhook:NAME"), "{err}");
}

#[test]
fn a_signature_is_the_one_that_anybody_with_the_secret_computes() {
    // printf '1700000000.{}' | openssl dgst -sha256 -hmac secret
    let expected =
        "t=1700000000,v1=b8569b78799ff9e3cbff0fc2d63a33a2b57f3282abd07c37ae5e8e7d79a5f163";
    assert_eq!(signature(b"secret", 1_700_000_000, b"{}"), expected);
}
