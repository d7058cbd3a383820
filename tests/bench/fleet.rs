//! Many agents that do not exist: an identity each, and what they remember.

use std::{ops::Range, sync::Arc, time::Duration};

use anyhow::Context as _;
use remit_proto::{
    convert::Wire as _,
    v1::{EnrollRequest, enrollment_service_client::EnrollmentServiceClient},
};
use remit_runtime::{
    dial, random,
    tls::{self, Identity, KeyRequest},
};
use remit_shared::Host;
use rustls::{ClientConfig, pki_types::CertificateDer};
use tokio::{task::JoinSet, time};
use tonic::Code;

use crate::{operator::Operator, session::Session};

/// How many enroll over one connection, one after the other.
const PER_CONNECTION: usize = 50;

/// Handshakes that are begun at once, as many as a collector lets one address
/// begin.
pub(crate) const AT_ONCE: usize = 64;

/// One agent between its sessions.
pub(crate) struct Member {
    /// Its place in the fleet.
    pub(crate) number: usize,
    /// Where the agent plane is.
    pub(crate) address: String,
    /// Its certificate, and whom it believes.
    pub(crate) config: Arc<ClientConfig>,
    /// The life of its spool.
    pub(crate) epoch: u64,
    /// What the collector gave it last.
    pub(crate) resume_token: Vec<u8>,
    /// The newest numbers of its streams.
    pub(crate) events: u64,
    /// The same for measurements.
    pub(crate) metrics: u64,
}

/// Enrolls so many agents, each with a token of its own: one for many takes the
/// other side's consent.
pub(crate) async fn enroll(operator: &Operator, count: usize) -> anyhow::Result<Vec<Member>> {
    enroll_more(operator, 0..count).await
}

/// The same for those with these numbers.
pub(crate) async fn enroll_more(
    operator: &Operator,
    numbers: Range<usize>,
) -> anyhow::Result<Vec<Member>> {
    let mut tasks = JoinSet::new();
    let mut fleet = Vec::with_capacity(numbers.len());
    for first in numbers.clone().step_by(PER_CONNECTION) {
        let count = PER_CONNECTION.min(numbers.end - first);
        tasks.spawn(enroll_some(operator.clone(), first, count));
        if tasks.len() >= 8 {
            fleet.extend(tasks.join_next().await.context("no task")???);
        }
    }
    while let Some(some) = tasks.join_next().await {
        fleet.extend(some??);
    }
    fleet.sort_by_key(|it: &Member| it.number);
    Ok(fleet)
}

async fn enroll_some(
    operator: Operator,
    first: usize,
    count: usize,
) -> anyhow::Result<Vec<Member>> {
    let token = operator.join_token().await?;
    let config = tls::pinned_client_config(token.ca_pin)?;
    let address = token.addresses.first().context("a token without address")?;
    let channel = dial::connect(address, config, Duration::from_secs(10)).await?;
    let mut client = EnrollmentServiceClient::new(channel);
    let mut members = Vec::with_capacity(count);
    for number in first..first + count {
        let token = operator.join_token().await?;
        let request = KeyRequest::new()?;
        let asked = EnrollRequest {
            token_secret: token.secret.to_vec(),
            csr: request.csr,
            host: Some(host(number).to_wire()),
            kind: 0,
        };
        // A collector looks at a hundred a second; an agent that is told so
        // comes again, and so do these.
        let response = loop {
            match client.enroll(asked.clone()).await {
                Ok(response) => break response.into_inner(),
                Err(status) if status.code() == Code::ResourceExhausted => {
                    time::sleep(Duration::from_millis(50)).await;
                }
                Err(status) => return Err(status.into()),
            }
        };
        let chain = response.certificate_chain.into_iter().map(CertificateDer::from).collect();
        let roots: Vec<_> = response.ca_roots.into_iter().map(CertificateDer::from).collect();
        let identity = Identity { chain, key: request.key };
        members.push(Member {
            number,
            address: response.agent_addresses.first().context("no agent address")?.clone(),
            config: tls::client_config(&roots, Some(&identity))?,
            epoch: random::u64(),
            resume_token: Vec::new(),
            events: 0,
            metrics: 0,
        });
    }
    Ok(members)
}

/// Connects all of them, as fast as the collector lets them in.
pub(crate) async fn connect(fleet: Vec<Member>) -> anyhow::Result<Vec<Session>> {
    let mut tasks = JoinSet::new();
    let mut sessions = Vec::with_capacity(fleet.len());
    for member in fleet {
        tasks.spawn(Session::open(member));
        if tasks.len() >= AT_ONCE {
            sessions.push(tasks.join_next().await.context("no task")???);
        }
    }
    while let Some(session) = tasks.join_next().await {
        sessions.push(session??);
    }
    Ok(sessions)
}

/// Ends all sessions; gives the agents back.
pub(crate) async fn disconnect(sessions: Vec<Session>) -> Vec<Member> {
    let mut tasks = JoinSet::new();
    for session in sessions {
        tasks.spawn(session.close());
    }
    tasks.join_all().await
}

/// What an agent says of its machine.
pub(crate) fn host(number: usize) -> Host {
    Host {
        hostname: format!("bench-{number:05}"),
        os: "debian".into(),
        os_version: "12".into(),
        kernel: "6.1.0-28-amd64".into(),
        arch: "x86_64".into(),
        agent_version: env!("CARGO_PKG_VERSION").into(),
        machine_id: format!("{number:032x}"),
        booted_at: None,
        zone: "UTC".into(),
    }
}
