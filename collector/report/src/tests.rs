#[path = "../examples/sample/acme.rs"]
mod acme;

use expect_test::expect_file;
use proptest::prelude::*;
use remit_collector_domain::report::{Facts, Input, month, quarter, report, week};
use serde_json::Value;

use super::*;

fn text(input: &Input, format: Format) -> String {
    String::from_utf8(render(&report(input), format)).unwrap()
}

fn hostile(name: &str) -> Input {
    let mut input = acme::input(week);
    input.title = name.into();
    input.known_issues[0].title = name.into();
    input.changes[0].proposed_by = name.into();
    for alert in &mut input.facts.alerts {
        alert.endpoint = name.into();
    }
    for past in &mut input.facts.past {
        past.about.check = name.into();
    }
    input
}

/// Every number of a JSON document, as it is spelled there.
fn numbers(value: &Value) -> Vec<String> {
    match value {
        Value::Number(it) => vec![it.to_string()],
        Value::Array(it) => it.iter().flat_map(numbers).collect(),
        Value::Object(it) => it.values().flat_map(numbers).collect(),
        Value::Null | Value::Bool(_) | Value::String(_) => vec![],
    }
}

#[test]
fn a_week_as_markdown() {
    expect_file!["../testdata/acme.md"].assert_eq(&text(&acme::input(week), Format::Markdown));
}

#[test]
fn a_week_as_a_page() {
    expect_file!["../testdata/acme.html"].assert_eq(&text(&acme::input(week), Format::Html));
}

#[test]
fn a_week_as_json() {
    expect_file!["../testdata/acme.json"].assert_eq(&text(&acme::input(week), Format::Json));
}

#[test]
fn a_week_as_csv() {
    expect_file!["../testdata/acme.csv"].assert_eq(&text(&acme::input(week), Format::Csv));
}

#[test]
fn all_formats_say_the_same_numbers() {
    for input in [acme::input(week), acme::input(month), acme::input(quarter)] {
        let json: Value = serde_json::from_str(&text(&input, Format::Json)).unwrap();
        let [md, html, csv] =
            [Format::Markdown, Format::Html, Format::Csv].map(|it| text(&input, it));
        let numbers = numbers(&json);
        assert!(numbers.len() > 200);
        let in_csv: Vec<_> = csv_rows(&csv).into_iter().map(|it| it[5].clone()).collect();
        for it in numbers {
            let shares = format!("{it} %");
            let is_in = |before: &str, after: &str| {
                let has = |text: &str, it: &str| text.contains(&format!("{before}{it}{after}"));
                let text = if before == "| " { &md } else { &html };
                has(text, &it) || has(text, &shares)
            };
            assert!(is_in("| ", " |"), "{it} is not in the Markdown");
            assert!(is_in(">", "<"), "{it} is not on the page");
            assert!(in_csv.contains(&it), "{it} is not in the CSV");
        }
    }
}

fn csv_rows(text: &str) -> Vec<Vec<String>> {
    let mut reader = ::csv::Reader::from_reader(text.as_bytes());
    reader.records().map(|it| it.unwrap().iter().map(str::to_owned).collect()).collect()
}

#[test]
fn a_hostile_name_is_only_a_name() {
    let name = "</style><script>alert(1)</script>|\n=cmd()\"'[x](javascript:1) \\";
    let input = hostile(name);
    let html = text(&input, Format::Html);
    assert!(!html.contains("<script"));
    assert_eq!(html.matches("</style>").count(), 1);
    assert!(html.contains("&lt;script&gt;"));
    let md = text(&input, Format::Markdown);
    assert!(!md.contains("<script") && !md.contains("[x]("));
    let json: Value = serde_json::from_str(&text(&input, Format::Json)).unwrap();
    assert_eq!(json["customer"], name);
}

#[test]
fn a_spreadsheet_is_given_no_formula() {
    let csv = text(&hostile("=cmd|' /C calc'!A0"), Format::Csv);
    for row in csv_rows(&csv) {
        assert!(row.iter().all(|it| !it.starts_with(['=', '+', '-', '@'])), "{row:?}");
    }
}

#[test]
fn a_page_needs_nothing_else() {
    let html = text(&acme::input(quarter), Format::Html);
    for it in ["<script", "src=", "href=", "url(", "@import", "http:", "https:"] {
        assert!(!html.contains(it), "{it}");
    }
    assert_eq!(html.matches("<svg ").count(), html.matches("<desc ").count());
    assert!(html.matches("<svg ").count() >= 6);
}

#[test]
fn an_empty_report_is_a_report_too() {
    let mut input = acme::input(month);
    input.facts = Facts { heard: input.facts.heard, ..Facts::default() };
    input.before = None;
    (input.review, input.known_issues, input.changes) = (vec![], vec![], vec![]);
    for format in Format::ALL {
        assert!(!text(&input, format).contains("NaN"));
    }
    assert!(text(&input, Format::Html).contains("What stands out"));
}

#[test]
fn a_file_is_called_after_its_tenant_and_period() {
    let name = |input: &Input| file_name(&report(input), Format::Html);
    assert_eq!(name(&acme::input(week)), "acme-2026-W47.html");
    assert_eq!(name(&acme::input(quarter)), "acme-2026-Q4.html");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn elements_are_closed_whatever_anything_is_called(name in any::<String>()) {
        let html = text(&hostile(&name), Format::Html);
        let tame = text(&hostile("x"), Format::Html);
        prop_assert_eq!(html.matches('<').count(), tame.matches('<').count());
        prop_assert_eq!(html.matches('"').count(), tame.matches('"').count());
        let md = text(&hostile(&name), Format::Markdown);
        prop_assert_eq!(md.lines().count(), text(&hostile("x"), Format::Markdown).lines().count());
        prop_assert!(csv_rows(&text(&hostile(&name), Format::Csv)).len() > 100);
    }
}
