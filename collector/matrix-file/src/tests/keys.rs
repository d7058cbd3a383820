//! The keys for people, promises and hand-overs, and what is said of each.

use expect_test::expect;
use jiff::{SignedDuration, civil::date};
use remit_collector_domain::{
    alert::HandOverReason,
    matrix::{Escalation, Recipient},
    sla::PauseReason,
};
use remit_shared::Severity;

use super::check;
use crate::{STARTER, read};

#[test]
fn every_part_of_the_starter_is_understood() {
    let matrix = read("starter.toml", STARTER).unwrap().matrix;
    assert_eq!(matrix.persons.len(), 2);
    assert_eq!(matrix.teams[2].oncall.as_ref().unwrap().as_str(), "noc-nights");
    let office = &matrix.calendars[0];
    assert_eq!(office.holiday_on(date(2026, 12, 25)), Some("Christmas Day"));
    assert_eq!(office.exceptions[&date(2026, 12, 24)].title, "Christmas Eve");
    assert_eq!(matrix.rotas[0].layers[0].people.len(), 2);
    let gold = &matrix.agreements[0];
    assert_eq!(gold.response.get(Severity::Critical), Some(SignedDuration::from_mins(15)));
    assert_eq!(gold.pause_reasons, PauseReason::ALL);
    assert_eq!(matrix.policies[2].hours.as_ref().unwrap().as_str(), "office");
    let attack = matrix.hand_over(HandOverReason::SecuritySuspicion, &"help_desk".parse().unwrap());
    assert_eq!((attack.after, attack.to.unwrap().as_str()), (SignedDuration::ZERO, "provider-noc"));
    let [quiet] = matrix.quiet.as_slice() else { panic!() };
    assert_eq!(quiet.who, Recipient::Team("internal-it".parse().unwrap()));
    let row = &matrix.rows[0];
    assert_eq!(row.reviewed, Some(date(2026, 10, 1)));
    assert_eq!(row.duty.escalation, Escalation::Policy("standard".parse().unwrap()));
    assert_eq!(row.duty.authority.approve_change.len(), 2);
    let sites = row.duty.authority().declare_known_issue;
    assert_eq!(sites, std::slice::from_ref(&row.duty.accountable));
}

#[test]
fn the_guide_names_every_key() {
    let guide = include_str!("../../../../docs/matrix.md");
    let keys = include_str!("../raw.rs").lines().filter_map(|line| {
        let (key, _) = line.strip_prefix("    pub(crate) ")?.split_once(':')?;
        Some(key.trim_start_matches("r#"))
    });
    let tables = ["layer", "override"];
    let missing: Vec<_> = keys
        .filter(|it| !tables.contains(it) && !guide.contains(&format!("`{it}")))
        .filter(|it| !guide.contains(&format!("`[[{it}]]`")))
        .collect();
    assert_eq!(missing, [""; 0]);
}

