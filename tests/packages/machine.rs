//! A Debian with systemd as its first process, that nobody else sees.
//!
//! The root that `cargo xtask root` made lies below, what this machine changes
//! lies in a folder of its own over it. It shares our network, so that a collector
//! on loopback is in its reach. When the test ends, so does everything in it.

use std::{
    fs,
    net::Ipv4Addr,
    path::{Path, PathBuf},
    process::{self, Stdio},
    time::Duration,
};

use rustix::process::{Pid, Signal, geteuid, kill_process};
use tempfile::TempDir;
use tests::{Outcome, Program, SOON, eventually};
use tokio::{process::Command, time};

/// Installing takes longer than most things that should happen at once.
const PATIENCE: Duration = Duration::from_secs(120);

/// Lays the changes over the root, and becomes the container manager. The mount
/// is seen in this namespace alone and ends with it.
const BOOT: &str = r#"
    mount -t overlay overlay -o "lowerdir=$1,upperdir=$2/changes,workdir=$2/work" "$2/root" &&
    exec systemd-nspawn --quiet --register=no --keep-unit --resolv-conf=off --timezone=off \
        --machine="$3" --directory="$2/root" --boot
"#;

/// A booted machine.
#[derive(Debug)]
pub(crate) struct Machine {
    _manager: Program,
    first: u32,
    _folder: TempDir,
}

impl Drop for Machine {
    /// Ends everything in it before its folder is taken away.
    fn drop(&mut self) {
        let first = i32::try_from(self.first).ok().and_then(Pid::from_raw);
        if first.is_some_and(|it| kill_process(it, Signal::KILL).is_ok()) {
            let mut tail = process::Command::new("tail");
            tail.args([&format!("--pid={}", self.first), "-s0.05", "-f", "/dev/null"]);
            // A folder that is left behind harms nobody.
            let _ = tail.status();
        }
    }
}

impl Machine {
    /// Boots one.
    pub(crate) async fn boot() -> Self {
        assert!(geteuid().is_root(), "only root can boot a machine to install packages into");
        let root = made("roots/bookworm");
        let folder = tempfile::tempdir().expect("there is room for a folder");
        for part in ["changes", "work", "root"] {
            fs::create_dir(folder.path().join(part)).expect("the test's folder can be written");
        }
        let name = folder.path().file_name().expect("the folder has a name").to_string_lossy();
        let name = format!("remit-{}", name.trim_start_matches('.').to_lowercase());
        let mut boot = Command::new("unshare");
        boot.args(["--mount", "sh", "-c", BOOT, "sh"]).arg(root).arg(folder.path()).arg(name);
        let mut manager = Program::start(boot, &folder.path().join("console.log"));
        let first = eventually(SOON, "the machine has a first process", async || {
            assert!(manager.ended().is_none(), "it does not boot: {}", manager.log());
            let pid = manager.pid();
            let children = fs::read_to_string(format!("/proc/{pid}/task/{pid}/children")).ok()?;
            let first = children.split_whitespace().next()?.parse().ok()?;
            let name = fs::read_to_string(format!("/proc/{first}/comm")).ok()?;
            (name.trim() == "systemd").then_some(first)
        })
        .await;
        let machine = Self { _manager: manager, first, _folder: folder };
        eventually(PATIENCE, "the machine is up", async || {
            let state = machine.run("systemctl is-system-running").await.stdout;
            matches!(state.trim(), "running" | "degraded").then_some(())
        })
        .await;
        machine
    }

    /// A path of the machine's, from outside.
    pub(crate) fn path(&self, path: &str) -> PathBuf {
        PathBuf::from(format!("/proc/{}/root{path}", self.first))
    }

    /// Puts a file there.
    pub(crate) fn put(&self, from: &Path, to: &str) {
        fs::copy(from, self.path(to)).expect("what is put there was made before");
    }

    /// Writes a file there.
    pub(crate) fn write(&self, to: &str, text: &str) {
        fs::write(self.path(to), text).expect("the machine has a disk that can be written");
    }

    /// Reads a file there.
    pub(crate) fn read(&self, path: &str) -> Option<String> {
        fs::read_to_string(self.path(path)).ok()
    }

