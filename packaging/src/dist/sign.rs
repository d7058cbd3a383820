//! Who vouches for the packages.
//!
//! The signatures are GnuPG's, because that is what rpm and dnf check by
//! themselves, and apt for a repository. Each rpm carries one; `SHA256SUMS.asc`
//! is one over the sums of everything.
//!
//! Whether a key can sign is tried before anything is made.

mod key;
#[cfg(test)]
mod tests;

use std::{
    fs,
    io::Write as _,
    os::unix::fs::PermissionsExt as _,
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

use anyhow::{Context as _, ensure};
use tempfile::TempDir;

use crate::command::{self, say};

/// Kept, so that whoever trusts it for a trial need not do so each time.
const TEST_KEY: &str = "target/tools/test-signing-key.asc";
const TEST_NAME: &str = "Remit TEST KEY (worthless, never trust it)";

/// A key, in a keyring of its own.
pub(super) struct Signer {
    home: TempDir,
    fingerprint: String,
    is_test: bool,
}

impl Signer {
    /// With the key in a file, or one that only tries things out.
    pub(super) fn new(key: Option<&Path>) -> anyhow::Result<Self> {
        let home = tempfile::Builder::new().prefix("remit-sign").tempdir()?;
        fs::set_permissions(home.path(), fs::Permissions::from_mode(0o700))?;
        let mut signer = Self { home, fingerprint: String::new(), is_test: key.is_none() };
        match key {
            Some(key) => signer.import(key)?,
            None if Path::new(TEST_KEY).exists() => signer.import(Path::new(TEST_KEY))?,
            None => signer.make_test_key()?,
        }
        let path = key.unwrap_or(Path::new(TEST_KEY)).display();
        let listed = command::capture(signer.gpg().args(["--with-colons", "--list-secret-keys"]))?;
        let fingerprint = key::only(&listed).with_context(|| format!("{path} cannot sign"))?;
        signer.fingerprint = fingerprint.to_owned();
        signer.try_out().with_context(|| {
            format!("{path} cannot sign: its key must be whole, and without a passphrase")
        })?;
        Ok(signer)
    }

    /// Signs something, and looks whether gpg believes it.
    fn try_out(&self) -> anyhow::Result<()> {
        let file = self.home.path().join("trial");
        fs::write(&file, "trial\n")?;
        self.sign(&file)?;
        command::capture(self.gpg().arg("--verify").arg(file.with_extension("asc")).arg(&file))?;
        Ok(())
    }

    fn gpg(&self) -> Command {
        let mut gpg = Command::new("gpg");
        gpg.arg("--homedir").arg(self.home.path());
        gpg.args(["--batch", "--quiet", "--no-tty", "--pinentry-mode", "loopback"]);
        gpg
    }

    fn import(&self, key: &Path) -> anyhow::Result<()> {
        fs::metadata(key).with_context(|| format!("failed to read the key {}", key.display()))?;
        command::capture(self.gpg().arg("--import").arg(key))
            .with_context(|| format!("{} is no key that gpg can read", key.display()))?;
        Ok(())
    }

    fn make_test_key(&self) -> anyhow::Result<()> {
        say(format!("      making a test key into {TEST_KEY}"));
        let mut gpg = self.gpg();
        // RSA, because rpm of RHEL 8 knows nothing newer.
        gpg.args([
            "--passphrase",
            "",
            "--quick-generate-key",
            TEST_NAME,
            "rsa3072",
            "sign",
            "never",
        ]);
        command::capture(&mut gpg)?;
        if let Some(folder) = Path::new(TEST_KEY).parent() {
            fs::create_dir_all(folder)?;
        }
        let mut export = self.gpg();
        export.args(["--armor", "--output", TEST_KEY, "--export-secret-keys"]);
        command::capture(&mut export).map(drop)
    }

    /// Whose signature it is, for people.
    pub(super) fn describe(&self) -> String {
        let kind = if self.is_test { "a TEST key" } else { "the key" };
        format!("{kind} {}", self.fingerprint)
    }

    /// Signs a file, beside it.
    pub(super) fn sign(&self, file: &Path) -> anyhow::Result<()> {
        let mut gpg = self.gpg();
        gpg.args(["--yes", "--armor", "--local-user", &self.fingerprint, "--detach-sign"]);
        command::capture(gpg.arg("--").arg(file)).map(drop)
    }

    /// Puts a signature into an rpm, and looks whether rpm accepts it.
    pub(super) fn sign_rpm(&self, file: &Path) -> anyhow::Result<()> {
        let gpg = command::find("gpg").context("gpg is gone")?;
        let mut sign = Command::new("rpmsign");
        sign.args(["--define", &format!("__gpg {}", gpg.display())]);
        sign.args(["--define", &format!("_gpg_name {}", self.fingerprint)]);
        sign.args(["--define", "_gpg_sign_cmd_extra_args --batch --pinentry-mode loopback"]);
        sign.args(["--define", &format!("_gpg_path {}", self.home.path().display())]);
        sign.arg("--addsign").arg(file).env("GNUPGHOME", self.home.path());
        command::capture(&mut sign)?;

        let database = self.home.path().join("rpm");
        let public = self.home.path().join("public.asc");
        self.export(&public)?;
        let keys = || {
            let mut keys = Command::new("rpmkeys");
            keys.arg("--dbpath").arg(&database);
            keys
        };
        command::capture(keys().arg("--import").arg(&public))?;
        let checked = command::capture(keys().args(["--checksig", "--verbose"]).arg(file))?;
        ensure!(checked.contains("Signature") && !checked.contains("NOKEY"), "{checked}");
        Ok(())
    }

    /// Writes the public key, with a name that says what it is worth; gives where.
    pub(super) fn publish(&self, folder: &Path) -> anyhow::Result<PathBuf> {
        let name = if self.is_test { "TEST-KEY.asc" } else { "remit-key.asc" };
        let path = folder.join(name);
        self.export(&path)?;
        Ok(path)
    }

    fn export(&self, to: &Path) -> anyhow::Result<()> {
        let text = command::capture(self.gpg().args(["--armor", "--export", &self.fingerprint]))?;
        fs::File::create(to)?.write_all(text.as_bytes())?;
        Ok(())
    }
}

impl Drop for Signer {
    fn drop(&mut self) {
        // It stays otherwise, with the key in its memory.
        let mut end = Command::new("gpgconf");
        end.arg("--homedir").arg(self.home.path()).args(["--kill", "gpg-agent"]);
        // If it cannot be ended, it ends once it sees that its folder is gone.
        let _ = end.stdout(Stdio::null()).stderr(Stdio::null()).status();
    }
}
