//! Rust source as words and signs, without comments and literals.
//!
//! Just enough of the language to say whether code names a thing: text inside
//! a comment, a string or a character is not code.

/// One word or one sign, and its line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Token<'a> {
    pub(super) line: usize,
    pub(super) text: &'a str,
}

/// Splits numbered lines of code.
pub(super) fn tokens<'a>(lines: impl Iterator<Item = (usize, &'a str)>) -> Vec<Token<'a>> {
    let mut found = Vec::new();
    let mut inside = None;
    for (line, text) in lines {
        let mut rest = text;
        while !rest.is_empty() {
            let length = match inside {
                Some(literal) => skip(literal, rest, &mut inside),
                None => take(rest, &mut inside, |text| found.push(Token { line, text })),
            };
            rest = &rest[length..];
        }
    }
    found
}

/// Something that goes on until its end, over lines if need be.
#[derive(Clone, Copy)]
enum Literal {
    Comment,
    Text,
    /// With so many `#`.
    Raw(usize),
}

/// Takes the next piece of code; gives how long it is.
fn take<'a>(rest: &'a str, inside: &mut Option<Literal>, mut keep: impl FnMut(&'a str)) -> usize {
    if rest.starts_with("//") {
        return rest.len();
    }
    if rest.starts_with("/*") {
        *inside = Some(Literal::Comment);
        return 2;
    }
    if let Some(length) = raw_opening(rest) {
        *inside = Some(Literal::Raw(rest[..length].matches('#').count()));
        return length;
    }
    if rest.starts_with('"') {
        *inside = Some(Literal::Text);
        return 1;
    }
    if let Some(length) = character(rest) {
        return length;
    }
    let is_word = |it: char| it.is_alphanumeric() || it == '_';
    let word = rest.find(|it| !is_word(it)).unwrap_or(rest.len());
    let length = if word > 0 { word } else { rest.chars().next().map_or(1, char::len_utf8) };
    if !rest[..length].trim().is_empty() {
        keep(&rest[..length]);
    }
    length
}

/// Skips what is left of a literal on this line; gives how long that is.
fn skip(literal: Literal, rest: &str, inside: &mut Option<Literal>) -> usize {
    let end = match literal {
        Literal::Comment => rest.find("*/").map(|at| at + 2),
        Literal::Raw(hashes) => {
            let end = format!("\"{}", "#".repeat(hashes));
            rest.find(&end).map(|at| at + end.len())
        }
        Literal::Text => text_end(rest),
    };
    if end.is_some() {
        *inside = None;
    }
    end.unwrap_or(rest.len())
}

fn text_end(rest: &str) -> Option<usize> {
    let mut escaped = false;
    for (at, it) in rest.char_indices() {
        match it {
            '"' if !escaped => return Some(at + 1),
            '\\' => escaped = !escaped,
            _ => escaped = false,
        }
    }
    None
}

/// The length of `r"` or `r##"` at the start.
fn raw_opening(rest: &str) -> Option<usize> {
    let after = rest.strip_prefix('r')?.trim_start_matches('#');
    after.starts_with('"').then(|| rest.len() - after.len() + 1)
}

/// The length of a character at the start. A lifetime has no closing quote.
fn character(rest: &str) -> Option<usize> {
    let after = rest.strip_prefix('\'')?;
    let first = after.chars().next()?;
    let from = if first == '\\' { 2 } else { first.len_utf8() };
    let close = after.get(from..)?.find('\'')?;
    (first == '\\' || close == 0).then_some(1 + from + close + 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(code: &str, expected: &str) {
        let found = tokens((1..).zip(code.lines()));
        let words: Vec<_> = found.iter().map(|token| token.text).collect();
        assert_eq!(words.join(" "), expected, "in {code}");
    }

    #[test]
    fn literals_and_comments_are_not_code() {
        for (code, expected) in [
            ("use std::fs; // std::net", "use std : : fs ;"),
            ("/* async\n async */ fn f()", "fn f ( )"),
            (r#"say("async \" async") + 1"#, "say ( ) + 1"),
            ("r#\"async \" \"# x", "x"),
            ("let a: &'a str = '\\'' + 'é' + 'x';", "let a : & ' a str = + + ;"),
            ("\"one\ntwo async\" three", "three"),
        ] {
            check(code, expected);
        }
    }

    #[test]
    fn a_token_knows_its_line() {
        let found = tokens((5..).zip("a\n\nb".lines()));
        assert_eq!(found, [Token { line: 5, text: "a" }, Token { line: 7, text: "b" }]);
    }
}
