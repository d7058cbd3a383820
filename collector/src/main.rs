//! `remit-collector`: gathers what agents report, decides whose remit it is,
//! and tells them.

use std::process::ExitCode;

use remit_collector::cli;
use remit_runtime::clock::SystemClock;

fn main() -> ExitCode {
    remit_runtime::tls::install_provider();
    cli::main(SystemClock)
}
