//! What whoever runs a collector does to it, and what it says to that.

use std::{collections::BTreeMap, fs, path::Path, time::Duration};

use remit_proto::v1;
use remit_shared::{RunResult, Stream};
use tests::{Filler, Outcome, Site, run, starter};
use tokio::{process::Command, time::Instant};
use tonic::Code;

use crate::steps;

async fn serve(data: &Path) -> Outcome {
    run("remit-collector", ["serve".as_ref(), "--data-dir".as_ref(), data.as_os_str()]).await
}

async fn check(data: &Path) -> Outcome {
    let args = ["config".as_ref(), "check".as_ref(), "--data-dir".as_ref(), data.as_os_str()];
    run("remit-collector", args).await
}

/// Every file below a folder, with its content.
fn contents(folder: &Path) -> BTreeMap<String, Vec<u8>> {
    let mut found = BTreeMap::new();
    for entry in fs::read_dir(folder).expect("the folder is there") {
        let path = entry.expect("it can be listed").path();
        if path.is_dir() {
            found.extend(contents(&path));
        } else {
            let bytes = fs::read(&path).expect("it can be read");
            found.insert(path.display().to_string(), bytes);
        }
    }
    found
}

#[tokio::test]
async fn a_data_folder_has_one_collector() {
    let mut site = Site::start().await;
    let second = serve(&site.data()).await;
    assert_eq!(second.code, Some(1));
    let pid = site.collector().pid();
    let data = site.data();
    let expected = format!("remit-collector: {} is in use by process {pid}\n", data.display());
    assert_eq!(second.stderr, expected);
    assert_eq!(site.http("/readyz").await, Some((200, "ready\n".into())), "the first goes on");
}

#[tokio::test]
async fn a_data_folder_is_made_once() {
    let site = Site::start().await;
    let data = site.data();
    let before = contents(&data.join("pki"));
    let folder = data.as_os_str();
    let again = ["init".as_ref(), "--data-dir".as_ref(), folder, "--name".as_ref(), "x".as_ref()];
    let again = run("remit-collector", again).await;
    assert_eq!(again.code, Some(1));
    let expected = format!(
        "remit-collector: {} is set up already; nothing was changed\n",
        site.data().display()
    );
    assert_eq!(again.stderr, expected);
    assert!(contents(&data.join("pki")) == before);
}

#[tokio::test]
async fn a_data_folder_whose_making_is_cut_off_is_made_by_the_same_words() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("data");
    let mut init = tests::command("remit-collector");
    init.arg("init").arg("--data-dir").arg(&data).args(["--name", "localhost"]);
    let mut cut = Command::new("strace");
    // The certificates are there by then, and the store is on its way.
    cut.args(["-f", "-o", "/dev/null", "-e", "inject=fdatasync:signal=SIGKILL:when=1"]);
    assert_eq!(tests::finish(tests::within(cut, &init)).await.code, None, "it is killed");
    assert!(data.join("pki/root.key").exists() && !data.join("collector.toml").exists());

    let again = tests::finish(init).await;
    assert_eq!((again.code, again.stderr.as_str()), (Some(0), ""));
    assert_eq!(check(&data).await.code, Some(0));
    let left: Vec<_> = fs::read_dir(&data).unwrap().map(|it| it.unwrap().file_name()).collect();
    assert!(!left.contains(&"init.unfinished".into()), "{left:?}");
}

#[tokio::test]
async fn a_port_that_is_taken_is_named_and_nothing_is_changed() {
    let mut site = Site::start().await;
    site.stop().await;
    let taken = std::net::TcpListener::bind(site.operator_plane()).unwrap();
    let before = contents(&site.data().join("store"));
    let started = serve(&site.data()).await;
    assert_eq!(started.code, Some(1));
    let expected = format!(
        "remit-collector: failed to listen on {}: address already in use\n",
        site.operator_plane()
    );
    assert!(started.stderr.ends_with(&expected), "{}", started.stderr);
    assert!(contents(&site.data().join("store")) == before);
    drop(taken);
    site.restart().await;
}

