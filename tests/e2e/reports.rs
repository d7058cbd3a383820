//! What people are told of a night, a week, and of noise; with the collector's
//! clock set by the test.

use std::{collections::BTreeSet, fs};

use jiff::{SignedDuration, Timestamp, civil::Weekday, tz::TimeZone};
use remit_proto::v1;
use remit_runtime::clock::SystemClock;
use remit_shared::Clock as _;
use serde_json::Value;
use tests::{
    FakeAgent, Operator, Outcome, Received, SOON, Site, command, eventually, finish, starter,
};

use crate::steps::fill_disk;

/// A time in New York, so many days after the next Monday.
fn day(after_monday: i64, hour: i8, minute: i8) -> Timestamp {
    let zone = TimeZone::get("America/New_York").expect("the zone is known");
    let today = zone.to_datetime(SystemClock.now()).date();
    let monday = today.nth_weekday(1, Weekday::Monday).expect("there is a next Monday");
    let date = monday.saturating_add(SignedDuration::from_hours(24 * after_monday));
    zone.to_timestamp(date.at(hour, minute, 0, 0)).expect("a time that exists")
}

/// What the administrator sees on a terminal.
async fn remit(site: &Site, words: &str) -> Outcome {
    let mut remit = command("remit");
    remit.env("HOME", site.folder()).args(words.split(' '));
    remit.arg("--credential").arg(site.data().join("admin.credential.toml"));
    finish(remit).await
}

/// The same, as data.
async fn json(site: &Site, words: &str) -> Value {
    let said = remit(site, &format!("--json {words}")).await;
    assert_eq!(said.code, Some(0), "{words}: {said:?}");
    serde_json::from_str(&said.stdout).expect("it is JSON")
}

/// Reports full disks at a time, and ten minutes later that they have room
/// again; gives the alerts, which are over by then.
async fn full_for_ten_minutes(
    site: &Site,
    agents: &mut [FakeAgent],
    from: Timestamp,
) -> Vec<String> {
    site.set_clock(from);
    let mut alerts = Vec::new();
    for agent in agents.iter_mut() {
        let mut session = agent.connect().await.unwrap();
        alerts.push(fill_disk(site, agent, &mut session).await.alert_id);
    }
    // It must be well for a while, by a clock that is compared at each hello.
    for minutes in [10, 11] {
        site.set_clock(from + SignedDuration::from_mins(minutes));
        for agent in agents.iter_mut() {
            let well = agent.disk(500);
            let mut session = agent.deliver().await;
            session.acknowledged(well.stream, well.seq).await.unwrap();
        }
    }
    for id in &alerts {
        let is_over = |it: &v1::Alert| it.state() == v1::AlertState::Resolved;
        site.admin.alert_where(id, "a disk with room is no alert", is_over).await;
    }
    alerts
}

/// Every figure of the summary, by its name, as one format spells it.
fn figures(report: &Value) -> Vec<(String, String)> {
    let rows = report["sections"][0]["tables"][0]["rows"].as_array().expect("there is a summary");
    let number = |it: &Value| if it.is_null() { String::new() } else { it.to_string() };
    let figure =
        |it: &Value| (it["figure"].as_str().unwrap_or_default().to_owned(), number(&it["now"]));
    rows.iter().map(figure).collect()
}

