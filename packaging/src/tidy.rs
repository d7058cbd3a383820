//! The house rules that a compiler does not hold.
//!
//! [`form`] is about files, [`purity`] about what the pure crates may name,
//! [`layers`] about which crate may use which. Every rule is a function from
//! text to findings; this module only reads the files.
//!
//! # Not here
//!
//! What clippy can hold stands in `Cargo.toml` and `clippy.toml`, what concerns
//! foreign crates in `deny.toml` and in [`tree`](crate::tree).

mod form;
mod layers;
mod purity;
mod token;

use std::{
    fs,
    path::{Path, PathBuf},
};

use anyhow::{Context as _, bail};

/// A file, by its path from the workspace's root.
struct Source {
    path: String,
    text: String,
}

/// Fails with everything that is untidy.
pub(crate) fn check() -> anyhow::Result<()> {
    let mut paths = Vec::new();
    walk(Path::new("."), &mut paths)?;
    paths.sort();

    let mut findings = layers::check()?;
    for path in &paths {
        let source = read(path)?;
        findings.extend(form::check(&source));
        findings.extend(purity::check(&source));
    }
    if !findings.is_empty() {
        bail!("{} untidy:\n  {}", findings.len(), findings.join("\n  "));
    }
    Ok(())
}

fn read(path: &Path) -> anyhow::Result<Source> {
    let text =
        fs::read_to_string(path).with_context(|| format!("failed to read {}", path.display()))?;
    let path = path.strip_prefix(".").unwrap_or(path).to_string_lossy().into_owned();
    Ok(Source { path, text })
}

/// Collects our Rust and protocol sources; generated ones are nobody's style.
fn walk(folder: &Path, found: &mut Vec<PathBuf>) -> anyhow::Result<()> {
    let entries =
        fs::read_dir(folder).with_context(|| format!("failed to list {}", folder.display()))?;
    for entry in entries {
        let entry = entry?;
        let (path, name) = (entry.path(), entry.file_name());
        let name = name.to_string_lossy();
        if entry.file_type()?.is_dir() {
            if !name.starts_with('.') && name != "target" && name != "generated" {
                walk(&path, found)?;
            }
        } else if name.ends_with(".rs") || name.ends_with(".proto") {
            found.push(path);
        }
    }
    Ok(())
}

#[cfg(test)]
fn source(path: &str, text: &str) -> Source {
    Source { path: path.into(), text: text.into() }
}
