//! What this machine is, told to the collector once per session.
//!
//! Nothing here is worth refusing to start for: what the operating system does
//! not tell is left empty.

use ring::digest;

pub use crate::platform::host::describe;

/// What goes before a machine id when it is hashed, so that our hash of it
/// matches nobody else's. Changing it makes every machine a new one.
const SALT: &str = "remit machine id 1\n";

/// What is told instead of a machine id, which is a secret of the machine's.
pub(crate) fn hashed(machine_id: &str) -> String {
    let hash = digest::digest(&digest::SHA256, format!("{SALT}{machine_id}").as_bytes());
    hash.as_ref().iter().map(|byte| format!("{byte:02x}")).collect()
}
