//! A network of a test's own, at the other end of a bad link.
//!
//! ```text
//! machine                        namespace
//! relay ◄── veth: slow, lossy ──► relay ◄── agent
//!   └─► collector
//! ```
//!
//! Packets are lost where they arrive, since a sender would be told of a loss on
//! its own side; what is slow is slow where it is sent. Delay is the relays'
//! part: not every kernel can delay packets. The kernel is told that an answer
//! takes long, so that it waits as it would on such a link.

use std::{
    net::{Ipv4Addr, SocketAddr},
    path::Path,
    process,
    sync::atomic::{AtomicU8, Ordering},
};

use tokio::process::Command;

use crate::{Program, command, program::finish};

const MAKE: &str = r#"
    ip netns add "$ns"
    ip link add "$here" type veth peer name "$there" netns "$ns"
    ip address add "$near/30" dev "$here"
    ip link set "$here" up
    ip -n "$ns" address add "$far/30" dev "$there"
    ip -n "$ns" link set "$there" up
    ip -n "$ns" link set lo up
    ip route change "$net/30" dev "$here" src "$near" rto_min 1200ms
    ip -n "$ns" route change "$net/30" dev "$there" src "$far" rto_min 1200ms
    tc qdisc add dev "$here" root tbf rate 64kbit burst 4kb latency 2s
    tc -n "$ns" qdisc add dev "$there" root tbf rate 64kbit burst 4kb latency 2s
    lossy() {
        echo "table inet $ns {
            chain arrives {
                type filter hook input priority 0
                iifname \"$1\" numgen random mod 100 < 20 drop
            }
        }"
    }
    lossy "$here" | nft -f -
    lossy "$there" | ip netns exec "$ns" nft -f -
"#;

const UNMAKE: &str = r#"
    nft delete table inet "$ns"
    ip link delete "$here"
    ip netns delete "$ns"
"#;

/// How long the relays keep what they carry, each way and each of them.
const DELAY: &str = "300";

/// A network behind 64 kbit/s of which a fifth is lost, 600 ms away.
#[derive(Debug)]
pub struct Network {
    name: String,
    links: [String; 2],
    addresses: [Ipv4Addr; 3],
    _relays: [Program; 2],
}

impl Network {
    /// Makes one in which the collector is reached at its own address.
    pub async fn behind_a_bad_link(collector: SocketAddr, folder: &Path) -> Self {
        static NEXT: AtomicU8 = AtomicU8::new(0);
        let nth = NEXT.fetch_add(1, Ordering::Relaxed);
        let [.., high, low] = process::id().to_be_bytes();
        let name = format!("remit{}n{nth}", process::id());
        let links = [format!("rm{}h{nth}", process::id()), format!("rm{}t{nth}", process::id())];
        let host = |it: u8| Ipv4Addr::new(10, high, low, nth % 64 * 4 + it);
        let addresses = [host(0), host(1), host(2)];
        let made = finish(script(MAKE, &name, &links, addresses)).await;
        assert_eq!(
            made.code,
            Some(0),
            "this test needs to make network namespaces (as root, with CAP_NET_ADMIN and \
             CAP_SYS_ADMIN) and a kernel with veth, tbf and nftables: {}",
            made.stderr
        );
        let near = SocketAddr::from((addresses[1], 9443));
        let relay = |mut relay: Command, from: SocketAddr, to: SocketAddr, log: &str| {
            relay.args([from.to_string(), to.to_string(), DELAY.into()]);
            Program::start(relay, &folder.join(log))
        };
        let mut inside = Command::new("ip");
        inside.args(["netns", "exec", &name]).arg(crate::binary("remit-relay"));
        let relays = [
            relay(command("remit-relay"), near, collector, "near-relay.log"),
            relay(inside, collector, near, "far-relay.log"),
        ];
        Self { name, links, addresses, _relays: relays }
    }

    /// What `ip netns` calls it.
    pub fn name(&self) -> &str {
        &self.name
    }
}

impl Drop for Network {
    fn drop(&mut self) {
        // What is left over does no harm, and the test has said what it had to.
        let mut unmake = script(UNMAKE, &self.name, &self.links, self.addresses);
        let _ = unmake.as_std_mut().output();
    }
}

fn script(text: &str, name: &str, links: &[String; 2], addresses: [Ipv4Addr; 3]) -> Command {
    let mut script = Command::new("sh");
    script.args(["-euc", text]).env("ns", name).env("here", &links[0]).env("there", &links[1]);
    let [net, near, far] = addresses.map(|it| it.to_string());
    script.env("net", net).env("near", near).env("far", far);
    script
}
