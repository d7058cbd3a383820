use jiff::SignedDuration;

use super::*;
use crate::matrix::testing::*;

fn ask(rows: &[Row], when: &str) -> Coverage {
    coverage(&matrix(rows.iter().cloned()), at(when), Severity::High)
}

/// Who acts in an hour, counted from Monday at midnight.
fn owners(found: &Coverage, function: &str, hour: usize) -> Vec<String> {
    let week = found.functions.iter().find(|it| it.function.as_str() == function).unwrap();
    week.hours[hour]
        .owners
        .iter()
        .map(|it| {
            let gap = if it.gap { " (gap)" } else { "" };
            let on = if it.on.is_empty() { String::new() } else { format!(" {}", it.on) };
            format!("{}{on}{gap}", it.responsible)
        })
        .collect()
}

#[test]
fn a_week_shows_who_has_which_hour() {
    let rows = [
        row("day", "infra_monitoring", "during office", "internal-it"),
        row("night", "*", "outside office", "provider-noc"),
        row("erp", "infra_monitoring tag:erp", "during office", "provider-noc"),
    ];
    let found = ask(&rows, "2026-03-04T12:00Z");
    assert_eq!(found.monday.to_string(), "2026-03-02");
    assert_eq!(owners(&found, "infra_monitoring", 7), ["provider-noc"]);
    assert_eq!(owners(&found, "infra_monitoring", 8), ["internal-it", "provider-noc tagged erp"]);
    assert_eq!(owners(&found, "infra_monitoring", 17), ["provider-noc"]);
    assert_eq!(owners(&found, "help_desk", 12), ["provider-noc (gap)"]);
    let week = &found.functions.iter().find(|it| it.function.as_str() == "help_desk").unwrap();
    let [(owner, days)] = week.two_in_the_morning().try_into().unwrap();
    assert_eq!((owner.responsible.as_str(), days.len()), ("provider-noc", 7));
}

#[test]
fn an_hour_in_which_work_changes_hands_shows_both() {
    let mut matrix = matrix([row("day", "*", "during half", "internal-it")]);
    matrix.calendars.insert(0, calendar("half", "America/New_York", &["mon-fri 08:30-17:00"]));
    let found = coverage(&matrix, at("2026-03-04T12:00Z"), Severity::High);
    assert_eq!(owners(&found, "help_desk", 8), ["provider-noc (gap)", "internal-it"]);
}

#[test]
fn what_is_uncovered_on_purpose_shows_as_a_gap() {
    let mut rows = [
        row("base", "*", "always", "internal-it"),
        row("none", "help_desk", "outside office", "provider-noc"),
    ];
    rows[1].accepted_by = ["internal-it", "provider-noc"].map(|it| it.parse().unwrap()).into();
    let found = ask(&rows, "2026-03-04T12:00Z");
    assert_eq!(owners(&found, "help_desk", 2), ["provider-noc (gap)"]);
}

#[test]
fn one_endpoints_week_is_what_each_hour_resolves_to() {
    let matrix = matrix([
        row("day", "infra_monitoring", "during office", "internal-it"),
        row("night", "*", "outside office", "provider-noc"),
        row("erp", "infra_monitoring tag:erp", "during office", "provider-noc"),
        row("db", "infra_monitoring host:db-7", "outside office", "internal-it"),
    ]);
    for endpoint in [subject("db-7", &["erp"]), subject("web-1", &[])] {
        let found = coverage_of(&matrix, &endpoint, at("2026-03-04T12:00Z"), Severity::High);
        for week in &found.functions {
            for (hour, cell) in (0..).zip(&week.hours) {
                let then = at("2026-03-02T00:00-05:00") + SignedDuration::from_hours(hour);
                let said = crate::matrix::resolve(
                    &matrix,
                    &endpoint,
                    &week.function,
                    Severity::High,
                    then,
                );
                let owners: Vec<_> = cell.owners.iter().map(|it| &it.responsible).collect();
                assert_eq!(owners, [&said.responsible], "{} in hour {hour}", week.function);
            }
        }
    }
}
