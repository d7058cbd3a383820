use std::fs;

use remit_shared::Chain;
use tempfile::TempDir;

use super::*;
use crate::adapters::{
    notify::{Door, Kind},
    remote_write::Login,
};

/// Settings with a secret beside them.
fn load_text(text: &str) -> Result<(Config, Effective), String> {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join(FILE);
    fs::write(&path, format!("names = [\"c.example\"]\n{text}")).unwrap();
    fs::write(folder.path().join("secret"), " hush \n").unwrap();
    let flags = Flags { data_dir: Some(folder.path().into()), config: None };
    load(&flags).map_err(|err| Chain(&err).to_string())
}

#[test]
fn every_kind_of_channel_is_read_and_no_secret_is_shown() {
    let text = r#"
        [[webhook]]
        name = "noc"
        url = "https://noc.example/hook"
        secret_file = "secret"
        [[slack]]
        name = "noc"
        url_file = "secret"
        [[teams]]
        name = "noc"
        url_file = "secret"
        [[pagerduty]]
        name = "noc"
        key_file = "secret"
        [[ntfy]]
        name = "noc"
        url = "https://ntfy.example"
        topic_file = "secret"
        [[alertmanager]]
        name = "noc"
        url = "https://tickets.example"
        token_file = "secret"
        [smtp]
        host = "mail.example"
        from = "Remit <remit@example.org>"
        username = "remit"
        password_file = "secret"
    "#;
    let (config, table) = load_text(text).unwrap();
    let kinds: Vec<Kind> = config.channels.doors.iter().map(|it| it.1.kind()).collect();
    assert_eq!(kinds, Kind::ALL);
    let Door::Pagerduty(pagerduty) = &config.channels.doors[3].1 else { panic!("{kinds:?}") };
    assert_eq!(pagerduty.url, "https://events.pagerduty.com");
    assert!(!table.to_string().contains("hush"), "{table}");
}

#[test]
fn a_channel_that_is_there_twice_is_refused() {
    let one = "[[slack]]\nname = \"noc\"\nurl_file = \"secret\"\n";
    let err = load_text(&one.repeat(2)).err().unwrap();
    assert!(err.contains("slack.name") && err.contains("`noc` is there twice"), "{err}");
    let err = load_text("[[slack]]\nname = \"noc\"\nurl_file = \"nowhere\"\n").err().unwrap();
    assert!(err.contains("slack.url_file") && err.contains("failed to read"), "{err}");
    let err = load_text("[[slak]]\nname = \"noc\"\n").err().unwrap();
    assert!(err.contains("unknown field `slak`"), "{err}");
}

#[test]
fn tokens_do_not_cross_a_network_in_the_clear() {
    let plain = |address: &str| {
        let listen = format!("[listen]\nreceiver = \"{address}:7448\"\n");
        load_text(&format!("{listen}[receiver]\nplain_http_on_loopback = true\n"))
    };
    let (config, _) = plain("127.0.0.1").unwrap();
    assert!(config.receiver.unwrap().plain);
    let err = plain("192.0.2.1").err().unwrap();
    assert!(err.contains("192.0.2.1:7448 is not a loopback address"), "{err}");
    assert_eq!(load_text("").unwrap().0.receiver, None, "off unless it is asked for");
}

#[test]
fn a_dead_mans_switch_has_one_address_that_is_not_shown() {
    let switch = |text: &str| load_text(&format!("[dead_man]\n{text}"));
    let (config, table) = switch("url_file = \"secret\"\nevery = \"90s\"\n").unwrap();
    let found = config.dead_man.unwrap();
    assert_eq!((found.url.as_str(), found.every.0.as_secs()), ("hush", 90));
    assert!(!table.to_string().contains("hush"), "{table}");
    assert!(load_text("").unwrap().0.dead_man.is_none(), "off unless it is asked for");
    let err = switch("").err().unwrap();
    assert!(err.contains("dead_man") && err.contains("needs a url_file"), "{err}");
    let err = switch("url_file = \"secret\"\nurl = \"https://x.example\"\n").err().unwrap();
    assert!(err.contains("dead_man.url") && err.contains("is there twice"), "{err}");
    let err = switch("url_file = \"secret\"\nevery = \"2h\"\n").err().unwrap();
    assert!(err.contains("dead_man.every") && err.contains("not between 1s and 1h"), "{err}");
}

