//! What a machine says about itself when it connects.

use jiff::Timestamp;

/// What a machine is. Told once per session, and data, never identity.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Host {
    /// Its own name for itself.
    pub hostname: String,
    /// `linux`, `windows`.
    pub os: String,
    /// `Debian GNU/Linux 12 (bookworm)`.
    pub os_version: String,
    /// `6.1.0-30-amd64`.
    pub kernel: String,
    /// `x86_64`.
    pub arch: String,
    /// The agent's version.
    pub agent_version: String,
    /// A hash that stays the same for one installation of an operating system.
    pub machine_id: String,
    /// When it was started, if it can tell.
    pub booted_at: Option<Timestamp>,
    /// Its IANA time zone, if it can tell.
    pub zone: String,
}
