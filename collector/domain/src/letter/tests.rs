use super::*;
use crate::matrix::testing::{at, matrix};

const NOW: &str = "2026-03-02T02:00:00Z";

fn agreed(channels: &[(&str, &[&str])]) -> Matrix {
    let mut matrix = matrix([]);
    for (team, notify) in channels {
        let team = matrix.teams.iter_mut().find(|it| it.name.as_str() == *team).unwrap();
        team.notify = notify.iter().map(|it| it.parse().unwrap()).collect();
    }
    matrix
}

fn manager(name: &str, number: u128, party: Party, team: &str) -> Operator {
    Operator {
        id: OperatorId::from_uuid(uuid::Uuid::from_u128(number)),
        name: name.to_owned(),
        role: Role::Manager,
        party,
        teams: vec![Team::new(team).unwrap()],
        tenants: vec![],
        serial: "1".to_owned(),
        not_after: at("2027-01-01T00:00:00Z"),
        created_at: at("2026-01-01T00:00:00Z"),
        revoked: None,
    }
}

fn notice(to: Audience, page: bool) -> Notice {
    Notice {
        tenant: Tenant::new("acme").unwrap(),
        to,
        by: at(NOW),
        page,
        subject: "A change waits".to_owned(),
        text: "Look at it.".to_owned(),
    }
}

/// Who is told by which channel; or what the trail says.
fn told(notice: &Notice, matrix: &Matrix, operators: &[Operator]) -> Vec<String> {
    let matter = Matter::Shift(jiff::civil::date(2026, 3, 2));
    let effects = address(notice, matter, matrix, operators, at(NOW));
    let words = effects.into_iter().map(|it| match it {
        Effect::Tell(letter) => format!("{} by {}", letter.team, letter.channel),
        Effect::Audit(entry) => format!("{}: {}", entry.action, entry.detail),
        Effect::Signal(_)
        | Effect::Admit(_)
        | Effect::Notify(_)
        | Effect::CaughtUp(_)
        | Effect::Publish(_) => panic!("{it:?}"),
    });
    words.collect()
}

fn both() -> BTreeSet<Party> {
    [Party::Internal, Party::Provider].into()
}

#[test]
fn a_side_is_told_by_the_channels_of_its_teams() {
    let matrix = agreed(&[
        ("internal-it", &["email:it@example.org"]),
        ("provider-noc", &["slack:noc", "email:noc@example.org"]),
    ]);
    let found = told(&notice(Audience::Sides(both()), false), &matrix, &[]);
    assert_eq!(
        found,
        [
            "internal-it by email:it@example.org",
            "provider-noc by slack:noc",
            "provider-noc by email:noc@example.org"
        ]
    );
}

#[test]
fn managers_are_told_by_the_teams_they_act_for() {
    let matrix = agreed(&[("internal-it", &["slack:it"]), ("provider-noc", &["slack:noc"])]);
    let mut pam = manager("pam", 1, Party::Provider, "provider-noc");
    let to = |side| notice(Audience::Managers([side].into()), false);
    assert_eq!(
        told(&to(Party::Provider), &matrix, std::slice::from_ref(&pam)),
        ["provider-noc by slack:noc"]
    );
    pam.tenants = vec![Tenant::new("other").unwrap()];
    pam.teams = vec![Team::new("nobodys").unwrap()];
    assert_eq!(
        told(&to(Party::Provider), &matrix, &[pam]),
        ["provider-noc by slack:noc"],
        "a side without a manager who sees the tenant hears of it all the same"
    );
}

#[test]
fn a_mailbox_that_two_teams_share_gets_one_letter() {
    let matrix = agreed(&[
        ("internal-it", &["email:all@example.org"]),
        ("provider-noc", &["email:all@example.org"]),
    ]);
    assert_eq!(told(&notice(Audience::Sides(both()), true), &matrix, &[]).len(), 1);
}

#[test]
fn what_reaches_nobody_is_in_the_trail() {
    let found = told(&notice(Audience::Sides(both()), true), &agreed(&[]), &[]);
    assert_eq!(
        found,
        ["letter.unheard: the teams of internal and provider cannot be reached: A change waits"]
    );
    let nobody = OperatorId::from_uuid(uuid::Uuid::from_u128(9));
    let found = told(&notice(Audience::Operator(nobody), false), &agreed(&[]), &[]);
    assert_eq!(found.len(), 1);
}
