mod keys;
mod rows;

use expect_test::{Expect, expect};
use jiff::Timestamp;
use proptest::prelude::*;
use remit_collector_domain::matrix::{Authority, Duty, Escalation, Row, Scope, Subject, resolve};
use remit_shared::{EndpointId, EndpointKind, Function, Severity};

use super::*;

/// A Monday morning in New York.
fn start() -> Timestamp {
    "2026-03-02T14:00Z".parse().unwrap()
}

/// The starter with one passage replaced.
fn starter_with(from: &str, to: &str) -> String {
    assert_eq!(STARTER.matches(from).count(), 1, "{from:?}");
    STARTER.replace(from, to)
}

/// All that is said of a text.
fn remarks(text: &str) -> String {
    let remarks = match read("acme.toml", text) {
        Ok(file) => file.lint(start()),
        Err(refused) => refused.remarks,
    };
    remarks.iter().map(|it| format!("{it}\n")).collect()
}

/// All that is said of the starter with one passage replaced.
#[track_caller]
fn check(from: &str, to: &str, expected: Expect) {
    expected.assert_eq(&remarks(&starter_with(from, to)));
}

#[test]
fn the_starter_is_clean_whenever_it_is_looked_at() {
    let file = read("starter.toml", STARTER).unwrap();
    for from in ["2026-01-01T00:00Z", "2026-03-08T07:00Z", "2026-11-01T05:59Z", "2031-07-01T12:00Z"]
    {
        assert_eq!(file.lint(from.parse().unwrap()), [], "{from}");
    }
}

#[test]
fn the_starter_follows_the_rule_of_thumb() {
    let matrix = read("starter.toml", STARTER).unwrap().matrix;
    let (day, night, holiday) =
        ("2026-03-02T12:00-05:00", "2026-03-02T22:00-05:00", "2026-12-25T12:00-05:00");
    for (function, tag, when, team, row) in [
        ("infra_monitoring", "", day, "provider-noc", "infrastructure"),
        ("infra_monitoring", "", night, "provider-noc", "infrastructure"),
        ("security_tooling", "lob", day, "provider-noc", "security"),
        ("lob_application", "", day, "internal-it", "applications"),
        ("lob_application", "", night, "provider-noc", "application-nights"),
        ("lob_application", "", holiday, "provider-noc", "application-nights"),
        ("infra_monitoring", "lob", day, "internal-it", "application-servers"),
        ("infra_monitoring", "lob", night, "provider-noc", "application-server-nights"),
        ("backup_monitoring", "lob", day, "provider-noc", "infrastructure"),
        ("help_desk", "", day, "internal-it", "people"),
        ("help_desk", "", night, "provider-noc", "after-hours"),
        ("procurement", "", holiday, "provider-noc", "after-hours"),
        ("strategic_planning", "", day, "it-manager", "decisions"),
        ("unheard_of", "", day, "provider-noc", "catch-all"),
    ] {
        let subject = Subject {
            id: EndpointId::from_uuid(Default::default()),
            hostname: "srv-1".into(),
            site: "hq".parse().unwrap(),
            kind: EndpointKind::Server,
            tags: tag.parse().into_iter().collect(),
        };
        let name: Function = function.parse().unwrap();
        let found = resolve(&matrix, &subject, &name, Severity::High, when.parse().unwrap());
        assert_eq!(
            (found.responsible.as_str(), found.row.as_str()),
            (team, row),
            "{function} {tag} {when}"
        );
        assert_eq!(found.gap, row == "catch-all");
    }
}

#[test]
fn the_guide_explains_every_row_of_the_starter() {
    let guide = include_str!("../../../docs/matrix.md");
    for row in read("starter.toml", STARTER).unwrap().matrix.all_rows() {
        let line = format!("| `{}` | {}, {} |", row.id, row.duty.responsible, row.duty.accountable);
        assert!(guide.contains(&line), "{line}");
    }
}

