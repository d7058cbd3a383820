//! The collector over gRPC and mutual TLS: one stream each way.

#[cfg(test)]
mod tests;

use std::{error::Error, fmt, future, pin::Pin, sync::Arc, time::Duration};

use remit_agent_domain::{session::Welcome, spool::Marks};
use remit_proto::{
    convert::{InvalidMessage, Wire as _, report::Encoder, required, seconds},
    v1::{self, agent_service_client::AgentServiceClient, connect_request, connect_response},
};
use remit_runtime::{
    dial::{self, DialError, Proxies},
    random, tls,
};
use remit_shared::{Backoff, Chain};
use tokio::{sync::mpsc, time};
use tokio_rustls::rustls::ClientConfig;
use tokio_stream::wrappers::ReceiverStream;
use tonic::{Code, Status, Streaming, transport::Channel};
use tracing::debug;

use crate::{
    identity::IdentityFolder,
    uplink::{Hello, Incoming, Link, Outgoing, Uplink, UplinkError},
};

/// How long one address may take to connect. Shaking hands over a bad link
/// takes long.
const PATIENCE: Duration = Duration::from_secs(30);

/// Messages between us and the connection; more than a window of reports.
const BUFFER: usize = 512;

/// Finds the collector at the addresses that enrollment or the settings name:
/// the first that answers, in their order.
#[derive(Clone, Debug)]
pub struct GrpcUplink {
    identity: IdentityFolder,
    addresses: Vec<String>,
    proxies: Proxies,
    return_after: Duration,
}

/// A channel, and which of the addresses it leads to.
struct Reached {
    channel: Channel,
    address: Arc<str>,
    /// The one that comes first, if it is another.
    first: Option<(String, Arc<ClientConfig>)>,
}

impl GrpcUplink {
    /// Uses the identity in the folder, as it is at each attempt. `addresses`,
    /// if there are any, replace those that enrollment gave.
    pub fn new(identity: IdentityFolder, addresses: Vec<String>) -> Self {
        let (proxies, return_after) = (Proxies::default(), Duration::from_mins(10));
        Self { identity, addresses, proxies, return_after }
    }

    /// The same, through proxies where these rules say so.
    pub fn through(self, proxies: Proxies) -> Self {
        Self { proxies, ..self }
    }

    /// The same, that asks the first address again after so long if another
    /// one serves.
    pub fn returning_after(self, return_after: Duration) -> Self {
        Self { return_after, ..self }
    }

    /// Exchanges the certificate for one for the key in this request.
    pub async fn renew(&self, csr: Vec<u8>) -> Result<v1::RenewResponse, UplinkError> {
        let mut client = AgentServiceClient::new(self.reach().await?.channel);
        let response = client.renew(v1::RenewRequest { csr }).await;
        Ok(response.map_err(|it| failed("renew the certificate", it))?.into_inner())
    }

    /// A connection to the first address that has one for us.
    async fn reach(&self) -> Result<Reached, UplinkError> {
        let identity = |err| UplinkError::Identity(Box::new(err));
        let credentials = self.identity.load().map_err(identity)?;
        let config = tls::client_config(&credentials.roots, Some(&credentials.identity))
            .map_err(|err| UplinkError::Identity(Box::new(err)))?;
        let addresses = match self.addresses.as_slice() {
            [] => &credentials.endpoint.agent_addresses,
            configured => configured,
        };
        let mut worst = None;
        for (index, address) in addresses.iter().enumerate() {
            match self.dial(address, &config).await {
                Ok(channel) => {
                    let first = addresses.first().filter(|_| index > 0).cloned();
                    let first = first.map(|it| (it, config));
                    return Ok(Reached { channel, address: address.as_str().into(), first });
                }
                Err(err) => {
                    debug!(address, error = %Chain(&err), "no connection");
                    let err = sorted("connect", err);
                    // A refusal says more than a collector that is away.
                    if !matches!(worst, Some(UplinkError::Refused(_) | UplinkError::Ended { .. })) {
                        worst = Some(err);
                    }
                }
            }
        }
        Err(worst.unwrap_or_else(|| UplinkError::Network {
            attempt: "connect",
            source: "no collector address is known".into(),
        }))
    }
}

impl GrpcUplink {
    async fn dial(&self, address: &str, config: &Arc<ClientConfig>) -> Result<Channel, DialError> {
        dial::connect_through(&self.proxies, address, Arc::clone(config), PATIENCE).await
    }

    /// Waits until an address answers that did not.
    async fn answers_again(self, address: String, config: Arc<ClientConfig>) {
        // Machines that went over to the second address together must not go
        // back together.
        let half = (self.return_after / 2).try_into().unwrap_or_default();
        let spread = Backoff { base: half, max: half };
        loop {
            let more = spread.wait(1, random::u64()).unsigned_abs();
            time::sleep(self.return_after / 2 + more).await;
            match self.dial(&address, &config).await {
                Ok(_) => return,
                Err(err) => debug!(address, error = %Chain(&err), "still no connection"),
            }
        }
    }
}

impl Uplink for GrpcUplink {
    type Link = GrpcLink;

