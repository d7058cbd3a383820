//! Which crate of ours may use which.
//!
//! The table is the architecture: a line may use any line below it, never one
//! above or beside it. A crate that is not in the table is a finding, so that a
//! new one is given its place.

use anyhow::Context as _;
use serde::Deserialize;

use crate::command::{self, cargo};

/// What a crate may use, by the names of crates.
enum May {
    UseAll,
    Use(&'static [&'static str]),
}

const LAYERS: &[(&str, May)] = &[
    ("packaging", May::Use(&[])),
    ("remit-pages", May::Use(&["remit-agent", "remit-collector", "remit-ctl"])),
    ("tests", May::UseAll),
    ("remit-sim", May::Use(&["remit-matrix-file", "remit-collector-domain", "remit-shared"])),
    (
        "remit-agent",
        May::Use(&["remit-agent-domain", "remit-proto", "remit-runtime", "remit-shared"]),
    ),
    (
        "remit-collector",
        May::Use(&[
            "remit-matrix-file",
            "remit-report",
            "remit-collector-domain",
            "remit-proto",
            "remit-runtime",
            "remit-shared",
        ]),
    ),
    (
        "remit-ctl",
        May::Use(&[
            "remit-matrix-file",
            "remit-collector-domain",
            "remit-proto",
            "remit-runtime",
            "remit-shared",
        ]),
    ),
    ("remit-matrix-file", May::Use(&["remit-collector-domain", "remit-shared"])),
    ("remit-report", May::Use(&["remit-collector-domain", "remit-shared"])),
    ("remit-proto", May::Use(&["remit-shared"])),
    ("remit-agent-domain", May::Use(&["remit-shared"])),
    ("remit-collector-domain", May::Use(&["remit-shared"])),
    ("remit-runtime", May::Use(&["remit-shared"])),
    ("remit-shared", May::Use(&[])),
];

#[derive(Deserialize)]
struct Metadata {
    packages: Vec<Package>,
}

#[derive(Deserialize)]
struct Package {
    name: String,
    dependencies: Vec<Dependency>,
}

#[derive(Deserialize)]
struct Dependency {
    name: String,
    /// Only our own crates have one.
    path: Option<String>,
}

/// Every dependency that points sideways or up.
pub(super) fn check() -> anyhow::Result<Vec<String>> {
    let text = command::capture(cargo().args([
        "metadata",
        "--locked",
        "--no-deps",
        "--format-version",
        "1",
    ]))?;
    let metadata = serde_json::from_str(&text).context("failed to read cargo's metadata")?;
    Ok(misplaced(&metadata))
}

fn misplaced(metadata: &Metadata) -> Vec<String> {
    metadata.packages.iter().flat_map(misplaced_in).collect()
}

fn misplaced_in(package: &Package) -> Vec<String> {
    let name = &package.name;
    let Some((_, may)) = LAYERS.iter().find(|(layer, _)| layer == name) else {
        return vec![format!("crate {name} has no place in the table of layers")];
    };
    let May::Use(allowed) = may else { return Vec::new() };
    let ours = package.dependencies.iter().filter(|it| it.path.is_some());
    ours.filter(|it| !allowed.contains(&it.name.as_str()))
        .map(|it| format!("crate {name} may not use {}", it.name))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check_crate(name: &str, uses: &[&str], expected: &[&str]) {
        let ours = uses.iter().map(|it| Dependency { name: (*it).into(), path: Some("/".into()) });
        let foreign = Dependency { name: "tokio".into(), path: None };
        let dependencies = ours.chain([foreign]).collect();
        let metadata = Metadata { packages: vec![Package { name: name.into(), dependencies }] };
        assert_eq!(misplaced(&metadata), expected);
    }

    #[test]
    fn a_dependency_points_down() {
        check_crate("remit-agent", &["remit-shared", "remit-agent-domain"], &[]);
        check_crate("tests", &["remit-agent", "remit-collector"], &[]);
        check_crate(
            "remit-agent-domain",
            &["remit-shared", "remit-proto"],
            &["crate remit-agent-domain may not use remit-proto"],
        );
        check_crate("packaging", &["remit-shared"], &["crate packaging may not use remit-shared"]);
    }

    #[test]
    fn a_new_crate_is_given_a_place_first() {
        check_crate("remit-x", &[], &["crate remit-x has no place in the table of layers"]);
    }
}
