//! Which rules cry wolf.
