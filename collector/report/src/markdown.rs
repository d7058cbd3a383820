//! To be pasted into a ticket or a chat.

use crate::{Document, Table};

pub(crate) fn write(document: &Document) -> String {
    let Document { customer, title, period, days, zone, asked_at, .. } = document;
    let mut out = format!("# {}: {} {period}\n\n", plain(customer), plain(title));
    let preview = if document.is_over { "" } else { " A preview: the time is not yet over." };
    out += &format!("{days}, {}. Made {asked_at}.{preview}\n\n", plain(zone));
    for remark in &document.remarks {
        out += &format!("- {}\n", plain(remark));
    }
    for section in &document.sections {
        out += &format!("\n## {}\n\n{}\n", section.title, plain(&section.intro));
        for it in &section.tables {
            out += &format!("\n### {}\n\n{}", it.title, table(it));
        }
    }
    out
}

fn table(table: &Table) -> String {
    if table.rows.is_empty() {
        return "None.\n".into();
    }
    let titles: Vec<_> = table.columns.iter().map(|it| it.title.to_owned()).collect();
    let rule: Vec<_> = (0..titles.len()).map(|it| rule(table, it).to_owned()).collect();
    let mut out = line(&titles) + &line(&rule);
    for row in &table.rows {
        let cells: Vec<_> = row.iter().map(|it| plain(&it.show())).collect();
        out += &line(&cells);
    }
    if !table.note.is_empty() {
        out += &format!("\n{}\n", plain(&table.note));
    }
    out
}

fn rule(table: &Table, column: usize) -> &'static str {
    match table.is_of_numbers(column) {
        true => "--:",
        false => ":--",
    }
}

fn line(cells: &[String]) -> String {
    format!("| {} |\n", cells.join(" | "))
}

/// Text that is nothing but text: on one line, and with whatever Markdown or
/// HTML would take for its own escaped.
fn plain(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for it in text.chars() {
        match it {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '\\' | '`' | '*' | '_' | '[' | ']' | '|' | '#' | '~' | '!' | '$' => {
                out.push('\\');
                out.push(it);
            }
            it if it.is_control() => out.push(' '),
            it => out.push(it),
        }
    }
    out
}
