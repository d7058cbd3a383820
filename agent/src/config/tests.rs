use std::time::Duration;

use expect_test::{Expect, expect};

use super::*;

fn parse(text: &str, environment: &[(&str, &str)]) -> Result<(Config, Effective), String> {
    let lookup = |name: &str| environment.iter().find(|it| it.0 == name).map(|it| it.1.to_owned());
    let document = Document::parse("agent.toml".as_ref(), text.into());
    document
        .and_then(|it| Config::check(it, &Flags::default(), &lookup, "Europe/Berlin"))
        .map_err(|err| err.to_string())
}

#[track_caller]
fn check(text: &str, expect: Expect) {
    expect.assert_eq(&parse(text, &[]).unwrap_err());
}

#[test]
fn every_value_is_shown_with_its_origin() {
    let text = r#"
        [uplink]
        reconnect_spread = "5s"

        [probe.patch]
        interval = "2h"

        [[backup.job]]
        name = "nightly"
        product = "restic"
        schedule = "30 2 * * *"

        [[backup.restic]]
        job = "nightly"
        repository = "/srv/backup"
        password_file = "/etc/restic/password"
    "#;
    let environment = [("REMIT_AGENT_SPOOL_MAX_BYTES", "128MiB")];
    let (_, effective) = parse(text, &environment).unwrap();
    expect![[r#"
        state_dir                /var/lib/remit-agent                                          default
        uplink.addresses         (from enrollment)                                             default
        uplink.reconnect_spread  5s                                                            file
        uplink.return_after      10m                                                           default
        uplink.proxy             none                                                          default
        spool.max_bytes          128MiB                                                        environment REMIT_AGENT_SPOOL_MAX_BYTES
        spool.max_age            7d                                                            default
        ping.enabled             true                                                          default
        ping.listen              127.0.0.1:7447                                                default
        ping.create              true                                                          default
        log.format               text                                                          default
        budget.cpu               1%                                                            default
        budget.memory            32MiB                                                         default
        budget.handles           256                                                           default
        budget.optional          process, network, load                                        default
        backup.job               nightly by restic, 30 2 * * * Europe/Berlin, 1h late at most  file
        backup.restic            nightly in /srv/backup                                        file
        probe.patch              every 2h, at most 5m                                          file
    "#]]
    .assert_eq(&effective.to_string());
}

#[test]
fn what_makes_no_sense_is_named_with_its_place() {
    check(
        "[spool]\nmax_bytes = \"64\"\n",
        expect![
            "agent.toml:2: spool.max_bytes: `64` is not a size: write it like `64MiB` or `2GiB`"
        ],
    );
    check(
        "[spool]\nmax_age = \"1s\"\n",
        expect!["agent.toml:2: spool.max_age: must be at least 1h"],
    );
    check(
        "[ping]\nlisten = \"0.0.0.0:80\"\n",
        expect!["agent.toml:2: ping.listen: must be a loopback address"],
    );
    check(
        "[probe.cpx]\nenabled = false\n",
        expect![
            "agent.toml:1: probe.cpx: there is no such probe: use cpu, load, memory, network, uptime, process, self, disk, clock, service, patch, backup"
        ],
    );
    check(
        "[probe.cpu]\ninterval = \"1ms\"\n",
        expect!["agent.toml:1: probe.cpu: interval of 0.001 s is not between 1 s and 366 days"],
    );
    check(
        "[uplink]\naddress = \"x\"\n",
        expect![
            "agent.toml:2: uplink.address: unknown field `address`, expected one of `addresses`, `reconnect_spread`, `return_after`, `proxy`, `proxy_credentials_file`, `no_proxy`"
        ],
    );
    check(
        "[budget]\ncpu = \"1\"\n",
        expect![
            "agent.toml:2: budget.cpu: `1` is no share of a processor: write it like `1%` or `0.5%`"
        ],
    );
    check(
        "[budget]\noptional = [\"self\"]\n",
        expect![
            "agent.toml:2: budget.optional: `self` cannot be shed: use any of cpu, load, memory, network, uptime, process, disk, clock, service, patch, backup, backup-events, patch-wua"
        ],
    );
    check(
        "[[backup.job]]\nname = \"a\"\nschedule = \"nightly\"\n",
        expect![
            "agent.toml:3: backup.job.1.schedule: is not a cron expression of five fields, as in `30 2 * * *`"
        ],
    );
    check(
        "[[backup.job]]\nname = \"a\"\nschedule = \"1 1 * * *\"\nzone = \"Mars\"\n",
        expect!["agent.toml:4: backup.job.1.zone: `Mars` is no time zone, as in `Europe/Berlin`"],
    );
    check(
        "[[backup.job]]\nname = \"a\"\n[[backup.job]]\nname = \"a\"\n",
        expect!["agent.toml:4: backup.job.2.name: `a` is declared twice"],
    );
    check(
        "[[backup.borg]]\njob = \"a\"\nrepository = \"b\"\n",
        expect!["agent.toml:2: backup.borg.1.job: `a` is not the name of any [[backup.job]]"],
    );
}

#[test]
fn a_variable_that_makes_no_sense_is_named() {
    let err = parse("", &[("REMIT_AGENT_SPOOL_MAX_AGE", "soon")]).unwrap_err();
    assert!(err.starts_with("environment: REMIT_AGENT_SPOOL_MAX_AGE: `soon` is not"), "{err}");
}

#[test]
fn a_probe_is_planned_by_its_name_its_family_and_what_is_usual() {
    let text = "[probe.patch]\ninterval = \"2h\"\n[probe.patch-apt]\ndeadline = \"1m\"\n";
    let (config, _) = parse(text, &[]).unwrap();
    let plan = config.plan("patch-apt");
    assert_eq!((plan.interval, plan.deadline), (Duration::from_hours(2), Duration::from_mins(1)));
    assert_eq!(config.plan("cpu"), ProbePlan::default_for("cpu"));
}

#[test]
fn a_size_reads_as_it_prints() {
    for text in ["64MiB", "1GiB", "5KiB", "7B", "0B"] {
        assert_eq!(text.parse::<Size>().unwrap().to_string(), text);
    }
    for text in ["", "64", "64MB", "MiB", "-1B", "99999999999999999999GiB"] {
        assert!(text.parse::<Size>().is_err(), "{text}");
    }
}

#[test]
fn a_table_of_events_is_checked_with_the_settings() {
    let folder = tempfile::tempdir().unwrap();
    let config = folder.path().join("agent.toml");
    let own = folder.path().join("adapters.d").join("own.toml");
    std::fs::write(&config, "").unwrap();
    std::fs::create_dir(folder.path().join("adapters.d")).unwrap();
    let flags = Flags { config: Some(config), state_dir: None };
    let load = || Config::load(&flags, &|_| None, "");

    let row = "[[log]]\nchannel = 'Application'\n[[log.event]]\nid = 7\ntells = 'nothing'\n";
    std::fs::write(&own, format!("product = 'own'\ntitle = 'Own'\n{row}")).unwrap();
    let (config, effective) = load().unwrap();
    assert!(config.adapters.iter().any(|it| it.product == "own"));
    let shown = effective.to_string();
    assert!(shown.lines().any(|it| it.starts_with("adapters.d") && it.contains("own")), "{shown}");

    std::fs::write(&own, format!("product = 'own'\n{row}")).unwrap();
    let err = load().unwrap_err().to_string();
    assert_eq!(err, format!("{}:1: product: missing field `title`", own.display()));
}

#[test]
fn tasks_are_named_by_their_paths() {
    for (task, is_good) in [(r"\Backup\Nightly", true), ("Nightly", false), (r"\Backup\", false)] {
        let parsed = parse(&format!("[backup]\ntasks = ['{task}']"), &[]);
        assert_eq!(parsed.is_ok(), is_good, "{task}");
    }
}

#[test]
fn settings_of_the_version_before_keep_their_meaning() {
    let (config, effective) = parse(include_str!("../../testdata/config/v1.toml"), &[]).unwrap();
    let jobs: Vec<_> = config.backups.jobs.iter().map(|it| it.name.as_str()).collect();
    assert_eq!((jobs, config.backups.timers.len()), (vec!["nightly", "hourly"], 1));
    assert!(!config.plan("patch-apt").enabled);
    let said: Vec<String> = effective
        .to_string()
        .lines()
        .filter(|it| it.ends_with("file"))
        .map(|it| it.split_whitespace().collect::<Vec<_>>().join(" "))
        .collect();
    expect![[r#"
        state_dir /srv/remit file
        uplink.addresses a.example:7443, b.example:7443 file
        uplink.reconnect_spread 10s file
        spool.max_bytes 32MiB file
        spool.max_age 3d file
        ping.enabled true file
        ping.listen 127.0.0.1:7500 file
        ping.create false file
        log.format json file
        backup.job nightly by restic, 30 2 * * * Europe/Berlin, 30m late at most file
        backup.job hourly by ping, every 1h, 1h late at most file
        backup.restic nightly in /srv/backup file
        backup.timers nightly.timer file
        probe.cpu every 20s, at most 4s file
        probe.patch-apt off file"#]]
    .assert_eq(&said.join("\n"));
}
