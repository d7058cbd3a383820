//! Dual control, requirement by requirement.

use super::*;
use crate::{authority, known_issue};

fn token() -> Draft {
    of(&Spec::Token(TokenSpec {
        tenant: acme(),
        site: "hq".parse().unwrap(),
        kind: None,
        tags: BTreeSet::new(),
        uses: 20,
        ttl: SignedDuration::from_hours(2),
    }))
}

fn retention() -> Draft {
    let keep = SignedDuration::from_hours(24 * 365);
    of(&Spec::Retention(Retention { tenant: acme(), records: "audit".into(), keep }))
}

#[test]
fn dual_1_what_diverts_forgets_or_lets_in_takes_both_sides() {
    let desk = desk();
    for (what, draft) in [
        ("matrix", matrix_edit(3)),
        ("retention", retention()),
        ("token", token()),
        ("manager", role("Jo", Role::Manager, Provider)),
        ("revocation", revocation(6)),
    ] {
        assert_eq!(desk.sides("pam", draft.clone()), "internal", "{what}");
        if what != "manager" {
            assert_eq!(desk.sides("ida", draft), "provider", "{what}");
        }
    }
    // Whoever cannot stand for their own side needs somebody who can.
    assert_eq!(desk.sides("pat", matrix_edit(3)), "internal, provider");
    // The first version is nothing that anybody agreed on.
    let founding = Desk { newest: 0, ..desk };
    assert_eq!(founding.sides("pam", matrix_edit(0)), "");
    assert_eq!(founding.sides("pat", matrix_edit(0)), "provider");
}

#[test]
fn dual_1_quiet_for_long_for_many_or_for_others_takes_a_second_person() {
    // Columns: hours, endpoints of the window, endpoints of the tenant, whose.
    for (hours, touched, of_tenant, affected, expected) in [
        (4, 9, 500, &[Provider][..], ""),
        (5, 9, 500, &[Provider], "provider"),
        (4, 10, 500, &[Provider], "provider"),
        (1, 1, 10, &[Provider], "provider"),
        (1, 1, 11, &[Provider], ""),
        (1, 1, 500, &[Internal], "internal"),
        (9, 99, 500, &[Internal, Provider], "internal"),
        (1, 1, 500, &[Party::Vendor], "internal"),
    ] {
        let mut desk = desk();
        desk.facts.touches = Touches::endpoints((0..touched).map(endpoint));
        desk.facts.endpoints_of_tenant = of_tenant;
        desk.facts.affected = affected.iter().copied().collect();
        let actual = desk.sides("pat", window(hours));
        assert_eq!(actual, expected, "{hours} h on {touched} of {of_tenant} of {affected:?}");
    }
    let mut desk = desk();
    desk.facts.affected = [Provider].into();
    desk.facts.owns = false;
    assert_eq!(desk.sides("pat", window(1)), "provider", "another team's");
    desk.facts.owns = true;
    desk.facts.touches.whole_tenant = true;
    assert_eq!(desk.sides("pat", window(1)), "provider", "all of the tenant");
}

#[test]
fn dual_1_containing_takes_nobody_else() {
    let desk = desk();
    assert_eq!(desk.sides("pat", revocation(5)), "");
    assert_eq!(desk.sides("pat", revocation(6)), "internal");
    // What the caller says of its size does not make it smaller.
    let change = desk.propose("pat", revocation(12)).unwrap();
    assert_eq!((change.touches.count, change.risk), (12, Risk::High));
}

#[test]
fn dual_1_the_rows_say_which_teams_agree() {
    let mut desk = desk();
    let team = |it: &str| it.parse::<Team>().unwrap();
    desk.facts.approvers.change = [(Internal, team("it-leads"))].into();
    desk.facts.approvers.security = [(Internal, team("ciso"))].into();
    desk.facts.security = true;
    let change = desk.propose("pam", matrix_edit(3)).unwrap();
    let teams: BTreeSet<_> = change.required.iter().flat_map(|it| it.teams.clone()).collect();
    assert_eq!(teams, [team("ciso"), team("it-leads")].into());

    let refused = desk.approve(change.clone(), "ida").unwrap_err();
    assert!(refused.to_string().contains("a manager (internal) of it-leads"), "{refused}");
    desk.who_mut("ida").teams = vec![team("it-leads")];
    let half = desk.approve(change.clone(), "ida").unwrap();
    assert_eq!(half.state, State::Open);
    desk.who_mut("ida").teams.push(team("ciso"));
    let whole = desk.approve(change, "ida").unwrap();
    assert!(matches!(whole.state, State::Approved { .. }));
}

