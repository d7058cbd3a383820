//! What Debian and Red Hat say about the packages.
//!
//! Whatever they complain of is mended or has a line with a reason: in
//! `packaging/linux/deb/*.overrides` and `packaging/linux/rpm/rpmlint.toml`, or
//! here, if it comes and goes with the compiler.

use std::{path::Path, process::Command};

use anyhow::{Context as _, ensure};

use super::Made;
use crate::{command, needs::Need};

/// The two who complain.
pub(super) const NEEDS: &[Need] = &[
    Need { program: "lintian", package: "lintian", purpose: "what Debian says of a package" },
    Need { program: "rpmlint", package: "rpmlint", purpose: "what Red Hat says of a package" },
];

/// Fails with the first complaint that nobody has answered.
pub(super) fn check(made: &[Made]) -> anyhow::Result<()> {
    let of = |kind: &str| {
        let paths = made.iter().map(|it| it.path.as_path());
        paths.filter(|it| it.extension().is_some_and(|it| it == kind)).collect::<Vec<&Path>>()
    };
    let (debs, rpms) = (of("deb"), of("rpm"));
    if !debs.is_empty() {
        let mut lintian = Command::new("lintian");
        lintian.args([
            "--fail-on",
            "error,warning,info",
            "--display-info",
            "--tag-display-limit",
            "0",
            // Machine code that happens to spell something, which an override
            // must not expect: where it does not, that is a complaint again.
            "--suppress-tags",
            "spelling-error-in-binary",
        ]);
        if rustix::process::geteuid().is_root() {
            lintian.arg("--allow-root");
        }
        command::run(lintian.args(&debs)).context("lintian complains")?;
    }
    if !rpms.is_empty() {
        let mut rpmlint = Command::new("rpmlint");
        rpmlint.args(["--strict", "--config", "packaging/linux/rpm/rpmlint.toml"]);
        // A warning is one, too, whatever it ends with.
        let output = rpmlint.args(&rpms).env("LC_ALL", "C.UTF-8").output()?;
        let said = String::from_utf8_lossy(&output.stdout);
        let is_clean =
            output.status.success() && !said.contains(": W: ") && !said.contains(": E: ");
        ensure!(is_clean, "rpmlint complains:\n{said}");
    }
    Ok(())
}
