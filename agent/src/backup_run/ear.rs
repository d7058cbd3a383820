//! Listening to a program on behalf of two: the human, who sees what it says,
//! and the report, which needs what it means.

use std::{ffi::OsString, mem, path::Path};

use remit_agent_domain::evidence::{Tail, without_passwords};
use remit_shared::RunResult;

use crate::backup_run::{Order, borg::Borg, child::End, restic::Restic};

/// The longest line that is looked at as one.
const MAX_LINE: usize = 64 << 10;

/// One of a program's two voices.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Voice {
    Out,
    Err,
}

/// How a run ended, and what came of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Verdict {
    pub(super) result: RunResult,
    pub(super) raw: String,
    pub(super) recovery_point: Option<String>,
    pub(super) bytes_processed: Option<u64>,
    pub(super) bytes_added: Option<u64>,
    pub(super) files: Option<u64>,
    pub(super) errors: Vec<String>,
}

impl Verdict {
    /// A verdict without details.
    pub(super) fn new(result: RunResult, raw: String) -> Self {
        Self {
            result,
            raw,
            recovery_point: None,
            bytes_processed: None,
            bytes_added: None,
            files: None,
            errors: Vec::new(),
        }
    }
}

/// What is understood of the program.
#[derive(Debug)]
enum Product {
    Restic(Restic),
    Borg(Borg),
    Other(String),
}

/// Hears all that a program says.
#[derive(Debug)]
pub(super) struct Ear {
    product: Product,
    args: Vec<OsString>,
    unfinished: [Vec<u8>; 2],
    tail: Tail,
}

impl Ear {
    /// An ear for what is about to be run.
    pub(super) fn new(order: &Order) -> Self {
        let name = Path::new(&order.program).file_name().unwrap_or_default().to_string_lossy();
        let name = order.product.clone().unwrap_or_else(|| name.into_owned());
        let mut args = order.args.clone();
        let product = match name.as_str() {
            "restic" => Product::Restic(Restic::new(&mut args)),
            "borg" => Product::Borg(Borg::new(&args)),
            _ => Product::Other(name),
        };
        Self { product, args, unfinished: [Vec::new(), Vec::new()], tail: Tail::default() }
    }

    /// The product's name.
    pub(super) fn product(&self) -> &str {
        match &self.product {
            Product::Restic(_) => "restic",
            Product::Borg(_) => "borg",
            Product::Other(name) => name,
        }
    }

    /// The arguments to run it with.
    pub(super) fn args(&self) -> &[OsString] {
        &self.args
    }

    /// Whether the program talks to us, and not only to the human.
    pub(super) fn is_spoken_to(&self) -> bool {
        match &self.product {
            Product::Restic(it) => it.speaks(),
            Product::Borg(it) => it.speaks(),
            Product::Other(_) => false,
        }
    }

    /// Hears a piece. Gives what the human shall see of it.
    pub(super) fn hear(&mut self, voice: Voice, bytes: &[u8]) -> Vec<u8> {
        let buffer = &mut self.unfinished[voice as usize];
        buffer.extend_from_slice(bytes);
        let mut lines = Vec::new();
        while let Some(end) = buffer.iter().position(|it| *it == b'\n') {
            lines.push(buffer.drain(..=end).collect::<Vec<_>>());
        }
        // A question waits for its answer without ending its line.
        if buffer.len() > MAX_LINE || buffer.ends_with(b": ") {
            lines.push(mem::take(buffer));
        }
        let shown: Vec<u8> = lines.iter().flat_map(|it| self.line(voice, it)).collect();
        self.show(shown, bytes)
    }

    /// Hears that there will be no more.
    pub(super) fn finish(&mut self, voice: Voice) -> Vec<u8> {
        let line = mem::take(&mut self.unfinished[voice as usize]);
        let shown = if line.is_empty() { line } else { self.line(voice, &line) };
        self.show(shown, &[])
    }

    /// What the end of the program means, after all that was heard.
    pub(super) fn verdict(&self, end: &End) -> Verdict {
        match &self.product {
            Product::Restic(it) => it.verdict(end),
            Product::Borg(it) => it.verdict(end),
            Product::Other(_) => {
                let well = end.code == Some(0);
                let result = if well { RunResult::Success } else { RunResult::Failed };
                Verdict::new(result, end.to_string())
            }
        }
    }

    /// The end of what the human saw.
    pub(super) fn evidence(&self) -> String {
        self.tail.to_text()
    }

    fn line(&mut self, voice: Voice, line: &[u8]) -> Vec<u8> {
        let text = String::from_utf8_lossy(line);
        let text = without_passwords(text.trim_end());
        match &mut self.product {
            Product::Restic(it) => {
                let end = if line.ends_with(b"\n") { "\n" } else { " " };
                it.line(&text).map(|it| it + end).unwrap_or_default().into()
            }
            Product::Borg(it) => {
                it.line(voice, &text);
                Vec::new()
            }
            Product::Other(_) => Vec::new(),
        }
    }

    /// Either our rendering, or all of it as it came.
    fn show(&mut self, rendered: Vec<u8>, raw: &[u8]) -> Vec<u8> {
        let is_rendered = matches!(&self.product, Product::Restic(it) if it.is_rendered());
        let shown = if is_rendered { rendered } else { raw.to_vec() };
        self.tail.push(&shown);
        shown
    }
}
