//! A machine that Wine makes up, with a collector for its agent.

use std::{
    env, fs,
    net::Ipv4Addr,
    path::{Path, PathBuf},
    process::{self, Stdio},
    time::Duration,
};

use tempfile::NamedTempFile;
use tests::{Outcome, Program, SOON, Site, eventually};
use tokio::{process::Command, time};

use crate::bcrypt;

/// Starts 64-bit programs; the wrapper on the path asks for 32-bit ones too.
const WINE: &str = "/usr/lib/wine/wine64";
const SERVER: &str = "/usr/lib/wine/wineserver64";

/// How long a program of Windows may take, the first start of all included.
const PATIENCE: Duration = Duration::from_secs(150);

/// A machine. Everything on it ends when it is dropped: first what runs there,
/// then what it runs on.
#[derive(Debug)]
pub(crate) struct Machine {
    folder: PathBuf,
    /// The machine runs as long as this does.
    _server: Program,
}

impl Machine {
    /// Sets one up in a folder of the site's, with settings for the agent.
    pub(crate) async fn set_up(site: &Site) -> Self {
        let folder = site.folder().join("windows");
        fs::create_dir_all(&folder).expect("the test's folder can be written");
        need(WINE, "wine64");
        let mut serve = Command::new(need(SERVER, "wine64"));
        environment(&mut serve, &folder);
        serve.args(["--foreground", "--persistent"]);
        // The prefix is made by the first program, and its folder by us.
        fs::create_dir_all(folder.join("prefix")).expect("the test's folder can be written");
        let server = Program::start(serve, &folder.join("wineserver.log"));
        listens(&folder.join("prefix")).await;
        let machine = Self { folder, _server: server };
        // Any first program makes the prefix. `wineboot` by name would do it twice
        // at once, and leave two service control managers.
        let booted = machine.wine(["cmd", "/c", "ver"]).await;
        assert_eq!(booted.code, Some(0), "{}", booted.stderr);
        bcrypt::make(&machine.drive("windows/system32")).await;
        let settings = settings(site.address());
        fs::create_dir_all(machine.drive("ProgramData/Remit")).expect("drive C can be written");
        fs::write(machine.drive("ProgramData/Remit/agent.toml"), settings)
            .expect("drive C can be written");
        machine
    }

    /// The Linux name of something on drive C.
    pub(crate) fn drive(&self, path: &str) -> PathBuf {
        self.folder.join("prefix/drive_c").join(path)
    }

    /// The agent's log.
    pub(crate) fn log(&self) -> String {
        fs::read_to_string(self.drive("ProgramData/Remit/agent/agent.log")).unwrap_or_default()
    }

    /// Puts the agent onto drive C, as somebody who copies it would.
    pub(crate) fn copy_agent(&self) {
        fs::copy(agent(), self.drive("remit-agent.exe")).expect("drive C can be written");
    }

    /// What the agent says to whoever types this there.
    pub(crate) async fn agent<'a>(&self, words: impl IntoIterator<Item = &'a str>) -> Outcome {
        self.wine([r"C:\remit-agent.exe"].into_iter().chain(words)).await
    }

    /// What any program of Windows says.
    pub(crate) async fn wine<'a>(&self, words: impl IntoIterator<Item = &'a str>) -> Outcome {
        let mut wine = Command::new(WINE);
        environment(&mut wine, &self.folder);
        finish_patiently(wine.args(words)).await
    }
}

/// Waits until the server of a prefix can be found. A program that looks for it
/// while it makes its folder finds half of one, and gives up.
async fn listens(prefix: &Path) {
    eventually(SOON, "Wine's server listens", async || {
        let name = fs::read_to_string(prefix.join("wineserver")).ok()?;
        let mut servers = fs::read_dir(Path::new("/tmp").join(name.trim())).ok()?;
        servers.any(|it| it.is_ok_and(|it| it.path().join("socket").exists())).then_some(())
    })
    .await;
}

/// The Windows name of a file of ours.
pub(crate) fn from_windows(path: &Path) -> String {
    format!("Z:{}", path.display()).replace('/', r"\")
}

/// Where the agent for Windows is.
pub(crate) fn agent() -> PathBuf {
    built("remit-agent.exe")
}

/// Where a program for Windows is that was built before the tests.
pub(crate) fn built(program: &str) -> PathBuf {
    let folder = tests::binary("remit-agent").parent().map(Path::to_owned);
    let target = folder.as_deref().and_then(Path::parent).expect("tests are in target/PROFILE");
    let path = target.join("x86_64-pc-windows-gnu/debug").join(program);
    assert!(path.exists(), "{} is missing: `cargo xtask test` builds it", path.display());
    path
}

/// A program that Debian has, or how to get it.
pub(crate) fn need(program: &str, package: &str) -> PathBuf {
    let path = env::var_os("PATH").unwrap_or_default();
    let found = env::split_paths(&path).map(|it| it.join(program)).find(|it| it.is_file());
    found.unwrap_or_else(|| {
        panic!(
            "{program} is missing: `cargo xtask test` installs it as root, and so does \
             `apt-get install {package}`"
        )
    })
}

/// Runs a command to its end. What it says goes through files: what Wine starts
/// besides it would keep a pipe open for as long as the machine runs.
pub(crate) async fn finish_patiently(command: &mut Command) -> Outcome {
    let (out, err) = (said(), said());
    command.stdin(Stdio::null()).kill_on_drop(true);
    command.stdout(out.reopen().expect("it is there")).stderr(err.reopen().expect("it is there"));
    let mut child = command.spawn().expect("it can be started");
    let ended = time::timeout(PATIENCE, child.wait()).await;
    let status = ended.expect("it ends in time").expect("one's own children can be waited for");
    let text = |it: NamedTempFile| {
        fs::read(it.path()).map(|it| String::from_utf8_lossy(&it).replace('\r', ""))
    };
    Outcome {
        code: status.code(),
        stdout: text(out).expect("it is there"),
        stderr: text(err).expect("it is there"),
    }
}

fn said() -> NamedTempFile {
    NamedTempFile::new().expect("there is room for a file")
}

impl Drop for Machine {
    /// Ends what runs there; without the server it would stay behind.
    fn drop(&mut self) {
        let mut end = process::Command::new(SERVER);
        end.arg("--kill").env("WINEPREFIX", self.folder.join("prefix")).env("WINEDEBUG", "-all");
        // If that fails there is nothing left to end.
        end.status().ok();
    }
}

fn environment(command: &mut Command, folder: &Path) {
    command.env_clear().env("PATH", env::var_os("PATH").unwrap_or_default());
    command.env("HOME", folder).env("WINEPREFIX", folder.join("prefix")).env("WINEDEBUG", "-all");
    // It would offer to fetch these from the network.
    command.env("WINEDLLOVERRIDES", "mscoree,mshtml=");
}

fn settings(address: Ipv4Addr) -> String {
    format!(
        "[uplink]\nreconnect_spread = \"1s\"\n\n[ping]\nlisten = \"{address}:7447\"\n\n\
         [probe.cpu]\ninterval = \"1s\"\n\n[probe.memory]\ninterval = \"1s\"\n"
    )
}
