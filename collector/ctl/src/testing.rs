//! A collector to talk to in tests: made-up answers behind the real listener,
//! with real certificates on both sides.

mod answers;
mod link;
mod record;

use std::{
    cell::RefCell,
    io::{self, BufRead, Write},
    net::SocketAddr,
    path::PathBuf,
    rc::Rc,
    sync::Arc,
};

use clap::Parser as _;
use jiff::{Timestamp, tz::TimeZone};
use rcgen::{
    BasicConstraints, CertificateParams, CertifiedIssuer, ExtendedKeyUsagePurpose, IsCa, KeyPair,
    SanType,
};
use remit_proto::v1::{
    alert_service_server::AlertServiceServer, audit_service_server::AuditServiceServer,
    change_service_server::ChangeServiceServer, contact_service_server::ContactServiceServer,
    endpoint_service_server::EndpointServiceServer,
    known_issue_service_server::KnownIssueServiceServer,
    matrix_service_server::MatrixServiceServer, operator_service_server::OperatorServiceServer,
    report_service_server::ReportServiceServer, shift_service_server::ShiftServiceServer,
    source_service_server::SourceServiceServer, window_service_server::WindowServiceServer,
};
use remit_runtime::{
    credential::Credential,
    listen::Listener,
    tls::{Clients, Identity, server_config},
};
use remit_shared::Clock;
use tempfile::TempDir;
use tokio::task::JoinSet;
use tonic::transport::Server;

pub(crate) use self::{answers::Answers, link::Link, record::Record};
use crate::{
    args::{Args, Global},
    command,
    failure::Exit,
    out::Out,
};

