//! Changes that both sides agree on: who must, for how long, what they become.

use jiff::{SignedDuration, Timestamp, tz::TimeZone};
use remit_proto::{
    convert::Wire as _,
    v1::{self, ChangeState, propose_change_request::Payload},
};
use remit_runtime::clock::SystemClock;
use remit_shared::Clock as _;
use serde_json::Value;
use tests::{Ask, FakeAgent, Operator, Outcome, SOON, Site, eventually, starter};
use tonic::{Code, Status};

const HOUR: SignedDuration = SignedDuration::from_hours(1);

/// The starter matrix with another title for a row whose approvers nobody names.
fn edited(title: &str) -> String {
    let before = "Whatever happens while the office is shut";
    assert!(starter().contains(before));
    starter().replace(before, title)
}

/// Publishes a version that holds from a time on, once it is agreed on; gives the
/// change.
async fn publish_from(by: &Operator, title: &str, from: Timestamp) -> String {
    let asked = v1::PublishMatrixRequest {
        toml: edited(title),
        file_name: "acme.toml".into(),
        note: "as agreed in the weekly call".into(),
        effective_from: Some(from.to_wire()),
        ..Default::default()
    };
    by.matrix().publish_matrix(asked).await.unwrap().into_inner().change_id
}

/// A window over what is the provider's, so that it must agree.
fn window(title: &str, starts_at: &str) -> v1::WindowSpec {
    v1::WindowSpec {
        tenant: "acme".into(),
        title: title.into(),
        why: "the array is rebuilt".into(),
        selector: Some(v1::Selector {
            functions: vec!["backup_monitoring".into()],
            ..Default::default()
        }),
        zone: "America/New_York".into(),
        starts_at: starts_at.into(),
        duration_seconds: 3600,
        ..Default::default()
    }
}

async fn propose(by: &Operator, payload: Payload) -> Result<v1::Change, Status> {
    let asked = v1::ProposeChangeRequest {
        tenant: "acme".into(),
        title: "as agreed".into(),
        reason: "the weekly call".into(),
        payload: Some(payload),
        ..Default::default()
    };
    let proposed = by.changes().propose_change(asked).await?.into_inner();
    Ok(proposed.change.unwrap_or_default())
}

async fn apply(by: &Operator, change_id: &str) -> Result<v1::ApplyChangeResponse, Status> {
    let asked = v1::ApplyChangeRequest { change_id: change_id.into() };
    Ok(by.changes().apply_change(asked).await?.into_inner())
}

async fn window_of(site: &Site, id: &str) -> v1::Window {
    let asked = v1::GetWindowRequest { window_id: id.into() };
    let got = site.admin.windows().get_window(asked).await.unwrap();
    got.into_inner().window.unwrap_or_default()
}

fn json(outcome: &Outcome) -> Value {
    assert_eq!(outcome.code, Some(0), "{outcome:?}");
    serde_json::from_str(&outcome.stdout).unwrap_or_else(|_| panic!("{outcome:?}"))
}

#[tokio::test]
async fn the_second_version_of_a_matrix_takes_a_person_of_each_side() {
    let site = Site::start().await;
    let (imke, petra) = (site.it_manager().await, site.provider_manager().await);
    let file = site.folder().join("acme.toml");
    std::fs::write(&file, edited("Nights")).unwrap();
    let publish = ["--json", "matrix", "publish", file.to_str().unwrap(), "--note", "nights"];
    let waiting = json(&site.remit(&site.admin, publish).await);
    let id = waiting["change_id"].as_str().unwrap();
    assert_eq!(site.admin.matrix_version().await, 1, "nobody has agreed yet");

    let own = site.admin.approve(id).await.unwrap_err();
    assert_eq!(own.code(), Code::PermissionDenied, "{own}");
    let same_side = imke.approve(id).await.unwrap_err();
    assert!(same_side.message().contains("waits for a manager (provider)"), "{same_side}");

    let mine = json(&site.remit(&petra, ["--json", "change", "list", "--mine"]).await);
    assert_eq!(mine["changes"][0]["change_id"], id, "{mine}");
    let approve = ["--json", "change", "approve", id, "--yes", "--note", "agreed"];
    let approved = json(&site.remit(&petra, approve).await);
    assert_eq!((&approved["state"], &approved["result"]), (&"applied".into(), &"version 2".into()));
    assert_eq!(approved["approvals"][0]["note"], "agreed");
    assert_ne!(approved["approvals"][0]["signature"], "", "it is signed with her own key");

    let asked = v1::GetMatrixRequest { tenant: "acme".into(), version: 0 };
    let held = imke.matrix().get_matrix(asked).await.unwrap().into_inner();
    assert_eq!(held.toml, edited("Nights"));
    let version = held.version.unwrap();
    assert!(version.countersigned && version.in_force, "{version:?}");
    assert_eq!((version.version, version.change_id.as_str()), (2, id));
    let first = v1::GetMatrixRequest { tenant: "acme".into(), version: 1 };
    let first = imke.matrix().get_matrix(first).await.unwrap().into_inner().version.unwrap();
    assert_eq!(version.previous_sha256, first.sha256);
    assert!(!first.countersigned && !first.in_force, "{first:?}");
}

