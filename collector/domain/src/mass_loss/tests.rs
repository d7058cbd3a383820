use proptest::prelude::*;
use remit_shared::{EndpointKind, Host, TokenId};
use uuid::Uuid;

use super::*;
use crate::{
    detect::{Rules, presence},
    endpoint::{Endpoint, Presence, Registration},
};

const SWEEP: i64 = 5;
const HEARTBEAT: i64 = 30;

fn at(second: i64) -> Timestamp {
    Timestamp::from_second(1_772_409_600 + second).unwrap()
}

fn place(site: usize) -> Place {
    let tenant = if site.is_multiple_of(2) { "acme" } else { "umbrella" };
    let site = Site::new(&format!("site-{site}")).unwrap();
    Place { tenant: Tenant::new(tenant).unwrap(), site }
}

/// Endpoints that are heard every half minute unless they are cut off, and a
/// collector that sweeps.
struct World {
    heads: Vec<Head>,
    state: State,
    pace: Pace,
    second: i64,
    /// Everything that anybody was told, and when.
    told: Vec<(i64, String)>,
}

struct Head {
    site: usize,
    cut_off: bool,
    heard: i64,
    endpoint: Endpoint,
}

impl World {
    fn new(sites: &[usize]) -> Self {
        let all = sites.iter().enumerate().flat_map(|(site, heads)| vec![site; *heads]);
        let head = |(number, site): (usize, usize)| Head {
            site,
            cut_off: false,
            heard: 0,
            endpoint: endpoint(number as u128, Presence::Online),
        };
        let pace = Pace { heartbeat: SignedDuration::from_secs(HEARTBEAT), starting: false };
        let heads = all.enumerate().map(head).collect();
        Self { heads, state: State::default(), pace, second: 0, told: Vec::new() }
    }

    fn cut(&mut self, which: impl Fn(usize, usize) -> bool, off: bool) {
        for (number, head) in self.heads.iter_mut().enumerate() {
            if which(head.site, number) {
                head.cut_off = off;
            }
        }
    }

    fn run(&mut self, seconds: i64) {
        let end = self.second + seconds;
        while self.second < end {
            self.second += 1;
            for (number, head) in self.heads.iter_mut().enumerate() {
                let is_its_turn = (self.second + number as i64) % HEARTBEAT == 0;
                if is_its_turn && !head.cut_off {
                    head.heard = self.second;
                }
            }
            if self.second % SWEEP == 0 {
                self.sweep();
            }
        }
    }

    fn sweep(&mut self) {
        let (second, now) = (self.second, at(self.second));
        let judged: Vec<Presence> = self.heads.iter().map(|it| it.judged(second)).collect();
        let mut census = Census::default();
        for (head, judged) in self.heads.iter().zip(&judged) {
            if let Some(standing) = standing(&head.endpoint, *judged, now) {
                census.count(place(head.site), head.endpoint.id(), standing);
            }
        }
        let (state, verdicts) = judge(&self.state, &census, self.pace, now);
        self.state = state;
        self.told.extend(verdicts.iter().map(|it| (second, it.summary())));
        for (head, judged) in self.heads.iter_mut().zip(judged) {
            let is_held = judged == Presence::Offline && self.state.holds(&place(head.site));
            let judged = if is_held { Presence::Late } else { judged };
            let pulse = &mut head.endpoint.pulse;
            if judged == pulse.presence {
                continue;
            }
            (pulse.presence, pulse.presence_since) = (judged, now);
            if judged == Presence::Offline {
                self.told.push((second, format!("{} is offline", head.endpoint.id())));
            }
        }
    }

    fn individually(&self) -> Vec<i64> {
        self.told.iter().filter(|it| it.1.starts_with("end_")).map(|it| it.0).collect()
    }

    fn verdicts(&self) -> Vec<(i64, &str)> {
        let told = self.told.iter().filter(|it| !it.1.starts_with("end_"));
        told.map(|it| (it.0, it.1.as_str())).collect()
    }
}

impl Head {
    fn judged(&self, second: i64) -> Presence {
        let (silence, before) = (second - self.heard, self.endpoint.pulse.presence);
        if silence < HEARTBEAT {
            // A record leads back, and not the sweep.
            return Presence::Online;
        }
        let seconds = SignedDuration::from_secs;
        presence::judge(before, seconds(silence), seconds(HEARTBEAT))
    }
}

fn endpoint(number: u128, presence: Presence) -> Endpoint {
    let mut endpoint = Endpoint::enrolled(Registration {
        id: EndpointId::from_uuid(Uuid::from_u128(number)),
        tenant: Tenant::new("acme").unwrap(),
        site: Site::new("hq").unwrap(),
        kind: EndpointKind::Server,
        tags: vec![],
        host: Host { hostname: "db-7".into(), ..Host::default() },
        enrolled_at: at(0),
        token: TokenId::from_uuid(Uuid::from_u128(2)),
        certificates: vec![],
        claim: None,
        revoked: None,
    });
    endpoint.pulse.presence = presence;
    endpoint
}

