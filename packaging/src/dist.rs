//! `cargo xtask dist`: every package, from a clean clone, into `target/dist`.
//!
//! One list of products ([`product`]) and one function per kind of package
//! ([`deb`], [`rpm`], and [`windows::msi`]). The same code makes what is handed out and, with
//! `--quick`, what the tests install: only the programs in it differ.
//!
//! # Invariants
//!
//! - The same commit makes the same bytes: times are the commit's, paths are
//!   taken out, and nothing is named after the machine. Signatures aside.
//! - No program that is handed out needs a newer glibc than [`toolchain`] says.

mod deb;
mod expected;
mod links;
mod lint;
mod old;
mod product;
mod rpm;
mod sbom;
mod sign;
mod stage;
mod toolchain;

use std::{
    fs,
    path::{Path, PathBuf},
    process::{Command, ExitCode},
};

use anyhow::{Context as _, ensure};
use clap::ValueEnum;

use self::{
    expected::Verdict,
    links::Glibc,
    product::{PRODUCTS, Product},
    sign::Signer,
};
use crate::{
    command::{self, say},
    needs::{self, Need},
    roots, windows,
};

const OUT: &str = "target/dist";

/// Who answers for the packages, unless somebody else says so.
const MAINTAINER: &str = "Remit maintainers <maintainers@remit.invalid>";

/// What makes packages.
const NEEDS: &[Need] = &[
    Need { program: "dpkg-deb", package: "dpkg", purpose: "packages for Debian" },
    Need { program: "rpmbuild", package: "rpm", purpose: "packages for Red Hat" },
    Need { program: "gpg", package: "gpg", purpose: "signatures" },
    Need { program: "gpgconf", package: "gpgconf", purpose: "signatures" },
    Need { program: "gpg-agent", package: "gpg-agent", purpose: "signatures" },
    Need { program: "objdump", package: "binutils", purpose: "what a program is linked with" },
    Need { program: "systemd-analyze", package: "systemd", purpose: "how units are locked up" },
];

/// What `cargo xtask dist` is asked.
#[derive(clap::Args)]
pub(crate) struct Args {
    /// Only these kinds.
    #[arg(long, value_enum, value_delimiter = ',', value_name = "KIND")]
    only: Vec<Kind>,
    /// The secret key that signs, as gpg exports it, without a passphrase. Without
    /// it a test key signs that nobody should trust.
    #[arg(long, value_name = "FILE")]
    key: Option<PathBuf>,
    /// Compare with packaging/expected, let lintian and rpmlint look, and try the
    /// programs on an old system.
    #[arg(long)]
    check: bool,
    /// Make what comes out the expectation.
    #[arg(long, conflicts_with = "check")]
    bless: bool,
    /// Only to try the packages out: with the programs of `cargo build`, which run
    /// on systems like this one.
    #[arg(long)]
    quick: bool,
    /// Call it this version.
    #[arg(long, value_name = "VERSION", requires = "quick")]
    as_version: Option<String>,
    /// Where the packages go.
    #[arg(long, value_name = "DIR", default_value = OUT)]
    out: PathBuf,
    /// Who answers for the packages.
    #[arg(
        long,
        value_name = "NAME <ADDRESS>",
        default_value = "Remit maintainers <maintainers@remit.invalid>"
    )]
    maintainer: String,
}

/// A kind of package: a variant, an arm in [`Kind::make`], a module.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Kind {
    Deb,
    Rpm,
    Msi,
}

/// One run.
pub(crate) struct Job {
    version: String,
    quick: bool,
    out: PathBuf,
    /// What is only needed on the way.
    work: PathBuf,
    /// The time of everything: the commit's, in seconds.
    epoch: u64,
    maintainer: String,
}

/// A package that was made.
struct Made {
    product: &'static str,
    path: PathBuf,
}

/// Says what is being done, and how far it is.
struct Progress {
    step: usize,
    steps: usize,
}

/// What the tests install: each of this version and of the next.
pub(crate) fn trial() -> anyhow::Result<()> {
    say("making packages to try out");
    let next = concat!(env!("CARGO_PKG_VERSION"), ".1");
    for (version, folder) in [(env!("CARGO_PKG_VERSION"), "this"), (next, "next")] {
        make(&Args {
            only: vec![Kind::Deb, Kind::Rpm],
            key: None,
            check: false,
            bless: false,
            quick: true,
            as_version: Some(version.into()),
            out: Path::new("target/trial").join(folder),
            maintainer: MAINTAINER.into(),
        })?;
    }
    roots::ensure("bookworm").map(drop)
}

/// Makes the packages.
pub(crate) fn run(args: &Args) -> anyhow::Result<ExitCode> {
    make(args)?;
    Ok(ExitCode::SUCCESS)
}

fn make(args: &Args) -> anyhow::Result<()> {
    needs::ensure(NEEDS)?;
    // A key that cannot sign is no reason to wait for everything before it, nor
    // to throw away what was made before.
    let signer = Signer::new(args.key.as_deref())?;
    let kinds = if args.only.is_empty() { Kind::value_variants() } else { &args.only };
    let job = Job::new(args)?;
    let checks = 2 * usize::from(args.check) + usize::from(args.check && !args.quick);
    let wanted = PRODUCTS.iter().flat_map(|it| kinds.iter().map(move |kind| (it, *kind)));
    let wanted: Vec<_> = wanted.filter(|(product, kind)| kind.has(product)).collect();
    let steps = 3 + wanted.len() + checks + usize::from(args.bless);
    let mut progress = Progress { step: 0, steps };

    progress.step("compiling the programs");
    job.make_programs()?;
    progress.step("what goes with them");
    job.make_companions()?;
    let mut made = Vec::new();
    for (product, kind) in wanted {
        let path = kind.make(&job, product)?;
        let bytes = fs::metadata(&path)?.len();
        progress.step(format!("{}, {} KiB", path.display(), bytes.div_ceil(1024)));
        made.push(Made { product: product.name, path });
    }
    progress.step(format!("signing with {}", signer.describe()));
    job.vouch(&made, &signer)?;

    if args.bless {
        progress.step("making it the expectation");
        expected::hold(&job, &made, Verdict::Bless)?;
    }
    if args.check {
        progress.step("comparing with packaging/expected");
        expected::hold(&job, &made, Verdict::Compare)?;
        needs::ensure(lint::NEEDS)?;
        progress.step("lintian and rpmlint");
        lint::check(&made)?;
        if !args.quick && kinds.contains(&Kind::Deb) {
            progress.step("trying them on an old system");
            old::check(&job, &made)?;
        }
    }
    Ok(())
}

