//! Matters that are known, documented, and looked at again by a date.
