//! Very many agents that fall silent at once, and links that break all the time,
//! with the collector's clock moved by the test.

use jiff::SignedDuration;
use remit_proto::v1::{self, AlertState, Presence};
use remit_shared::{Answer, Body, Stream};
use tests::{Ask, FakeAgent, SOON, Session, Site, eventually, starter};

/// The starter matrix with a second site.
fn two_sites() -> String {
    starter() + "\n[[site]]\nname = \"plant\"\nzone = \"America/Chicago\"\ntitle = \"Plant\"\n"
}

/// Agents that report whenever time passes, unless they are cut off.
struct Fleet {
    agents: Vec<FakeAgent>,
    sessions: Vec<Option<Session>>,
}

impl Fleet {
    /// Agents of one site, enrolled and connected.
    async fn at(site: &Site, place: &str, count: usize) -> Self {
        let ask = Ask { tenant: "acme".into(), site: place.into(), ..Default::default() };
        let mut fleet = Self { agents: Vec::new(), sessions: Vec::new() };
        for number in 0..count {
            let token = site.ask_token(ask.clone()).await;
            let token = token.expect("an administrator may make tokens").text;
            let name = format!("{place}-{number}");
            fleet.agents.push(FakeAgent::enroll(&token, &name).await.expect("the token is good"));
            fleet.sessions.push(None);
        }
        fleet.connect(site, 0..count).await;
        fleet
    }

    /// Lets some of them come back.
    async fn connect(&mut self, site: &Site, which: impl Iterator<Item = usize>) {
        for number in which {
            let agent = &mut self.agents[number];
            // Its clock is right; it is the test that turns the collector's.
            agent.ahead = SignedDuration::ZERO;
            agent.ahead = site.now().duration_since(agent.now());
            self.sessions[number] = Some(agent.connect().await.expect("a good agent is let in"));
        }
    }

    /// Cuts all of them off.
    fn cut(&mut self) {
        self.sessions.iter_mut().for_each(|it| *it = None);
    }

    /// Lets those that are connected be heard.
    async fn speak(&mut self, site: &Site) {
        for (agent, session) in self.agents.iter_mut().zip(&mut self.sessions) {
            let Some(session) = session else { continue };
            let at = site.now();
            let answer = Answer::full("services", "a test", at, Body::Unchanged);
            let record = agent.spool(at, answer);
            session.report(&record).await;
            session.acknowledged(Stream::Events, record.seq).await.expect("it is heard");
        }
    }
}

/// Lets time pass until there is something to see, while whoever is connected is
/// heard often enough.
async fn pass_until<T>(
    site: &Site,
    fleets: &mut [&mut Fleet],
    what: &str,
    mut look: impl AsyncFnMut() -> Option<T>,
) -> T {
    eventually(SOON, what, async || {
        site.pass(SignedDuration::from_secs(10));
        for fleet in &mut *fleets {
            fleet.speak(site).await;
        }
        look().await
    })
    .await
}

/// The newest alert of a check that is in some state, if there is one.
async fn alert(site: &Site, check: &str, state: AlertState) -> Option<v1::Alert> {
    let alerts = site.admin.all_alerts().await;
    alerts.into_iter().find(|it| it.check == check && it.state() == state)
}

/// How many alerts of a check there ever were.
async fn count(site: &Site, check: &str) -> usize {
    site.admin.all_alerts().await.iter().filter(|it| it.check == check).count()
}

/// How many messages about a check the provider's operations centre got.
fn pages(site: &Site, check: &str) -> usize {
    let received = site.inbox.received().into_iter().filter(|it| it.webhook == "provider-noc");
    received.filter(|it| it.body["alerts"][0]["check"] == check).count()
}

