//! Logs: one line per event, to standard error unless told otherwise.
//!
//! What is logged comes partly from strangers, so no control character leaves
//! this process raw: whoever names a host cannot forge a line or drive a
//! terminal. `REMIT_LOG` chooses what is logged, as in
//! `REMIT_LOG=info,remit_collector=debug`: a level, and others for what begins
//! with a name. Spans and fields cannot be asked for, since that takes a library
//! of regular expressions onto every machine.

mod file;

use std::{
    env, fmt,
    io::{self, Write},
    panic,
    str::FromStr,
};

use remit_shared::WordError;
use tracing::error;
use tracing_subscriber::{
    filter::{LevelFilter, ParseError, Targets},
    fmt::MakeWriter,
    layer::SubscriberExt as _,
    util::TryInitError,
};

pub use self::file::LogFile;

/// Which environment variable chooses what is logged.
pub const VARIABLE: &str = "REMIT_LOG";

/// What a line looks like.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Format {
    /// For people.
    #[default]
    Text,
    /// One object per line, for programs.
    Json,
}

/// Why there are no logs.
#[derive(Debug, thiserror::Error)]
pub enum TelemetryError {
    /// The filter makes no sense.
    #[error("{VARIABLE} is not a filter: `{value}`")]
    Filter {
        /// What it says.
        value: String,
        /// What is wrong with it.
        #[source]
        source: ParseError,
    },
    /// Logging was set up before.
    #[error("failed to set up logging")]
    Init(#[source] TryInitError),
}

impl fmt::Display for Format {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Text => "text",
            Self::Json => "json",
        })
    }
}

impl FromStr for Format {
    type Err = WordError;

    fn from_str(text: &str) -> Result<Self, WordError> {
        match text {
            "text" => Ok(Self::Text),
            "json" => Ok(Self::Json),
            _ => Err(WordError {
                kind: "log format",
                got: text.chars().take(40).flat_map(char::escape_default).collect(),
                known: "text, json".into(),
            }),
        }
    }
}

/// Starts logging to standard error, and logs panics from then on. Once per
/// process.
pub fn init(format: Format) -> Result<(), TelemetryError> {
    init_to(format, io::stderr)
}

/// Starts logging to a place of the caller's own, else like [`init`].
pub fn init_to<W: Write>(
    format: Format,
    open: impl Fn() -> W + Send + Sync + 'static,
) -> Result<(), TelemetryError> {
    use tracing_subscriber::{fmt, util::SubscriberInitExt as _};

    let value = env::var(VARIABLE).unwrap_or_else(|_| "info".into());
    let filter = filter(&value)?;
    // The filter alone decides.
    let lines = fmt().with_max_level(LevelFilter::TRACE);
    let lines = lines.with_ansi(false).with_writer(Lines(open));
    match format {
        Format::Text => lines.finish().with(filter).try_init(),
        Format::Json => lines.json().flatten_event(true).finish().with(filter).try_init(),
    }
    .map_err(TelemetryError::Init)?;
    panic::set_hook(Box::new(|panic| {
        let place = panic.location().map(ToString::to_string).unwrap_or_default();
        error!(place, "panic: {}", panic.payload_as_str().unwrap_or("no message"));
    }));
    Ok(())
}

/// What is logged, as the environment says it.
fn filter(value: &str) -> Result<Targets, TelemetryError> {
    value.parse().map_err(|source| TelemetryError::Filter {
        value: value.escape_default().to_string(),
        source,
    })
}

struct Lines<F>(F);

impl<W: Write, F: Fn() -> W> MakeWriter<'_> for Lines<F> {
    type Writer = Escaped<W>;

    fn make_writer(&self) -> Escaped<W> {
        Escaped((self.0)())
    }
}

/// Writes lines, each with its control characters escaped as JSON does it.
/// Expects a whole line per call, which is how the formatter writes.
struct Escaped<W>(W);

impl<W: Write> Write for Escaped<W> {
    fn write(&mut self, line: &[u8]) -> io::Result<usize> {
        let text = String::from_utf8_lossy(line);
        let text = text.strip_suffix('\n').unwrap_or(&text);
        let mut out = String::with_capacity(line.len() + 1);
        for it in text.chars() {
            if it.is_control() || is_invisible(it) {
                out.push_str(&format!("\\u{:04x}", u32::from(it)));
            } else {
                out.push(it);
            }
        }
        out.push('\n');
        self.0.write_all(out.as_bytes())?;
        Ok(line.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.0.flush()
    }
}

/// Characters that turn the direction of text or end a line for some readers.
fn is_invisible(it: char) -> bool {
    matches!(it, '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

#[cfg(test)]
mod tests {
    use tracing::Level;

    use super::*;

    fn written(line: &str) -> String {
        let mut out = Vec::new();
        Escaped(&mut out).write_all(line.as_bytes()).unwrap();
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn a_stranger_cannot_forge_a_line_or_drive_a_terminal() {
        assert_eq!(written("INFO host=a\nERROR forged\n"), "INFO host=a\\u000aERROR forged\n");
        assert_eq!(
            written("host=\u{1b}[2J\u{9b}2J\u{202e}\n"),
            "host=\\u001b[2J\\u009b2J\\u202e\n"
        );
        assert_eq!(written("grüße\n"), "grüße\n");
    }

    #[test]
    fn a_filter_is_a_level_and_others_for_names() {
        let shown = filter("info,remit_agent=debug,h2=off").unwrap();
        for (target, level, is_shown) in [
            ("tonic", Level::INFO, true),
            ("tonic", Level::DEBUG, false),
            ("remit_agent::uplink::grpc", Level::DEBUG, true),
            ("remit_agent", Level::TRACE, false),
            ("h2::proto", Level::ERROR, false),
        ] {
            assert_eq!(shown.would_enable(target, &level), is_shown, "{target} {level}");
        }
        let err = filter("info,remit_agent=loud\n").unwrap_err();
        assert_eq!(err.to_string(), r"REMIT_LOG is not a filter: `info,remit_agent=loud\n`");
    }

    #[test]
    fn a_format_is_text_or_json() {
        for format in [Format::Text, Format::Json] {
            assert_eq!(format.to_string().parse(), Ok(format));
        }
        let err = "xml".parse::<Format>().unwrap_err();
        assert_eq!(err.to_string(), "`xml` is not a log format: use one of text, json");
    }
}
