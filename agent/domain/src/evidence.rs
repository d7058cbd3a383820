//! Cutting down what programs say to what is worth keeping.
//!
//! Evidence is bounded, because it travels and is stored; it is text, because
//! people read it; and it carries no passwords, because it leaves the machine.

/// The most evidence that is kept of one run, in bytes.
pub const MAX_EVIDENCE: usize = 4096;

/// What is left out is marked by this.
const CUT: &str = "…";

/// The beginning of a text, at most `max` bytes.
pub fn head(text: &str, max: usize) -> String {
    if text.len() <= max {
        return text.to_owned();
    }
    let end = text.floor_char_boundary(max.saturating_sub(CUT.len()));
    format!("{}{CUT}", &text[..end])
}

/// The end of a text, at most `max` bytes: what a program said last tells most.
pub fn tail(text: &str, max: usize) -> String {
    if text.len() <= max {
        return text.to_owned();
    }
    let start = text.ceil_char_boundary(text.len() - max.saturating_sub(CUT.len()));
    format!("{CUT}{}", &text[start..])
}

/// The text with the user and password of every address in it struck out.
pub fn without_passwords(text: &str) -> String {
    let mut clean = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, after)) = rest.split_once("://") {
        let authority = after.find(|it: char| it == '/' || it.is_whitespace() || it == '"');
        let authority = &after[..authority.unwrap_or(after.len())];
        clean.push_str(before);
        clean.push_str("://");
        rest = after;
        if let Some((secret, _)) = authority.rsplit_once('@') {
            clean.push_str("***");
            rest = &after[secret.len()..];
        }
    }
    clean.push_str(rest);
    clean
}

/// The end of a stream of bytes, kept while it passes by.
#[derive(Clone, Debug, Default)]
pub struct Tail {
    kept: Vec<u8>,
}

impl Tail {
    /// Takes note of more.
    pub fn push(&mut self, bytes: &[u8]) {
        self.kept.extend_from_slice(bytes);
        // Twice the bound, so that most pushes move nothing.
        if self.kept.len() > 2 * MAX_EVIDENCE {
            self.kept.drain(..self.kept.len() - MAX_EVIDENCE - 1);
        }
    }

    /// The last of it, as evidence.
    pub fn to_text(&self) -> String {
        // Escape codes and other control characters are for terminals, not for records.
        let text: String = String::from_utf8_lossy(&self.kept)
            .chars()
            .filter(|it| !it.is_control() || matches!(it, '\n' | '\t'))
            .collect();
        tail(&without_passwords(text.trim()), MAX_EVIDENCE)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn a_cut_is_never_longer_than_allowed(text in "\\PC{0,80}", max in 3_usize..60) {
            prop_assert!(head(&text, max).len() <= max);
            prop_assert!(tail(&text, max).len() <= max);
        }

        #[test]
        fn a_tail_keeps_the_end_however_it_came(pieces in prop::collection::vec("[a-z]{0,3000}", 0..6)) {
            let mut tail = Tail::default();
            for piece in &pieces {
                tail.push(piece.as_bytes());
            }
            prop_assert_eq!(tail.to_text(), super::tail(&pieces.concat(), MAX_EVIDENCE));
        }
    }

    #[test]
    fn a_password_in_an_address_is_struck_out() {
        for (said, kept) in [
            ("rest:https://me:secret@host/repo is gone", "rest:https://***@host/repo is gone"),
            ("sftp://me@host", "sftp://***@host"),
            ("https://host/a@b", "https://host/a@b"),
            ("a://p@b c://x:q@d", "a://***@b c://***@d"),
            ("mail me@host", "mail me@host"),
        ] {
            assert_eq!(without_passwords(said), kept);
        }
    }

    #[test]
    fn colours_are_not_evidence() {
        let mut tail = Tail::default();
        tail.push(b"\x1b[31mred\x1b[0m\r\n");
        assert_eq!(tail.to_text(), "[31mred[0m");
    }
}
