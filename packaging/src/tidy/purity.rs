//! What the pure crates do not name: waiting, files, the network, the
//! environment. Their tests may.

use super::{
    Source, form,
    token::{Token, tokens},
};

const PURE: &[&str] = &["agent/domain/src/", "collector/domain/src/", "shared/src/"];
const FORBIDDEN: &[&str] = &["env", "fs", "net"];

/// What is impure in one file.
pub(super) fn check(source: &Source) -> Vec<String> {
    let Source { path, text } = source;
    let is_pure = PURE.iter().any(|folder| path.starts_with(folder));
    if !is_pure || path.ends_with("/tests.rs") {
        return Vec::new();
    }
    let tokens = tokens(form::without_tests(text));
    let waits = tokens.iter().filter(|it| it.text == "async").map(|it| (it.line, "async".into()));
    let reaches = std_modules(&tokens)
        .filter(|it| FORBIDDEN.contains(&it.text))
        .map(|it| (it.line, format!("std::{}", it.text)));
    waits
        .chain(reaches)
        .map(|(line, what): (usize, String)| format!("{path}:{line}: `{what}` in a pure crate"))
        .collect()
}

/// The modules that code takes from `std`, by path or in a `use` list.
fn std_modules<'a, 't>(tokens: &'t [Token<'a>]) -> impl Iterator<Item = Token<'a>> + use<'a, 't> {
    tokens.windows(4).enumerate().flat_map(|(at, window)| {
        let texts = [window[0].text, window[1].text, window[2].text, window[3].text];
        match texts {
            ["std", ":", ":", "{"] => listed(&tokens[at + 4..]),
            ["std", ":", ":", _] => vec![window[3]],
            _ => Vec::new(),
        }
    })
}

/// The heads of a `use` list: `fs` and `path` in `fs, path::Path}`.
fn listed<'a>(tokens: &[Token<'a>]) -> Vec<Token<'a>> {
    let (mut depth, mut is_head, mut heads) = (0_u32, true, Vec::new());
    for token in tokens {
        match token.text {
            "{" => depth += 1,
            "}" if depth == 0 => break,
            "}" => depth -= 1,
            "," if depth == 0 => is_head = true,
            _ if is_head => {
                heads.push(*token);
                is_head = false;
            }
            _ => {}
        }
    }
    heads
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tidy::source;

    fn check_file(path: &str, text: &str, expected: &[&str]) {
        assert_eq!(check(&source(path, text)), expected, "in {text}");
    }

    #[test]
    fn whatever_reaches_outside_is_found() {
        let path = "shared/src/a.rs";
        check_file(path, "use std::fs;", &["shared/src/a.rs:1: `std::fs` in a pure crate"]);
        check_file(
            path,
            "use std::{\n    collections::{BTreeMap, env},\n    net::{IpAddr, fs},\n};",
            &["shared/src/a.rs:3: `std::net` in a pure crate"],
        );
        check_file(
            path,
            "async fn f() { std::env::args() }",
            &[
                "shared/src/a.rs:1: `async` in a pure crate",
                "shared/src/a.rs:1: `std::env` in a pure crate",
            ],
        );
    }

    #[test]
    fn tests_comments_and_other_crates_may() {
        check_file("shared/src/a.rs", "/// Not `async`, no std::fs.\nfn f() {}", &[]);
        check_file("shared/src/a/tests.rs", "use std::fs;", &[]);
        check_file("shared/src/a.rs", "#[cfg(test)]\nmod tests {\n    use std::fs;\n}", &[]);
        check_file("agent/src/a.rs", "use std::fs;", &[]);
    }
}
