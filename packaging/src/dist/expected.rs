//! What the packages are expected to be: `packaging/expected`.
//!
//! A change of a package's contents, of what it needs, of how well its unit is
//! locked up or of its size is a change that somebody looks at and commits.

use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
    process::Command,
};

use anyhow::{Context as _, bail, ensure};

use super::{Job, Made, product::PRODUCTS};
use crate::command::{self, complain, say};

const FOLDER: &str = "packaging/expected";

/// The worst that `systemd-analyze security` may say of a unit, in tenths.
const THRESHOLD: &str = "20";

/// What a size may grow to before somebody looks at it, in percent.
const ROOM: u64 = 110;

/// What to do about a difference.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Verdict {
    Compare,
    Bless,
}

/// Compares what was made with what is expected, or makes it the expectation.
pub(super) fn hold(job: &Job, made: &[Made], verdict: Verdict) -> anyhow::Result<()> {
    let mut differences = Vec::new();
    for (name, text) in described(made)? {
        differences.extend(settle(&name, &text, job.quick, verdict)?);
    }
    differences.extend(settle("units.txt", &units()?, false, verdict)?);
    // Programs that only try the packages out are of any size.
    if !job.quick {
        differences.extend(sizes(job, made, verdict)?);
    }
    match &differences[..] {
        [] => Ok(()),
        _ => {
            differences.iter().for_each(complain);
            bail!("the packages are not as expected; if they should be: cargo xtask dist --bless")
        }
    }
}

fn described(made: &[Made]) -> anyhow::Result<BTreeMap<String, String>> {
    let mut all = BTreeMap::new();
    for Made { product, path } in made {
        let kind = path.extension().unwrap_or_default().to_string_lossy();
        let text = match &*kind {
            "deb" => deb(path)?,
            "rpm" => rpm(path)?,
            // What else is made is described by whoever makes it.
            _ => continue,
        };
        all.insert(format!("{product}.{kind}.txt"), text);
    }
    Ok(all)
}

fn deb(path: &Path) -> anyhow::Result<String> {
    let field = |name| command::capture(Command::new("dpkg-deb").arg("-f").arg(path).arg(name));
    let mut lines: Vec<_> =
        field("Depends")?.trim().split(", ").map(|it| format!("needs {it}")).collect();
    let contents = command::capture(Command::new("dpkg-deb").arg("--contents").arg(path))?;
    for line in contents.lines() {
        let words: Vec<_> = line.split_whitespace().collect();
        let [mode, owner, _size, _date, _time, name, ..] = words[..] else {
            bail!("dpkg-deb says what nobody understands: {line}");
        };
        lines.push(format!("{mode} {owner} {}", name.trim_start_matches('.')));
    }
    let about = Command::new("dpkg-deb").arg("--info").arg(path).env("LC_ALL", "C").output()?;
    let about = String::from_utf8_lossy(&about.stdout).into_owned();
    let scripts = about.lines().filter(|it| it.contains("#!"));
    lines.extend(
        scripts.filter_map(|it| Some(format!("runs {}", it.split_whitespace().rev().nth(1)?))),
    );
    if let Ok(settings) =
        command::capture(Command::new("dpkg-deb").arg("-I").arg(path).arg("conffiles"))
    {
        lines.extend(settings.lines().map(|it| format!("settings {it}")));
    }
    Ok(lines.join("\n") + "\n")
}

fn rpm(path: &Path) -> anyhow::Result<String> {
    let ask = |args: &[&str]| command::capture(Command::new("rpm").arg("-qp").args(args).arg(path));
    let mut lines: Vec<_> = ask(&["--requires"])?
        .lines()
        .filter(|it| !it.starts_with("rpmlib("))
        .map(|it| format!("needs {it}"))
        .collect();
    lines.sort();
    lines.dedup();
    let format = "[%{FILEMODES:perms} %{FILEUSERNAME}/%{FILEGROUPNAME} %{FILENAMES}\n]";
    lines.extend(ask(&["--qf", format])?.lines().map(str::to_owned));
    for script in ["PREIN", "POSTIN", "PREUN", "POSTUN", "POSTTRANS"] {
        if ask(&["--qf", &format!("%{{{script}}}")])? != "(none)" {
            lines.push(format!("runs {script}"));
        }
    }
    lines.extend(ask(&["--configfiles"])?.lines().map(|it| format!("settings {it}")));
    Ok(lines.join("\n") + "\n")
}

/// How well each unit is locked up.
fn units() -> anyhow::Result<String> {
    let mut text = String::new();
    for unit in PRODUCTS.iter().filter_map(|it| it.unit()) {
        let mut analyze = Command::new("systemd-analyze");
        analyze.args(["security", "--no-pager", "--offline=true"]);
        analyze.arg(format!("--threshold={THRESHOLD}"));
        let path = Path::new("packaging/linux").join(&unit);
        let said = command::capture(analyze.arg(path).env("SYSTEMD_COLORS", "0"))?;
        let last = said.lines().rev().find_map(|it| it.split_once("Overall exposure level for "));
        let (_, score) = last.context("systemd-analyze gave no score")?;
        let score: Vec<_> = score.split_whitespace().take(3).collect();
        text += &format!("{}\n", score.join(" "));
    }
    Ok(text)
}

