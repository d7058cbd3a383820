//! The package for Windows' own installer, from installation to removal.

use std::{fs, path::Path};

use remit_proto::v1::{ListEndpointsRequest, Presence};
use tests::Site;
use tokio::process::Command;

use crate::wine::{Machine, agent, finish_patiently, from_windows, need};

const PROGRAM: &str = "Program Files/Remit/remit-agent.exe";

/// Packs the agent, as `cargo xtask msi` does, and gives the package.
async fn pack(folder: &Path, version: &str) -> String {
    let wixl = need("wixl", "wixl");
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("../packaging/windows/remit-agent.wxs");
    let package = folder.join(format!("remit-agent-{version}.msi"));
    let mut pack = Command::new(wixl);
    pack.current_dir(agent().parent().unwrap()).args(["--arch", "x64"]);
    pack.args(["--define", &format!("Version={version}"), "--define", "Program=remit-agent.exe"]);
    let packed = finish_patiently(pack.arg("--output").arg(&package).arg(source)).await;
    assert_eq!(packed.code, Some(0), "{}", packed.stderr);
    assert!(package.exists(), "{}{}", packed.stdout, packed.stderr);
    from_windows(&package)
}

async fn endpoints(site: &Site) -> Vec<String> {
    let asked = ListEndpointsRequest { page_size: 100, ..Default::default() };
    let listed = site.admin.endpoints().list_endpoints(asked).await;
    let listed = listed.expect("an administrator sees endpoints").into_inner();
    listed.endpoints.into_iter().map(|it| it.endpoint_id).collect()
}

#[tokio::test]
async fn a_package_installs_enrolls_upgrades_and_leaves() {
    let site = Site::start().await;
    let machine = Machine::set_up(&site).await;
    let old = pack(site.folder(), "0.1.0").await;
    let new = pack(site.folder(), "0.2.0").await;

    let token = site.folder().join("token");
    fs::write(&token, site.token().await).unwrap();
    let token = format!("TOKENFILE={}", from_windows(&token));
    let installed = machine.wine(["msiexec", "/i", &old, "/qn", &token]).await;
    assert_eq!(installed.code, Some(0), "{}\n{}", installed.stderr, machine.log());
    let [id] = endpoints(&site).await.try_into().expect("one machine has enrolled");
    let heard = async |what| {
        site.admin.endpoint_where(&id, what, |it| it.presence() == Presence::Online).await
    };
    heard("the machine is heard once it is installed").await;

    let again = machine.wine(["msiexec", "/i", &old, "/qn", "REINSTALL=ALL"]).await;
    assert_eq!(again.code, Some(0), "{}\n{}", again.stderr, machine.log());
    heard("the machine is heard after the repair").await;

    let upgraded = machine.wine(["msiexec", "/i", &new, "/qn"]).await;
    assert_eq!(upgraded.code, Some(0), "{}\n{}", upgraded.stderr, machine.log());
    heard("the machine is heard after the upgrade, as the same").await;
    assert_eq!(endpoints(&site).await, [id.as_str()]);

    let removed = machine.wine(["msiexec", "/x", &new, "/qn"]).await;
    assert_eq!(removed.code, Some(0), "{}\n{}", removed.stderr, machine.log());
    let what = "the machine has said goodbye";
    site.admin.endpoint_where(&id, what, |it| it.presence() == Presence::ExpectedOff).await;
    assert!(!machine.drive(PROGRAM).exists(), "the program is gone");
    assert!(machine.drive("ProgramData/Remit/agent/identity/current").exists(), "it is kept");
}
