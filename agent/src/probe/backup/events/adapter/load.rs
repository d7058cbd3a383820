//! The shipped tables, and those that an administrator adds.

use std::{fs, io, path::Path};

use remit_runtime::config::{ConfigError, Document};

use super::{Adapter, raw};

/// Every table that comes with the agent, by its file's name.
const SHIPPED: [(&str, &str); 8] = [
    ("backup-assist.toml", include_str!("../../../../../adapters/backup-assist.toml")),
    ("cove.toml", include_str!("../../../../../adapters/cove.toml")),
    ("redstor.toml", include_str!("../../../../../adapters/redstor.toml")),
    ("unitrends.toml", include_str!("../../../../../adapters/unitrends.toml")),
    ("vault-logix.toml", include_str!("../../../../../adapters/vault-logix.toml")),
    ("veeam-agent.toml", include_str!("../../../../../adapters/veeam-agent.toml")),
    ("veeam-br.toml", include_str!("../../../../../adapters/veeam-br.toml")),
    (
        "windows-server-backup.toml",
        include_str!("../../../../../adapters/windows-server-backup.toml"),
    ),
];

/// The tables that come with the agent.
pub fn shipped() -> Result<Vec<Adapter>, ConfigError> {
    SHIPPED.iter().map(|(name, text)| parse(Path::new(name), (*text).to_owned())).collect()
}

/// The shipped tables and those of a folder's `*.toml` files, in the order of
/// their names. A product's last table counts. There need be no folder.
pub fn load(folder: &Path) -> Result<Vec<Adapter>, ConfigError> {
    let mut adapters = shipped()?;
    let mut paths = match fs::read_dir(folder) {
        Ok(entries) => {
            let paths = entries.map(|it| it.map(|it| it.path()));
            paths.collect::<Result<Vec<_>, _>>().map_err(|source| read(folder, source))?
        }
        Err(err) if err.kind() == io::ErrorKind::NotFound => Vec::new(),
        Err(source) => return Err(read(folder, source)),
    };
    paths.retain(|it| it.extension().is_some_and(|it| it == "toml"));
    paths.sort();
    for path in paths {
        let text = fs::read_to_string(&path).map_err(|source| read(&path, source))?;
        let adapter = parse(&path, text)?;
        adapters.retain(|it| it.product != adapter.product);
        adapters.push(adapter);
    }
    Ok(adapters)
}

pub(super) fn parse(path: &Path, text: String) -> Result<Adapter, ConfigError> {
    raw::check(&Document::parse(path, text)?)
}

fn read(path: &Path, source: io::Error) -> ConfigError {
    ConfigError::Read { path: path.to_owned(), source }
}
