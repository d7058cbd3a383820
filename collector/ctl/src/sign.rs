//! Signing an approval with the operator's own key.
//!
//! The collector could write into its own books that somebody agreed; it cannot
//! make up a signature of a key that never left the operator's machine.

use rcgen::{KeyPair, SigningKey as _};
use remit_runtime::credential::Credential;
use sha2::{Digest as _, Sha256};

/// SHA-256 of a text, as everybody writes it.
pub(crate) fn sha256(text: &str) -> String {
    Sha256::digest(text).iter().map(|it| format!("{it:02x}")).collect()
}

/// The signature of an approval; none if the credential's key is kept elsewhere.
pub(crate) fn approval(credential: &Credential, change_id: &str, sha256: &str) -> Vec<u8> {
    let key = KeyPair::from_pem(&credential.key);
    let message = message(change_id, sha256);
    key.and_then(|it| it.sign(message.as_bytes())).unwrap_or_default()
}

/// What is signed: the purpose first, so that it can never be taken for another.
fn message(change_id: &str, sha256: &str) -> String {
    format!("remit-approval-v1\n{change_id}\n{sha256}\n")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::Authority;

    #[test]
    fn what_is_signed_says_what_for() {
        assert_eq!(message("chg_1", "ab"), "remit-approval-v1\nchg_1\nab\n");
        assert_eq!(&sha256("")[..16], "e3b0c44298fc1c14");
    }

    #[test]
    fn a_key_that_is_not_there_leaves_an_approval_unsigned() {
        let credential = Authority::new().credential("nowhere:1");
        assert!(!approval(&credential, "chg_1", "ab").is_empty());
        let elsewhere = Credential { key: "a card".into(), ..credential };
        assert!(approval(&elsewhere, "chg_1", "ab").is_empty());
    }
}
