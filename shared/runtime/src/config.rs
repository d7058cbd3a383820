//! Settings: read from a TOML file with errors that say where, overridden by
//! the environment and then by flags, and shown with where each came from.
//!
//! A binary reads its file into a raw struct of options (`deny_unknown_fields`)
//! and builds its checked one from [`Setting`]s. What it finds wrong on the
//! way it reports through [`Document::invalid`], so that every error, ours or
//! the parser's, reads `file:line: key: what is wrong`.

mod effective;
mod locate;

use std::{
    fs, io,
    path::{Path, PathBuf},
};

use serde::de::DeserializeOwned;

pub use self::effective::{Effective, Origin, Setting};

/// A file of settings, as read.
#[derive(Clone, Debug)]
pub struct Document<T> {
    /// What it says.
    pub value: T,
    path: PathBuf,
    text: String,
}

/// Why there are no settings.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    /// The file cannot be read.
    #[error("failed to read {}", path.display())]
    Read {
        /// Which file.
        path: PathBuf,
        /// What the operating system says.
        #[source]
        source: io::Error,
    },
    /// The file says something that makes no sense.
    #[error("{}{}: {}{message}", path.display(), colon(*line), prefix(key))]
    Invalid {
        /// Which file.
        path: PathBuf,
        /// Which line, from 1, if it stands in one.
        line: Option<usize>,
        /// Which setting, with dots; empty if none can be told.
        key: String,
        /// What is wrong, and what would be right.
        message: String,
    },
}

fn colon(line: Option<usize>) -> String {
    line.map(|line| format!(":{line}")).unwrap_or_default()
}

fn prefix(key: &str) -> String {
    if key.is_empty() { String::new() } else { format!("{key}: ") }
}

impl<T: DeserializeOwned> Document<T> {
    /// Reads a file that must be there.
    pub fn load(path: &Path) -> Result<Self, ConfigError> {
        match fs::read_to_string(path) {
            Ok(text) => Self::parse(path, text),
            Err(source) => Err(ConfigError::Read { path: path.to_owned(), source }),
        }
    }

    /// Reads a file that need not be there: then it says nothing.
    pub fn load_if_present(path: &Path) -> Result<Self, ConfigError> {
        match fs::read_to_string(path) {
            Ok(text) => Self::parse(path, text),
            Err(err) if err.kind() == io::ErrorKind::NotFound => Self::parse(path, String::new()),
            Err(source) => Err(ConfigError::Read { path: path.to_owned(), source }),
        }
    }

    /// Reads a text; `path` is what errors call it.
    pub fn parse(path: &Path, text: String) -> Result<Self, ConfigError> {
        match toml::from_str(&text) {
            Ok(value) => Ok(Self { value, path: path.to_owned(), text }),
            Err(err) => {
                let at = err.span().map(|span| span.start);
                Err(ConfigError::Invalid {
                    path: path.to_owned(),
                    line: at.map(|at| locate::line(&text, at)),
                    key: at.and_then(|at| locate::key_at(&text, at)).unwrap_or_default(),
                    message: err.message().trim().replace('\n', "; "),
                })
            }
        }
    }
}

impl<T> Document<T> {
    /// The error that says what is wrong with a setting: `probe.interval`.
    pub fn invalid(&self, key: &str, message: impl ToString) -> ConfigError {
        ConfigError::Invalid {
            path: self.path.clone(),
            line: locate::offset_of(&self.text, key).map(|at| locate::line(&self.text, at)),
            key: key.into(),
            message: message.to_string(),
        }
    }

    /// Which file it was.
    pub fn path(&self) -> &Path {
        &self.path
    }
}

#[cfg(test)]
mod tests {
    use serde::Deserialize;

    use super::*;
    use crate::duration::Span;

    #[derive(Debug, Default, Deserialize)]
    #[serde(deny_unknown_fields, default)]
    struct Raw {
        name: Option<String>,
        report: RawReport,
    }

    #[derive(Debug, Default, Deserialize)]
    #[serde(deny_unknown_fields, default)]
    struct RawReport {
        every: Option<Span>,
    }

    fn parse(text: &str) -> Result<Document<Raw>, String> {
        Document::parse(Path::new("a.toml"), text.into()).map_err(|err| err.to_string())
    }

    #[test]
    fn every_error_says_file_line_and_key() {
        for (text, expected) in [
            ("name = 5", "a.toml:1: name: invalid type: integer `5`, expected a string"),
            (
                "# page\n\n[report]\nevery = 'soon'\n",
                "a.toml:4: report.every: `soon` is not a length of time: write it like `30s`, `10m`, `1h30m` or `7d`",
            ),
            (
                "\n[report]\never = '5s'",
                "a.toml:3: report.ever: unknown field `ever`, expected `every`",
            ),
            ("name = ", "a.toml:1: string values must be quoted, expected literal string"),
        ] {
            assert_eq!(parse(text).unwrap_err(), expected);
        }
    }

    #[test]
    fn what_is_found_wrong_later_is_located_as_well() {
        let document = parse("name = 'x'\n[report]\nevery = '5s'\n").unwrap();
        assert_eq!(document.value.name.as_deref(), Some("x"));
        assert!(document.value.report.every.is_some());
        let err = document.invalid("report.every", "must be at least 10s");
        assert_eq!(err.to_string(), "a.toml:3: report.every: must be at least 10s");
        let err = document.invalid("report.batch", "is missing");
        assert_eq!(err.to_string(), "a.toml: report.batch: is missing");
    }

    #[test]
    fn a_missing_file_says_nothing_or_is_an_error() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.toml");
        assert!(Document::<Raw>::load_if_present(&path).unwrap().value.name.is_none());
        let err = Document::<Raw>::load(&path).unwrap_err();
        assert_eq!(err.to_string(), format!("failed to read {}", path.display()));
    }
}
