//! What people ask while reports come: how long they wait.

use std::{future::Future, path::Path, time::Duration};

use anyhow::ensure;
use remit_proto::v1::{
    ExplainResponsibilityRequest, ListAlertsRequest, ListEndpointsRequest, Severity,
};
use tokio::{
    task,
    time::{self, Instant},
};

use crate::{
    Plan, alerts, complain,
    figure::{Figure, Found},
    fleet,
    load::Load,
    operator::Operator,
    percentile,
    site::Site,
};

/// Sessions settle in before anybody asks.
const WARM_UP: Duration = Duration::from_secs(8);

/// How often each question is asked in a run.
const ASKED: usize = 200;

/// One question in so long, all kinds in turn.
const EVERY: Duration = Duration::from_millis(25);

/// How many alerts are open, and told by other systems.
const ALERTS: usize = 4_000;

pub(crate) async fn measure(plan: &Plan) -> anyhow::Result<Vec<Found>> {
    let site = Site::open(plan, None).await?;
    let operator = site.operator().await?;
    let open = ALERTS.min(plan.alerts);
    alerts::post_all(&alerts::posters(&site, "ops", open).await?).await?;
    // All are known, and so many of them report as connections allow.
    let mut known = fleet::enroll(&operator, plan.listed).await?;
    known.truncate(plan.agents);
    let reporting = known.len();
    let load = Load::begin(fleet::connect(known).await?, plan.rate);
    time::sleep(WARM_UP).await;
    let (mut endpoints, mut listed, mut who) = (Vec::new(), Vec::new(), Vec::new());
    for _ in 0..plan.runs {
        let before = load.acknowledged();
        let began = Instant::now();
        let (credential, known) = (site.credential(), plan.listed);
        let seen = task::spawn_blocking(move || ask(&credential, known)).await??;
        let rate = (load.acknowledged() - before) as f64 / began.elapsed().as_secs_f64();
        let [a, b, c] = [&seen.endpoints, &seen.alerts, &seen.who].map(|it| percentile(it, 99.0));
        let middle = [&seen.endpoints, &seen.alerts, &seen.who].map(|it| percentile(it, 50.0));
        complain(&format!(
            "  p99 {a:.2}, {b:.2}, {c:.2} ms; p50 {:.2}, {:.2}, {:.2} ms; {rate:.0} reports/s",
            middle[0], middle[1], middle[2]
        ));
        endpoints.push(a);
        listed.push(b);
        who.push(c);
    }
    load.end().await?;
    let under = format!("while {reporting} of them report, {}/s", plan.rate);
    let of = |what: &str| format!("{what} {} endpoints, {under}", plan.listed);
    let alerts = format!("some of {open} open alerts, {under}");
    Ok(vec![
        Found { figure: Figure::QueryEndpoints, setup: of("the first page of"), runs: endpoints },
        Found { figure: Figure::QueryAlerts, setup: alerts, runs: listed },
        Found { figure: Figure::QueryWho, setup: of("one of"), runs: who },
    ])
}

/// How long each answer took, in milliseconds.
#[derive(Default)]
struct Seen {
    endpoints: Vec<f64>,
    alerts: Vec<f64>,
    who: Vec<f64>,
}

/// Asks on a thread of its own: whoever carries the reports is busy, and would
/// look at an answer late.
fn ask(credential: &Path, known: usize) -> anyhow::Result<Seen> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(async { run(&Operator::connect(credential).await?, known).await })
}

async fn run(operator: &Operator, known: usize) -> anyhow::Result<Seen> {
    let mut seen = Seen::default();
    let mut due = time::interval(EVERY);
    for nth in 0..ASKED {
        due.tick().await;
        let request = ListEndpointsRequest::default();
        let (took, page) = timed(operator.endpoints(request)).await?;
        ensure!(page.endpoints.len() == known.min(100), "the page is not full");
        seen.endpoints.push(took);
        due.tick().await;
        let request = ListAlertsRequest {
            team: "noc".into(),
            at_least: Severity::High.into(),
            ..Default::default()
        };
        let (took, page) = timed(operator.alerts(request)).await?;
        ensure!(!page.alerts.is_empty(), "there are no alerts");
        seen.alerts.push(took);
        due.tick().await;
        let request = ExplainResponsibilityRequest {
            endpoint: fleet::host(nth % known).hostname,
            function: "backup_monitoring".into(),
            ..Default::default()
        };
        let (took, _) = timed(operator.who(request)).await?;
        seen.who.push(took);
    }
    Ok(seen)
}

async fn timed<T>(asked: impl Future<Output = anyhow::Result<T>>) -> anyhow::Result<(f64, T)> {
    let began = Instant::now();
    let answer = asked.await?;
    Ok((began.elapsed().as_secs_f64() * 1e3, answer))
}
