//! What was promised, and how the time was spent.
