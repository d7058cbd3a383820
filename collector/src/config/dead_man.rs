//! The settings of the dead man's switch. Its address is a secret: whoever has
//! it can say that all is well.

use std::path::PathBuf;

use jiff::SignedDuration;
use remit_runtime::{
    config::{ConfigError, Document, Effective, Setting},
    duration::Span,
};
use serde::Deserialize;

use super::{RawConfig, channels::secret};

/// How often, unless somebody says otherwise.
const EVERY: SignedDuration = SignedDuration::from_secs(60);
/// Nobody is bothered more often.
const OFTENEST: SignedDuration = SignedDuration::from_secs(1);
/// Less often, it would be of no use.
const SELDOMEST: SignedDuration = SignedDuration::from_hours(1);

/// Who misses us when we are gone.
#[derive(Clone, PartialEq, Eq)]
pub struct DeadMan {
    /// What is posted to.
    pub url: String,
    /// How often.
    pub every: Span,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawDeadMan {
    url: Option<String>,
    url_file: Option<PathBuf>,
    every: Option<Span>,
}

pub(super) fn read(
    file: &Document<RawConfig>,
    table: &mut Effective,
) -> Result<Option<DeadMan>, ConfigError> {
    let Some(raw) = &file.value.dead_man else { return Ok(None) };
    let url = match (&raw.url, &raw.url_file) {
        (Some(url), None) => url.clone(),
        (None, Some(path)) => secret(file, "dead_man.url_file", path)?,
        (None, None) => return Err(file.invalid("dead_man", "needs a url_file, or a url")),
        (Some(_), Some(_)) => {
            return Err(file.invalid("dead_man.url", "is there twice: url_file says it, too"));
        }
    };
    table.mask("dead_man.url", &Setting::new(()).file(Some(())));
    let every = Setting::new(Span(EVERY)).file(raw.every);
    if !(OFTENEST..=SELDOMEST).contains(&every.value.0) {
        return Err(file.invalid("dead_man.every", "is not between 1s and 1h"));
    }
    table.show("dead_man.every", &every);
    Ok(Some(DeadMan { url, every: every.value }))
}
