use std::sync::Arc;

use proptest::{collection::vec, prelude::*};
use remit_shared::{
    AlertId, EndpointId, Function, OperatorId,
    Party::{Internal, Provider},
    Site,
};
use uuid::Uuid;

use super::*;
use crate::{
    change::{Facts, Touches},
    letter::Audience,
    operator::{Operator, Role, tests::operator},
};

fn at(minutes: i64) -> Timestamp {
    Timestamp::from_second(1_800_000_000 + minutes * 60).unwrap()
}

const DAY: i64 = 24 * 60;

pub(crate) fn spec(check: &str, now: Timestamp) -> IssueSpec {
    IssueSpec {
        kind: Kind::KnownIssue,
        tenant: Tenant::new("acme").unwrap(),
        title: "Old array fills up".into(),
        why: "the new one is ordered".into(),
        matcher: Matcher { instance: "*".into(), ..Matcher::exactly(&about(check, "")) },
        evidence: ["https://wiki/array".to_owned()].into(),
        ticket: "T-1".into(),
        owner: Team::new("provider-noc").unwrap(),
        party: Provider,
        review_at: Some(now + SignedDuration::from_hours(24)),
        expires_at: now + SignedDuration::from_hours(48),
        max_severity: Severity::High,
        breaks_when: BTreeSet::new(),
    }
}

fn about(check: &str, instance: &str) -> About {
    About {
        tenant: Tenant::new("acme").unwrap(),
        site: Site::new("hq").unwrap(),
        endpoint: EndpointId::from_uuid(Uuid::from_u128(7)),
        hostname: "db-7".into(),
        check: Arc::from(check),
        instance: Arc::from(instance),
        function: Function::new("infra_monitoring").unwrap(),
    }
}

fn who(name: &str, role: Role, party: Party) -> Operator {
    let number = name.bytes().fold(0u128, |sum, it| sum * 256 + u128::from(it));
    let id = OperatorId::from_uuid(Uuid::from_u128(number));
    Operator { id, name: name.into(), ..operator(role, party, &["provider-noc"], &[]) }
}

/// About an endpoint of many, of the provider's own.
fn facts() -> Facts {
    let mut facts = Facts::between([Internal, Provider]);
    facts.affected = [Provider].into();
    facts.owns = true;
    facts.endpoints_of_tenant = 500;
    facts.touches = Touches::endpoints([EndpointId::from_uuid(Uuid::from_u128(7))]);
    facts
}

const ID: KnownIssueId = KnownIssueId::from_uuid(Uuid::from_u128(1));

fn issue(spec: IssueSpec) -> KnownIssue {
    declare(ID, spec, &who("pat", Role::Operator, Provider), &facts(), at(0)).unwrap()
}

fn occurrence(minute: i64, instance: &str, severity: Severity, value: Option<i64>) -> Occurrence {
    let endpoint = EndpointId::from_uuid(Uuid::from_u128(7));
    let alert = AlertId::from_uuid(Uuid::from_u128(9));
    Occurrence { alert, at: at(minute), endpoint, instance: instance.into(), severity, value }
}

fn until(minute: i64, review_at: Option<Timestamp>) -> Extension {
    Extension { expires_at: at(minute), review_at, why: "the part is late".into() }
}

fn quiet(issue: &KnownIssue, now: i64) -> bool {
    suppressor(issue, &about("disk_free", "/var"), Severity::High, at(now)).is_some()
}

