//! What each receiver is told, word for word, and that nothing can be smuggled.

use expect_test::{Expect, expect};

use super::*;

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
