//! Tables: one line per row, as wide as the terminal and no wider.

use comfy_table::{
    Attribute, Cell, ColumnConstraint, ContentArrangement, Row, Table as Comfy, presets,
};

use super::{Look, NOTHING, text::plain, tone::Tone};

/// A table that is being filled. The last column takes what room is left, and
/// what does not fit there is cut off with a mark.
pub(crate) struct Table {
    comfy: Comfy,
    color: bool,
    /// Whether the last column breaks into lines instead.
    is_wrapped: bool,
}

/// One cell.
pub(crate) enum Field {
    /// Text that is harmless.
    Text(String),
    /// A word in its tone.
    Word(String),
}

impl Field {
    /// A text from the wire.
    pub(crate) fn text(text: &str) -> Self {
        Self::Text(if text.is_empty() { NOTHING.into() } else { plain(text) })
    }

    /// A word from the wire.
    pub(crate) fn word(word: Option<&str>) -> Self {
        Self::Word(plain(word.unwrap_or(NOTHING)))
    }

    /// A number.
    pub(crate) fn number(number: impl ToString) -> Self {
        Self::Text(number.to_string())
    }
}

impl Table {
    /// A table with these headings; none for one that needs none.
    pub(crate) fn new(look: &Look, headings: &[&str]) -> Self {
        let mut comfy = Comfy::new();
        comfy
            .load_style(presets::NOTHING)
            .set_content_arrangement(ContentArrangement::Dynamic)
            .force_no_tty()
            .set_width(look.width);
        if look.color {
            comfy.enforce_styling();
        }
        if !headings.is_empty() {
            comfy.set_header(headings.iter().map(|it| {
                let cell = Cell::new(it);
                if look.color { cell.add_attribute(Attribute::Bold) } else { cell }
            }));
        }
        Self { comfy, color: look.color, is_wrapped: false }
    }

    /// For details: long texts are shown whole, on as many lines as it takes.
    pub(crate) fn wrapped(mut self) -> Self {
        self.is_wrapped = true;
        self
    }

    /// Adds a row.
    pub(crate) fn row(&mut self, fields: impl IntoIterator<Item = Field>) {
        let mut row = Row::from(fields.into_iter().map(|it| self.cell(it)).collect::<Vec<_>>());
        if !self.is_wrapped {
            row.max_height(1);
        }
        self.comfy.add_row(row);
    }

    /// The table as text.
    pub(crate) fn text(mut self) -> String {
        let last = self.comfy.column_count().saturating_sub(1);
        for (index, column) in self.comfy.column_iter_mut().enumerate() {
            column.set_padding((0, if index == last { 0 } else { 2 }));
            if index != last {
                column.set_constraint(ColumnConstraint::ContentWidth);
            }
        }
        let lines: Vec<_> = self.comfy.lines().map(|line| line.trim_end().to_owned()).collect();
        lines.join("\n")
    }

    fn cell(&self, field: Field) -> Cell {
        match field {
            Field::Text(text) => Cell::new(text),
            Field::Word(word) => match Tone::of(&word).color() {
                Some(color) if self.color => Cell::new(word).fg(color),
                Some(_) | None => Cell::new(word),
            },
        }
    }
}
