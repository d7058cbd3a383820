//! The Ansible role, as it is documented, on a machine that systemd runs: by a
//! real Ansible, which sits on the machine itself.

use std::{fs, path::Path};

use remit_proto::v1::Presence;
use serde_json::{Value, json};
use tests::Site;

use crate::machine::{Machine, package, settings};

const UNIT: &str = "remit-agent.service";
const IDENTITY: &str = "/var/lib/remit-agent/identity/1/endpoint.json";

/// Copies a folder into the machine, with all that is in it.
fn put_folder(machine: &Machine, from: &Path, to: &str) {
    fs::create_dir_all(machine.path(to)).unwrap();
    for entry in fs::read_dir(from).unwrap().map(Result::unwrap) {
        let to = format!("{to}/{}", entry.file_name().to_string_lossy());
        if entry.file_type().unwrap().is_dir() {
            put_folder(machine, &entry.path(), &to);
        } else {
            machine.put(&entry.path(), &to);
        }
    }
}

/// Plays the role's own book, and gives how many things it changed.
async fn play(machine: &Machine, vars: &Value, more: &str) -> u32 {
    machine.write("/tmp/vars.json", &vars.to_string());
    let line = format!(
        "cd /tmp/ansible && HOME=/root LC_ALL=C.UTF-8 ansible-playbook -i localhost, \
         -c local -e @/tmp/vars.json -e ansible_become=false {more} playbook.yml"
    );
    let said = machine.must(&line).await;
    assert!(said.contains("failed=0"), "{said}");
    let token = vars["remit_agent_token"].as_str().filter(|it| !it.is_empty());
    assert!(token.is_none_or(|it| !said.contains(it)), "the token is shown to nobody:\n{said}");
    let changed = said.split_once("changed=").and_then(|it| it.1.split_whitespace().next());
    changed.and_then(|it| it.parse().ok()).unwrap_or_else(|| panic!("no recap:\n{said}"))
}

#[tokio::test]
async fn the_role_installs_enrolls_upgrades_and_takes_all_of_it_away() {
    let site = Site::start().await;
    let machine = Machine::boot().await;
    let role = Path::new(env!("CARGO_MANIFEST_DIR")).join("../packaging/ansible");
    put_folder(&machine, &role, "/tmp/ansible");
    machine.put(&package("trial/this", "remit-agent", ".deb"), "/tmp/remit-agent_this.deb");
    machine.put(&package("trial/next", "remit-agent", ".deb"), "/tmp/remit-agent_next.deb");
    let mut vars = json!({
        "remit_agent_source": "file",
        "remit_agent_file": "/tmp/remit-agent_this.deb",
        "remit_agent_token": site.token().await.trim(),
        "remit_agent_settings": settings(site.address()),
    });

    // What would be done is said, and not done.
    assert!(play(&machine, &vars, "--check").await > 0);
    assert_eq!(machine.read("/usr/bin/remit-agent"), None);

    // Then it is, and once it is there is nothing to do.
    assert!(play(&machine, &vars, "").await > 0);
    let first = machine.running(UNIT).await;
    assert_eq!(machine.must("systemctl is-enabled remit-agent").await, "enabled");
    let identity = machine.read(IDENTITY).expect("it is enrolled");
    let mut words =
        identity.split(|it: char| !it.is_ascii_alphanumeric() && it != '_' && it != '-');
    let id = words.find(|it| it.starts_with("end_")).expect("it says who it is").to_owned();
    let online = |it: &remit_proto::v1::Endpoint| it.presence() == Presence::Online;
    site.admin.endpoint_where(&id, "the agent is there", online).await;
    assert_eq!(machine.must("find /tmp /var/tmp -name '*.remit-token'").await, "");
    assert_eq!(play(&machine, &vars, "").await, 0, "the second time there is nothing to do");
    assert_eq!(machine.running(UNIT).await, first);

    // The next version, without a token: it takes over and stays who it is.
    vars["remit_agent_file"] = json!("/tmp/remit-agent_next.deb");
    vars["remit_agent_token"] = json!("");
    assert!(play(&machine, &vars, "").await > 0);
    assert_ne!(machine.running(UNIT).await, first);
    assert_eq!(machine.read(IDENTITY), Some(identity.clone()));
    assert_eq!(play(&machine, &vars, "").await, 0);
    site.admin.endpoint_where(&id, "the agent is back", online).await;

    // Taken away, it remembers; purged, there is nothing left, again and again.
    vars["remit_agent_state"] = json!("absent");
    assert!(play(&machine, &vars, "").await > 0);
    assert_eq!(machine.main_pid(UNIT).await, 0);
    assert_eq!(machine.read("/usr/bin/remit-agent"), None);
    assert_eq!(machine.read(IDENTITY), Some(identity));
    vars["remit_agent_purge"] = json!(true);
    assert!(play(&machine, &vars, "").await > 0);
    assert_eq!(machine.traces().await, "");
    let users = machine.read("/etc/passwd").unwrap();
    assert!(!users.contains("remit"), "{users}");
    assert_eq!(play(&machine, &vars, "").await, 0);
}