#[test]
fn f16_a_site_of_five_hundred_is_one_page_within_four_minutes() {
    let mut world = World::new(&[500, 300, 300]);
    world.run(100);
    world.cut(|site, _| site == 0, true);
    world.run(3_600);
    assert_eq!(world.individually(), [0; 0]);
    let [(second, summary)] = world.verdicts()[..] else { panic!("{:?}", world.told) };
    assert!(second - 100 <= 240, "{second}");
    assert_eq!(summary, "site site-0 is not heard: 500 of 500 endpoints");
}

#[test]
fn f17_when_all_sites_drop_only_the_collector_is_blamed() {
    let mut world = World::new(&[500, 3, 40, 7, 1]);
    world.run(100);
    world.cut(|_, _| true, true);
    world.run(3_600);
    world.cut(|_, _| true, false);
    world.run(1_200);
    assert_eq!(world.individually(), [0; 0]);
    let verdicts: Vec<&str> = world.verdicts().into_iter().map(|it| it.1).collect();
    assert_eq!(
        verdicts,
        [
            "the collector hears too few: 551 of 551 endpoints at 5 sites are silent",
            "the collector hears its endpoints again, but for 0",
        ]
    );
    assert_eq!(world.state, State::default());
}

#[test]
fn f18_who_stays_away_after_the_site_is_back_is_told_individually() {
    let mut world = World::new(&[500, 600]);
    world.run(100);
    world.cut(|site, _| site == 0, true);
    world.run(900);
    world.cut(|site, number| site == 0 && number != 17, false);
    let back = world.second;
    world.run(1_200);
    let [alone] = world.individually()[..] else { panic!("{:?}", world.told) };
    assert!(alone - back <= 360, "{}", alone - back);
    let last = world.verdicts().last().unwrap().1;
    assert_eq!(last, "site site-0 is heard again, but for 1");
}

#[test]
fn a_site_that_stays_away_when_the_collector_is_back_is_told_as_one() {
    let mut world = World::new(&[30, 30, 10]);
    world.cut(|_, _| true, true);
    world.run(600);
    world.cut(|site, _| site != 2, false);
    world.run(1_200);
    assert_eq!(world.individually(), [0; 0]);
    let verdicts: Vec<&str> = world.verdicts().into_iter().map(|it| it.1).collect();
    assert_eq!(verdicts.len(), 3, "{verdicts:?}");
    assert_eq!(verdicts[2], "site site-2 is not heard: 10 of 10 endpoints");
}

#[test]
fn fewer_than_three_are_never_a_mass() {
    let mut world = World::new(&[2, 2, 100]);
    world.cut(|site, _| site == 0, true);
    world.run(600);
    assert_eq!(world.verdicts(), []);
    assert_eq!(world.individually().len(), 2);
}

#[test]
fn less_than_half_of_a_site_is_told_individually() {
    for (lost, individually, verdicts) in [(4, 4, 0), (5, 0, 1)] {
        let mut world = World::new(&[10, 100]);
        world.cut(|site, number| site == 0 && number < lost, true);
        world.run(600);
        let told = (world.individually().len(), world.verdicts().len());
        assert_eq!(told, (individually, verdicts), "{lost} of ten");
    }
}

#[test]
fn who_falls_silent_one_after_the_other_is_told_one_after_the_other() {
    let mut world = World::new(&[6, 100]);
    for number in 0..6 {
        world.cut(|site, it| site == 0 && it == number, true);
        world.run(90);
    }
    world.run(600);
    assert_eq!((world.individually().len(), world.verdicts().len()), (6, 0));
}

#[test]
fn a_line_that_is_gone_for_a_minute_is_told_nobody() {
    let mut world = World::new(&[50, 50]);
    world.cut(|site, _| site == 0, true);
    world.run(70);
    world.cut(|site, _| site == 0, false);
    world.run(600);
    assert_eq!(world.told, []);
    assert_eq!(world.state, State::default());
}

#[test]
fn one_machine_elsewhere_does_not_make_a_lost_site_everybodys_trouble() {
    let mut world = World::new(&[100, 60, 1]);
    world.cut(|site, _| site != 1, true);
    world.run(600);
    let verdicts: Vec<&str> = world.verdicts().into_iter().map(|it| it.1).collect();
    assert_eq!(verdicts, ["site site-0 is not heard: 100 of 100 endpoints"]);
    assert_eq!(world.individually().len(), 1);
}

