//! What is known about a machine's services.

/// One look at the service manager.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ServiceScan {
    /// Which manager: `systemd`.
    pub manager: String,
    /// Services that have failed, sorted by name.
    pub failed: Vec<FailedUnit>,
    /// How many are running.
    pub running: u64,
}

/// A service that should be well and is not.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FailedUnit {
    /// Its name: `postgresql.service`.
    pub name: String,
    /// What the manager says of it: `failed/exit-code`.
    pub state: String,
    /// What it is for, in its own words.
    pub description: String,
}
