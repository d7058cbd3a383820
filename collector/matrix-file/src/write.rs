//! A row as a file has it, for pasting.

use std::fmt::Write as _;

use remit_collector_domain::matrix::{Escalation, Row, When};
use remit_shared::{Severity, Team};
use toml::Value;

/// Writes a row. `instead` is who else might be responsible, for a remark
/// beside it: whoever pastes the row decides.
pub fn row_to_toml(row: &Row, instead: Option<&Team>) -> String {
    let Row { id, title, scope, duty, priority, reviewed, accepted_by } = row;
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
    if row.is_uncovered() {
        line("uncovered", true.into());
        line("accepted_by", accepted_by.iter().map(ToString::to_string).collect::<Vec<_>>().into());
    } else {
        line("responsible", duty.responsible.as_str().into());
        line("accountable", duty.accountable.as_str().into());
        for (key, value) in [
            ("others", choice(&duty.others)),
            ("consulted", choice(&duty.consulted)),
            ("informed", choice(&duty.informed)),
            ("approve_change", choice(&duty.authority.approve_change)),
            ("approve_security", choice(&duty.authority.approve_security)),
            ("declare_known_issue", choice(&duty.authority.declare_known_issue)),
        ] {
            if let Some(value) = value {
                line(key, value);
            }
        }
        match &duty.escalation {
            Escalation::Shipped => {}
            Escalation::Policy(name) => line("policy", name.as_str().into()),
            Escalation::Steps(steps) => {
                let steps: Vec<_> = steps.iter().map(ToString::to_string).collect();
                line("escalate", steps.into());
            }
        }
        if let Some(sla) = &duty.sla {
            line("sla", sla.as_str().into());
        }
    }
    if !duty.runbook.is_empty() {
        line("runbook", duty.runbook.as_str().into());
    }
    if let Some(date) = reviewed {
        line("reviewed", date.to_string().into());
    }
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