    async fn open(&self, hello: Hello) -> Result<GrpcLink, UplinkError> {
        let Reached { channel, address, first } = self.reach().await?;
        let first = first.map(|(first, config)| {
            let answers: Pin<Box<dyn Future<Output = ()> + Send>> =
                Box::pin(self.clone().answers_again(first, config));
            answers
        });
        let mut client = AgentServiceClient::new(channel);
        let (outgoing, stream) = mpsc::channel(BUFFER);
        let (reports, previews) = (Encoder::default(), Encoder::default());
        let mut link = GrpcLink { outgoing, incoming: None, reports, previews, address, first };
        link.push(connect_request::Message::Hello(v1::Hello {
            host: Some(hello.host.to_wire()),
            now: Some(hello.now.to_wire()),
            epoch: hello.epoch,
            resume_token: hello.resume_token,
            last_events_seq: hello.last.events,
            last_metrics_seq: hello.last.metrics,
            earlier_tokens: hello.earlier,
        }))?;
        let response = client.connect(ReceiverStream::new(stream)).await;
        link.incoming = Some(response.map_err(|it| failed("open a session", it))?.into_inner());
        Ok(link)
    }
}

/// One stream each way.
pub struct GrpcLink {
    outgoing: mpsc::Sender<v1::ConnectRequest>,
    incoming: Option<Streaming<v1::ConnectResponse>>,
    reports: Encoder,
    previews: Encoder,
    address: Arc<str>,
    /// Ends once the first address answers, if this is another.
    first: Option<Pin<Box<dyn Future<Output = ()> + Send>>>,
}

impl fmt::Debug for GrpcLink {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("GrpcLink").field("address", &self.address).finish_non_exhaustive()
    }
}

impl GrpcLink {
    fn push(&mut self, message: connect_request::Message) -> Result<(), UplinkError> {
        let message = v1::ConnectRequest { message: Some(message) };
        // Full means that the connection has taken nothing for a whole window.
        self.outgoing.try_send(message).map_err(|_| UplinkError::Closed)
    }
}

impl Link for GrpcLink {
    fn send(&mut self, message: Outgoing) -> Result<(), UplinkError> {
        let message = match message {
            Outgoing::Report(record) => {
                connect_request::Message::Report(self.reports.encode(&record))
            }
            Outgoing::Preview(record) => {
                connect_request::Message::Preview(self.previews.encode(&record))
            }
            Outgoing::Heartbeat { queued } => {
                connect_request::Message::Heartbeat(v1::Heartbeat { queued })
            }
            Outgoing::Goodbye(departure) => {
                connect_request::Message::Goodbye(v1::Goodbye { departure: departure.to_wire() })
            }
        };
        self.push(message)
    }

    fn address(&self) -> &Arc<str> {
        &self.address
    }

    async fn receive(&mut self) -> Result<Incoming, UplinkError> {
        let incoming = self.incoming.as_mut().ok_or(UplinkError::Closed)?;
        let first = async {
            match &mut self.first {
                Some(first) => first.await,
                None => future::pending().await,
            }
        };
        let message = tokio::select! {
            message = incoming.message() => message,
            () = first => {
                self.first = None;
                return Ok(Incoming::FirstAnswers);
            }
        };
        match message {
            Ok(Some(response)) => understand(response).map_err(UplinkError::Protocol),
            Ok(None) => Err(UplinkError::Closed),
            Err(status) => Err(failed("hold the session", status)),
        }
    }

    async fn finish(self) {
        // Closes our half of the stream; the collector answers by closing its own.
        drop(self.outgoing);
        let Some(mut incoming) = self.incoming else { return };
        while let Ok(Some(_)) = incoming.message().await {}
    }
}

fn understand(response: v1::ConnectResponse) -> Result<Incoming, InvalidMessage> {
    let message = response.message.ok_or_else(|| InvalidMessage::missing("message"))?;
    Ok(match message {
        connect_response::Message::Welcome(it) => {
            let heartbeat = it.settings.as_ref().map(heartbeat).transpose()?;
            let through = Marks { events: it.events_through, metrics: it.metrics_through };
            let welcome = Welcome {
                through,
                resume_token: it.resume_token,
                reset_epoch: it.reset_epoch,
                heartbeat,
                takes_previews: it.takes_previews,
            };
            Incoming::Welcome(welcome, required("welcome.now", it.now)?)
        }
        connect_response::Message::Ack(it) => {
            Incoming::Acknowledged(Marks { events: it.events_through, metrics: it.metrics_through })
        }
        connect_response::Message::Settings(it) => Incoming::Paced(heartbeat(&it)?),
        connect_response::Message::Reconnect(it) => Incoming::SentAway {
            after: seconds("reconnect.after_seconds", it.after_seconds.into())?,
            reason: it.reason.chars().take(200).collect(),
        },
    })
}

fn heartbeat(settings: &v1::Settings) -> Result<jiff::SignedDuration, InvalidMessage> {
    let field = "settings.heartbeat_seconds";
    // More often than each second would be a mistake that costs the network.
    seconds(field, settings.heartbeat_seconds.max(1).into())
}

fn failed(attempt: &'static str, status: Status) -> UplinkError {
    if [Code::Unauthenticated, Code::PermissionDenied].contains(&status.code()) {
        return UplinkError::Refused(status.message().into());
    }
    sorted(attempt, status)
}

/// Tells "we are not believed" and "we cannot believe them" from "there is no
/// way": only the causes know.
fn sorted(attempt: &'static str, err: impl Error + Send + Sync + 'static) -> UplinkError {
    if tls::is_certificate_refused(&err) {
        return UplinkError::Refused(Box::new(err));
    }
    match tls::server_ended(&err) {
        Some(at) => UplinkError::Ended { at, source: Box::new(err) },
        None => UplinkError::Network { attempt, source: Box::new(err) },
    }
}
