//! One page to be read and printed: everything it needs is in it.

use crate::{Document, Section, Table, chart};

const STYLE: &str = include_str!("html/report.css");
/// So many figures of the summary stand at the top in large type.
const LARGE: usize = 6;

pub(crate) fn write(document: &Document) -> String {
    let Document { customer, title, period, days, zone, asked_at, .. } = document;
    let running = css_string(&format!("{customer} · {title} {period}"));
    let [customer, title] = [escape(customer), escape(title)];
    let preview = match document.is_over {
        true => "",
        false => "<p class=\"preview\">A preview: the time is not yet over.</p>\n",
    };
    let mut out = format!(
        "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
         <meta name=\"color-scheme\" content=\"light dark\">\n\
         <meta http-equiv=\"Content-Security-Policy\" \
         content=\"default-src 'none'; style-src 'unsafe-inline'\">\n\
         <title>{customer}: {title} {period}</title>\n\
         <style>\n{STYLE}@page {{ @top-left {{ content: \"{running}\"; }} }}\n</style>\n\
         </head>\n<body>\n<header>\n<p class=\"kicker\">{title} · {period}</p>\n\
         <h1>{customer}</h1>\n<p class=\"days\">{days}, {}</p>\n</header>\n<main>\n{preview}",
        escape(zone)
    );
    out += &figures(document);
    out += "<section aria-labelledby=\"remarks\">\n<h2 id=\"remarks\">What stands out</h2>\n<ul>\n";
    for remark in &document.remarks {
        out += &format!("<li>{}</li>\n", escape(remark));
    }
    out += "</ul>\n</section>\n";
    for it in &document.sections {
        out += &section(it);
    }
    out += &format!("</main>\n<footer>Made {} by Remit.</footer>\n", escape(asked_at));
    out + "</body>\n</html>\n"
}

/// The first figures of the summary, each with the one before it.
fn figures(document: &Document) -> String {
    let rows = document.sections.iter().take(1).flat_map(|it| &it.tables).flat_map(|it| &it.rows);
    let mut out = String::from("<dl class=\"figures\">\n");
    for row in rows.take(LARGE) {
        let shown: Vec<_> = row.iter().map(|it| escape(&it.show())).collect();
        let [title, now, before] = shown.as_slice() else { continue };
        out += &format!(
            "<div><dt>{title}</dt><dd>{now}</dd><dd class=\"before\">before: {before}</dd></div>\n"
        );
    }
    out + "</dl>\n"
}

fn section(section: &Section) -> String {
    let Section { id, title, intro, tables } = section;
    let mut out = format!(
        "<section aria-labelledby=\"{id}\">\n<h2 id=\"{id}\">{}</h2>\n<p>{}</p>\n",
        escape(title),
        escape(intro)
    );
    for it in tables {
        out += &figure(it, &format!("{id}-{}", it.id));
        out += &table(it);
    }
    out + "</section>\n"
}

fn figure(table: &Table, id: &str) -> String {
    let Some(svg) = chart::draw(table, id) else { return String::new() };
    let legend = chart::legend(table).into_iter().map(|(series, title)| {
        format!("<span class=\"key {}\">{}</span>", series.tone.class(), escape(title))
    });
    let legend: String = legend.collect();
    let legend = match legend.is_empty() {
        true => String::new(),
        false => format!("<figcaption>{legend}</figcaption>\n"),
    };
    format!("<figure>\n{svg}\n{legend}</figure>\n")
}

fn table(table: &Table) -> String {
    let title = escape(table.title);
    if table.rows.is_empty() {
        return format!("<p class=\"none\">{title}: none.</p>\n");
    }
    let numbers: Vec<bool> = (0..table.columns.len()).map(|it| table.is_of_numbers(it)).collect();
    let class = |at: usize| if numbers[at] { " class=\"number\"" } else { "" };
    let mut out = format!("<div class=\"wide\"><table>\n<caption>{title}</caption>\n<thead><tr>");
    for (at, column) in table.columns.iter().enumerate() {
        out += &format!("<th scope=\"col\"{}>{}</th>", class(at), escape(column.title));
    }
    out += "</tr></thead>\n<tbody>\n";
    for row in &table.rows {
        out += "<tr>";
        for (at, (column, cell)) in table.columns.iter().zip(row).enumerate() {
            let shown = escape(&cell.show());
            out += &match column.is_key {
                true => format!("<th scope=\"row\">{shown}</th>"),
                false => format!("<td{}>{shown}</td>", class(at)),
            };
        }
        out += "</tr>\n";
    }
    out += "</tbody>\n</table></div>\n";
    if !table.note.is_empty() {
        out += &format!("<p class=\"note\">{}</p>\n", escape(&table.note));
    }
    out
}

/// Text that is nothing but text, in an element or a quoted attribute.
pub(crate) fn escape(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for it in text.chars() {
        match it {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            it if it.is_control() => out.push('\u{fffd}'),
            it => out.push(it),
        }
    }
    out
}

/// The inside of a CSS string. Whatever could end it, or the style itself, is
/// written by its number.
fn css_string(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for it in text.chars() {
        match it.is_alphanumeric() || it == ' ' {
            true => out.push(it),
            false => out.push_str(&format!("\\{:x} ", u32::from(it))),
        }
    }
    out
}
