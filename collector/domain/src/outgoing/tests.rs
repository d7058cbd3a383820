use remit_shared::{EndpointId, Host, Series, Site, TokenId, Unit};
use uuid::Uuid;

use super::*;
use crate::endpoint::Layout;

fn at(second: i64) -> Timestamp {
    "2026-03-02T00:00:00Z".parse::<Timestamp>().unwrap() + SignedDuration::from_secs(second)
}

fn series(metric: &str, instance: &str, unit: Unit) -> Series {
    Series { metric: metric.into(), instance: instance.into(), unit }
}

/// An endpoint of two probes, the second of which measures two disks.
fn endpoint() -> Endpoint {
    let registration = Registration {
        id: EndpointId::from_uuid(Uuid::from_u128(1)),
        tenant: Tenant::new("acme").unwrap(),
        site: Site::new("hq").unwrap(),
        kind: EndpointKind::Server,
        tags: vec![],
        host: Host { hostname: "db-7".into(), ..Host::default() },
        enrolled_at: at(-3_600),
        token: TokenId::from_uuid(Uuid::from_u128(2)),
        certificates: vec![],
        claim: None,
        revoked: None,
    };
    let mut endpoint = Endpoint::enrolled(registration);
    endpoint.layout = Arc::new(Layout {
        probes: vec!["cpu".into(), "disk".into()],
        series: vec![
            (0, series("cpu_busy", "", Unit::Permille)),
            (1, series("disk_used", "/", Unit::Bytes)),
            (1, series("disk_used", "/var", Unit::Bytes)),
        ],
    });
    endpoint.pulse.presence = Presence::Online;
    endpoint.pulse.heard_at = Some(at(0));
    endpoint.pulse.measured = vec![Some(at(0)), Some(at(-5))];
    endpoint.pulse.values = vec![Some(125), Some(7), None];
    endpoint
}

/// Who is told of an endpoint again and again.
#[derive(Default)]
struct Listener {
    told: Told,
}

impl Listener {
    /// What it hears: name, instance, second and value.
    fn hears(&mut self, endpoint: &Endpoint, second: i64) -> Vec<String> {
        let (told, samples) = news(endpoint, &self.told, at(second));
        self.told = told;
        let line = |it: &Sample| {
            let name = it.labels["__name__"].trim_start_matches("remit_");
            let instance = it.labels.get("instance").map_or("", |it| it);
            let value = it.value.map_or("ended".into(), |it| it.to_string());
            let second = it.at.duration_since(at(0)).as_secs();
            format!("{name} {} {instance} {second} {value}", it.labels["host"]).replace("  ", " ")
        };
        samples.iter().map(line).collect()
    }
}

#[test]
fn what_was_measured_is_told_once() {
    let (mut endpoint, mut listener) = (endpoint(), Listener::default());
    let first =
        ["cpu_busy_percent db-7 0 12.5", "disk_used_bytes db-7 / -5 7", "endpoint_up db-7 1 1"];
    assert_eq!(listener.hears(&endpoint, 1), first);
    assert_eq!(listener.hears(&endpoint, 6), [""; 0]);
    endpoint.pulse.measured[0] = Some(at(10));
    assert_eq!(listener.hears(&endpoint, 11), ["cpu_busy_percent db-7 10 12.5"]);
    assert_eq!(listener.hears(&endpoint, 61), ["endpoint_up db-7 61 1"], "said every minute");
    endpoint.pulse.measured[0] = Some(at(9));
    assert_eq!(listener.hears(&endpoint, 62), [""; 0], "a clock that was set back waits");
    assert_eq!(Listener::default().hears(&endpoint, 62).len(), 3, "who knows nothing hears all");
}