#[test]
fn e38_silence_other_party() {
    let pat = who("pat", Role::Operator, Provider);
    for kind in [Kind::KnownIssue, Kind::Silence] {
        let spec = IssueSpec { kind, ..spec("disk_free", at(0)) };
        // Columns: whose alerts it would keep quiet; who must agree.
        for (affected, expected) in
            [(&[Provider][..], ""), (&[Internal], "internal"), (&[Internal, Provider], "internal")]
        {
            let mut facts = facts();
            facts.affected = affected.iter().copied().collect();
            let mut spec = spec.clone();
            if kind == Kind::Silence {
                (spec.expires_at, spec.review_at) = (at(240), None);
            }
            // An hour or ninety days, a manager or not: it is not theirs.
            for by in [pat.clone(), who("pam", Role::Manager, Provider)] {
                let declared = declare(ID, spec.clone(), &by, &facts, at(0));
                let sides = match declared {
                    Ok(_) => String::new(),
                    Err(Refusal::NeedsChange { required }) => {
                        required.iter().map(|it| it.party.as_str()).collect::<Vec<_>>().join(", ")
                    }
                    Err(other) => panic!("{other}"),
                };
                assert_eq!(sides, expected, "{kind:?} of {affected:?} by {}", by.name);
            }
        }
    }
    let mut theirs = facts();
    theirs.affected = [Internal].into();
    let refused = declare(ID, spec("disk_free", at(0)), &pat, &theirs, at(0)).unwrap_err();
    let expected = "this must be proposed as a change: it takes a manager (internal), because it \
                    concerns what is the internal side's";
    assert_eq!(refused.to_string(), expected);
    // Nor can what was theirs be stretched to what is not.
    let own = issue(spec("disk_free", at(0)));
    let stretched = extend(&own, &pat, until(3 * DAY, None), &theirs, at(1));
    assert!(matches!(stretched, Err(Refusal::NeedsChange { .. })));
}

#[test]
fn a_silence_of_more_than_four_hours_takes_a_second_person() {
    let pat = who("pat", Role::Operator, Provider);
    let silence = |minutes| IssueSpec {
        kind: Kind::Silence,
        expires_at: at(minutes),
        review_at: None,
        ..spec("disk_free", at(0))
    };
    assert!(declare(ID, silence(240), &pat, &facts(), at(0)).is_ok());
    assert!(matches!(
        declare(ID, silence(241), &pat, &facts(), at(0)),
        Err(Refusal::NeedsChange { .. })
    ));
    // Nor by another team of the same side, however short.
    let others = Facts { owns: false, ..facts() };
    assert!(matches!(
        declare(ID, silence(1), &pat, &others, at(0)),
        Err(Refusal::NeedsChange { .. })
    ));
}

#[test]
fn there_is_always_a_reason_and_an_end() {
    type Edit = fn(&mut IssueSpec);
    let bad: [(&str, Edit); 12] = [
        ("it needs a title", |it| it.title = " ".into()),
        ("it needs a title", |it| it.title = "a\u{7}".into()),
        ("it needs a reason", |it| it.why = "\n".into()),
        ("it must name a check", |it| {
            it.matcher.check = "*".into();
            it.matcher.endpoints.clear();
        }),
        ("a pattern has at most", |it| it.matcher.check = "x".repeat(201)),
        ("there are at most 20 pieces", |it| {
            it.evidence = (0..21).map(|it| it.to_string()).collect()
        }),
        ("a ticket has at most", |it| it.ticket = "x".repeat(201)),
        ("there are at most 8 conditions", |it| {
            it.breaks_when = (1..10).map(Condition::PerDayAbove).collect();
        }),
        ("a known_issue ends within 90 days", |it| it.expires_at = at(0)),
        ("a known_issue ends within 90 days", |it| it.expires_at = at(90 * DAY + 1)),
        ("a silence ends within 30 days", |it| {
            (it.kind, it.expires_at) = (Kind::Silence, at(30 * DAY + 1));
        }),
        ("it is looked at again", |it| {
            it.review_at = Some(it.expires_at + SignedDuration::from_secs(1))
        }),
    ];
    for (expected, edit) in bad {
        let mut spec = spec("disk_free", at(0));
        edit(&mut spec);
        let refused = spec.check(at(0)).unwrap_err().to_string();
        assert!(refused.starts_with(expected), "{refused}");
    }
    let longest = IssueSpec { expires_at: at(90 * DAY), ..spec("disk_free", at(0)) };
    assert_eq!(longest.check(at(0)), Ok(()));
}

