//! What people ask of the matrix in force, typed as they would.

use std::fs;

use tests::{Site, starter};

use crate::steps::fill_disk;

#[tokio::test]
async fn a_week_of_the_matrix_in_force_is_the_files_own() {
    let site = Site::start().await;
    let file = site.folder().join("acme.toml");
    fs::write(&file, starter()).expect("the test's folder can be written");
    let at = "2026-11-24T12:00:00Z";
    let online = site.admin.asks(&format!("matrix coverage --at {at}")).await;
    let offline = site.admin.asks(&format!("matrix coverage {} --at {at}", file.display())).await;
    assert_eq!(online, offline, "the collector and the file say the same");
    assert_eq!(online["functions"][0]["hours"].as_array().map(Vec::len), Some(168));

    site.agent("db-7").await;
    let one = site.admin.asks(&format!("matrix coverage --endpoint db-7 --at {at}")).await;
    let hours = one["functions"][0]["hours"].as_array().expect("hours are a list");
    assert!(hours.iter().all(|it| it.as_array().is_some_and(|it| !it.is_empty())), "{one}");
    let nobody = site.admin.types(["matrix", "coverage", "--endpoint", "db-8"]).await;
    assert_eq!(nobody.code, Some(3), "{}", nobody.stderr);
}

#[tokio::test]
async fn a_proposed_matrix_is_tried_on_the_alerts_of_the_past() {
    let site = Site::start().await;
    let mut agent = site.agent("db-7").await;
    let mut session = agent.connect().await.unwrap();
    let alert = fill_disk(&site, &mut agent, &mut session).await;
    let owner = alert.responsibility.expect("an alert has an owner").responsible;
    let other = if owner == "internal-it" { "provider-noc" } else { "internal-it" };
    let file = site.folder().join("next.toml");
    let swapped = starter()
        .replace(&format!("responsible = \"{owner}\""), &format!("responsible = \"{other}\""));
    fs::write(&file, &swapped).expect("the test's folder can be written");
    let line = format!("matrix replay {} --since 1d", file.display());
    let replay = site.admin.asks(&line).await;
    assert_eq!((&replay["alerts"], &replay["against_version"]), (&1.into(), &1.into()), "{replay}");
    let moved = &replay["moved"][0];
    assert_eq!(moved["alert_id"], alert.alert_id.as_str());
    assert_eq!((&moved["old"], &moved["new"]), (&owner.into(), &other.into()));

    fs::write(&file, "tenant = \"acme\"\nrow = 7\n").expect("the test's folder can be written");
    let refused = site.admin.types(line.split(' ')).await;
    assert_eq!(refused.code, Some(6), "a text that is no matrix is linted: {refused:?}");

    let review = site.admin.asks("matrix review").await;
    let rows = review["rows"].as_array().expect("rows are a list");
    let counted: u64 = rows.iter().filter_map(|it| it["alerts"].as_u64()).sum();
    assert_eq!(counted, 1, "one row decided the one alert: {review}");
    let text = site.admin.types(["matrix", "review"]).await.stdout;
    assert!(text.contains("no alert came by"), "{text}");
}

#[tokio::test]
async fn who_is_on_call_is_said_with_the_gaps_ahead() {
    let site = Site::start().await;
    let asked = ["oncall", "--at", "2026-11-25T03:00:00Z"];
    let duty = site.admin.asks(&asked.join(" ")).await;
    let rota = &duty["rotas"][0];
    assert_eq!(rota["rota"], "noc-nights", "{duty}");
    assert!(rota["now"]["person"].is_string(), "{duty}");
    assert!(rota["now"]["because"].as_str().is_some_and(|it| it.contains("weeks")), "{duty}");
    assert_ne!(rota["next"]["person"], rota["now"]["person"], "{duty}");
    assert_eq!(site.admin.types(asked).await.code, Some(0), "somebody always is");

    let nights = starter()
        .replace("handoff = \"08:00\"", "handoff = \"08:00\"\nhours = \"daily 18:00-08:00\"");
    let site = Site::with_matrix(&nights).await;
    let noon = site.admin.types(["oncall", "--at", "2026-11-25T17:00:00Z"]).await;
    assert_eq!(noon.code, Some(1), "which the exit code says: {}", noon.stdout);
    assert!(noon.stdout.contains("nobody") && noon.stdout.contains("gap"), "{}", noon.stdout);
}

#[tokio::test]
async fn a_channel_that_the_collector_lacks_is_spelled_out_before_a_night_depends_on_it() {
    let site = Site::without_matrix().await;
    let text = starter().replace("\"webhook:provider-noc\"", "\"slack:noc\"");
    let file = site.folder().join("acme.toml");
    fs::write(&file, &text).expect("the test's folder can be written");
    let file = file.display().to_string();
    let linted = site.admin.types(["matrix", "lint", &file, "--online"]).await;
    assert_eq!(linted.code, Some(0), "it may be published: {}", linted.stdout);
    for said in ["[no-channel]", "[[slack]]", "name = \"noc\"", "url_file = \"slack-noc.url\""] {
        assert!(linted.stdout.contains(said), "{said}: {}", linted.stdout);
    }
    let published = site.admin.publish(&text).await.expect("warnings do not refuse it");
    let missing: Vec<_> = published.findings.iter().filter(|it| it.code == "no-channel").collect();
    assert!(!missing.is_empty() && missing.iter().all(|it| !it.error && it.line > 0));
}