#[test]
fn dual_2_nobody_approves_what_they_asked_for() {
    let mut desk = desk();
    let change = desk.propose("pam", matrix_edit(3)).unwrap();
    let refused = desk.approve(change.clone(), "pam").unwrap_err();
    assert!(matches!(refused, Refusal::OwnChange { .. }), "{refused}");

    // Not with another credential either, whatever side it says it is.
    desk.people.push(person(9, " Pam ", Role::Manager, Internal));
    let refused = desk.approve(change.clone(), " Pam ").unwrap_err();
    assert!(matches!(refused, Refusal::OwnChange { .. }), "{refused}");

    // A colleague is another person, and not another party.
    let refused = desk.approve(change.clone(), "pia").unwrap_err();
    assert!(matches!(refused, Refusal::NotAsked { party: Provider, .. }), "{refused}");
    let refused = desk.approve(change.clone(), "ian").unwrap_err();
    assert!(matches!(refused, Refusal::Forbidden(authority::Refusal::Role { .. })), "{refused}");
    let change = desk.approve(change, "ida").unwrap();
    assert!(matches!(change.state, State::Approved { .. }));
    assert!(matches!(desk.apply(change, "pam").unwrap().state, State::Applied { .. }));
}

#[test]
fn dual_2_who_makes_operators_is_no_second_person_for_them() {
    let mut desk = desk();
    desk.people.push(person(9, "ada", Role::Administrator, Provider));
    desk.facts.affected = [Provider].into();
    let change = desk.propose("pat", window(5)).unwrap();
    let refused = desk.approve(change.clone(), "ada").unwrap_err();
    assert_eq!(refused, Refusal::Maker(change.id));
    let approved = desk.approve(change, "pam").unwrap();
    assert!(desk.apply(approved.clone(), "pat").is_ok());
    desk.who_mut("pam").role = Role::Administrator;
    assert!(matches!(desk.apply(approved, "pat"), Err(Refusal::Void { .. })));
    // What the other side asks for, nobody here could have asked.
    let change = desk.propose("ida", matrix_edit(3)).unwrap();
    assert!(desk.approve(change, "ada").is_ok());
}

#[test]
fn dual_2_where_there_is_one_side_there_are_still_two_persons() {
    let mut desk = desk();
    desk.facts.parties = [Provider, Party::Vendor].into();
    for draft in [matrix_edit(3), token(), revocation(6)] {
        assert_eq!(desk.sides("pam", draft.clone()), "provider");
        let change = desk.propose("pam", draft).unwrap();
        assert!(desk.approve(change.clone(), "pam").is_err());
        assert!(desk.approve(change, "pia").is_ok());
    }
}

#[test]
fn dual_3_an_approval_is_for_one_text() {
    let desk = desk();
    let change = desk.propose("pam", matrix_edit(3)).unwrap();
    let other = sha("something else");
    let refused = approve(&change, desk.who("ida"), &other, None, desk.now).unwrap_err();
    assert!(matches!(refused, Refusal::OtherText { .. }), "{refused}");

    let approved = desk.approve(change, "ida").unwrap();
    let text = "tenant = \"acme\"\n# and nobody is called\n".to_owned();
    let edited = Draft { sha256: sha(&text), text, ..matrix_edit(3) };
    // Not even with the same text: what it is called, or when it holds, counts.
    let later = Draft { effective_from: Some(at(600)), ..matrix_edit(3) };
    for draft in [edited, later] {
        let event = amend(&approved, desk.who("pam"), draft.clone(), desk.present()).unwrap();
        let amended = step(approved.clone(), event, desk.now).change;
        assert_eq!((&amended.state, amended.approvals.len()), (&State::Open, 0));
        assert!(matches!(
            desk.apply(amended, "pam"),
            Err(Refusal::Missing { .. } | Refusal::TooEarly { .. })
        ));
        let refused = amend(&approved, desk.who("pia"), draft, desk.present()).unwrap_err();
        assert!(matches!(refused, Refusal::NotTheirs { .. }), "{refused}");
    }
}