#[tokio::test]
async fn an_agreement_is_for_one_text_and_signed_by_its_own_key() {
    let site = Site::start().await;
    let petra = site.provider_manager().await;
    let id = site.admin.publish(&edited("Nights")).await.unwrap().change_id;
    let sha256 = petra.change(&id).await.sha256;
    let approve = async |sha256: &str, signature: &[u8]| {
        let asked = v1::ApproveChangeRequest {
            change_id: id.clone(),
            sha256: sha256.into(),
            signature: signature.into(),
            ..Default::default()
        };
        petra.changes().approve_change(asked).await.unwrap_err()
    };
    let other = approve(&"0".repeat(64), b"").await;
    assert_eq!(other.code(), Code::FailedPrecondition, "{other}");
    assert!(other.message().contains("look at it again"), "{other}");
    let forged = approve(&sha256, b"not hers").await;
    assert_eq!(forged.code(), Code::InvalidArgument, "{forged}");
    assert_eq!(petra.change(&id).await.state(), ChangeState::Proposed);
}

#[tokio::test]
async fn a_version_made_from_an_older_one_is_made_again() {
    let site = Site::start().await;
    let petra = site.provider_manager().await;
    let first = site.admin.publish(&edited("Nights")).await.unwrap().change_id;
    let second = site.admin.publish(&edited("Evenings")).await.unwrap().change_id;
    let collisions = petra.change(&second).await.collisions;
    let what: Vec<_> = collisions.iter().map(|it| (&*it.change_id, &*it.what)).collect();
    assert!(what.contains(&(&*first, "the matrix")), "{what:?}");
    assert!(what.contains(&(&*first, "row after-hours")), "{what:?}");
    petra.approve(&first).await.unwrap();
    let failed = petra.approve(&second).await.unwrap();
    assert_eq!(failed.state(), ChangeState::Failed, "{failed:?}");
    assert!(failed.close_reason.contains("make it again"), "{failed:?}");
    assert_eq!(site.admin.matrix_version().await, 2);
}

#[tokio::test]
async fn what_nobody_agrees_to_within_a_day_lapses() {
    let site = Site::by_clock(&starter()).await;
    let petra = site.provider_manager().await;
    let id = site.admin.publish(&edited("Nights")).await.unwrap().change_id;
    site.set_clock(SystemClock.now() + HOUR * 24);
    let is_so = |it: &v1::Change| it.state() == ChangeState::Expired;
    petra.change_where(&id, "the change lapses", is_so).await;
    let late = petra.approve(&id).await.unwrap_err();
    assert_eq!(late.code(), Code::FailedPrecondition, "{late}");
    assert_eq!(petra.matrix_version().await, 1);
}

#[tokio::test]
async fn whoever_was_revoked_no_longer_counts_when_it_takes_effect() {
    let site = Site::by_clock(&starter()).await;
    let petra = site.provider_manager().await;
    let now = SystemClock.now();
    let id = publish_from(&site.admin, "Nights", now + HOUR * 2).await;
    assert_eq!(petra.approve(&id).await.unwrap().state(), ChangeState::Approved);
    let operator_id = petra.credential.operator_id.clone();
    let revoke = v1::RevokeOperatorRequest { operator_id };
    site.admin.operators().revoke_operator(revoke).await.unwrap();
    site.set_clock(now + HOUR * 2);
    let is_so = |it: &v1::Change| it.state() == ChangeState::Failed;
    let failed = site.admin.change_where(&id, "the change fails", is_so).await;
    assert!(failed.close_reason.contains("petra"), "{failed:?}");
    assert_eq!(site.admin.matrix_version().await, 1);
}

