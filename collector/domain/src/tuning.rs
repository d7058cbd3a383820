//! Better limits for a noisy rule, tried on the past first.
