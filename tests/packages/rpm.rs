//! The agent's rpm, under rpm itself and a real systemd. What Debian has not is
//! what rpm's packages are called: dependencies are looked at, not resolved.

use std::time::Duration;

use remit_proto::v1::{ListPatchStatesRequest, PatchStatus, Presence};
use tests::{Site, eventually, finish};
use tokio::process::Command;

use crate::machine::{Machine, endpoint, package, settings};

/// How long dnf may take, which is asked several times, on a busy machine.
const PATIENCE: Duration = Duration::from_secs(120);

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

/// The agent's own next version, in a repository of the machine's, is an update
/// that the service sees: by a real dnf, as its own user and within all that its
/// unit forbids.
#[tokio::test]
async fn the_service_sees_by_dnf_which_updates_are_missing() {
    let site = Site::start().await;
    let machine = Machine::boot().await;
    // Debian's rpm would keep its database in somebody's home.
    machine.must("mkdir -p /etc/rpm /etc/yum.repos.d /srv/repository").await;
    machine.write("/etc/rpm/macros", "%_dbpath /var/lib/rpm\n");
    machine.put(&package("trial/this", "remit-agent", ".rpm"), "/tmp/this.rpm");
    machine.put(&package("trial/next", "remit-agent", ".rpm"), "/srv/repository/next.rpm");
    publish(&machine).await;
    let sources = "[ours]\nname=Ours\nbaseurl=file:///srv/repository\ngpgcheck=0\n";
    machine.write("/etc/yum.repos.d/ours.repo", sources);
    machine.must("rpm --install --nodeps /tmp/this.rpm").await;

    let often = "\n[probe.patch-dnf]\ninterval = \"3s\"\n";
    machine.write("/etc/remit/agent.toml", &(settings(site.address()) + often));
    machine.write("/root/token", &site.token().await);
    machine.must("remit-agent enroll --token-file /root/token").await;
    machine.must("systemctl enable --now remit-agent").await;
    let first = machine.running(UNIT).await;
    let state = async |what: &str, is_so: fn(&PatchStatus) -> bool| {
        eventually(PATIENCE, what, async || {
            let asked = ListPatchStatesRequest { with_items: true, ..Default::default() };
            let listed = site.admin.patches().list_patch_states(asked).await.ok()?.into_inner();
            listed.states.into_iter().find(|it| it.manager == "dnf" && is_so(it))
        })
        .await
    };
    let none = state("it has no metadata", |it| it.reason.contains("run `dnf makecache`")).await;
    assert_eq!((none.pending, none.security), (None, None), "no answer is not zero");

    machine.must("dnf --quiet makecache").await;
    let found = state("its update is seen", |it| it.pending == Some(1)).await;
    assert_eq!(found.security, Some(1), "{}", found.reason);
    let [item] = &found.items[..] else { panic!("{:?}", found.items) };
    assert_eq!((&*item.package, &*item.origins[0]), ("remit-agent.x86_64", "ours"));
    assert_eq!(item.advisories, ["CVE-2026-1", "OURS-1"]);
    assert_eq!(machine.running(UNIT).await, first, "what dnf takes does not end the service");
}

/// Makes a repository out of what is in its folder, with an advisory about it.
async fn publish(machine: &Machine) {
    let file = "/srv/repository/next.rpm";
    let form = "version=\"%{VERSION}\" release=\"%{RELEASE}\" arch=\"%{ARCH}\"";
    let which = machine.must(&format!("rpm -qp --qf '{form}' {file}")).await;
    let advisory = format!(
        "<updates><update status=\"final\" type=\"security\"><id>OURS-1</id><title>x</title>\
         <severity>Low</severity><references><reference id=\"CVE-2026-1\" type=\"cve\"/>\
         </references><pkglist><collection><package name=\"remit-agent\" epoch=\"0\" {which}>\
         <filename>next.rpm</filename></package></collection></pkglist></update></updates>"
    );
    machine.write("/tmp/updateinfo.xml", &advisory);
    let (folder, advisory) = (machine.path("/srv/repository"), machine.path("/tmp/updateinfo.xml"));
    let mut create = Command::new("createrepo_c");
    // Its database would not be found by a path that leads through a process.
    create.args(["--quiet", "--no-database"]).arg(&folder);
    let mut add = Command::new("modifyrepo_c");
    add.arg(advisory).arg(folder.join("repodata"));
    for step in [create, add] {
        let done = finish(step).await;
        assert_eq!(done.code, Some(0), "{}", done.stderr);
    }
}
