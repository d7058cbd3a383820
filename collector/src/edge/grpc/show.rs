//! Values of the domain as messages of the operator plane.

pub(crate) mod alert;
pub(crate) mod change;
pub(crate) mod endpoint;
pub(crate) mod sla;
pub(crate) mod window;
