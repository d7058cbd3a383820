//! What an enrollment token carries, and the text that people copy.

use base64::{Engine as _, prelude::BASE64_URL_SAFE_NO_PAD};
use prost::Message as _;

use crate::v1;

/// What every token's text starts with.
const PREFIX: &str = "remit1.";

/// Everything an agent needs to find its collector and to be let in.
#[derive(Clone, PartialEq, Eq)]
pub struct JoinToken {
    /// What proves the right to enroll.
    pub secret: [u8; 20],
    /// SHA-256 of the root certificate's public key (SPKI, DER).
    pub ca_pin: [u8; 32],
    /// Where the enrollment listener is: `host:port`, tried in order.
    pub addresses: Vec<String>,
}

/// Why a text is not a token.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum JoinTokenError {
    /// It starts with something else.
    #[error("not an enrollment token: one starts with `{PREFIX}`")]
    Prefix,
    /// It is cut short, or a character got lost.
    #[error("the enrollment token is damaged: {0}; copy all of it, without line breaks")]
    Damaged(&'static str),
}

impl JoinToken {
    /// The text form.
    pub fn to_text(&self) -> String {
        let message = v1::JoinToken {
            secret: self.secret.to_vec(),
            ca_pin: self.ca_pin.to_vec(),
            addresses: self.addresses.clone(),
        };
        format!("{PREFIX}{}", BASE64_URL_SAFE_NO_PAD.encode(message.encode_to_vec()))
    }

    /// Reads the text form; white space around it does not matter.
    pub fn from_text(text: &str) -> Result<Self, JoinTokenError> {
        use JoinTokenError::{Damaged, Prefix};
        let body = text.trim().strip_prefix(PREFIX).ok_or(Prefix)?;
        let bytes = BASE64_URL_SAFE_NO_PAD.decode(body).map_err(|_| Damaged("it is not base64"))?;
        let message = v1::JoinToken::decode(bytes.as_slice())
            .map_err(|_| Damaged("its content makes no sense"))?;
        let secret = message.secret.try_into().map_err(|_| Damaged("its secret is cut short"))?;
        let ca_pin = message.ca_pin.try_into().map_err(|_| Damaged("its CA pin is cut short"))?;
        if message.addresses.is_empty() {
            return Err(Damaged("it names no collector"));
        }
        Ok(Self { secret, ca_pin, addresses: message.addresses })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn token() -> JoinToken {
        JoinToken { secret: [7; 20], ca_pin: [9; 32], addresses: vec!["c.example:7443".into()] }
    }

    #[test]
    fn the_text_reads_back_with_white_space_around_it() {
        let text = format!(" {}\n", token().to_text());
        assert!(JoinToken::from_text(&text) == Ok(token()));
    }

    #[test]
    fn every_way_to_damage_it_is_an_error_and_says_what_to_do() {
        let text = token().to_text();
        for cut in 0..text.len() {
            assert!(JoinToken::from_text(&text[..cut]).is_err(), "cut at {cut}");
        }
        let err = JoinToken::from_text(&text[..text.len() - 30]).err().unwrap();
        assert!(err.to_string().contains("copy all of it"), "{err}");
        assert_eq!(JoinToken::from_text("hunter2").err(), Some(JoinTokenError::Prefix));
    }
}
