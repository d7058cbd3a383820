//! Identifiers, one type per kind of thing.
//!
//! Mixing up two kinds is a compile error in Rust and a parse error everywhere
//! else, because the text form carries the kind: `alr_0195b2f4…`.

use std::{fmt, str::FromStr};

use uuid::Uuid;

/// Why a string is not an id.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum IdError {
    /// The prefix belongs to another kind, or to none.
    #[error("expected an id that starts with `{expected}_`, got `{got}`")]
    WrongKind {
        /// The prefix of the kind that was asked for.
        expected: &'static str,
        /// What was given.
        got: String,
    },
    /// The prefix is right, the rest is no UUID.
    #[error("`{got}` does not end in a UUID")]
    Malformed {
        /// What was given.
        got: String,
        /// What the UUID parser made of it.
        #[source]
        source: uuid::Error,
    },
}

macro_rules! ids {
    ($($(#[$doc:meta])* $name:ident => $prefix:literal,)*) => {$(
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub struct $name(Uuid);

        impl $name {
            /// Wraps a UUID that is known to name a thing of this kind.
            pub const fn from_uuid(uuid: Uuid) -> Self {
                Self(uuid)
            }

            /// The bare UUID, for keys and for hashing.
            pub const fn as_uuid(&self) -> &Uuid {
                &self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, concat!($prefix, "_{}"), self.0.simple())
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                fmt::Display::fmt(self, f)
            }
        }

        impl FromStr for $name {
            type Err = IdError;

            fn from_str(text: &str) -> Result<Self, IdError> {
                let Some(rest) = text.strip_prefix(concat!($prefix, "_")) else {
                    return Err(IdError::WrongKind { expected: $prefix, got: text.into() });
                };
                match Uuid::try_parse(rest) {
                    Ok(uuid) => Ok(Self(uuid)),
                    Err(source) => Err(IdError::Malformed { got: text.into(), source }),
                }
            }
        }
    )*};
}

// Alphabetical. Append freely; a prefix, once shipped, is never reused.
ids! {
    /// One alert, through all its reopenings.
    AlertId => "alr",
    /// One request to change what both parties have agreed on.
    ChangeId => "chg",
    /// One machine that runs an agent.
    EndpointId => "end",
    /// One matter that is known, and documented.
    KnownIssueId => "kni",
    /// One human, or program, who may use the operator plane.
    OperatorId => "opr",
    /// One run of a backup job.
    RunId => "run",
    /// One system whose alerts the collector takes in.
    SourceId => "src",
    /// One enrollment token.
    TokenId => "tok",
    /// One maintenance window, through all its occurrences.
    WindowId => "win",
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_form_round_trips() {
        let id = AlertId::from_uuid(Uuid::from_u128(7));
        assert_eq!(id.to_string().parse(), Ok(id));
    }

    #[test]
    fn another_kinds_id_is_refused() {
        let text = EndpointId::from_uuid(Uuid::from_u128(7)).to_string();
        let err = text.parse::<AlertId>().unwrap_err();
        assert_eq!(err, IdError::WrongKind { expected: "alr", got: text });
    }
}