#[tokio::test]
async fn a_collector_that_is_told_to_stop_says_goodbye_to_everybody() {
    let mut site = Site::start().await;
    let mut agent = site.agent("web-1").await;
    let mut session = agent.connect().await.unwrap();
    let mut watch = site.admin.watch("").await.unwrap();
    session.report(&steps::run(&mut agent, "nightly", RunResult::Failed)).await;
    session.acknowledged(Stream::Events, 1).await.unwrap();

    let asked = Instant::now();
    let ended = site.stop().await;
    assert!(asked.elapsed() < Duration::from_secs(10));
    assert_eq!(ended.code(), Some(0), "{ended}");
    let said = session.end().await;
    assert_eq!((said.code(), said.message()), (Code::Unavailable, "the collector is stopping"));
    let said = loop {
        if let Err(said) = watch.next().await {
            break said;
        }
    };
    assert_eq!((said.code(), said.message()), (Code::Unavailable, "the collector is stopping"));

    site.restart().await;
    site.admin.alerted("backup-failed", v1::AlertState::Open).await;
}

#[tokio::test]
async fn a_wrong_setting_is_named_with_its_line() {
    let mut site = Site::start().await;
    site.stop().await;
    let path = site.data().join("collector.toml");
    let good = fs::read_to_string(&path).unwrap();
    let line = 1 + good.lines().position(|it| it == "[store]").unwrap();
    for (wrong, key, problem) in [
        ("cache_mib = 0", "store.cache_mib", "is not between 1 and 65536"),
        (
            "cache_mb = 64",
            "store.cache_mb",
            "unknown field `cache_mb`, expected one of `cache_mib`",
        ),
        (
            "keep_feed = \"2 weeks\"",
            "store.keep_feed",
            "`2 weeks` is not a length of time: write it like `30s`, `10m`, `1h30m` or `7d`",
        ),
    ] {
        fs::write(&path, good.replace("[store]", &format!("[store]\n{wrong}"))).unwrap();
        for outcome in [check(&site.data()).await, serve(&site.data()).await] {
            assert_eq!(outcome.code, Some(1));
            let place = format!("remit-collector: {}:{}: {key}: ", path.display(), line + 1);
            let said = outcome.stderr.strip_prefix(&place);
            let said = said.unwrap_or_else(|| panic!("{place} is not in {}", outcome.stderr));
            assert!(said.starts_with(problem), "{said}");
        }
    }
    fs::write(&path, good).unwrap();
    let shown = check(&site.data()).await;
    assert_eq!((shown.code, shown.stderr.as_str()), (Some(0), ""));
    let row = shown.stdout.lines().find(|it| it.starts_with("listen.agents")).unwrap();
    assert!(row.contains(&site.agent_plane()) && row.contains("file"), "{row}");
    assert!(!shown.stdout.contains("a secret that only"), "secrets are masked");
}

#[tokio::test]
async fn a_matrix_that_makes_no_sense_is_refused_with_line_and_key() {
    let site = Site::start().await;
    let wrong = starter().replacen("consulted = \"internal-it\"", "consulted = \"internl-it\"", 1);
    let line = 1 + wrong.lines().position(|it| it.contains("internl-it")).unwrap();
    let refused = site.admin.publish(&wrong).await.unwrap_err();
    assert_eq!(refused.code(), Code::InvalidArgument);
    let said: Vec<&str> = refused.message().lines().collect();
    assert_eq!(said[0], "the matrix is refused");
    let expected = format!(
        "acme.toml:{line}: error[unknown-team]: row[1].consulted: there is no team `internl-it`"
    );
    assert_eq!(said[1], expected);

    let asked = v1::LintMatrixRequest { toml: wrong, file_name: "acme.toml".into() };
    let found = site.admin.matrix().lint_matrix(asked).await.unwrap().into_inner().findings;
    let found = found.into_iter().find(|it| it.error).unwrap();
    assert_eq!((found.line as usize, found.key.as_str()), (line, "row[1].consulted"));
    assert_eq!(found.message, "there is no team `internl-it`");

    let asked = v1::GetMatrixRequest { tenant: "acme".into(), version: 0 };
    let in_force = site.admin.matrix().get_matrix(asked).await.unwrap().into_inner();
    assert_eq!(in_force.version.unwrap().version, 1, "what was in force stays in force");
    assert_eq!(in_force.toml, starter());
}

