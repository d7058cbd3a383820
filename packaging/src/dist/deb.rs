//! Packages for Debian and Ubuntu, made by Debian's own `dpkg-deb`.

use std::{
    fs,
    os::unix::fs::PermissionsExt as _,
    path::{Path, PathBuf},
    process::Command,
};

use anyhow::Context as _;

use super::{
    Job, links,
    product::Product,
    stage::{self, Custom, Staged},
};
use crate::command;

const ARCHITECTURE: &str = "amd64";

/// What the package manager runs before and after.
const SCRIPTS: &[&str] = &["config", "preinst", "postinst", "prerm", "postrm"];

/// What debconf may be asked to ask.
const QUESTIONS: &str = "templates";

/// Makes a product's package and gives where it is.
pub(super) fn make(job: &Job, product: &Product) -> anyhow::Result<PathBuf> {
    let root = job.fresh(&format!("deb/{}", product.name))?;
    let staged = stage::stage(job, product, Custom::Debian, root)?;
    let about = staged.root.join("DEBIAN");
    fs::create_dir(&about)?;
    fs::write(about.join("md5sums"), md5sums(&staged)?)?;
    fs::write(about.join("control"), control(job, product, &staged)?)?;
    if !staged.settings.is_empty() {
        fs::write(about.join("conffiles"), staged.settings.join("\n") + "\n")?;
    }
    let executable = SCRIPTS.iter().map(|it| (*it, 0o755));
    for (file, mode) in executable.chain([(QUESTIONS, 0o644)]) {
        let from = ours(product, file);
        if from.exists() {
            let to = about.join(file);
            fs::copy(&from, &to)?;
            fs::set_permissions(&to, fs::Permissions::from_mode(mode))?;
        }
    }
    let path = job.out.join(format!("{}_{}-1_{ARCHITECTURE}.deb", product.name, job.version));
    // xz, because dpkg of Debian 11 knows nothing newer.
    let level = if job.quick { "-z0" } else { "-z9" };
    let mut build = Command::new("dpkg-deb");
    build.args(["--root-owner-group", "-Zxz", level, "--build"]).arg(&staged.root).arg(&path);
    command::capture(build.env("SOURCE_DATE_EPOCH", job.epoch.to_string()))?;
    Ok(path)
}

/// Where a file for the package manager lies, if the product has it.
fn ours(product: &Product, file: &str) -> PathBuf {
    Path::new("packaging/linux/deb").join(format!("{}.{file}", product.name))
}

fn control(job: &Job, product: &Product, staged: &Staged) -> anyhow::Result<String> {
    let mut depends = links::read(&job.programs().join(product.program))?.debian()?;
    depends.extend(product.needs.iter().map(|it| (*it).to_owned()));
    if product.is_service {
        depends.push("adduser".into());
    }
    if ours(product, QUESTIONS).exists() {
        depends.push("debconf (>= 0.5) | debconf-2.0".into());
    }
    depends.sort();
    let bytes: u64 = staged.files.iter().map(|it| size(&staged.root, it)).sum::<Result<_, _>>()?;
    let description: Vec<_> = product.description.iter().map(|it| format!(" {it}\n")).collect();
    Ok(format!(
        "Package: {}\nVersion: {}-1\nArchitecture: {ARCHITECTURE}\nMaintainer: {}\n\
         Installed-Size: {}\nDepends: {}\nSection: {}\nPriority: optional\n\
         Description: {}\n{}",
        product.name,
        job.version,
        job.maintainer,
        bytes.div_ceil(1024),
        depends.join(", "),
        product.section,
        product.summary,
        description.concat()
    ))
}

fn size(root: &Path, file: &str) -> anyhow::Result<u64> {
    let path = root.join(file.trim_start_matches('/'));
    Ok(fs::metadata(&path).with_context(|| format!("failed to see {}", path.display()))?.len())
}

/// By which `dpkg --verify` finds what somebody has changed.
fn md5sums(staged: &Staged) -> anyhow::Result<String> {
    let files = staged.files.iter().filter(|it| !staged.settings.contains(it));
    let files = files.map(|it| it.trim_start_matches('/'));
    command::capture(Command::new("md5sum").arg("--").args(files).current_dir(&staged.root))
}