#[tokio::test]
async fn a_week_is_told_with_the_same_numbers_in_every_format() {
    let mut site = Site::by_clock(&starter()).await;
    let noc = site.noc().await;
    let (mut by_day, by_night) = (site.agent("db-1").await, site.agent("db-2").await);
    site.stop().await;
    site.set_clock(day(0, 10, 0));
    site.restart().await;
    let noc = noc.again().await;

    let mut session = by_day.connect().await.unwrap();
    let alert = fill_disk(&site, &mut by_day, &mut session).await;
    let note = "the archive is moved".to_owned();
    let done = v1::ResolveAlertRequest { alert_id: alert.alert_id.clone(), note };
    noc.alerts().resolve_alert(done).await.unwrap();
    full_for_ten_minutes(&site, &mut [by_night], day(1, 23, 0)).await;

    let now = day(7, 9, 0);
    site.set_clock(now);
    // What was due in the days that were skipped happens now, and counts.
    let has_caught_up =
        |it: &v1::Alert| it.next_escalation_at.is_none_or(|at| at.seconds > now.as_second());
    for alert in site.admin.all_alerts().await {
        site.admin.alert_where(&alert.alert_id, "its time goes on", has_caught_up).await;
    }
    let week = json(&site, "report weekly --tenant acme").await;
    let (from, to) = (day(0, 0, 0).as_second(), day(7, 0, 0).as_second());
    let opened = site
        .admin
        .all_alerts()
        .await
        .into_iter()
        .filter(|it| it.opened_at.is_some_and(|it| (from..to).contains(&it.seconds)));
    let opened = opened.count().to_string();
    let figures = figures(&week);
    assert!(figures.contains(&("Alerts opened".into(), opened)), "{week:#}");
    let remarks = week["remarks"].to_string();
    assert!(remarks.contains("nobody was listening"), "the clock was set forward: {remarks}");
    assert!(figures.len() > 10);

    for (format, before, after) in [("md", "| ", " |"), ("html", ">", "<"), ("csv", ",", ",")] {
        let said = remit(&site, &format!("report weekly --tenant acme --format {format}")).await;
        assert_eq!(said.code, Some(0), "{said:?}");
        for (figure, number) in figures.iter().filter(|it| !it.1.is_empty()) {
            let line = said
                .stdout
                .lines()
                .find(|it| it.contains(figure) && (format != "csv" || it.contains(",now,")));
            let line = line.unwrap_or_else(|| panic!("no {figure} in {}", said.stdout));
            let has = |after: &str| line.contains(&format!("{before}{number}{after}"));
            assert!(has(after) || has(" %"), "{format}: {figure} is not {number}: {line}");
        }
    }
    let said = remit(&site, "report weekly --tenant acme --period 2199-W01").await;
    assert!(said.stderr.contains("2199-W01 has not begun yet"), "{said:?}");
}

/// What a manager of each side says who looks after this, and what comes of it.
async fn agreed(site: &Site, id: &str, managers: &[Operator]) -> v1::Change {
    for manager in managers {
        // Whoever asked has agreed by that.
        let _ = manager.again().await.approve(id).await;
    }
    let asked = v1::ApplyChangeRequest { change_id: id.into() };
    let applied = site.admin.changes().apply_change(asked).await;
    applied.expect("both sides have agreed").into_inner().change.unwrap_or_default()
}

