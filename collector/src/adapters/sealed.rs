//! The sealed code of emergencies: kept in an envelope that one person may open
//! alone, and known here only by its hash.
//!
//! # Invariants
//!
//! - A code opens once. Whoever has opened the envelope knows what is in it, so
//!   the next emergency takes a new one.
//! - Without a code, nobody acts alone.

use std::{
    fs, io,
    path::{Path, PathBuf},
};

use remit_runtime::{
    files::{WriteError, write_atomic, write_private},
    random,
};
use sha2::{Digest as _, Sha256};

/// Where the hash of a data folder's sealed code is.
#[derive(Clone, Debug)]
pub struct Sealed(PathBuf);

impl Sealed {
    /// Of a data folder.
    pub fn of(data: &Path) -> Self {
        Self(data.join("sealed-code.sha256"))
    }

    /// Makes a new code, which alone opens from now on, and writes it to a file
    /// that only its owner may read.
    pub fn renew(&self, out: &Path) -> Result<(), WriteError> {
        let code: Vec<String> = random::bytes::<20>().chunks(4).map(hex).collect();
        let code = code.join("-");
        write_private(out, format!("{code}\n").as_bytes())?;
        write_atomic(&self.0, hash(&code).as_bytes())
    }

    /// Whether a code would open.
    pub fn fits(&self, code: &str) -> bool {
        fs::read_to_string(&self.0).is_ok_and(|it| it == hash(code))
    }

    /// Opens, once: afterwards no code does.
    pub fn open(&self) -> io::Result<()> {
        fs::remove_file(&self.0)
    }
}

fn hash(code: &str) -> String {
    hex(&Sha256::digest(code.trim()))
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|it| format!("{it:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_code_opens_once_and_the_newest_only() {
        let folder = tempfile::tempdir().unwrap();
        let (sealed, out) = (Sealed::of(folder.path()), folder.path().join("code"));
        let read = || fs::read_to_string(&out).unwrap();
        assert!(!sealed.fits(""));
        sealed.renew(&out).unwrap();
        let first = read();
        fs::remove_file(&out).unwrap();
        sealed.renew(&out).unwrap();
        let code = read();
        assert!(sealed.fits(&code) && !sealed.fits(&first) && !sealed.fits(""));
        sealed.open().unwrap();
        assert!(!sealed.fits(&code));
        assert!(sealed.open().is_err());
    }
}
