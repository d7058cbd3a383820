//! `cargo xtask root`: fresh Debian systems in a folder, for packages to be
//! installed into.
//!
//! Each is made once, from the mirror that this machine itself uses, and is not
//! changed afterwards: whoever installs something lays a folder of their own
//! over it.

use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
};

use anyhow::Context as _;

use crate::{
    command::{self, say},
    needs::{self, Need},
};

const FOLDER: &str = "target/roots";

/// Makes them; faster than debootstrap, which takes the packages one by one.
pub(crate) const NEEDS: &[Need] = &[Need {
    program: "mmdebstrap",
    package: "mmdebstrap",
    purpose: "fresh Debian systems to install into",
}];

/// What is there besides what every Debian has: the service manager, what our
/// packages ask for, and rpm and dnf, to try what is for Red Hat under a service
/// manager, too.
const PACKAGES: &str = "systemd,systemd-sysv,adduser,ca-certificates,tzdata,rpm,dnf";

/// The suite that the role is tried on, and with what; older ones have no such
/// package.
const ROLE: (&str, &str) = ("bookworm", ",ansible-core,python3-apt");

/// What is there in a suite.
fn packages(suite: &str) -> String {
    let more = if suite == ROLE.0 { ROLE.1 } else { "" };
    format!("{PACKAGES}{more}")
}

/// Sees to it that the root is there, and gives its folder.
pub(crate) fn ensure(suite: &str) -> anyhow::Result<PathBuf> {
    let root = Path::new(FOLDER).join(suite);
    // Made with other packages, it is made anew.
    let note = Path::new(FOLDER).join(format!("{suite}.packages"));
    let packages = packages(suite);
    if root.exists() && fs::read_to_string(&note).is_ok_and(|it| it == packages) {
        return Ok(root);
    }
    needs::ensure(NEEDS)?;
    let mirror = mirror()?;
    say(format!("      a fresh Debian {suite} from {mirror} into {}, once", root.display()));
    fs::create_dir_all(FOLDER)?;
    let making = Path::new(FOLDER).join(format!("{suite}.partial"));
    if making.exists() {
        fs::remove_dir_all(&making)?;
    }
    let mut make = Command::new("mmdebstrap");
    make.args(["--quiet", "--variant=apt", "--format=directory"]);
    make.arg(format!("--include={packages}"));
    // Documents and translations take half of the time.
    make.args([
        "--dpkgopt=path-exclude=/usr/share/locale/*",
        "--aptopt=Acquire::Languages \"none\"",
    ]);
    command::capture(make.arg(suite).arg(&making).arg(mirror))?;
    if root.exists() {
        fs::remove_dir_all(&root)?;
    }
    fs::rename(&making, &root)?;
    fs::write(note, packages)?;
    Ok(root)
}

/// The mirror that this machine's own packages come from.
fn mirror() -> anyhow::Result<String> {
    let lists = fs::read_dir("/etc/apt/sources.list.d").into_iter().flatten().flatten();
    let files = lists.map(|it| it.path()).chain(["/etc/apt/sources.list".into()]);
    let texts = files.filter_map(|it| fs::read_to_string(it).ok());
    texts.filter_map(|text| named_in(&text)).next().context(
        "no source in /etc/apt names a mirror of Debian (an address that ends in /debian), and a fresh Debian is made from one",
    )
}

/// The first mirror of Debian that a list of sources names.
fn named_in(sources: &str) -> Option<String> {
    let words = sources.lines().filter(|it| it.starts_with("URIs:") || it.starts_with("deb "));
    words
        .flat_map(str::split_whitespace)
        .find(|it| it.contains("://") && it.trim_end_matches('/').ends_with("/debian"))
        .map(str::to_owned)
}

/// Says where the root is, for whoever asks.
pub(crate) fn show(suite: &str) -> anyhow::Result<()> {
    let root = ensure(suite)?;
    let path = root.canonicalize().with_context(|| format!("{} is gone", root.display()))?;
    say(path.display());
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_mirror_is_the_one_that_is_used_here_and_not_that_of_somebody_else() {
        let new = "Types: deb\nURIs: http://mirror.example/debian\nSuites: bookworm\n";
        assert_eq!(named_in(new).as_deref(), Some("http://mirror.example/debian"));
        let old = "deb https://tools.example/node nodistro main\n\
                   deb http://mirror.example/debian/ bookworm main\n";
        assert_eq!(named_in(old).as_deref(), Some("http://mirror.example/debian/"));
        assert_eq!(named_in("Types: deb\nURIs: http://mirror.example/debian-security\n"), None);
    }
}