#[test]
fn what_is_gone_and_who_is_silent_has_ended() {
    let (mut endpoint, mut listener) = (endpoint(), Listener::default());
    listener.hears(&endpoint, 1);
    endpoint.pulse.measured[1] = Some(at(25));
    endpoint.pulse.values = vec![Some(125), None, Some(8)];
    let moved = ["disk_used_bytes db-7 / 25 ended", "disk_used_bytes db-7 /var 25 8"];
    assert_eq!(listener.hears(&endpoint, 26), moved);

    endpoint.pulse.presence = Presence::Offline;
    let ended = [
        "cpu_busy_percent db-7 40 ended",
        "disk_used_bytes db-7 /var 40 ended",
        "endpoint_up db-7 40 0",
    ];
    assert_eq!(listener.hears(&endpoint, 40), ended);
    assert_eq!(listener.hears(&endpoint, 41), [""; 0]);

    endpoint.pulse.presence = Presence::Online;
    endpoint.pulse.measured[0] = Some(at(50));
    let back = ["cpu_busy_percent db-7 50 12.5", "endpoint_up db-7 51 1"];
    assert_eq!(listener.hears(&endpoint, 51), back);
}

#[test]
fn what_is_told_late_is_kept_to_ourselves() {
    let (mut endpoint, mut listener) = (endpoint(), Listener::default());
    endpoint.pulse.measured = vec![Some(at(0)), Some(at(-1_000))];
    let fresh = ["cpu_busy_percent db-7 0 12.5", "endpoint_up db-7 1 1"];
    assert_eq!(listener.hears(&endpoint, 1), fresh);
}

#[test]
fn a_machine_with_another_name_is_another_series() {
    let (mut endpoint, mut listener) = (endpoint(), Listener::default());
    listener.hears(&endpoint, 1);
    let mut renamed = Registration::clone(&endpoint.registration);
    renamed.host.hostname = "db-8".into();
    endpoint.registration = Arc::new(renamed);
    endpoint.pulse.measured[0] = Some(at(2));
    let expected = [
        "cpu_busy_percent db-7 3 ended",
        "disk_used_bytes db-7 / 3 ended",
        "endpoint_up db-7 3 ended",
        "cpu_busy_percent db-8 2 12.5",
        "endpoint_up db-8 3 1",
    ];
    assert_eq!(listener.hears(&endpoint, 3), expected);
}

#[test]
fn whoever_was_never_heard_is_not_told_of() {
    let mut endpoint = endpoint();
    endpoint.pulse.presence = Presence::NeverSeen;
    endpoint.pulse.heard_at = None;
    assert_eq!(Listener::default().hears(&endpoint, 1), [""; 0]);
}

#[test]
fn names_end_in_their_unit_and_values_are_in_it() {
    for (name, unit, number, expected, told) in [
        ("cpu_busy", Unit::Permille, 125, "remit_cpu_busy_percent", 12.5),
        ("load1", Unit::Milli, 1_500, "remit_load1", 1.5),
        ("uptime_seconds", Unit::Seconds, 9, "remit_uptime_seconds", 9.0),
        ("ping-time", Unit::Milliseconds, 20, "remit_ping_time_seconds", 0.02),
        ("net.in", Unit::BytesPerSecond, 5, "remit_net_in_bytes_per_second", 5.0),
        ("link_up", Unit::Flag, 1, "remit_link_up", 1.0),
        ("processes", Unit::Count, 80, "remit_processes", 80.0),
        ("größe", Unit::Bytes, 80, "remit_gr__e_bytes", 80.0),
    ] {
        assert_eq!(metric(&series(name, "", unit)), expected);
        assert_eq!(value(unit, number), told);
    }
}

#[test]
fn open_alerts_are_counted_and_come_down_to_none() {
    let (tenant, team) = (Tenant::new("acme").unwrap(), Team::new("noc").unwrap());
    let before = Open::from([((tenant, team, Party::Provider, Severity::High), 3)]);
    let now = open([], &before);
    let samples = counted(&now, at(0));
    let labels: Vec<String> =
        samples[0].labels.iter().map(|(name, it)| format!("{name}={it}")).collect();
    let expected = [
        "__name__=remit_alerts_open",
        "party=provider",
        "responsible=noc",
        "severity=high",
        "tenant=acme",
    ];
    assert_eq!(labels, expected);
    assert_eq!((samples.len(), samples[0].value), (1, Some(0.0)));
}
