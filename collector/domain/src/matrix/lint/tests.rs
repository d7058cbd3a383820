use expect_test::{Expect, expect};
use jiff::SignedDuration;

use super::*;
use crate::matrix::{CheckOverride, Escalation, FunctionDef, Row, Step, testing::*};

/// A Monday morning in New York.
const START: &str = "2026-03-02T14:00Z";

/// Covers everything, without being the catch-all.
fn base() -> Row {
    row("base", "*", "always", "provider-noc")
}

fn text(finding: &Finding) -> String {
    let Finding { grade, code, message, place, suggestion, .. } = finding;
    let Place { table, index, key } = place;
    format!("{grade:?} {code} {table:?}[{index}].{key}\n  {message}\n  {suggestion}\n")
}

/// All that is found.
#[track_caller]
fn check(matrix: &Matrix, expected: Expect) {
    let findings = lint(matrix, at(START));
    expected.assert_eq(&findings.iter().map(text).collect::<String>());
}

/// All that is found when one thing is done to a clean matrix.
#[track_caller]
fn check_with(change: impl FnOnce(&mut Matrix), expected: Expect) {
    let mut matrix = matrix([base()]);
    assert_eq!(lint(&matrix, at(START)), []);
    change(&mut matrix);
    check(&matrix, expected);
}

