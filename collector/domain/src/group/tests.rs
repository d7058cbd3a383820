use std::collections::BTreeSet;

use proptest::prelude::*;
use uuid::Uuid;

use super::*;
use crate::{detect::Level, tuning::Episode};

fn at(second: i64) -> Timestamp {
    Timestamp::from_second(1_772_409_600 + second).unwrap()
}

fn key(check: &str, site: &str) -> Key {
    Key {
        tenant: Tenant::new("acme").unwrap(),
        to: Target::Team(Team::new("noc").unwrap()),
        channel: "email:noc@example.org".into(),
        owner: Team::new("noc").unwrap(),
        site: Site::new(site).unwrap(),
        class: check.into(),
    }
}

fn item(alert: u128, number: u32, over: bool) -> Item {
    let alert = AlertId::from_uuid(Uuid::from_u128(alert));
    Item {
        about: Matter::Alert(alert),
        notices: vec![NoticeId { alert, number }],
        endpoint: EndpointId::from_uuid(Uuid::from_u128(7)),
        hostname: "db-7".into(),
        severity: Severity::Medium,
        summary: "disk space in use on /: 86.0 %".into(),
        over,
        told_before: false,
    }
}

/// On an endpoint of its own.
fn on(endpoint: u128, item: Item) -> Item {
    let id = EndpointId::from_uuid(Uuid::from_u128(endpoint));
    Item { endpoint: id, hostname: format!("db-{endpoint}"), ..item }
}

/// What goes out when, with how many alerts that are new, over and standing.
#[derive(Default)]
struct Post {
    groups: Groups,
    sent: Vec<(i64, usize, usize, usize)>,
}

impl Post {
    fn offer(&mut self, second: i64, item: Item) -> Offered {
        self.wait(second);
        self.groups.offer(key("disk-space", "hq"), item, at(second))
    }

    /// Sends whatever is due until some second, each at its time.
    fn wait(&mut self, second: i64) {
        while let Some(due) = self.groups.deadline().filter(|it| *it <= at(second)) {
            assert_eq!(self.groups.due(due - SignedDuration::from_millis(1)), []);
            for it in self.groups.due(due) {
                let counts = (it.news.len(), it.over.len(), it.standing.len());
                self.sent.push((due.duration_since(at(0)).as_secs(), counts.0, counts.1, counts.2));
            }
        }
    }
}

#[test]
fn the_first_waits_half_a_minute_for_its_like() {
    let mut post = Post::default();
    assert_eq!(post.offer(0, item(1, 1, false)), Offered::Waits { until: at(30) });
    assert_eq!(post.offer(29, item(2, 1, false)), Offered::Waits { until: at(30) });
    post.wait(100);
    assert_eq!(post.sent, [(30, 2, 0, 0)]);
}

#[test]
fn then_there_is_one_message_in_five_minutes() {
    let mut post = Post::default();
    post.offer(0, item(1, 1, false));
    for second in 31..330 {
        post.offer(second, item(second as u128, 1, false));
    }
    assert_eq!(post.offer(331, item(900, 1, false)), Offered::Waits { until: at(630) });
    post.wait(700);
    assert_eq!(post.sent, [(30, 1, 0, 0), (330, 299, 0, 0), (630, 1, 0, 0)]);
}

#[test]
fn what_is_critical_or_high_never_waits_and_stands_for_what_waited() {
    let mut post = Post::default();
    for severity in [Severity::High, Severity::Critical] {
        let urgent = Item { severity, ..item(1, 2, false) };
        assert_eq!(post.offer(0, urgent), Offered::Now(vec![]));
    }
    let waited = item(2, 1, false);
    post.offer(0, waited.clone());
    let worse = Item { severity: Severity::High, ..item(2, 2, false) };
    assert_eq!(post.offer(10, worse), Offered::Now(waited.notices));
    assert_eq!(post.groups.deadline(), None);
}

#[test]
fn what_is_over_before_it_was_told_is_not_mentioned() {
    let mut post = Post::default();
    post.offer(0, item(1, 1, false));
    post.offer(1, item(2, 1, false));
    let settled = [item(1, 1, false).notices, item(1, 2, true).notices].concat();
    assert_eq!(post.offer(20, item(1, 2, true)), Offered::Dropped(settled));
    post.wait(100);
    assert_eq!(post.sent, [(30, 1, 0, 0)]);
}

#[test]
fn nothing_is_sent_if_all_of_it_is_over() {
    let mut post = Post::default();
    post.offer(0, item(1, 1, false));
    post.offer(10, item(1, 2, true));
    assert_eq!(post.groups.deadline(), None);
    assert!(post.groups.groups.is_empty());
}

#[test]
fn who_was_told_is_told_that_it_is_over() {
    let mut post = Post::default();
    post.offer(0, item(1, 1, false));
    post.offer(60, item(1, 2, true));
    post.wait(100_000);
    assert_eq!(post.sent, [(30, 1, 0, 0), (330, 0, 1, 0)]);

    // Also if somebody else told them, or the same one before a restart.
    let mut post = Post::default();
    post.offer(0, Item { told_before: true, ..item(1, 2, true) });
    post.wait(100);
    assert_eq!(post.sent, [(30, 0, 1, 0)]);
}

