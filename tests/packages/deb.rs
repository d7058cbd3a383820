//! The agent's Debian package, from the first day to the last.

use std::fs;

use remit_proto::v1::Presence;
use tests::{SOON, Site, eventually};

use crate::machine::{Machine, endpoint, package, settings};

const UNIT: &str = "remit-agent.service";
const IDENTITY: &str = "/var/lib/remit-agent/identity/1/endpoint.json";

/// More records than are ever on their way while all is well.
const MANY: u64 = 6;

/// Whether the agent says that so many records wait.
async fn waits(machine: &Machine, is_so: impl Fn(u64) -> bool) -> Option<()> {
    let said = machine.run("remit-agent status --json").await.stdout;
    let status: serde_json::Value = serde_json::from_str(&said).ok()?;
    is_so(status["queued"].as_u64()?).then_some(())
}

#[tokio::test]
async fn it_is_installed_enrolled_upgraded_removed_and_purged() {
    let mut site = Site::start().await;
    let machine = Machine::boot().await;
    machine.put(&package("trial/this", "remit-agent", ".deb"), "/tmp/this.deb");
    machine.put(&package("trial/next", "remit-agent", ".deb"), "/tmp/next.deb");

    // Installed, it waits: a unit that is on, a user, a folder that is its own.
    machine.must("apt-get -qq install /tmp/this.deb").await;
    assert_eq!(machine.must("systemctl is-enabled remit-agent").await, "enabled");
    assert_eq!(machine.main_pid(UNIT).await, 0);
    let folder = machine.must("stat -c '%U:%G %a' /var/lib/remit-agent").await;
    assert_eq!(folder, "remit-agent:remit-agent 700");

    // Enrolled by root, it runs as its own user and reports.
    machine.write("/etc/remit/agent.toml", &settings(site.address()));
    machine.write("/root/token", &site.token().await);
    let said = machine.must("remit-agent enroll --token-file /root/token").await;
    let id = endpoint(&said);
    machine.must("systemctl start remit-agent").await;
    let first = machine.running(UNIT).await;
    assert_eq!(machine.must(&format!("stat -c %U /proc/{first}")).await, "remit-agent");
    let reports = |it: &remit_proto::v1::Endpoint| {
        it.presence() == Presence::Online && it.readings.iter().any(|it| it.metric == "memory_used")
    };
    site.admin.endpoint_where(&id, "the agent reports its memory", reports).await;
    let identity = machine.read(IDENTITY).expect("it is enrolled");

    // While the collector is away, what is measured waits, also over an upgrade.
    site.cut_power().await;
    eventually(SOON, "records wait", async || waits(&machine, |it| it > MANY).await).await;
    machine.must("apt-get -qq install /tmp/next.deb").await;
    let second = machine.running(UNIT).await;
    assert_ne!(second, first, "the new version has taken over");
    assert_eq!(machine.read(IDENTITY).as_deref(), Some(&*identity));
    assert_eq!(machine.read("/etc/remit/agent.toml"), Some(settings(site.address())));
    site.restart().await;
    site.admin.endpoint_where(&id, "the agent is back", reports).await;
    let delivered = async || waits(&machine, |it| it < MANY).await;
    eventually(SOON, "what waited has been delivered", delivered).await;
    assert_eq!(site.admin.endpoint(&id).await.unwrap().records_lost, 0);
    assert_eq!(site.admin.alerts_beside_the_hosts_own().await, [], "an upgrade is nobody's alert");

    // Removed, it is gone and remembers; installed again, it goes on.
    machine.must("apt-get -qq remove remit-agent").await;
    assert_eq!(machine.main_pid(UNIT).await, 0);
    assert_eq!(machine.read("/usr/bin/remit-agent"), None);
    assert_eq!(machine.read(IDENTITY).as_deref(), Some(&*identity));
    machine.must("apt-get -qq install /tmp/next.deb").await;
    machine.running(UNIT).await;
    site.admin.endpoint_where(&id, "the agent is back", reports).await;

    // Purged, there is nothing left of it.
    machine.must("apt-get -qq purge remit-agent").await;
    assert_eq!(machine.traces().await, "");
    for table in ["passwd", "group", "shadow"] {
        let text = machine.read(&format!("/etc/{table}")).unwrap();
        assert!(!text.contains("remit"), "{table} remembers:\n{text}");
    }
}

#[tokio::test]
async fn an_upgrade_that_fails_leaves_the_old_agent_at_work() {
    let site = Site::start().await;
    let machine = Machine::boot().await;
    machine.put(&package("trial/this", "remit-agent", ".deb"), "/tmp/this.deb");
    let next = fs::read(package("trial/next", "remit-agent", ".deb")).unwrap();
    machine.must("dpkg --install /tmp/this.deb").await;
    machine.write("/etc/remit/agent.toml", &settings(site.address()));
    machine.write("/root/token", &site.token().await);
    let id = endpoint(&machine.must("remit-agent enroll --token-file /root/token").await);
    machine.must("systemctl start remit-agent").await;
    let first = machine.running(UNIT).await;
    let version = "dpkg-query --show --showformat '${Version} ${Status}' remit-agent";
    let before = machine.must(version).await;

    // Half of it is missing: dpkg finds out in the middle, and puts all back.
    fs::write(machine.path("/tmp/next.deb"), &next[..next.len() - next.len() / 4]).unwrap();
    let upgrade = machine.run("dpkg --install /tmp/next.deb").await;
    assert_eq!(upgrade.code, Some(1), "{}{}", upgrade.stdout, upgrade.stderr);
    assert_eq!(machine.must(version).await, before);
    assert_eq!(machine.running(UNIT).await, first);
    machine.must("remit-agent config check").await;

    // It does not understand the settings: it is there, and does not take over.
    fs::write(machine.path("/tmp/next.deb"), &next).unwrap();
    machine.write("/etc/remit/agent.toml", "[uplink]\nnonsense = true\n");
    let upgrade = machine.run("dpkg --install /tmp/next.deb").await;
    assert_eq!(upgrade.code, Some(1), "{}{}", upgrade.stdout, upgrade.stderr);
    assert!(upgrade.stderr.contains("what runs is left running"), "{}", upgrade.stderr);
    assert_eq!(machine.running(UNIT).await, first);
    let endpoint = site.admin.endpoint(&id).await.unwrap();
    assert_eq!(endpoint.presence(), Presence::Online);

    // Once they are put right, so is the rest, by what the message says.
    machine.write("/etc/remit/agent.toml", &settings(site.address()));
    machine.must("dpkg --configure remit-agent").await;
    assert_ne!(machine.running(UNIT).await, first);
    assert!(machine.must(version).await.ends_with("install ok installed"));
}
