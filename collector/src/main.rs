//! `remit-collector`: gathers what agents report, decides whose remit it is,
//! and tells them.

use std::process::ExitCode;

use mimalloc::MiMalloc;
use remit_collector::cli;
use remit_runtime::clock::SystemClock;

/// Reports and alerts are many small values that come and go: with the system's
/// allocator, a third of the time is its own.
#[global_allocator]
static ALLOCATOR: MiMalloc = MiMalloc;

fn main() -> ExitCode {
    remit_runtime::tls::install_provider();
    cli::main(SystemClock)
}
