//! What a program is made of: a CycloneDX document per program, and the licences
//! of those whose work is in it.
//!
//! The list is cargo's own resolution for the system that is packed for, without
//! what only builds or tests. Where two of our crates ask one of others for
//! different features, all of them are counted.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::{Path, PathBuf},
};

use anyhow::Context as _;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::{Job, product::Product};
use crate::command::{self, cargo};

const TARGET: &str = "x86_64-unknown-linux-gnu";

/// What cargo knows of all crates.
#[derive(Deserialize)]
pub(super) struct Metadata {
    packages: Vec<Package>,
    resolve: Resolve,
}

#[derive(Deserialize)]
struct Package {
    id: String,
    name: String,
    version: String,
    license: Option<String>,
    source: Option<String>,
    manifest_path: PathBuf,
}

#[derive(Deserialize)]
struct Resolve {
    nodes: Vec<Node>,
}

#[derive(Deserialize)]
struct Node {
    id: String,
    deps: Vec<Edge>,
}

#[derive(Deserialize)]
struct Edge {
    pkg: String,
    dep_kinds: Vec<EdgeKind>,
}

#[derive(Deserialize)]
struct EdgeKind {
    kind: Option<String>,
}

/// A document of CycloneDX, as far as we have something to say.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Bom {
    bom_format: &'static str,
    spec_version: &'static str,
    version: u32,
    metadata: Value,
    components: Vec<Value>,
    dependencies: Vec<Value>,
}

/// Asks cargo.
pub(super) fn metadata() -> anyhow::Result<Metadata> {
    let mut metadata = cargo();
    metadata.args(["metadata", "--locked", "--format-version", "1", "--filter-platform", TARGET]);
    serde_json::from_str(&command::capture(&mut metadata)?)
        .context("failed to read cargo's metadata")
}

/// Writes a product's document and its licences.
pub(super) fn write(job: &Job, product: &Product, metadata: &Metadata) -> anyhow::Result<()> {
    let parts = parts(metadata, product.krate)?;
    let lock = fs::read_to_string("Cargo.lock").context("failed to read Cargo.lock")?;
    let timestamp = job.date(&["+%Y-%m-%dT%H:%M:%SZ"])?;
    let bom = bom(product, &parts, &checksums(&lock), &timestamp)?;
    fs::write(job.sbom(product), serde_json::to_string_pretty(&bom)? + "\n")?;
    fs::write(job.licences(product), licences(&parts)?)?;
    Ok(())
}

/// A crate, and those that it is compiled with.
struct Part<'a> {
    package: &'a Package,
    uses: Vec<&'a Package>,
}

fn parts<'a>(metadata: &'a Metadata, krate: &str) -> anyhow::Result<Vec<Part<'a>>> {
    let packages: BTreeMap<_, _> = metadata.packages.iter().map(|it| (&*it.id, it)).collect();
    let nodes: BTreeMap<_, _> = metadata.resolve.nodes.iter().map(|it| (&*it.id, it)).collect();
    let first = metadata.packages.iter().find(|it| it.name == krate);
    let first = first.with_context(|| format!("cargo knows no crate {krate}"))?;
    let (mut seen, mut open) = (BTreeSet::from([&*first.id]), vec![&*first.id]);
    let mut parts = Vec::new();
    while let Some(id) = open.pop() {
        let node = nodes.get(id).with_context(|| format!("cargo did not resolve {id}"))?;
        let shipped = |edge: &&Edge| edge.dep_kinds.iter().any(|it| it.kind.is_none());
        let below: Vec<_> = node.deps.iter().filter(shipped).map(|it| &*it.pkg).collect();
        open.extend(below.iter().filter(|it| seen.insert(it)));
        let uses = below.iter().filter_map(|it| packages.get(it).copied()).collect();
        let package = packages.get(id).with_context(|| format!("cargo knows no {id}"))?;
        parts.push(Part { package, uses });
    }
    parts.sort_by_key(|it| (&it.package.name, &it.package.version));
    Ok(parts)
}

