//! What the program says: answers on standard output, everything else on
//! standard error.
//!
//! # Invariants
//!
//! - With `--json`, standard output carries one JSON document per command, be
//!   it the answer or an error (`watch`: one per line).
//! - A reader that has seen enough (`| head`) is not a failure.

use std::{
    io::{self, BufRead, Write},
    sync::Arc,
};

use jiff::tz::TimeZone;
use remit_shared::Clock;
use serde::Serialize;
use serde_json::json;

use crate::{
    failure::{Exit, Failure, Kind},
    view::{Look, View, text::plain},
};

/// Where answers go and how they look.
pub(crate) struct Out<'a> {
    /// Answers.
    pub(crate) stdout: &'a mut dyn Write,
    /// Errors and remarks.
    pub(crate) stderr: &'a mut dyn Write,
    /// Somebody who can be asked; nobody in a script.
    pub(crate) stdin: Option<&'a mut dyn BufRead>,
    /// For programs rather than for people.
    pub(crate) json: bool,
    /// Whether a person sees it at once.
    pub(crate) is_terminal: bool,
    /// With colours.
    pub(crate) color: bool,
    /// How many columns fit.
    pub(crate) width: u16,
    /// Whose local time is shown.
    pub(crate) zone: TimeZone,
    /// What "3 min ago" is measured by.
    pub(crate) clock: Arc<dyn Clock>,
}

impl Out<'_> {
    /// How things look to whoever reads.
    pub(crate) fn look(&self) -> Look {
        Look {
            now: self.clock.now(),
            zone: self.zone.clone(),
            color: self.color,
            width: self.width,
        }
    }

    /// The command's answer.
    pub(crate) fn show(&mut self, view: &impl View) -> Result<(), Failure> {
        let text = if self.json { pretty(view) } else { view.text(&self.look()) };
        self.line(&text)
    }

    /// One line, out at once, of a stream.
    pub(crate) fn stream(&mut self, view: &impl View) -> Result<(), Failure> {
        let text = if self.json {
            harmless(serde_json::to_string(view).expect("views are JSON"))
        } else {
            view.text(&self.look())
        };
        if text.is_empty() { Ok(()) } else { self.line(&text) }
    }

    /// Bytes as they are.
    pub(crate) fn raw(&mut self, bytes: &[u8]) -> Result<(), Failure> {
        self.stdout.write_all(bytes).and_then(|()| self.stdout.flush()).map_err(unheard)
    }

    /// A remark beside the answer.
    pub(crate) fn remark(&mut self, text: &str) {
        // Nobody can be told that standard error is gone.
        let _ = writeln!(self.stderr, "remit: {}", plain(text));
    }

    /// Goes on only if somebody says yes, here or beforehand.
    pub(crate) fn confirm(&mut self, question: &str, beforehand: bool) -> Result<(), Failure> {
        if beforehand {
            return Ok(());
        }
        let Some(stdin) = self.stdin.as_mut().filter(|_| !self.json) else {
            return Err(Failure::usage("nobody is here to be asked").hint("say so with --yes"));
        };
        // Nobody can be told that standard error is gone.
        let _ =
            write!(self.stderr, "{} [y/N] ", plain(question)).and_then(|()| self.stderr.flush());
        let mut answer = String::new();
        let read = stdin.read_line(&mut answer);
        read.map_err(|err| Failure::broken(&err))?;
        match answer.trim() {
            "y" | "Y" | "yes" => Ok(()),
            _ => Err(Failure::new(Kind::Failed, "nothing was done")),
        }
    }

    /// How far it is, to somebody who waits: a line that the next one replaces.
    pub(crate) fn progress(&mut self, done: usize, of: usize, what: &str) {
        const WIDTH: usize = 24;
        if self.json || self.stdin.is_none() || of < 2 {
            return;
        }
        let full = WIDTH * done / of;
        let bar = format!("[{}{}]", "#".repeat(full), " ".repeat(WIDTH - full));
        let end = if done == of { "\n" } else { "" };
        let what: String = plain(what).chars().take(24).collect();
        // Nobody can be told that standard error is gone.
        let _ = write!(self.stderr, "\r{bar} {done}/{of} {what:<24}{end}")
            .and_then(|()| self.stderr.flush());
    }

    /// Says what failed; gives the exit code.
    pub(crate) fn fail(&mut self, failure: &Failure) -> Exit {
        fail(self.stdout, self.stderr, self.json, failure)
    }

    fn line(&mut self, text: &str) -> Result<(), Failure> {
        self.raw(format!("{}\n", text.trim_end_matches('\n')).as_bytes())
    }
}

fn pretty(view: &impl Serialize) -> String {
    harmless(serde_json::to_string_pretty(view).expect("views are JSON"))
}

/// JSON that a terminal shows as it is: what commands a terminal or turns a
/// line around is told by its number. Such characters stand in strings alone.
fn harmless(json: String) -> String {
    if !json.chars().any(is_harmful) {
        return json;
    }
    let mut safe = String::with_capacity(json.len() + 32);
    for it in json.chars() {
        if is_harmful(it) {
            safe.push_str(&format!("\\u{:04x}", u32::from(it)));
        } else {
            safe.push(it);
        }
    }
    safe
}

/// C1 controls, delete, and whatever changes the direction of what follows.
fn is_harmful(it: char) -> bool {
    matches!(
        it,
        '\u{7f}'..='\u{9f}'
            | '\u{61c}'
            | '\u{200e}'
            | '\u{200f}'
            | '\u{2028}'..='\u{202e}'
            | '\u{2066}'..='\u{2069}'
    )
}

/// Says what failed: in one line, and as an object if that was asked for; gives
/// the exit code.
pub(crate) fn fail(
    stdout: &mut dyn Write,
    stderr: &mut dyn Write,
    json: bool,
    failure: &Failure,
) -> Exit {
    if failure.kind != Kind::Unheard {
        let line = failure.to_string().lines().collect::<Vec<_>>().join("; ");
        // What cannot be written, nobody can be told; the exit code remains.
        if json {
            let error = json!({ "error": { "kind": failure.kind, "message": line } });
            let error = harmless(error.to_string());
            let _ = writeln!(stdout, "{error}").and_then(|()| stdout.flush());
        }
        let _ = writeln!(stderr, "remit: {}", plain(&line));
    }
    failure.exit()
}

fn unheard(err: io::Error) -> Failure {
    let is_closed = err.kind() == io::ErrorKind::BrokenPipe;
    let kind = if is_closed { Kind::Unheard } else { Kind::Failed };
    Failure::new(kind, format!("failed to write the output: {err}"))
}
