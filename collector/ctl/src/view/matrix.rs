//! The matrix: its versions, and what lint found in it.

pub(crate) mod answer;
pub(crate) mod coverage;
pub(crate) mod imported;
pub(crate) mod replay;
pub(crate) mod review;
pub(crate) mod simulate;

use remit_proto::v1;
use serde::Serialize;

use super::{
    Look, View,
    sheet::Sheet,
    table::{Field, Table},
    text::{count, plain, plain_lines, short},
    time::{Time, time},
    tone::Tone,
};

/// One published version.
#[derive(Debug, Serialize)]
pub(crate) struct MatrixVersion {
    pub(crate) tenant: String,
    pub(crate) version: u64,
    pub(crate) sha256: String,
    pub(crate) published_at: Option<Time>,
    pub(crate) effective_from: Option<Time>,
    pub(crate) published_by: String,
    pub(crate) note: String,
}

impl From<v1::MatrixVersion> for MatrixVersion {
    fn from(it: v1::MatrixVersion) -> Self {
        Self {
            tenant: it.tenant,
            version: it.version,
            sha256: it.sha256,
            published_at: time(it.published_at),
            effective_from: time(it.effective_from),
            published_by: it.published_by,
            note: it.note,
        }
    }
}

/// One thing that lint found.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(crate) struct Finding {
    pub(crate) error: bool,
    pub(crate) code: String,
    pub(crate) message: String,
    pub(crate) line: u32,
    pub(crate) key: String,
    pub(crate) suggestion: String,
}

impl From<v1::Finding> for Finding {
    fn from(it: v1::Finding) -> Self {
        Self {
            error: it.error,
            code: it.code,
            message: it.message,
            line: it.line,
            key: it.key,
            suggestion: it.suggestion,
        }
    }
}

impl Finding {
    /// As compilers say it, so that editors find the place.
    fn text(&self, file: &str, look: &Look) -> String {
        let level = if self.error { "error" } else { "warning" };
        let level = look.in_tone(level, Tone::of(level));
        let line = if self.line == 0 { String::new() } else { format!(":{}", self.line) };
        let key =
            if self.key.is_empty() { String::new() } else { format!("{}: ", plain(&self.key)) };
        let Self { code, message, suggestion, .. } = self;
        let mut text =
            format!("{}{line}: {level}[{}]: {key}{}", plain(file), plain(code), plain(message));
        for line in plain_lines(suggestion) {
            text += &format!("\n    {line}");
        }
        text
    }
}

/// `remit matrix lint`.
#[derive(Debug, Serialize)]
pub(crate) struct Findings {
    /// The file, as it was named.
    pub(crate) file: String,
    pub(crate) findings: Vec<Finding>,
}

impl Findings {
    /// How many refuse the matrix.
    pub(crate) fn errors(&self) -> usize {
        self.findings.iter().filter(|it| it.error).count()
    }
}

impl View for Findings {
    fn text(&self, look: &Look) -> String {
        let (errors, warnings) = (self.errors(), self.findings.len() - self.errors());
        let file = plain(&self.file);
        let verdict = match (errors, warnings) {
            (0, 0) => format!("{file}: nothing to complain about"),
            (0, some) => format!("{file}: {}, may be published", count(some, "warning")),
            (errors, some) => {
                format!("{file}: {}, {}", count(errors, "error"), count(some, "warning"))
            }
        };
        let lines = self.findings.iter().map(|it| it.text(&self.file, look));
        lines.chain([verdict]).collect::<Vec<_>>().join("\n")
    }
}

/// `remit matrix publish`.
#[derive(Debug, Serialize)]
pub(crate) struct Published {
    #[serde(flatten)]
    pub(crate) version: MatrixVersion,
    /// Warnings.
    pub(crate) findings: Vec<Finding>,
    #[serde(skip)]
    pub(crate) file: String,
}

impl View for Published {
    fn text(&self, look: &Look) -> String {
        let warnings = self.findings.iter().map(|it| it.text(&self.file, look) + "\n");
        let it = &self.version;
        let headline = format!("{} version {} is published", it.tenant, it.version);
        let mut sheet = Sheet::new(look, &headline);
        it.facts(&mut sheet, look);
        warnings.chain([sheet.text()]).collect()
    }
}

impl MatrixVersion {
    fn facts(&self, sheet: &mut Sheet<'_>, look: &Look) {
        sheet.line("in force from", &look.both(self.effective_from));
        let by = format!("{} by {}", look.both(self.published_at), self.published_by);
        sheet.fact("published", &by);
        sheet.fact("note", &self.note);
        sheet.fact("sha256", &self.sha256);
    }

    /// Which one it is, in one line.
    pub(crate) fn headline(&self, look: &Look) -> String {
        format!(
            "{} version {}, published {} by {}",
            self.tenant,
            self.version,
            look.exact(self.published_at),
            self.published_by
        )
    }
}

/// `remit matrix show`; its text is written as it is.
#[derive(Debug, Serialize)]
pub(crate) struct Matrix {
    #[serde(flatten)]
    pub(crate) version: MatrixVersion,
    pub(crate) toml: String,
}

impl View for Matrix {
    fn text(&self, _look: &Look) -> String {
        self.toml.lines().map(|line| format!("{}\n", tabs(line))).collect()
    }
}

/// A line of a file: harmless, with its tabs.
fn tabs(line: &str) -> String {
    line.split('\t').map(plain).collect::<Vec<_>>().join("\t")
}

/// `remit matrix versions`, newest first.
#[derive(Debug, Serialize)]
pub(crate) struct Versions {
    pub(crate) versions: Vec<MatrixVersion>,
}

impl View for Versions {
    fn text(&self, look: &Look) -> String {
        if self.versions.is_empty() {
            return "no matrix is published".into();
        }
        let headings = ["VERSION", "TENANT", "IN FORCE FROM", "PUBLISHED BY", "SHA256", "NOTE"];
        let mut table = Table::new(look, &headings);
        for it in &self.versions {
            table.row([
                Field::number(it.version),
                Field::Text(short(&it.tenant, 20)),
                Field::Text(look.exact(it.effective_from)),
                Field::Text(short(&it.published_by, 16)),
                Field::Text(short(&it.sha256, 13)),
                Field::text(&it.note),
            ]);
        }
        table.text()
    }
}

/// `remit matrix diff`.
#[derive(Debug, Serialize)]
pub(crate) struct Differences {
    pub(crate) changes: Vec<Change>,
}

/// One thing that is different.
#[derive(Debug, Serialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub(crate) enum Change {
    /// It is new.
    Added { what: String },
    /// It is gone.
    Removed { what: String },
    /// One of its fields is different.
    Changed { what: String, field: &'static str, before: String, after: String },
}

impl View for Differences {
    fn text(&self, look: &Look) -> String {
        if self.changes.is_empty() {
            return "nothing that matters is different".into();
        }
        let lines = self.changes.iter().map(|it| it.text(look));
        lines.collect::<Vec<_>>().join("\n")
    }
}

impl Change {
    fn text(&self, look: &Look) -> String {
        match self {
            Self::Added { what } => look.in_tone(&format!("+ {}", plain(what)), Tone::Good),
            Self::Removed { what } => look.in_tone(&format!("- {}", plain(what)), Tone::Bad),
            Self::Changed { what, field, before, after } => {
                let [before, after] = [before, after].map(|it| match it.as_str() {
                    "" => "nothing".into(),
                    some => plain(some),
                });
                format!("~ {}: {field} was {before}, is {after}", plain(what))
            }
        }
    }
}
