//! Which alerts say nothing new because of another.
