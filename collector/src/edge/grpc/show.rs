//! Values of the domain as messages of the operator plane.

pub(crate) mod alert;
pub(crate) mod endpoint;
pub(crate) mod report;
pub(crate) mod sla;
pub(crate) mod window;
