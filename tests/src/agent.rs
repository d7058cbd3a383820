//! An agent whose history is written by the test: any number, epoch, token and
//! clock.

use std::fmt;

use jiff::{SignedDuration, Timestamp};
use remit_proto::{
    convert::{JoinToken, Wire as _},
    v1::{
        self, agent_service_client::AgentServiceClient, connect_request, connect_response,
        enrollment_service_client::EnrollmentServiceClient,
    },
};
use remit_runtime::{
    clock::SystemClock,
    dial::{self, DialError},
    random,
    tls::{self, Identity, KeyRequest},
};
use remit_shared::{Answer, Body, Chain, Clock as _, Entry, Host, Reading, Record, Stream, Unit};
use rustls_pki_types::CertificateDer;
use tokio::sync::mpsc;
use tokio_stream::wrappers::ReceiverStream;
use tonic::{Status, Streaming, transport::Channel};

use crate::{Session, operator::PATIENCE, soon};

/// The first answer, and both ways of a session.
type Answered = (
    Option<connect_response::Message>,
    mpsc::Sender<v1::ConnectRequest>,
    Streaming<v1::ConnectResponse>,
);

/// Why there is no session, or no identity.
#[derive(Debug)]
pub enum Refused {
    /// The connection was refused.
    Connection(DialError),
    /// The call was.
    Call(Status),
}

impl Refused {
    /// What the collector said, or what happened instead.
    pub fn message(&self) -> String {
        match self {
            Self::Connection(err) => Chain(err).to_string(),
            Self::Call(status) => status.message().to_owned(),
        }
    }

    /// Whether the collector's TLS turned the certificate down.
    pub fn is_untrusted(&self) -> bool {
        match self {
            Self::Connection(err) => tls::is_certificate_refused(err),
            Self::Call(_) => false,
        }
    }
}

impl fmt::Display for Refused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message())
    }
}

/// Shows a token and a key to the enrollment listener.
pub async fn ask_to_enroll(
    token: &str,
    key: &KeyRequest,
    host: &Host,
) -> Result<v1::EnrollResponse, Refused> {
    let token = JoinToken::from_text(token).expect("the test's token reads");
    let config = tls::pinned_client_config(token.ca_pin).expect("the pin is a hash");
    let channel = dial::connect(&token.addresses[0], config, PATIENCE).await;
    let asked = v1::EnrollRequest {
        token_secret: token.secret.to_vec(),
        csr: key.csr.clone(),
        host: Some(host.to_wire()),
        kind: v1::EndpointKind::Server.into(),
    };
    let mut client = EnrollmentServiceClient::new(channel.map_err(Refused::Connection)?);
    Ok(client.enroll(asked).await.map_err(Refused::Call)?.into_inner())
}

/// An enrolled agent and its spool. A clone is a copied disk.
#[derive(Clone, Debug)]
pub struct FakeAgent {
    /// The endpoint that it is.
    pub id: String,
    /// What it says of its machine.
    pub host: Host,
    /// What it proves itself with.
    pub identity: Identity,
    /// Whom it believes.
    pub roots: Vec<CertificateDer<'static>>,
    /// Where it reports to.
    pub address: String,
    /// How far its clock is ahead of ours.
    pub ahead: SignedDuration,
    /// Its spool's life.
    pub epoch: u64,
    /// What it was given in its last session.
    pub resume_token: Vec<u8>,
    /// All it ever spooled in this epoch.
    pub records: Vec<Record>,
}

impl FakeAgent {
    /// Enrolls with a new key.
    pub async fn enroll(token: &str, hostname: &str) -> Result<Self, Refused> {
        let (key, host) = (KeyRequest::new().expect("there is randomness"), host(hostname));
        let answer = ask_to_enroll(token, &key, &host).await?;
        let certificates = |all: Vec<Vec<u8>>| all.into_iter().map(CertificateDer::from).collect();
        Ok(Self {
            id: answer.endpoint_id,
            host,
            identity: Identity { chain: certificates(answer.certificate_chain), key: key.key },
            roots: certificates(answer.ca_roots),
            address: answer.agent_addresses[0].clone(),
            ahead: SignedDuration::ZERO,
            epoch: random::u64(),
            resume_token: Vec::new(),
            records: Vec::new(),
        })
    }

    /// What its clock shows.
    pub fn now(&self) -> Timestamp {
        SystemClock.now() + self.ahead
    }

    /// The newest number that it spooled in a stream.
    pub fn last(&self, stream: Stream) -> u64 {
        let of_stream = self.records.iter().filter(|it| it.stream == stream);
        of_stream.map(|it| it.seq).max().unwrap_or(0)
    }

    /// Spools an answer of a probe, as of now.
    pub fn answer(&mut self, probe: &str, body: Body) -> Record {
        self.answer_at(self.now(), probe, body)
    }

    /// Spools how full the root filesystem is, in thousandths.
    pub fn disk(&mut self, permille: i64) -> Record {
        self.disk_at(self.now(), permille)
    }

