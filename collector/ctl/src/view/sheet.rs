//! Details of one thing: a headline, labelled facts, sections.

use super::{
    Look, NOTHING,
    text::{plain, plain_lines, wrap},
};

/// How wide a label is, with the gap behind it.
const LABEL: usize = 16;

/// A sheet that is being filled.
pub(crate) struct Sheet<'a> {
    look: &'a Look,
    text: String,
}

impl<'a> Sheet<'a> {
    /// A sheet about something.
    pub(crate) fn new(look: &'a Look, headline: &str) -> Self {
        Self { look, text: format!("{}\n", look.bold(&plain(headline))) }
    }

    /// A text from the wire, on as many lines as it takes; nothing if it is empty.
    pub(crate) fn fact(&mut self, label: &str, value: &str) {
        let width = usize::from(self.look.width).saturating_sub(LABEL + 2);
        let lines = plain_lines(value).flat_map(|line| wrap(&line, width));
        for (index, line) in lines.enumerate() {
            let label = if index == 0 { label } else { "" };
            self.text.push_str(&format!("  {label:LABEL$}{line}\n"));
        }
    }

    /// A text of our own, perhaps with colours.
    pub(crate) fn line(&mut self, label: &str, value: &str) {
        if !value.is_empty() && value != NOTHING {
            self.text.push_str(&format!("  {label:LABEL$}{value}\n"));
        }
    }

    /// Several of a kind, one per line.
    pub(crate) fn facts<'b>(&mut self, label: &str, values: impl IntoIterator<Item = &'b str>) {
        for (index, value) in values.into_iter().enumerate() {
            self.fact(if index == 0 { label } else { "" }, value);
        }
    }

    /// A part with a heading of its own; left out if there is nothing to say.
    pub(crate) fn section(&mut self, heading: &str, body: &str) {
        if body.trim().is_empty() {
            return;
        }
        self.text.push_str(&format!("\n{}\n", self.look.bold(heading)));
        for line in body.lines() {
            self.text.push_str(&format!("  {line}\n"));
        }
    }

    /// The sheet as text.
    pub(crate) fn text(self) -> String {
        self.text
    }
}
