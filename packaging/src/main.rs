//! `cargo xtask`: everything that is not the product.

mod codegen;

use clap::Parser;

/// Builds, checks and packages Remit.
#[derive(Parser)]
#[command(name = "cargo xtask")]
enum Task {
    /// Writes the Rust code for proto/remit/v1, or checks that it is fresh.
    Codegen {
        /// Change nothing; fail if the committed code is stale.
        #[arg(long)]
        check: bool,
    },
}

fn main() -> anyhow::Result<()> {
    match Task::parse() {
        Task::Codegen { check } => codegen::run(check),
    }
}
