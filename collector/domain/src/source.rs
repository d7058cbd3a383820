//! Systems whose alerts the collector takes in.