#[test]
fn e01_seed_clash() {
    // Without the row for what both are about, the starter is refused …
    let start = STARTER.find("# An application fails at 22:00").unwrap();
    let end = STARTER.find("# The same question").unwrap();
    let text = format!("{}{}", &STARTER[..start], &STARTER[end..]);
    let said = remarks(&text);
    expect![[r#"
        acme.toml:253: error[clash]: row[4]: `after-hours` makes provider-noc responsible and `applications` makes internal-it responsible for lob_application, outside office; `after-hours` is narrower in hours, `applications` is narrower in function; 7503 minutes a week, first on Mon 2026-03-02 17:00 in America/New_York
            add a row for what both are about:
            [[row]]
            id = "after-hours-applications"
            function = "lob_application"
            when = "outside office"
            responsible = "internal-it" # or provider-noc: you decide
            accountable = "it-manager"
            consulted = "provider-noc"
            policy = "desk"
            sla = "desk"
            runbook = "Ask whether month-end or payroll is running before restarting anything."
    "#]].assert_eq(&said);

    // … and pasting what is proposed settles it.
    let row: String = said
        .lines()
        .filter(|it| it.starts_with("    "))
        .skip(1)
        .map(|it| format!("{it}\n"))
        .collect();
    assert_eq!(remarks(&format!("{text}\n{row}")), "");
}

#[test]
fn a_finding_names_the_line_of_its_row() {
    check(
        "function = [\"help_desk\", \"endpoint_mgmt\", \"on_site\"]",
        "function = [\"help_desk\", \"on_site\"]",
        expect![[r#"
            acme.toml:243: error[hole]: row[3].when: nobody is named for `endpoint_mgmt` on every endpoint, from Mon 2026-03-02 09:00 to Mon 2026-03-02 17:00 in America/New_York; 275 such holes in 400 days
                add a row like `after-hours` with `when = "during office"`
        "#]],
    );
    check(
        "escalate = [\"4h internal-it\"]",
        "escalate = [\"4h internal-it\", \"1h it-manager\"]",
        expect![[r#"
            acme.toml:335: error[escalation]: row[9].escalate: row `decisions` escalates with `1h it-manager` after `4h internal-it`
                order the steps, each later than the one before
        "#]],
    );
    check(
        "escalate = [\"4h internal-it\"]",
        "",
        expect![[r#"
            acme.toml:327: warning[escalation]: row[9]: row `decisions` has no escalation; what ships is 15m provider-manager
                say who is told, with `policy` or `escalate = ["30m TEAM"]`
        "#]],
    );
    check(
        "consulted = [\"internal-it\", \"provider-manager\"]",
        "consulted = [\"internl-it\"]",
        expect![[r#"
            acme.toml:334: error[unknown-team]: row[9].consulted: there is no team `internl-it`
                did you mean `internal-it`?
        "#]],
    );
    check(
        "notify = \"email:service-manager@provider.example\"\ncontact = [\n    { name = \"Service manager\", phone = \"+1 646 555 0110\", email = \"service-manager@provider.example\" },\n    { name = \"Duty manager\", phone = \"+1 646 555 0111\" },\n]",
        "",
        expect![[r#"
            acme.toml:54: error[unstaffed]: team[4]: row `infrastructure` and 3 more count on team `provider-manager`, which has no contact and no channel
                give it a `contact` or a `notify` channel
            acme.toml:54: warning[single-contact]: team[4]: team `provider-manager` has no second contact
                name somebody for when the first is away
        "#]],
    );
    check(
        "id = \"catch-all\"",
        "id = \"people\"",
        expect![[r#"
            acme.toml:314: error[duplicate-row]: row[8].id: there is another row `people`
                rename one of them
        "#]],
    );
}

#[test]
fn a_misspelt_key_is_refused_with_the_right_one() {
    check(
        "consulted = [\"internal-it\", \"provider-manager\"]",
        "consultd = [\"internal-it\"]",
        expect![[r#"
            acme.toml:334: error[unknown-key]: row[9].consultd: there is no key `consultd` here
                did you mean `consulted`?
        "#]],
    );
    check(
        "tenant = \"acme\"",
        "tennant = \"acme\"",
        expect![[r#"
        acme.toml:13: error[unknown-key]: tennant: there is no key `tennant` here
            did you mean `tenant`?
    "#]],
    );
    check(
        "name = \"hq\"",
        "name = \"hq\"\nx = 1",
        expect![[r#"
            acme.toml:85: error[unknown-key]: site[1].x: there is no key `x` here
                keys here are name, zone, title
        "#]],
    );
    check(
        "{ name = \"IT manager\", phone",
        "{ name = \"IT manager\", fone",
        expect![[r#"
            acme.toml:39: error[unknown-key]: team[2].contact[1].fone: there is no key `fone` here
                keys here are name, phone, email
        "#]],
    );
}

#[test]
fn what_is_no_toml_is_refused_where_it_stops_being_some() {
    check(
        "tenant = \"acme\"",
        "tenant = acme",
        expect![[r#"
        acme.toml:13: error[syntax]: string values must be quoted, expected literal string
    "#]],
    );
    check(
        "name = \"hq\"",
        "name = \"hq\"\nname = \"hq\"",
        expect![[r#"
            acme.toml:85: error[syntax]: duplicate key
        "#]],
    );
    check(
        "tenant = \"acme\"",
        "tenant = 5",
        expect![[r#"
        acme.toml:13: error[syntax]: tenant: invalid type: integer `5`, expected a string
    "#]],
    );
    check(
        "when = \"during office\"\nresponsible = \"it-manager\"",
        "when = [1]\nresponsible = \"it-manager\"",
        expect![[r#"
            acme.toml:331: error[syntax]: row[9].when: invalid type: sequence, expected a string
        "#]],
    );
    check(
        "tags = \"lob\"\nresponsible",
        "tags = [\"lob\", 7]\nresponsible",
        expect![[r#"
            acme.toml:271: error[syntax]: row[5].tags[2]: invalid type: integer `7`, expected a string
        "#]],
    );
}

#[test]
fn exactly_one_team_is_accountable() {
    let row = "responsible = \"it-manager\"\naccountable = \"it-manager\"";
    check(
        row,
        "responsible = \"it-manager\"",
        expect![[r#"
            acme.toml:327: error[missing]: row[9].accountable: names nobody accountable: exactly one team answers for it
        "#]],
    );
    check(
        row,
        "responsible = \"it-manager\"\naccountable = [\"it-manager\", \"provider-manager\"]",
        expect![[r#"
            acme.toml:333: error[not-one]: row[9].accountable: exactly one team is accountable: name one here, the others in `consulted` or `informed`
        "#]],
    );
    check(
        row,
        "responsible = [\"it-manager\", \"internal-it\"]\naccountable = \"it-manager\"",
        expect![[r#"
            acme.toml:332: error[not-one]: row[9].responsible: one team is responsible: name the first here and the rest in `others`
        "#]],
    );
    check(
        row,
        "accountable = \"it-manager\"",
        expect![[r#"
            acme.toml:327: error[missing]: row[9].responsible: names nobody responsible: one team acts
        "#]],
    );
}

#[test]
fn a_value_that_makes_no_sense_is_answered_with_one_that_would() {
    check(
        "zone = \"America/New_York\"\ntitle",
        "zone = \"America/NewYork\"\ntitle",
        expect![[r#"
            acme.toml:85: error[bad-zone]: site[1].zone: there is no time zone `America/NewYork`
                did you mean `America/New_York`?
        "#]],
    );
    check(
        "zone = \"America/New_York\"\ntitle",
        "zone = \"america/new_york\"\ntitle",
        expect![[r#"
            acme.toml:85: error[bad-zone]: site[1].zone: there is no time zone `america/new_york`
                did you mean `America/New_York`?
        "#]],
    );
    check(
        "zone = \"America/New_York\"\ntitle",
        "zone = \"\"\ntitle",
        expect![[r#"
            acme.toml:83: error[missing]: site[1].zone: is missing: a time zone, like `America/New_York`
        "#]],
    );
    check(
        "hours = \"mon-fri 08:00-17:00\"",
        "hours = [\"mon-fri 08:00-17:00\", \"sat 9-12\"]",
        expect![[r#"
            acme.toml:100: error[bad-hours]: calendar[1].hours[2]: `sat 9-12` says no opening hours: a time of day is like `08:00`, up to `24:00` for the day's end
        "#]],
    );
    check(
        "hours = \"mon-fri 08:00-17:00\"",
        "",
        expect![[r#"
            acme.toml:97: error[missing]: calendar[1].hours: say when it is open, like `["mon-fri 08:00-17:00"]`
        "#]],
    );
    check(
        "\"2026-11-27 Day after Thanksgiving\"",
        "\"27.11.2026 Day after Thanksgiving\"",
        expect![[r#"
            acme.toml:102: error[bad-date]: calendar[1].holidays[1]: `27.11.2026 Day after Thanksgiving` is no holiday: write it like `2026-12-25 Christmas Day`, or `--12-25 Christmas Day` for every year
        "#]],
    );
    check(
        "when = \"outside office\"\nresponsible = \"provider-noc\"\naccountable = \"provider-manager\"",
        "when = \"nights\"\nresponsible = \"provider-noc\"\naccountable = \"provider-manager\"",
        expect![[r#"
            acme.toml:243: error[bad-value]: row[3].when: `nights` says no hours: use `always`, `during CALENDAR`, `outside CALENDAR`, `holidays of CALENDAR` or `dates 2026-12-24..2026-12-26 of CALENDAR`
        "#]],
    );
    check(
        "escalate = [\"4h internal-it\"]",
        "escalate = [\"4 hours internal-it\", \"5x internal-it\", \"5h Internal\"]",
        expect![[r#"
            acme.toml:335: error[bad-value]: row[9].escalate[1]: `4 hours internal-it` is not an escalation step: write it like `15m provider-noc`
            acme.toml:335: error[bad-value]: row[9].escalate[2]: `5x` is not a length of time: write it like `15m`, `1h30m` or `2d`, a year at most
            acme.toml:335: error[bad-value]: row[9].escalate[3]: `Internal` is not a team name: use 1 to 63 of a-z, 0-9, `-`, `_`, `.`, starting with a letter or digit
        "#]],
    );
    check(
        "party = \"internal\"\ntitle = \"Acme's own IT\"",
        "party = \"interna\"\ntitle = \"Acme's own IT\"",
        expect![[r#"
            acme.toml:25: error[bad-value]: team[1].party: `interna` is not a party: use one of internal, provider, vendor
        "#]],
    );
    check(
        "notify = \"email:it@acme.example\"",
        "notify = \"it@acme.example\"",
        expect![[r#"
            acme.toml:27: error[bad-value]: team[1].notify: `it@acme.example` is not a channel: use `email:ADDRESS`, or `webhook:`, `slack:`, `teams:`, `pagerduty:`, `ntfy:` or `alertmanager:` with a NAME
        "#]],
    );
    check(
        "tenant = \"acme\"",
        "tenant = \"Acme Inc.\"",
        expect![[r#"
        acme.toml:13: error[bad-value]: tenant: `Acme Inc.` is not a tenant name: use 1 to 63 of a-z, 0-9, `-`, `_`, `.`, starting with a letter or digit
    "#]],
    );
    check(
        "id = \"decisions\"",
        "",
        expect![[r#"
            acme.toml:327: error[missing]: row[9].id: is missing: the row's name, like `lob-nights`
        "#]],
    );
    check(
        "function = \"security_tooling\"",
        "",
        expect![[r#"
            acme.toml:225: error[missing]: row[2].function: is missing: name the function, a list of them, or `*` for every one
        "#]],
    );
    check(
        "tags = \"lob\"\nresponsible",
        "tags = []\nresponsible",
        expect![[r#"
            acme.toml:267: error[empty]: row[5].tags: is empty: leave it out if it does not matter
        "#]],
    );
    check(
        "tags = \"lob\"\nresponsible",
        "kinds = \"laptop\"\nresponsible",
        expect![[r#"
            acme.toml:271: error[bad-value]: row[5].kinds: `laptop` is not a endpoint kind: use one of server, workstation, virtual
        "#]],
    );
    check(
        "tags = \"lob\"\nresponsible",
        "tags = \"lob\"\nmin_severity = \"bad\"\nresponsible",
        expect![[r#"
            acme.toml:272: error[bad-value]: row[5].min_severity: `bad` is not a severity: use one of info, low, medium, high, critical
        "#]],
    );
}

#[test]
fn there_is_exactly_one_catch_all() {
    check(
        "title = \"What nobody thought of\"\nfunction = \"*\"",
        "function = \"help_desk\"",
        expect![[r#"
            acme.toml:1: error[catch-all]: row: there is no catch-all: add a row with `function = "*"` and no other condition, so that no alert is ever ownerless
        "#]],
    );
    check(
        "function = \"*\"\nwhen = \"outside office\"",
        "function = \"*\"",
        expect![[r#"
            acme.toml:340: error[catch-all]: row[10].function: row `catch-all` is a second catch-all beside `after-hours`: there is exactly one
        "#]],
    );
}

#[test]
fn everything_that_is_wrong_is_said_at_once() {
    let text = starter_with("name = \"hq\"", "name = \"H Q\"")
        .replace("\"4h internal-it\"", "\"soon internal-it\"");
    expect![[r#"
        acme.toml:84: error[bad-value]: site[1].name: `H Q` is not a site name: use 1 to 63 of a-z, 0-9, `-`, `_`, `.`, starting with a letter or digit
        acme.toml:335: error[bad-value]: row[9].escalate[1]: `soon` is not a length of time: write it like `15m`, `1h30m` or `2d`, a year at most
    "#]].assert_eq(&remarks(&text));
}

#[test]
fn an_empty_file_is_no_matrix() {
    expect![[r#"
        acme.toml:1: error[missing]: tenant: is missing: the customer's name, like `acme`
        acme.toml:1: error[catch-all]: row: there is no catch-all: add a row with `function = "*"` and no other condition, so that no alert is ever ownerless
    "#]].assert_eq(&remarks(""));
}

#[test]
fn too_much_is_refused_before_it_is_read() {
    let long = "#".repeat(MAX_TEXT + 1);
    assert_eq!(remarks(&long), "acme.toml: error[too-long]: the file is longer than 1024 KiB\n");
    let rows = "[[row]]\n".repeat(1001);
    let said = remarks(&format!("tenant = \"acme\"\n{rows}"));
    assert_eq!(said, "acme.toml:1002: error[too-many]: row: there are more than 1000 rows\n");
    let hours = "\"mon-fri 08:00-17:00\",".repeat(21);
    check(
        "hours = \"mon-fri 08:00-17:00\"",
        &format!("hours = [{hours}]"),
        expect![[r#"
            acme.toml:97: error[too-many]: calendar[1].hours: more than 100 opening hours
        "#]],
    );
}

#[test]
fn checks_are_read() {
    let check =
        "[[check]]\ncheck = \"disk-space\"\nwarn = 900\nhold = \"10m\"\nseverity = \"critical\"\n";
    let file = read("acme.toml", &format!("{STARTER}\n{check}")).unwrap();
    let [check] = file.matrix.checks.as_slice() else { panic!() };
    assert_eq!((check.warn, check.hold), (Some(900), Some(jiff::SignedDuration::from_mins(10))));
    assert_eq!(check.severity, Some(Severity::Critical));
}

#[test]
fn every_row_can_be_written_and_read_back() {
    let file = read("starter.toml", STARTER).unwrap();
    let head = &STARTER[..STARTER.find("# --- Rows").unwrap()];
    let mut matrix = file.matrix;
    // One row with everything that a row can have.
    let full = &mut matrix.rows[0];
    full.title = "With \"quotes\" and\nlines".into();
    full.scope.endpoints = ["db-7", "db-8"].map(|it| it.parse().unwrap()).into();
    full.scope.kinds = [EndpointKind::Server].into();
    full.scope.sites = ["hq".parse().unwrap()].into();
    full.scope.min_severity = Severity::High;
    full.scope.when = "dates 2026-12-24..2026-12-26 of office".parse().unwrap();
    full.duty.others = vec!["internal-it".parse().unwrap()];
    full.duty.authority.approve_change = vec!["it-manager".parse().unwrap()];
    full.duty.authority.declare_known_issue = vec!["internal-it".parse().unwrap()];
    full.priority = -3;
    let bare = &mut matrix.rows[1];
    (bare.duty.escalation, bare.duty.sla, bare.reviewed) = (Default::default(), None, None);
    let net = matrix.catch_all.duty.clone();
    let open = &mut matrix.rows[2];
    open.accepted_by = ["it-manager", "provider-manager"].map(|it| it.parse().unwrap()).into();
    open.duty = Duty { runbook: "See the wiki.".into(), ..net };
    let rows: String = matrix.all_rows().map(|it| row_to_toml(it, None)).collect();
    let again = read("again.toml", &format!("{head}\n{rows}")).unwrap();
    assert_eq!(again.matrix, matrix);
}

#[test]
fn very_many_mistakes_are_not_all_listed() {
    let steps = "\"x\",".repeat(50_000);
    let text = starter_with("escalate = [\"4h internal-it\"]", &format!("escalate = [{steps}]"));
    assert_eq!(read("acme.toml", &text).unwrap_err().remarks.len(), 100);
    let teams = "\"nobody\",".repeat(50_000);
    let text = starter_with(
        "consulted = [\"internal-it\", \"provider-manager\"]",
        &format!("consulted = [{teams}]"),
    );
    assert_eq!(read("acme.toml", &text).unwrap().lint(start()).len(), 100);
}

/// A row of the starter's teams, with any of the keys that a row can have.
fn any_row() -> impl Strategy<Value = Row> {
    fn some(of: &'static [&'static str]) -> impl Strategy<Value = Vec<&'static str>> {
        prop::sample::subsequence(of, 0..=of.len())
    }
    fn all<T: std::str::FromStr<Err: std::fmt::Debug>, C: FromIterator<T>>(of: &[&str]) -> C {
        of.iter().map(|it| it.parse().unwrap()).collect()
    }
    let teams = || some(&["internal-it", "it-manager", "provider-noc", "provider-manager"]);
    let scope = (
        some(&["help_desk", "procurement"]),
        some(&["db-7", "db-8"]),
        some(&["hq"]),
        some(&["lob"]),
        prop::sample::select(vec!["always", "outside office", "dates 2026-12-24 of office"]),
    );
    let escalation = prop_oneof![
        Just(Escalation::Shipped),
        Just(Escalation::Policy("standard".parse().unwrap())),
        some(&["15m provider-manager", "1h30m rota:noc-nights", "2d person:kim"])
            .prop_map(|it| Escalation::Steps(all(&it))),
    ];
    let days = prop::option::of(0..3000i64);
    let words = "[ -~]{0,20}|Grüße\\n\\t\"\"\"";
    (scope, teams(), teams(), teams(), escalation, days, any::<i32>(), words, any::<bool>())
        .prop_map(|(scope, first, second, third, escalation, days, priority, words, gold)| {
            let (functions, endpoints, sites, tags, when) = scope;
            let file = read("starter.toml", STARTER).unwrap();
            let mut row = file.matrix.rows[0].clone();
            row.scope = Scope {
                functions: all(&functions),
                endpoints: all(&endpoints),
                sites: all(&sites),
                // Without it, it might be a second catch-all.
                kinds: [EndpointKind::Server].into(),
                tags: all(&tags),
                min_severity: Severity::Low,
                when: when.parse().unwrap(),
            };
            let authority = Authority {
                approve_change: all(&first),
                approve_security: all(&second),
                declare_known_issue: all(&third),
            };
            let (others, consulted, informed) = (all(&second), all(&third), all(&first));
            let sla = gold.then(|| "gold".parse().unwrap());
            row.duty = Duty { others, consulted, informed, authority, escalation, sla, ..row.duty };
            (row.title, row.duty.runbook, row.priority) = (words.clone(), words, priority);
            let first = jiff::civil::date(2026, 1, 1);
            row.reviewed = days.map(|it| first.checked_add(jiff::Span::new().days(it)).unwrap());
            row
        })
}

proptest! {
    #[test]
    fn a_row_that_is_written_reads_the_same(mut row in any_row(), uncovered: bool) {
        let starter = read("starter.toml", STARTER).unwrap().matrix;
        row.id = "written".parse().unwrap();
        if uncovered {
            let runbook = row.duty.runbook.clone();
            row.duty = starter.catch_all.duty.clone();
            if !runbook.is_empty() {
                row.duty.runbook = runbook;
            }
            row.accepted_by = vec!["it-manager".parse().unwrap()];
        }
        let text = format!("{STARTER}\n{}", row_to_toml(&row, None));
        let again = read("again.toml", &text).unwrap().matrix;
        prop_assert_eq!(again.rows.last(), Some(&row));
    }

    #[test]
    fn no_text_is_answered_with_a_panic(at in 0..STARTER.len(), drop in 0..40usize, put in "[\\[\\]\"=a-z0-9 \n:-]{0,12}") {
        let mut text: String = STARTER.chars().take(at).collect();
        text.push_str(&put);
        text.extend(STARTER.chars().skip(at + drop));
        let said = match read("fuzz.toml", &text) {
            Ok(file) => file.lint(start()),
            Err(refused) => {
                prop_assert!(!refused.remarks.is_empty());
                refused.remarks
            }
        };
        prop_assert!(said.iter().all(|it| !it.message.is_empty()));
    }
}
