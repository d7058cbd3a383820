//! A real Prometheus that takes Remit for its Alertmanager.

use std::{fs, path::PathBuf};

use remit_proto::v1::AlertState;
use rustix::process::{Pid, Signal, kill_process};
use tests::{Program, Site, starter};
use tokio::process::Command;

/// What Prometheus is to find wrong.
fn rule(expression: &str) -> String {
    format!(
        "groups:\n- name: test\n  rules:\n  - alert: AlwaysWrong\n    expr: {expression}\n    \
         labels:\n      severity: critical\n      instance: db-7:9100\n    \
         annotations:\n      summary: this is always wrong\n"
    )
}

/// A Prometheus that tells nobody but the site.
struct Prometheus {
    program: Program,
    rules: PathBuf,
}

impl Prometheus {
    fn start(site: &Site, token: &str) -> Self {
        let folder = site.folder().join("prometheus");
        fs::create_dir_all(&folder).expect("the test's folder can be written");
        let rules = folder.join("rules.yml");
        fs::write(&rules, rule("vector(1)")).expect("the test's folder can be written");
        let settings = format!(
            "global:\n  evaluation_interval: 1s\nrule_files: [{}]\nalerting:\n  alertmanagers:\n  \
             - scheme: https\n    authorization:\n      credentials: {token}\n    \
             tls_config:\n      ca_file: {}\n    static_configs:\n    - targets: ['{}']\n",
            rules.display(),
            site.root().display(),
            site.receiver(),
        );
        fs::write(folder.join("prometheus.yml"), settings).expect("the folder can be written");
        let mut command = Command::new("prometheus");
        command.arg(format!("--config.file={}", folder.join("prometheus.yml").display()));
        command.arg(format!("--storage.tsdb.path={}", folder.join("data").display()));
        command.arg(format!("--web.listen-address={}:9090", site.address()));
        command.arg("--rules.alert.resend-delay=1s");
        let program = Program::start(command, &site.folder().join("prometheus.log"));
        Self { program, rules }
    }

    /// Gives it other rules while it runs.
    fn reload(&self, rules: &str) {
        fs::write(&self.rules, rules).expect("the test's folder can be written");
        let pid = i32::try_from(self.program.pid()).ok().and_then(Pid::from_raw);
        kill_process(pid.expect("process ids are small"), Signal::HUP)
            .expect("one's own children can be told to reload");
    }
}

#[tokio::test]
async fn its_alert_gets_an_owner_escalates_and_is_over_when_the_rule_is() {
    let usual = "steps = [\"15m provider-manager\", \"30m it-manager\"]";
    let text = starter();
    assert!(text.contains(usual), "the policy is still there");
    let impatient = text.replace(usual, "steps = [\"2s provider-manager\"]");
    let mut site = Site::with_matrix(&impatient).await;
    let token = site.source("prometheus", "alertmanager", None).await;
    let agent = site.agent("db-7").await;
    let prometheus = Prometheus::start(&site, &token);

    let alert = site.admin.alerted("prometheus:AlwaysWrong", AlertState::Open).await;
    assert_eq!(alert.endpoint_id, agent.id, "the target is the endpoint that is enrolled");
    assert_eq!(alert.summary, "this is always wrong");
    let whose = alert.responsibility.as_ref().unwrap();
    assert_eq!(whose.responsible, "provider-noc");
    let page = site.inbox.message("provider-noc", "assigned").await;
    assert_eq!(page.field("alert_id"), alert.alert_id);
    let page = site.inbox.message("provider-manager", "escalated").await;
    assert_eq!(page.field("alert_id"), alert.alert_id);

    prometheus.reload(&rule("vector(1) > 2"));
    site.admin.alerted("prometheus:AlwaysWrong", AlertState::Resolved).await;
    let page = site.inbox.message("provider-noc", "resolved").await;
    assert_eq!(page.field("alert_id"), alert.alert_id);
    assert_eq!(site.admin.all_alerts().await.len(), 1, "however often it was told");
}