/// A root that issues for both sides.
pub(crate) struct Authority(CertifiedIssuer<'static, KeyPair>);

impl Authority {
    pub(crate) fn new() -> Self {
        let mut params = CertificateParams::default();
        params.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
        Self(CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap())
    }

    fn issue(&self, purpose: ExtendedKeyUsagePurpose) -> (rcgen::Certificate, KeyPair) {
        let mut params = CertificateParams::default();
        params.subject_alt_names = vec![SanType::IpAddress([127, 0, 0, 1].into())];
        params.extended_key_usages = vec![purpose];
        let key = KeyPair::generate().unwrap();
        (params.signed_by(&key, &self.0).unwrap(), key)
    }

    /// A credential of this root's making for a collector there.
    pub(crate) fn credential(&self, collector: &str) -> Credential {
        let (certificate, key) = self.issue(ExtendedKeyUsagePurpose::ClientAuth);
        Credential {
            collector: vec![collector.into()],
            operator_id: "opr_1".into(),
            name: "ann".into(),
            ca: self.0.pem(),
            certificate: certificate.pem(),
            key: key.serialize_pem(),
        }
    }
}

/// A running collector; it ends with this.
pub(crate) struct Collector {
    pub(crate) address: SocketAddr,
    _tasks: JoinSet<()>,
}

impl Collector {
    /// Serves these answers to whoever the authority vouches for.
    pub(crate) fn start(authority: &Authority, answers: &Answers) -> Self {
        let (certificate, key) = authority.issue(ExtendedKeyUsagePurpose::ServerAuth);
        let identity = Identity { chain: vec![certificate.der().clone()], key: key.into() };
        let clients = Clients::IssuedBy(vec![authority.0.der().clone()]);
        let config = server_config(&identity, clients).unwrap();
        let listener = Listener::bind(SocketAddr::from(([127, 0, 0, 1], 0)), config).unwrap();
        let address = listener.local_addr().unwrap();
        let served = Server::builder()
            .add_service(AlertServiceServer::new(answers.clone()))
            .add_service(AuditServiceServer::new(answers.clone()))
            .add_service(ChangeServiceServer::new(answers.clone()))
            .add_service(ContactServiceServer::new(answers.clone()))
            .add_service(EndpointServiceServer::new(answers.clone()))
            .add_service(KnownIssueServiceServer::new(answers.clone()))
            .add_service(MatrixServiceServer::new(answers.clone()))
            .add_service(OperatorServiceServer::new(answers.clone()))
            .add_service(ReportServiceServer::new(answers.clone()))
            .add_service(ShiftServiceServer::new(answers.clone()))
            .add_service(SourceServiceServer::new(answers.clone()))
            .add_service(WindowServiceServer::new(answers.clone()))
            .serve_with_incoming(listener);
        let mut tasks = JoinSet::new();
        tasks.spawn(async move { served.await.unwrap() });
        Self { address, _tasks: tasks }
    }
}

/// Somebody at a keyboard, with a credential.
pub(crate) struct Desk {
    pub(crate) folder: TempDir,
}

/// A collector, and somebody who may talk to it.
pub(crate) fn site(answers: &Answers) -> (Collector, Desk) {
    let authority = Authority::new();
    let collector = Collector::start(&authority, answers);
    let desk = Desk::new(&authority.credential(&collector.address.to_string()));
    (collector, desk)
}

/// A collector that answers this, and somebody who may talk to it.
pub(crate) fn recorded(record: &Record) -> (Collector, Desk) {
    site(&Answers { record: record.clone(), ..Default::default() })
}

/// How a command ended, and what it said.
#[derive(Debug)]
pub(crate) struct Said {
    pub(crate) exit: Exit,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

impl Desk {
    pub(crate) fn new(credential: &Credential) -> Self {
        let folder = tempfile::tempdir().unwrap();
        credential.write(&folder.path().join("credential.toml")).unwrap();
        Self { folder }
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn args(&self, line: &str) -> Args {
        let typed = line.replace("{}", &self.folder.path().display().to_string());
        let credential = format!("--credential={}", self.path("credential.toml").display());
        let words = ["remit", &credential].into_iter().chain(typed.split_whitespace());
        Args::try_parse_from(words).unwrap()
    }

    /// The options as they are without any.
    pub(crate) fn global(&self) -> Global {
        self.args("whoami").global
    }

    /// Types a command; `{}` is the desk's folder.
    pub(crate) async fn type_in(&self, line: &str) -> Said {
        self.run(line, None).await
    }

    /// Types a command, and says this to whatever it asks.
    pub(crate) async fn answer(&self, line: &str, answer: &[u8]) -> Said {
        self.run(line, Some(answer)).await
    }

    async fn run(&self, line: &str, mut answer: Option<&[u8]>) -> Said {
        let args = self.args(line);
        let (mut stdout, mut stderr) = (Lines::default(), Lines::default());
        let stdin = answer.as_mut().map(|it| it as &mut dyn BufRead);
        let mut out = Out { stdin, ..out(args.global.json, &mut stdout, &mut stderr) };
        let ended = command::run(args, &mut out).await;
        let exit = ended.unwrap_or_else(|failure| out.fail(&failure));
        Said { exit, stdout: stdout.text(), stderr: stderr.text() }
    }
}

/// A plain terminal in UTC, on the evening of 2026-11-24.
pub(crate) fn out<'a>(json: bool, stdout: &'a mut Lines, stderr: &'a mut Lines) -> Out<'a> {
    let clock = Arc::new(Evening);
    let zone = TimeZone::UTC;
    let (is_terminal, color, width, stdin) = (false, false, 100, None);
    Out { stdout, stderr, stdin, json, is_terminal, color, width, zone, clock }
}

struct Evening;

impl Clock for Evening {
    fn now(&self) -> Timestamp {
        "2026-11-24T22:00:00Z".parse().unwrap()
    }
}

/// What was written, and somebody who is told of each line.
#[derive(Clone, Default)]
pub(crate) struct Lines {
    bytes: Rc<RefCell<Vec<u8>>>,
    told: Option<Rc<dyn Fn(usize)>>,
}

impl Lines {
    /// Calls `told` with the number of lines whenever there are more.
    pub(crate) fn telling(told: impl Fn(usize) + 'static) -> Self {
        Self { told: Some(Rc::new(told)), ..Self::default() }
    }

    pub(crate) fn text(&self) -> String {
        String::from_utf8(self.bytes.borrow().clone()).unwrap()
    }
}

impl Write for Lines {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.bytes.borrow_mut().extend(bytes);
        if let Some(told) = &self.told
            && bytes.ends_with(b"\n")
        {
            told(self.text().lines().count());
        }
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
