use proptest::prelude::*;
use remit_shared::{Tenant, function};
use uuid::Uuid;

use super::*;

pub(crate) fn at(second: i64) -> Timestamp {
    Timestamp::from_second(1_772_409_600 + second).unwrap()
}

/// An alert that went away by itself after ten minutes, at two o'clock at night.
pub(crate) fn past(number: u128, endpoint: u128) -> Past {
    let opened_at = at(number as i64 * 86_400 + 2 * 3_600);
    Past {
        alert: AlertId::from_uuid(Uuid::from_u128(number)),
        about: About {
            tenant: Tenant::new("acme").unwrap(),
            site: Site::new(if endpoint.is_multiple_of(2) { "hq" } else { "branch" }).unwrap(),
            endpoint: EndpointId::from_uuid(Uuid::from_u128(endpoint)),
            hostname: format!("db-{endpoint}"),
            check: "disk-space".into(),
            instance: "/".into(),
            function: function::infra_monitoring(),
        },
        severity: Severity::High,
        opened_at,
        closed_at: Some(opened_at + SignedDuration::from_mins(10)),
        by_itself: true,
        acted_at: None,
        too_late: false,
        told_at: vec![opened_at],
        reopened: 0,
        flapped: false,
        peak: Some(860),
        marks: vec![],
    }
}

/// The same, but somebody did something about it.
pub(crate) fn acted_on(number: u128, endpoint: u128) -> Past {
    let it = past(number, endpoint);
    let acted_at = Some(it.opened_at + SignedDuration::from_mins(5));
    Past { acted_at, by_itself: false, peak: Some(970), ..it }
}

fn office() -> Calendar {
    crate::sla::testing::office("UTC")
}

#[test]
fn what_nobody_acts_on_and_is_over_by_itself_at_night_is_noise() {
    let alerts: Vec<Past> = (0..10).map(|it| past(it, it)).collect();
    let entries = report(&alerts, Some(&office()));
    let [entry] = &entries[..] else { panic!("{entries:?}") };
    assert_eq!((entry.verdict, entry.score), (Verdict::Noise, 800));
    assert_eq!(
        entry.reasons,
        [
            "people acted on 0 of 10",
            "10 went away by themselves, in the middle after 10 min",
            "10 of 10 messages came while the office was shut",
        ]
    );
}

#[test]
fn what_people_act_on_is_never_noise_and_is_too_quiet_if_they_are_late() {
    let mark = Mark { by: "kim".into(), why: "again".into() };
    for (too_late, expected) in [(2, Verdict::Useful), (5, Verdict::TooQuiet)] {
        let one = |it: u128| Past {
            too_late: it < too_late,
            flapped: true,
            reopened: 9,
            marks: vec![mark.clone()],
            ..acted_on(it, it)
        };
        let entries = report(&(0..10).map(one).collect::<Vec<_>>(), Some(&office()));
        assert_eq!(entries[0].verdict, expected);
        assert_eq!(entries[0].reasons.last().unwrap(), "kim calls it noise: again");
    }
}

#[test]
fn few_alerts_prove_nothing_unless_somebody_says_so() {
    let few: Vec<Past> = (0..4).map(|it| past(it, it)).collect();
    assert_eq!(report(&few, None)[0].verdict, Verdict::TooFew);
    let mut marked = few;
    marked[0].marks = vec![Mark { by: "kim".into(), why: "it is a test machine".into() }];
    assert_eq!(report(&marked, None)[0].verdict, Verdict::Noise);
}

#[test]
fn one_endpoint_that_makes_most_of_the_noise_is_an_entry_of_its_own() {
    let alerts: Vec<Past> =
        (0..9).map(|it| past(it, 7)).chain((9..12).map(|it| acted_on(it, it))).collect();
    let entries = report(&alerts, None);
    let endpoint = Narrow::Endpoint(EndpointId::from_uuid(Uuid::from_u128(7)));
    let found: Vec<_> = entries.iter().map(|it| (&it.narrow, it.alerts, it.verdict)).collect();
    let expected = [(&Some(endpoint), 9, Verdict::Noise), (&None, 12, Verdict::Doubtful)];
    assert_eq!(found, expected);
}