#[test]
fn a_lost_site_is_lost_still_after_a_restart() {
    let mut world = World::new(&[50, 60]);
    world.cut(|site, _| site == 0, true);
    world.run(600);
    // The collector starts again, has forgotten whom it heard, and waits.
    let restarted = world.second;
    for head in &mut world.heads {
        head.heard = restarted;
    }
    world.state = State::resume([(place(0), at(200))], None);
    world.pace.starting = true;
    world.run(300);
    world.pace.starting = false;
    world.run(3_600);
    assert_eq!((world.individually().len(), world.verdicts().len()), (0, 1));
    world.cut(|site, _| site == 0, false);
    world.run(600);
    assert_eq!(world.verdicts().last().unwrap().1, "site site-0 is heard again");
}

#[test]
fn f15_a_collector_that_starts_suspects_nobody() {
    let mut world = World::new(&[50, 60]);
    world.pace.starting = true;
    world.cut(|_, _| true, true);
    world.run(170);
    world.cut(|_, _| true, false);
    world.pace.starting = false;
    world.run(600);
    assert_eq!(world.told, []);
}

#[test]
fn a_loss_says_why_its_endpoints_are_quiet() {
    let mut world = World::new(&[5, 60]);
    assert_eq!(world.state.suppression(&place(0)), None);
    world.cut(|site, _| site == 0, true);
    world.run(300);
    let why = world.state.suppression(&place(0)).unwrap();
    assert_eq!((why.kind, why.reference.as_str()), (SuppressionKind::MassLoss, SITE_UNREACHABLE));
    assert_eq!(why.why, "5 endpoints fell silent at once");
    assert_eq!(world.state.suppression(&place(1)), None);
}

#[test]
fn a_loss_is_told_like_any_other_check() {
    let (rules, id) = (Rules::default(), |n| EndpointId::from_uuid(Uuid::from_u128(n)));
    let virtual_one = endpoint(9, Presence::NeverSeen);
    let missing = (0..50).map(id).collect();
    let lost = Verdict::SiteLost { place: place(0), missing, of: 60 };
    let (told, signals) = tell(&virtual_one, &lost, |_| "db".into(), &rules, at(1));
    assert_eq!(signals[0].summary, "site site-0 is not heard: 50 of 60 endpoints");
    let crate::signal::Say::Raised { severity, evidence, .. } = &signals[0].say else { panic!() };
    assert_eq!(severity.as_str(), "critical");
    assert!(evidence.ends_with("db, db and 10 more"), "{evidence}");
    assert_eq!(tell(&told, &lost, |_| "db".into(), &rules, at(2)).1, [], "once is enough");
    let back = Verdict::SiteBack { place: place(0), missing: BTreeSet::new() };
    let (after, signals) = tell(&told, &back, |_| "db".into(), &rules, at(3));
    assert_eq!(signals[0].summary, "site site-0 is heard again");
    assert_eq!(after.checks, virtual_one.checks);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn what_is_lost_is_back_before_it_is_lost_again(
        sites in prop::collection::vec(1..9_usize, 1..6),
        turns in prop::collection::vec((0..6_usize, 0..9_usize, any::<bool>(), 1..400_i64), 1..25),
    ) {
        let mut world = World::new(&sites);
        for (site, share, off, wait) in turns {
            world.cut(|it, number| it == site && number % 9 <= share, off);
            world.run(wait);
            if let Some(due) = deadline(&world.state, world.pace) {
                prop_assert!(due > at(world.second - SWEEP));
            }
        }
        let mut lost = BTreeSet::new();
        for (second, said) in world.verdicts() {
            let words: Vec<&str> = said.split(' ').collect();
            let who = if words[0] == "the" { "collector" } else { words[1] };
            if said.contains("again") {
                prop_assert!(lost.remove(who), "{second}: {said}");
            } else {
                prop_assert!(lost.insert(who), "{second}: {said}");
                prop_assert!(who == "collector" || !lost.contains("collector"), "{second}: {said}");
            }
        }
        // Whoever is given up is given up at a site that is not held.
        world.cut(|_, _| true, false);
        world.run(900);
        prop_assert_eq!(&world.state, &State::default());
        prop_assert!(world.heads.iter().all(|it| it.endpoint.pulse.presence == Presence::Online));
        let raised = world.verdicts().iter().filter(|it| !it.1.contains("again")).count();
        prop_assert_eq!(raised * 2, world.verdicts().len());
    }

    #[test]
    fn no_page_is_lost(lost in 0..30_usize, total in 30..60_usize) {
        // Whatever number goes away for good, people hear of each: by name, or in one list.
        let mut world = World::new(&[total, 100]);
        world.cut(|site, number| site == 0 && number < lost, true);
        world.run(900);
        let listed = world.told.iter().filter_map(|it| it.1.split(' ').nth(5)?.parse::<usize>().ok());
        prop_assert_eq!(world.individually().len() + listed.sum::<usize>(), lost);
    }
}
