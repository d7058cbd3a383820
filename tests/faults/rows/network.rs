//! A network of a row's own, whose packets can be made to vanish one way.
//!
//! ```text
//! machine                              namespace
//! relay ◄── veth ── drop on arrival ──► relay ◄── agent
//!   └─► collector
//! ```

use std::{net::Ipv4Addr, process};

use tests::{Program, Site, binary, command, finish};
use tokio::process::Command;

const MAKE: &str = r#"
    ip netns add "$ns"
    ip link add "$here" type veth peer name "$there" netns "$ns"
    ip address add "$near/30" dev "$here"
    ip link set "$here" up
    ip -n "$ns" address add "$far/30" dev "$there"
    ip -n "$ns" link set "$there" up
    ip -n "$ns" link set lo up
"#;

const UNMAKE: &str = r#"
    nft delete table inet "$ns" 2>/dev/null || true
    ip link delete "$here"
    ip netns delete "$ns"
"#;

/// What arrives there is gone: on the sender's own side it would be told.
const CUT: &str = r#"
    rule() {
        echo "table inet $ns {
            chain arrives { type filter hook input priority 0; iifname \"$1\" drop; }
        }"
    }
    case "$way" in
    here) rule "$there" | ip netns exec "$ns" nft -f - ;;
    there) rule "$here" | nft -f - ;;
    esac
"#;

const MEND: &str = r#"
    case "$way" in
    here) ip netns exec "$ns" nft delete table inet "$ns" ;;
    there) nft delete table inet "$ns" ;;
    esac
"#;

/// A network in which the collector is reached at its own address.
pub(crate) struct Link {
    name: String,
    environment: Vec<(&'static str, String)>,
    _relays: [Program; 2],
}

impl Link {
    pub(crate) async fn to(site: &Site) -> Self {
        let [.., high, low] = process::id().to_be_bytes();
        let name = format!("remit{}f", process::id());
        let host = |it: u8| Ipv4Addr::new(10, high, low, 252 + it).to_string();
        let environment = vec![
            ("ns", name.clone()),
            ("here", format!("rf{}h", process::id())),
            ("there", format!("rf{}t", process::id())),
            ("near", host(1)),
            ("far", host(2)),
        ];
        let made = finish(script(MAKE, &environment)).await;
        let needs = "this needs to make network namespaces, as root, with veth and nftables";
        assert_eq!(made.code, Some(0), "{needs}: {}", made.stderr);
        let near = format!("{}:9443", host(1));
        let collector = site.agents().to_string();
        let mut outside = command("remit-relay");
        outside.args([&near, &collector, "0"]);
        let mut inside = Command::new("ip");
        inside.args(["netns", "exec", &name]).arg(binary("remit-relay"));
        inside.args([&collector, &near, "0"]);
        let log = |it: &str| site.folder().join(it);
        let relays = [
            Program::start(outside, &log("near-relay.log")),
            Program::start(inside, &log("far-relay.log")),
        ];
        Self { name, environment, _relays: relays }
    }

    /// What `ip netns` calls it.
    pub(crate) fn name(&self) -> &str {
        &self.name
    }

    /// Nothing arrives any more: `there`, where the collector is, or `here`, where
    /// the agent is.
    pub(crate) async fn cut(&self, way: &str) {
        self.run(CUT, way).await;
    }

    /// Everything arrives again.
    pub(crate) async fn mend(&self, way: &str) {
        self.run(MEND, way).await;
    }

    async fn run(&self, text: &str, way: &str) {
        let mut script = script(text, &self.environment);
        script.env("way", way);
        let done = finish(script).await;
        assert_eq!(done.code, Some(0), "nft: {}", done.stderr);
    }
}

impl Drop for Link {
    fn drop(&mut self) {
        // What is left over does no harm, and the row has said what it had to.
        let _ = script(UNMAKE, &self.environment).as_std_mut().output();
    }
}

fn script(text: &str, environment: &[(&'static str, String)]) -> Command {
    let mut script = Command::new("sh");
    script.args(["-uc", &format!("set -e\n{text}")]);
    script.envs(environment.iter().map(|(name, value)| (name, value)));
    script
}