#[tokio::test]
async fn a_power_cut_between_agreeing_and_taking_effect_changes_nothing() {
    let mut site = Site::by_clock(&starter()).await;
    let petra = site.provider_manager().await;
    let now = SystemClock.now();
    let id = publish_from(&site.admin, "Nights", now + HOUR).await;
    petra.approve(&id).await.unwrap();
    assert_eq!(site.admin.matrix_version().await, 1);
    site.cut_power().await;
    site.set_clock(now + HOUR * 2);
    site.restart().await;
    let is_so = |it: &v1::Change| it.result == "version 2";
    let applied = site.admin.change_where(&id, "the version is published", is_so).await;
    assert_eq!((applied.state(), &*applied.applied_by), (ChangeState::Applied, "remit"));
    assert_eq!(site.admin.matrix_version().await, 2);
    site.cut_power().await;
    site.restart().await;
    assert_eq!(site.admin.matrix_version().await, 2, "nothing is published twice");
}

#[tokio::test]
async fn a_window_is_born_from_a_change_and_only_once() {
    let site = Site::start().await;
    let (ines, petra) = (site.internal_it().await, site.provider_manager().await);
    site.agent("db-7").await;
    let spec = window("new disk", "2099-01-05T22:00");
    let change = propose(&ines, Payload::Window(spec.clone())).await.unwrap();
    let early = apply(&ines, &change.change_id).await.unwrap_err();
    assert!(early.message().contains("waits for a manager (provider)"), "{early}");
    let other = propose(&ines, Payload::Window(window("cables", "2099-01-06T22:00"))).await;
    let other = other.unwrap();
    assert!(other.collisions.iter().any(|it| it.change_id == change.change_id), "{other:?}");

    assert_eq!(petra.approve(&change.change_id).await.unwrap().state(), ChangeState::Approved);
    let applied = apply(&ines, &change.change_id).await.unwrap().change.unwrap();
    assert_eq!((applied.state(), &applied.window_id), (ChangeState::Applied, &applied.result));
    let born = window_of(&site, &applied.window_id).await;
    assert_eq!((&born.change_id, born.spec.unwrap().title), (&change.change_id, spec.title));
    let again = apply(&ines, &change.change_id).await.unwrap_err();
    assert_eq!(again.code(), Code::FailedPrecondition, "{again}");

    let withdraw =
        v1::WithdrawChangeRequest { change_id: other.change_id.clone(), reason: "no".into() };
    ines.changes().withdraw_change(withdraw).await.unwrap();
    assert_eq!(petra.change(&other.change_id).await.state(), ChangeState::Withdrawn);
}

#[tokio::test]
async fn a_window_over_what_nobody_knows_is_refused_with_what_may_be_meant() {
    let site = Site::start().await;
    let ines = site.internal_it().await;
    site.agent("db-7").await;
    let about = |endpoints: &[&str], sites: &[&str]| v1::WindowSpec {
        selector: Some(v1::Selector {
            endpoints: endpoints.iter().map(ToString::to_string).collect(),
            sites: sites.iter().map(ToString::to_string).collect(),
            ..Default::default()
        }),
        ..window("typo", "2099-01-05T22:00")
    };
    for (spec, expected) in [
        (about(&["db-77"], &[]), "there is no endpoint `db-77`: did you mean `db-7`?"),
        (about(&[], &["hqq"]), "there is no site `hqq`: did you mean `hq`?"),
    ] {
        let proposed = propose(&ines, Payload::Window(spec.clone())).await.unwrap_err();
        let scheduled = v1::ScheduleWindowRequest { spec: Some(spec) };
        let scheduled = ines.windows().schedule_window(scheduled).await.unwrap_err();
        for refused in [proposed, scheduled] {
            assert_eq!((refused.code(), refused.message()), (Code::NotFound, expected));
        }
    }
}

#[tokio::test]
async fn an_emergency_is_one_persons_for_four_hours() {
    let site = Site::by_clock(&starter()).await;
    let (imke, petra) = (site.it_manager().await, site.provider_manager().await);
    site.agent("db-7").await;
    site.agent("db-8").await;
    let code = site.sealed_code().await;
    let now = SystemClock.now();
    let zone = TimeZone::get("America/New_York").expect("the zone is known");
    let start = zone.to_datetime(now + HOUR).strftime("%Y-%m-%d %H:%M").to_string();
    let line = [
        "--json",
        "change",
        "propose",
        "window",
        "--title",
        "fire",
        "--why",
        "the room is hot",
        "--start",
        &start,
        "--zone",
        "America/New_York",
        "--for",
        "8h",
        "--endpoint",
        "db-7",
        "--reason",
        "nobody answers",
        "--yes",
        "--break-glass",
    ];
    let broken = site.remit(&imke, line.into_iter().chain([code.to_str().unwrap()])).await;
    let change = json(&broken);
    assert_eq!((&change["state"], &change["break_glass"]), (&"applied".into(), &true.into()));
    let (id, window) = (change["change_id"].as_str().unwrap(), change["window_id"].as_str());
    let opened = window_of(&site, window.unwrap()).await;
    let seconds = opened.spec.unwrap().duration_seconds;
    assert!((10_700..10_900).contains(&seconds), "three of its eight hours: {seconds}");
    for manager in ["it-manager", "provider-manager"] {
        let page = site.inbox.message(manager, "change").await;
        assert!(page.field("subject").contains("alone, in an emergency"), "{page:?}");
    }
    let twice = site.remit(&imke, line.into_iter().chain([code.to_str().unwrap()])).await;
    assert!(twice.stderr.contains("the sealed code is not right"), "{twice:?}");

    site.set_clock(now + HOUR * 4 + SignedDuration::from_mins(1));
    eventually(SOON, "the window is called off", async || {
        let window = window_of(&site, window.unwrap()).await;
        (window.state() == v1::WindowState::Cancelled).then_some(())
    })
    .await;
    let own = imke.approve(id).await.unwrap_err();
    assert_eq!(own.code(), Code::PermissionDenied, "{own}");
    let review = ["--json", "change", "approve", id, "--yes", "--note", "it was hot indeed"];
    let reviewed = json(&site.remit(&petra, review).await);
    assert_eq!(reviewed["approvals"][0]["by"], "petra", "{reviewed}");
}

