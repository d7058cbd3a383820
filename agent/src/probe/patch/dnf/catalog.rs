//! Where dnf keeps the metadata that it answers from: a folder for each
//! repository, named by its identifier and a sum of its addresses.

use std::{fs, io};

use jiff::Timestamp;

use crate::probe::{
    ProbeError,
    patch::{
        dnf::Dialect,
        rpm::{
            System,
            catalog::{self, Catalog},
        },
    },
};

/// Looks at the metadata of these repositories.
pub(super) fn read(
    system: &System,
    dialect: Dialect,
    repositories: &[String],
    now: Timestamp,
) -> Result<Catalog, ProbeError> {
    let cache = match dialect {
        Dialect::Four => "/var/cache/dnf",
        Dialect::Five => "/var/cache/libdnf5",
    };
    let failed = |err| ProbeError::read(cache, err);
    let folders = match fs::read_dir(system.path(cache)) {
        Ok(entries) => entries.collect::<Result<Vec<_>, _>>().map_err(failed)?,
        Err(err) if err.kind() == io::ErrorKind::NotFound => Vec::new(),
        Err(err) => return Err(failed(err)),
    };
    let of = |id: &String| {
        let of = folders.iter().filter(|it| is_of(&it.file_name().to_string_lossy(), id));
        (id.clone(), of.map(|it| it.path().join("repodata")).collect())
    };
    catalog::read(repositories.iter().map(of), now).map_err(failed)
}

/// `baseos-63d2e29dc17bc750` is a folder of `baseos`.
fn is_of(folder: &str, id: &str) -> bool {
    let sum = folder.strip_prefix(id).and_then(|it| it.strip_prefix('-'));
    sum.is_some_and(|it| it.len() == 16 && it.bytes().all(|it| it.is_ascii_hexdigit()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_repository_is_not_taken_for_one_whose_name_begins_alike() {
        assert!(is_of("base-0123456789abcdef", "base"));
        assert!(!is_of("base-more-0123456789abcdef", "base"));
        assert!(is_of("base-more-0123456789abcdef", "base-more"));
        assert!(!is_of("base-filenames.solvx", "base"));
    }
}
