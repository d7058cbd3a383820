//! Packages for Red Hat, SUSE and their kin, made by `rpmbuild` itself.

use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
};

use anyhow::{Context as _, ensure};

use super::{
    Job,
    product::Product,
    stage::{self, Custom, Staged},
};
use crate::command;

const ARCHITECTURE: &str = "x86_64";

/// What the package manager runs before and after.
const SCRIPTS: &[&str] = &["pre", "post", "preun", "postun", "posttrans"];

/// Makes a product's package and gives where it is.
pub(super) fn make(job: &Job, product: &Product) -> anyhow::Result<PathBuf> {
    let top = job.fresh(&format!("rpm/{}", product.name))?;
    let staged = stage::stage(job, product, Custom::Fedora, top.join("staged"))?;
    let spec = top.join("package.spec");
    fs::write(&spec, text(job, product, &staged)?)?;
    let made = top.join("made");
    let top = top.canonicalize()?;
    let mut build = Command::new("rpmbuild");
    build.args(["-bb", "--quiet", "--target", ARCHITECTURE]);
    // What is packed is finished: nothing is to be stripped, compressed or split.
    // xz and gzip are what rpm of RHEL 8 can unpack for certain.
    let payload = if job.quick { "w1.gzdio" } else { "w9.xzdio" };
    for define in [
        format!("_topdir {}", top.display()),
        format!("_rpmdir {}", top.join("made").display()),
        "_rpmfilename %{NAME}-%{VERSION}-%{RELEASE}.%{ARCH}.rpm".into(),
        "debug_package %{nil}".into(),
        "__os_install_post %{nil}".into(),
        "_build_id_links none".into(),
        "_buildhost localhost".into(),
        "use_source_date_epoch_as_buildtime 1".into(),
        "clamp_mtime_to_source_date_epoch 1".into(),
        format!("_binary_payload {payload}"),
    ] {
        build.args(["--define", &define]);
    }
    command::capture(build.arg(&spec).env("SOURCE_DATE_EPOCH", job.epoch.to_string()))?;
    let name = format!("{}-{}-1.{ARCHITECTURE}.rpm", product.name, job.version);
    let path = job.out.join(&name);
    fs::copy(made.join(&name), &path).with_context(|| format!("rpmbuild made no {name}"))?;
    Ok(path)
}

fn text(job: &Job, product: &Product, staged: &Staged) -> anyhow::Result<String> {
    let Product { name, summary, .. } = product;
    // Debian begins it with a small letter, Red Hat with a large one.
    let summary = format!("{}{}", summary[..1].to_uppercase(), &summary[1..]);
    let Job { version, maintainer, .. } = job;
    let root = staged.root.canonicalize()?;
    let date = job.date(&["+%a %b %d %Y"])?;
    let mut spec = format!(
        "Name: {name}\nVersion: {version}\nRelease: 1\nSummary: {summary}\n\
         License: Apache-2.0\nGroup: Applications/System\nPackager: {maintainer}\n"
    );
    if product.is_service {
        spec += "Requires(pre): shadow-utils\n";
    }
    spec.extend(product.needs.iter().map(|it| format!("Requires: {it}\n")));
    spec += &format!("\n%description\n{}\n", product.description.join("\n"));
    spec += "\n%install\nmkdir -p %{buildroot}\n";
    spec += &format!("cp -a '{}'/. %{{buildroot}}/\n", root.display());
    for script in SCRIPTS {
        let path = Path::new("packaging/linux/rpm").join(format!("{name}.{script}"));
        if path.exists() {
            let body = fs::read_to_string(&path)?;
            // rpm would take it for one of its own words.
            ensure!(!body.contains('%'), "{} must not contain a percent sign", path.display());
            spec += &format!("\n%{script}\n{body}");
        }
    }
    spec += "\n%files\n";
    for file in &staged.files {
        spec += match file {
            it if staged.settings.contains(it) => "%config(noreplace) ",
            it if it.starts_with("/usr/share/licenses/") => "%license ",
            it if it.starts_with("/usr/share/doc/") || it.starts_with("/usr/share/man/") => "%doc ",
            _ => "",
        };
        spec += &format!("{file}\n");
    }
    for folder in ["/usr/share/doc/", "/usr/share/licenses/"] {
        spec += &format!("%dir {folder}{name}\n");
    }
    let shared = format!("/usr/share/{name}/");
    if staged.files.iter().any(|it| it.starts_with(&shared)) {
        spec += &format!("%dir {}\n", shared.trim_end_matches('/'));
    }
    if !staged.settings.is_empty() {
        spec += "%dir /etc/remit\n";
    }
    spec += &format!(
        "\n%changelog\n* {date} {maintainer} - {version}-1\n- What has changed is told in \
         CHANGELOG.md.\n"
    );
    Ok(spec)
}
