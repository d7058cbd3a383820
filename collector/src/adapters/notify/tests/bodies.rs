//! What each receiver is told, word for word, and that nothing can be smuggled.

use expect_test::{ExpectFile, expect_file};

use super::*;

fn shows(body: &impl serde::Serialize, expected: ExpectFile) {
    expected.assert_eq(&(serde_json::to_string_pretty(body).unwrap() + "\n"));
}

#[test]
fn what_slack_is_told() {
    shows(&slack::body(&message()), expect_file!["../../../../testdata/notify/slack.json"]);
}

#[test]
fn what_teams_is_told() {
    shows(
        &teams::card(&message(), 10, 3_000),
        expect_file!["../../../../testdata/notify/teams.json"],
    );
}

#[test]
fn what_pagerduty_is_told() {
    shows(
        &pagerduty::event("key", &message(), &facts()),
        expect_file!["../../../../testdata/notify/pagerduty.json"],
    );
}

#[test]
fn what_ntfy_is_told() {
    shows(&ntfy::body("noc", &message()), expect_file!["../../../../testdata/notify/ntfy.json"]);
}

#[test]
fn what_receivers_of_alertmanagers_webhooks_are_told() {
    let over = Facts { resolved_at: Some(Timestamp::constant(1_772_550_000, 0)), ..facts() };
    let body = alertmanager::body("alertmanager:tickets", &about(vec![over]));
    shows(&body, expect_file!["../../../../testdata/notify/alertmanager.json"]);
}

#[test]
fn what_a_webhook_is_told() {
    let settings = WebhookSettings { url: "https://a.example".into(), secret: b"s".to_vec() };
    let request = webhook::request(&settings, &message(), FixedClock.now());
    let body: Value = serde_json::from_slice(&request.body).unwrap();
    shows(&body, expect_file!["../../../../testdata/notify/webhook.json"]);
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

#[test]
fn a_letter_says_its_text_wherever_it_goes() {
    let mut letter = hostile();
    letter.alerts = vec![];
    letter.text = "Two must agree.".into();
    letter.severity = Severity::Critical;
    let pager = PagerdutySettings { url: "http://127.0.0.1:1".into(), key: "key".into() };
    let bodies = [
        slack::body(&letter).to_string(),
        teams::card(&letter, 10, 3_000).to_string(),
        ntfy::body("topic", &letter).to_string(),
        serde_json::to_string(&alertmanager::body("alertmanager:x", &letter)).unwrap(),
        String::from_utf8(pagerduty::requests(&pager, &letter)[0].body.clone()).unwrap(),
    ];
    for body in bodies {
        assert!(body.contains("Two must agree."), "{body}");
    }
    letter.severity = Severity::Info;
    assert!(pagerduty::requests(&pager, &letter).is_empty(), "what wakes nobody is no incident");
}