#[test]
fn an_audit_trail_of_a_week_is_refused() {
    let err = load_text("[store]\nkeep_audit = \"7d\"\n").err().unwrap();
    assert!(err.contains("store.keep_audit") && err.contains("180 days"), "{err}");
}

#[test]
fn what_is_kept_by_the_hour_outlasts_what_came() {
    let (config, _) = load_text("").unwrap();
    let days = |it: Span| it.0.as_hours() / 24;
    assert_eq!((days(config.keep_history), days(config.keep_hourly)), (14, 400));
    let err = load_text("[store]\nkeep_hourly = \"7d\"\n").err().unwrap();
    assert!(err.contains("store.keep_hourly") && err.contains("is shorter than"), "{err}");
}

#[test]
fn a_database_is_set_up_with_one_login_and_labels_of_its_own() {
    let write = |text: &str| {
        let head = "[[remote_write]]\nname = \"prom\"\nurl = \"https://p.example/write\"\n";
        load_text(&format!("{head}{text}"))
    };
    let (config, table) =
        write("token_file = \"secret\"\ntenants = [\"acme\"]\nlabels = { a = \"b\" }\n").unwrap();
    let [found] = config.remote_write.as_slice() else { panic!("one is set up") };
    assert!(found.to.login == Some(Login::Bearer("hush".into())));
    assert_eq!(found.to.labels, [("a".to_owned(), "b".to_owned())]);
    assert_eq!((found.every.as_secs(), found.batch, found.queue), (5, 2_000, 500_000));
    assert!(!table.to_string().contains("hush"), "{table}");
    assert!(load_text("").unwrap().0.remote_write.is_empty(), "off unless it is asked for");
    for (text, told) in [
        ("username = \"u\"\n", "needs a password_file"),
        ("password_file = \"secret\"\n", "needs a username"),
        ("token_file = \"secret\"\nusername = \"u\"\n", "stands alone"),
        ("labels = { tenant = \"x\" }\n", "`tenant` is a label that Remit gives"),
        ("labels = { \"__name__\" = \"x\" }\n", "`__name__` is not a label's name"),
        ("every = \"5m\"\n", "not between 1s and 2m"),
        ("queue = 5\n", "not between 1000 and"),
        ("tenants = [\"a b\"]\n", "remote_write.tenants"),
    ] {
        let err = write(text).err().unwrap();
        assert!(err.contains(told), "{err}");
    }
    let twice = "[[remote_write]]\nname = \"prom\"\nurl = \"https://q.example\"\n";
    let err = write(twice).err().unwrap();
    assert!(err.contains("remote_write.name") && err.contains("is there twice"), "{err}");
}

#[test]
fn settings_of_the_version_before_keep_their_meaning() {
    let folder = TempDir::new().unwrap();
    let text = include_str!("../../testdata/config/v1.toml");
    fs::write(folder.path().join(FILE), text).unwrap();
    fs::write(folder.path().join("secret"), "hush").unwrap();
    let flags = Flags { data_dir: Some(folder.path().into()), config: None };
    let (config, table) = load(&flags).unwrap();
    let doors: Vec<&str> = config.channels.doors.iter().map(|it| it.0.as_str()).collect();
    assert_eq!(doors, ["noc"]);
    assert!(config.channels.smtp.is_some());
    let shown = table.to_string();
    let is_set = |key: &str, value: &str| {
        let row = shown.lines().find(|it| it.split_whitespace().next() == Some(key));
        let row = row.unwrap_or_else(|| panic!("{key} is not in\n{shown}"));
        assert!(row.contains(value) && row.trim_end().ends_with("file"), "{row}");
    };
    for (key, value) in [
        ("listen.agents", "192.0.2.1:7443"),
        ("listen.enrollment", "192.0.2.1:7444"),
        ("listen.operators", "192.0.2.1:7445"),
        ("store.keep_history", "30d"),
        ("store.keep_feed", "7d"),
        ("log.format", "json"),
    ] {
        is_set(key, value);
    }
}
