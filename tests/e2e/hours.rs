//! What the hours of the day do to alerts, with the collector's clock set by the
//! test.

use jiff::{Timestamp, civil::Weekday, tz::TimeZone};
use remit_proto::v1::{AlertEventKind, AlertState};
use remit_runtime::clock::SystemClock;
use remit_shared::Clock as _;
use tests::{Ask, FakeAgent, Site, starter};

use crate::steps::fill_disk;

/// A time of day in New York, on the next working day that is a Tuesday.
fn tuesday(hour: i8, minute: i8) -> Timestamp {
    let zone = TimeZone::get("America/New_York").expect("the zone is known");
    let today = zone.to_datetime(SystemClock.now()).date();
    let tuesday = today.nth_weekday(1, Weekday::Tuesday).expect("there is a next Tuesday");
    let at = tuesday.at(hour, minute, 0, 0);
    zone.to_timestamp(at).expect("a time that exists")
}

/// A server that a business application runs on: internal IT's while the
/// office is open, the provider's afterwards.
async fn application_server(site: &Site) -> FakeAgent {
    let ask = Ask {
        tenant: "acme".into(),
        site: "hq".into(),
        tags: vec!["lob".into()],
        ..Default::default()
    };
    let token = site.ask_token(ask).await.expect("an administrator may make tokens").text;
    FakeAgent::enroll(&token, "erp-1").await.expect("a new token lets one in")
}

#[tokio::test]
async fn e03_unacked_at_1700() {
    let site = Site::by_clock(&starter()).await;
    let mut agent = application_server(&site).await;
    let mut session = agent.connect().await.unwrap();
    site.set_clock(tuesday(16, 50));
    let alert = fill_disk(&site, &mut agent, &mut session).await;
    assert_eq!(alert.responsibility.as_ref().unwrap().responsible, "internal-it");

    site.set_clock(tuesday(17, 0));
    site.inbox.message("provider-noc", "assigned").await;
    let alert = site.admin.alert(&alert.alert_id).await;
    assert_eq!(alert.state(), AlertState::Open);
    assert_eq!(alert.responsibility.as_ref().unwrap().responsible, "provider-noc");
    let rerouted = |it: &&_| matches!(it, AlertEventKind::Rerouted);
    let kinds: Vec<AlertEventKind> = alert.timeline.iter().map(|it| it.kind()).collect();
    assert_eq!(kinds.iter().filter(rerouted).count(), 1, "{kinds:?}");
}
