//! Who has it next, and whom one rings about it.

use remit_proto::v1::{self, AlertEventKind, AlertState, HandOverAlertRequest, HandOverReason};
use tests::{Site, Story, day_and_night, entries, eventually, owner, starter, tuesday};

use crate::steps::fill_disk;

/// Nora cannot go on, and asks that somebody else does so at once.
async fn runs_into_a_wall(story: &Story, alert: &v1::Alert) -> v1::Alert {
    let asked = v1::BlockAlertRequest {
        alert_id: alert.alert_id.clone(),
        reason: HandOverReason::NeedsCredential.into(),
        note: "the vault is not ours".into(),
        immediately: true,
    };
    let blocked = story.nora.alerts().block_alert(asked).await.unwrap();
    blocked.into_inner().alert.expect("an answer holds the alert")
}

#[tokio::test]
async fn a_wall_leads_to_the_other_party_and_up_its_own_ladder() {
    let follows = "policy = \"hands\"\ncontact = [{ name = \"Service desk\"";
    let steps = "[[policy]]\nname = \"hands\"\nsteps = [\"5m it-manager\"]\n\n[[policy]]";
    let matrix = day_and_night()
        .replacen("contact = [{ name = \"Service desk\"", follows, 1)
        .replacen("[[policy]]", steps, 1)
        .replacen("pause = [", "team_response = { high = \"1h\" }\npause = [", 1);
    let mut story = Story::begin(&matrix).await;
    story.at("20:00");
    let alert = story.fails("daily").await;
    // Not to provider-manager, who answers for the row on Nora's own side.
    let handed = runs_into_a_wall(&story, &alert).await;
    assert_eq!((owner(&handed), handed.state()), ("internal-it", AlertState::Open));
    assert_eq!(handed.next_escalation_to, "it-manager");
    assert_eq!(handed.next_escalation_at.unwrap().seconds, tuesday("20:05").as_second());
    story.at("20:05");
    let told = [
        "provider-noc assigned",
        "internal-it assigned",
        "provider-noc informed",
        "it-manager escalated",
    ];
    story.told(&alert, &told).await;

    let asked = v1::GetAlertSlaRequest { alert_id: alert.alert_id.clone() };
    let sla = story.nora.alerts().get_alert_sla(asked).await.unwrap().into_inner().sla.unwrap();
    let own = sla.clocks.iter().find(|it| it.team == "internal-it").expect("a clock of its own");
    let lines: Vec<_> = own.segments.iter().map(|it| (it.team.as_str(), it.counted_ms)).collect();
    assert_eq!(lines, [("internal-it", 5 * 60_000)], "{own:?}");
    assert_eq!(own.elapsed_ms, 5 * 60_000);

    // And back to whom the row names, if nobody says to whom.
    let back = HandOverAlertRequest {
        alert_id: alert.alert_id.clone(),
        to_team: String::new(),
        reason: HandOverReason::Manual.into(),
        note: "here is the password".into(),
    };
    let back = story.ines.alerts().hand_over_alert(back).await.unwrap().into_inner();
    assert_eq!(owner(&back.alert.unwrap()), "provider-noc");
}

#[tokio::test]
async fn a_rota_without_anybody_is_told_to_those_who_answer_for_it() {
    let empty = "[[rota]]\nname = \"nights\"\nzone = \"America/New_York\"\n\n[[rota.layer]]\n\
                 title = \"weeks\"\npeople = [\"kim\"]\nfrom = \"2025-01-06\"\nturn = \"1w\"\n\n\
                 [[person]]\nname = \"kim\"\nteams = \"provider-noc\"\ndisabled = true\n\
                 notify = \"webhook:provider-manager\"\n\n[[policy]]";
    let matrix = day_and_night()
        .replacen("[[policy]]", empty, 1)
        .replace("15m provider-manager", "15m rota:nights");
    let mut story = Story::begin(&matrix).await;
    story.at("20:00");
    let alert = story.fails("daily").await;
    story.at("20:15");
    story.told(&alert, &["provider-noc assigned", "it-manager escalated"]).await;
    for team in ["provider-manager", "it-manager"] {
        let letter = story.site.inbox.message(team, "unreached").await;
        let subject = "rota:nights cannot be told of db-7: ";
        assert!(letter.field("subject").starts_with(subject), "{}", letter.field("subject"));
        assert!(letter.field("text").contains("kim is disabled"), "{}", letter.field("text"));
        assert!(letter.field("text").contains(&alert.alert_id), "{}", letter.field("text"));
    }
    let alert = story.alert(&alert).await;
    let said = entries(&alert, &[AlertEventKind::NoRecipient]);
    assert!(said[0].starts_with("remit: rota:nights cannot be told: "), "{said:?}");
}

