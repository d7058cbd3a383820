use expect_test::{Expect, expect};
use jiff::{SignedDuration, Timestamp, civil::date};
use proptest::prelude::*;
use remit_shared::{Function, Severity};

use super::{testing::*, *};
use crate::calendar::HORIZON;

fn function(name: &str) -> Function {
    name.parse().unwrap()
}

fn ask(matrix: &Matrix, subject: &Subject, name: &str, when: &str) -> Resolution {
    resolve(matrix, subject, &function(name), Severity::High, at(when))
}

/// Checks who owns a function of a plain server at the head office.
#[track_caller]
fn check(matrix: &Matrix, name: &str, when: &str, team: &str) {
    let found = ask(matrix, &subject("db-7", &["lob"]), name, when);
    assert_eq!(found.responsible.as_str(), team, "{}", found.because);
}

/// The owner, why, and why not the others.
#[track_caller]
fn check_words(matrix: &Matrix, name: &str, when: &str, expected: Expect) {
    let found = ask(matrix, &subject("db-7", &["lob"]), name, when);
    let gap = if found.gap { " (gap)" } else { "" };
    let mut text = format!("{}{gap}: {}\n", found.responsible, found.because);
    text.extend(found.rejected.iter().map(|it| format!("- {it}\n")));
    expected.assert_eq(&text);
}

fn day_and_night() -> Matrix {
    matrix([
        row("day", "infra_monitoring", "during office", "internal-it"),
        row("night", "*", "outside office", "provider-noc"),
    ])
}

#[test]
fn e02_boundary_1700() {
    let matrix = day_and_night();
    check(&matrix, "infra_monitoring", "2026-03-02T16:59:59.999-05:00", "internal-it");
    check(&matrix, "infra_monitoring", "2026-03-02T17:00:00-05:00", "provider-noc");
    check(&matrix, "infra_monitoring", "2026-03-03T07:59:59.999-05:00", "provider-noc");
    check(&matrix, "infra_monitoring", "2026-03-03T08:00:00-05:00", "internal-it");
}

#[test]
fn e37_provider_and_internal_in_different_zones() {
    // The provider sits in Los Angeles and has hours of its own; the row's
    // hours are the customer's, and nothing else counts.
    let mut matrix = day_and_night();
    matrix.calendars.insert(0, calendar("noc", "America/Los_Angeles", &["mon-fri 08:00-17:00"]));
    for (local, team) in [
        ("2026-03-02T07:59-05:00", "provider-noc"),
        ("2026-03-02T08:00-05:00", "internal-it"),
        ("2026-03-02T17:00-05:00", "provider-noc"), // 14:00 in Los Angeles
    ] {
        check(&matrix, "infra_monitoring", local, team);
    }
    let found = ask(&matrix, &subject("db-7", &[]), "infra_monitoring", "2026-03-02T22:00Z");
    assert!(
        found.because.starts_with("Mon 2026-03-02 17:00 in America/New_York"),
        "{}",
        found.because
    );
}

#[test]
fn e26_holiday_added_same_day() {
    // What was decided by the old version stays decided; the new one counts
    // from the instant it is in force, on the very day that it adds.
    let old = day_and_night();
    let mut new = Matrix { version: old.version + 1, ..old.clone() };
    new.calendars[0].holidays.insert(date(2026, 3, 4), "Founders' Day".into());
    let noon = "2026-03-04T12:00-05:00";
    check(&old, "infra_monitoring", noon, "internal-it");
    check(&new, "infra_monitoring", noon, "provider-noc");
    for (when, team) in [
        ("2026-03-03T12:00-05:00", "internal-it"),
        ("2026-03-04T00:00-05:00", "provider-noc"),
        ("2026-03-05T08:00-05:00", "internal-it"),
    ] {
        check(&new, "infra_monitoring", when, team);
    }
    let found = ask(&new, &subject("db-7", &[]), "infra_monitoring", noon);
    assert!(found.because.contains("when office is shut for Founders' Day"), "{}", found.because);
}

