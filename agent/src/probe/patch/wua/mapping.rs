//! From the Windows Update Agent's fields to updates and their states.

use std::collections::BTreeMap;

use jiff::Timestamp;
use remit_shared::{PatchItem, PatchState, Reboot};

use super::{
    registry::RegistryFacts,
    scan::{Category, Entry, Fault, Search, Update, WuaScan, from_ole},
};
use crate::probe::ProbeError;

/// `Security Updates`. Names are for people; the ids never change.
const SECURITY: &str = "0fa1201d-4330-4fa8-8ae9-b877473b6441";
/// `Definition Updates`: virus signatures, several a day.
const DEFINITIONS: &str = "e0789628-ce08-4437-be74-2495b842f43b";
/// `Drivers`.
const DRIVERS: &str = "ebfc1fc5-71a4-4f7b-9aca-3b9a503104a0";
/// The articles of virus signatures and their engine, for a history that knows
/// no categories.
const SIGNATURES: [&str; 2] = ["KB2267602", "KB4052623"];
/// `Type` of a driver.
const DRIVER: i32 = 2;

/// What a scan means.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mapped {
    /// Updates that are not installed, sorted.
    pub items: Vec<PatchItem>,
    /// Whether a restart is due.
    pub reboot: Reboot,
    /// When something that matters was last installed.
    pub last_patched_at: Option<Timestamp>,
    /// What is missing.
    pub remarks: Vec<String>,
}

/// Says what a scan means, or that there was none.
pub fn map(scan: WuaScan, facts: &RegistryFacts) -> Result<Mapped, ProbeError> {
    if let Some(fault) = &scan.pending.error {
        return Err(explain(fault));
    }
    if !matches!(scan.pending.result_code, 2 | 3) {
        let said = format!("the search ended with result code {}", scan.pending.result_code);
        return Err(ProbeError::Program { what: "the Windows Update Agent".into(), said });
    }
    let mut remarks = Vec::new();
    if scan.catalog_at().is_none() {
        remarks.push("Windows has never searched for updates".to_owned());
    }
    let searches =
        [("updates", &scan.pending), ("hidden updates", &scan.hidden), ("drivers", &scan.drivers)];
    for (what, search) in searches {
        remarks.extend(remark(what, search));
    }
    let mut history = scan.history;
    history.sort_by(|a, b| b.date.total_cmp(&a.date));
    remarks.extend(scan.history_error.map(|it| format!("there is no history: {it}")));

    let mut found = BTreeMap::new();
    for search in [scan.hidden, scan.drivers, scan.pending] {
        found.extend(search.updates.into_iter().map(|it| ((it.id.clone(), it.revision), it)));
    }
    let mut reboot = facts.reboot.clone();
    if scan.reboot_required == Some(true) && reboot.required != Some(true) {
        reboot.required = Some(true);
        reboot.reasons.insert(0, "Windows Update says so".into());
    }
    let waiting = found.values().filter(|it| it.reboot_required).map(|it| title(it).0);
    reboot.reasons.extend(waiting.map(|it| format!("installed but for a restart: {it}")));

    let mut items: Vec<_> = found.into_values().map(|it| item(&it, &history)).collect();
    items.sort_by(|a, b| (&a.package, &a.candidate).cmp(&(&b.package, &b.candidate)));
    let last_patched_at = history.iter().filter(|it| is_patch(it)).find_map(|it| from_ole(it.date));
    Ok(Mapped { items, reboot, last_patched_at, remarks })
}

fn item(update: &Update, history: &[Entry]) -> PatchItem {
    let is_driver = update.kind == DRIVER || has(&update.categories, DRIVERS);
    let state = if update.hidden {
        PatchState::Declined
    } else if is_driver || update.browse_only {
        PatchState::Optional
    } else {
        PatchState::Available
    };
    let severity = update.severity.trim();
    let mut origins: Vec<_> = update.categories.iter().map(|it| it.name.clone()).collect();
    if !severity.is_empty() {
        origins.push(format!("severity {severity}"));
    }
    let (package, candidate) = title(update);
    let kbs = update.kbs.iter().map(|it| article(it));
    let others = update.bulletins.iter().chain(&update.cves).cloned();
    PatchItem {
        package,
        installed: String::new(),
        candidate,
        origins,
        security: !is_driver && (has(&update.categories, SECURITY) || !severity.is_empty()),
        state,
        advisories: kbs.chain(others).collect(),
        failure: failure(update, history),
    }
}

