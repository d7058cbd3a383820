use std::os::unix::fs::PermissionsExt as _;

use super::*;
use crate::dist::{self, Kind};

/// A keyring of somebody who makes keys.
struct Ring(TempDir);

impl Ring {
    fn new() -> Self {
        let home = tempfile::tempdir().unwrap();
        fs::set_permissions(home.path(), fs::Permissions::from_mode(0o700)).unwrap();
        Self(home)
    }

    fn gpg(&self, args: &[&str]) -> anyhow::Result<String> {
        let mut gpg = Command::new("gpg");
        gpg.arg("--homedir").arg(self.0.path());
        gpg.args(["--batch", "--quiet", "--no-tty", "--pinentry-mode", "loopback"]);
        command::capture(gpg.args(args))
    }

    /// Makes a key and gives the file that it was written to.
    fn make(&self, passphrase: &str, rest: &[&str]) -> PathBuf {
        let name = "Somebody <somebody@remit.invalid>";
        let head = ["--passphrase", passphrase, "--quick-generate-key", name];
        self.gpg(&[&head, rest].concat()).unwrap();
        self.export(passphrase, "--export-secret-keys")
    }

    fn export(&self, passphrase: &str, what: &str) -> PathBuf {
        let path = self.0.path().join(format!("{}.asc", what.trim_start_matches('-')));
        let to = path.to_str().unwrap();
        self.gpg(&["--passphrase", passphrase, "--armor", "--yes", "--output", to, what]).unwrap();
        path
    }
}

impl Drop for Ring {
    fn drop(&mut self) {
        let mut end = Command::new("gpgconf");
        let _ = end.arg("--homedir").arg(self.0.path()).args(["--kill", "gpg-agent"]).status();
    }
}

/// Why a key is refused.
fn refused(key: &Path) -> String {
    let err = Signer::new(Some(key)).err().expect("no such key signs");
    format!("{err:#}")
}

#[test]
fn a_key_of_ones_own_signs_and_gpg_believes_it() {
    let ring = Ring::new();
    let signer = Signer::new(Some(&ring.make("", &["rsa2048", "sign", "1y"]))).unwrap();
    assert!(signer.describe().starts_with("the key "), "{}", signer.describe());
    let folder = tempfile::tempdir().unwrap();
    let sums = folder.path().join("SHA256SUMS");
    fs::write(&sums, "0123  remit.deb\n").unwrap();
    signer.sign(&sums).unwrap();
    let public = signer.publish(folder.path()).unwrap();
    assert_eq!(public.file_name().unwrap(), "remit-key.asc");
    assert!(!fs::read_to_string(&public).unwrap().contains("PRIVATE"));

    // Somebody else has the public key alone.
    let reader = Ring::new();
    reader.gpg(&["--import", public.to_str().unwrap()]).unwrap();
    let signature = folder.path().join("SHA256SUMS.asc");
    let verify = || reader.gpg(&["--verify", signature.to_str().unwrap(), sums.to_str().unwrap()]);
    verify().unwrap();
    fs::write(&sums, "4567  remit.deb\n").unwrap();
    assert!(verify().is_err(), "another text is not what was signed");
}

#[test]
fn what_is_no_key_says_so() {
    let folder = tempfile::tempdir().unwrap();
    let key = folder.path().join("key.asc");
    let text = refused(&key);
    assert!(text.starts_with(&format!("failed to read the key {}: ", key.display())), "{text}");
    fs::write(&key, "not a key\n").unwrap();
    assert!(refused(&key).contains("is no key that gpg can read"), "{}", refused(&key));
}

#[test]
fn a_key_that_cannot_sign_says_why() {
    let ring = Ring::new();
    let old = ["--faked-system-time", "20200101T000000"];
    let head = ["--passphrase", "", "--quick-generate-key", "Old", "rsa2048", "sign", "1y"];
    ring.gpg(&[&old[..], &head].concat()).unwrap();
    let text = refused(&ring.export("", "--export-secret-keys"));
    assert!(text.contains(" expired on 2020-12-31"), "{text}");
    let text = refused(&ring.export("", "--export"));
    assert!(text.contains("there is no secret key in it"), "{text}");
    let text = refused(&ring.make("", &["rsa2048", "sign", "never"]));
    assert!(text.contains("there are 2 secret keys in it"), "{text}");

    let text = refused(&Ring::new().make("", &["rsa2048", "cert", "never"]));
    assert!(text.contains("is not one that signs"), "{text}");
    let text = refused(&Ring::new().make("", &["ed25519", "sign", "never"]));
    assert!(text.contains("is not RSA"), "{text}");
    let text = refused(&Ring::new().make("secret", &["rsa2048", "sign", "never"]));
    assert!(text.contains("without a passphrase"), "{text}");
}

#[test]
fn nothing_is_touched_with_a_key_that_cannot_sign() {
    let folder = tempfile::tempdir().unwrap();
    let earlier = folder.path().join("out/SHA256SUMS");
    fs::create_dir(folder.path().join("out")).unwrap();
    fs::write(&earlier, "of the last time\n").unwrap();
    let args = dist::Args {
        only: vec![Kind::Deb],
        key: Some(folder.path().join("missing.asc")),
        check: false,
        bless: false,
        quick: true,
        as_version: None,
        out: folder.path().join("out"),
        maintainer: dist::MAINTAINER.into(),
    };
    let err = dist::make(&args).unwrap_err();
    assert!(err.to_string().starts_with("failed to read the key "), "{err:#}");
    assert_eq!(fs::read_to_string(earlier).unwrap(), "of the last time\n");
}
