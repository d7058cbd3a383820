//! Where a service finds what it needs.

use std::path::PathBuf;

/// Where things are, if not where they usually are.
#[derive(Clone, Debug, Default)]
pub struct Placement {
    /// The settings.
    pub config: Option<PathBuf>,
    /// The state folder.
    pub state_dir: Option<PathBuf>,
}