#[tokio::test]
async fn a_check_is_tuned_by_both_sides_with_why_beside_it_and_back_again() {
    let mut site = Site::by_clock(&starter()).await;
    let managers = [site.it_manager().await, site.provider_manager().await];
    let mut agents = vec![site.agent("db-1").await];
    site.stop().await;
    site.set_clock(day(0, 22, 0));
    site.restart().await;
    full_for_ten_minutes(&site, &mut agents, day(0, 22, 5)).await;

    let propose = "change propose tuning disk-space --tenant acme --what hold --reason archives";
    let change = json(&site, &format!("{propose} --to 30m")).await;
    assert_eq!((&change["kind"], &change["risk"]), (&"matrix".into(), &"medium".into()));
    let differs = "+check `disk-space`: hold = 30m";
    assert!(change["diff"].as_str().is_some_and(|it| it.contains(differs)), "{change:#}");
    let applied = agreed(&site, change["change_id"].as_str().unwrap(), &managers).await;
    assert_eq!(applied.result, "version 2", "{applied:?}");
    let matrix = async |version| {
        let asked = v1::GetMatrixRequest { tenant: "acme".into(), version };
        site.admin.matrix().get_matrix(asked).await.unwrap().into_inner().toml
    };
    let why = "# archives; 0 alerts instead of 1: 1 would not have been, 0 are new\n[[check]]";
    assert!(matrix(2).await.contains(why), "{}", matrix(2).await);

    let back = "change propose matrix --tenant acme --back-to 1 --reason not-so";
    let change = json(&site, back).await;
    let applied = agreed(&site, change["change_id"].as_str().unwrap(), &managers).await;
    assert_eq!(applied.result, "version 3", "{applied:?}");
    assert_eq!(matrix(3).await, starter());

    let quiet = "change propose tuning disk-space --tenant acme --what suppression --to 30d \
                 --endpoint db-1 --reason archives";
    let change = json(&site, quiet).await;
    assert_eq!(change["kind"], "known_issue", "{change:#}");
    for (words, why) in [
        ("cpu-bussy --what hold --to 30m", "did you mean `cpu-busy`?"),
        ("disk-space --what hold --to banana", "`banana` is no hold time"),
        ("prom:Up --what severity --to low", "is another system's"),
    ] {
        let words = format!("change propose tuning {words} --tenant acme --reason no");
        let refused = remit(&site, &words).await;
        assert!(refused.stderr.contains(why), "{refused:?}");
    }
}

#[tokio::test]
async fn noise_becomes_a_proposal_that_is_a_matrix() {
    let mut site = Site::by_clock(&starter()).await;
    let mut agents = Vec::new();
    for number in 1..=6 {
        agents.push(site.agent(&format!("db-{number}")).await);
    }
    site.stop().await;
    site.set_clock(day(0, 22, 0));
    site.restart().await;
    let alerts = full_for_ten_minutes(&site, &mut agents, day(0, 22, 5)).await;
    let id = &alerts[0];
    let marked = remit(&site, &format!("alert noise {id} --reason not_actionable")).await;
    assert_eq!(marked.code, Some(0), "{marked:?}");

    let noise = json(&site, "noise --tenant acme --check disk-space").await;
    let row = &noise["rows"][0];
    assert_eq!((&row["alerts"], &row["acted_on"]), (&6.into(), &0.into()), "{noise:#}");
    assert_eq!((&row["self_resolved"], &row["marked_noise"]), (&6.into(), &1.into()), "{noise:#}");
    assert_eq!(row["hint"], "hold", "{noise:#}");
    assert!(row["night_pages"].as_u64() >= Some(6), "{noise:#}");

    let out = site.folder().join("acme.toml");
    let words = format!("tune disk-space --tenant acme --what hold --out {}", out.display());
    let tuned = json(&site, &words).await;
    let proposal = &tuned["proposals"][0];
    let replay = &proposal["replay"];
    assert_eq!(
        (&replay["alerts_before"], &replay["alerts_after"]),
        (&6.into(), &0.into()),
        "{tuned:#}"
    );
    assert_eq!(replay["night_pages_after"], 0, "{tuned:#}");
    let command = proposal["command"].as_str().unwrap_or_default();
    assert!(
        command.starts_with(
            "remit change propose tuning 'disk-space' --tenant acme --what hold --to '"
        ),
        "{command}"
    );
    let text = fs::read_to_string(&out).expect("the matrix was written");
    assert!(!text.contains("hold = \"1s\""), "{text}");
    let lint = remit(&site, &format!("matrix lint {}", out.display())).await;
    assert_eq!(lint.code, Some(0), "{lint:?}");
}

