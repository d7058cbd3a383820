use expect_test::{Expect, expect};

use super::*;
use crate::matrix::{Escalation, Step, testing::*};

#[track_caller]
fn check(matrix: &Matrix, from: &str, to: &str, expected: Expect) {
    let function = "infra_monitoring".parse().unwrap();
    let subject = subject("db-7", &[]);
    let found = simulate(matrix, &subject, &function, Severity::High, at(from), at(to));
    let clock = |at: Timestamp| {
        let zone = matrix.calendars[0].zone.clone();
        at.to_zoned_datetime(zone).strftime("%a %H:%M").to_string()
    };
    let mut text = String::new();
    for it in &found.owners {
        let (from, to) = (clock(it.from), clock(it.to));
        text += &format!("{from}-{to} {} ({})\n", it.resolution.responsible, it.resolution.row);
    }
    for it in &found.told {
        text += &format!("{} {}: {}\n", clock(it.at), it.target, it.because);
    }
    expected.assert_eq(&text);
}

fn day_and_night() -> Matrix {
    let mut rows = [
        row("day", "*", "during office", "internal-it"),
        row("night", "*", "outside office", "provider-noc"),
    ];
    let steps = |text: &[&str]| {
        Escalation::Steps(text.iter().map(|it| it.parse::<Step>().unwrap()).collect())
    };
    rows[0].duty.escalation = steps(&["15m provider-noc"]);
    rows[1].duty.escalation = steps(&["30m internal-it"]);
    matrix(rows)
}

#[test]
fn a_new_owner_begins_with_the_first_step() {
    check(
        &day_and_night(),
        "2026-03-02T16:50-05:00",
        "2026-03-02T18:00-05:00",
        expect![[r#"
            Mon 16:50-Mon 17:00 internal-it (day)
            Mon 17:00-Mon 18:00 provider-noc (night)
            Mon 16:50 internal-it: it opens
            Mon 17:00 provider-noc: it is theirs from now on
            Mon 17:30 internal-it: `30m internal-it` of policy `own`
            Mon 17:45 provider-noc: nobody acknowledged, time 2
        "#]],
    );
}

#[test]
fn it_never_ends_silently() {
    let mut matrix = day_and_night();
    matrix.rows[1].duty.accountable = "internal-it".parse().unwrap();
    check(
        &matrix,
        "2026-03-02T17:30-05:00",
        "2026-03-02T21:00-05:00",
        expect![[r#"
            Mon 17:30-Mon 21:00 provider-noc (night)
            Mon 17:30 provider-noc: it opens
            Mon 18:00 internal-it: `30m internal-it` of policy `own`
            Mon 18:15 provider-noc: nobody acknowledged, time 2
            Mon 18:45 internal-it: `30m internal-it` of policy `own`, time 2
            Mon 19:00 provider-noc: nobody acknowledged, time 3
            Mon 19:30 internal-it: `30m internal-it` of policy `own`, time 3
            Mon 19:45 internal-it: all steps are over: every hour until somebody acts
            Mon 19:45 provider-noc: all steps are over: every hour until somebody acts
            Mon 20:45 internal-it: all steps are over: every hour until somebody acts
            Mon 20:45 provider-noc: all steps are over: every hour until somebody acts
        "#]],
    );
}

#[test]
fn steps_can_count_opening_hours() {
    let mut matrix = matrix([row("base", "*", "always", "provider-noc")]);
    let name: remit_shared::PolicyName = "office".parse().unwrap();
    matrix.policies.push(Policy {
        name: name.clone(),
        title: String::new(),
        steps: vec!["1h internal-it".parse().unwrap()],
        hours: Some("office".parse().unwrap()),
        repeat: 1,
    });
    matrix.rows[0].duty.escalation = Escalation::Policy(name);
    check(
        &matrix,
        "2026-03-06T16:30-05:00", // a Friday
        "2026-03-09T08:40-04:00", // and the clocks change
        expect![[r#"
            Fri 16:30-Mon 08:40 provider-noc (base)
            Fri 16:30 provider-noc: it opens
            Mon 08:30 internal-it: `1h internal-it` of policy `office`
        "#]],
    );
}
