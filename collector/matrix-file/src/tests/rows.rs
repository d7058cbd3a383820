//! The keys of policies, rows, calendars and checks, and what is said of each.

use expect_test::expect;

use super::{check, starter_with};
use crate::read;

#[test]
fn a_policy_or_trigger_that_makes_no_sense_is_refused() {
    check(
        "repeat = 3",
        "repeat = 0",
        expect![[r#"
        acme.toml:131: error[escalation]: policy[1].repeat: policy `standard` goes through its steps 0 times
            from 1 to 10 times; 3 if you leave it out
    "#]],
    );
    check(
        "steps = [\"5m provider-manager\", \"15m it-manager\"]",
        "steps = []",
        expect![[r#"
        acme.toml:136: error[escalation]: policy[2].steps: policy `security` has no steps: an unanswered alert would stay unanswered
            add one, like `"30m TEAM"`
    "#]],
    );
    check(
        "steps = [\"5m provider-manager\", \"15m it-manager\"]\n",
        "",
        expect![[r#"
        acme.toml:133: error[missing]: policy[2].steps: is missing: who is told and when, like `["15m provider-noc"]`
    "#]],
    );
    check(
        "reason = \"needs_on_site\"",
        "reason = \"tired\"",
        expect![[r#"
        acme.toml:176: error[bad-value]: trigger[2].reason: `tired` is no reason for a hand-over: use needs_credential, needs_on_site, business_context, security_suspicion or vendor_wait
    "#]],
    );
    check(
        "reason = \"needs_on_site\"\n",
        "",
        expect![[r#"
        acme.toml:175: error[missing]: trigger[2].reason: is missing: the wall that was hit, like `needs_on_site`
    "#]],
    );
    check(
        "reason = \"needs_on_site\"",
        "reason = \"business_context\"",
        expect![[r#"
        acme.toml:181: error[duplicate-trigger]: trigger[3].reason: there is another trigger for business_context of every function
            remove one of them
    "#]],
    );
    check(
        "reason = \"needs_on_site\"\nafter = \"15m\"",
        "reason = \"needs_on_site\"\nafter = \"soon\"",
        expect![[r#"
            acme.toml:177: error[bad-length]: trigger[2].after: `soon` is not a length of time: write it like `15m`, `1h30m` or `2d`, a year at most
        "#]],
    );
    check(
        "team = \"internal-it\"\nwhen = \"outside office\"\nbelow",
        "when = \"outside office\"\nbelow",
        expect![[r#"
            acme.toml:188: error[missing]: quiet[1].team: a quiet rule is about one `team` or one `person`
        "#]],
    );
    check(
        "below = \"high\"",
        "below = \"loud\"",
        expect![[r#"
        acme.toml:191: error[bad-value]: quiet[1].below: `loud` is not a severity: use one of info, low, medium, high, critical
    "#]],
    );
    check(
        "when = \"outside office\"\nbelow = \"high\"",
        "below = \"high\"",
        expect![[r#"
        acme.toml:188: error[missing]: quiet[1].when: is missing: the hours, like `outside office`
    "#]],
    );
    check(
        "name = \"desk\"\ntitle = \"Within",
        "name = \"own\"\ntitle = \"Within",
        expect![[r#"
            acme.toml:140: error[duplicate-policy]: policy[3].name: there is another policy `own`
                rename one of them
            acme.toml:261: error[unknown-policy]: row[4].policy: there is no policy `desk`
                define it: `[[policy]]` with `name = "desk"`
            acme.toml:321: error[unknown-policy]: row[8].policy: there is no policy `desk`
                define it: `[[policy]]` with `name = "desk"`
            acme.toml:140: warning[unused]: policy[3].name: policy `own` is in no row, and no team's
                name it in a row or a team, or remove it
        "#]],
    );
}

#[test]
fn a_row_says_one_thing_about_escalation_and_review() {
    check(
        "escalate = [\"4h internal-it\"]\nreviewed = \"2026-10-01\"",
        "escalate = [\"4h internal-it\"]\npolicy = \"desk\"\nreviewed = \"1.10.2026\"",
        expect![[r#"
            acme.toml:335: error[escalation]: row[9].escalate: a row has a `policy` or steps of its own in `escalate`: drop one
            acme.toml:337: error[bad-date]: row[9].reviewed: `1.10.2026` is no date: write it like `2026-12-24`
        "#]],
    );
    check(
        "escalate = [\"4h internal-it\"]",
        "accepted_by = [\"it-manager\"]",
        expect![[r#"
        acme.toml:335: error[uncovered]: row[9].accepted_by: only a row with `uncovered = true` is accepted by somebody
    "#]],
    );
}

#[test]
fn a_calendar_that_makes_no_sense_is_refused() {
    check(
        "holiday_rules = \"us-federal\"",
        "holiday_rules = \"us\"",
        expect![[r#"
        acme.toml:101: error[bad-value]: calendar[1].holiday_rules: `us` names no holidays that are built in: use `us-federal`, or list them, or import a file
    "#]],
    );
    check(
        "\"2026-12-24 08:00-12:00 Christmas Eve\"",
        "\"2026-12-24 8-12\"",
        expect![[r#"
        acme.toml:103: error[bad-date]: calendar[1].exceptions[1]: `2026-12-24 8-12` is no exception: write it like `2026-12-24 08:00-12:00 Christmas Eve`, with `closed` for no hours
    "#]],
    );
    check(
        "\"2026-11-27 Day after Thanksgiving\"",
        "\"--02-30 Never\"",
        expect![[r#"
        acme.toml:102: error[bad-date]: calendar[1].holidays[1]: `--02-30 Never` is no holiday: write it like `2026-12-25 Christmas Day`, or `--12-25 Christmas Day` for every year
    "#]],
    );
}

/// The starter with one row more.
fn with_row(row: &str) -> String {
    starter_with("# The catch-all: `*` with", &format!("{row}\n# The catch-all: `*` with"))
}

#[track_caller]
fn check_row(row: &str, expected: expect_test::Expect) {
    expected.assert_eq(&super::remarks(&with_row(row)));
}

#[test]
fn what_is_left_uncovered_on_purpose_is_signed_by_both() {
    let row = "[[row]]\nid = \"desk-nights\"\nfunction = \"help_desk\"\nwhen = \"outside office\"\nkinds = \"workstation\"\nuncovered = true\n";
    let signed = format!("{row}accepted_by = [\"it-manager\", \"provider-manager\"]\n");
    let matrix = read("acme.toml", &with_row(&signed)).unwrap().matrix;
    let found = matrix.rows.iter().find(|it| it.is_uncovered()).unwrap();
    assert_eq!(found.duty.responsible, matrix.catch_all.duty.responsible);
    check_row(&signed, expect![[""]]);
    check_row(
        row,
        expect![[r#"
        acme.toml:338: error[uncovered]: row[10].accepted_by: nobody accepts that it is uncovered: name the accountable team of each party
    "#]],
    );
    check_row(
        &format!("{row}accepted_by = \"it-manager\"\n"),
        expect![[r#"
        acme.toml:344: error[uncovered]: row[10].accepted_by: row `desk-nights` names nobody, and no team of party provider accepts that
            name the accountable team of each party in `accepted_by`
    "#]],
    );
    check_row(
        &format!("{signed}responsible = \"it-manager\"\nsla = \"gold\"\n"),
        expect![[r#"
        acme.toml:345: error[uncovered]: row[10].responsible: an uncovered row names nobody: leave `responsible` out
        acme.toml:346: error[uncovered]: row[10].sla: an uncovered row promises nothing: leave `sla` out
    "#]],
    );
}

#[test]
fn checks_can_be_about_some_endpoints_only() {
    let disk = "[[check]]\ncheck = \"disk-space\"\n";
    check_row(
        &format!("{disk}tags = \"lob\"\nwarn = 900\n\n{disk}warn = 800\n"),
        expect![[r#"
            acme.toml:343: error[check]: check[2]: check `disk-space` needs clear < warn <= crit, got clear 800, warn 800, crit 950
        "#]],
    );
    check_row(
        &format!("{disk}tags = \"lob\"\nwarn = 900\n\n{disk}kinds = \"server\"\nhold = \"1m\"\n"),
        expect![[""]],
    );
    check_row(
        &format!("{disk}tags = \"lob\"\nwarn = 900\n\n{disk}tags = \"lob\"\nwarn = 890\n"),
        expect![[r#"
            acme.toml:346: error[check-clash]: check[2].warn: two overrides of `disk-space` set `warn` for the same endpoints, and neither is narrower
                make one of them narrower, or join them
        "#]],
    );
    check_row(
        &format!("{disk}tags = \"lab\"\nwarn = 990\n"),
        expect![[r#"
            acme.toml:340: error[unknown-tag]: check[1].tags: there is no tag `lab`
                did you mean `lob`?
            acme.toml:338: error[check]: check[1]: check `disk-space` needs clear < warn <= crit, got clear 800, warn 990, crit 950
        "#]],
    );
    check_row(
        "[[check]]\ncheck = \"disk-speed\"\n",
        expect![[r#"
            acme.toml:338: error[check]: check[1]: there is no check `disk-speed`
                did you mean `disk-space`?
        "#]],
    );
}

#[test]
fn one_alert_can_speak_for_others() {
    let rule = "[[inhibit]]\nname = \"power\"\nsource = \"endpoint-offline\"\n";
    check_row(
        &format!("{rule}target = \"service-failed\"\nequal = [\"site\", \"tag:lob\"]\n"),
        expect![[""]],
    );
    check_row(
        &format!("{rule}target = \"service-failed\"\n"),
        expect![[r#"
        acme.toml:338: error[inhibit]: inhibit[1]: inhibit `power` says nothing that the alerts have in common: it would silence everything
            add `equal = ["endpoint"]` or the like
    "#]],
    );
    check_row(
        &format!("{rule}equal = \"rack\"\n"),
        expect![[r#"
        acme.toml:338: error[missing]: inhibit[1].target: say either which checks need not speak in `target`, or in `except` for which functions all still do
        acme.toml:341: error[bad-value]: inhibit[1].equal: `rack` is not a label: use `endpoint`, `site`, `instance` or `tag:NAME`
    "#]],
    );
    check_row(
        &format!(
            "{rule}except = \"lob_application\"\nequal = \"site\"\n\n{rule}target = \"x\"\nequal = \"site\"\n"
        ),
        expect![[r#"
            acme.toml:345: error[duplicate-inhibit]: inhibit[2].name: there is another inhibit `power`
                rename one of them
        "#]],
    );
}
