//! `remit-agent service`, for those who have only the program.

use remit_proto::v1::Presence;
use tests::{Outcome, Site, binary, finish};
use tokio::process::Command;

use crate::machine::{Machine, endpoint, settings};

#[tokio::test]
async fn a_lone_program_becomes_a_service_and_stops_being_one() {
    let site = Site::start().await;
    let machine = Machine::boot().await;
    machine.must("mkdir -p /etc/remit").await;
    machine.write("/etc/remit/agent.toml", &settings(site.address()));
    machine.write("/root/token", &site.token().await);

    // Where anybody could put another program in its place, it is refused.
    machine.put(&binary("remit-agent"), "/tmp/remit-agent");
    let refused = machine.run("/tmp/remit-agent service install").await;
    assert_eq!(refused.code, Some(1));
    assert!(refused.stderr.contains("move the program to /usr/local/bin"), "{}", refused.stderr);
    assert_eq!(machine.read("/etc/systemd/system/remit-agent.service"), None);

    machine.must("mv /tmp/remit-agent /usr/local/bin/").await;
    let id = endpoint(&machine.must("remit-agent enroll --token-file /root/token").await);
    let before = machine.run("remit-agent service status").await;
    assert_eq!(before.code, Some(1), "{}", before.stdout);
    machine.must("remit-agent service install").await;
    machine.running("remit-agent").await;
    let status = machine.must("remit-agent service status").await;
    assert!(status.contains("active"), "{status}");
    let online = |it: &remit_proto::v1::Endpoint| it.presence() == Presence::Online;
    site.admin.endpoint_where(&id, "the agent is there", online).await;

    machine.must("remit-agent service uninstall").await;
    assert_eq!(machine.main_pid("remit-agent").await, 0);
    assert_eq!(machine.read("/etc/systemd/system/remit-agent.service"), None);
    machine.must("test -e /var/lib/remit-agent/identity/current").await;
    let off = |it: &remit_proto::v1::Endpoint| it.presence() == Presence::ExpectedOff;
    site.admin.endpoint_where(&id, "the agent has said goodbye", off).await;
}

/// The same machine, seen by somebody for whom systemd has not booted it.
async fn without_systemd(order: &str) -> Outcome {
    let hide = "mount -t tmpfs tmpfs /run && exec \"$@\"";
    let mut command = Command::new("unshare");
    command.args(["--mount", "sh", "-c", hide, "sh"]).arg(binary("remit-agent"));
    command.args(["service", order]);
    finish(command).await
}

#[tokio::test]
async fn where_systemd_does_not_run_the_machine_it_says_what_to_do_instead() {
    for order in ["install", "uninstall", "start", "stop"] {
        let refused = without_systemd(order).await;
        assert_eq!(refused.code, Some(1), "{}", refused.stdout);
        let said = "remit-agent: systemd does not run this machine, so nothing was changed; start \
                    `remit-agent run` by what starts services here, or write the unit with \
                    `--unit-only PATH`\n";
        assert_eq!(refused.stderr, said);
    }
    let status = without_systemd("status").await;
    assert_eq!(status.code, Some(1));
    assert!(status.stdout.contains("systemd does not run this machine"), "{}", status.stdout);
}