#[tokio::test]
async fn a_data_folder_from_the_future_is_left_alone() {
    let mut site = Site::start().await;
    site.stop().await;
    let store = site.data().join("store");
    {
        let later = sled::Config::new().path(&store).open().unwrap();
        let format = later.get("m/format").unwrap().unwrap();
        assert_eq!(format.last(), Some(&b'6'));
        let format: Vec<u8> = [&format[..format.len() - 1], b"7"].concat();
        later.insert("m/format", format).unwrap();
        later.flush().unwrap();
    }
    let started = serve(&site.data()).await;
    assert_eq!(started.code, Some(1));
    let expected = format!(
        "remit-collector: failed to open data folder {}: the data folder has format 7, and this \
         version knows formats up to 6: use the version that wrote it, or a later one\n",
        store.display()
    );
    assert!(started.stderr.ends_with(&expected), "{}", started.stderr);
}

#[tokio::test]
async fn a_full_disk_stops_measurements_before_alerts_and_nothing_for_good() {
    const RESERVE: u64 = 64 << 20;
    let mut site = Site::start().await;
    let noc = site.noc().await;
    site.stop().await;
    site.restart_on_small_disk(128).await;
    let noc = noc.again().await;
    // So small a disk has no room to spare.
    let told = site.admin.alerted("collector-disk", v1::AlertState::Open).await;
    assert_eq!(told.severity(), v1::Severity::Medium);
    let data = site.data();
    let disk = site.collector().folder(&data);
    let mut agent = site.agent("db-7").await;
    let mut session = agent.connect().await.unwrap();
    let alert = steps::fill_disk(&site, &mut agent, &mut session).await;
    let applied = agent.last(Stream::Metrics);

    let filler = Filler::leaving(&disk, RESERVE / 2);
    let (code, reason) = site.http("/readyz").await.unwrap();
    assert_eq!(code, 503);
    assert!(reason.starts_with("the store refuses measurements: 3"), "{reason}");
    session.report(&steps::run(&mut agent, "nightly", RunResult::Failed)).await;
    session.report(&agent.disk(400)).await;
    let ended = session.end().await;
    assert_eq!(ended.code(), Code::ResourceExhausted);
    assert_eq!(ended.message(), "the data folder has no space left to commit");
    site.admin.alerted("backup-failed", v1::AlertState::Open).await;
    let asked = v1::AcknowledgeAlertRequest { alert_id: alert.alert_id, ..Default::default() };
    let taken = noc.alerts().acknowledge_alert(asked.clone()).await.unwrap().into_inner();
    assert_eq!(taken.alert.unwrap().state(), v1::AlertState::Acknowledged);

    drop(filler);
    let filler = Filler::leaving(&disk, RESERVE / 32);
    let (_, reason) = site.http("/readyz").await.unwrap();
    assert!(reason.starts_with("the store refuses everything: 2 MiB are free in "), "{reason}");
    let refused = noc.alerts().acknowledge_alert(asked.clone()).await.unwrap_err();
    assert_eq!(refused.code(), Code::ResourceExhausted);
    let seen = site.admin.endpoint(&agent.id).await.unwrap();
    assert_eq!(seen.metrics_applied, applied, "what can be seen is still seen");

    drop(filler);
    assert_eq!(site.http("/readyz").await, Some((200, "ready\n".into())));
    noc.alerts().acknowledge_alert(asked).await.unwrap();
    let _session = agent.deliver().await;
    let last = agent.last(Stream::Metrics);
    site.admin
        .endpoint_where(&agent.id, "what was refused is applied", |it| it.metrics_applied == last)
        .await;
}
