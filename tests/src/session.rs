//! One session with the agent plane, message by message.

use std::time::Duration;

use remit_proto::{
    convert::report::Encoder,
    v1::{self, connect_request, connect_response},
};
use remit_shared::{Record, Stream};
use tokio::{sync::mpsc, time};
use tonic::{Status, Streaming};

use crate::soon;

/// A session that was welcomed.
#[derive(Debug)]
pub struct Session {
    /// What the collector said first.
    pub welcome: v1::Welcome,
    out: mpsc::Sender<v1::ConnectRequest>,
    inbound: Streaming<v1::ConnectResponse>,
    encoder: Encoder,
    previews: Encoder,
}

impl Session {
    pub(crate) fn new(
        welcome: v1::Welcome,
        out: mpsc::Sender<v1::ConnectRequest>,
        inbound: Streaming<v1::ConnectResponse>,
    ) -> Self {
        let (encoder, previews) = (Encoder::default(), Encoder::default());
        Self { welcome, out, inbound, encoder, previews }
    }

    /// Sends a message, whatever it is. Whether it arrives, nobody knows.
    pub async fn send(&self, message: connect_request::Message) {
        let request = v1::ConnectRequest { message: Some(message) };
        // A session that has ended says so when it is listened to.
        let _ = self.out.send(request).await;
    }

    /// Sends a record.
    pub async fn report(&mut self, record: &Record) {
        let report = self.encoder.encode(record);
        self.send(connect_request::Message::Report(report)).await;
    }

    /// Tells a record ahead of its turn.
    pub async fn preview(&mut self, record: &Record) {
        let report = self.previews.encode(record);
        self.send(connect_request::Message::Preview(report)).await;
    }

    /// Sends a sign of life.
    pub async fn heartbeat(&self) {
        self.send(connect_request::Message::Heartbeat(v1::Heartbeat::default())).await;
    }

    /// Waits until a record is acknowledged, or the session ends.
    pub async fn acknowledged(&mut self, stream: Stream, seq: u64) -> Result<(), Status> {
        loop {
            let Some(message) = soon("a record is acknowledged", self.inbound.message()).await?
            else {
                return Err(Status::ok("the session is over"));
            };
            if let Some(connect_response::Message::Ack(ack)) = message.message {
                let through = match stream {
                    Stream::Events => ack.events_through,
                    Stream::Metrics => ack.metrics_through,
                };
                if through >= seq {
                    return Ok(());
                }
            }
        }
    }

    /// The next acknowledgement, however long it takes.
    pub async fn next_ack(&mut self) -> Result<v1::Ack, Status> {
        loop {
            let message = self.inbound.message().await?;
            let message = message.ok_or_else(|| Status::ok("the session is over"))?;
            if let Some(connect_response::Message::Ack(ack)) = message.message {
                return Ok(ack);
            }
        }
    }

    /// Listens until the collector says when to come back; `None` if the session
    /// ends without a word of that.
    pub async fn sent_away(&mut self) -> Option<v1::Reconnect> {
        let answer = async {
            while let Ok(Some(response)) = self.inbound.message().await {
                if let Some(connect_response::Message::Reconnect(it)) = response.message {
                    return Some(it);
                }
            }
            None
        };
        soon("the session ends", answer).await
    }

    /// Listens for the session's end, and gives the reason.
    pub async fn end(&mut self) -> Status {
        soon("the session ends", async {
            loop {
                match self.inbound.message().await {
                    Ok(Some(_)) => {}
                    Ok(None) => return Status::ok("the session is over"),
                    Err(status) => return status,
                }
            }
        })
        .await
    }

    /// The same, if it ends within a length of time.
    pub async fn ends_within(&mut self, length: Duration) -> Option<Status> {
        time::timeout(length, self.end()).await.ok()
    }
}
