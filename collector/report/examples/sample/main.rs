//! Writes a made-up month in every format, to be looked at.
//!
//! ```text
//! cargo run -p remit-report --example sample -- <folder>
//! ```

#![expect(clippy::unwrap_used, reason = "what is made up is known to be well formed")]

mod acme;

use std::{env, error::Error, fs, path::PathBuf};

use remit_collector_domain::report::{month, report};
use remit_report::{Format, file_name, render};

fn main() -> Result<(), Box<dyn Error>> {
    let folder = PathBuf::from(env::args().nth(1).ok_or("name a folder to write to")?);
    fs::create_dir_all(&folder)?;
    let report = report(&acme::input(month));
    for format in Format::ALL {
        fs::write(folder.join(file_name(&report, format)), render(&report, format))?;
    }
    Ok(())
}
