//! Printing an error together with what caused it.

use std::{error::Error, fmt};

/// Displays an error and all its sources: `failed to save: disk full`.
///
/// Our errors describe themselves and never their source, so whoever prints
/// one prints it through this.
pub struct Chain<'a>(pub &'a (dyn Error + 'static));

impl fmt::Display for Chain<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.0)?;
        let mut cause = self.0.source();
        while let Some(err) = cause {
            write!(f, ": {err}")?;
            cause = err.source();
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::AlertId;

    #[test]
    fn every_cause_is_named_once() {
        let err = "alr_zzz".parse::<AlertId>().unwrap_err();
        let text = Chain(&err).to_string();
        assert!(text.starts_with("`alr_zzz` does not end in a UUID: "), "{text}");
    }
}