impl Args {
    /// A key on the command line is meant from where the caller stands.
    pub(crate) fn absolute(mut self) -> anyhow::Result<Self> {
        self.key = self.key.map(std::path::absolute).transpose()?;
        Ok(self)
    }
}

impl Kind {
    /// Whether there is such a package of a product: of Windows' kind only the
    /// agent's.
    fn has(self, product: &Product) -> bool {
        match self {
            Self::Deb | Self::Rpm => true,
            Self::Msi => product.name == "remit-agent",
        }
    }

    fn make(self, job: &Job, product: &Product) -> anyhow::Result<PathBuf> {
        match self {
            Self::Deb => deb::make(job, product),
            Self::Rpm => rpm::make(job, product),
            Self::Msi => {
                let profile =
                    if job.quick { windows::Profile::Dev } else { windows::Profile::Release };
                windows::msi::make(&windows::build(profile)?, &job.version, &job.out)
            }
        }
    }
}

impl Progress {
    fn step(&mut self, what: impl std::fmt::Display) {
        self.step += 1;
        say(format!("[{:>2}/{}] {what}", self.step, self.steps));
    }
}

impl Job {
    fn new(args: &Args) -> anyhow::Result<Self> {
        let version = args.as_version.clone().unwrap_or_else(|| env!("CARGO_PKG_VERSION").into());
        let epoch = command::capture(Command::new("git").args(["log", "-1", "--format=%ct"]))
            .context("the time of everything is the commit's")?;
        let name = args.out.file_name().context("the packages need a folder with a name")?;
        let work = Path::new("target/dist-work").join(name);
        for folder in [&args.out, &work] {
            if folder.exists() {
                fs::remove_dir_all(folder)
                    .with_context(|| format!("failed to empty {}", folder.display()))?;
            }
            fs::create_dir_all(folder)?;
        }
        Ok(Self {
            version,
            quick: args.quick,
            out: args.out.clone(),
            work,
            epoch: epoch.trim().parse()?,
            maintainer: args.maintainer.clone(),
        })
    }

    fn programs(&self) -> PathBuf {
        self.work.join("programs")
    }

    fn pages(&self) -> PathBuf {
        self.work.join("pages")
    }

    fn sbom(&self, product: &Product) -> PathBuf {
        self.work.join(format!("{}.cdx.json", product.name))
    }

    fn licences(&self, product: &Product) -> PathBuf {
        self.work.join(format!("{}.licences", product.name))
    }

    /// A folder with nothing in it.
    fn fresh(&self, name: &str) -> anyhow::Result<PathBuf> {
        let folder = self.work.join(name);
        fs::create_dir_all(&folder)?;
        Ok(folder)
    }

    /// The time of everything, as `date` writes it in UTC.
    fn date(&self, format: &[&str]) -> anyhow::Result<String> {
        let mut date = Command::new("date");
        date.args(["--utc", &format!("--date=@{}", self.epoch)]).args(format).env("LC_ALL", "C");
        Ok(command::capture(&mut date)?.trim().to_owned())
    }

    fn make_programs(&self) -> anyhow::Result<()> {
        toolchain::compile(self.quick)?;
        fs::create_dir_all(self.programs())?;
        let oldest = Glibc::parse(toolchain::GLIBC).context("the oldest glibc is a version")?;
        for product in PRODUCTS {
            let to = self.programs().join(product.program);
            toolchain::put(&toolchain::compiled(product, self.quick), &to)?;
            let needed = links::read(&to)?.glibc;
            ensure!(
                self.quick || needed <= oldest,
                "{} needs glibc {needed}, and {oldest} is promised",
                product.program
            );
        }
        Ok(())
    }

    fn make_companions(&self) -> anyhow::Result<()> {
        toolchain::write_pages(&self.pages())?;
        let metadata = sbom::metadata()?;
        for product in PRODUCTS {
            sbom::write(self, product, &metadata)?;
            fs::copy(self.sbom(product), self.out.join(format!("{}.cdx.json", product.name)))?;
        }
        Ok(())
    }

    /// Signs what carries a signature, then the sums of everything.
    fn vouch(&self, made: &[Made], signer: &Signer) -> anyhow::Result<()> {
        for Made { path, .. } in made {
            if path.extension().is_some_and(|it| it == "rpm") {
                signer.sign_rpm(path)?;
            }
        }
        let mut names = Vec::new();
        for entry in fs::read_dir(&self.out)? {
            names.push(entry?.file_name());
        }
        names.sort();
        let sums = command::capture(
            Command::new("sha256sum").arg("--").args(names).current_dir(&self.out),
        )?;
        let path = self.out.join("SHA256SUMS");
        fs::write(&path, sums)?;
        signer.sign(&path)?;
        signer.publish(&self.out).map(drop)
    }
}
