//! What the registry says: the true build, restarts that are due, and who
//! decides about updates.
//!
//! # Invariants
//!
//! - Only Windows Update and the servicing of components make a restart due.
//!   Files that wait to be renamed, a rename of the machine and old setup
//!   programs are told for information: they are there on healthy machines.
//! - A key that is not there is an answer. One that may not be read is another.

use std::{collections::BTreeMap, fmt::Write as _};

use jiff::Timestamp;
use remit_agent_domain::evidence;
use remit_shared::Reboot;

use crate::probe::ProbeError;

const VERSION: &str = r"SOFTWARE\Microsoft\Windows NT\CurrentVersion";
const UPDATE: &str =
    r"SOFTWARE\Microsoft\Windows\CurrentVersion\WindowsUpdate\Auto Update\RebootRequired";
const SERVICING: &str =
    r"SOFTWARE\Microsoft\Windows\CurrentVersion\Component Based Servicing\RebootPending";
const SESSION: &str = r"SYSTEM\CurrentControlSet\Control\Session Manager";
const VOLATILE: &str = r"SOFTWARE\Microsoft\Updates";
const NAME_NOW: &str = r"SYSTEM\CurrentControlSet\Control\ComputerName\ActiveComputerName";
const NAME_NEXT: &str = r"SYSTEM\CurrentControlSet\Control\ComputerName\ComputerName";
const POLICY: &str = r"SOFTWARE\Policies\Microsoft\Windows\WindowsUpdate";
const AUTOMATIC: &str = r"SOFTWARE\Policies\Microsoft\Windows\WindowsUpdate\AU";
const MDM: &str = r"SOFTWARE\Microsoft\PolicyManager\current\device\Update";
const SERVICE: &str = r"SYSTEM\CurrentControlSet\Services\wuauserv";

/// Reads keys below `HKEY_LOCAL_MACHINE`.
pub trait Registry: Send {
    /// A key's values, or `None` where there is no such key.
    fn key(&mut self, path: &str) -> Result<Option<Key>, ProbeError>;
}

/// What stands in a key.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Key {
    /// Its values, by their names in lower case.
    pub values: BTreeMap<String, Value>,
    /// When it was last written.
    pub written_at: Option<Timestamp>,
}

/// One value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Value {
    /// A number of 32 or 64 bits.
    Number(u64),
    /// A text.
    Text(String),
    /// Several texts, empty ones included.
    List(Vec<String>),
    /// Something else.
    Other,
}

/// What the registry says of this machine and its updates.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RegistryFacts {
    /// Which Windows this is, to its last digit.
    pub system: String,
    /// Whether a restart is due, and who says so.
    pub reboot: Reboot,
    /// Who decides about updates.
    pub managed_by: String,
    /// Keys that may not be read.
    pub remarks: Vec<String>,
}

/// Reads all of it. That some of it may not be read is a remark.
pub fn read(registry: &mut dyn Registry) -> Result<RegistryFacts, ProbeError> {
    let mut remarks = Vec::new();
    let mut key = |path: &str| match registry.key(path) {
        Ok(key) => Ok(key),
        Err(err @ ProbeError::NoPermission { .. }) => {
            remarks.push(err.to_string());
            Ok(None)
        }
        Err(err) => Err(err),
    };
    let system = system(&key(VERSION)?.unwrap_or_default());
    let (update, servicing) = (key(UPDATE)?, key(SERVICING)?);
    let mut sources = Vec::new();
    for (who, key) in [("Windows Update", &update), ("component servicing", &servicing)] {
        if let Some(key) = key {
            sources.push((who, key.written_at));
        }
    }
    let informative = [
        renames(&key(SESSION)?.unwrap_or_default()),
        volatile(&key(VOLATILE)?.unwrap_or_default()),
        rename(&key(NAME_NOW)?.unwrap_or_default(), &key(NAME_NEXT)?.unwrap_or_default()),
    ];
    let managed_by = managed_by(
        &key(POLICY)?.unwrap_or_default(),
        &key(AUTOMATIC)?.unwrap_or_default(),
        &key(MDM)?.unwrap_or_default(),
        &key(SERVICE)?.unwrap_or_default(),
    );
    // A key that was kept from us may be the one that says so.
    let is_hidden = |path: &str| remarks.iter().any(|it| it.contains(path));
    let required = match sources.is_empty() {
        false => Some(true),
        true if is_hidden(UPDATE) || is_hidden(SERVICING) => None,
        true => Some(false),
    };
    let mut reasons: Vec<_> = sources
        .iter()
        .map(|(who, since)| match since {
            Some(since) => format!("{who}, since {}", since.strftime("%F %H:%MZ")),
            None => (*who).to_owned(),
        })
        .collect();
    reasons.extend(informative.into_iter().flatten().map(|it| format!("for information: {it}")));
    let since = sources.iter().filter_map(|it| it.1).min();
    let reboot = Reboot { required, reasons, since };
    Ok(RegistryFacts { system, reboot, managed_by, remarks })
}