#[test]
fn e33_feb29_calendar() {
    // A day of every year comes once in each: neither skipped nor doubled.
    let mut matrix = matrix([
        row("base", "*", "always", "provider-noc"),
        row("leap", "*", "holidays of office", "internal-it"),
    ]);
    matrix.calendars[0].yearly.insert("--02-29".parse().unwrap(), "Leap Day".into());
    for (year, day) in [(2026, 28), (2027, 28), (2028, 29), (2029, 28)] {
        let first = date(year, 1, 1).to_zoned_datetime(matrix.calendars[0].zone.clone()).unwrap();
        let within = crate::calendar::Segment::ahead(
            first.timestamp(),
            SignedDuration::from_hours(24 * 365),
        );
        let held = matrix.rows[1].scope.when.segments(&matrix, within);
        let expected = date(year, 2, day).to_zoned_datetime(matrix.calendars[0].zone.clone());
        let starts: Vec<_> = held.iter().map(|it| it.from).collect();
        assert_eq!(starts, [expected.unwrap().timestamp()], "{year}");
    }
}

#[test]
fn the_narrower_row_wins_in_every_dimension() {
    for (wide, narrow) in [
        (("*", "always"), ("infra_monitoring", "always")),
        (("infra_monitoring help_desk", "always"), ("infra_monitoring", "always")),
        (("*", "always"), ("kind:server", "always")),
        (("kind:server", "always"), ("site:hq", "always")),
        (("site:hq", "always"), ("tag:lob", "always")),
        (("tag:lob", "always"), ("tag:lob tag:erp", "always")),
        (("tag:lob tag:erp", "always"), ("host:DB-7", "always")),
        (("site:hq site:plant", "always"), ("site:hq", "always")),
        (("*", "always"), ("*", "outside office")),
        (("*", "outside office"), ("*", "holidays of office")),
        (("*", "holidays of office"), ("*", "dates 2026-12-25 of office")),
        (("*", "always"), ("min:high", "always")),
        (("min:medium", "always"), ("min:high", "always")),
    ] {
        let rows = [
            row("wide", wide.0, wide.1, "provider-noc"),
            row("narrow", narrow.0, narrow.1, "internal-it"),
        ];
        let mut matrix = matrix(rows);
        matrix.calendars[0].holidays.insert(date(2026, 12, 25), "Christmas Day".into());
        let subject = subject("db-7", &["lob", "erp"]);
        let found = ask(&matrix, &subject, "infra_monitoring", "2026-12-25T12:00-05:00");
        assert_eq!(found.row.as_str(), "narrow", "{wide:?} {narrow:?}");
        assert_eq!(found.rejected.len(), 1, "{wide:?} {narrow:?}");
    }
}

#[test]
fn a_row_is_about_what_it_names_and_nothing_else() {
    for (about, matches) in [
        ("help_desk", false),
        ("host:db-8", false),
        ("tag:erp", false),
        ("tag:lob tag:erp", false),
        ("site:plant", false),
        ("kind:workstation", false),
        ("min:critical", false),
        ("infra_monitoring host:db-7 tag:lob site:hq kind:server min:high", true),
    ] {
        let matrix = matrix([row("it", about, "always", "internal-it")]);
        let found =
            ask(&matrix, &subject("db-7", &["lob"]), "infra_monitoring", "2026-03-02T12:00Z");
        assert_eq!(!found.gap, matches, "{about}");
    }
}

