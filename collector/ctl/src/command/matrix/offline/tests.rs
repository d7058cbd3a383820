use std::path::PathBuf;

use clap::Parser as _;
use expect_test::{Expect, expect};
use jiff::tz::TimeZone;
use remit_matrix_file::STARTER;
use tempfile::TempDir;

use super::*;
use crate::{
    args::Args,
    command,
    testing::{Lines, out},
};

/// A folder with the starter in it as `acme.toml`.
struct Folder(TempDir);

impl Folder {
    fn new() -> Self {
        let folder = Self(TempDir::new().unwrap());
        folder.write("acme.toml", STARTER);
        folder
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    fn write(&self, name: &str, text: &str) {
        fs::write(self.path(name), text).unwrap();
    }

    /// What is answered, or what failed; file names stand behind an `@`, and an
    /// underscore for a blank.
    async fn type_in(&self, line: &str) -> Result<String, String> {
        let words = line.split(' ').map(|it| match it.strip_prefix('@') {
            Some(name) => self.path(name).display().to_string(),
            None => it.replace('_', " "),
        });
        let args = Args::try_parse_from(["remit".to_owned()].into_iter().chain(words));
        let args = args.map_err(|err| err.to_string())?;
        let (mut stdout, mut stderr) = (Lines::default(), Lines::default());
        let zone = TimeZone::get("America/New_York").unwrap();
        let plain = out(args.global.json, &mut stdout, &mut stderr);
        let ended = command::run(args, &mut Out { width: 80, zone, ..plain }).await;
        ended.map_err(|failure| failure.to_string())?;
        let folder = format!("{}/", self.0.path().display());
        Ok(stdout.text().replace(&folder, ""))
    }
}

#[track_caller]
fn check(said: Result<String, String>, expected: Expect) {
    expected.assert_eq(&said.unwrap_or_else(|err| format!("failed: {err}\n")));
}

#[tokio::test]
async fn a_week_is_shown_in_eighty_columns() {
    let folder = Folder::new();
    let said = folder.type_in("matrix coverage @acme.toml --at 2026-11-30_12:00").await.unwrap();
    assert!(said.lines().all(|it| it.chars().count() <= 80), "{said}");
    let said = folder.type_in("matrix coverage @acme.toml --function help-desk").await;
    check(
        said,
        expect![[r#"
        failed: there is no function `help-desk`; did you mean `help_desk`?
    "#]],
    );
    let line = "matrix coverage @acme.toml --at 2026-11-24_12:00 --function procurement";
    let said = folder.type_in(line).await;
    check(
        said,
        expect![[r#"
        week of 2026-11-23 in America/New_York, alerts of severity high
          A  provider-noc
          B  it-manager
          small letters: only the catch-all says so

        procurement
                     00    06    12    18
          Mon-Wed    AAAAAAAABBBBBBBBBAAAAAAA
          Thu-Sun    AAAAAAAAAAAAAAAAAAAAAAAA
          at 2 a.m.  provider-noc
    "#]],
    );
}

#[tokio::test]
async fn a_made_up_machine_has_an_owner_and_a_night() {
    let folder = Folder::new();
    let said = folder.type_in("matrix who @acme.toml --function procurement").await;
    check(
        said,
        expect![[r#"
            provider-noc (provider)
              call            Operator on shift, +1 646 555 0100, noc@provider.example
                              Shift lead, +1 646 555 0101
              on call         kim is on call in `noc-nights` until Mon 2026-11-30 08:00
              accountable     provider-manager
              call            Service manager, +1 646 555 0110,
                              service-manager@provider.example
                              Duty manager, +1 646 555 0111
              because         Tue 2026-11-24 17:00 in America/New_York, when office is shut:
                              row `after-hours` (every function, outside office) is the only
                              one that matches
              until           2026-11-25 08:00:00 -05:00 (in 15 h), then it-manager
        "#]],
    );
    let said = folder
        .type_in("matrix simulate @acme.toml --function procurement --at 2026-11-24_16:50 --for 1h")
        .await;
    check(
        said,
        expect![[r#"
            FROM                  TO                    RESPONSIBLE   ROW
            Tue 2026-11-24 16:50  Tue 2026-11-24 17:00  it-manager    decisions
            Tue 2026-11-24 17:00  Tue 2026-11-24 17:50  provider-noc  after-hours

            if nobody acknowledges
            AT                    TOLD              WHY
            Tue 2026-11-24 16:50  it-manager        it opens
            Tue 2026-11-24 17:00  provider-noc      it is theirs from now on
            Tue 2026-11-24 17:15  provider-manager  `15m provider-manager` of policy
                                                    `standard`
            Tue 2026-11-24 17:30  it-manager        `30m it-manager` of policy `standard`
            Tue 2026-11-24 17:45  provider-noc      nobody acknowledged, time 2
        "#]],
    );
    let said = folder.type_in("matrix who @acme.toml --function procurement --site plant").await;
    check(
        said,
        expect![[r#"
        failed: the matrix has no site `plant`; use one of hq
    "#]],
    );
}

#[tokio::test]
async fn only_alerts_that_would_move_are_named() {
    let folder = Folder::new();
    let moved = STARTER.replace(
        "when = \"during office\"\nresponsible = \"it-manager\"",
        "when = \"during office\"\nresponsible = \"internal-it\"",
    );
    assert_ne!(moved, STARTER);
    folder.write("new.toml", &moved);
    let alert = |number: u8, function: &str| {
        format!(
            r#"{{"alert_id": "alr_0000000{number}000040008000000000000000", "site": "hq",
            "endpoint_id": "end_00000000000000000000000000000007", "hostname": "db-7",
            "function": "{function}", "severity": "high", "opened_at": "2026-11-24T17:00:00Z",
            "responsibility": {{"responsible": "it-manager"}}}}"#
        )
    };
    let alerts = [alert(1, "procurement"), alert(2, "help_desk")].join(",");
    folder.write("alerts.json", &format!(r#"{{"alerts": [{alerts}]}}"#));
    let line = "matrix replay @new.toml --against @acme.toml --alerts @alerts.json";
    check(
        folder.type_in(line).await,
        expect![[r#"
            1 of 2 alerts would go to somebody else
            ALERT         OPENED       ENDPOINT  FUNCTION     FROM        TO
            alr_00000001  11-24 12:00  db-7      procurement  it-manager  internal-it
        "#]],
    );
}

#[tokio::test]
async fn holidays_are_imported_once() {
    let folder = Folder::new();
    folder.write(
        "x.ics",
        "BEGIN:VCALENDAR\nBEGIN:VEVENT\nDTSTART;VALUE=DATE:20270326\nSUMMARY:Good Friday\nEND:VEVENT\nEND:VCALENDAR\n",
    );
    let line = "matrix import holidays @x.ics --calendar office @acme.toml";
    check(
        folder.type_in(line).await,
        expect![[r#"
        acme.toml: 1 holiday added to calendar office, which had 0 already
    "#]],
    );
    check(
        folder.type_in(line).await,
        expect![[r#"
        acme.toml: 0 holidays added to calendar office, which had 1 already
    "#]],
    );
    assert!(
        fs::read_to_string(folder.path("acme.toml")).unwrap().contains("2027-03-26 Good Friday")
    );
    let line = line.replace("office", "noc");
    let failed = folder.type_in(&line).await.unwrap_err();
    assert!(failed.ends_with("there is no calendar `noc`: use one of office"), "{failed}");
}

#[tokio::test]
async fn a_review_names_the_rows_that_nobody_has_read_for_long() {
    let folder = Folder::new();
    folder.write(
        "old.toml",
        &STARTER.replacen("reviewed = \"2026-10-01\"", "reviewed = \"2026-08-01\"", 1),
    );
    let said = folder.type_in("--json matrix review @old.toml").await.unwrap();
    let said: serde_json::Value = serde_json::from_str(&said).unwrap();
    assert_eq!(said["rows"][0]["state"], "due");
    assert_eq!(said["rows"][1]["state"], "fresh");
}
