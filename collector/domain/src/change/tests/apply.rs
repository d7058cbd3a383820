//! When a change may take effect.

use super::*;

#[test]
fn a_change_is_made_from_the_newest_matrix_or_made_again() {
    let mut desk = desk();
    assert_eq!(
        desk.propose("pam", matrix_edit(2)),
        Err(Refusal::Rebase { base: 2, newest: 3 }),
        "when it is asked for"
    );
    // Nobody is founding what there is.
    assert_eq!(desk.propose("pam", matrix_edit(0)), Err(Refusal::Rebase { base: 0, newest: 3 }));
    let change = desk.propose("pam", matrix_edit(3)).unwrap();
    let change = desk.approve(change, "ida").unwrap();
    desk.newest = 4;
    let refused = desk.apply(change, "pam").unwrap_err();
    assert_eq!(refused, Refusal::Rebase { base: 3, newest: 4 }, "when it takes effect");
}

#[test]
fn what_has_a_time_takes_effect_by_itself_and_not_before() {
    let mut desk = desk();
    let later = Some(at(3 * 24 * 60));
    let change = desk.propose("pam", Draft { effective_from: later, ..matrix_edit(3) }).unwrap();
    let change = desk.approve(change, "ida").unwrap();
    assert_eq!(deadline(&change), later);
    assert!(matches!(apply(&change, None, desk.present()), Err(Refusal::TooEarly { .. })));
    assert!(matches!(desk.apply(change.clone(), "ida"), Err(Refusal::TooEarly { .. })));

    desk.now = at(3 * 24 * 60);
    let event = apply(&change, None, desk.present()).unwrap();
    let applied = step(change.clone(), event, desk.now);
    assert_eq!(applied.order, Some(Order::CarryOut));
    let State::Applied { by, .. } = &applied.change.state else { panic!() };
    assert_eq!(by, "remit");

    desk.who_mut("ida").role = Role::Viewer;
    let refused = apply(&change, None, desk.present()).unwrap_err();
    let failed = step(change, Event::Failed { why: refused.to_string() }, desk.now);
    assert_eq!((failed.change.state.as_str(), deadline(&failed.change)), ("failed", None));
}

#[test]
fn what_has_no_time_waits_for_a_person() {
    let desk = desk();
    let change = desk.propose("pat", revocation(1)).unwrap();
    assert!(matches!(apply(&change, None, desk.present()), Err(Refusal::TooEarly { .. })));
    assert!(desk.apply(change, "pat").is_ok());
}

#[test]
fn a_time_lies_ahead_and_in_reach() {
    let desk = desk();
    for (minutes, may) in [(-1, false), (0, true), (90 * 24 * 60, true), (90 * 24 * 60 + 1, false)]
    {
        let draft = Draft { effective_from: Some(at(minutes)), ..matrix_edit(3) };
        assert_eq!(desk.propose("pam", draft).is_ok(), may, "{minutes}");
    }
}

#[test]
fn an_administrator_is_made_by_nobodys_agreement() {
    let desk = desk();
    for party in [Internal, Provider] {
        let refused = desk.propose("pam", role("Jo", Role::Administrator, party)).unwrap_err();
        assert_eq!(refused, Refusal::LocalOnly);
    }
}

#[test]
fn who_sees_less_than_the_new_operator_cannot_agree_to_it() {
    let mut desk = desk();
    desk.who_mut("ida").tenants = vec![acme()];
    let everywhere = Grant {
        operator: None,
        name: "Jo".into(),
        role: Role::Manager,
        party: Provider,
        teams: BTreeSet::new(),
        tenants: BTreeSet::new(),
    };
    let spec = Spec::Role { tenant: acme(), grant: everywhere };
    let change = desk.propose("pam", of(&spec)).unwrap();
    assert_eq!(desk.approve(change.clone(), "ida"), Err(Refusal::MoreTenants(change.id)));
    let change = desk.propose("pam", role("Jo", Role::Manager, Provider)).unwrap();
    assert!(desk.approve(change, "ida").is_ok());
}