#[test]
fn what_was_over_for_a_moment_is_as_it_was() {
    let mut post = Post::default();
    post.offer(0, item(1, 1, false));
    post.offer(60, item(1, 2, true));
    let settled = [item(1, 2, true).notices, item(1, 3, false).notices].concat();
    assert_eq!(post.offer(70, item(1, 3, false)), Offered::Dropped(settled));
    post.wait(1_000);
    assert_eq!(post.sent, [(30, 1, 0, 0)]);
}

#[test]
fn what_stays_is_told_again_every_four_hours_until_it_is_over() {
    let mut post = Post::default();
    post.offer(0, item(1, 1, false));
    post.wait(30_000);
    post.offer(30_001, item(1, 2, true));
    post.wait(100_000);
    assert_eq!(post.sent, [(30, 1, 0, 0), (14_430, 0, 0, 1), (28_830, 0, 0, 1), (30_031, 0, 1, 0)]);
}

#[test]
fn what_is_told_again_keeps_to_the_beat_of_its_group() {
    let minutes = SignedDuration::from_mins;
    let waits = Waits { first: minutes(1), between: minutes(7), repeat: minutes(60) };
    let mut post = Post { groups: Groups::new(waits), ..Post::default() };
    post.offer(0, item(1, 1, false));
    post.wait(4_000);
    assert_eq!(post.sent, [(60, 1, 0, 0), (60 + 63 * 60, 0, 0, 1)]);
}

#[test]
fn what_somebody_has_taken_on_is_told_no_more() {
    let mut post = Post::default();
    post.offer(0, item(1, 1, false));
    post.offer(0, item(2, 1, false));
    let alert = |it| AlertId::from_uuid(Uuid::from_u128(it));
    assert_eq!(post.groups.withdraw(alert(1)), item(1, 1, false).notices);
    post.wait(60);
    assert_eq!(post.groups.withdraw(alert(2)), []);
    post.wait(100_000);
    assert_eq!(post.sent, [(30, 1, 0, 0)]);
}

#[test]
fn groups_that_are_due_together_share_one_message() {
    let mut groups = Groups::default();
    for (check, site) in [("disk-space", "hq"), ("cpu-busy", "hq"), ("disk-space", "branch")] {
        groups.offer(key(check, site), item(check.len() as u128, 1, false), at(0));
    }
    let other = Key { tenant: Tenant::new("umbrella").unwrap(), ..key("disk-space", "hq") };
    groups.offer(other, item(99, 1, false), at(0));
    let digests = groups.due(at(30));
    let counts: Vec<_> = digests.iter().map(|it| (it.tenant.as_str(), it.news.len())).collect();
    assert_eq!(counts, [("acme", 3), ("umbrella", 1)]);
}

#[test]
fn a_backlog_is_told_once_with_those_of_its_site() {
    let mut groups = Groups::default();
    let bad = |from, to| Episode {
        from: at(from),
        to: Some(at(to)),
        worst: Level::Crit,
        summary: "disk space in use on /: 99.0 % (limit 95.0 %)".into(),
    };
    for endpoint in 0..40 {
        let id = EndpointId::from_uuid(Uuid::from_u128(endpoint));
        let item = backlog(id, "db-7", &[bad(0, 3_600), bad(7_200, 7_260)]).unwrap();
        groups.offer(key(BACKLOG, "hq"), item, at(9_000 + endpoint as i64 / 4));
    }
    let digests = groups.due(at(9_030));
    assert_eq!((digests.len(), digests[0].news.len()), (1, 40));
    assert_eq!(
        digests[0].news[0].1.summary,
        "bad while nobody could be told, and over: \
         disk space in use on /: 99.0 % (limit 95.0 %), Mon 2026-03-02 00:00 UTC for 1 h; \
         disk space in use on /: 99.0 % (limit 95.0 %), Mon 2026-03-02 02:00 UTC for 1 min"
    );
    assert_eq!(groups.deadline(), None, "nothing of it is open");
    assert_eq!(backlog(EndpointId::from_uuid(Uuid::from_u128(1)), "db-7", &[]), None);
    // What is bad still is an alert's to tell.
    let still = Episode { to: None, ..bad(0, 1) };
    assert_eq!(backlog(EndpointId::from_uuid(Uuid::from_u128(1)), "db-7", &[still]), None);
}

#[test]
fn too_much_to_keep_goes_out_one_by_one() {
    let mut groups = Groups::default();
    for alert in 0..MOST_WAITING as u128 {
        let offered = groups.offer(key("disk-space", "hq"), item(alert, 1, false), at(0));
        assert_ne!(offered, Offered::Now(vec![]));
    }
    let one_more = item(MOST_WAITING as u128, 1, false);
    assert_eq!(groups.offer(key("disk-space", "hq"), one_more, at(0)), Offered::Now(vec![]));
}

