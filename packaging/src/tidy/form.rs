//! What a file looks like: its name, its page, its length, its leftovers.

use super::Source;

/// How long a file may be, its inline tests aside.
const LIMIT: usize = 400;

/// Words that say "not finished", put together here so as not to be found.
const MARKS: &[&str] = &[concat!("TO", "DO"), concat!("FIX", "ME"), concat!("#[ig", "nore")];

/// What is wrong with one file.
pub(super) fn check(source: &Source) -> Vec<String> {
    let Source { path, text } = source;
    let mut findings = marks(source);
    if !path.ends_with(".rs") {
        return findings;
    }
    if path.ends_with("/mod.rs") {
        findings.push(format!("{path}: a module is `foo.rs` beside its folder `foo/`"));
    }
    let is_tests = path.ends_with("/tests.rs");
    if !text.starts_with("//!") && !is_tests {
        findings.push(format!("{path}:1: a module opens with a `//!` page"));
    }
    let length = without_tests(text).count();
    if length > LIMIT && !is_tests && !path.starts_with("tests/") {
        findings.push(format!("{path}: {length} lines without tests; the limit is {LIMIT}"));
    }
    findings
}

fn marks(Source { path, text }: &Source) -> Vec<String> {
    let lines = text.lines().zip(1..);
    lines
        .filter_map(|(line, number)| {
            let mark = MARKS.iter().find(|mark| line.contains(**mark))?;
            Some(format!("{path}:{number}: `{mark}` is left over"))
        })
        .collect()
}

/// The lines of a file outside its inline `#[cfg(test)] mod … { … }`.
pub(super) fn without_tests(text: &str) -> impl Iterator<Item = (usize, &str)> {
    let mut lines = (1..).zip(text.lines()).peekable();
    let mut in_tests = false;
    std::iter::from_fn(move || {
        loop {
            let (number, line) = lines.next()?;
            let opens = |next: &(usize, &str)| next.1.starts_with("mod ") && next.1.ends_with('{');
            if line == "#[cfg(test)]" && lines.peek().is_some_and(opens) {
                in_tests = true;
            }
            if !in_tests {
                return Some((number, line));
            }
            in_tests = line != "}";
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tidy::source;

    #[test]
    fn a_tidy_file_has_no_findings() {
        assert!(check(&source("shared/src/id.rs", "//! Ids.\n\nfn f() {}\n")).is_empty());
    }

    #[test]
    fn each_rule_names_the_file() {
        let mark = MARKS[0];
        for (path, text, expected) in [
            ("a/src/b/mod.rs", "//! B.", "a/src/b/mod.rs: a module is `foo.rs` beside its folder"),
            ("a/src/b.rs", "fn f() {}", "a/src/b.rs:1: a module opens with a `//!` page"),
            ("a/src/b.rs", &format!("//! B.\n// {mark} c"), "a/src/b.rs:2: `"),
            ("p/a.proto", &format!("// {mark}"), "p/a.proto:1: `"),
            ("a/src/b.rs", &format!("//! B.\n{}", "\n".repeat(LIMIT)), "a/src/b.rs: 401 lines"),
        ] {
            let findings = check(&source(path, text));
            assert!(
                matches!(&findings[..], [only] if only.starts_with(expected)),
                "{findings:?} is not {expected}"
            );
        }
    }

    #[test]
    fn inline_tests_do_not_count() {
        let text = "//! B.\n#[cfg(test)]\nmod tests {\n    fn f() {\n    }\n}\nfn g() {}\n";
        let left: Vec<_> = without_tests(text).collect();
        assert_eq!(left, [(1, "//! B."), (7, "fn g() {}")]);
    }

    #[test]
    fn files_of_tests_may_be_long_and_need_no_page() {
        let text = format!("use super::*;\n{}", "\n".repeat(2 * LIMIT));
        assert!(check(&source("a/src/b/tests.rs", &text)).is_empty());
        assert!(check(&source("tests/e2e/main.rs", &format!("//! B.\n{text}"))).is_empty());
    }
}
