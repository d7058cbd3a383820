//! What a program needs from the machine that it is to run on: shared libraries
//! and the newest glibc whose functions it calls.

use std::{collections::BTreeSet, fmt, path::Path, process::Command};

use anyhow::Context as _;

use crate::command;

/// A version of glibc: 2.28.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Glibc(u32, u32);

/// What a program is linked with.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Links {
    pub(super) libraries: BTreeSet<String>,
    pub(super) glibc: Glibc,
}

/// The libraries that glibc itself brings.
const GLIBC: &[&str] = &[
    "ld-linux-x86-64.so.2",
    "libc.so.6",
    "libdl.so.2",
    "libm.so.6",
    "libpthread.so.0",
    "librt.so.1",
];

/// Reads what a program is linked with.
pub(super) fn read(program: &Path) -> anyhow::Result<Links> {
    let text = command::capture(Command::new("objdump").arg("-p").arg(program))?;
    parse(&text).with_context(|| format!("failed to read what {} needs", program.display()))
}

fn parse(text: &str) -> anyhow::Result<Links> {
    let needed = |line: &str| Some(line.trim().strip_prefix("NEEDED")?.trim().to_owned());
    let versions = text.split_whitespace().filter_map(|word| word.strip_prefix("GLIBC_"));
    let glibc = versions.filter_map(Glibc::parse).max().context("it needs no glibc")?;
    Ok(Links { libraries: text.lines().filter_map(needed).collect(), glibc })
}

impl Links {
    /// The Debian packages that bring all of it.
    pub(super) fn debian(&self) -> anyhow::Result<Vec<String>> {
        let mut packages = BTreeSet::new();
        for library in &self.libraries {
            packages.insert(match library.as_str() {
                "libgcc_s.so.1" => "libgcc-s1 (>= 3.0)".to_owned(),
                it if GLIBC.contains(&it) => format!("libc6 (>= {})", self.glibc),
                it => anyhow::bail!("nobody has said which package has {it}"),
            });
        }
        Ok(packages.into_iter().collect())
    }
}

impl Glibc {
    /// Reads `2.28`, or `2.3.4`, whose last part nobody alive lacks.
    pub(super) fn parse(text: &str) -> Option<Self> {
        let mut parts = text.split('.').map(|part| part.parse().ok());
        Some(Self(parts.next()??, parts.next()??))
    }
}

impl fmt::Display for Glibc {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}", self.0, self.1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const DUMP: &str = "Dynamic Section:
  NEEDED               libgcc_s.so.1
  NEEDED               libc.so.6
Version References:
  required from libc.so.6:
    0x09691a75 0x00 05 GLIBC_2.2.5
    0x06969188 0x00 03 GLIBC_2.28
    0x09691974 0x00 02 GLIBC_2.3.4";

    #[test]
    fn the_newest_glibc_counts_and_28_is_newer_than_3() {
        let links = parse(DUMP).unwrap();
        assert_eq!(links.glibc.to_string(), "2.28");
        assert_eq!(links.debian().unwrap(), ["libc6 (>= 2.28)", "libgcc-s1 (>= 3.0)"]);
    }

    #[test]
    fn a_library_that_nobody_expected_is_named() {
        let dump = DUMP.replace("libgcc_s.so.1", "libssl.so.3");
        let err = parse(&dump).unwrap().debian().unwrap_err();
        assert_eq!(err.to_string(), "nobody has said which package has libssl.so.3");
    }
}