#[test]
fn e01_seed_clash() {
    let apps = row("apps", "lob_application", "always", "internal-it");
    let nights = row("after-hours", "*", "outside office", "provider-noc");
    let mut matrix = matrix([base(), apps, nights]);
    // Where the owner is the same, nothing is in dispute.
    matrix.rows[0].duty = matrix.rows[2].duty.clone();
    check(
        &matrix,
        expect![[r#"
            Error clash Row[2].
              `apps` makes internal-it responsible and `after-hours` makes provider-noc responsible for lob_application, outside office; `apps` is narrower in function, `after-hours` is narrower in hours; 7378 minutes a week, first on Mon 2026-03-02 17:00 in America/New_York
              add a row for what both are about
        "#]],
    );
    let settlement = lint(&matrix, at(START))[0].settlement.clone().unwrap();
    assert_eq!(settlement.instead.as_str(), "provider-noc");
    assert_eq!(settlement.row.duty.responsible.as_str(), "internal-it");
    matrix.rows.push(settlement.row);
    assert_eq!(lint(&matrix, at(START)), []);
}

#[test]
fn e27_two_rules_same_owner() {
    let rows = [
        row("apps", "lob_application", "always", "provider-noc"),
        row("after-hours", "*", "outside office", "provider-noc"),
    ];
    check(&matrix(rows.into_iter().chain([base()])), expect![""]);
}

#[test]
fn e28_gap_only_on_dst_day() {
    let mut matrix = matrix([row("split", "*", "during split", "internal-it")]);
    let hours = ["daily 00:00-02:00", "daily 03:00-24:00"];
    matrix.calendars.push(calendar("split", "America/New_York", &hours));
    let found = holes(&matrix, at("2026-03-02T05:00Z"));
    assert_eq!(found.len(), matrix.known_functions().count());
    let times = &found[0].times;
    // Two of 400 days are the ones on which that hour is skipped.
    assert_eq!(times.len(), 398);
    assert!(times.iter().all(|it| it.lasts() == SignedDuration::from_hours(1)));
    let spring = Segment { from: at("2026-03-08T05:00Z"), to: at("2026-03-09T04:00Z") };
    assert!(times.within(spring).is_empty());
}

#[test]
fn a_hole_is_named_with_its_first_hour_and_what_would_fill_it() {
    let day = row("day", "help_desk", "during office", "internal-it");
    let rest = |matrix: &Matrix| {
        let others = matrix.known_functions().filter(|it| it.as_str() != "help_desk");
        let names: Vec<_> = others.map(|it| it.to_string()).collect();
        row("rest", &names.join(" "), "always", "provider-noc")
    };
    let rest = rest(&matrix([]));
    check(
        &matrix([day.clone(), rest.clone()]),
        expect![[r#"
        Error hole Row[0].when
          nobody is named for `help_desk` on every endpoint, from Mon 2026-03-02 17:00 to Tue 2026-03-03 08:00 in America/New_York; 286 such holes in 400 days
          add a row like `day` with `when = "outside office"`
    "#]],
    );

    // On some endpoints only.
    let hq = row("hq", "help_desk site:hq", "outside office", "provider-noc");
    let plant = row("plant", "help_desk site:plant kind:server", "outside office", "provider-noc");
    check(
        &matrix([day.clone(), rest.clone(), hq.clone(), plant.clone()]),
        expect![[r#"
            Error hole Row[0].when
              nobody is named for `help_desk` on workstations at plant and virtuals at plant, from Mon 2026-03-02 17:00 to Tue 2026-03-03 08:00 in America/New_York; 286 such holes in 400 days
              add a row like `day` with `when = "outside office"`
        "#]],
    );

    // What is urgent is covered.
    let urgent = row("urgent", "help_desk min:high", "outside office", "provider-noc");
    check(
        &matrix([day, rest.clone(), urgent]),
        expect![[r#"
        Error hole Row[0].when
          nobody is named for alerts below high of `help_desk` on every endpoint, from Mon 2026-03-02 17:00 to Tue 2026-03-03 08:00 in America/New_York; 286 such holes in 400 days
          add a row like `day` with `when = "outside office"`
    "#]],
    );

    // Tags cover only those who carry them.
    check(
        &matrix([rest, row("tagged", "help_desk tag:lob", "always", "internal-it")]),
        expect![[r#"
            Error hole Matrix[0].
              nobody is named for `help_desk` on every endpoint not tagged lob, at any hour
              add a row with `function = "help_desk"`
        "#]],
    );
}

#[test]
fn a_holiday_can_be_a_hole() {
    let mut matrix = matrix([base()]);
    matrix.rows[0].scope.when = "during always-but".parse().unwrap();
    let mut calendar = calendar("always-but", "Europe/Berlin", &["daily 00:00-24:00"]);
    calendar.holidays.insert(jiff::civil::date(2026, 12, 25), "Christmas Day".into());
    matrix.calendars.push(calendar);
    let found = holes(&matrix, at(START));
    let expected = Segment { from: at("2026-12-24T23:00Z"), to: at("2026-12-25T23:00Z") };
    assert_eq!(found[0].times, expected.into());
    let first = lint(&matrix, at(START)).remove(0);
    expect![[r#"
        Error hole Row[0].when
          nobody is named for `endpoint_mgmt` on every endpoint, from Fri 2026-12-25 00:00 to Sat 2026-12-26 00:00 in Europe/Berlin; the only such hole in 400 days
          add a row like `base` with `when = "outside always-but"`
    "#]].assert_eq(&text(&first));
}

#[test]
fn rows_that_no_row_can_settle_are_refused_too() {
    let rows = [
        row("one", "help_desk", "always", "internal-it"),
        row("two", "help_desk", "always", "provider-noc"),
    ];
    check(
        &matrix(rows.into_iter().chain([base()])),
        expect![[r#"
            Error clash Row[1].
              `one` makes internal-it responsible and `two` makes provider-noc responsible for help_desk, always; neither is narrower; 10080 minutes a week, first on Mon 2026-03-02 09:00 in America/New_York
              make `one` or `two` narrower, or give one of them a higher `priority`
        "#]],
    );
}

#[test]
fn two_accountable_teams_for_one_matter_are_a_clash() {
    let mut rows = [
        row("erp", "tag:erp", "always", "internal-it"),
        row("lob", "tag:lob", "always", "internal-it"),
    ];
    rows[1].duty.accountable = "provider-noc".parse().unwrap();
    check(
        &matrix(rows.into_iter().chain([base()])),
        expect![[r#"
            Error clash Row[1].
              `erp` makes internal-it accountable and `lob` makes provider-noc accountable for every function, tagged erp and lob, always; neither is part of the other in endpoints; 10080 minutes a week, first on Mon 2026-03-02 09:00 in America/New_York
              add a row for what both are about
        "#]],
    );
}

#[test]
fn rows_that_never_meet_do_not_clash() {
    for (one, other) in [
        (("help_desk tag:lob", "during office"), ("help_desk kind:server", "outside office")),
        (("site:hq min:high", "always"), ("site:plant tag:lob", "always")),
        (("host:a min:high", "always"), ("host:b", "outside office")),
        (("help_desk", "outside office"), ("procurement tag:lob", "always")),
        (("help_desk tag:lob", "dates 2025-01-01 of office"), ("min:high", "always")),
    ] {
        let rows =
            [row("one", one.0, one.1, "internal-it"), row("two", other.0, other.1, "provider-noc")];
        let findings = lint(&matrix(rows.into_iter().chain([base()])), at(START));
        assert!(findings.iter().all(|it| it.code != "clash"), "{findings:?}");
    }
}

#[test]
fn a_third_row_settles_only_what_it_is_about() {
    let rows = |third| {
        matrix([
            row("apps", "lob_application", "always", "internal-it"),
            row("nights", "*", "outside office", "provider-noc"),
            third,
            base(),
        ])
    };
    let clashes =
        |matrix: Matrix| lint(&matrix, at(START)).iter().filter(|it| it.code == "clash").count();
    for (about, expected) in [
        ("lob_application", 0),
        ("lob_application site:hq", 1),
        ("lob_application tag:lob", 1),
        ("lob_application kind:server", 1),
        ("lob_application min:low", 1),
        ("help_desk", 1),
    ] {
        let third = row("third", about, "outside office", "provider-noc");
        assert_eq!(clashes(rows(third)), expected, "{about}");
    }
}

#[test]
fn unknown_names_are_answered_with_the_nearest() {
    check_with(
        |it| {
            let mut row = row("x", "help_dsek tag:erb site:hk", "during offcie", "internal_it");
            row.duty.consulted.push("nobody".parse().unwrap());
            it.rows.push(row);
            let function = Some("procurment".parse().unwrap());
            it.checks.push(CheckOverride {
                check: "disk-spaec".into(),
                function,
                ..Default::default()
            });
        },
        expect![[r#"
            Error unknown-function Row[1].function
              there is no function `help_dsek`
              did you mean `help_desk`?
            Error unknown-site Row[1].sites
              there is no site `hk`
              did you mean `hq`?
            Error unknown-tag Row[1].tags
              there is no tag `erb`
              did you mean `erp`?
            Error unknown-calendar Row[1].when
              there is no calendar `offcie`
              did you mean `office`?
            Error unknown-team Row[1].responsible
              there is no team `internal_it`
              did you mean `internal-it`?
            Error unknown-team Row[1].accountable
              there is no team `internal_it`
              did you mean `internal-it`?
            Error unknown-team Row[1].consulted
              there is no team `nobody`
              define it: `[[team]]` with `name = "nobody"`
            Error unknown-team Row[1].escalate
              there is no team `internal_it`
              did you mean `internal-it`?
            Error unknown-function Check[0].function
              there is no function `procurment`
              did you mean `procurement`?
            Error check Check[0].
              there is no check `disk-spaec`
              did you mean `disk-space`?
        "#]],
    );
}

#[test]
fn a_name_stands_for_one_thing() {
    check_with(
        |it| {
            it.rows.push(row("base", "help_desk", "always", "provider-noc"));
            it.rows.push(row("catch-all", "procurement", "always", "provider-noc"));
            it.teams.push(it.teams[0].clone());
            it.sites.push(it.sites[0].clone());
            it.tags.push(it.tags[0].clone());
            it.calendars.push(it.calendars[0].clone());
            let name = "help_desk".parse().unwrap();
            it.functions.push(FunctionDef { name, title: String::new() });
            let check = CheckOverride { check: "disk-space".into(), ..Default::default() };
            it.checks.extend([check.clone(), check]);
        },
        expect![[r#"
            Error duplicate-team Team[2].name
              there is another team `internal-it`
              rename one of them
            Error duplicate-site Site[2].name
              there is another site `hq`
              rename one of them
            Error duplicate-tag Tag[2].name
              there is another tag `erp`
              rename one of them
            Error duplicate-function Function[0].name
              there is another function `help_desk`
              rename one of them
            Error duplicate-calendar Calendar[2].name
              there is another calendar `office`
              rename one of them
            Error duplicate-row Row[1].id
              there is another row `base`
              rename one of them
            Error duplicate-row Row[2].id
              there is another row `catch-all`
              rename one of them
        "#]],
    );
}

#[test]
fn a_function_of_their_own_must_be_covered_too() {
    let mut matrix = matrix([
        row("rest", "*", "outside office", "provider-noc"),
        row("day", "help_desk", "during office", "internal-it"),
    ]);
    matrix
        .functions
        .push(FunctionDef { name: "door_locks".parse().unwrap(), title: String::new() });
    let found = holes(&matrix, at(START));
    assert!(found.iter().any(|it| it.function.as_str() == "door_locks"));
    assert!(found.iter().all(|it| it.function.as_str() != "help_desk"));
}

#[test]
fn a_team_that_cannot_be_reached_cannot_act() {
    check_with(
        |it| {
            it.teams[1].contacts.clear();
            it.teams[0].contacts.pop();
        },
        expect![[r#"
            Error unstaffed Team[1].
              row `base` and 1 more count on team `provider-noc`, which has no contact and no channel
              give it a `contact` or a `notify` channel
            Warning single-contact Team[0].contact
              team `internal-it` has no second contact
              name somebody for when the first is away
            Warning single-contact Team[1].contact
              team `provider-noc` has no second contact
              name somebody for when the first is away
        "#]],
    );
}

#[test]
fn a_ladder_climbs_within_a_week() {
    for (steps, expected) in [
        (&[][..], "row `base` has no steps: an unanswered alert would stay unanswered"),
        (&["0s internal-it"], "row `base` escalates at once, before anybody could answer"),
        (
            &["30m internal-it", "15m provider-noc"],
            "row `base` escalates with `15m provider-noc` after `30m internal-it`",
        ),
        (
            &["30m internal-it", "30m provider-noc"],
            "row `base` escalates with `30m provider-noc` after `30m internal-it`",
        ),
        (
            &["30m internal-it", "8d provider-noc"],
            "row `base` escalates with `8d provider-noc`, which is later than 7d",
        ),
    ] {
        let mut matrix = matrix([base()]);
        let steps = steps.iter().map(|it| it.parse::<Step>().unwrap()).collect();
        matrix.rows[0].duty.escalation = Escalation::Steps(steps);
        let findings = lint(&matrix, at(START));
        let found: Vec<_> = findings.iter().map(|it| (it.code, it.message.as_str())).collect();
        assert_eq!(found, [("escalation", expected)]);
    }
}

#[test]
fn a_machine_is_not_named_in_two_ways() {
    check_with(
        |it| {
            let id = "host:end_00000000000000000000000000000007";
            it.rows.push(row("x", "host:db-7", "always", "internal-it"));
            it.rows.push(row("y", id, "always", "internal-it"));
        },
        expect![[r#"
            Error endpoint-forms Row[2].endpoints
              endpoints are named both by host name and by id (`db-7`, `end_00000000000000000000000000000007`): whether two rows are about the same machine cannot be told
              use one form throughout
        "#]],
    );
}

#[test]
fn a_row_that_never_decides_is_pointed_out() {
    check_with(
        |it| {
            it.rows.push(row("wide", "help_desk", "always", "provider-noc"));
            it.rows.push(row("day", "help_desk", "during office", "provider-noc"));
            it.rows.push(row("night", "help_desk", "outside office", "provider-noc"));
            it.rows.push(row("again", "help_desk", "during office", "provider-noc"));
            it.rows.push(row("over", "help_desk", "dates 2026-01-01 of office", "provider-noc"));
        },
        expect![[r#"
            Warning shadowed Row[1].
              row `wide` never decides: it always loses to `day`, `night` and `again`
              remove the row, or narrow it
            Warning shadowed Row[4].
              row `again` never decides: it always loses to `day`
              remove the row, or narrow it
            Warning idle Row[5].when
              row `over` holds dates 2026-01-01 of office, which is never within 400 days
              remove the row
        "#]],
    );
}

#[test]
fn two_hundred_rows_on_five_thousand_endpoints_are_judged_at_once() {
    let mut all: Vec<_> = (0..198)
        .map(|index| {
            let about: String =
                (0..25).map(|it| format!("host:srv-{} ", index * 25 + it)).collect();
            let functions = ["infra_monitoring", "server_patching", "backup_monitoring"];
            let when = ["always", "during office", "outside shift"][index % 3];
            let team = ["internal-it", "provider-noc"][index % 2];
            row(
                &format!("row-{index}"),
                &format!("{about}{}", functions[index / 3 % 3]),
                when,
                team,
            )
        })
        .collect();
    all.push(row("nights", "*", "outside office", "provider-noc"));
    all.push(base());
    let clashes = lint(&matrix(all), at(START)).len();
    assert!(0 < clashes && clashes <= 100);
}
