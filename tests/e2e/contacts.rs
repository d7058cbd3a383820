//! Whether people can be told, tried out before a night depends on it.

use std::fs;

use serde_json::Value;
use tests::{Operator, Site, starter};

const NOC: &str = "webhook:provider-noc";

async fn of(operator: &Operator, channel: &str) -> Value {
    let listed = operator.asks("contact list").await;
    let contacts = listed["contacts"].as_array().expect("contacts are a list").clone();
    let found = contacts.into_iter().find(|it| it["channel"] == channel);
    found.expect("the matrix names the channel")
}

#[tokio::test]
async fn a_channel_is_verified_by_whoever_reads_the_code_and_stays_so() {
    let mut site = Site::start().await;
    let nora = site.noc().await;
    assert!(of(&nora, NOC).await["verified_at"].is_null());
    let sent = nora.types(["contact", "verify", NOC]).await;
    assert_eq!(sent.code, Some(0), "{}", sent.stderr);
    assert!(sent.stdout.contains("a code was sent"), "{}", sent.stdout);

    let letter = site.inbox.message("provider-noc", "contact").await;
    let text = letter.field("text").to_owned();
    let code = text.lines().find_map(|it| it.strip_prefix("Code: ")).expect("it has a code");
    let wrong = if code == "000000" { "000001" } else { "000000" };
    let refused = nora.types(["contact", "confirm", NOC, wrong]).await;
    assert_eq!(refused.code, Some(1), "{}", refused.stderr);
    assert!(refused.stderr.contains("tries left: 4"), "{}", refused.stderr);
    // What was tried is kept, also across a power cut.
    site.cut_power().await;
    site.restart().await;
    let nora = nora.again().await;
    let confirmed = nora.types(["contact", "confirm", NOC, code]).await;
    assert_eq!(confirmed.code, Some(0), "{}", confirmed.stderr);
    assert!(confirmed.stdout.contains("verified"), "{}", confirmed.stdout);
    let contact = of(&nora, NOC).await;
    assert_eq!(contact["verified_by"], "nora");
    let again = nora.types(["contact", "confirm", NOC, code]).await;
    assert_eq!(again.code, Some(1), "a code is good once: {}", again.stdout);

    let unverified = nora.types(["contact", "list", "--unverified"]).await;
    assert_eq!(unverified.code, Some(1), "the others are not");
    assert!(!unverified.stdout.contains(NOC), "{}", unverified.stdout);
    let file = site.folder().join("acme.toml");
    fs::write(&file, starter()).expect("the test's folder can be written");
    let file = file.display().to_string();
    let linted = nora.types(["matrix", "lint", &file, "--online"]).await.stdout;
    assert!(linted.contains("remit contact verify webhook:internal-it"), "{linted}");
    assert!(!linted.contains("remit contact verify webhook:provider-noc"), "{linted}");
}

#[tokio::test]
async fn only_channels_of_the_matrix_are_tried() {
    let site = Site::start().await;
    let nora = site.noc().await;
    let elsewhere = nora.types(["contact", "verify", "email:eve@evil.example"]).await;
    assert_eq!(elsewhere.code, Some(3), "{}", elsewhere.stderr);
    let early = nora.types(["contact", "confirm", NOC, "123456"]).await;
    assert_eq!(early.code, Some(1), "{}", early.stderr);
    assert!(early.stderr.contains("no code is under way"), "{}", early.stderr);
}
