//! collector.
fn main() {}
