//! collectd, which sends what it measures over UDP.

use std::{fs, time::Duration};

use tokio::{net::UdpSocket, task::JoinSet};

use super::{
    Peers, folder,
    guest::{DATAGRAM, Guest, Heard},
};
use crate::daemon::Daemon;

pub(super) const PROGRAM: &str = "usr/sbin/collectd";

/// What it measures: about what an agent of ours does.
const PLUGINS: [&str; 9] =
    ["cpu", "load", "memory", "swap", "df", "interface", "processes", "uptime", "network"];

/// Starts one, and hears it.
pub(super) async fn start(peers: &Peers, every: Duration) -> anyhow::Result<Guest> {
    let folder = folder()?;
    let socket = UdpSocket::bind("127.0.0.1:0").await?;
    let port = socket.local_addr()?.port();
    let heard = Heard::default();
    let mut tasks = JoinSet::new();
    tasks.spawn({
        let heard = heard.clone();
        async move {
            let mut datagram = vec![0; 65_536];
            while let Ok(length) = socket.recv(&mut datagram).await {
                heard.report();
                heard.bytes_more(length as u64 + DATAGRAM);
            }
        }
    });
    let plugins: String = PLUGINS.iter().map(|it| format!("LoadPlugin {it}\n")).collect();
    let (own, every) = (folder.path().display(), every.as_secs());
    let settings = folder.path().join("collectd.conf");
    fs::write(
        &settings,
        format!(
            "Hostname \"bench\"\nFQDNLookup false\nInterval {every}\nBaseDir \"{own}\"\n\
             PIDFile \"{own}/pid\"\nPluginDir \"{}\"\nTypesDB \"{}\"\n{plugins}\
             <Plugin cpu>\n  ReportByCpu false\n  ValuesPercentage true\n</Plugin>\n\
             <Plugin df>\n  MountPoint \"/\"\n</Plugin>\n\
             <Plugin network>\n  Server \"127.0.0.1\" \"{port}\"\n</Plugin>\n",
            peers.file("usr/lib/collectd").display(),
            peers.file("usr/share/collectd/types.db").display(),
        ),
    )?;
    let mut command = peers.command(PROGRAM)?;
    command.arg("-f").arg("-C").arg(settings);
    let daemon = Daemon::start(&mut command, &folder.path().join("log"))?;
    Ok(Guest { daemon, heard, _tasks: tasks, folder })
}
