//! `remit-agent`: measures one machine and reports.

use std::process::ExitCode;

use remit_agent::cli;

fn main() -> ExitCode {
    remit_runtime::tls::install_provider();
    cli::main()
}
