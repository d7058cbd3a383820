//! A trace of system calls, as strace writes it.

use std::{collections::HashMap, fs, path::Path};

/// A call that came to its end, and was carried out.
#[derive(Clone, Debug)]
pub(crate) struct Call {
    pub(crate) name: String,
    /// What stands between its brackets.
    pub(crate) args: String,
    /// In seconds since 1970.
    pub(crate) begun: f64,
    pub(crate) ended: f64,
}

impl Call {
    /// The file that its first argument stands for.
    pub(crate) fn file(&self) -> Option<&str> {
        let (_, rest) = self.args.split_once('<')?;
        Some(rest.split_once('>')?.0)
    }

    /// Whether it makes the disk have what was written to its file.
    pub(crate) fn is_sync(&self) -> bool {
        matches!(self.name.as_str(), "fdatasync" | "fsync")
    }

    /// The strings among its arguments, as bytes.
    pub(crate) fn strings(&self) -> Vec<Vec<u8>> {
        let (mut found, mut text) = (Vec::new(), self.args.as_bytes());
        while let Some(start) = text.iter().position(|it| *it == b'"') {
            let (bytes, rest) = unescaped(&text[start + 1..]);
            found.push(bytes);
            text = rest;
        }
        found
    }

    /// The number that is its last argument.
    pub(crate) fn last_number(&self) -> Option<u64> {
        self.args.rsplit(',').next()?.trim().parse().ok()
    }
}

/// A string up to its closing quote, and what follows it.
fn unescaped(text: &[u8]) -> (Vec<u8>, &[u8]) {
    let (mut bytes, mut at) = (Vec::new(), 0);
    while at < text.len() && text[at] != b'"' {
        if text[at] != b'\\' {
            bytes.push(text[at]);
            at += 1;
            continue;
        }
        let (byte, length) = match text.get(at + 1) {
            Some(b'x') => (number(&text[at + 2..at + 4], 16), 4),
            Some(b'0'..=b'7') => {
                let digits = text[at + 1..].iter().take(3);
                let count = digits.take_while(|it| (b'0'..=b'7').contains(it)).count();
                (number(&text[at + 1..at + 1 + count], 8), 1 + count)
            }
            Some(b'n') => (b'\n', 2),
            Some(b't') => (b'\t', 2),
            Some(b'r') => (b'\r', 2),
            Some(b'v') => (11, 2),
            Some(b'f') => (12, 2),
            Some(other) => (*other, 2),
            None => (b'\\', 1),
        };
        bytes.push(byte);
        at += length;
    }
    (bytes, text.get(at + 1..).unwrap_or_default())
}

fn number(digits: &[u8], radix: u32) -> u8 {
    let digits = std::str::from_utf8(digits).expect("digits are ASCII");
    u8::from_str_radix(digits, radix).expect("strace writes bytes")
}

/// The calls of a trace that were carried out, in the order of their ends.
pub(crate) fn read(trace: &Path) -> Vec<Call> {
    let text = fs::read(trace).expect("strace wrote a trace");
    let text = String::from_utf8_lossy(&text);
    let mut open = HashMap::<&str, Call>::new();
    let mut calls = Vec::new();
    for line in text.lines() {
        let Some((thread, rest)) = line.split_once(' ') else { continue };
        let Some((time, rest)) = rest.trim_start().split_once(' ') else { continue };
        let Ok(time) = time.parse::<f64>() else { continue };
        if let Some(rest) = rest.strip_prefix("<... ") {
            let good = rest.rsplit_once("= ").is_some_and(|it| !it.1.starts_with('-'));
            if let Some(call) = open.remove(thread)
                && good
            {
                calls.push(Call { ended: time, ..call });
            }
            continue;
        }
        let Some((name, rest)) = rest.split_once('(') else { continue };
        let call = |args: &str| Call {
            name: name.to_owned(),
            args: args.to_owned(),
            begun: time,
            ended: time,
        };
        if let Some(args) = rest.strip_suffix(" <unfinished ...>") {
            open.insert(thread, call(args));
        } else if let Some((args, result)) = rest.rsplit_once("= ")
            && !result.starts_with('-')
        {
            calls.push(call(args.trim_end().strip_suffix(')').unwrap_or(args)));
        }
    }
    calls
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(text: &str) -> Vec<Call> {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("trace");
        fs::write(&path, text).unwrap();
        read(&path)
    }

    #[test]
    fn a_call_that_others_interrupted_is_read_whole() {
        let calls = of("12 1.5 fdatasync(7</d/store/db> <unfinished ...>\n\
                        13 1.6 pwrite64(7</d/store/db>, \"a\\0\\x80\\\"\\n\", 5, 24) = 5\n\
                        12 1.7 <... fdatasync resumed>) = 0\n\
                        12 1.8 fdatasync(7</d/store/db>) = -1 EIO (Input/output error) (INJECTED)\n");
        let [write, sync] = calls.as_slice() else { panic!("two were carried out: {calls:?}") };
        assert!(sync.is_sync() && (sync.begun, sync.ended) == (1.5, 1.7));
        assert_eq!(write.file(), Some("/d/store/db"));
        assert_eq!(write.strings(), [b"a\0\x80\"\n".to_vec()]);
        assert_eq!(write.last_number(), Some(24));
    }
}