#[test]
fn a_digest_says_what_where_whose_and_why() {
    let mut groups = Groups::default();
    for endpoint in 1..=4 {
        let item = on(endpoint, item(endpoint, 1, false));
        groups.offer(key("disk-space", "hq"), item, at(0));
    }
    let owner = Team::new("internal-it").unwrap();
    let other = Key { owner, ..key("cpu-busy", "branch") };
    let busy = Item { summary: "processor time: 96.0 %".into(), ..on(9, item(9, 1, false)) };
    groups.offer(other, Item { severity: Severity::Low, ..busy }, at(0));
    let digest = groups.due(at(30)).remove(0);
    assert_eq!(digest.subject(), "[5 ALERTS] 4 are disk-space at site hq (acme)");
    let text = digest.text();
    let head: Vec<&str> = text.lines().take(10).collect();
    assert_eq!(
        head,
        [
            "5 new, 0 over, 0 still open.",
            "",
            "Checks:    disk-space 4, cpu-busy 1",
            "Endpoints: db-1 1, db-2 1, db-3 1, others 2",
            "Owners:    noc 4, internal-it 1",
            "Probably one cause: 4 are disk-space at site hq, of 5.",
            "",
            "New:",
            "- medium db-1 (hq): disk space in use on /: 86.0 %",
            "  noc, remit alert show alr_00000000000000000000000000000001",
        ]
    );
    assert!(text.ends_with("- low db-9 (branch): processor time: 96.0 %\n  internal-it, remit alert show alr_00000000000000000000000000000009"), "{text}");
}

#[test]
fn the_probable_cause_is_the_narrowest_that_fits() {
    let many = |of: &[(&str, &str, u128)]| {
        let item = |it: &(&str, &str, u128)| (key(it.0, it.1), on(it.2, item(it.2, 1, false)));
        Cause::of(&of.iter().map(item).collect::<Vec<_>>()).map(|it| it.to_string())
    };
    for (of, expected) in [
        (&[("a", "hq", 1), ("b", "hq", 1)][..], None),
        (&[("a", "hq", 1), ("b", "hq", 1), ("c", "hq", 1)], Some("3 are about db-1")),
        (&[("a", "hq", 1), ("a", "hq", 2), ("a", "x", 3)], Some("2 are a at site hq")),
        (&[("a", "hq", 1), ("b", "hq", 2), ("c", "hq", 3)], Some("3 are at site hq")),
        (&[("a", "x", 1), ("a", "y", 2), ("a", "z", 3)], Some("3 are a, at several sites")),
        (&[("a", "x", 1), ("b", "y", 2), ("c", "z", 3)], None),
    ] {
        assert_eq!(many(of).as_deref(), expected, "{of:?}");
    }
}

proptest! {
    #[test]
    fn every_message_is_settled_once_and_nobody_hears_of_what_they_need_not(
        script in prop::collection::vec((0..200_i64, 0..4_u128, 0..5_u8, any::<bool>()), 0..80),
    ) {
        let (mut groups, mut now, mut number) = (Groups::default(), 0, 0);
        let (mut offered, mut settled) = (BTreeSet::new(), Vec::new());
        // What the recipient believes to be the matter, and when they were told last.
        let (mut believed, mut last) = (BTreeSet::new(), i64::MIN / 2);
        for (wait, alert, what, urgent) in script.into_iter().chain([(10_000, 9, 3, false)]) {
            now += wait;
            while let Some(due) = groups.deadline().filter(|it| *it <= at(now)) {
                for digest in groups.due(due) {
                    let second = due.duration_since(at(0)).as_secs();
                    prop_assert!(second - last >= 300);
                    last = second;
                    for (_, it) in &digest.news {
                        believed.insert(it.about);
                    }
                    for (_, it) in &digest.over {
                        prop_assert!(believed.remove(&it.about), "told over, but never told");
                    }
                    settled.extend(digest.notices());
                    prop_assert!(!digest.subject().is_empty() && !digest.text().is_empty());
                }
            }
            if what == 4 {
                settled.extend(groups.withdraw(AlertId::from_uuid(Uuid::from_u128(alert))));
                continue;
            }
            number += 1;
            let over = what == 3;
            let severity = if urgent && !over { Severity::High } else { Severity::Medium };
            let told_before = believed.contains(&item(alert, 0, over).about);
            let item = Item { severity, told_before, ..item(alert, number, over) };
            offered.extend(item.notices.iter().copied());
            match groups.offer(key("disk-space", "hq"), item.clone(), at(now)) {
                Offered::Now(others) => {
                    settled.extend(others.into_iter().chain(item.notices));
                    believed.insert(item.about);
                }
                Offered::Waits { until } => prop_assert!(until >= at(now)),
                Offered::Dropped(all) => settled.extend(all),
            }
        }
        for digest in groups.due(at(now + 1_000)) {
            settled.extend(digest.notices());
        }
        let unique: BTreeSet<NoticeId> = settled.iter().copied().collect();
        prop_assert_eq!(unique.len(), settled.len(), "nothing is settled twice");
        prop_assert_eq!(unique, offered);
    }
}
