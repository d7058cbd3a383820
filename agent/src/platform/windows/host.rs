//! What a Windows machine says of itself, most of it in the registry.

use std::env;

use jiff::{SignedDuration, Timestamp, tz::TimeZone};
use remit_runtime::clock::SystemClock;
use remit_shared::{Clock as _, Host};
use windows_registry::LOCAL_MACHINE;

use super::call::machine;
use crate::host;

const VERSION: &str = r"SOFTWARE\Microsoft\Windows NT\CurrentVersion";
const IDENTITY: &str = r"SOFTWARE\Microsoft\Cryptography";
const NAME: &str = r"SYSTEM\CurrentControlSet\Services\Tcpip\Parameters";

/// The first build of Windows 11, which calls itself `Windows 10` still.
const ELEVEN: u32 = 22_000;

/// Asks the operating system about itself.
pub fn describe(agent_version: &str) -> Host {
    let build = text(VERSION, "CurrentBuild").unwrap_or_default();
    let revision = LOCAL_MACHINE.open(VERSION).and_then(|it| it.get_u32("UBR"));
    let name = text(NAME, "Hostname").or_else(|| env::var("COMPUTERNAME").ok());
    Host {
        hostname: name.unwrap_or_default(),
        os: env::consts::OS.into(),
        os_version: os_version(
            &text(VERSION, "ProductName").unwrap_or_default(),
            &text(VERSION, "DisplayVersion").unwrap_or_default(),
            &build,
        ),
        kernel: match revision {
            Ok(revision) => format!("{build}.{revision}"),
            Err(_) => build,
        },
        arch: env::consts::ARCH.into(),
        agent_version: agent_version.into(),
        machine_id: text(IDENTITY, "MachineGuid").map(|id| host::hashed(&id)).unwrap_or_default(),
        booted_at: booted_at(SystemClock.now(), machine::uptime_ms()),
        zone: TimeZone::system().iana_name().unwrap_or_default().into(),
    }
}

fn text(key: &str, name: &str) -> Option<String> {
    let text = LOCAL_MACHINE.open(key).ok()?.get_string(name).ok()?;
    Some(text.trim().to_owned()).filter(|it| !it.is_empty())
}

/// `Windows Server 2022 Standard 21H2`.
fn os_version(product: &str, display: &str, build: &str) -> String {
    let is_eleven = build.parse().is_ok_and(|it: u32| it >= ELEVEN);
    let product = match product.strip_prefix("Windows 10") {
        Some(rest) if is_eleven => format!("Windows 11{rest}"),
        _ => product.into(),
    };
    format!("{product} {display}").trim().into()
}

fn booted_at(now: Timestamp, uptime_ms: u64) -> Option<Timestamp> {
    let uptime = SignedDuration::from_millis(i64::try_from(uptime_ms).ok()?);
    now.checked_sub(uptime).ok()
}
