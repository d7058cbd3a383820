//! Values of the domain as messages of the operator plane.

pub mod alert;
pub mod endpoint;
