//! The settings of channels. Secrets stand in files of their own, so that the
//! settings can be shown to anybody.

use std::{
    collections::HashSet,
    fs,
    path::{Path, PathBuf},
};

use remit_runtime::config::{ConfigError, Document, Effective, Setting};
use serde::Deserialize;

use super::RawConfig;
use crate::adapters::notify::{
    AlertmanagerSettings, ChannelSettings, Door, NtfySettings, PAGERDUTY, PagerdutySettings,
    Security, SmtpSettings, WebhookSettings,
};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawWebhook {
    name: String,
    url: String,
    secret_file: PathBuf,
}

/// The address is the secret.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawSecretUrl {
    name: String,
    url_file: PathBuf,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawPagerduty {
    name: String,
    url: Option<String>,
    key_file: PathBuf,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawNtfy {
    name: String,
    url: String,
    topic_file: PathBuf,
    token_file: Option<PathBuf>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawAlertmanager {
    name: String,
    url: String,
    token_file: Option<PathBuf>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawSmtp {
    host: String,
    port: Option<u16>,
    security: Option<String>,
    ca_file: Option<PathBuf>,
    from: String,
    username: Option<String>,
    password_file: Option<PathBuf>,
}

/// Reads every secret, and shows where each address comes from.
pub(super) fn read(
    file: &Document<RawConfig>,
    table: &mut Effective,
) -> Result<ChannelSettings, ConfigError> {
    let raw = &file.value;
    let mut reader = Reader { file, table, doors: Vec::new(), names: HashSet::new() };
    for it in &raw.webhook {
        let secret = reader.secret("webhook", &it.name, "secret_file", &it.secret_file)?;
        let url = reader.address("webhook", &it.name, &it.url);
        let settings = WebhookSettings { url, secret: secret.into_bytes() };
        reader.add(&it.name, Door::Webhook(settings))?;
    }
    for it in &raw.slack {
        let url = reader.secret("slack", &it.name, "url_file", &it.url_file)?;
        reader.add(&it.name, Door::Slack(url))?;
    }
    for it in &raw.teams {
        let url = reader.secret("teams", &it.name, "url_file", &it.url_file)?;
        reader.add(&it.name, Door::Teams(url))?;
    }
    for it in &raw.pagerduty {
        let key = reader.secret("pagerduty", &it.name, "key_file", &it.key_file)?;
        let url = it.url.as_deref().unwrap_or(PAGERDUTY);
        let url = reader.address("pagerduty", &it.name, url);
        reader.add(&it.name, Door::Pagerduty(PagerdutySettings { url, key }))?;
    }
    for it in &raw.ntfy {
        let topic = reader.secret("ntfy", &it.name, "topic_file", &it.topic_file)?;
        let token = reader.optional("ntfy", &it.name, "token_file", it.token_file.as_deref())?;
        let url = reader.address("ntfy", &it.name, &it.url);
        reader.add(&it.name, Door::Ntfy(NtfySettings { url, topic, token }))?;
    }
    for it in &raw.alertmanager {
        let kind = "alertmanager";
        let token = reader.optional(kind, &it.name, "token_file", it.token_file.as_deref())?;
        let url = reader.address(kind, &it.name, &it.url);
        reader.add(&it.name, Door::Alertmanager(AlertmanagerSettings { url, token }))?;
    }
    let doors = reader.doors;
    let smtp = raw.smtp.as_ref().map(|it| smtp(file, it, table)).transpose()?;
    Ok(ChannelSettings { doors, smtp })
}

struct Reader<'a> {
    file: &'a Document<RawConfig>,
    table: &'a mut Effective,
    doors: Vec<(String, Door)>,
    names: HashSet<String>,
}

impl Reader<'_> {
    fn secret(
        &mut self,
        kind: &str,
        name: &str,
        key: &str,
        path: &Path,
    ) -> Result<String, ConfigError> {
        let secret = secret(self.file, &format!("{kind}.{key}"), path)?;
        self.table.mask(&format!("{kind}.{name}.{key}"), &Setting::new(()).file(Some(())));
        Ok(secret)
    }

    fn optional(
        &mut self,
        kind: &str,
        name: &str,
        key: &str,
        path: Option<&Path>,
    ) -> Result<Option<String>, ConfigError> {
        path.map(|it| self.secret(kind, name, key, it)).transpose()
    }

    fn address(&mut self, kind: &str, name: &str, url: &str) -> String {
        let setting = Setting::new(String::new()).file(Some(url.to_owned()));
        self.table.show(&format!("{kind}.{name}.url"), &setting);
        url.to_owned()
    }

    fn add(&mut self, name: &str, door: Door) -> Result<(), ConfigError> {
        let kind = door.kind();
        if !self.names.insert(format!("{kind}:{name}")) {
            let message = format!("`{name}` is there twice");
            return Err(self.file.invalid(&format!("{kind}.name"), message));
        }
        self.doors.push((name.to_owned(), door));
        Ok(())
    }
}

fn smtp(
    file: &Document<RawConfig>,
    raw: &RawSmtp,
    table: &mut Effective,
) -> Result<SmtpSettings, ConfigError> {
    let security = match raw.security.as_deref() {
        None | Some("starttls") => Security::StartTls,
        Some("tls") => Security::Tls,
        Some("none") => Security::None,
        Some(other) => {
            let message = format!("`{other}` is not one of starttls, tls, none");
            return Err(file.invalid("smtp.security", message));
        }
    };
    let login = match (&raw.username, &raw.password_file) {
        (None, None) => None,
        (Some(name), Some(path)) => Some((name.clone(), secret(file, "smtp.password_file", path)?)),
        (Some(_), None) => return Err(file.invalid("smtp.username", "needs a password_file")),
        (None, Some(_)) => return Err(file.invalid("smtp.password_file", "needs a username")),
    };
    let ca = raw.ca_file.as_deref().map(|it| secret(file, "smtp.ca_file", it)).transpose()?;
    let port = match (raw.port, security) {
        (Some(port), _) => port,
        (None, Security::StartTls) => 587,
        (None, Security::Tls) => 465,
        (None, Security::None) => 25,
    };
    let server = format!("{}:{port}", raw.host);
    table.show("smtp", &Setting::new(String::new()).file(Some(server)));
    if login.is_some() {
        table.mask("smtp.password_file", &Setting::new(()).file(Some(())));
    }
    let (host, from) = (raw.host.clone(), raw.from.clone());
    Ok(SmtpSettings { host, port, security, from, ca: ca.map(String::into_bytes), login })
}

/// What stands in a file beside the settings.
pub(super) fn secret(
    file: &Document<RawConfig>,
    key: &str,
    path: &Path,
) -> Result<String, ConfigError> {
    let beside = file.path().parent().unwrap_or(Path::new("")).join(path);
    let text = fs::read_to_string(&beside)
        .map_err(|err| file.invalid(key, format!("failed to read {}: {err}", beside.display())))?;
    let secret = text.trim();
    if secret.is_empty() {
        return Err(file.invalid(key, format!("{} is empty", beside.display())));
    }
    Ok(secret.to_owned())
}
