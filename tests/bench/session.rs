//! One session of an agent that does not exist: the real stream, the real
//! encoding, one message per report.

use std::time::Duration;

use anyhow::{Context as _, bail};
use jiff::Timestamp;
use remit_proto::{
    convert::{Wire as _, report::Encoder},
    v1::{
        ConnectRequest, ConnectResponse, Hello, agent_service_client::AgentServiceClient,
        connect_request, connect_response,
    },
};
use remit_runtime::{clock::SystemClock, dial};
use remit_shared::{Answer, Clock as _, Entry, Record, Stream};
use tokio::{sync::mpsc, time};
use tokio_stream::wrappers::ReceiverStream;
use tonic::Streaming;

use crate::fleet::{self, Member};

/// How long a step of the session may take.
const PATIENCE: Duration = Duration::from_secs(30);

/// Reports on their way to the connection.
const BUFFER: usize = 128;

/// A connected agent.
pub(crate) struct Session {
    /// Who it is.
    pub(crate) member: Member,
    outgoing: mpsc::Sender<ConnectRequest>,
    incoming: Streaming<ConnectResponse>,
    encoder: Encoder,
    /// Measurements that the collector has acknowledged.
    acknowledged: u64,
}

impl Session {
    /// Connects, says hello and hears the welcome.
    pub(crate) async fn open(member: Member) -> anyhow::Result<Self> {
        let number = member.number;
        let opening = time::timeout(PATIENCE, Self::hello(member)).await;
        opening.context("no answer").and_then(|it| it).with_context(|| format!("agent {number}"))
    }

    async fn hello(mut member: Member) -> anyhow::Result<Self> {
        let channel = dial::connect(&member.address, member.config.clone(), PATIENCE).await?;
        let (outgoing, stream) = mpsc::channel(BUFFER);
        let hello = Hello {
            host: Some(fleet::host(member.number).to_wire()),
            now: Some(now().to_wire()),
            epoch: member.epoch,
            resume_token: member.resume_token.clone(),
            last_events_seq: member.events,
            last_metrics_seq: member.metrics,
            earlier_tokens: Vec::new(),
        };
        let hello = ConnectRequest { message: Some(connect_request::Message::Hello(hello)) };
        outgoing.send(hello).await?;
        let response =
            AgentServiceClient::new(channel).connect(ReceiverStream::new(stream)).await?;
        let mut incoming = response.into_inner();
        let first = incoming.message().await?.and_then(|it| it.message);
        let Some(connect_response::Message::Welcome(welcome)) = first else {
            bail!("no welcome");
        };
        if welcome.reset_epoch {
            bail!("the collector does not know the spool");
        }
        member.resume_token = welcome.resume_token;
        let encoder = Encoder::default();
        let acknowledged = welcome.metrics_through;
        Ok(Self { member, outgoing, incoming, encoder, acknowledged })
    }

    /// Sends a record, of the newest number in its stream.
    pub(crate) async fn send(&mut self, answers: Vec<Answer>) -> anyhow::Result<()> {
        self.send_as_of(now(), answers).await
    }

    /// The same of a record that was written at another time.
    pub(crate) async fn send_as_of(
        &mut self,
        at: Timestamp,
        answers: Vec<Answer>,
    ) -> anyhow::Result<()> {
        let stream = answers.first().map_or(Stream::Metrics, Answer::stream);
        let newest = match stream {
            Stream::Events => &mut self.member.events,
            Stream::Metrics => &mut self.member.metrics,
        };
        *newest += 1;
        let record = Record { stream, seq: *newest, at, entry: Entry::Answers(answers) };
        let report = connect_request::Message::Report(self.encoder.encode(&record));
        self.outgoing.send(ConnectRequest { message: Some(report) }).await?;
        Ok(())
    }

    /// Waits for the next acknowledgement; gives how many more measurements it
    /// is about.
    pub(crate) async fn acknowledged(&mut self) -> anyhow::Result<u64> {
        loop {
            let message = self.incoming.message().await?.context("the collector hung up")?;
            if let Some(connect_response::Message::Ack(ack)) = message.message {
                let before = std::mem::replace(&mut self.acknowledged, ack.metrics_through);
                return Ok(self.acknowledged - before);
            }
        }
    }

    /// Waits until every measurement that was sent is acknowledged.
    pub(crate) async fn settled(&mut self) -> anyhow::Result<()> {
        while self.acknowledged < self.member.metrics {
            time::timeout(PATIENCE, self.acknowledged()).await.context("no acknowledgement")??;
        }
        Ok(())
    }

    /// Hangs up.
    pub(crate) async fn close(self) -> Member {
        drop(self.outgoing);
        let mut incoming = self.incoming;
        let ended = async { while let Ok(Some(_)) = incoming.message().await {} };
        // Whoever does not answer a goodbye is left behind.
        let _ = time::timeout(PATIENCE, ended).await;
        self.member
    }
}

/// The time, in the milliseconds that travel.
pub(crate) fn now() -> Timestamp {
    SystemClock.now()
}
