//! `remit login` and `remit whoami`.

use std::{fs, io, path::Path};

use remit_proto::v1;
use remit_runtime::credential::Credential;

use super::whole;
use crate::{
    args::Global,
    client::Client,
    failure::{Exit, Failure},
    out::Out,
    view::operator::Me,
};

/// Installs a credential that the collector accepts, and no other.
pub(super) async fn login(
    file: &Path,
    global: &Global,
    out: &mut Out<'_>,
) -> Result<Exit, Failure> {
    let credential = Credential::read(file)?;
    let client = Client::connect(credential, global.timeout.unsigned()).await?;
    let path = global.credential()?;
    let me = ask(&client, &path).await?;
    if let Some(folder) = path.parent() {
        make_private(folder).map_err(|err| {
            let failure = Failure::broken(&err);
            Failure {
                message: format!("failed to make {}: {}", folder.display(), failure.message),
                ..failure
            }
        })?;
    }
    client.credential.write(&path)?;
    out.show(&me)?;
    Ok(Exit::OK)
}

/// Shows who the collector takes us for.
pub(super) async fn whoami(global: &Global, out: &mut Out<'_>) -> Result<Exit, Failure> {
    let client = global.connect().await?;
    out.show(&ask(&client, &global.credential()?).await?)?;
    Ok(Exit::OK)
}

async fn ask(client: &Client, path: &Path) -> Result<Me, Failure> {
    let answer = client.call(client.operators().who_am_i(v1::WhoAmIRequest {})).await?;
    Ok(Me {
        operator: whole(answer.operator)?.into(),
        collector: client.address.clone(),
        collector_version: answer.collector_version,
        credential: path.display().to_string(),
    })
}

#[cfg(unix)]
fn make_private(folder: &Path) -> io::Result<()> {
    use std::os::unix::fs::DirBuilderExt as _;
    fs::DirBuilder::new().recursive(true).mode(0o700).create(folder)
}

#[cfg(not(unix))]
fn make_private(folder: &Path) -> io::Result<()> {
    fs::create_dir_all(folder)
}
