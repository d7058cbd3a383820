//! One thing to say about a file, and where.

use std::fmt;

use remit_collector_domain::matrix::lint::Grade;

/// One thing that is wrong with a file, or may be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Remark {
    /// The file.
    pub file: String,
    /// Its line, from 1; 0 if it is about the file as a whole.
    pub line: u32,
    /// The key, like `row[3].when`; may be empty.
    pub key: String,
    /// Whether it forbids publishing.
    pub grade: Grade,
    /// What sort of thing it is, stable: `hole`, `unknown-key`.
    pub code: &'static str,
    /// What is wrong.
    pub message: String,
    /// What would be right; may be empty, may be several lines.
    pub suggestion: String,
}

impl Remark {
    pub(crate) fn error(
        file: &str,
        code: &'static str,
        (line, key): (u32, String),
        message: impl Into<String>,
    ) -> Self {
        let (file, message, suggestion) = (file.to_owned(), message.into(), String::new());
        Self { file, line, key, grade: Grade::Error, code, message, suggestion }
    }

    pub(crate) fn suggest(self, suggestion: impl Into<String>) -> Self {
        Self { suggestion: suggestion.into(), ..self }
    }
}

impl fmt::Display for Remark {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.file)?;
        if 0 < self.line {
            write!(f, ":{}", self.line)?;
        }
        let grade = match self.grade {
            Grade::Error => "error",
            Grade::Warning => "warning",
        };
        write!(f, ": {grade}[{}]: ", self.code)?;
        if !self.key.is_empty() {
            write!(f, "{}: ", self.key)?;
        }
        f.write_str(&self.message)?;
        for line in self.suggestion.lines() {
            write!(f, "\n    {line}")?;
        }
        Ok(())
    }
}

/// Why a file is no matrix.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{}", self.remarks.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n"))]
pub struct Refused {
    /// The file.
    pub file: String,
    /// Everything that is wrong with it, as far as it could be read.
    pub remarks: Vec<Remark>,
}
