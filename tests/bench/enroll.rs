//! Machines by the hundred that enroll in one moment, as a roll-out does: with
//! tokens for fifty each that both sides agreed on, a connection of its own for
//! each machine, and the collector's limits as they ship.

use std::{sync::Arc, time::Duration};

use anyhow::{Context as _, ensure};
use remit_proto::{
    convert::{JoinToken, Wire as _},
    v1::{EnrollRequest, enrollment_service_client::EnrollmentServiceClient},
};
use remit_runtime::{
    dial, random,
    tls::{self, KeyRequest},
};
use tokio::{
    task::JoinSet,
    time::{self, Instant},
};
use tonic::{Code, Status};

use crate::{
    Plan, complain,
    figure::{Figure, Found},
    fleet::host,
    operator::Operator,
    percentile,
    site::Site,
};

/// How many enroll.
const MACHINES: usize = 500;
/// How many one token lets in.
const PER_TOKEN: usize = 50;
/// How long each keeps trying.
const PATIENCE: Duration = Duration::from_secs(120);

/// From the first knock to the last machine that is in, how long the slowest
/// took, how many never got in, and how long it takes to let all of them in.
pub(crate) async fn measure(plan: &Plan) -> anyhow::Result<Vec<Found>> {
    let (mut all, mut slowest, mut failures, mut approvals) = (vec![], vec![], vec![], vec![]);
    for run in 0..plan.runs {
        let site = Site::open(plan, None).await?;
        let operator = site.operator().await?;
        let second = operator.second().await?;
        let mut tokens = Vec::new();
        for _ in 0..MACHINES / PER_TOKEN {
            let token = operator.token_for_many(&second, PER_TOKEN).await?;
            tokens.push(Arc::new(JoinToken::from_text(&token)?));
        }
        let began = Instant::now();
        let mut machines = JoinSet::new();
        for number in 0..MACHINES {
            let token = Arc::clone(&tokens[number / PER_TOKEN]);
            machines.spawn(one(token, number, began));
        }
        let ended = machines.join_all().await;
        let took = began.elapsed();
        let in_time: Vec<_> = ended.iter().filter_map(|it| it.as_ref().ok()).collect();
        let waits: Vec<f64> = in_time.iter().map(|it| it.took.as_secs_f64()).collect();
        let attempts: usize = in_time.iter().map(|it| it.attempts).sum();
        for err in ended.iter().filter_map(|it| it.as_ref().err()).take(3) {
            complain(&format!("  failed: {err:#}"));
        }
        let (letting_in, count) = let_in(&operator).await?;
        ensure!(count == in_time.len(), "{count} wait, {} came in", in_time.len());
        complain(&format!(
            "  run {run}: {:.1} s, {} of {MACHINES} in, {attempts} attempts; all let in in {:.1} s",
            took.as_secs_f64(),
            in_time.len(),
            letting_in.as_secs_f64()
        ));
        all.push(took.as_secs_f64());
        slowest.push(percentile(&waits, 99.0));
        failures.push((MACHINES - in_time.len()) as f64);
        approvals.push(letting_in.as_secs_f64());
    }
    let setup = format!("{MACHINES} at once, one address, limits as shipped");
    let found = |figure, runs| Found { figure, setup: setup.clone(), runs };
    Ok(vec![
        found(Figure::Enroll, all),
        found(Figure::EnrollP99, slowest),
        found(Figure::EnrollFailures, failures),
        found(Figure::EnrollApprove, approvals),
    ])
}

/// A machine that is in.
struct Done {
    took: Duration,
    attempts: usize,
}

/// Enrolls as the agent does: it comes back when it is told to.
async fn one(token: Arc<JoinToken>, number: usize, began: Instant) -> anyhow::Result<Done> {
    let request = KeyRequest::new()?;
    let mut attempts = 0;
    loop {
        attempts += 1;
        let status = match knock(&token, &request, number).await? {
            Ok(()) => return Ok(Done { took: began.elapsed(), attempts }),
            Err(status) => status,
        };
        let wait = if status.code() == Code::ResourceExhausted {
            let hint = status.metadata().get("grpc-retry-pushback-ms");
            let hint = hint.and_then(|it| it.to_str().ok()).and_then(|it| it.parse().ok());
            Duration::from_millis(hint.context("it was not told when to come back")?)
        } else {
            let took_too_long = matches!(status.code(), Code::Cancelled | Code::DeadlineExceeded);
            ensure!(took_too_long, "{status}");
            Duration::from_secs(1)
        };
        ensure!(began.elapsed() + wait < PATIENCE, "it was told to wait for too long");
        time::sleep(wait + Duration::from_millis(random::u64() % 250)).await;
    }
}

async fn knock(
    token: &JoinToken,
    request: &KeyRequest,
    number: usize,
) -> anyhow::Result<Result<(), Status>> {
    let config = tls::pinned_client_config(token.ca_pin)?;
    let address = token.addresses.first().context("a token without address")?;
    let channel = dial::connect(address, config, Duration::from_secs(30)).await?;
    let asked = EnrollRequest {
        token_secret: token.secret.to_vec(),
        csr: request.csr.clone(),
        host: Some(host(number).to_wire()),
        kind: 0,
    };
    Ok(EnrollmentServiceClient::new(channel).enroll(asked).await.map(drop))
}

/// Lets in all that wait, one after the other, as `remit endpoint approve` does.
async fn let_in(operator: &Operator) -> anyhow::Result<(Duration, usize)> {
    let waiting = operator.waiting().await?;
    let began = Instant::now();
    for endpoint in &waiting {
        operator.approve(endpoint).await?;
    }
    Ok((began.elapsed(), waiting.len()))
}
