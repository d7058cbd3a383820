//! What a shift leaves behind, and whether it is finished.
