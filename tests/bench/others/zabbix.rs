//! Zabbix's agents, with certificates on both sides. They ask a server what to
//! measure and bring it; this is as much of a server as they need.
//!
//! A message is `ZBXD`, a byte of flags, its length and, if it is compressed, that
//! before, each in four bytes, the lowest first, and JSON. The second of the agents
//! compresses whatever it says; what it says is then known by how long it is.

use std::{fmt::Write as _, fs, net::Ipv4Addr, time::Duration};

use anyhow::{Context as _, bail, ensure};
use remit_runtime::{
    random,
    tls::{self, Clients},
};
use tests::ForeignAuthority;
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::{TcpListener, TcpStream},
    task::JoinSet,
};
use tokio_rustls::TlsAcceptor;

use super::{
    Peers, folder,
    guest::{Guest, Heard},
};
use crate::{daemon::Daemon, meter};

pub(super) const AGENT: &str = "usr/sbin/zabbix_agentd";
pub(super) const AGENT2: &str = "usr/sbin/zabbix_agent2";

const MAGIC: &[u8] = b"ZBXD";

/// That there is such a head at all, and that what follows is compressed.
const PLAIN: u8 = 1;
const COMPRESSED: u8 = 3;

/// More than any message has.
const MOST: u32 = 1 << 20;

/// More than a question has, and less than a report.
const QUESTION: u32 = 300;

/// What is measured: 20 values of one machine.
const ITEMS: [&str; 20] = [
    "system.cpu.util",
    "system.cpu.num",
    "system.cpu.load[all,avg1]",
    "system.cpu.load[all,avg5]",
    "system.cpu.load[all,avg15]",
    "vm.memory.size[pused]",
    "vm.memory.size[available]",
    "vm.memory.size[total]",
    "system.swap.size[,total]",
    "system.swap.size[,used]",
    "net.if.in[lo]",
    "net.if.out[lo]",
    "net.if.in[lo,errors]",
    "net.if.out[lo,errors]",
    "proc.num",
    "vfs.fs.size[/,total]",
    "vfs.fs.size[/,free]",
    "vfs.fs.size[/,pused]",
    "vfs.fs.inode[/,pused]",
    "system.uptime",
];

/// Starts an agent, and the server that it reports to.
pub(super) async fn start(
    peers: &Peers,
    program: &'static str,
    every: Duration,
) -> anyhow::Result<Guest> {
    let folder = folder()?;
    let file = |name: &str| folder.path().join(name);
    let authority = ForeignAuthority::new();
    fs::write(file("root.pem"), tls::certificates_to_pem(&[authority.root()]))?;
    fs::write(file("agent.pem"), authority.client("remit:bench:agent").to_pem())?;
    let server = authority.server(Ipv4Addr::LOCALHOST);
    let config = tls::server_config(&server, Clients::IssuedBy(vec![authority.root()]))?;
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let port = listener.local_addr()?.port();
    let heard = Heard::default();
    let mut tasks = JoinSet::new();
    tasks.spawn({
        let (heard, acceptor) = (heard.clone(), TlsAcceptor::from(config));
        async move {
            while let Ok((tcp, _)) = listener.accept().await {
                // Whoever goes away has no more to say.
                let _ = serve(tcp, &acceptor, every, &heard).await;
            }
        }
    });
    let own = low_port()?;
    let settings = file("agent.conf");
    let mut text = format!(
        "Hostname=bench\nServer=127.0.0.1\nServerActive=127.0.0.1:{port}\n\
         ListenIP=127.0.0.1\nListenPort={own}\nLogType=console\nPidFile={}\n\
         TLSConnect=cert\nTLSAccept=cert\nTLSCAFile={}\nTLSCertFile={2}\nTLSKeyFile={2}\n",
        file("pid").display(),
        file("root.pem").display(),
        file("agent.pem").display(),
    );
    text += &if program == AGENT {
        // Nobody asks it, and who measures may be root. Left alone it would take
        // nothing but RSA and TLS 1.2.
        "StartAgents=0\nAllowRoot=1\nTLSCipherCert=NORMAL\n".to_owned()
    } else {
        // Its other socket would be that of every agent on the machine.
        format!("ControlSocket={}\n", file("control").display())
    };
    fs::write(&settings, text)?;
    let mut command = peers.command(program)?;
    command.arg("-f").arg("-c").arg(settings);
    let daemon = Daemon::start(&mut command, &file("log"))?;
    Ok(Guest { daemon, heard, _tasks: tasks, folder })
}

/// A port that nobody has: it takes none from where the kernel takes them.
fn low_port() -> anyhow::Result<u16> {
    let ports = (0..100).filter_map(|_| u16::try_from(20_000 + random::u64() % 12_000).ok());
    let mut free = ports.filter(|it| std::net::TcpListener::bind(("127.0.0.1", *it)).is_ok());
    free.next().context("there is no free port below 32,000")
}

/// Answers one connection, which carries one question.
async fn serve(
    tcp: TcpStream,
    acceptor: &TlsAcceptor,
    every: Duration,
    heard: &Heard,
) -> anyhow::Result<()> {
    let theirs = tcp.peer_addr()?.port();
    let ours = tcp.local_addr()?.port();
    let mut stream = acceptor.accept(tcp).await?;
    let mut head = [0; 13];
    stream.read_exact(&mut head).await?;
    ensure!(head.starts_with(MAGIC), "that is not Zabbix");
    let number =
        |at: usize| u32::from_le_bytes([head[at], head[at + 1], head[at + 2], head[at + 3]]);
    let (length, before) = (number(5), number(9));
    ensure!(length <= MOST, "too long a message");
    let mut body = vec![0; length as usize];
    stream.read_exact(&mut body).await?;
    let asks = match head[MAGIC.len()] {
        PLAIN => body.starts_with(b"{\"request\":\"active checks\""),
        COMPRESSED => before < QUESTION,
        other => bail!("flags of {other}"),
    };
    let answer = if asks {
        checks(every)
    } else {
        let count = ITEMS.len();
        format!(
            r#"{{"response":"success","info":"processed: {count}; failed: 0; total: {count}; seconds spent: 0.000100"}}"#
        )
    };
    let mut message = [MAGIC, &[PLAIN]].concat();
    message.extend_from_slice(&(answer.len() as u64).to_le_bytes());
    message.extend_from_slice(answer.as_bytes());
    stream.write_all(&message).await?;
    stream.flush().await?;
    // It hangs up when it has read that.
    let _ = stream.read(&mut head).await;
    let bytes =
        meter::carried(&format!("state connected sport = :{ours} and dport = :{theirs}"), |_| {
            true
        })?;
    heard.bytes_more(bytes);
    if !asks {
        heard.report();
    }
    Ok(())
}

fn checks(every: Duration) -> String {
    let mut items = String::new();
    for (number, key) in ITEMS.iter().enumerate() {
        let comma = if number > 0 { "," } else { "" };
        let (id, delay) = (number + 1, every.as_secs());
        let _ = write!(
            items,
            r#"{comma}{{"key":"{key}","itemid":{id},"delay":"{delay}","lastlogsize":0,"mtime":0}}"#
        );
    }
    format!(r#"{{"response":"success","data":[{items}]}}"#)
}
