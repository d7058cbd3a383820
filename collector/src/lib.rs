//! The collector: gathers, decides, tells.

<<<<<<< HEAD
pub mod adapters;
pub mod config;
pub mod ports;
=======
pub mod pki;
>>>>>>> trust
