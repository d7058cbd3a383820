//! Where stories and their matrices lie: `tests/scenarios`.

use std::{
    fs, io,
    path::{Path, PathBuf},
};

use crate::story::MatrixText;

/// The folder of the stories.
pub fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).with_file_name("scenarios")
}

/// Every story, by the name of its file, sorted.
pub fn stories() -> io::Result<Vec<(String, String)>> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder())? {
        let path = entry?.path();
        if path.extension().is_some_and(|it| it == "scn") {
            let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
            found.push((name, fs::read_to_string(&path)?));
        }
    }
    found.sort();
    Ok(found)
}

/// The text of a matrix; `starter` is what ships.
pub fn matrix(named: &MatrixText) -> io::Result<String> {
    let text = match named.name.as_str() {
        "starter" => remit_matrix_file::STARTER.to_owned(),
        name => fs::read_to_string(folder().join(name).with_extension("toml"))?,
    };
    Ok(format!("{text}\n{}", named.more))
}
