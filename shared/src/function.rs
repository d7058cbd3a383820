//! The functions that every matrix knows; a tenant may add its own.

use crate::Function;

/// What ships: the field's eight, then the five that monitoring adds.
pub const FUNCTIONS: [(&str, &str); 13] = [
    ("endpoint_mgmt", "workstations and servers as machines"),
    ("server_patching", "updates of servers and workstations"),
    ("network_patching", "updates of switches, routers, firewalls"),
    ("backup_monitoring", "did the backups run"),
    ("backup_validation", "can they be restored"),
    ("security_tooling", "endpoint protection, detections"),
    ("help_desk", "people with questions"),
    ("vendor_mgmt", "other companies that must act"),
    ("procurement", "buying"),
    ("strategic_planning", "what to do next year"),
    ("infra_monitoring", "health of servers, disks, services, links"),
    ("lob_application", "business process and custom application logic"),
    ("on_site", "hands on the machine"),
];

/// Patches.
pub fn server_patching() -> Function {
    known("server_patching")
}

/// Backups.
pub fn backup_monitoring() -> Function {
    known("backup_monitoring")
}

/// Health of machines and links.
pub fn infra_monitoring() -> Function {
    known("infra_monitoring")
}

/// Detections and trust.
pub fn security_tooling() -> Function {
    known("security_tooling")
}

fn known(name: &str) -> Function {
    Function::new(name).expect("the names in FUNCTIONS are valid")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_shipped_function_has_a_valid_name() {
        for (name, _) in FUNCTIONS {
            assert_eq!(known(name).as_str(), name);
        }
    }
}
