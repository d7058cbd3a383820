//! How old the package lists are.
//!
//! Each archive's `Release` file says when it was made, and apt gives it the
//! time that the archive's server reports. An archive that is still signed
//! may be unchanged for weeks, so that the newest file of all archives tells;
//! Ubuntu's stamp of a successful update tells better where there is one.
//! This errs towards "old". A single archive that is no longer refreshed
//! shows by the end of its own validity, where it sets one.

use std::{fs, io, path::Path};

use jiff::{Timestamp, fmt::rfc2822};

use crate::probe::{
    ProbeError,
    patch::{below, past},
};

/// What is known about the package lists.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Catalog {
    /// When they were last refreshed, as far as can be proved.
    pub(super) at: Option<Timestamp>,
    /// What is wrong with them.
    pub(super) remarks: Vec<String>,
}

const LISTS: &str = "/var/lib/apt/lists";
const STAMP: &str = "/var/lib/apt/periodic/update-success-stamp";

/// Looks at the package lists of a system.
pub(super) fn read(root: &Path, now: Timestamp) -> Result<Catalog, ProbeError> {
    let entries = match fs::read_dir(below(root, LISTS)) {
        Ok(entries) => entries.collect::<Result<Vec<_>, _>>(),
        Err(err) if err.kind() == io::ErrorKind::NotFound => Ok(Vec::new()),
        Err(err) => Err(err),
    };
    let mut at = None;
    let mut remarks = Vec::new();
    for entry in entries.map_err(|err| ProbeError::read(LISTS, err))? {
        let name = entry.file_name().to_string_lossy().into_owned();
        if !name.ends_with("Release") {
            continue;
        }
        let failed = |err| ProbeError::read(format!("{LISTS}/{name}"), err);
        let text = fs::read_to_string(entry.path()).map_err(failed)?;
        let modified = entry.metadata().and_then(|it| it.modified()).map_err(failed)?;
        at = at.max(field(&text, "Date")).max(past(modified, now));
        if let Some(until) = field(&text, "Valid-Until").filter(|it| *it < now) {
            remarks.push(format!("the package list {name} has expired on {until}"));
        }
    }
    if at.is_none() {
        remarks.push("package lists are missing: run apt-get update".into());
        return Ok(Catalog { at, remarks });
    }
    let stamp = fs::metadata(below(root, STAMP)).and_then(|it| it.modified());
    let at = at.max(stamp.ok().and_then(|it| past(it, now))).map(|it| it.min(now));
    remarks.sort();
    Ok(Catalog { at, remarks })
}

/// A time of the header, which ends with the first list of files.
fn field(release: &str, name: &str) -> Option<Timestamp> {
    let mut fields = release.lines().filter_map(|it| it.split_once(": "));
    let (_, value) = fields.find(|(key, _)| *key == name)?;
    // `UTC` is how archives say it, `+0000` how the standard does.
    let value = value.trim().replace("UTC", "+0000");
    rfc2822::DateTimeParser::new().parse_timestamp(value).ok()
}

#[cfg(test)]
mod tests;
