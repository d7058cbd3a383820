//! From offsets and keys to lines and key paths.

use toml::{
    Spanned,
    de::{DeTable, DeValue},
};

/// Where things stand in a text.
pub(crate) struct Map<'t> {
    /// The offset of each line's end.
    ends: Vec<usize>,
    table: Option<DeTable<'t>>,
}

impl<'t> Map<'t> {
    /// Maps a text. Of one that is not TOML, only lines are known.
    pub(crate) fn new(text: &'t str) -> Self {
        let ends = text.match_indices('\n').map(|(offset, _)| offset).collect();
        Self { ends, table: DeTable::parse(text).ok().map(Spanned::into_inner) }
    }

    /// The line of an offset, from 1.
    pub(crate) fn line(&self, offset: usize) -> u32 {
        let before = self.ends.partition_point(|it| *it < offset);
        u32::try_from(before).unwrap_or(u32::MAX - 1) + 1
    }

    /// The key whose name or value stands at an offset.
    pub(crate) fn key(&self, offset: usize) -> String {
        self.table.as_ref().and_then(|it| in_table(it, offset)).unwrap_or_default()
    }

    /// Line and path of one entry of a list of tables, or of a key of it.
    pub(crate) fn entry(&self, list: &str, index: usize, key: &str) -> (u32, String) {
        let path = format!("{list}[{}]", index + 1);
        let entries = self.table.as_ref().and_then(|it| it.get(list)?.get_ref().as_array());
        let Some(entry) = entries.and_then(|it| it.get(index)) else {
            return (0, path);
        };
        let table = entry.get_ref().as_table();
        let found = table.and_then(|it| it.keys().find(|it| it.get_ref().as_ref() == key));
        match found {
            Some(it) => (self.line(it.span().start), format!("{path}.{key}")),
            None => (self.line(entry.span().start), path),
        }
    }
}

fn in_table(table: &DeTable<'_>, offset: usize) -> Option<String> {
    table.iter().find_map(|(key, value)| {
        let name = key.get_ref();
        if let Some(rest) = in_value(value, offset) {
            return Some(format!("{name}{rest}"));
        }
        key.span().contains(&offset).then(|| name.to_string())
    })
}

/// What of a path leads on from a value; empty if the value itself is meant.
fn in_value(value: &Spanned<DeValue<'_>>, offset: usize) -> Option<String> {
    // The span of a `[[table]]` is its header, not what stands below it, so
    // everything is searched before the value itself is taken.
    let inner = match value.get_ref() {
        DeValue::Table(table) => in_table(table, offset).map(|it| format!(".{it}")),
        DeValue::Array(items) => items
            .iter()
            .enumerate()
            .find_map(|(index, it)| in_value(it, offset).map(|it| format!("[{}]{it}", index + 1))),
        DeValue::String(_)
        | DeValue::Integer(_)
        | DeValue::Float(_)
        | DeValue::Boolean(_)
        | DeValue::Datetime(_) => None,
    };
    inner.or_else(|| value.span().contains(&offset).then(String::new))
}