/// A title without what changes from month to month, and that. So an update
/// that takes the place of another is the same package in a newer version.
fn title(update: &Update) -> (String, String) {
    let title = update.title.trim();
    let (mut family, mut version) = (title, Vec::new());
    if let Some((date, rest)) = family.split_once(' ')
        && is_month(date)
    {
        family = rest;
        version.push(date.to_owned());
    }
    let mut words: Vec<&str> = Vec::new();
    let mut in_version = false;
    for word in family.split_whitespace() {
        let bare = word.trim_matches(['(', ')', ',']);
        if in_version {
            version.push(bare.to_owned());
            in_version = !word.ends_with(')');
        } else if word == "(Version" {
            in_version = true;
        } else if !(is_article(bare) || word == "-" && words.last() == Some(&"-")) {
            words.push(word);
        }
    }
    let family = words.join(" ").trim_matches(['-', ' ']).to_owned();
    version.extend(update.kbs.iter().map(|it| article(it)));
    if version.is_empty() {
        version.push(format!("revision {}", update.revision));
    }
    let family = if family.is_empty() { update.id.clone() } else { family };
    (shortened(&family), shortened(&version.join(" ")))
}

/// Titles are not ours, and have a bound on the way.
fn shortened(text: &str) -> String {
    remit_agent_domain::evidence::head(text, 200)
}

fn is_month(text: &str) -> bool {
    let bytes = text.as_bytes();
    bytes.len() == 7
        && bytes[4] == b'-'
        && text.bytes().enumerate().all(|(at, it)| at == 4 || it.is_ascii_digit())
}

fn is_article(word: &str) -> bool {
    let number = word.strip_prefix("KB").unwrap_or_default();
    !number.is_empty() && number.bytes().all(|it| it.is_ascii_digit())
}

fn article(number: &str) -> String {
    if number.starts_with("KB") { number.to_owned() } else { format!("KB{number}") }
}

/// How the last try to install it ended, if badly. History is newest first.
fn failure(update: &Update, history: &[Entry]) -> String {
    let is_its = |it: &&Entry| it.operation == 1 && it.id.eq_ignore_ascii_case(&update.id);
    let Some(last) = history.iter().find(is_its) else { return String::new() };
    let how = match last.result_code {
        4 => "failed",
        5 => "was aborted",
        _ => return String::new(),
    };
    let at = from_ole(last.date).map_or_else(String::new, |it| it.strftime(" on %F").to_string());
    let code = last.hresult.cast_unsigned();
    match last.unmapped.cast_unsigned() {
        0 => format!("{how}{at} with {code:#010x}"),
        cause => format!("{how}{at} with {code:#010x} ({cause:#010x})"),
    }
}

/// Whether it shows that somebody looks after the machine. Signatures come by
/// themselves where nobody has installed anything else for years.
fn is_patch(entry: &Entry) -> bool {
    let is_good = entry.operation == 1 && matches!(entry.result_code, 2 | 3);
    let is_signature =
        has(&entry.categories, DEFINITIONS) || SIGNATURES.iter().any(|it| entry.title.contains(it));
    is_good && !is_signature
}

fn has(categories: &[Category], id: &str) -> bool {
    categories.iter().any(|it| it.id.trim_matches(['{', '}']).eq_ignore_ascii_case(id))
}

fn remark(what: &str, search: &Search) -> Option<String> {
    if let Some(fault) = &search.error {
        return Some(format!("{what} are missing: {fault}"));
    }
    match search.result_code {
        2 => None,
        3 => {
            let codes = search.warnings.iter().map(|it| format!("{:#010x}", it.cast_unsigned()));
            let codes = codes.collect::<Vec<_>>().join(", ");
            Some(format!("some {what} may be missing: the search had warnings: {codes}"))
        }
        code => Some(format!("{what} are missing: the search ended with result code {code}")),
    }
}

/// Which of our answers a fault is.
fn explain(fault: &Fault) -> ProbeError {
    let what = "the Windows Update Agent".to_owned();
    match fault.hresult.cast_unsigned() {
        0x8004_0154 | 0x8004_01f3 | 0x8000_4001 => {
            ProbeError::Unsupported { why: fault.to_string() }
        }
        0x8007_0005 => ProbeError::NoPermission { what: fault.step.clone() },
        0x8024_0009 | 0x8024_0016 => ProbeError::Locked { what },
        _ => ProbeError::Program { what, said: fault.to_string() },
    }
}