#[test]
fn it_keeps_quiet_what_it_is_about_and_nothing_else() {
    let issue = issue(spec("disk_free", at(0)));
    let asked = |about: &About, severity| suppressor(&issue, about, severity, at(1));
    let found = asked(&about("disk_free", "/var"), Severity::High).unwrap();
    assert_eq!((found.kind, found.until), (SuppressionKind::KnownIssue, Some(at(2 * DAY))));
    assert_eq!(found.reference, ID.to_string());
    assert_eq!(found.why, "Old array fills up: the new one is ordered");

    assert_eq!(asked(&about("disk_free", "/var"), Severity::Critical), None, "it matters more");
    assert_eq!(asked(&about("disk_io", "/var"), Severity::Low), None);
    let mut elsewhere = about("disk_free", "/var");
    elsewhere.endpoint = EndpointId::from_uuid(Uuid::from_u128(8));
    assert_eq!(asked(&elsewhere, Severity::Low), None);
    let mut abroad = about("disk_free", "/var");
    abroad.tenant = Tenant::new("globex").unwrap();
    assert_eq!(asked(&abroad, Severity::Low), None);
}

#[test]
fn it_is_told_again_from_its_end_on() {
    let known = issue(spec("disk_free", at(0)));
    assert!(quiet(&known, 2 * DAY - 1));
    // Whether or not anybody has ticked.
    assert!(!quiet(&known, 2 * DAY));
    let over = step(known, Event::Tick, at(2 * DAY + 30));
    assert_eq!(over.issue.state, State::Expired { at: at(2 * DAY) });
    assert_eq!(over.notices[0].to, Audience::Team(Team::new("provider-noc").unwrap()));
    assert_eq!((over.effects.len(), deadline(&over.issue)), (1, None));
}

#[test]
fn its_owner_is_told_once_to_look_at_it_again() {
    let known = issue(spec("disk_free", at(0)));
    assert_eq!(deadline(&known), Some(at(DAY)));
    assert!(step(known.clone(), Event::Tick, at(DAY - 1)).notices.is_empty());
    let told = step(known, Event::Tick, at(DAY));
    assert_eq!((told.notices.len(), deadline(&told.issue)), (1, Some(at(2 * DAY))));
    assert!(step(told.issue.clone(), Event::Tick, at(DAY + 1)).notices.is_empty());

    let pat = who("pat", Role::Operator, Provider);
    let longer = until(9 * DAY, Some(at(8 * DAY)));
    let event = extend(&told.issue, &pat, longer, &facts(), at(DAY)).unwrap();
    let longer = step(told.issue, event, at(DAY)).issue;
    assert_eq!(deadline(&longer), Some(at(8 * DAY)));
    let refused = extend(&longer, &pat, until(92 * DAY, None), &facts(), at(DAY));
    assert!(matches!(refused, Err(Refusal::Expiry { .. })), "90 days from now, again and again");
}

#[test]
fn it_breaks_when_it_is_not_any_more_what_was_agreed() {
    let high = Severity::High;
    for (condition, harmless, breaking) in [
        (
            "severity above high",
            occurrence(1, "a", high, None),
            occurrence(2, "a", Severity::Critical, None),
        ),
        ("value above 90", occurrence(1, "a", high, Some(90)), occurrence(2, "a", high, Some(91))),
        ("value below 10", occurrence(1, "a", high, None), occurrence(2, "a", high, Some(9))),
        ("instances above 1", occurrence(1, "a", high, None), occurrence(2, "b", high, None)),
        ("per_day above 1", occurrence(1, "a", high, None), occurrence(2, "a", high, None)),
    ] {
        let mut spec = spec("disk_free", at(0));
        let parsed: Condition = condition.parse().unwrap();
        assert_eq!(parsed.to_string(), condition);
        spec.breaks_when = [parsed].into();
        let counted = step(issue(spec), Event::Occurred(harmless), at(1));
        assert_eq!(
            (&counted.issue.state, counted.effects.len()),
            (&State::Active, 0),
            "{condition}"
        );
        let broken = step(counted.issue, Event::Occurred(breaking), at(2));
        let expected = State::Broken { at: at(2), why: condition.to_owned() };
        assert_eq!(broken.issue.state, expected);
        assert!(!quiet(&broken.issue, 3), "{condition}");
        // What mattered more than it covers was told, so it was not kept quiet.
        let kept_quiet = if condition.starts_with("severity") { 1 } else { 2 };
        assert_eq!((broken.notices.len(), broken.issue.tally.total), (1, kept_quiet));
    }
    for bad in ["", "severity above", "per_day above 0", "value near 3", "instances below 3"] {
        assert!(bad.parse::<Condition>().is_err(), "{bad:?}");
    }
}

