//! What happens to a change, and what is written down.

use super::*;

#[test]
fn every_act_is_written_down_and_so_is_every_refusal() {
    let desk = desk();
    let change = desk.propose("pam", matrix_edit(3)).unwrap();
    let proposed = step(change, Event::Proposed, desk.now);
    assert_eq!(actions(&proposed.effects), ["change.propose"]);
    assert_eq!(proposed.notices[0].to, Audience::Managers([Internal].into()));

    let change = proposed.change;
    let event = approve(&change, desk.who("ida"), &change.sha256, None, desk.now).unwrap();
    let approved = step(change.clone(), event, desk.now);
    assert_eq!(actions(&approved.effects), ["change.approve"]);
    assert_eq!(approved.notices[0].to, Audience::Operator(desk.who("pam").id));

    let event = apply(&approved.change, Some(desk.who("pam")), desk.present()).unwrap();
    let applied = step(approved.change, event, desk.now);
    assert_eq!(actions(&applied.effects), ["change.apply"]);
    let reported = Event::Reported { result: "version 4".into(), window: None };
    let reported = step(applied.change, reported, desk.now);
    assert_eq!(actions(&reported.effects), ["change.result"]);

    let pia = desk.who("pia");
    let refusal = approve(&change, pia, &change.sha256, None, desk.now).unwrap_err();
    let entry = audit::refused(&change, &Signatory::of(pia), "approve", &refusal, desk.now);
    assert_eq!(entry.action, "change.approve.refused");
    assert_eq!(entry.detail, refusal.to_string());
    assert_eq!(entry.tenant, Some(acme()));
    assert!(entry.actor.ends_with("pia (provider, manager)"), "{}", entry.actor);
}

#[test]
fn no_is_final_and_says_why() {
    let desk = desk();
    let change = desk.propose("pam", matrix_edit(3)).unwrap();
    assert!(reject(&change, desk.who("ida"), "", desk.now).is_err());
    assert!(reject(&change, desk.who("ian"), "no", desk.now).is_err());
    let event = reject(&change, desk.who("ida"), "not in December", desk.now).unwrap();
    let rejected = step(change, event, desk.now);
    assert_eq!(rejected.change.state.as_str(), "rejected");
    assert!(rejected.notices[0].text.contains("not in December"));
    let change = rejected.change;
    assert!(matches!(desk.approve(change.clone(), "ida"), Err(Refusal::Over { .. })));
    let glass = break_glass(&change, desk.who("pam"), true, "still", desk.now);
    assert!(matches!(glass, Err(Refusal::Over { .. })));
}

#[test]
fn a_change_is_taken_back_by_its_own_side() {
    let desk = desk();
    let change = desk.propose("pat", matrix_edit(3)).unwrap();
    for (who, may) in [("pat", true), ("pam", true), ("ian", false), ("ida", false)] {
        assert_eq!(withdraw(&change, desk.who(who), "not yet", desk.now).is_ok(), may, "{who}");
    }
}

#[test]
fn facts_that_come_too_late_change_nothing() {
    let desk = desk();
    let change = desk.propose("pam", matrix_edit(3)).unwrap();
    let event = withdraw(&change, desk.who("pam"), "no", desk.now).unwrap();
    let over = step(change.clone(), event.clone(), desk.now).change;
    let (why, by) = ("late".to_owned(), Signatory::of(desk.who("ida")));
    for late in [
        event,
        Event::Amended(Box::new(change)),
        Event::Rejected { by: by.clone(), why: why.clone() },
        Event::Reassessed { required: vec![] },
        Event::Applied { by: None },
        Event::Failed { why: why.clone() },
        Event::Reported { result: why.clone(), window: None },
        Event::GlassBroken { by: by.clone(), why: why.clone() },
        Event::Reviewed { by, note: why },
        Event::Tick,
    ] {
        let after = step(over.clone(), late, at(99_999));
        assert_eq!(after.change, over);
        assert_eq!((after.effects, after.notices, after.order), (vec![], vec![], None));
    }
}

