use proptest::{prelude::*, sample::select};
use remit_shared::Party::{self, Internal, Provider, Vendor};

use super::{Action::*, *};
use crate::operator::{
    Role::{Administrator, Auditor, Manager, Operator as Worker, Viewer},
    tests::operator,
};

const ACTIONS: [Action; 38] = [
    See,
    Acknowledge,
    Note,
    Resolve,
    HandOver,
    Dispose,
    DisposeShift,
    MarkNoise,
    BlockAlert,
    PauseSla,
    DeclareKnownIssue,
    EndKnownIssue,
    ScheduleWindow,
    CancelWindow,
    ProposeChange,
    ApproveChange,
    RejectChange,
    WithdrawChange,
    ApplyChange,
    ReadReports,
    ReadAudit,
    ReadMatrix,
    PublishMatrix,
    ManageSources,
    CreateToken,
    ListTokens,
    RevokeToken,
    RevokeEndpoint,
    CreateOperator(Administrator),
    CreateOperator(Manager),
    CreateOperator(Worker),
    CreateOperator(Viewer),
    ListOperators,
    RevokeOperator(Administrator),
    RevokeOperator(Manager),
    RevokeOperator(Worker),
    RevokeOperator(Auditor),
    RevokeOperator(Viewer),
];

/// Asks about an alert of `acme` with the provider's NOC, which the internal
/// `it` answers for.
fn ask(operator: &Operator, action: Action) -> Result<(), Refusal> {
    let (tenant, noc, it) =
        (Tenant::new("acme").unwrap(), Team::new("noc").unwrap(), Team::new("it").unwrap());
    let owners = Owners { responsible: &noc, accountable: &it, party: Provider, declarers: &[] };
    may(operator, action, &Scope { tenant: Some(&tenant), owners: Some(owners) })
}

#[test]
fn each_role_may_what_the_table_says() {
    // Columns: administrator, manager, operator, auditor, viewer; all of the alert's own team.
    for (action, expected) in [
        (See, "yyyyy"),
        (ReadMatrix, "yyyyy"),
        (ReadReports, "yyyyy"),
        (ReadAudit, "yy-y-"),
        (Note, "yyy--"),
        (Acknowledge, "yyy--"),
        (Resolve, "yyy--"),
        (HandOver, "yyy--"),
        (Dispose, "yyy--"),
        (DisposeShift, "yyy--"),
        (MarkNoise, "yyy--"),
        (BlockAlert, "yyy--"),
        (PauseSla, "yyy--"),
        (DeclareKnownIssue, "yyy--"),
        (EndKnownIssue, "yyy--"),
        (ScheduleWindow, "yyy--"),
        (CancelWindow, "yyy--"),
        (ProposeChange, "yyy--"),
        (WithdrawChange, "yyy--"),
        (ApplyChange, "yyy--"),
        (RevokeEndpoint, "yyy--"),
        (ApproveChange, "yy---"),
        (RejectChange, "yy---"),
        (PublishMatrix, "yy---"),
        (ManageSources, "yy---"),
        (CreateToken, "yy---"),
        (ListTokens, "yy---"),
        (RevokeToken, "yy---"),
        (ListOperators, "yy---"),
        (CreateOperator(Administrator), "-----"),
        (CreateOperator(Manager), "y----"),
        (CreateOperator(Worker), "y----"),
        (CreateOperator(Viewer), "y----"),
        (RevokeOperator(Administrator), "y----"),
        (RevokeOperator(Manager), "yy---"),
        (RevokeOperator(Worker), "yy---"),
        (RevokeOperator(Auditor), "yy---"),
        (RevokeOperator(Viewer), "yy---"),
    ] {
        let may = |role| ask(&operator(role, Provider, &["noc"], &[]), action).is_ok();
        let actual: String =
            Role::ALL.map(|role| if may(role) { 'y' } else { '-' }).iter().collect();
        assert_eq!(actual, expected, "{action:?}");
    }
}

#[test]
fn an_alert_is_worked_on_by_its_teams_and_by_internal_managers() {
    // Columns: acknowledge, note, resolve, hand over, dispose.
    let actions = [Acknowledge, Note, Resolve, HandOver, Dispose];
    for (role, party, team, expected) in [
        (Worker, Provider, "noc", "yyyyy"),
        (Worker, Internal, "it", "yyyyy"),
        (Worker, Provider, "night", "-y---"),
        (Worker, Internal, "desk", "-y---"),
        (Worker, Vendor, "erp", "-y---"),
        (Manager, Internal, "desk", "yyyyy"),
        (Manager, Provider, "night", "-y---"),
        (Administrator, Provider, "night", "-y---"),
        (Viewer, Provider, "noc", "-----"),
        (Viewer, Internal, "it", "-----"),
    ] {
        let operator = operator(role, party, &[team], &[]);
        let may = |action| if ask(&operator, action).is_ok() { 'y' } else { '-' };
        let actual: String = actions.map(may).iter().collect();
        assert_eq!(actual, expected, "{role} of {team}");
    }
}