#[tokio::test]
async fn a_manager_is_made_by_both_sides() {
    let site = Site::start().await;
    let petra = site.provider_manager().await;
    let out = site.folder().join("paul.toml");
    let create = [
        "operator",
        "create",
        "--name",
        "paul",
        "--role",
        "manager",
        "--party",
        "provider",
        "--team",
        "provider-manager",
        "--out",
        out.to_str().unwrap(),
    ];
    let refused = site.remit(&site.admin, create).await;
    let command = "remit change propose role 'paul' --role manager --party provider --team \
                   provider-manager --tenant acme";
    assert!(refused.stderr.contains(command), "{refused:?}");
    assert!(!out.exists());

    let propose = [
        "--json",
        "change",
        "propose",
        "role",
        "paul",
        "--role",
        "manager",
        "--party",
        "provider",
        "--team",
        "provider-manager",
        "--reason",
        "petra is on leave",
    ];
    let change = json(&site.remit(&site.admin, propose).await);
    let id = change["change_id"].as_str().unwrap();
    petra.approve(id).await.unwrap();
    json(&site.remit(&site.admin, ["--json", "change", "apply", id, "--yes"]).await);
    let made = site.remit(&site.admin, create).await;
    assert_eq!(made.code, Some(0), "{made:?}");
    let another = create.map(|it| if it == "paul" { "paula" } else { it });
    let another = site.remit(&site.admin, another.into_iter().chain(["--force"])).await;
    assert!(another.stderr.contains("must agree"), "what was agreed was paul: {another:?}");
}

#[tokio::test]
async fn a_token_for_many_is_shown_to_whoever_applies_the_change() {
    let site = Site::start().await;
    let petra = site.provider_manager().await;
    let ask = Ask { tenant: "acme".into(), site: "hq".into(), max_uses: 2, ..Default::default() };
    let refused = site.ask_token(ask.clone()).await.unwrap_err();
    assert!(refused.message().contains("remit change propose token"), "{refused}");
    let change = propose(&site.admin, Payload::Token(ask)).await.unwrap();
    petra.approve(&change.change_id).await.unwrap();
    let applied = apply(&site.admin, &change.change_id).await.unwrap();
    for name in ["db-1", "db-2"] {
        FakeAgent::enroll(&applied.token, name).await.expect("it lets two in");
    }
}

#[tokio::test]
async fn what_cannot_be_carried_out_is_not_asked_for() {
    let site = Site::start().await;
    let petra = site.provider_manager().await;
    let records = "audit".to_owned();
    let retention = v1::RetentionProposal { records, keep_seconds: 86_400 * 365 };
    let refused = propose(&petra, Payload::Retention(retention)).await.unwrap_err();
    assert!(refused.message().contains("collector.toml"), "{refused}");
    let past = propose(&petra, Payload::Window(window("late", "2020-01-05T22:00"))).await;
    let past = past.unwrap_err();
    assert!(past.message().contains("which is past"), "{past}");
    let unsound = starter().replacen("consulted = \"internal-it\"", "consulted = \"nobody\"", 1);
    let refused = petra.publish(&unsound).await.unwrap_err();
    assert!(refused.message().contains("acme.toml:"), "{refused}");
    let listed = v1::ListChangesRequest { include_closed: true, ..Default::default() };
    let listed = petra.changes().list_changes(listed).await.unwrap().into_inner();
    assert_eq!(listed.changes, [], "nothing was kept");
}
