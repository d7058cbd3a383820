//! What the starter matrix says of backups, written down a second time.
//!
//! The collector reads the file; these lines are what a human reads in it. The
//! check compares the two.

/// The matrix that every site begins with.
pub(super) const STARTER: &str = "collector/matrix/starter.toml";

/// The customer in it.
pub(super) const TENANT: &str = "acme";

/// Its one site.
pub(super) const SITE: &str = "hq";

/// The teams in it.
pub(super) const INTERNAL: &str = "internal-it";
pub(super) const PROVIDER: &str = "provider-noc";

/// The function that backups belong to.
pub(super) const BACKUPS: &str = "backup_monitoring";

/// Who looks after backups: in office hours by the row `infrastructure`, at
/// any other time by `after-hours`; the same team in both.
pub(super) const BACKUP_OWNER: &str = PROVIDER;
