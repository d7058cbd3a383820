//! The agent's rpm, under rpm itself and a real systemd. What Debian has not is
//! what rpm's packages are called: dependencies are looked at, not resolved.

use remit_proto::v1::Presence;
use tests::Site;

use crate::machine::{Machine, endpoint, package, settings};

const UNIT: &str = "remit-agent.service";
const IDENTITY: &str = "/var/lib/remit-agent/identity/1/endpoint.json";

#[tokio::test]
async fn it_is_installed_enrolled_upgraded_and_erased() {
    let site = Site::start().await;
    let machine = Machine::boot().await;
    machine.put(&package("trial/this", "remit-agent", ".rpm"), "/tmp/this.rpm");
    machine.put(&package("trial/next", "remit-agent", ".rpm"), "/tmp/next.rpm");
    let requires = machine.must("rpm -qp --requires /tmp/this.rpm").await;
    for need in ["shadow-utils", "libc.so.6(GLIBC_2.", "config(remit-agent)"] {
        assert!(requires.contains(need), "{need} is not among {requires}");
    }

    machine.must("rpm --install --nodeps /tmp/this.rpm").await;
    let folder = machine.must("stat -c '%U:%G %a' /var/lib/remit-agent").await;
    assert_eq!(folder, "remit-agent:remit-agent 700");
    machine.write("/etc/remit/agent.toml", &settings(site.address()));
    machine.write("/root/token", &site.token().await);
    let id = endpoint(&machine.must("remit-agent enroll --token-file /root/token").await);
    machine.must("systemctl enable --now remit-agent").await;
    let first = machine.running(UNIT).await;
    let online = |it: &remit_proto::v1::Endpoint| it.presence() == Presence::Online;
    site.admin.endpoint_where(&id, "the agent is there", online).await;
    let identity = machine.read(IDENTITY).expect("it is enrolled");

    // What does not understand its settings does not take over.
    machine.write("/etc/remit/agent.toml", "[uplink]\nnonsense = true\n");
    let upgrade = machine.run("rpm --upgrade --nodeps /tmp/next.rpm").await;
    assert!(upgrade.stderr.contains("what runs is left running"), "{}", upgrade.stderr);
    assert_eq!(machine.running(UNIT).await, first);
    machine.write("/etc/remit/agent.toml", &settings(site.address()));
    machine.must("systemctl restart remit-agent").await;

    // Back and forth: each time the other version takes over, with all it knew.
    let second = machine.running(UNIT).await;
    machine.must("rpm --upgrade --oldpackage --nodeps /tmp/this.rpm").await;
    assert_ne!(machine.running(UNIT).await, second);
    assert_eq!(machine.read(IDENTITY).as_deref(), Some(&*identity));
    assert_eq!(machine.read("/etc/remit/agent.toml"), Some(settings(site.address())));
    site.admin.endpoint_where(&id, "the agent is back", online).await;

    machine.must("rpm --erase remit-agent").await;
    assert_eq!(machine.main_pid(UNIT).await, 0);
    assert_eq!(machine.read("/usr/bin/remit-agent"), None);
    assert_eq!(machine.read(IDENTITY).as_deref(), Some(&*identity));
    // An unchanged file would be gone; this one is the administrator's.
    assert_eq!(machine.read("/etc/remit/agent.toml.rpmsave"), Some(settings(site.address())));
}