#[test]
fn dual_3_the_text_is_what_the_change_says_it_is() {
    let desk = desk();
    let asked = window(1);
    let manager = role("Jo", Role::Manager, Provider);
    let disguised = Draft { subject: Subject::Window, ..manager };
    let refused = desk.propose("pam", disguised).unwrap_err().to_string();
    assert_eq!(refused, "the text is about a role of acme, and the change about a window of acme");
    let elsewhere = Draft { tenant: "globex".parse().unwrap(), ..asked.clone() };
    assert!(matches!(desk.propose("pam", elsewhere), Err(Refusal::OtherThing { .. })));
    let garbled = Draft { text: asked.text.replace("zone: ", "zone:"), ..asked };
    let refused = desk.propose("pam", garbled).unwrap_err().to_string();
    assert_eq!(refused, "line 13: expected `key: value`");
}

#[test]
fn dual_4_an_approval_lasts_24_hours_and_is_used_once() {
    let mut desk = desk();
    let change = desk.propose("pam", matrix_edit(3)).unwrap();
    let approved = desk.approve(change.clone(), "ida").unwrap();
    let applied = desk.apply(approved.clone(), "pam").unwrap();
    let refused = desk.apply(applied, "pam").unwrap_err().to_string();
    assert_eq!(refused, format!("change {} is applied", change.id));

    desk.now = at(24 * 60 - 1);
    assert!(desk.approve(change.clone(), "ida").is_ok());
    assert!(desk.apply(approved.clone(), "pam").is_ok());
    desk.now = at(24 * 60);
    for refused in [desk.approve(change.clone(), "ida"), desk.apply(approved.clone(), "pam")] {
        assert!(matches!(refused, Err(Refusal::Expired { .. })), "{refused:?}");
    }
    let expired = step(approved, Event::Tick, desk.now);
    assert_eq!(expired.change.state, State::Expired { at: desk.now });
    assert_eq!(actions(&expired.effects), ["change.expire"]);
    assert_eq!(deadline(&change), Some(at(24 * 60)));
    assert_eq!(deadline(&expired.change), None);
}

#[test]
fn dual_5_authority_is_what_it_is_when_the_change_takes_effect() {
    let approved = || {
        let desk = desk();
        let change = desk.propose("pam", matrix_edit(3)).unwrap();
        let change = desk.approve(change, "ida").unwrap();
        (desk, change)
    };
    type Happens = fn(&mut Desk);
    let happens: [(&str, &str, Happens); 8] = [
        ("ida", "they were revoked", |it| {
            *it.who_mut("ida") = it.who("ida").clone().revoke(at(1), "left")
        }),
        ("ida", "their role is smaller now", |it| it.who_mut("ida").role = Role::Operator),
        ("ida", "their role is smaller now", |it| it.who_mut("ida").role = Role::Auditor),
        ("ida", "they changed sides", |it| it.who_mut("ida").party = Provider),
        ("ida", "there is no such operator any more", |it| drop(it.people.remove(0))),
        ("ida", "they do not see the tenant any more", |it| {
            it.who_mut("ida").tenants = vec!["globex".parse().unwrap()];
        }),
        ("pam", "they were revoked", |it| {
            *it.who_mut("pam") = it.who("pam").clone().revoke(at(1), "left")
        }),
        ("pam", "their role is smaller now", |it| it.who_mut("pam").role = Role::Operator),
    ];
    for (who, why, happens) in happens {
        let (mut desk, change) = approved();
        happens(&mut desk);
        let refused = desk.apply(change.clone(), "pat").unwrap_err().to_string();
        let expected = format!("what {who} said of change {} no longer counts: {why}", change.id);
        assert_eq!(refused, expected);
    }
    let (desk, change) = approved();
    assert!(desk.apply(change, "pat").is_ok(), "nothing has happened");
}

#[test]
fn dual_5_a_change_that_has_grown_takes_those_whom_it_now_concerns() {
    let mut desk = desk();
    desk.facts.affected = [Provider].into();
    let change = desk.propose("pat", window(1)).unwrap();
    assert!(matches!(change.state, State::Approved { .. }));
    assert!(desk.apply(change.clone(), "pat").is_ok());

    desk.facts.affected.insert(Internal);
    let refused = desk.apply(change.clone(), "pat").unwrap_err();
    assert!(matches!(refused, Refusal::Missing { .. }), "{refused}");
    let event = reassess(&change, desk.present()).unwrap();
    let change = step(change, event, desk.now).change;
    assert_eq!(change.state, State::Open);
    let change = desk.approve(change, "ida").unwrap();
    assert!(desk.apply(change.clone(), "pat").is_ok());
    assert_eq!(reassess(&change, desk.present()), None);
}

