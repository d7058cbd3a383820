//! The agent as it ships, with a state folder of its own.
