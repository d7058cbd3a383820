//! What does it cost to tell a time-series database? Very many endpoints have
//! measured twenty values since the last look.
//!
//! ```text
//! cargo run --release -p remit-collector --example remote_write_cost -- <endpoints> <looks>
//! ```

#![expect(clippy::print_stdout, reason = "a measurement prints its result")]

use std::{env, error::Error, sync::Arc};

use jiff::SignedDuration;
use remit_collector::{
    adapters::remote_write::{RemoteWrite, RemoteWriteSettings},
    ports::{recorder::Recorder as _, store::conformance::sample},
};
use remit_collector_domain::{
    endpoint::{Endpoint, Layout, Presence, Registration},
    outgoing::{Told, news},
};
use remit_shared::{Series, Unit};
use rustix::time::{ClockId, clock_gettime};

const VALUES: usize = 20;
const BATCH: usize = 2_000;

fn main() -> Result<(), Box<dyn Error>> {
    remit_runtime::tls::install_provider();
    let mut numbers = env::args().skip(1).map(|it| it.parse::<usize>());
    let mut number = |otherwise| numbers.next().unwrap_or(Ok(otherwise));
    let (endpoints, looks) = (number(15_000)?, number(5)?);
    let database = RemoteWrite::new(RemoteWriteSettings {
        name: "nobody".into(),
        url: "https://nobody.invalid/api/v1/write".into(),
        login: None,
        ca: None,
        labels: vec![("cluster".into(), "test".into())],
    })?;
    let layout = Arc::new(Layout {
        probes: vec!["probe".into()],
        series: (0..VALUES).map(|it| (0, series(it))).collect(),
    });
    let endpoint = |n: usize| {
        let mut endpoint = sample::endpoint(n as u128);
        let mut registration = Registration::clone(&endpoint.registration);
        (registration.revoked, registration.claim) = (None, None);
        endpoint.registration = Arc::new(registration);
        endpoint.layout = Arc::clone(&layout);
        endpoint.pulse.presence = Presence::Online;
        endpoint.pulse.heard_at = Some(sample::minute(0));
        endpoint
    };
    let mut all: Vec<(Endpoint, Told)> =
        (0..endpoints).map(|it| (endpoint(it), Told::default())).collect();
    let (mut cpu, mut quiet, mut samples, mut bytes) = (0.0, 0.0, 0, 0);
    for look in 0..looks {
        let now = sample::minute(0) + SignedDuration::from_secs(10 * look as i64);
        for (nth, (endpoint, _)) in all.iter_mut().enumerate() {
            endpoint.pulse.measured = vec![Some(now)];
            let value = |it: usize| Some((nth * 31 + it * 7_919 + look * 104_729) as i64 % 9_973);
            endpoint.pulse.values = (0..VALUES).map(value).collect();
        }
        let begin = now_cpu();
        let mut waiting = Vec::new();
        for (endpoint, told) in &mut all {
            let (next, new) = news(endpoint, told, now);
            *told = next;
            waiting.extend(new);
            if waiting.len() >= BATCH {
                samples += waiting.len();
                bytes += database.pack(&waiting).len();
                waiting.clear();
            }
        }
        cpu += now_cpu() - begin;
        let begin = now_cpu();
        for (endpoint, told) in &mut all {
            *told = news(endpoint, told, now).0;
        }
        quiet += now_cpu() - begin;
    }
    let looks = looks as f64;
    println!("{endpoints} endpoints, {VALUES} values each");
    println!("{:>10.3} CPU-s for a look at what all have measured", cpu / looks);
    println!("{:>10.3} CPU-s for a look at nothing new", quiet / looks);
    println!("{:>10.2} CPU-us per sample", cpu * 1e6 / samples as f64);
    println!("{:>10.1} bytes per sample that waits", bytes as f64 / samples as f64);
    Ok(())
}

fn series(number: usize) -> Series {
    let metric = format!("metric_number_{number}").into();
    Series { metric, instance: "".into(), unit: Unit::Bytes }
}

fn now_cpu() -> f64 {
    let it = clock_gettime(ClockId::ProcessCPUTime);
    it.tv_sec as f64 + it.tv_nsec as f64 / 1e9
}