    /// What root types there.
    pub(crate) async fn run(&self, line: &str) -> Outcome {
        let mut enter = Command::new("nsenter");
        enter.args(["--target", &self.first.to_string()]);
        enter.args(["--mount", "--uts", "--ipc", "--pid", "--root", "--wd"]);
        enter.args(["sh", "-c", line]).env_clear();
        enter.env("PATH", "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin");
        enter.env("DEBIAN_FRONTEND", "noninteractive").env("LC_ALL", "C");
        enter.stdin(Stdio::null()).kill_on_drop(true);
        let output = time::timeout(PATIENCE, enter.output()).await;
        let output = output.unwrap_or_else(|_elapsed| panic!("`{line}` does not end"));
        let output = output.expect("nsenter can be started");
        Outcome {
            code: output.status.code(),
            stdout: String::from_utf8_lossy(&output.stdout).into_owned(),
            stderr: String::from_utf8_lossy(&output.stderr).into_owned(),
        }
    }

    /// What root types there, and what must work; gives what it says.
    pub(crate) async fn must(&self, line: &str) -> String {
        let Outcome { code, stdout, stderr } = self.run(line).await;
        if code != Some(0) {
            let journal = self.run("journalctl --unit 'remit-*' --no-pager --output cat").await;
            panic!("`{line}` ended with {code:?}: {stdout}{stderr}\n{}", journal.stdout);
        }
        stdout.trim().to_owned()
    }

    /// The main process of a service; 0 if it does not run.
    pub(crate) async fn main_pid(&self, service: &str) -> u32 {
        let said = self.must(&format!("systemctl show -p MainPID --value {service}")).await;
        said.parse().expect("systemd gives a number")
    }

    /// Waits until a service runs, and gives its main process.
    pub(crate) async fn running(&self, service: &str) -> u32 {
        eventually(SOON, "the service runs", async || {
            let active = self.run(&format!("systemctl is-active {service}")).await;
            let pid = self.main_pid(service).await;
            (active.stdout.trim() == "active" && pid != 0).then_some(pid)
        })
        .await
    }

    /// Everything on its disk whose name speaks of us, without what lies in /tmp.
    pub(crate) async fn traces(&self) -> String {
        let find =
            "find / -xdev -path /tmp -prune -o -path /proc -prune -o -iname '*remit*' -print";
        self.must(find).await
    }
}

/// Settings that keep an agent off addresses of other tests, and quick.
pub(crate) fn settings(address: Ipv4Addr) -> String {
    format!(
        "[uplink]\nreconnect_spread = \"1s\"\n\n[ping]\nlisten = \"{address}:7447\"\n\n\
         [probe.memory]\ninterval = \"1s\"\n\n[probe.patch-apt]\nenabled = false\n"
    )
}

/// The endpoint that an agent says it became.
pub(crate) fn endpoint(said: &str) -> String {
    let id = said.split_whitespace().find(|it| it.starts_with("end_"));
    id.expect("it says what it became").to_owned()
}

/// A package that was made for the tests: of this version, or the next.
pub(crate) fn package(version: &str, beginning: &str, end: &str) -> PathBuf {
    let folder = made(version);
    let entries = fs::read_dir(&folder).expect("the folder can be listed");
    let names = entries.map(|it| it.expect("the folder can be listed").file_name());
    let found = names.map(|it| it.to_string_lossy().into_owned()).find(|it| {
        let rest = it.strip_prefix(beginning);
        // `remit` and `remit-agent` begin alike.
        rest.is_some_and(|it| it.chars().nth(1).is_some_and(|it| it.is_ascii_digit()))
            && it.ends_with(end)
    });
    folder.join(found.expect("the package was made"))
}

/// What `cargo xtask test` made before the tests began.
fn made(what: &str) -> PathBuf {
    let test = std::env::current_exe().expect("a running test has an executable");
    let target = test.ancestors().nth(3).expect("tests are in target/PROFILE/deps");
    let path = target.join(what);
    assert!(path.exists(), "{} is missing; run: cargo xtask test", path.display());
    path
}