impl Key {
    fn number(&self, name: &str) -> Option<u64> {
        match self.values.get(&name.to_lowercase())? {
            Value::Number(number) => Some(*number),
            // Policies are written by many hands.
            Value::Text(text) => text.trim().parse().ok(),
            Value::List(_) | Value::Other => None,
        }
    }

    fn text(&self, name: &str) -> Option<&str> {
        match self.values.get(&name.to_lowercase())? {
            Value::Text(text) => Some(text.trim()).filter(|it| !it.is_empty()),
            Value::Number(_) | Value::List(_) | Value::Other => None,
        }
    }
}

/// `Windows Server 2022 Standard 21H2 (ServerStandard), build 20348.2227`.
fn system(key: &Key) -> String {
    let build = key.text("CurrentBuild").or(key.text("CurrentBuildNumber")).unwrap_or("?");
    let mut name = key.text("ProductName").unwrap_or("Windows").to_owned();
    // Windows 11 still calls itself 10 here.
    let is_client = key.text("InstallationType").is_none_or(|it| it == "Client");
    if is_client && build.parse::<u32>().is_ok_and(|it| it >= 22_000) {
        name = name.replace("Windows 10", "Windows 11");
    }
    if let Some(version) = key.text("DisplayVersion").or(key.text("ReleaseId")) {
        write!(name, " {version}").ok();
    }
    if let Some(edition) = key.text("EditionID") {
        write!(name, " ({edition})").ok();
    }
    match key.number("UBR") {
        Some(revision) => format!("{name}, build {build}.{revision}"),
        None => format!("{name}, build {build}"),
    }
}

/// Files come in pairs: from where, and to where; the second is empty for
/// what is deleted. Empty leftovers are no files.
fn renames(key: &Key) -> Option<String> {
    let Value::List(list) = key.values.get("pendingfilerenameoperations")? else { return None };
    let count = list.chunks(2).filter(|it| it.first().is_some_and(|it| !it.is_empty())).count();
    (count > 0).then(|| format!("{count} files are renamed or deleted at the next start"))
}

fn volatile(key: &Key) -> Option<String> {
    let code = key.number("UpdateExeVolatile").filter(|it| *it != 0)?;
    Some(format!("an old setup program waits for a restart (UpdateExeVolatile {code})"))
}

fn rename(now: &Key, next: &Key) -> Option<String> {
    let (now, next) = (now.text("ComputerName")?, next.text("ComputerName")?);
    (!now.eq_ignore_ascii_case(next))
        .then(|| format!("{now} is called {next} after the next start"))
}

fn managed_by(policy: &Key, automatic: &Key, mdm: &Key, service: &Key) -> String {
    let mut who = if let Some(server) =
        policy.text("WUServer").filter(|_| automatic.number("UseWUServer") == Some(1))
    {
        let mut who = format!("WSUS {}", evidence::without_passwords(server));
        if let Some(group) = policy.text("TargetGroup") {
            write!(who, ", group {group}").ok();
        }
        who
    } else if !mdm.values.is_empty() {
        "Intune or another device management".to_owned()
    } else if automatic.number("NoAutoUpdate") == Some(1) {
        "nobody: a policy has switched automatic updates off".to_owned()
    } else if let Some(option) = automatic.number("AUOptions") {
        let what = match option {
            2 => "asks before it downloads",
            3 => "downloads, and asks before it installs",
            4 => "installs by itself",
            5 => "lets the machine's administrator choose",
            7 => "downloads, and asks before it restarts",
            _ => "does something unknown",
        };
        format!("a policy: Windows Update {what}")
    } else if !policy.values.is_empty() {
        "a policy".to_owned()
    } else if service.number("Start") == Some(4) {
        "nobody: the service wuauserv is switched off".to_owned()
    } else {
        "nobody in particular: Windows Update as it came".to_owned()
    };
    if !who.starts_with("nobody") && service.number("Start") == Some(4) {
        who += ", but the service wuauserv is switched off";
    }
    let days = |name: &str| policy.number(name).or(mdm.number(name)).filter(|it| *it > 0);
    if let Some(days) = days("DeferQualityUpdatesPeriodInDays") {
        write!(who, ", quality updates {days} days late").ok();
    }
    for (what, name) in
        [("quality", "PauseQualityUpdatesStartTime"), ("feature", "PauseFeatureUpdatesStartTime")]
    {
        if let Some(since) = policy.text(name).or(mdm.text(name)) {
            write!(who, ", {what} updates paused since {since}").ok();
        }
    }
    evidence::head(&who, 500)
}
