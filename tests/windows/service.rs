//! The agent as a service of Windows, from its installation to its removal.

use std::{fs, os::unix::fs::PermissionsExt as _, path::Path};

use remit_proto::v1::{CurrentReading, Endpoint, Presence};
use tests::Site;

use crate::wine::{Machine, from_windows};

/// What a machine is measured by, and what it is called.
const READINGS: [(&str, &str); 8] = [
    ("cpu_busy", ""),
    ("disk_size", "C:"),
    ("disk_used", "C:"),
    ("memory_available", ""),
    ("memory_total", ""),
    ("memory_used", ""),
    ("process_count", ""),
    ("uptime", ""),
];

fn value(endpoint: &Endpoint, metric: &str, instance: &str) -> Option<i64> {
    let is_it = |it: &&CurrentReading| it.metric == metric && it.instance == instance;
    endpoint.readings.iter().find(is_it).map(|it| it.value)
}

/// The number behind a word in a file of `/proc`, in bytes.
fn kernel_says(path: &str, word: &str) -> i64 {
    let text = fs::read_to_string(path).unwrap();
    let line = text.lines().find(|it| it.starts_with(word)).unwrap();
    line.split_whitespace().nth(1).unwrap().parse::<i64>().unwrap() * 1024
}

#[tokio::test]
async fn it_lives_as_a_service_from_installation_to_removal() {
    let mut site = Site::start().await;
    let machine = Machine::set_up(&site).await;
    machine.copy_agent();
    let id = install(&site, &machine).await;

    it_measures(&site, &id).await;
    it_survives_the_collector(&mut site, &id).await;
    it_survives_being_killed(&site, &machine, &id).await;
    it_says_goodbye(&site, &machine, &id).await;
    it_refuses_a_folder_that_others_may_use(&machine).await;

    let gone = machine.agent(["service", "uninstall"]).await;
    assert_eq!((gone.code, gone.stderr.as_str()), (Some(0), ""));
    let status = machine.agent(["service", "status"]).await;
    assert_eq!(status.code, Some(1));
    assert!(status.stdout.contains("not installed"), "{}", status.stdout);
    assert!(machine.drive("ProgramData/Remit/agent/identity/current").exists(), "it is kept");
}

async fn install(site: &Site, machine: &Machine) -> String {
    let token = site.folder().join("token");
    fs::write(&token, site.token().await).unwrap();
    let done = machine.agent(["enroll", "--token-file", &from_windows(&token)]).await;
    assert_eq!(done.code, Some(0), "{}", done.stderr);
    let id = done.stdout.split_whitespace().find(|it| it.starts_with("end_")).unwrap().to_owned();

    let done = machine.agent(["service", "install"]).await;
    assert_eq!(done.code, Some(0), "{}", done.stderr);
    let status = machine.agent(["service", "status"]).await;
    assert_eq!(status.code, Some(0), "{} {}", status.stdout, machine.log());
    // The folder was made by somebody else, for everybody.
    for path in ["ProgramData/Remit", "ProgramData/Remit/agent"] {
        assert_eq!(mode(&machine.drive(path)) & 0o007, 0, "{path} is for the agent alone");
    }
    let key = machine.drive("ProgramData/Remit/agent/identity/1/key.pem");
    assert_eq!(mode(&key) & 0o007, 0, "the key is for the agent alone");
    id
}

async fn it_measures(site: &Site, id: &str) {
    let endpoint = site
        .admin
        .endpoint_where(id, "the machine is measured", |it| {
            READINGS.iter().all(|(metric, instance)| value(it, metric, instance).is_some())
        })
        .await;
    assert_eq!(endpoint.presence(), Presence::Online);
    let host = endpoint.host.clone().unwrap();
    assert_eq!(host.os, "windows");
    // Linux and Windows look at the same machine.
    let total = kernel_says("/proc/meminfo", "MemTotal:");
    let off = value(&endpoint, "memory_total", "").unwrap().abs_diff(total);
    assert!(off <= 64 << 10, "{off} bytes off: Wine rounds");
    let disk = rustix::fs::statvfs(site.folder()).unwrap();
    let size = i64::try_from(disk.f_blocks * disk.f_frsize).unwrap();
    assert_eq!(value(&endpoint, "disk_size", "C:"), Some(size));
    let busy = value(&endpoint, "cpu_busy", "").unwrap();
    assert!((0..=1000).contains(&busy), "{busy}");
}

async fn it_survives_the_collector(site: &mut Site, id: &str) {
    let before = site.admin.endpoint(id).await.unwrap();
    site.cut_power().await;
    site.restart().await;
    let after = site
        .admin
        .endpoint_where(id, "the machine is heard again", |it| {
            it.metrics_applied > before.metrics_applied && it.presence() == Presence::Online
        })
        .await;
    assert_eq!(after.records_lost, 0);
}

/// Windows starts it again after five seconds. Wine keeps what it should do and
/// does not do it, nor does it see that the service is dead before somebody
/// wants something of it; so here somebody starts it.
async fn it_survives_being_killed(site: &Site, machine: &Machine, id: &str) {
    let before = site.admin.endpoint(id).await.unwrap();
    let status = machine.agent(["service", "status"]).await;
    let process = status.stdout.trim().rsplit(' ').next().unwrap().to_owned();
    let killed = machine.wine(["taskkill", "/f", "/pid", &process]).await;
    assert_eq!(killed.code, Some(0), "{} {}", killed.stdout, killed.stderr);
    let started = machine.agent(["service", "start"]).await;
    assert_eq!(started.code, Some(0), "{} {}", started.stderr, machine.log());
    let after = site
        .admin
        .endpoint_where(id, "the machine is heard after the crash", |it| {
            it.metrics_applied > before.metrics_applied && it.presence() == Presence::Online
        })
        .await;
    assert_eq!(after.records_lost, 0);
    assert!(machine.log().contains("after_crash=true"), "{}", machine.log());
}

async fn it_says_goodbye(site: &Site, machine: &Machine, id: &str) {
    let stopped = machine.agent(["service", "stop"]).await;
    assert_eq!((stopped.code, stopped.stderr.as_str()), (Some(0), ""));
    let what = "the machine has said goodbye";
    site.admin.endpoint_where(id, what, |it| it.presence() == Presence::ExpectedOff).await;
    assert!(machine.log().contains("stopping departure=service_stop"), "{}", machine.log());
}

async fn it_refuses_a_folder_that_others_may_use(machine: &Machine) {
    let folder = machine.drive("ProgramData/Remit/agent");
    let private = fs::metadata(&folder).unwrap().permissions();
    fs::set_permissions(&folder, fs::Permissions::from_mode(0o755)).unwrap();
    let refused = machine.agent(["service", "start"]).await;
    assert_eq!(refused.code, Some(1));
    assert!(refused.stderr.contains("still stopped, its own error 1"), "{}", refused.stderr);
    let said = r"C:\ProgramData\Remit\agent is not private: everyone may use it";
    assert!(machine.log().contains(said), "{}", machine.log());
    fs::set_permissions(&folder, private).unwrap();
}

fn mode(path: &Path) -> u32 {
    fs::metadata(path).unwrap().permissions().mode()
}
