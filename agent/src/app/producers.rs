//! Whoever has something to say.

use std::{collections::BTreeMap, sync::Arc};

use remit_runtime::{clock::SystemClock, random, supervise::Supervisor};
use remit_shared::{Answer, RunId};
use tokio::sync::{mpsc, watch};
use tokio_util::sync::CancellationToken;
use tracing::info;

use crate::{
    app::RunError,
    budget::Standing,
    config::Config,
    inbox::{self, Delivery},
    ping,
    probe::{Probe, registry},
    scheduler::Scheduler,
};

/// Where they say it.
pub(super) struct Outlets {
    /// For the probes.
    pub(super) answers: mpsc::Sender<Vec<Answer>>,
    /// For those who wait until it is stored.
    pub(super) deliveries: mpsc::Sender<Delivery>,
}

/// Starts the probes, the inbox and the ping endpoint. `itself` measures the
/// agent, and says by the other what it can do without.
pub(super) async fn start(
    config: &Config,
    supervisor: &Supervisor,
    stop: &CancellationToken,
    Outlets { answers, deliveries }: Outlets,
    (itself, budget): (Box<dyn Probe>, watch::Receiver<Standing>),
) -> Result<(), RunError> {
    let plans = registry::called_for(config)?.into_iter().chain([itself]).map(|it| {
        let plan = config.plan(it.name());
        (it, plan)
    });
    let scheduler = Scheduler::start(plans.collect(), SystemClock, answers)?.within(budget);
    supervisor.spawn_critical("scheduler", scheduler.run(stop.clone()));
    let inbox = inbox::watch(config.inbox(), deliveries.clone(), stop.clone());
    supervisor.spawn("inbox", inbox);
    if let Some(at) = config.ping {
        let listener = ping::bind(at).await?;
        info!(%at, "listening for pings");
        let jobs = &config.backups.jobs;
        let settings = ping::Settings {
            jobs: jobs
                .iter()
                .map(|it| (it.name.clone(), it.product.clone()))
                .collect::<BTreeMap<_, _>>(),
            create: config.ping_creates,
            ledger: config.state_dir.join("ping-runs.json"),
            clock: Arc::new(SystemClock),
            ids: Box::new(|| RunId::from_uuid(random::uuid())),
        };
        supervisor.spawn("ping", ping::serve(listener, settings, deliveries, stop.clone()));
    }
    Ok(())
}
