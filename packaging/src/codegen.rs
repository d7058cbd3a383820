//! Generated code: `proto/remit/v1/*.proto` to `proto/src/generated`.
//!
//! A pure-Rust compiler reads the files, so nothing has to be installed.

use std::{fs, path::Path};

use anyhow::{Context as _, bail};
use prost::Message as _;

const SOURCES: &str = "proto/remit/v1";
const GENERATED: &str = "proto/src/generated";

/// Writes the generated code, or with `check` compares it with what is there.
pub(crate) fn run(check: bool) -> anyhow::Result<()> {
    let scratch = tempfile::tempdir()?;
    generate(scratch.path())?;
    let mut stale = Vec::new();
    for entry in fs::read_dir(scratch.path())? {
        let entry = entry?;
        let fresh = fs::read(entry.path())?;
        let committed = Path::new(GENERATED).join(entry.file_name());
        if fs::read(&committed).is_ok_and(|it| it == fresh) {
            continue;
        }
        stale.push(committed.display().to_string());
        if !check {
            fs::create_dir_all(GENERATED)?;
            fs::write(&committed, fresh)?;
        }
    }
    if check && !stale.is_empty() {
        bail!("stale generated code, run `cargo xtask codegen`: {}", stale.join(", "));
    }
    Ok(())
}

fn generate(out: &Path) -> anyhow::Result<()> {
    let mut sources = Vec::new();
    for entry in fs::read_dir(SOURCES).with_context(|| format!("failed to list {SOURCES}"))? {
        sources.push(entry?.path());
    }
    sources.sort();
    let descriptors = protox::compile(sources, ["proto"])?;
    fs::write(out.join("remit.v1.bin"), descriptors.encode_to_vec())?;
    tonic_prost_build::configure()
        .out_dir(out)
        .build_transport(false)
        .codec_path("crate::codec::Codec")
        .compile_fds(descriptors)
        .context("failed to generate code")
}
