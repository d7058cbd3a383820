//! What `apt-get -s` says that it would do.

/// One simulation's outcome.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Simulation {
    /// What it would install, in its order.
    pub(super) installs: Vec<Install>,
    /// What it would not, with both versions where `-V` asked for them.
    pub(super) kept: Vec<Kept>,
    /// How many packages wait for the end of an earlier installation.
    pub(super) unfinished: u64,
}

/// One package that would be installed: an `Inst` line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Install {
    pub(super) package: String,
    /// `None` for a package that is new here, which is no update.
    pub(super) installed: Option<String>,
    pub(super) candidate: String,
    pub(super) origins: Vec<String>,
}

/// One package that would be kept as it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Kept {
    pub(super) package: String,
    pub(super) installed: String,
    pub(super) candidate: String,
}

/// The headings under which apt lists what it does not upgrade.
const KEPT: [&str; 2] = [
    "The following packages have been kept back:",
    "The following upgrades have been deferred due to phasing:",
];

/// Understands what `apt-get -s` printed in the C locale.
pub(super) fn parse(said: &str) -> Simulation {
    let mut simulation = Simulation::default();
    let mut in_kept = false;
    for line in said.lines() {
        if line.starts_with(' ') {
            simulation.kept.extend(in_kept.then(|| kept(line)).flatten());
        } else {
            in_kept = KEPT.contains(&line.trim_end());
            simulation.installs.extend(line.strip_prefix("Inst ").and_then(install));
            simulation.unfinished += unfinished(line).unwrap_or(0);
        }
    }
    simulation
}

/// Whether an update from there closes security holes, by the archive's label
/// or suite: `Debian-Security:12/oldstable-security`,
/// `UbuntuESM:22.04/jammy-infra-security`.
pub(super) fn is_security(origin: &str) -> bool {
    let (label, archive) = origin.rsplit_once(':').unwrap_or(("", origin));
    let suite = archive.rsplit_once('/').map_or(archive, |(_, suite)| suite);
    label.eq_ignore_ascii_case("Debian-Security") || suite.ends_with("-security")
}

/// `perl [5.36.0-7] (5.36.0-8 Debian-Security:12/… [amd64]) [perl:amd64 ]`
fn install(line: &str) -> Option<Install> {
    let (package, rest) = line.split_once(' ')?;
    let (installed, rest) = match rest.strip_prefix('[') {
        Some(rest) => {
            let (installed, rest) = rest.split_once("] ")?;
            (Some(installed.to_owned()), rest)
        }
        None => (None, rest),
    };
    // What follows the parentheses names packages, and is none of our business.
    let (inside, _) = rest.strip_prefix('(')?.split_once("])")?;
    let (candidate, rest) = inside.split_once(' ')?;
    let (origins, _arch) = rest.rsplit_once('[')?;
    let origins = origins.split(", ").map(str::trim).filter(|it| !it.is_empty());
    Some(Install {
        package: package.into(),
        installed,
        candidate: candidate.into(),
        origins: origins.map(str::to_owned).collect(),
    })
}

/// `   broken (1 => 2)`
fn kept(line: &str) -> Option<Kept> {
    let (package, versions) = line.trim().split_once(' ')?;
    let versions = versions.strip_prefix('(')?.strip_suffix(')')?;
    let (installed, candidate) = versions.split_once(" => ")?;
    let (package, installed, candidate) = (package.into(), installed.into(), candidate.into());
    Some(Kept { package, installed, candidate })
}

/// `2 not fully installed or removed.`
fn unfinished(line: &str) -> Option<u64> {
    line.strip_suffix(" not fully installed or removed.")?.parse().ok()
}

#[cfg(test)]
mod tests;
