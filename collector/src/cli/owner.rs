//! Whose data folder it is.
//!
//! Where a package or an administrator has given the folder to a user of its
//! own, what root writes into it is what the service cannot read afterwards.
//! So root is asked to act as that user.

use std::{
    fs, io,
    os::unix::fs::MetadataExt as _,
    path::{Path, PathBuf},
};

use rustix::process::geteuid;

/// Why nothing was done in a data folder.
#[derive(Debug, thiserror::Error)]
pub(super) enum OwnerError {
    #[error(
        "{} belongs to {owner}, and what root writes there the service could not read; nothing was changed; do it as {owner}: runuser -u {owner} -- remit-collector …",
        folder.display()
    )]
    SomebodyElse { folder: PathBuf, owner: String },
    #[error("failed to look at {}", folder.display())]
    Unseen {
        folder: PathBuf,
        #[source]
        source: io::Error,
    },
}

/// Refuses to act as root in what is somebody else's.
pub(super) fn check(folder: &Path) -> Result<(), OwnerError> {
    let metadata = match fs::metadata(folder) {
        Ok(metadata) => metadata,
        Err(err) if err.kind() == io::ErrorKind::NotFound => return Ok(()),
        Err(source) => return Err(OwnerError::Unseen { folder: folder.to_owned(), source }),
    };
    if !geteuid().is_root() || metadata.uid() == 0 {
        return Ok(());
    }
    // A user that is not in the file has at least a number.
    let users = fs::read_to_string("/etc/passwd").unwrap_or_default();
    let owner = name_of(metadata.uid(), &users);
    Err(OwnerError::SomebodyElse { folder: folder.to_owned(), owner })
}

fn name_of(user: u32, users: &str) -> String {
    let number = user.to_string();
    let line = users.lines().find(|it| it.split(':').nth(2) == Some(&number));
    let name = line.and_then(|it| it.split(':').next());
    name.map_or(number.clone(), str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_owner_is_named_or_numbered() {
        let users = "root:x:0:0::/root:/bin/sh\nremit-collector:x:103:106::/:/usr/sbin/nologin\n";
        assert_eq!(name_of(103, users), "remit-collector");
        assert_eq!(name_of(104, users), "104");
    }

    #[test]
    fn a_folder_that_is_not_there_yet_is_nobodys() {
        assert!(check(Path::new("/remit/has/no/such/folder")).is_ok());
    }
}