#[tokio::test]
async fn what_only_the_catch_all_owns_is_told_to_both_who_answer() {
    let hole = "[[row]]\nid = \"nobody\"\nfunction = \"backup_monitoring\"\n\
                when = \"outside office\"\nuncovered = true\n\
                accepted_by = [\"it-manager\", \"provider-manager\"]\n\n[[row]]";
    let mut story = Story::begin(&day_and_night().replacen("[[row]]", hole, 1)).await;
    story.at("20:00");
    let alert = story.fails("daily").await;
    let told = ["provider-noc assigned", "provider-manager informed", "it-manager informed"];
    story.told(&alert, &told).await;
    assert!(alert.unresolved.contains(&"matrix_gap".to_owned()), "{:?}", alert.unresolved);
}

#[tokio::test]
async fn an_alert_says_whom_to_ring_how_it_came_and_what_was_promised() {
    let site = Site::start().await;
    let mut agent = site.agent("db-7").await;
    let mut session = agent.connect().await.unwrap();
    let alert = fill_disk(&site, &mut agent, &mut session).await;

    let shown = site.admin.asks(&format!("alert show {}", alert.alert_id)).await;
    let contact = &shown["responsibility"]["contacts"][0];
    assert_eq!(contact["team"], "provider-noc", "{shown}");
    assert_eq!(contact["phone"], "+1 646 555 0100", "{shown}");
    let samples = shown["samples"].as_array().expect("what was measured is a list");
    let last = samples.last().expect("the disk was measured");
    let expected = (&970.into(), &"permille".into(), &"crit".into());
    assert_eq!((&last["value"], &last["unit"], &last["status"]), expected, "{shown}");
    let sla = &shown["sla"];
    assert_eq!((&sla["agreement"], &sla["status"]), (&"gold".into(), &"on_track".into()), "{sla}");
    assert_eq!((&sla["target"], &sla["target_ms"]), (&"response".into(), &1_800_000.into()));
    let listed = site.admin.asks("alert list").await;
    assert_eq!(listed["alerts"][0]["sla"]["agreement"], "gold", "{listed}");

    let page = site.inbox.message("provider-noc", "assigned").await;
    let line = "Call:        Operator on shift, +1 646 555 0100, noc@provider.example";
    assert!(page.field("text").contains(line), "{}", page.field("text"));
    let contacts = &page.body["alerts"][0]["contacts"];
    assert_eq!(contacts[1]["name"], "Shift lead", "{contacts}");

    for words in [
        vec!["alert", "show", &alert.alert_id],
        vec!["who", "--endpoint", "db-7", "--function", "infra_monitoring"],
    ] {
        let text = site.admin.types(words).await.stdout;
        for said in ["Operator on shift, +1 646 555 0100", "Service manager, +1 646 555 0110"] {
            assert!(text.contains(said), "{said}: {text}");
        }
    }
    let none = site.admin.types(["matrix", "show", "--version", "7"]).await;
    assert_eq!(none.code, Some(3));
    let words = "there is no version 7 of acme's matrix: the newest is 1";
    assert!(none.stderr.contains(words), "{}", none.stderr);
}

#[tokio::test]
async fn what_the_matrix_needs_is_told_in_the_morning_before_it_hurts() {
    let day = |before: i64| {
        let at = tuesday("12:00") - jiff::SignedDuration::from_hours(24 * before);
        at.strftime("%F").to_string()
    };
    let nobody = format!(
        "\n[[rota.override]]\nfrom = \"{0} 17:00\"\nto = \"{0} 23:00\"\nperson = \"nobody\"\n\n# Who is told",
        day(0)
    );
    let matrix = starter().replacen("# Who is told", &nobody, 1).replacen(
        "reviewed = \"2026-10-01\"",
        &format!("reviewed = \"{}\"", day(75)),
        1,
    );
    let mut site = Site::by_clock(&matrix).await;
    site.stop().await;
    // It looks at nights as soon as it runs, and then each five seconds: one that
    // it has not seen before its end is not one that it ends.
    site.set_clock(tuesday("07:59:54"));
    site.restart().await;
    let letter = async |team: &str, about: &str| {
        let what = format!("{team} hears of {about}");
        eventually(tests::SOON, &what, async || {
            let all = site.inbox.received().into_iter();
            let of_shift = |it: &tests::Received| it.field("topic") == "shift";
            all.filter(of_shift)
                .find(|it| it.webhook == team && it.field("subject").contains(about))
        })
        .await
    };
    let gap = letter("provider-manager", "nobody can be called by rota noc-nights").await;
    assert!(gap.field("subject").contains("17:00"), "{}", gap.field("subject"));
    for team in ["provider-manager", "it-manager"] {
        let review = letter(team, "one row of the matrix should be read again").await;
        let said = "- infrastructure: soon, 75 days";
        assert!(review.field("text").contains(said), "{}", review.field("text"));
    }
}