#[test]
fn whoever_gets_what_is_handed_over_can_be_reached() {
    check(
        "[[person]]\nname = \"kim\"",
        "[[team]]\nname = \"field-service\"\nparty = \"vendor\"\n\n[[trigger]]\n\
         reason = \"vendor_wait\"\nto = \"field-service\"\n\n[[person]]\nname = \"kim\"",
        expect![[r#"
            acme.toml:69: error[unstaffed]: team[5]: trigger `vendor_wait` counts on team `field-service`, which has no contact and no channel
                give it a `contact` or a `notify` channel
            acme.toml:69: warning[single-contact]: team[5]: team `field-service` has no second contact
                name somebody for when the first is away
        "#]],
    );
}

#[test]
fn names_that_stand_for_nobody_are_refused() {
    check(
        "oncall = \"noc-nights\"",
        "oncall = \"noc-night\"",
        expect![[r#"
        acme.toml:48: error[unknown-rota]: team[3].oncall: there is no rota `noc-night`
            did you mean `noc-nights`?
    "#]],
    );
    check(
        "oncall = \"noc-nights\"",
        "oncall = \"noc-nights\"\npolicy = \"standart\"",
        expect![[r#"
            acme.toml:49: error[unknown-policy]: team[3].policy: there is no policy `standart`
                did you mean `standard`?
        "#]],
    );
    check(
        "people = [\"kim\", \"lee\"]",
        "people = [\"kim\", \"leo\"]",
        expect![[r#"
        acme.toml:117: error[unknown-person]: rota[1].layer: there is no person `leo`
            did you mean `lee`?
    "#]],
    );
    check(
        "teams = \"provider-noc\"\nnotify = \"email:kim",
        "teams = \"provider-nok\"\nnotify = \"email:kim",
        expect![[r#"
            acme.toml:72: error[unknown-team]: person[1].teams: there is no team `provider-nok`
                did you mean `provider-noc`?
        "#]],
    );
    check(
        "steps = [\"5m provider-manager\", \"15m it-manager\"]",
        "steps = [\"5m rota:noc-days\", \"15m person:kin\"]",
        expect![[r#"
            acme.toml:136: error[unknown-rota]: policy[2].steps: there is no rota `noc-days`
                define it: `[[rota]]` with `name = "noc-days"`
            acme.toml:136: error[unknown-person]: policy[2].steps: there is no person `kin`
                did you mean `kim`?
        "#]],
    );
    check(
        "name = \"standard\"",
        "name = \"standart\"",
        expect![[r#"
            acme.toml:219: error[unknown-policy]: row[1].policy: there is no policy `standard`
                did you mean `standart`?
            acme.toml:248: error[unknown-policy]: row[3].policy: there is no policy `standard`
                did you mean `standart`?
            acme.toml:349: error[unknown-policy]: row[10].policy: there is no policy `standard`
                did you mean `standart`?
            acme.toml:128: warning[unused]: policy[1].name: policy `standart` is in no row, and no team's
                name it in a row or a team, or remove it
        "#]],
    );
    check(
        "name = \"gold\"",
        "name = \"golden\"",
        expect![[r#"
        acme.toml:220: error[unknown-sla]: row[1].sla: there is no sla `gold`
            define it: `[[sla]]` with `name = "gold"`
        acme.toml:234: error[unknown-sla]: row[2].sla: there is no sla `gold`
            define it: `[[sla]]` with `name = "gold"`
        acme.toml:249: error[unknown-sla]: row[3].sla: there is no sla `gold`
            define it: `[[sla]]` with `name = "gold"`
        acme.toml:277: error[unknown-sla]: row[5].sla: there is no sla `gold`
            define it: `[[sla]]` with `name = "gold"`
        acme.toml:294: error[unknown-sla]: row[6].sla: there is no sla `gold`
            define it: `[[sla]]` with `name = "gold"`
        acme.toml:309: error[unknown-sla]: row[7].sla: there is no sla `gold`
            define it: `[[sla]]` with `name = "gold"`
        acme.toml:350: error[unknown-sla]: row[10].sla: there is no sla `gold`
            define it: `[[sla]]` with `name = "gold"`
    "#]],
    );
    check(
        "approve_security = [\"provider-manager\", \"it-manager\"]",
        "approve_security = [\"ciso\"]",
        expect![[r#"
            acme.toml:235: error[unknown-team]: row[2].approve_security: there is no team `ciso`
                define it: `[[team]]` with `name = "ciso"`
        "#]],
    );
    check(
        "after = \"15m\"\nto = \"internal-it\"",
        "after = \"15m\"\nto = \"field-service\"",
        expect![[r#"
            acme.toml:178: error[unknown-team]: trigger[2].to: there is no team `field-service`
                define it: `[[team]]` with `name = "field-service"`
        "#]],
    );
    check(
        "team = \"internal-it\"\nwhen",
        "person = \"bob\"\nwhen",
        expect![[r#"
        acme.toml:189: error[unknown-person]: quiet[1].person: there is no person `bob`
            define it: `[[person]]` with `name = "bob"`
    "#]],
    );
}

#[test]
fn a_rota_that_makes_no_sense_is_refused() {
    check(
        "from = \"2025-01-06\"\n",
        "from = \"5.1.2026\"\n",
        expect![[r#"
        acme.toml:120: error[bad-date]: rota[1].layer[1].from: `5.1.2026` is no date: write it like `2026-12-24`
    "#]],
    );
    check(
        "from = \"2025-01-06\"\n",
        "",
        expect![[r#"
        acme.toml:117: error[missing]: rota[1].layer[1].from: is missing: the date of the first hand-off, like `2026-01-05`
    "#]],
    );
    check(
        "turn = \"1w\"",
        "turn = \"1 week\"",
        expect![[r#"
        acme.toml:121: error[bad-turn]: rota[1].layer[1].turn: `1 week` is no turn: write how long somebody is on call like `12h`, `1d` or `1w`
    "#]],
    );
    check(
        "handoff = \"08:00\"",
        "handoff = \"8am\"",
        expect![[r#"
        acme.toml:122: error[bad-time]: rota[1].layer[1].handoff: `8am` is no time of day: write it like `08:00`
    "#]],
    );
    check(
        "people = [\"kim\", \"lee\"]\n",
        "",
        expect![[r#"
        acme.toml:117: error[missing]: rota[1].layer[1].people: is missing: who takes turns, like `["kim", "lee"]`
    "#]],
    );
    check(
        "people = [\"kim\", \"lee\"]",
        "people = []",
        expect![[r#"
        acme.toml:117: error[rota]: rota[1].layer: rota `noc-nights`, layer 1: nobody takes turns: name at least one person
    "#]],
    );
    check(
        "handoff = \"08:00\"",
        "handoff = \"08:00\"\n[[rota.override]]\nfrom = \"2026-12-26 08:00\"\nto = \"2026-12-24 18:00\"\nperson = \"lee\"",
        expect![[r#"
            acme.toml:117: error[rota]: rota[1].layer: rota `noc-nights`, override 1, from 2026-12-26T08:00:00 to 2026-12-24T18:00:00: it ends before it begins: the end is the first moment after it
        "#]],
    );
    check(
        "handoff = \"08:00\"",
        "handoff = \"08:00\"\n[[rota.override]]\nfrom = \"26 Dec\"\nto = 2026-12-24T18:00:00\nperson = \"lee\"",
        expect![[r#"
            acme.toml:125: error[syntax]: rota[1].override[1].to: invalid type: map, expected a string
                write it in quotes, dates and times too
        "#]],
    );
    check(
        "handoff = \"08:00\"",
        "handoff = \"08:00\"\n[[rota.override]]\nfrom = \"26 Dec\"\nto = \"2026-12-24 18:00\"",
        expect![[r#"
            acme.toml:124: error[bad-date]: rota[1].override[1].from: `26 Dec` is no date and time: write it like `2026-12-24 18:00`
            acme.toml:123: error[missing]: rota[1].override[1].person: is missing: who is on call instead; `nobody` for nobody
        "#]],
    );
}

#[test]
fn a_rota_is_warned_of_before_nobody_answers() {
    check(
        "handoff = \"08:00\"",
        "handoff = \"08:00\"\nhours = \"mon-sat 00:00-24:00\"",
        expect![[r#"
            acme.toml:117: warning[rota-gap]: rota[1].layer: nobody is on call in rota `noc-nights` from Sun 2026-03-08 00:00 to Mon 2026-03-09 00:00 in America/New_York (no layer of `noc-nights` applies); 8 gaps in 60 days
                add a layer or an `override`; until then the next step of an escalation comes at once
        "#]],
    );
    check(
        "title = \"Lee Okafor\"",
        "title = \"Lee Okafor\"\ndisabled = true",
        expect![[r#"
        acme.toml:118: warning[on-call-absent]: rota[1].layer: `lee`, who is disabled, is on call in rota `noc-nights` from Mon 2026-03-09 08:00 in America/New_York
            take them out of the layer, or add an `override`
    "#]],
    );
    check(
        "notify = \"email:lee@provider.example\"\n",
        "",
        expect![[r#"
        acme.toml:75: warning[no-channel]: person[2]: person `lee` has no channel, so nobody can call them
            give them `notify = "email:ADDRESS"`, or `disabled = true`
        acme.toml:116: warning[on-call-absent]: rota[1].layer: `lee`, who has no channel, is on call in rota `noc-nights` from Mon 2026-03-09 08:00 in America/New_York
            take them out of the layer, or add an `override`
    "#]],
    );
}

#[test]
fn a_promise_that_cannot_be_kept_is_refused() {
    check(
        "critical = \"4h\", high = \"8h\"",
        "critical = \"10m\", high = \"8h\"",
        expect![[r#"
        acme.toml:153: error[sla-order]: sla[1].resolution: sla `gold` wants critical alerts resolved within 10m and a response within 15m
            give the resolution at least as long as the response
    "#]],
    );
    check(
        "resolution = { critical = \"8h\", high = \"2d\", medium = \"5d\" }",
        "resolution = { critical = \"8h\", high = \"366d\" }",
        expect![[r#"
            acme.toml:162: error[unreachable-target]: sla[2].calendar: sla `desk` promises something within 366d, and `office` is open for 102d9h in 400 days
                count other hours, or promise less time
        "#]],
    );
    check(
        "response = { critical = \"15m\", high = \"30m\", medium",
        "response = { critical = \"soon\", urgent = \"30m\", medium",
        expect![[r#"
            acme.toml:152: error[bad-length]: sla[1].response.critical: `soon` is not a length of time: write it like `15m`, `1h30m` or `2d`, a year at most
            acme.toml:152: error[bad-value]: sla[1].response: `urgent` is not a severity: use one of info, low, medium, high, critical
        "#]],
    );
    check(
        "response = { critical = \"1h\", high = \"2h\", medium = \"1d\" }",
        "response = { medium = \"1d\" }",
        expect![[r#"
            acme.toml:163: warning[sla-missing]: sla[2].response: sla `desk` has no response target for critical and high
                add one, like `response = { critical = "30m" }`
        "#]],
    );
    check(
        "at_risk = 75",
        "at_risk = 100",
        expect![[r#"
        acme.toml:157: error[sla-at-risk]: sla[1].at_risk: sla `gold` is at risk from 100 % on
            use a share from 1 to 99; 75 if you leave it out
    "#]],
    );
    check(
        "at_risk = 75",
        "at_risk = 300",
        expect![[r#"
            acme.toml:157: error[syntax]: sla[1].at_risk: invalid value: integer `300`, expected u8
                use a whole number from 0 to 255
        "#]],
    );
    check(
        "pause = [\"awaiting_customer\",",
        "pause = [\"lunch\",",
        expect![[r#"
        acme.toml:158: error[bad-value]: sla[1].pause[1]: `lunch` is not a pause reason: use one of awaiting_customer, awaiting_vendor, approved_window
    "#]],
    );
    check(
        "calendar = \"office\"\nresponse",
        "calendar = \"offce\"\nresponse",
        expect![[r#"
        acme.toml:162: error[unknown-calendar]: sla[2].calendar: there is no calendar `offce`
            did you mean `office`?
    "#]],
    );
}
