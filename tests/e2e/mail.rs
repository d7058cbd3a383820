//! A real SMTP server takes the mail.

use std::{fs, path::PathBuf};

use rcgen::{CertifiedKey, generate_simple_self_signed};
use remit_proto::v1;
use tests::{Outcome, Program, SOON, Site, eventually, run, starter};
use tokio::{net::TcpStream, process::Command};

use crate::steps::fill_disk;

const PORT: u16 = 2525;

/// A server that keeps what it is given.
struct MailServer {
    _program: Program,
    folder: PathBuf,
}

impl MailServer {
    /// With STARTTLS, it takes nothing before the connection is encrypted.
    async fn start(site: &Site, starttls: bool) -> Self {
        let folder = site.folder().join("mail");
        let mut command = Command::new("aiosmtpd");
        command.arg("-n").arg("-l").arg(format!("{}:{PORT}", site.address()));
        if starttls {
            let certificate = site.folder().join("mail.pem");
            let key = site.folder().join("mail.key");
            let CertifiedKey { cert, signing_key } =
                generate_simple_self_signed([site.address().to_string()])
                    .expect("a key can be made");
            fs::write(&certificate, cert.pem()).expect("the test's folder can be written");
            fs::write(&key, signing_key.serialize_pem()).expect("the folder can be written");
            command.arg("--tlscert").arg(certificate).arg("--tlskey").arg(key);
        }
        command.arg("-c").arg("aiosmtpd.handlers.Mailbox").arg(&folder);
        let program = Program::start(command, &site.folder().join("mail.log"));
        eventually(SOON, "the mail server listens", async || {
            TcpStream::connect((site.address(), PORT)).await.ok()
        })
        .await;
        Self { _program: program, folder }
    }

    /// Waits for a message that has this in it.
    async fn message(&self, with: &str) -> String {
        let what = format!("mail with `{with}` comes");
        eventually(SOON, &what, async || {
            let new = fs::read_dir(self.folder.join("new")).ok()?;
            let texts = new.filter_map(|it| fs::read_to_string(it.ok()?.path()).ok());
            texts.into_iter().find(|it| it.contains(with))
        })
        .await
    }
}

fn settings(site: &Site, more: &str) -> String {
    format!(
        "\n[smtp]\nhost = \"{}\"\nport = {PORT}\nfrom = \"Remit <remit@example.org>\"\n{more}\n",
        site.address()
    )
}

/// The starter matrix, with mail for the provider's operations centre.
fn by_mail() -> String {
    let text = starter();
    let usual = "notify = \"webhook:provider-noc\"";
    assert!(text.contains(usual), "the team is still there");
    text.replace(usual, "notify = \"email:noc@example.org\"")
}

async fn alert_and_mail(site: &Site, server: &MailServer) -> (v1::Alert, String) {
    let mut agent = site.agent("db-7").await;
    let mut session = agent.connect().await.expect("an enrolled agent may connect");
    let alert = fill_disk(site, &mut agent, &mut session).await;
    let mail = server.message(&format!("X-Remit-Alert: {}", alert.alert_id)).await;
    (alert, mail)
}

/// What `notify test` says of the operations centre's channel.
async fn try_out(site: &Site) -> Outcome {
    let data = site.data();
    let words = ["notify", "test", "email:noc@example.org", "--data-dir"].map(AsRef::as_ref);
    run("remit-collector", [&words[..], &[data.as_os_str()]].concat()).await
}

#[tokio::test]
async fn mail_over_an_encrypted_connection_says_whose_it_is() {
    let mut site = Site::with_matrix(&by_mail()).await;
    let server = MailServer::start(&site, true).await;
    let ca = site.folder().join("mail.pem");
    let settings = settings(&site, &format!("ca_file = {ca:?}"));
    site.configure(&settings).await;
    let (alert, mail) = alert_and_mail(&site, &server).await;
    for line in [
        "From: Remit <remit@example.org>",
        "To: noc@example.org",
        "Subject: [HIGH] db-7: ",
        "Auto-Submitted: auto-generated",
        "X-Remit-Owner-Team: provider-noc",
        "X-Remit-Owner-Party: provider",
        "X-Remit-Tenant: acme",
        "X-Remit-Severity: high",
        "X-Remit-Topic: assigned",
        "X-RcptTo: noc@example.org",
        &format!("Message-ID: <{}-1@example.org>", alert.alert_id),
        &format!("References: <{}@example.org>", alert.alert_id),
        "It is yours to act on.",
        &format!("remit alert show {}", alert.alert_id),
    ] {
        let found = mail.lines().any(|it| it.starts_with(line) || it.trim_end().ends_with(line));
        assert!(found, "no line `{line}` in:\n{mail}");
    }
}

#[tokio::test]
async fn a_server_that_nobody_vouches_for_gets_no_mail() {
    let mut site = Site::with_matrix(&by_mail()).await;
    let _server = MailServer::start(&site, true).await;
    let settings = settings(&site, "");
    site.configure(&settings).await;
    let tried = try_out(&site).await;
    assert_eq!(tried.code, Some(1));
    let expected = "remit-collector: `email:noc@example.org` could not be reached: ";
    assert!(tried.stderr.starts_with(expected), "{}", tried.stderr);
}

#[tokio::test]
async fn a_relay_on_the_same_machine_takes_mail_in_the_clear() {
    let mut site = Site::with_matrix(&by_mail()).await;
    let server = MailServer::start(&site, false).await;
    let settings = settings(&site, "security = \"none\"");
    site.configure(&settings).await;
    alert_and_mail(&site, &server).await;
    let tried = try_out(&site).await;
    assert_eq!(tried.code, Some(0), "{}", tried.stderr);
    assert!(
        tried.stdout.starts_with("email:noc@example.org took the message: 250 "),
        "{}",
        tried.stdout
    );
    server.message("Subject: [TEST] remit-collector: this is a test of the way to you").await;
}