#[test]
fn a_change_needs_a_title_a_reason_and_a_hash() {
    let desk = desk();
    let good = || matrix_edit(3);
    for (bad, expected) in [
        (Draft { title: " ".into(), ..good() }, "a change has a title of 1 to 200"),
        (Draft { title: "a\nb".into(), ..good() }, "a change has a title of 1 to 200"),
        (Draft { why: String::new(), ..good() }, "a change needs a reason"),
        (Draft { sha256: "AB".into(), ..good() }, "`AB` is no SHA-256"),
        (
            Draft { text: "x".repeat(LONGEST_TEXT + 1), ..good() },
            "the text of a change has at most",
        ),
    ] {
        let refused = desk.propose("pam", bad).unwrap_err().to_string();
        assert!(refused.starts_with(expected), "{refused}");
    }
    let viewer = person(8, "vic", Role::Viewer, Provider);
    assert!(propose(good(), &viewer, desk.present()).is_err());
    let mut stranger = desk.who("pam").clone();
    stranger.tenants = vec!["globex".parse().unwrap()];
    let refused = propose(good(), &stranger, desk.present()).unwrap_err();
    assert_eq!(refused.to_string(), "there is no such thing");
}

#[test]
fn open_changes_that_touch_the_same_are_named() {
    let desk = desk();
    let change = |id: u128, draft: Draft, touches: Touches| {
        let mut desk = Desk { people: people(), facts: desk.facts.clone(), ..desk };
        desk.facts.touches = touches;
        let id = ChangeId::from_uuid(Uuid::from_u128(id));
        desk.propose("pam", Draft { id, ..draft }).unwrap()
    };
    let rows = |names: &[&str]| Touches {
        rows: names.iter().map(|it| it.parse().unwrap()).collect(),
        ..Touches::default()
    };
    let nights = change(1, matrix_edit(3), rows(&["nights", "erp"]));
    let erp = change(2, matrix_edit(3), rows(&["erp"]));
    let over = |it: &[u128]| Touches {
        // What is done there is done under a row.
        rows: rows(&["disks"]).rows,
        ..Touches::endpoints(it.iter().map(|it| endpoint(*it)))
    };
    let disks = change(3, window(1), over(&[1, 2]));
    let patches = change(4, window(1), over(&[2]));
    let all = change(5, window(1), Touches { whole_tenant: true, ..Touches::default() });
    let mut gone = change(6, window(1), Touches::endpoints([endpoint(2)]));
    gone.state = State::Expired { at: at(0) };
    let mut abroad = patches.clone();
    (abroad.id, abroad.tenant) =
        (ChangeId::from_uuid(Uuid::from_u128(7)), "globex".parse().unwrap());

    let elsewhere = change(8, window(1), over(&[9]));
    let owner = change(9, matrix_edit(3), rows(&["disks"]));
    let open = [nights.clone(), erp, disks.clone(), patches, all, gone, abroad, elsewhere, owner];
    let found = |it: &Change| -> Vec<(u128, Vec<On>)> {
        let one = |it: Collision| (it.with.as_uuid().as_u128(), it.on);
        collisions(it, &open).into_iter().map(one).collect()
    };
    let row = |name: &str| On::Row(name.parse().unwrap());
    let expected = [(2, vec![On::Matrix, row("erp")]), (9, vec![On::Matrix])];
    assert_eq!(found(&nights), expected);
    let expected =
        [(4, vec![On::Endpoint(endpoint(2))]), (5, vec![On::WholeTenant]), (9, vec![row("disks")])];
    assert_eq!(found(&disks), expected, "two windows under one row do not collide");
}

#[test]
fn a_window_is_born_from_work_that_wants_quiet() {
    let mut work = WorkSpec {
        tenant: acme(),
        title: "Firmware".into(),
        why: "advisory".into(),
        who: "pat".into(),
        selector: only(1),
        zone: "America/New_York".into(),
        start: date(2027, 1, 15).at(4, 0, 0, 0),
        duration: SignedDuration::from_hours(6),
        quiet: true,
    };
    let mut desk = desk();
    desk.facts.affected = [Provider].into();
    assert_eq!(desk.sides("pat", of(&Spec::Work(work.clone()))), "provider", "over 4 hours");
    let born = work.window().unwrap();
    assert_eq!((born.start, born.duration), (work.start, work.duration));
    let id = ChangeId::from_uuid(Uuid::from_u128(77));
    let asked = born.spec(jiff::tz::TimeZone::UTC, id);
    assert_eq!(
        (asked.change, asked.timing),
        (Some(id), crate::window::Timing::Once { start: work.start })
    );
    work.quiet = false;
    assert_eq!(work.window(), None);
    // To say in advance who works where takes nobody, on one's own.
    assert_eq!(desk.sides("pat", of(&Spec::Work(work.clone()))), "");
    desk.facts.affected = [Internal].into();
    assert_eq!(desk.sides("pat", of(&Spec::Work(work))), "internal");
}