#[test]
fn the_same_occurrence_is_counted_once_and_can_still_break_it() {
    let mut spec = spec("disk_free", at(0));
    spec.breaks_when = [Condition::SeverityAbove(Severity::Medium)].into();
    let medium = Event::Occurred(occurrence(1, "a", Severity::Medium, None));
    let once = step(issue(spec), medium.clone(), at(1)).issue;
    let twice = step(once.clone(), medium, at(2));
    assert_eq!((&twice.issue, twice.effects.len()), (&once, 0));
    let worse = step(once, Event::Occurred(occurrence(1, "a", Severity::High, None)), at(3)).issue;
    assert_eq!((worse.tally.total, worse.state.as_str()), (1, "broken"));
}

#[test]
fn a_day_is_the_last_24_hours() {
    let mut tally = Tally::default();
    for hour in 0..48 {
        tally.count(&occurrence(hour * 60, "a", Severity::Low, None));
    }
    assert_eq!((tally.total, tally.last_day(), tally.hours.len()), (48, 24, 24));
    assert_eq!((tally.first, tally.last), (Some(at(0)), Some(at(47 * 60))));
}

#[test]
fn anybody_who_works_there_ends_it() {
    let known = issue(spec("disk_free", at(0)));
    for (role, party, may) in [
        (Role::Operator, Internal, true),
        (Role::Operator, Provider, true),
        (Role::Auditor, Internal, false),
        (Role::Viewer, Internal, false),
    ] {
        assert_eq!(end(&known, &who("kim", role, party), "not any more", at(1)).is_ok(), may);
    }
    let kim = who("kim", Role::Operator, Internal);
    assert_eq!(end(&known, &kim, " ", at(1)), Err(Refusal::ReasonNeeded));
    let event = end(&known, &kim, "not any more", at(1)).unwrap();
    let ended = step(known, event, at(1));
    assert!(!quiet(&ended.issue, 2));
    assert!(matches!(end(&ended.issue, &kim, "again", at(2)), Err(Refusal::Over { .. })));
    let after =
        step(ended.issue.clone(), Event::Occurred(occurrence(3, "a", Severity::Low, None)), at(3));
    assert_eq!(after.issue, ended.issue);
}

proptest! {
    #[test]
    fn what_is_over_stays_over_and_everything_before_is_counted(
        minutes in vec(0i64..4 * DAY, 1..60),
        limit in 1u32..20,
    ) {
        let mut minutes = minutes;
        minutes.sort_unstable();
        minutes.dedup();
        let mut spec = spec("disk_free", at(0));
        spec.breaks_when = [Condition::PerDayAbove(limit)].into();
        let mut known = issue(spec);
        let (mut counted, mut over) = (0, false);
        for minute in minutes {
            if !over && minute < 2 * DAY {
                counted += 1;
            }
            let event = Event::Occurred(occurrence(minute, "a", Severity::Low, None));
            known = step(known, event, at(minute)).issue;
            if over {
                prop_assert_ne!(&known.state, &State::Active);
            }
            over = known.state != State::Active;
            prop_assert_eq!(known.tally.total, counted);
            prop_assert_eq!(over, deadline(&known).is_none());
            prop_assert!(!(over && quiet(&known, minute)));
            prop_assert!(known.tally.hours.len() <= 24);
        }
    }
}
