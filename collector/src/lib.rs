//! The collector: gathers, decides, tells.

pub mod pki;