#[tokio::test]
async fn the_agenda_names_what_waits_for_both_teams() {
    let mut site = Site::by_clock(&starter()).await;
    let noc = site.noc().await;
    let mut agent = site.agent("db-1").await;
    site.agent("never-seen").await;
    site.stop().await;
    site.set_clock(day(0, 22, 0));
    site.restart().await;
    let noc = noc.again().await;
    let mut session = agent.connect().await.unwrap();
    let alert = fill_disk(&site, &mut agent, &mut session).await;
    let asked = v1::SetAlertDispositionRequest {
        alert_id: alert.alert_id.clone(),
        disposition: v1::Disposition::JointReview.into(),
        note: "whose archive is it?".into(),
        ..Default::default()
    };
    noc.alerts().set_alert_disposition(asked).await.unwrap();

    site.set_clock(day(1, 1, 0));
    let agenda = json(&site, "agenda --tenant acme").await;
    let sections = agenda["sections"].as_array().expect("there are sections");
    let references = |title: &str| -> Vec<&str> {
        let of = sections.iter().filter(|it| it["title"] == title);
        let items = of.flat_map(|it| it["items"].as_array().into_iter().flatten());
        items.filter_map(|it| it["reference"].as_str()).collect()
    };
    assert_eq!(references("For joint review"), [alert.alert_id.as_str()], "{agenda:#}");
    let titles = agenda.to_string();
    assert!(titles.contains("never-seen") && titles.contains("not heard of"), "{agenda:#}");
}

/// Waits for a letter about a night that says something.
async fn letter(site: &Site, webhook: &str, words: &str) -> Received {
    eventually(SOON, &format!("`{words}` reaches {webhook}"), async || {
        let mut all = site.inbox.received().into_iter();
        all.find(|it| {
            let is_it = it.webhook == webhook && it.field("topic") == "shift";
            is_it && it.field("subject").contains(words)
        })
    })
    .await
}

/// How many there were; whoever is told twice because of a power cut can tell.
fn letters(site: &Site) -> usize {
    let all = site.inbox.received().into_iter().filter(|it| it.field("topic") == "shift");
    all.map(|it| it.id).collect::<BTreeSet<_>>().len()
}

/// A server whose disk is full before Tuesday's office hours.
async fn bad_night(site: &mut Site) -> v1::Alert {
    let mut agent = site.agent("db-1").await;
    site.stop().await;
    site.set_clock(day(1, 2, 0));
    site.restart().await;
    let mut session = agent.connect().await.unwrap();
    fill_disk(site, &mut agent, &mut session).await
}

#[tokio::test]
async fn at_half_past_seven_the_provider_is_told_what_is_left_and_at_eight_both_are() {
    let mut site = Site::by_clock(&starter()).await;
    let alert = bad_night(&mut site).await;
    site.set_clock(day(1, 7, 30));
    let left = letter(&site, "provider-noc", "to be finished by").await;
    assert!(left.field("text").contains(&alert.alert_id), "{left:?}");
    let told = site.inbox.received();
    let is_told = |it: &Received| it.webhook == "internal-it" && it.field("topic") == "shift";
    assert!(!told.iter().any(is_told), "it is the provider's to finish");

    site.set_clock(day(1, 8, 0));
    for webhook in ["provider-noc", "internal-it"] {
        let closed = letter(&site, webhook, "for joint review").await;
        assert!(closed.field("text").contains("Nobody dealt with"), "{closed:?}");
        assert!(closed.field("text").contains(&alert.alert_id), "{closed:?}");
    }
}

#[tokio::test]
async fn who_was_not_told_at_eight_is_told_when_the_collector_wakes() {
    let mut site = Site::by_clock(&starter()).await;
    let alert = bad_night(&mut site).await;
    site.cut_power().await;
    site.set_clock(day(1, 9, 30));
    site.restart().await;
    for webhook in ["provider-noc", "internal-it", "provider-manager", "it-manager"] {
        let closed = letter(&site, webhook, "for joint review").await;
        assert!(closed.field("text").contains(&alert.alert_id), "{closed:?}");
        assert!(closed.field("text").contains("late"), "{closed:?}");
    }
    let told = letters(&site);
    site.cut_power().await;
    site.restart().await;
    site.set_clock(day(1, 9, 40));
    site.admin.alerted("disk-space", v1::AlertState::Open).await;
    assert_eq!(letters(&site), told, "a night is finished once");
}