#[test]
fn what_is_known_is_declared_by_those_whom_the_matrix_names() {
    let (tenant, noc, it, erp) = (
        Tenant::new("acme").unwrap(),
        Team::new("noc").unwrap(),
        Team::new("it").unwrap(),
        [Team::new("erp").unwrap()],
    );
    // Columns: who is in the team; whether nobody is named, or `erp` is.
    for (role, party, team, unnamed, named) in [
        (Worker, Provider, "noc", true, false),
        (Worker, Internal, "it", true, false),
        (Worker, Vendor, "erp", false, true),
        (Manager, Internal, "desk", false, false),
        (Viewer, Vendor, "erp", false, false),
    ] {
        let who = operator(role, party, &[team], &[]);
        for (declarers, expected) in [(&[][..], unnamed), (&erp, named)] {
            let owners = Owners { responsible: &noc, accountable: &it, party: Provider, declarers };
            let scope = Scope { tenant: Some(&tenant), owners: Some(owners) };
            let may = may(&who, DeclareKnownIssue, &scope);
            assert_eq!(may.is_ok(), expected, "{role} of {team}: {may:?}");
        }
    }
    let refusal = ask(&operator(Worker, Vendor, &["erp"], &[]), DeclareKnownIssue).unwrap_err();
    let expected = "to declare this known is up to noc or it; others may propose it as a change";
    assert_eq!(refusal.to_string(), expected);
}

#[test]
fn a_refusal_says_who_could() {
    let outsider = operator(Worker, Vendor, &["erp"], &[]);
    for (who, action, expected) in [
        (
            &outsider,
            Acknowledge,
            "to acknowledge this alert is up to noc (provider) or it, or to a manager of the \
             internal side; anybody may leave a note",
        ),
        (
            &outsider,
            CreateToken,
            "to make an enrollment token takes a manager or an administrator; this operator's role \
             is operator",
        ),
        (
            &operator(Administrator, Internal, &[], &[]),
            CreateOperator(Administrator),
            "an administrator is made on the collector's own machine, with remit-collector",
        ),
        (
            &operator(Manager, Internal, &[], &[]),
            RevokeOperator(Administrator),
            "to revoke an administrator takes an administrator",
        ),
    ] {
        assert_eq!(ask(who, action).unwrap_err().to_string(), expected);
    }
}

#[test]
fn what_concerns_all_tenants_is_not_for_those_who_have_some() {
    let everywhere = operator(Manager, Internal, &[], &[]);
    let somewhere = operator(Manager, Internal, &[], &["acme"]);
    assert_eq!(may(&everywhere, ListOperators, &Scope::installation()), Ok(()));
    let refusal = may(&somewhere, ListOperators, &Scope::installation()).unwrap_err();
    assert_eq!(refusal, Refusal::WholeInstallation { what: "see the operators" });
    assert_eq!(ask(&somewhere, ListOperators), Ok(()));
}

#[test]
fn an_operator_acts_for_the_team_whose_work_it_is() {
    let (noc, it) = (Team::new("noc").unwrap(), Team::new("it").unwrap());
    let owners = Owners { responsible: &noc, accountable: &it, party: Provider, declarers: &[] };
    for (teams, expected) in [
        (&["desk", "it", "noc"][..], Some("noc")),
        (&["desk", "it"], Some("it")),
        (&["desk"], Some("desk")),
        (&[], None),
    ] {
        let operator = operator(Manager, Internal, teams, &[]);
        assert_eq!(acts_for(&operator, &owners).map(Team::as_str), expected);
    }
}

fn operators() -> impl Strategy<Value = Operator> {
    let teams = proptest::sample::subsequence(vec!["noc", "it", "desk"], 0..=3);
    let tenants = proptest::sample::subsequence(vec!["acme", "globex"], 0..=2);
    let parties = select(Party::ALL);
    (select(&Role::ALL[..]), parties, teams, tenants)
        .prop_map(|(role, party, teams, tenants)| operator(role, party, &teams, &tenants))
}

proptest! {
    #[test]
    fn a_foreign_tenant_is_not_there_whatever_is_asked(
        mut who in operators(),
        action in select(&ACTIONS[..]),
    ) {
        who.tenants = vec![Tenant::new("globex").unwrap()];
        prop_assert_eq!(ask(&who, action), Err(Refusal::Hidden));
    }

    #[test]
    fn more_power_never_takes_anything_away(
        who in operators(),
        action in select(&ACTIONS[..]),
        above in select(&Role::ALL[..]),
    ) {
        if above.includes(who.role) && ask(&who, action).is_ok() {
            let promoted = Operator { role: above, ..who };
            prop_assert_eq!(ask(&promoted, action), Ok(()));
        }
    }

    #[test]
    fn nobody_makes_or_ends_somebody_above_themselves(
        who in operators(),
        target in select(&Role::ALL[..]),
    ) {
        if ask(&who, CreateOperator(target)).is_ok() {
            prop_assert!(target != Administrator && who.role == Administrator);
        }
        if ask(&who, RevokeOperator(target)).is_ok() {
            prop_assert!(who.role.includes(target));
        }
    }

    #[test]
    fn nobody_may_anything_once_revoked(
        who in operators(),
        action in select(&ACTIONS[..]),
    ) {
        let who = who.revoke(jiff::Timestamp::UNIX_EPOCH, "left");
        prop_assert!(ask(&who, action).is_err());
    }

    #[test]
    fn a_viewer_changes_nothing(mut who in operators(), action in select(&ACTIONS[..])) {
        who.role = Viewer;
        if ask(&who, action).is_ok() {
            prop_assert!(matches!(action, See | ReadMatrix | ReadReports));
        }
        who.role = Auditor;
        if ask(&who, action).is_ok() {
            prop_assert!(matches!(action, See | ReadMatrix | ReadReports | ReadAudit));
        }
    }
}
