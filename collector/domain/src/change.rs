//! Changes that both parties must agree to.