#[test]
fn a_site_and_an_instance_can_stand_out_too() {
    let narrow = |alerts: &[Past]| report(alerts, None).into_iter().find_map(|it| it.narrow);
    let site: Vec<Past> = [2, 4, 6, 8, 1].map(|it| past(it, it)).into();
    assert_eq!(narrow(&site), Some(Narrow::Site(Site::new("hq").unwrap())));
    let mut instance: Vec<Past> = (0..6).map(|it| past(it, it)).collect();
    instance[0].about.instance = "/mnt".into();
    assert_eq!(narrow(&instance), Some(Narrow::Instance("/".into())));
    let alike: Vec<Past> = (0..6).map(|it| past(it, 2)).collect();
    assert_eq!(narrow(&alike), None, "all there is, is not a part");
}

#[test]
fn the_middle_of_what_went_away_by_itself() {
    let minutes = [1, 2, 3, 50, 60];
    let lasted = |(number, minutes): (usize, &i64)| {
        let it = past(number as u128, number as u128);
        Past { closed_at: Some(it.opened_at + SignedDuration::from_mins(*minutes)), ..it }
    };
    let alerts: Vec<Past> = minutes.iter().enumerate().map(lasted).collect();
    assert_eq!(report(&alerts, None)[0].median, Some(SignedDuration::from_mins(3)));
    assert_eq!(report(&alerts[..4], None)[0].median, Some(SignedDuration::from_mins(2)));
    let acted: Vec<Past> = (0..5).map(|it| acted_on(it, it)).collect();
    assert_eq!(report(&acted, None)[0].median, None);
}

fn some_alert() -> impl Strategy<Value = Past> {
    (0..4_u128, any::<[bool; 5]>(), 0..3_u32, 0..4_usize).prop_map(|(endpoint, is, again, told)| {
        let it = if is[0] { acted_on(1, endpoint) } else { past(1, endpoint) };
        let check = if is[1] { "disk-space" } else { "cpu-busy" };
        let marks = if is[4] { vec![Mark { by: "kim".into(), why: "no".into() }] } else { vec![] };
        Past {
            about: About { check: check.into(), ..it.about },
            flapped: is[2],
            too_late: is[3],
            reopened: again,
            told_at: vec![it.opened_at; told],
            marks,
            ..it
        }
    })
}

proptest! {
    #[test]
    fn every_alert_is_counted_once_and_the_order_does_not_matter(
        mut alerts in prop::collection::vec(some_alert(), 0..40),
    ) {
        let entries = report(&alerts, Some(&office()));
        let whole = entries.iter().filter(|it| it.narrow.is_none());
        prop_assert_eq!(whole.map(|it| it.alerts).sum::<usize>(), alerts.len());
        for it in &entries {
            prop_assert!(it.score <= 1_000 && it.at_night <= it.messages && it.acted_on <= it.alerts);
            prop_assert!(!(it.acted_on * 2 >= it.alerts && it.verdict == Verdict::Noise));
        }
        alerts.reverse();
        prop_assert_eq!(report(&alerts, Some(&office())), entries);
    }

    #[test]
    fn one_more_that_somebody_acts_on_makes_no_more_noise(
        alerts in prop::collection::vec(some_alert(), 1..40),
    ) {
        let of = |alerts: &[Past]| {
            let found = report(alerts, None);
            found.into_iter().find(|it| &*it.check == "disk-space" && it.narrow.is_none())
        };
        let plain = Past { told_at: vec![], ..acted_on(99, 1) };
        let after = of(&[alerts.clone(), vec![plain]].concat()).unwrap();
        if let Some(before) = of(&alerts).filter(|it| it.median == after.median) {
            prop_assert!(after.score <= before.score);
        }
    }
}