/// What the registry vouches for, by name and version.
fn checksums(lock: &str) -> BTreeMap<(&str, &str), &str> {
    let blocks = lock.split("[[package]]");
    blocks
        .filter_map(|block| {
            let value = |key: &str| {
                let line = block.lines().find_map(|it| it.strip_prefix(key)?.strip_prefix(" = "));
                line.map(|it| it.trim_matches('"'))
            };
            Some(((value("name")?, value("version")?), value("checksum")?))
        })
        .collect()
}

fn bom(
    product: &Product,
    parts: &[Part<'_>],
    checksums: &BTreeMap<(&str, &str), &str>,
    timestamp: &str,
) -> anyhow::Result<Bom> {
    let (own, others): (Vec<_>, Vec<_>) =
        parts.iter().partition(|it| it.package.name == product.krate);
    let own = own.first().context("the program is part of itself")?.package;
    let component = |package: &Package, kind: &str| {
        let mut it = json!({
            "type": kind,
            "bom-ref": package.purl(),
            "name": package.name,
            "version": package.version,
            "purl": package.purl(),
        });
        if let Some(licence) = &package.license {
            // What is older than the rules for expressions is written with a slash.
            it["licenses"] = json!([{ "expression": licence.replace('/', " OR ") }]);
        }
        if let Some(sum) = checksums.get(&(&*package.name, &*package.version)) {
            it["hashes"] = json!([{ "alg": "SHA-256", "content": sum }]);
        }
        it
    };
    Ok(Bom {
        bom_format: "CycloneDX",
        spec_version: "1.5",
        version: 1,
        metadata: json!({ "timestamp": timestamp, "component": component(own, "application") }),
        components: others.iter().map(|it| component(it.package, "library")).collect(),
        dependencies: parts
            .iter()
            .map(|it| {
                let uses: BTreeSet<_> = it.uses.iter().map(|it| it.purl()).collect();
                json!({ "ref": it.package.purl(), "dependsOn": uses })
            })
            .collect(),
    })
}

impl Package {
    /// The name by which scanners know it. Ours are in no registry.
    fn purl(&self) -> String {
        let kind = if self.source.is_some() { "cargo" } else { "generic" };
        format!("pkg:{kind}/{}@{}", self.name, self.version)
    }
}

/// The texts that authors ask to be handed on, each once, with those who ask.
fn licences(parts: &[Part<'_>]) -> anyhow::Result<String> {
    let mut texts: BTreeMap<String, Vec<String>> = BTreeMap::new();
    let mut list = String::from("The program contains:\n\n");
    for Part { package, .. } in parts.iter().filter(|it| it.package.source.is_some()) {
        let name = format!("{} {}", package.name, package.version);
        let licence = package.license.as_deref().unwrap_or("see below");
        list += &format!("{name}: {licence}\n");
        let folder = package.manifest_path.parent().context("a crate is in a folder")?;
        for text in texts_in(folder)? {
            texts.entry(text).or_default().push(name.clone());
        }
    }
    for (text, of) in &texts {
        list += &format!("\n{}\n{}:\n\n{}\n", "=".repeat(76), of.join(", "), text.trim_end());
    }
    Ok(list)
}

fn texts_in(folder: &Path) -> anyhow::Result<Vec<String>> {
    const BEGINNINGS: &[&str] =
        &["LICENSE", "LICENCE", "COPYING", "COPYRIGHT", "NOTICE", "UNLICENSE"];
    let entries =
        fs::read_dir(folder).with_context(|| format!("failed to list {}", folder.display()))?;
    let mut paths = Vec::new();
    for entry in entries {
        let entry = entry?;
        let name = entry.file_name().to_string_lossy().to_uppercase();
        if entry.file_type()?.is_file() && BEGINNINGS.iter().any(|it| name.starts_with(it)) {
            paths.push(entry.path());
        }
    }
    paths.sort();
    paths.iter().map(|it| Ok(String::from_utf8_lossy(&fs::read(it)?).replace('\r', ""))).collect()
}

#[cfg(test)]
mod tests;
