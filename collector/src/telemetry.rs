//! What the collector counts. Names end in their unit; labels come from closed
//! sets; no ids, no tenants.

use std::time::Duration;

use metrics::{counter, describe_counter, describe_gauge, describe_histogram, gauge, histogram};
use metrics_exporter_prometheus::{BuildError, PrometheusBuilder, PrometheusHandle};
use remit_collector_domain::invariants::Invariant;
use tokio::time;
use tokio_util::sync::CancellationToken;

/// How often times become counts.
const SUMMED_UP_EVERY: Duration = Duration::from_secs(5);

/// Starts counting. Once per process.
pub fn install() -> Result<PrometheusHandle, BuildError> {
    const SECONDS: [f64; 10] = [0.0005, 0.001, 0.002, 0.005, 0.01, 0.05, 0.1, 0.5, 1.0, 5.0];
    let handle = PrometheusBuilder::new().set_buckets(&SECONDS)?.install_recorder()?;
    describe_counter!("remit_records_applied_total", "Records of agents that became durable.");
    describe_counter!("remit_sessions_refused_total", "Agent sessions that were not opened.");
    describe_gauge!("remit_sessions", "Agent sessions that are open.");
    describe_counter!("remit_messages_total", "Attempts to deliver a message, by outcome.");
    describe_counter!("remit_told_total", "Alerts and events of sources, by outcome.");
    describe_histogram!("remit_commit_seconds", "Time from a batch of records to its durability.");
    describe_counter!("remit_samples_total", "Samples for time-series databases, by outcome.");
    describe_gauge!("remit_samples_waiting", "Samples that wait to be sent.");
    describe_gauge!("remit_effects_owed", "Messages that are on their way.");
    describe_gauge!(
        "remit_clock_doubted",
        "1 while the clock is too far ahead for anything to be forgotten by it."
    );
    describe_counter!("remit_invariant_violations_total", "What must hold and did not, by what.");
    describe_counter!("remit_audit_rounds_total", "Looks at all that must hold, by outcome.");
    Ok(handle)
}

/// Sums up what was timed until told to stop. Each time is kept until then, and
/// somebody must do it even where nobody asks for metrics.
pub async fn sum_up(handle: PrometheusHandle, stop: CancellationToken) {
    let mut round = time::interval(SUMMED_UP_EVERY);
    while stop.run_until_cancelled(round.tick()).await.is_some() {
        handle.run_upkeep();
    }
}

/// A batch of records became durable.
pub fn batch_applied(records: usize, seconds: f64) {
    counter!("remit_records_applied_total").increment(records as u64);
    histogram!("remit_commit_seconds").record(seconds);
}

/// A session began or ended.
pub fn sessions(open: usize) {
    gauge!("remit_sessions").set(open as f64);
}

/// A session was not opened.
pub fn session_refused() {
    counter!("remit_sessions_refused_total").increment(1);
}

/// An attempt to deliver a message.
pub fn message(outcome: &'static str) {
    counter!("remit_messages_total", "outcome" => outcome).increment(1);
}

/// How many messages are on their way.
pub fn owed(effects: usize) {
    gauge!("remit_effects_owed").set(effects as f64);
}

/// Whether the clock is believed that something is too old to be kept.
pub fn clock_doubted(doubted: bool) {
    gauge!("remit_clock_doubted").set(f64::from(u8::from(doubted)));
}

/// Something that must hold does not.
pub fn violated(invariant: Invariant) {
    counter!("remit_invariant_violations_total", "invariant" => invariant.as_str()).increment(1);
}

/// Somebody looked at all that must hold. What was never violated counts, too.
pub fn audited(outcome: &'static str) {
    for invariant in Invariant::ALL {
        let word = invariant.as_str();
        counter!("remit_invariant_violations_total", "invariant" => word).increment(0);
    }
    counter!("remit_audit_rounds_total", "outcome" => outcome).increment(1);
}

/// A source told something.
pub fn told(taken: usize, refused: usize) {
    counter!("remit_told_total", "outcome" => "taken").increment(taken as u64);
    counter!("remit_told_total", "outcome" => "refused").increment(refused as u64);
}

/// What became of samples for a time-series database, as the settings name it.
pub fn samples(to: &str, outcome: &'static str, count: usize) {
    counter!("remit_samples_total", "to" => to.to_owned(), "outcome" => outcome)
        .increment(count as u64);
}

/// How many samples wait to be sent there.
pub fn samples_waiting(to: &str, count: usize) {
    gauge!("remit_samples_waiting", "to" => to.to_owned()).set(count as f64);
}
