//! What is known about a machine's updates.

use jiff::Timestamp;

use crate::PatchState;

/// One look at one package manager's updates.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PatchScan {
    /// Which package manager: `apt`, `wua`.
    pub manager: String,
    /// What is updated, to its last digit, where the manager says so:
    /// `Windows Server 2022 21H2 ServerStandard, build 20348.2227`.
    pub system: String,
    /// Who decides about updates here, where that can be told:
    /// `WSUS https://wsus.example`, `nobody: automatic updates are off`.
    pub managed_by: String,
    /// Updates that are not installed, sorted by package.
    pub items: Vec<PatchItem>,
    /// Whether the machine must be restarted for what is already installed.
    pub reboot: Reboot,
    /// When updates were last installed successfully, if history says.
    pub last_patched_at: Option<Timestamp>,
}

impl PatchScan {
    /// Updates that could be installed now: what is held or phased does not count.
    pub fn available(&self) -> impl Iterator<Item = &PatchItem> {
        self.items.iter().filter(|it| it.state == PatchState::Available)
    }
}

/// One update that is not installed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PatchItem {
    /// The package, with its architecture where the manager gives one.
    pub package: String,
    /// The version that is installed.
    pub installed: String,
    /// The version that could be.
    pub candidate: String,
    /// Where the new version comes from: `Debian-Security:12/oldstable-security`.
    pub origins: Vec<String>,
    /// Whether one of the origins is a security archive.
    pub security: bool,
    /// What else it is known by: `KB5034129`, `CVE-2024-20674`. Managers name
    /// some and not all, so that none here proves nothing.
    pub advisories: Vec<String>,
    /// How the last try to install it failed, if it did.
    pub failure: String,
    /// Whether it may be installed now.
    pub state: PatchState,
}

/// Whether a restart is due, and who says so.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Reboot {
    /// `None` where nobody can tell.
    pub required: Option<bool>,
    /// Who says so, each with its reason: `/run/reboot-required: linux-image-6.1`.
    pub reasons: Vec<String>,
    /// Since when, as far as the source tells.
    pub since: Option<Timestamp>,
}