#[test]
fn dual_7_an_emergency_takes_a_sealed_code_and_pages_both_sides() {
    let mut desk = desk();
    desk.facts.affected = [Internal].into();
    let change = desk.propose("pat", window(12)).unwrap();
    let pat = desk.who("pat");
    let refused = break_glass(&change, pat, false, "array is burning", desk.now).unwrap_err();
    assert_eq!(refused, Refusal::SealedCode);
    let refused = break_glass(&change, pat, true, " ", desk.now).unwrap_err();
    assert_eq!(refused, Refusal::ReasonNeeded("an emergency"));
    let viewer = person(8, "vic", Role::Viewer, Provider);
    assert!(break_glass(&change, &viewer, true, "why not", desk.now).is_err());

    let event = break_glass(&change, pat, true, "array is burning", desk.now).unwrap();
    let step = step(change, event, desk.now);
    assert_eq!(step.order, Some(Order::CarryOut));
    assert_eq!(actions(&step.effects), ["change.break_glass"]);
    let [page] = step.notices.as_slice() else { panic!("{:?}", step.notices) };
    assert_eq!(page.to, Audience::Managers([Internal, Provider].into()));
    assert!(page.page && page.by <= desk.now + SignedDuration::from_secs(60));
    assert!(step.change.needs_review());
}

#[test]
fn dual_7_an_emergency_ends_by_itself_and_is_reviewed_by_the_other_side() {
    let mut desk = desk();
    desk.facts.affected = [Internal].into();
    let change = desk.propose("pat", window(12)).unwrap();
    let event = break_glass(&change, desk.who("pat"), true, "fire", desk.now).unwrap();
    let change = step(change, event, desk.now).change;
    assert_eq!(deadline(&change), Some(at(240)));
    assert_eq!(step(change.clone(), Event::Tick, at(239)).order, None);
    // However late.
    let over = step(change, Event::Tick, at(999));
    assert_eq!((over.order, deadline(&over.change)), (Some(Order::TakeBack), Some(at(1440))));
    assert_eq!(step(over.change.clone(), Event::Tick, at(1000)).order, None, "once");

    let change = over.change;
    for (who, may) in [("pat", false), ("pam", false), ("ian", false), ("ida", true)] {
        assert_eq!(review(&change, desk.who(who), "seen").is_ok(), may, "{who}");
    }
    let event = review(&change, desk.who("ida"), "seen, was right").unwrap();
    let change = step(change, event, at(1001)).change;
    assert!(!change.needs_review());
    assert_eq!(review(&change, desk.who("ida"), "again"), Err(Refusal::NothingToReview(change.id)));
}

#[test]
fn dual_7_what_could_not_be_taken_back_is_no_emergency() {
    let desk = desk();
    for draft in [matrix_edit(3), role("Jo", Role::Manager, Provider), token(), retention()] {
        let change = desk.propose("pam", draft).unwrap();
        let refused = break_glass(&change, desk.who("pam"), true, "please", desk.now).unwrap_err();
        assert_eq!(refused, Refusal::NoEmergency(change.subject.as_str()));
    }
    // Shutting out only contains: it needs no code, and stays.
    let change = desk.propose("pat", revocation(40)).unwrap();
    let event = break_glass(&change, desk.who("pat"), false, "worm", desk.now).unwrap();
    let step = step(change, event, desk.now);
    assert!(step.change.needs_review() && step.notices[0].page);
    // Within a day somebody looks at it, or everybody hears that nobody has.
    let change = step.change;
    assert_eq!(deadline(&change), Some(at(1440)));
    let missed = super::step(change.clone(), Event::Tick, at(1440));
    assert_eq!((missed.order, missed.notices.len()), (None, 1));
    assert_eq!(actions(&missed.effects), ["change.review_missed"]);
    assert!(missed.change.needs_review() && deadline(&missed.change).is_none());
    let event = review(&change, desk.who("ida"), "seen, was right").unwrap();
    let reviewed = super::step(change, event, at(60)).change;
    assert_eq!(deadline(&reviewed), None);
}

#[test]
fn dual_7_a_silence_from_an_emergency_is_no_longer_than_that() {
    let mut desk = desk();
    desk.facts.affected = [Internal].into();
    let mut spec = known_issue::tests::spec("disk_free", desk.now);
    spec.tenant = acme();
    let change = desk.propose("pat", of(&Spec::KnownIssue(spec))).unwrap();
    let event = break_glass(&change, desk.who("pat"), true, "storm", desk.now).unwrap();
    let change = step(change, event, desk.now).change;
    let id = remit_shared::KnownIssueId::from_uuid(Uuid::from_u128(5));
    assert_eq!(known_issue::born(id, &change, desk.now).unwrap().spec.expires_at, at(240));
}
