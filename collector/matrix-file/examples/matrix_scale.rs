//! How long a large matrix takes to be read and proven.
//!
//! `cargo run --release -p remit-matrix-file --example matrix_scale [ROWS [ENDPOINTS]]`
//!
//! Two matrices of the same size: one as large tenants have them, every row
//! about machines of its own and beaten by rows for their nights; one that is
//! out to be slow, every two rows in dispute and every dispute settled.

#![expect(clippy::print_stdout, reason = "it is a report")]
#![expect(clippy::disallowed_methods, reason = "it measures real time")]

use std::{fmt::Write as _, time::Instant};

use jiff::Timestamp;
use remit_matrix_file::{STARTER, read};

const FUNCTIONS: [&str; 5] =
    ["infra_monitoring", "server_patching", "backup_monitoring", "help_desk", "lob_application"];

const WHENS: [&str; 2] = ["always", "outside office"];

fn main() {
    let mut args = std::env::args().skip(1).filter_map(|it| it.parse().ok());
    let (rows, endpoints) = (args.next().unwrap_or(200), args.next().unwrap_or(5_000));
    measure("as tenants have them", &usual(rows, endpoints));
    measure("out to be slow", &tangled(rows));
}

fn measure(what: &str, text: &str) {
    let started = Instant::now();
    let file = read("scale.toml", text).expect("it is a matrix");
    let read_after = started.elapsed();
    let from: Timestamp = "2026-03-02T14:00Z".parse().expect("it is a time");
    let findings = file.lint(from).len();
    let (rows, whole) = (file.matrix.rows.len(), started.elapsed());
    println!(
        "{what}: {rows} rows, {} KiB: read in {read_after:.1?}, proven over 400 days in {:.1?}, {findings} findings",
        text.len() / 1024,
        whole - read_after,
    );
}

/// The starter without its rows, and a row for everything.
fn head() -> String {
    let head = &STARTER[..STARTER.find("# --- Rows").expect("the starter has rows")];
    let mut text = head.to_owned();
    for index in 0..10 {
        let _ = writeln!(text, "[[site]]\nname = \"site-{index}\"\nzone = \"America/New_York\"");
        let _ = writeln!(text, "[[tag]]\nname = \"tag-{index}\"");
    }
    row(&mut text, "catch-all", "\"*\"", "always", 0, "");
    // Narrower than the catch-all, so that it counts as an agreement.
    row(&mut text, "base", "\"*\"", "always", 0, "kinds = [\"server\", \"workstation\"]");
    text
}

fn row(text: &mut String, id: &str, function: &str, when: &str, team: usize, on: &str) {
    let team = ["provider-noc", "internal-it"][team % 2];
    let _ = writeln!(
        text,
        "[[row]]\nid = \"{id}\"\nfunction = {function}\nwhen = \"{when}\"\nresponsible = \"{team}\"\naccountable = \"it-manager\"\npolicy = \"standard\"\n{on}"
    );
}

/// Groups of machines, each with a row for its days and one for its nights.
fn usual(rows: usize, endpoints: usize) -> String {
    let mut text = head();
    let each = endpoints / rows.max(1);
    for index in 0..rows.saturating_sub(2) {
        let group = index / 2;
        let hosts: Vec<_> =
            (0..each * 2).map(|it| format!("\"srv-{}\"", group * each * 2 + it)).collect();
        let on = format!("endpoints = [{}]", hosts.join(", "));
        let function = format!("\"{}\"", FUNCTIONS[group % FUNCTIONS.len()]);
        row(&mut text, &format!("row-{index}"), &function, WHENS[index % 2], index, &on);
    }
    text
}

/// Rows that overlap with each other and of which none is narrower, and as
/// many again that settle each case one by one.
fn tangled(rows: usize) -> String {
    let mut text = head();
    let hosts = (rows / 2 / FUNCTIONS.len()).max(1);
    for function in FUNCTIONS {
        for host in 0..hosts {
            let on = format!("endpoints = \"srv-{host}\"");
            row(
                &mut text,
                &format!("{function}-{host}"),
                &format!("\"{function}\""),
                "always",
                1,
                &on,
            );
        }
    }
    for index in 0..(rows - 2).saturating_sub(hosts * FUNCTIONS.len()) {
        let some =
            |count: usize, step: usize| (0..count).filter(move |it| (it * step + index) % 5 < 3);
        let named: Vec<_> = some(hosts, 7).map(|it| format!("\"srv-{it}\"")).collect();
        let functions: Vec<_> =
            some(FUNCTIONS.len(), 3).map(|it| format!("\"{}\"", FUNCTIONS[it])).collect();
        let on = format!("endpoints = [{}]", named.join(", "));
        let functions = format!("[{}]", functions.join(", "));
        row(&mut text, &format!("row-{index}"), &functions, "always", index, &on);
    }
    text
}