    /// The same, as of some time.
    pub fn disk_at(&mut self, at: Timestamp, permille: i64) -> Record {
        let reading = Reading::of("disk_used", "/", Unit::Permille, permille);
        self.answer_at(at, "disk", Body::Readings(vec![reading]))
    }

    /// Spools an answer of a probe, as of some time.
    pub fn answer_at(&mut self, at: Timestamp, probe: &str, body: Body) -> Record {
        self.spool(at, Answer::full(probe, "a test", at, body))
    }

    /// Spools an answer that is more than its body.
    pub fn spool(&mut self, at: Timestamp, answer: Answer) -> Record {
        let stream = answer.stream();
        let seq = self.last(stream) + 1;
        let record = Record { stream, seq, at, entry: Entry::Answers(vec![answer]) };
        self.records.push(record.clone());
        record
    }

    /// Spools a declaration that the next so many records are lost.
    pub fn lose(&mut self, stream: Stream, count: u64, reason: &str) -> Record {
        let last = self.last(stream);
        let entry = Entry::Gap { from: last + 1, reason: reason.into() };
        let record = Record { stream, seq: last + count, at: self.now(), entry };
        self.records.push(record.clone());
        record
    }

    /// A connection to the agent plane, before anything is said.
    pub async fn dial(&self) -> Result<Channel, Refused> {
        let config = tls::client_config(&self.roots, Some(&self.identity))
            .expect("the enrollment gave a usable identity");
        dial::connect(&self.address, config, PATIENCE).await.map_err(Refused::Connection)
    }

    /// What it says first.
    pub fn hello(&self) -> v1::Hello {
        v1::Hello {
            host: Some(self.host.to_wire()),
            now: Some(self.now().to_wire()),
            epoch: self.epoch,
            resume_token: self.resume_token.clone(),
            last_events_seq: self.last(Stream::Events),
            last_metrics_seq: self.last(Stream::Metrics),
            earlier_tokens: Vec::new(),
        }
    }

    /// Opens a session, and keeps the token that it is given.
    pub async fn connect(&mut self) -> Result<Session, Refused> {
        let channel = self.dial().await?;
        let session = self.greet(channel, self.hello()).await.map_err(Refused::Call)?;
        if !session.welcome.reset_epoch {
            self.resume_token.clone_from(&session.welcome.resume_token);
        }
        Ok(session)
    }

    /// Opens a session with a hello of the test's own.
    pub async fn greet(&self, channel: Channel, hello: v1::Hello) -> Result<Session, Status> {
        match self.say_hello(channel, hello).await? {
            (Some(connect_response::Message::Welcome(welcome)), out, inbound) => {
                Ok(Session::new(welcome, out, inbound))
            }
            (other, ..) => panic!("a session starts with a welcome, not with {other:?}"),
        }
    }

    async fn say_hello(&self, channel: Channel, hello: v1::Hello) -> Result<Answered, Status> {
        // Room for all that a test sends, so that it can send first and listen later.
        let (out, requests) = mpsc::channel(4_096);
        let hello = connect_request::Message::Hello(hello);
        let first = v1::ConnectRequest { message: Some(hello) };
        out.send(first).await.expect("the other end is held right here");
        let mut client = AgentServiceClient::new(channel);
        let call = client.connect(ReceiverStream::new(requests));
        let mut inbound = soon("the agent plane answers", call).await?.into_inner();
        let first = soon("a hello is answered", inbound.message()).await?;
        Ok((first.and_then(|it| it.message), out, inbound))
    }

    /// Says hello where it is known to be sent away, and gives with which words.
    pub async fn knock(&self, channel: Channel, hello: v1::Hello) -> Result<v1::Reconnect, Status> {
        match self.say_hello(channel, hello).await?.0 {
            Some(connect_response::Message::Reconnect(it)) => Ok(it),
            other => panic!("whoever waits is sent away, not answered with {other:?}"),
        }
    }

    /// Opens a session and sends all that the collector lacks.
    pub async fn deliver(&mut self) -> Session {
        let mut session = self.connect().await.expect("the agent plane takes a good agent");
        self.resend(&mut session).await;
        session
    }

    /// Sends all that the collector lacked when it said welcome.
    pub async fn resend(&self, session: &mut Session) {
        for record in &self.records {
            let applied = match record.stream {
                Stream::Events => session.welcome.events_through,
                Stream::Metrics => session.welcome.metrics_through,
            };
            if record.seq > applied {
                session.report(record).await;
            }
        }
    }

    /// Numbers what it holds anew, in a new epoch, as the collector asked.
    pub fn start_over(&mut self) {
        self.epoch = random::u64();
        self.resume_token.clear();
    }
}

fn host(hostname: &str) -> Host {
    Host {
        hostname: hostname.into(),
        os: "Debian GNU/Linux".into(),
        os_version: "12".into(),
        kernel: "6.1.0".into(),
        arch: "x86_64".into(),
        agent_version: env!("CARGO_PKG_VERSION").into(),
        machine_id: format!("machine of {hostname}"),
        booted_at: None,
        zone: "America/New_York".into(),
    }
}
