use remit_shared::PersonName;

use super::*;
use crate::{
    matrix::testing::{at, matrix, row},
    people::Person,
    rota::{Layer, Override, Turn},
};

fn weeks() -> Matrix {
    let mut matrix = matrix([row("base", "*", "always", "provider-noc")]);
    let kim = PersonName::new("kim").unwrap();
    matrix.persons = vec![Person {
        name: kim.clone(),
        title: String::new(),
        teams: Vec::new(),
        notify: vec!["email:kim@provider.example".parse().unwrap()],
        disabled: false,
    }];
    matrix.rotas = vec![Rota {
        name: "nights".parse().unwrap(),
        zone: TimeZone::get("America/New_York").unwrap(),
        layers: vec![Layer {
            title: "weeks".into(),
            people: vec![kim],
            from: "2026-01-05".parse().unwrap(),
            turn: Turn::Weeks(1),
            handoff: "08:00".parse().unwrap(),
            hours: None,
        }],
        overrides: Vec::new(),
    }];
    matrix
}

fn away(from: &str, to: &str) -> Override {
    let (from, to) = (from.parse().unwrap(), to.parse().unwrap());
    Override { from, to, person: None, note: "holiday".into() }
}

/// What is told each day at nine from the one to the other.
fn told(matrix: &Matrix, days: impl IntoIterator<Item = u32>) -> Vec<(u32, String)> {
    let zone = TimeZone::get("America/New_York").unwrap();
    let nine = |day: u32| at(&format!("2026-03-{day:02}T09:00:00Z"));
    let on = |day: u32| {
        let notices = notices(matrix, &zone, nine(day - 1), nine(day));
        notices.into_iter().map(move |it| (day, it.subject)).collect::<Vec<_>>()
    };
    days.into_iter().flat_map(on).collect()
}

#[test]
fn a_gap_is_told_a_week_ahead_and_again_when_it_is_near() {
    let mut matrix = weeks();
    assert_eq!(told(&matrix, 2..20), []);
    matrix.rotas[0].overrides = vec![away("2026-03-18T17:00", "2026-03-19T08:00")];
    let days: Vec<u32> = told(&matrix, 2..24).into_iter().map(|it| it.0).collect();
    assert_eq!(days, [12, 17, 18, 19]);
    let subject = "nobody can be called by rota nights from Wed 2026-03-18 17:00";
    assert_eq!(told(&matrix, [12]), [(12, subject.to_owned())]);
}

#[test]
fn somebody_who_left_is_missed_before_their_turn() {
    let mut matrix = weeks();
    matrix.persons[0].disabled = true;
    let zone = TimeZone::get("America/New_York").unwrap();
    let (last, now) = (at("2026-03-11T09:00:00Z"), at("2026-03-12T09:00:00Z"));
    let all = notices(&matrix, &zone, last, now);
    assert!(all[0].text.contains("kim is disabled"), "{}", all[0].text);
}

#[test]
fn hours_that_a_rota_leaves_out_are_no_gap() {
    let mut matrix = weeks();
    let nights = crate::matrix::testing::calendar("night", "UTC", &["daily 17:00-08:00"]);
    matrix.rotas[0].layers[0].hours = Some(nights.hours);
    assert_eq!(told(&matrix, 2..10), []);
    matrix.rotas[0].overrides = vec![away("2026-03-04T17:00", "2026-03-05T08:00")];
    assert!(!told(&matrix, [4]).is_empty());
}

#[test]
fn each_limit_of_a_rows_age_is_told_once_and_to_both_parties() {
    let mut matrix = matrix([row("base", "*", "always", "provider-noc")]);
    matrix.catch_all.reviewed = Some("2026-03-01".parse().unwrap());
    // 75 days before 10 March, 90 before 25 March.
    matrix.rows[0].reviewed = Some("2025-12-25".parse().unwrap());
    let days: Vec<u32> = told(&matrix, 2..31).into_iter().map(|it| it.0).collect();
    assert_eq!(days, [10, 25]);
    let zone = TimeZone::get("America/New_York").unwrap();
    let all = notices(&matrix, &zone, at("2026-03-09T09:00:00Z"), at("2026-03-10T09:00:00Z"));
    assert_eq!(all[0].to, Audience::Managers(both()));
    assert!(all[0].text.contains("- base: soon, 75 days"), "{}", all[0].text);
}