#[test]
fn what_no_row_covers_falls_to_the_catch_all_and_says_so() {
    check_words(
        &matrix([row("day", "infra_monitoring", "during office", "internal-it")]),
        "infra_monitoring",
        "2026-03-02T22:00-05:00",
        expect![[r#"
            provider-noc (gap): Mon 2026-03-02 22:00 in America/New_York: no row covers infra_monitoring for db-7 here and now, so the catch-all decides
            - day: holds during office, and that is not now
        "#]],
    );
}

#[test]
fn a_decision_names_its_reasons() {
    let lob = matrix([
        row("apps", "lob_application", "always", "internal-it"),
        row("nights", "*", "outside office", "provider-noc"),
        row("app-nights", "lob_application", "outside office", "provider-noc"),
        row("app-days", "lob_application", "during office", "internal-it"),
    ]);
    check_words(
        &lob,
        "lob_application",
        "2026-03-02T22:00-05:00",
        expect![[r#"
            provider-noc: Mon 2026-03-02 22:00 in America/New_York, when office is shut: row `app-nights` (lob_application, outside office) is the narrowest of 3 that match
            - apps: `app-nights` is narrower in hours
            - nights: `app-nights` is narrower in function
            - app-days: holds during office, and that is not now
        "#]],
    );
    check_words(
        &matrix([row("only", "tag:lob site:hq kind:server min:low", "always", "internal-it")]),
        "infra_monitoring",
        "2026-07-01T12:00Z",
        expect![[r#"
            internal-it: Wed 2026-07-01 08:00 in America/New_York: row `only` (every function, tagged lob, at hq, servers, low or worse, always) is the only one that matches
        "#]],
    );
}

#[test]
fn a_priority_settles_a_draw_and_overrules_nothing() {
    let mut rows = [
        row("apps", "lob_application", "always", "internal-it"),
        row("nights", "*", "outside office", "provider-noc"),
    ];
    rows[1].priority = 5;
    check_words(
        &matrix(rows.clone()),
        "lob_application",
        "2026-03-02T22:00-05:00",
        expect![[r#"
            provider-noc: Mon 2026-03-02 22:00 in America/New_York, when office is shut: row `nights` (every function, outside office) is the narrowest of 2 that match
            - apps: `nights` is no narrower, and has priority 5 over 0
        "#]],
    );
    let narrow = row("app-nights", "lob_application", "outside office", "internal-it");
    let both = matrix(rows.into_iter().chain([narrow]));
    check(&both, "lob_application", "2026-03-02T22:00-05:00", "internal-it");
}

#[test]
fn the_owner_changes_when_the_office_closes() {
    let matrix = day_and_night();
    let next = |after: &str| {
        let subject = subject("db-7", &[]);
        let name = function("infra_monitoring");
        let (at, then) = next_change(&matrix, &subject, &name, Severity::High, at(after)).unwrap();
        (at.to_string(), then.responsible.to_string())
    };
    let (internal, provider) = ("internal-it".to_owned(), "provider-noc".to_owned());
    assert_eq!(
        next("2026-03-02T12:00-05:00"),
        ("2026-03-02T22:00:00Z".to_owned(), provider.clone())
    );
    assert_eq!(next("2026-03-06T22:00Z"), ("2026-03-09T12:00:00Z".to_owned(), internal)); // the clocks change
    assert_eq!(next("2026-03-09T12:00Z"), ("2026-03-09T21:00:00Z".to_owned(), provider));
}

#[test]
fn an_owner_for_all_hours_never_changes() {
    let matrix = day_and_night();
    let name = function("help_desk");
    let subject = subject("db-7", &[]);
    // By day the catch-all has it, which is the provider too.
    assert_eq!(
        next_change(&matrix, &subject, &name, Severity::High, at("2026-03-02T12:00Z")),
        None
    );
}

#[test]
fn a_new_version_is_told_in_words() {
    let old = day_and_night();
    let mut new = old.clone();
    new.rows.remove(1);
    new.rows[0].duty.responsible = "provider-noc".parse().unwrap();
    new.rows[0].scope.when = When::Always;
    new.rows[0].duty.consulted.push("internal-it".parse().unwrap());
    new.rows.push(row("apps", "lob_application", "always", "internal-it"));
    new.calendars[0].holidays.insert(date(2026, 12, 25), "Christmas Day".into());
    new.calendars[0].hours.truncate(2);
    new.catch_all.priority = 1;
    let text: Vec<_> = diff(&old, &new).iter().map(ToString::to_string).collect();
    expect![[r#"
        calendar `office`: hours was mon 08:00-17:00, tue 08:00-17:00, wed 08:00-17:00, thu 08:00-17:00 and fri 08:00-17:00, is mon 08:00-17:00 and tue 08:00-17:00
        calendar `office`: holidays was nothing, is 2026-12-25 Christmas Day
        row `day`: when was during office, is always
        row `day`: responsible was internal-it, is provider-noc
        row `day`: consulted was nothing, is internal-it
        row `apps` is new
        row `catch-all`: priority was 0, is 1
        row `night` is gone"#]]
    .assert_eq(&text.join("\n"));
    assert_eq!(diff(&new, &new), []);
}

/// Few of everything, so that rows meet often.
fn any_row() -> impl Strategy<Value = Row> {
    let about = prop::collection::vec(
        prop::sample::select(vec![
            "lob_application",
            "help_desk",
            "host:db-7",
            "host:db-8",
            "tag:lob",
            "tag:erp",
            "site:hq",
            "site:plant",
            "kind:server",
            "min:high",
            "min:critical",
        ]),
        0..4,
    );
    let when = prop::sample::select(vec![
        "always",
        "during office",
        "outside office",
        "during shift",
        "outside shift",
        "holidays of office",
        "dates 2026-03-07..2026-03-09 of office",
    ]);
    let team = prop::sample::select(vec!["internal-it", "provider-noc"]);
    (about, when, team, 0..10).prop_map(|(about, when, team, priority)| {
        let mut row = row("row", &about.join(" "), when, team);
        row.priority = i32::from(priority == 0);
        row
    })
}

prop_compose! {
    fn any_matrix()(rows in prop::collection::vec(any_row(), 0..6)) -> Matrix {
        let numbered = rows.into_iter().enumerate().map(|(index, it)| {
            Row { id: format!("row-{index}").parse().unwrap(), ..it }
        });
        // Everything is covered by somebody.
        let base = row("base", "*", "always", "provider-noc");
        let mut matrix = matrix(numbered.chain([base]));
        matrix.calendars[0].holidays.insert(date(2026, 3, 10), "a holiday".into());
        matrix
    }
}

prop_compose! {
    fn any_subject()(
        hostname in prop::sample::select(vec!["db-7", "db-8", "db-9"]),
        tags in prop::sample::subsequence(vec!["lob", "erp"], 0..=2),
        site in prop::sample::select(vec!["hq", "plant"]),
        kind in prop::sample::select(remit_shared::EndpointKind::ALL),
    ) -> Subject {
        Subject { site: site.parse().unwrap(), kind, ..subject(hostname, &tags) }
    }
}

prop_compose! {
    fn any_matter()(
        subject in any_subject(),
        name in prop::sample::select(vec!["lob_application", "help_desk", "procurement"]),
        severity in prop::sample::select(Severity::ALL),
        minutes in 0..400 * 24 * 60i64,
    ) -> (Subject, Function, Severity, Timestamp) {
        (subject, function(name), severity, START + SignedDuration::from_mins(minutes))
    }
}

/// 2026-03-02, so that the clocks change soon.
const START: Timestamp = Timestamp::constant(1_772_409_600, 0);

/// So many rows a matrix may grow to by pasting.
const MOST_ROWS: usize = 40;

/// So often something is pasted.
const MOST_PASTES: usize = 50;

/// Pastes every row that lint proposes, and drops what no row can settle,
/// until nothing is wrong. Rows at odds with very many others are dropped, too:
/// what settles them is at odds with the rest again, and would take minutes.
/// What is still at odds after [`MOST_PASTES`] only loses rows, so that this
/// ends: a dropped row may make lint propose it again.
fn settle(mut matrix: Matrix) -> Matrix {
    for step in 0..MOST_PASTES + MOST_ROWS {
        let errors = lint(&matrix, START).into_iter().filter(|it| it.grade == lint::Grade::Error);
        let Some(first) = errors.into_iter().next() else {
            return matrix;
        };
        match first.settlement {
            Some(it) if step < MOST_PASTES && matrix.rows.len() < MOST_ROWS => {
                matrix.rows.push(it.row);
            }
            Some(_) | None => drop(matrix.rows.remove(first.place.index)),
        }
    }
    panic!("pasting what is proposed never ends");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn a_clean_matrix_names_one_owner_at_any_time(matrix in any_matrix(), matters in prop::collection::vec(any_matter(), 20)) {
        let matrix = settle(matrix);
        for (subject, function, severity, at) in matters {
            let found = resolve(&matrix, &subject, &function, severity, at);
            prop_assert!(!found.gap);
            // Whatever the order of the rows, the owner is the same.
            let mut reversed = matrix.clone();
            reversed.rows.reverse();
            let again = resolve(&reversed, &subject, &function, severity, at);
            prop_assert_eq!(&found.responsible, &again.responsible, "{}", found.because);
            prop_assert_eq!(&found.accountable, &again.accountable);
        }
    }

    #[test]
    fn nobody_takes_over_before_the_next_change(matrix in any_matrix(), matter in any_matter(), part in 0.0..1.0f64) {
        let (subject, function, severity, from) = matter;
        let owner = |at| resolve(&matrix, &subject, &function, severity, at).responsible;
        let change = next_change(&matrix, &subject, &function, severity, from);
        let end = change.as_ref().map_or(from + HORIZON, |it| it.0);
        prop_assert!(from < end);
        prop_assert_eq!(owner(from), owner(from + end.duration_since(from).mul_f64(part * 0.999)));
        if let Some((at, then)) = change {
            prop_assert_eq!(&then, &resolve(&matrix, &subject, &function, severity, at));
            prop_assert_ne!(then.responsible, owner(from));
        }
    }

    #[test]
    fn a_hole_is_where_only_the_catch_all_decides(mut matrix in any_matrix(), matter in any_matter()) {
        matrix.rows.pop();
        let (subject, function, _, at) = matter;
        let plain = Subject { hostname: "db-9".into(), tags: Default::default(), ..subject };
        let found = resolve(&matrix, &plain, &function, Severity::Info, at);
        let on = (plain.kind, Some(plain.site.clone()));
        let holes = lint::holes(&matrix, START);
        let here = holes.iter().filter(|it| it.function == function && it.on.contains(&on));
        prop_assert_eq!(found.gap, here.into_iter().any(|it| it.times.contains(at)));
    }

    #[test]
    fn the_picture_of_a_week_agrees_with_the_answer(matrix in any_matrix(), matter in any_matter()) {
        let (subject, function, severity, at) = matter;
        let found = resolve(&matrix, &subject, &function, severity, at);
        let week = coverage(&matrix, at, severity);
        prop_assert!(!week.is_partial);
        let start = week.monday.to_zoned_datetime(week.zone.clone()).unwrap();
        let wall = week.zone.to_datetime(at);
        let day = usize::try_from(wall.weekday().to_monday_zero_offset()).unwrap();
        prop_assume!(start.timestamp() <= at);
        let hour = day * 24 + usize::try_from(wall.hour()).unwrap();
        let cells = &week.functions.iter().find(|it| it.function == function).unwrap().hours;
        // The second of two hours of the same name is drawn with the first.
        let owners = &cells[hour].owners;
        prop_assert!(owners.iter().any(|it| it.responsible == found.responsible), "{}", found.because);
    }

    #[test]
    fn beating_is_a_strict_order(a in any_row(), b in any_row(), c in any_row()) {
        let beats = |x: &Row, y: &Row| compare(&x.scope, &y.scope).beats();
        prop_assert!(!beats(&a, &a));
        prop_assert!(!(beats(&a, &b) && beats(&b, &a)));
        prop_assert!(!(beats(&a, &b) && beats(&b, &c)) || beats(&a, &c));
    }
}
