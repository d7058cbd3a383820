//! A package's files, laid out as they will lie on the machine.

use std::{
    fs,
    os::unix::fs::PermissionsExt as _,
    path::{Path, PathBuf},
    process::Command,
};

use anyhow::Context as _;

use super::{Job, product::Product};
use crate::command;

/// Whose customs are followed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Custom {
    Debian,
    Fedora,
}

/// What was laid out.
pub(super) struct Staged {
    pub(super) root: PathBuf,
    /// Every file, by where it is installed.
    pub(super) files: Vec<String>,
    /// Those that belong to whoever runs the machine.
    pub(super) settings: Vec<String>,
}

impl Custom {
    fn units(self) -> &'static str {
        match self {
            // Where Debian 11 and Ubuntu 20.04 look, too.
            Self::Debian => "/lib/systemd/system",
            Self::Fedora => "/usr/lib/systemd/system",
        }
    }

    fn zsh(self) -> &'static str {
        match self {
            Self::Debian => "/usr/share/zsh/vendor-completions",
            Self::Fedora => "/usr/share/zsh/site-functions",
        }
    }
}

/// Lays out a product's files in a new folder.
pub(super) fn stage(
    job: &Job,
    product: &Product,
    custom: Custom,
    root: PathBuf,
) -> anyhow::Result<Staged> {
    let mut staged = Staged { root, files: Vec::new(), settings: Vec::new() };
    let Product { name, program, manual, .. } = product;
    staged.put(&job.programs().join(program), &format!("/usr/bin/{program}"), 0o755)?;
    if let Some(unit) = product.unit() {
        let from = Path::new("packaging/linux").join(&unit);
        staged.put(&from, &format!("{}/{unit}", custom.units()), 0o644)?;
    }
    for (from, to) in product.files {
        staged.put(Path::new(from), to, 0o644)?;
    }
    for (from, to) in product.settings {
        staged.put(Path::new(from), to, 0o644)?;
        staged.settings.push((*to).to_owned());
    }
    let pages = job.pages().join(program);
    let completes = |file: &str| pages.join("completions").join(file);
    let bash = format!("/usr/share/bash-completion/completions/{program}");
    staged.put(&completes(&format!("{program}.bash")), &bash, 0o644)?;
    let zsh = format!("{}/_{program}", custom.zsh());
    staged.put(&completes(&format!("_{program}")), &zsh, 0o644)?;
    let fish = format!("/usr/share/fish/vendor_completions.d/{program}.fish");
    staged.put(&completes(&format!("{program}.fish")), &fish, 0o644)?;

    let mut compressed = Vec::new();
    for page in names(&pages.join("man"))? {
        let to = format!("/usr/share/man/man{manual}/{page}");
        compressed.push((pages.join("man").join(&page), to));
    }
    let doc = format!("/usr/share/doc/{name}");
    compressed.push((job.sbom(product), format!("{doc}/sbom.cdx.json")));
    compressed.push((job.licences(product), format!("{doc}/third-party-licences")));
    match custom {
        Custom::Debian => {
            let copyright = Path::new("packaging/linux/copyright");
            staged.put(copyright, &format!("{doc}/copyright"), 0o644)?;
            compressed.push(("CHANGELOG.md".into(), format!("{doc}/changelog")));
            compressed.push((debian_changelog(job, product)?, format!("{doc}/changelog.Debian")));
            let overrides = Path::new("packaging/linux/deb").join(format!("{name}.overrides"));
            staged.put(&overrides, &format!("/usr/share/lintian/overrides/{name}"), 0o644)?;
        }
        Custom::Fedora => {
            let licence = format!("/usr/share/licenses/{name}/LICENSE");
            staged.put(Path::new("LICENSE"), &licence, 0o644)?;
            staged.put(Path::new("CHANGELOG.md"), &format!("{doc}/CHANGELOG.md"), 0o644)?;
        }
    }
    staged.put_compressed(&compressed)?;
    staged.files.sort();
    Ok(staged)
}

impl Staged {
    fn put(&mut self, from: &Path, to: &str, mode: u32) -> anyhow::Result<()> {
        let path = self.root.join(to.trim_start_matches('/'));
        let folder = path.parent().context("a file is in a folder")?;
        fs::create_dir_all(folder)
            .with_context(|| format!("failed to make {}", folder.display()))?;
        fs::copy(from, &path).with_context(|| format!("failed to copy {}", from.display()))?;
        fs::set_permissions(&path, fs::Permissions::from_mode(mode))?;
        self.files.push(to.to_owned());
        Ok(())
    }

    fn put_compressed(&mut self, files: &[(PathBuf, String)]) -> anyhow::Result<()> {
        let mut gzip = Command::new("gzip");
        // No name and no time in it.
        gzip.args(["-9", "--no-name", "--"]);
        for (from, to) in files {
            self.put(from, to, 0o644)?;
            gzip.arg(self.root.join(to.trim_start_matches('/')));
            self.files.pop();
            self.files.push(format!("{to}.gz"));
        }
        command::capture(&mut gzip).map(drop)
    }
}

fn names(folder: &Path) -> anyhow::Result<Vec<String>> {
    let entries =
        fs::read_dir(folder).with_context(|| format!("failed to list {}", folder.display()))?;
    let mut names = Vec::new();
    for entry in entries {
        names.push(entry?.file_name().to_string_lossy().into_owned());
    }
    names.sort();
    Ok(names)
}

fn debian_changelog(job: &Job, product: &Product) -> anyhow::Result<PathBuf> {
    let path = job.work.join(format!("{}.changelog", product.name));
    let date = job.date(&["--rfc-email"])?;
    let text = format!(
        "{} ({}-1) unstable; urgency=medium\n\n  * What has changed is told in changelog.gz.\n\n \
         -- {}  {date}\n",
        product.name, job.version, job.maintainer
    );
    fs::write(&path, text)?;
    Ok(path)
}