fn settle(
    name: &str,
    found: &str,
    without_links: bool,
    verdict: Verdict,
) -> anyhow::Result<Vec<String>> {
    let path = Path::new(FOLDER).join(name);
    if verdict == Verdict::Bless {
        fs::create_dir_all(FOLDER)?;
        let known = found.lines().filter(|it| !(without_links && is_link(it)));
        fs::write(&path, known.map(|it| format!("{it}\n")).collect::<String>())?;
        return Ok(Vec::new());
    }
    let expected =
        fs::read_to_string(&path).with_context(|| format!("failed to read {}", path.display()))?;
    Ok(differences(name, &expected, found, without_links))
}

fn differences(name: &str, expected: &str, found: &str, without_links: bool) -> Vec<String> {
    let counts = |line: &&str| !(without_links && is_link(line));
    let missing = expected.lines().filter(counts).filter(|it| !found.lines().any(|old| old == *it));
    let new = found.lines().filter(counts).filter(|it| !expected.lines().any(|old| old == *it));
    let missing = missing.map(|it| format!("{name}: - {it}"));
    missing.chain(new.map(|it| format!("{name}: + {it}"))).collect()
}

/// Whether a line says what a program is linked with, which depends on the
/// machine where it is not compiled for all.
fn is_link(line: &str) -> bool {
    line.starts_with("needs lib") || line.starts_with("needs ld-") || line.starts_with("needs rtld")
}

/// Sizes are held from above.
fn sizes(job: &Job, made: &[Made], verdict: Verdict) -> anyhow::Result<Vec<String>> {
    let mut found = BTreeMap::new();
    for Made { product, path } in made {
        let kind = path.extension().unwrap_or_default().to_string_lossy();
        found.insert(format!("{product}.{kind}"), fs::metadata(path)?.len());
    }
    for product in PRODUCTS {
        let path: PathBuf = job.programs().join(product.program);
        found.insert(format!("/usr/bin/{}", product.program), fs::metadata(path)?.len());
    }
    let path = Path::new(FOLDER).join("sizes.txt");
    if verdict == Verdict::Bless {
        let mut known = read_sizes(&fs::read_to_string(&path).unwrap_or_default())?;
        known.extend(found.into_iter().map(|(name, bytes)| (name, ceiling(bytes))));
        let lines = known.iter().map(|(name, kib)| format!("{name} at most {kib} KiB\n"));
        fs::write(path, lines.collect::<String>())?;
        return Ok(Vec::new());
    }
    let known = read_sizes(&fs::read_to_string(&path).context("failed to read sizes.txt")?)?;
    for (name, bytes) in &found {
        say(format!("      {name}: {} KiB", bytes.div_ceil(1024)));
    }
    Ok(too_large(&known, &found))
}

fn too_large(known: &BTreeMap<String, u64>, found: &BTreeMap<String, u64>) -> Vec<String> {
    found
        .iter()
        .filter_map(|(name, bytes)| {
            let kib = bytes.div_ceil(1024);
            match known.get(name) {
                Some(most) if kib <= *most => None,
                Some(most) => Some(format!("sizes.txt: {name} has {kib} KiB, at most {most}")),
                None => Some(format!("sizes.txt: + {name} has {kib} KiB and no limit")),
            }
        })
        .collect()
}

/// In KiB, with some room, in steps of 64.
fn ceiling(bytes: u64) -> u64 {
    (bytes * ROOM).div_ceil(100 * 1024).next_multiple_of(64)
}

fn read_sizes(text: &str) -> anyhow::Result<BTreeMap<String, u64>> {
    let mut sizes = BTreeMap::new();
    for line in text.lines() {
        let words: Vec<_> = line.split_whitespace().collect();
        ensure!(words.len() == 5 && words[4] == "KiB", "sizes.txt: nobody understands {line}");
        sizes.insert(words[0].to_owned(), words[3].parse()?);
    }
    Ok(sizes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_gone_and_what_is_new_is_shown() {
        let (old, new) = ("needs adduser\n/usr/bin/a\n", "needs adduser\n/usr/bin/b\n");
        let expected = ["a.deb.txt: - /usr/bin/a", "a.deb.txt: + /usr/bin/b"];
        assert_eq!(differences("a.deb.txt", old, new, false), expected);
    }

    #[test]
    fn what_is_linked_counts_only_where_it_is_the_same_on_every_machine() {
        let (old, new) = ("needs libc6 (>= 2.28)\n", "needs libc6 (>= 2.36)\n");
        assert_eq!(differences("a", old, new, true), [""; 0]);
        assert_eq!(differences("a", old, new, false).len(), 2);
    }

    #[test]
    fn a_size_has_room_and_then_a_limit() {
        let known = read_sizes("a.deb at most 128 KiB\n").unwrap();
        let found = |bytes| BTreeMap::from([("a.deb".to_owned(), bytes)]);
        assert_eq!(ceiling(100 << 10), 128);
        assert_eq!(too_large(&known, &found(128 << 10)), [""; 0]);
        let said = ["sizes.txt: a.deb has 129 KiB, at most 128"];
        assert_eq!(too_large(&known, &found((128 << 10) + 1)), said);
    }
}
