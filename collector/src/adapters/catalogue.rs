//! The catalogue of what is known to be exploited, as CISA publishes it in JSON.
//!
//! # Invariants
//!
//! - A file is taken as a whole or not at all; an error says where it is wrong.
//! - Nothing here opens a connection: somebody else brings the file.

#[cfg(test)]
mod tests;

use std::{
    fmt::Display,
    fs::{self, File, Metadata},
    io::{self, Read as _},
    os::unix::fs::MetadataExt as _,
    path::{Path, PathBuf},
    str::FromStr,
};

use jiff::{Timestamp, civil::Date};
use remit_collector_domain::exploited::{Catalogue, CatalogueError, Entry};
use serde::{Deserialize, Deserializer, de::Error as _};
use sha2::{Digest as _, Sha256};

/// The largest file; CISA's has less than two million bytes.
const LARGEST: u64 = 32 << 20;

/// Why a file is no catalogue.
#[derive(Debug, thiserror::Error)]
pub enum CatalogueFileError {
    /// It cannot be read.
    #[error("failed to read {}", path.display())]
    Read {
        /// Which file.
        path: PathBuf,
        /// What the operating system says.
        #[source]
        source: io::Error,
    },
    /// It is larger than any catalogue.
    #[error("{} has more than {LARGEST} bytes", .0.display())]
    TooLarge(PathBuf),
    /// It says something that makes no sense.
    #[error("{}:{line}:{column}: {message}", path.display())]
    Invalid {
        /// Which file.
        path: PathBuf,
        /// Which line, from 1.
        line: usize,
        /// Which column, from 1.
        column: usize,
        /// Which key, and what is wrong with it.
        message: String,
    },
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct RawCatalogue {
    #[serde(deserialize_with = "version")]
    catalog_version: String,
    #[serde(deserialize_with = "released")]
    date_released: Timestamp,
    #[serde(default)]
    count: Option<usize>,
    vulnerabilities: Vec<RawEntry>,
}

/// What is read of an entry; the rest is for people.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct RawEntry {
    #[serde(rename = "cveID", deserialize_with = "cve")]
    cve: String,
    #[serde(deserialize_with = "vendor")]
    vendor_project: String,
    #[serde(deserialize_with = "product")]
    product: String,
    #[serde(deserialize_with = "name")]
    vulnerability_name: String,
    #[serde(deserialize_with = "added")]
    date_added: Date,
    #[serde(deserialize_with = "action")]
    required_action: String,
    #[serde(deserialize_with = "due")]
    due_date: Date,
    #[serde(deserialize_with = "ransomware")]
    known_ransomware_campaign_use: bool,
}

/// Declares how keys are read, so that an error names its key.
macro_rules! keys {
    ($($name:ident of $key:literal gives $type:ty,)*) => {$(
        fn $name<'de, D: Deserializer<'de>>(from: D) -> Result<$type, D::Error> {
            read_key(from, $key)
        }
    )*};
}
keys! {
    version of "catalogVersion" gives String,
    released of "dateReleased" gives Timestamp,
    cve of "cveID" gives String,
    vendor of "vendorProject" gives String,
    product of "product" gives String,
    name of "vulnerabilityName" gives String,
    added of "dateAdded" gives Date,
    action of "requiredAction" gives String,
    due of "dueDate" gives Date,
}

fn ransomware<'de, D: Deserializer<'de>>(from: D) -> Result<bool, D::Error> {
    const KEY: &str = "knownRansomwareCampaignUse";
    match read_key::<String, D>(from, KEY)?.as_str() {
        "Known" => Ok(true),
        "Unknown" => Ok(false),
        other => {
            Err(D::Error::custom(format!("{KEY}: `{other}` is neither `Known` nor `Unknown`")))
        }
    }
}

fn read_key<'de, T, D>(from: D, key: &str) -> Result<T, D::Error>
where
    T: FromStr<Err: Display>,
    D: Deserializer<'de>,
{
    let text =
        String::deserialize(from).map_err(|err| D::Error::custom(format!("{key}: {err}")))?;
    text.trim().parse().map_err(|err| D::Error::custom(format!("{key}: `{text}`: {err}")))
}

/// Tells one state of a file from another without reading it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Stamp {
    inode: u64,
    length: u64,
    changed: (i64, i64),
}

impl Stamp {
    fn of(it: &Metadata) -> Self {
        Self { inode: it.ino(), length: it.len(), changed: (it.ctime(), it.ctime_nsec()) }
    }
}

/// The state of a file; `None` where it cannot be seen.
pub fn stamp(path: &Path) -> Option<Stamp> {
    fs::metadata(path).ok().map(|it| Stamp::of(&it))
}

/// Reads a catalogue.
pub fn read(path: &Path) -> Result<Catalogue, CatalogueFileError> {
    let failed = |source| CatalogueFileError::Read { path: path.to_owned(), source };
    let mut bytes = Vec::new();
    let file = File::open(path).map_err(failed)?;
    file.take(LARGEST + 1).read_to_end(&mut bytes).map_err(failed)?;
    if bytes.len() as u64 > LARGEST {
        return Err(CatalogueFileError::TooLarge(path.to_owned()));
    }
    parse(path, &bytes)
}

fn parse(path: &Path, bytes: &[u8]) -> Result<Catalogue, CatalogueFileError> {
    let invalid = |(line, column), message| CatalogueFileError::Invalid {
        path: path.to_owned(),
        line,
        column,
        message,
    };
    let raw: RawCatalogue = serde_json::from_slice(bytes).map_err(|err| {
        let place = (err.line(), err.column());
        let suffix = format!(" at line {} column {}", place.0, place.1);
        let text = err.to_string();
        invalid(place, text.strip_suffix(&suffix).unwrap_or(&text).to_owned())
    })?;
    let found = raw.vulnerabilities.len();
    if let Some(count) = raw.count.filter(|it| *it != found) {
        let message = format!("count: says {count}, and {found} vulnerabilities are there");
        return Err(invalid(place_of(bytes, "\"count\"", 0), message));
    }
    let entries = raw.vulnerabilities.into_iter().map(|it| Entry {
        cve: it.cve,
        vendor: it.vendor_project,
        product: it.product,
        name: it.vulnerability_name,
        action: it.required_action,
        added: it.date_added,
        due: it.due_date,
        ransomware: it.known_ransomware_campaign_use,
    });
    let (version, released) = (raw.catalog_version, raw.date_released);
    let sha256 = Sha256::digest(bytes).into();
    Catalogue::new(version, released, sha256, entries.collect()).map_err(|err| {
        let (key, place) = match &err {
            CatalogueError::Empty => ("vulnerabilities", place_of(bytes, "\"vulnerabilities\"", 0)),
            CatalogueError::Name(name) => ("cveID", place_of(bytes, name, 0)),
            CatalogueError::Twice(name) => ("cveID", place_of(bytes, name, 1)),
        };
        invalid(place, format!("{key}: {err}"))
    })
}

/// Line and column of a text in a file, the how-manieth that is meant; the
/// beginning where it is written in another way.
fn place_of(bytes: &[u8], what: &str, which: usize) -> (usize, usize) {
    let text = String::from_utf8_lossy(bytes);
    let before = text.match_indices(what).nth(which).map_or("", |it| &text[..it.0]);
    let line = before.matches('\n').count() + 1;
    let column = before.rsplit('\n').next().unwrap_or_default().chars().count() + 1;
    (line, column)
}
