//! What a source shows to be let in.

use std::{fmt, hint::black_box, str::FromStr};

use remit_shared::SourceId;
use sha2::{Digest as _, Sha256};

/// A source's name and 160 secret bits, written `src_….SECRET`.
#[derive(Clone, PartialEq, Eq)]
pub struct SourceToken {
    /// Whose it is.
    pub source: SourceId,
    /// What proves it.
    pub secret: [u8; 20],
}

/// Why a text is not a token.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not the token of a source: one looks like `src_….…`")]
pub struct SourceTokenError;

impl SourceToken {
    /// What is kept of it.
    pub fn sha256(&self) -> [u8; 32] {
        Sha256::digest(self.secret).into()
    }

    /// Whether it is the one that was kept. Takes as long for every wrong one.
    pub fn opens(&self, kept: &[u8; 32]) -> bool {
        let differences = self.sha256().iter().zip(kept).fold(0, |all, (a, b)| all | (a ^ b));
        black_box(differences) == 0
    }

    /// The text form. Whoever has it is the source.
    pub fn to_text(&self) -> String {
        let hex: String = self.secret.iter().map(|it| format!("{it:02x}")).collect();
        format!("{}.{hex}", self.source)
    }
}

/// Without the secret.
impl fmt::Debug for SourceToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SourceToken({})", self.source)
    }
}

impl FromStr for SourceToken {
    type Err = SourceTokenError;

    fn from_str(text: &str) -> Result<Self, SourceTokenError> {
        let (id, hex) = text.trim().split_once('.').ok_or(SourceTokenError)?;
        let source = id.parse().map_err(|_| SourceTokenError)?;
        let mut secret = [0; 20];
        if hex.len() != 40 || !hex.is_ascii() {
            return Err(SourceTokenError);
        }
        for (byte, at) in secret.iter_mut().zip((0..40).step_by(2)) {
            *byte = u8::from_str_radix(&hex[at..at + 2], 16).map_err(|_| SourceTokenError)?;
        }
        Ok(Self { source, secret })
    }
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;

    #[test]
    fn the_text_reads_back_and_opens_what_it_closed() {
        let id = SourceId::from_uuid(Uuid::from_u128(1));
        let token = SourceToken { source: id, secret: [0x5e; 20] };
        let read: SourceToken = token.to_text().parse().unwrap();
        assert!(read == token && read.opens(&token.sha256()));
        let other = SourceToken { source: id, secret: [0x5f; 20] };
        assert!(!other.opens(&token.sha256()));
        assert!(!format!("{token:?}").contains("5e5e"), "a log must not have it");
        for cut in 0..token.to_text().len() {
            assert!(token.to_text()[..cut].parse::<SourceToken>().is_err());
        }
    }
}
