//! Which messages travel together.
