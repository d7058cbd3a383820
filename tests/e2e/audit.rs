//! Who did what, in a chain that nobody can rewrite unnoticed.

use std::fs;

use remit_collector::adapters::sled::{export, import};
use remit_proto::v1;
use serde_json::Value;
use tests::{SOON, Site, eventually};

/// Waits until the trail has at least so many entries of the tenant.
async fn verified(site: &Site, entries: u64) -> Value {
    eventually(SOON, "the audit trail has grown", async || {
        let verdict = site.admin.asks("audit verify").await;
        (verdict["entries"].as_u64() >= Some(entries)).then_some(verdict)
    })
    .await
}

#[tokio::test]
async fn the_trail_verifies_across_a_power_cut_and_from_a_noted_end() {
    let mut site = Site::start().await;
    site.token().await;
    let verdict = verified(&site, 2).await;
    assert!(verdict["broken"].is_null(), "{verdict}");
    let noted = verdict["end"].as_str().expect("it names its end").to_owned();
    site.cut_power().await;
    site.restart().await;
    site.token().await;
    verified(&site, 3).await;
    let again = site.admin.types(["audit", "verify", "--known", &noted]).await;
    assert_eq!(again.code, Some(0), "{}", again.stdout);
    let (seq, hash) = noted.split_once(':').expect("an end has two parts");
    let other = format!("{seq}:{}", hash.chars().rev().collect::<String>());
    let changed = site.admin.types(["audit", "verify", "--known", &other]).await;
    assert_eq!(changed.code, Some(1), "{}", changed.stdout);
    let listed = site.admin.asks("audit --action token").await;
    let deeds = listed["entries"].as_array().expect("entries are a list");
    assert_eq!(deeds.len(), 2, "{listed}");
    assert!(deeds.iter().all(|it| it["action"] == "token.create"), "{listed}");
    assert_eq!(site.admin.asks("audit --action tok").await["entries"], Value::Array(vec![]));
}

#[tokio::test]
async fn whoever_may_not_read_the_trail_reads_what_they_did_and_is_written_down() {
    let site = Site::start().await;
    let (nora, viewer) = (site.noc().await, v1::Role::Viewer);
    let vic = site.admin.create("vic", viewer, v1::Party::Internal, &[]).await;
    let auditor = v1::Role::Auditor;
    let audrey = site.admin.create("audrey", auditor, v1::Party::Internal, &[]).await;
    verified(&site, 1).await;
    for somebody in [&nora, &vic] {
        let own = somebody.asks("audit").await;
        assert_eq!(own["entries"], Value::Array(vec![]), "they did nothing yet");
        let refused = somebody.types(["audit", "verify"]).await;
        assert_eq!(refused.code, Some(4), "{}", refused.stderr);
    }
    let denied = audrey.asks("audit --denied --actor vic").await;
    let entry = &denied["entries"][0];
    assert_eq!((&entry["action"], &entry["denied"]), (&"audit.read".into(), &true.into()));
    let own = vic.asks("audit").await;
    assert_eq!(own["entries"].as_array().map(Vec::len), Some(1), "their refusal is their own deed");
    assert_eq!(audrey.types(["audit", "verify"]).await.code, Some(0));
    let all = audrey.asks("audit --installation --action operator").await;
    assert!(all["entries"].as_array().is_some_and(|it| it.len() >= 3), "{all}");
}

#[tokio::test]
async fn an_entry_that_was_changed_on_disk_is_found_at_the_start_and_by_whoever_verifies() {
    let mut site = Site::start().await;
    site.token().await;
    verified(&site, 2).await;
    site.stop().await;
    let store = site.data().join("store");
    let mut text = Vec::new();
    export(&store, &mut text).expect("nobody uses the folder");
    let text = String::from_utf8(text).expect("an export is text");
    let forged = text.replace("\"action\":\"matrix.publish\"", "\"action\":\"matrix.discuss\"");
    assert_ne!(text, forged);
    fs::remove_dir_all(&store).expect("the test's folder can be written");
    import(&store, &mut forged.as_bytes()).expect("the forged export is well formed");
    site.restart().await;
    let verdict = site.admin.types(["audit", "verify"]).await;
    assert_eq!(verdict.code, Some(1), "{}", verdict.stdout);
    assert!(verdict.stdout.contains("is not what was written"), "{}", verdict.stdout);
    eventually(SOON, "the collector says so, too", async || {
        let (_, metrics) = site.http("/metrics").await?;
        let line = "remit_invariant_violations_total{invariant=\"trail\"} ";
        let count = metrics.lines().find_map(|it| it.strip_prefix(line))?;
        (count != "0").then_some(())
    })
    .await;
    assert!(site.collector().log().contains("violated"));
}

#[tokio::test]
async fn the_dead_mans_switch_is_held_while_all_is_well() {
    let mut site = Site::start().await;
    let url = site.inbox.url("dead-man");
    site.configure(&format!("\n[dead_man]\nurl = \"{url}\"\nevery = \"1s\"\n")).await;
    eventually(SOON, "somebody hears that all is well, twice", async || {
        let heard = site.inbox.received();
        (heard.iter().filter(|it| it.webhook == "dead-man").count() >= 2).then_some(())
    })
    .await;
    let (_, metrics) = site.http("/metrics").await.expect("the collector answers");
    assert!(metrics.contains("remit_audit_rounds_total{outcome=\"clean\"}"), "{metrics}");
    assert!(metrics.contains("remit_invariant_violations_total{invariant=\"owner\"} 0"));
}