#[tokio::test]
async fn f16_f18_a_silent_site_is_one_alert_and_who_stays_away_is_another() {
    let site = Site::by_clock(&two_sites()).await;
    let mut office = Fleet::at(&site, "hq", 20).await;
    let mut plant = Fleet::at(&site, "plant", 2).await;
    office.cut();
    let lost = pass_until(&site, &mut [&mut plant], "the site's silence is told", async || {
        alert(&site, "site-unreachable", AlertState::Open).await
    })
    .await;
    assert_eq!((lost.hostname.as_str(), lost.site.as_str()), ("site hq", "hq"));
    assert_eq!(lost.summary, "site hq is not heard: 20 of 20 endpoints");
    let owner = lost.responsibility.as_ref().unwrap();
    assert_eq!(
        (owner.responsible.as_str(), owner.row.as_str()),
        ("provider-noc", "infrastructure")
    );
    site.inbox.message("provider-noc", "assigned").await;
    for _ in 0..30 {
        site.pass(SignedDuration::from_secs(10));
        plant.speak(&site).await;
    }
    let late = async |id: &str| site.admin.endpoint(id).await.unwrap().presence();
    assert_eq!(late(&office.agents[0].id).await, Presence::Late, "nobody is called offline");
    assert_eq!((count(&site, "endpoint-offline").await, pages(&site, "endpoint-offline")), (0, 0));

    office.connect(&site, 1..20).await;
    let all = &mut [&mut office, &mut plant];
    pass_until(&site, all, "the site is heard again", async || {
        alert(&site, "site-unreachable", AlertState::Resolved).await
    })
    .await;
    site.inbox.message("provider-noc", "resolved").await;
    assert_eq!(count(&site, "endpoint-offline").await, 0, "who is still missing has a moment");
    let away = pass_until(&site, all, "who stays away is told", async || {
        alert(&site, "endpoint-offline", AlertState::Open).await
    })
    .await;
    assert_eq!(away.hostname, "hq-0");
    eventually(SOON, "it is one page", async || {
        Some(pages(&site, "endpoint-offline")).filter(|it| *it == 1)
    })
    .await;
    assert_eq!(count(&site, "endpoint-offline").await, 1);
    assert_eq!(count(&site, "collector-connectivity").await, 0);
}

#[tokio::test]
async fn f17_when_all_sites_fall_silent_only_the_collector_is_blamed() {
    let mut site = Site::by_clock(&two_sites()).await;
    let mut office = Fleet::at(&site, "hq", 5).await;
    let mut plant = Fleet::at(&site, "plant", 4).await;
    office.cut();
    plant.cut();
    let told = pass_until(&site, &mut [], "the collector's silence is told", async || {
        alert(&site, "collector-connectivity", AlertState::Open).await
    })
    .await;
    assert_eq!(told.hostname, "collector");
    assert!(told.summary.contains("9 of 9 endpoints at 2 sites"), "{}", told.summary);

    // It knows after a restart, when everybody's silence proves nothing.
    site.cut_power().await;
    site.restart().await;
    for _ in 0..60 {
        site.pass(SignedDuration::from_secs(10));
    }
    let id = &office.agents[0].id;
    site.admin.endpoint_where(id, "silence is seen", |it| it.presence() == Presence::Late).await;
    assert_eq!(count(&site, "endpoint-offline").await, 0);
    office.connect(&site, 0..5).await;
    plant.connect(&site, 0..4).await;
    pass_until(&site, &mut [&mut office, &mut plant], "all is well again", async || {
        alert(&site, "collector-connectivity", AlertState::Resolved).await
    })
    .await;
    assert_eq!(count(&site, "endpoint-offline").await, 0);
    assert_eq!(count(&site, "site-unreachable").await, 0);
    assert_eq!(count(&site, "collector-connectivity").await, 1);
}

#[tokio::test]
async fn f13_a_link_that_breaks_again_and_again_is_told_once() {
    let mut site = Site::by_clock(&two_sites()).await;
    let mut office = Fleet::at(&site, "hq", 1).await;
    for _ in 0..6 {
        office.cut();
        site.pass(SignedDuration::from_secs(20));
        office.connect(&site, 0..1).await;
    }
    let told = site.admin.alerted("link-unstable", AlertState::Open).await;
    assert_eq!((told.hostname.as_str(), told.severity()), ("hq-0", v1::Severity::Medium));
    assert_eq!(count(&site, "endpoint-offline").await, 0);
    pass_until(&site, &mut [&mut office], "the link has held for an hour", async || {
        site.pass(SignedDuration::from_mins(1));
        alert(&site, "link-unstable", AlertState::Resolved).await
    })
    .await;

    // What the collector breaks itself is no link's fault.
    for _ in 0..6 {
        site.cut_power().await;
        site.restart().await;
        office.connect(&site, 0..1).await;
    }
    office.speak(&site).await;
    assert_eq!(count(&site, "link-unstable").await, 1);
}
