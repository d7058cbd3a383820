//! A row as a file has it, for pasting.

use std::fmt::Write as _;

use remit_collector_domain::matrix::{Row, When};
use remit_shared::{Severity, Team};
use toml::Value;

/// Writes a row. `instead` is who else might be responsible, for a remark
/// beside it: whoever pastes the row decides.
pub fn row_to_toml(row: &Row, instead: Option<&Team>) -> String {
    let Row { id, title, scope, duty, priority } = row;
    let mut text = String::from("[[row]]\n");
    let mut line = |key: &str, value: Value| {
        // Writing to a string cannot fail.
        let _ = writeln!(text, "{key} = {value}");
    };
    line("id", id.as_str().into());
    if !title.is_empty() {
        line("title", title.as_str().into());
    }
    line("function", choice(&scope.functions).unwrap_or_else(|| "*".into()));
    for (key, value) in [
        ("endpoints", choice(&scope.endpoints)),
        ("sites", choice(&scope.sites)),
        ("kinds", choice(&scope.kinds)),
        ("tags", choice(&scope.tags)),
    ] {
        if let Some(value) = value {
            line(key, value);
        }
    }
    if Severity::Info < scope.min_severity {
        line("min_severity", scope.min_severity.as_str().into());
    }
    if scope.when != When::Always {
        line("when", scope.when.to_string().into());
    }
    if *priority != 0 {
        line("priority", i64::from(*priority).into());
    }
    line("responsible", duty.responsible.as_str().into());
    line("accountable", duty.accountable.as_str().into());
    for (key, value) in [
        ("others", choice(&duty.others)),
        ("consulted", choice(&duty.consulted)),
        ("informed", choice(&duty.informed)),
    ] {
        if let Some(value) = value {
            line(key, value);
        }
    }
    if !duty.runbook.is_empty() {
        line("runbook", duty.runbook.as_str().into());
    }
    let steps: Vec<_> = duty.escalate.iter().map(ToString::to_string).collect();
    line("escalate", steps.into());
    match instead {
        Some(team) => {
            let plain = format!("responsible = \"{}\"\n", duty.responsible);
            let marked =
                format!("responsible = \"{}\" # or {team}: you decide\n", duty.responsible);
            text.replacen(&plain, &marked, 1)
        }
        None => text,
    }
}

/// One word as a word, several as a list.
fn choice<'a, T: ToString + 'a>(items: impl IntoIterator<Item = &'a T>) -> Option<Value> {
    let mut items: Vec<_> = items.into_iter().map(ToString::to_string).collect();
    match items.len() {
        0 => None,
        1 => items.pop().map(Value::from),
        _ => Some(items.into()),
    }
}
