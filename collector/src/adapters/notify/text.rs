//! Text that others wrote, made harmless and made to fit.

use std::borrow::Cow;

/// Text without what a terminal would obey, and without what turns the
/// reading direction around. Line ends stay.
pub(super) fn tame(text: &str) -> String {
    text.chars().map(|it| if it == '\n' { it } else { harmless(it) }).collect()
}

/// The same on one line.
pub(super) fn line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ").chars().map(harmless).collect()
}

fn harmless(it: char) -> char {
    let turns =
        matches!(it, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{200e}' | '\u{200f}');
    if it.is_control() || turns { '\u{fffd}' } else { it }
}

/// At most so many characters, with `…` where something is left out.
pub(super) fn fit(text: &str, most: usize) -> String {
    fit_as(text, most, |it| Cow::Owned(it.into()))
}

/// The same for a language in which characters are spelled: none is cut in the
/// middle of its spelling. What counts is the spelled length.
pub(super) fn fit_as<'a>(text: &str, most: usize, spell: impl Fn(char) -> Cow<'a, str>) -> String {
    let mut fitted = String::new();
    let mut length = 0;
    // Where to cut if the rest does not fit: room for the `…` is left.
    let mut cut = 0;
    for it in text.chars() {
        let spelled = spell(it);
        let next = length + spelled.chars().count();
        if next > most {
            fitted.truncate(cut);
            fitted.push('…');
            return fitted;
        }
        fitted.push_str(&spelled);
        length = next;
        if length < most {
            cut = fitted.len();
        }
    }
    fitted
}

/// At most so many bytes.
pub(super) fn fit_bytes(text: &str, most: usize) -> String {
    if text.len() <= most {
        return text.to_owned();
    }
    let cut = text.floor_char_boundary(most.saturating_sub('…'.len_utf8()));
    format!("{}…", &text[..cut])
}

/// An address that a receiver may offer to open.
pub(super) fn link(text: &str) -> Option<&str> {
    let text = text.trim();
    let is_web = text.starts_with("https://") || text.starts_with("http://");
    let is_clean = text.len() <= 1_000 && text.chars().all(|it| it.is_ascii_graphic());
    (is_web && is_clean).then_some(text)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn entity(it: char) -> Cow<'static, str> {
        match it {
            '&' => "&amp;".into(),
            other => String::from(other).into(),
        }
    }

    #[test]
    fn nothing_is_cut_in_the_middle_of_its_spelling() {
        assert_eq!(fit_as("a&b", 7, entity), "a&amp;b");
        assert_eq!(fit_as("a&bc", 7, entity), "a&amp;…");
        assert_eq!(fit_as("a&b", 6, entity), "a…");
        assert_eq!(fit("abcd", 3), "ab…");
        assert_eq!(fit_bytes("äöü", 5), "ä…");
    }

    #[test]
    fn a_terminal_is_told_nothing() {
        assert_eq!(tame("a\u{1b}[2J\r\nb\u{202e}c"), "a\u{fffd}[2J\u{fffd}\nb\u{fffd}c");
        assert_eq!(line("a\r\nBcc:\tx"), "a Bcc: x");
    }

    #[test]
    fn only_the_webs_own_addresses_are_links() {
        assert_eq!(link(" https://wiki.example/x "), Some("https://wiki.example/x"));
        for bad in ["javascript:alert(1)", "https://a b", "see the wiki", "https://a\u{1b}"] {
            assert_eq!(link(bad), None, "{bad:?}");
        }
    }

    proptest! {
        #[test]
        fn what_is_made_to_fit_fits(text in "[a&ä]{0,40}", most in 1usize..50) {
            prop_assert!(fit_as(&text, most, entity).chars().count() <= most);
            prop_assert!(fit_bytes(&text, most.max(3)).len() <= most.max(3));
        }
    }
}
