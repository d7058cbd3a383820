//! `remit`: what a NOC or an internal IT person types at two in the morning.

use std::process::ExitCode;

fn main() -> ExitCode {
    remit_runtime::tls::install_provider();
    remit_ctl::main()
}
