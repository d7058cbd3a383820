//! The collector's package, and that of the command.

use std::net::Ipv4Addr;

use tests::{SOON, eventually};

use crate::machine::{Machine, package};

/// What every agent trusts.
const ROOT: &str = "/var/lib/remit-collector/pki/root.pem";

const UNIT: &str = "remit-collector.service";

/// What the collector in a machine is to listen on; nobody else is there.
const ADDRESS: Ipv4Addr = Ipv4Addr::new(127, 61, 0, 1);

fn init() -> String {
    let mut line = format!("remit-collector init --name {ADDRESS}");
    for (flag, port) in
        [("agent", 7443), ("enroll", 7444), ("operator", 7445), ("http", 7446), ("receiver", 7448)]
    {
        line += &format!(" --{flag}-listen {ADDRESS}:{port}");
    }
    line
}

#[tokio::test]
async fn it_is_installed_set_up_upgraded_and_purged_if_that_is_really_meant() {
    let machine = Machine::boot().await;
    machine.put(&package("trial/this", "remit-collector", ".deb"), "/tmp/this.deb");
    machine.put(&package("trial/this", "remit", ".deb"), "/tmp/remit.deb");
    machine.put(&package("trial/next", "remit-collector", ".deb"), "/tmp/next.deb");
    machine.must("apt-get -qq install /tmp/this.deb /tmp/remit.deb").await;
    assert_eq!(machine.main_pid(UNIT).await, 0, "there is nothing to serve yet");

    // What root makes the service could not read.
    let as_root = machine.run(&init()).await;
    assert_eq!(as_root.code, Some(1));
    assert!(as_root.stderr.contains("runuser -u remit-collector"), "{}", as_root.stderr);
    machine.must(&format!("runuser -u remit-collector -- {}", init())).await;

    // Started, it is ready: `start` waits for it.
    machine.must("systemctl start remit-collector").await;
    let first = machine.running(UNIT).await;
    assert_eq!(machine.must(&format!("stat -c %U /proc/{first}")).await, "remit-collector");
    machine.must("cp /var/lib/remit-collector/admin.credential.toml /root/").await;
    machine.must("remit login /root/admin.credential.toml").await;
    machine.must("remit matrix publish /usr/share/remit/starter.toml").await;
    let root = machine.read(ROOT).expect("there is a root");

    machine.must("apt-get -qq install /tmp/next.deb").await;
    let second = machine.running(UNIT).await;
    assert_ne!(second, first);
    let versions = eventually(SOON, "the matrix is still in force", async || {
        let asked = machine.run("remit matrix show --tenant acme").await;
        (asked.code == Some(0)).then_some(asked.stdout)
    })
    .await;
    assert!(!versions.is_empty());

    machine.must("apt-get -qq remove remit-collector").await;
    assert_eq!(machine.main_pid(UNIT).await, 0);
    assert_eq!(machine.read(ROOT), Some(root.clone()));

    // Purged, it keeps what nobody said may go, and says where that is.
    let purged = machine.run("apt-get -qq purge remit-collector").await;
    assert_eq!(purged.code, Some(0), "{}", purged.stderr);
    let said = format!("{}{}", purged.stdout, purged.stderr);
    assert!(said.contains("remit-collector: /var/lib/remit-collector is kept"), "{said}");
    assert_eq!(machine.read(ROOT), Some(root.clone()));
    let owner = machine.must("stat -c '%U:%G %a' /var/lib/remit-collector").await;
    assert_eq!(owner, "remit-collector:remit-collector 700");

    // Installed again, it goes on where it was.
    machine.must("apt-get -qq install /tmp/next.deb").await;
    machine.must("systemctl start remit-collector").await;
    machine.running(UNIT).await;
    assert_eq!(machine.read(ROOT), Some(root));
    machine.must("remit matrix show --tenant acme").await;

    // Somebody has said yes: nothing is left.
    let yes = "remit-collector remit-collector/purge-data boolean true";
    machine.must(&format!("echo '{yes}' | debconf-set-selections")).await;
    machine.must("apt-get -qq purge remit-collector remit").await;
    // Who is logged in is the person's, not the package's.
    assert_eq!(machine.traces().await, "/root/.config/remit");
    let users = machine.read("/etc/passwd").unwrap();
    assert!(!users.contains("remit"), "{users}");
    let answers = machine.read("/var/cache/debconf/config.dat").unwrap();
    assert!(!answers.contains("remit"), "the next one is asked again");
}

#[tokio::test]
async fn a_collector_that_was_never_set_up_is_purged_without_a_question() {
    let machine = Machine::boot().await;
    machine.put(&package("trial/this", "remit-collector", ".deb"), "/tmp/this.deb");
    machine.must("dpkg --install /tmp/this.deb").await;
    machine.must("dpkg --purge remit-collector").await;
    assert_eq!(machine.traces().await, "");
}

#[tokio::test]
async fn an_rpm_deletes_no_data() {
    let machine = Machine::boot().await;
    machine.put(&package("trial/this", "remit-collector", ".rpm"), "/tmp/this.rpm");
    machine.must("rpm --install --nodeps /tmp/this.rpm").await;
    machine.must(&format!("runuser -u remit-collector -- {}", init())).await;
    let root = machine.read(ROOT).expect("there is a root");
    let erased = machine.run("rpm --erase remit-collector").await;
    assert_eq!(erased.code, Some(0), "{}", erased.stderr);
    assert!(erased.stderr.contains("/var/lib/remit-collector is kept"), "{}", erased.stderr);
    assert_eq!(machine.read(ROOT), Some(root));
}
