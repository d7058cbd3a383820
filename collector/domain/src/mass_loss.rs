//! wip

/// The check that speaks of sites.
pub const SITE_UNREACHABLE: &str = "site-unreachable";
