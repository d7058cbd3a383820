//! Where in a TOML text a setting stands, and which setting stands where.

use toml::de::{DeTable, DeValue};

/// The line of a byte offset, from 1.
pub(super) fn line(text: &str, at: usize) -> usize {
    let before = text.as_bytes().get(..at).unwrap_or(text.as_bytes());
    1 + before.iter().filter(|byte| **byte == b'\n').count()
}

/// The key whose name or value covers a byte offset, with dots.
pub(super) fn key_at(text: &str, at: usize) -> Option<String> {
    let table = DeTable::parse(text).ok()?;
    let mut path = Vec::new();
    descend(table.get_ref(), at, &mut path);
    (!path.is_empty()).then(|| path.join("."))
}

fn descend(table: &DeTable<'_>, at: usize, path: &mut Vec<String>) {
    for (key, value) in table {
        // A table's own span is its header, so its children are asked first.
        let depth = path.len();
        path.push(key.get_ref().to_string());
        enter(value.get_ref(), at, path);
        let found_below = path.len() > depth + 1;
        if found_below || key.span().contains(&at) || value.span().contains(&at) {
            return;
        }
        path.truncate(depth);
    }
}

fn enter(value: &DeValue<'_>, at: usize, path: &mut Vec<String>) {
    if let Some(table) = value.as_table() {
        descend(table, at, path);
    }
    for (index, item) in value.as_array().into_iter().flatten().enumerate() {
        let depth = path.len();
        path.push((index + 1).to_string());
        enter(item.get_ref(), at, path);
        if path.len() > depth + 1 || item.span().contains(&at) {
            return;
        }
        path.truncate(depth);
    }
}

/// Where a key stands, given with dots; items of a list are counted from 1.
pub(super) fn offset_of(text: &str, key: &str) -> Option<usize> {
    let document = DeTable::parse(text).ok()?;
    let mut parts = key.split('.');
    let (name, value) = document.get_ref().get_key_value(parts.next()?)?;
    let (mut value, mut at) = (value, name.span().start);
    for part in parts {
        (at, value) = match value.get_ref() {
            DeValue::Table(table) => {
                let (name, value) = table.get_key_value(part)?;
                (name.span().start, value)
            }
            DeValue::Array(items) => {
                let item = items.get(part.parse::<usize>().ok()?.checked_sub(1)?)?;
                (item.span().start, item)
            }
            DeValue::String(_)
            | DeValue::Integer(_)
            | DeValue::Float(_)
            | DeValue::Boolean(_)
            | DeValue::Datetime(_) => return None,
        };
    }
    Some(at)
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str =
        "name = 'x'\n\n[a.b]\nc = 5\n\n[[row]]\nteam = 'one'\n\n[[row]]\nteam = 'two'\n";

    #[test]
    fn keys_and_places_lead_to_each_other() {
        for (key, expected) in [("name", 1), ("a.b.c", 4), ("row.1.team", 7), ("row.2.team", 10)] {
            let at = offset_of(TEXT, key).unwrap();
            assert_eq!(line(TEXT, at), expected, "{key}");
            assert_eq!(key_at(TEXT, at).as_deref(), Some(key));
        }
        for missing in ["", "nope", "a.b.d", "row.0.team", "row.3.team", "name.x"] {
            assert_eq!(offset_of(TEXT, missing), None, "{missing}");
        }
    }

    #[test]
    fn a_place_outside_the_text_is_on_its_last_line() {
        assert_eq!(line("a\nb", 99), 2);
        assert_eq!(key_at(TEXT, 9999), None);
    }
}
