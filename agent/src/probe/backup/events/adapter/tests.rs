use std::{fs, path::Path};

use proptest::prelude::*;

use super::{load::parse, *};

const GOOD: &str = "\
product = 'x'
title = 'X'

[[log]]
channel = 'Application'
provider = 'X'

[[log.event]]
id = 1
tells = 'finished'
result = 'success'
";

fn error(text: &str) -> String {
    parse(Path::new("x.toml"), text.to_owned()).unwrap_err().to_string()
}

#[test]
fn the_shipped_tables_are_sound_and_say_which_are_guesses() {
    let adapters = shipped().unwrap();
    let experimental: Vec<_> =
        adapters.iter().filter(|it| it.experimental).map(|it| &*it.product).collect();
    assert_eq!(experimental, ["backup-assist", "cove", "redstor", "unitrends", "vault-logix"]);
    let products: std::collections::BTreeSet<_> = adapters.iter().map(|it| &it.product).collect();
    assert_eq!(products.len(), adapters.len());
}

#[test]
fn what_is_wrong_is_told_by_file_line_and_key() {
    for (from, to, expected) in [
        (
            "provider",
            "povider",
            "x.toml:6: log.1.povider: unknown field `povider`, expected one of `channel`, `provider`, `same_run_within`, `event`",
        ),
        (
            "'success'",
            "'great'",
            "x.toml:11: log.1.event.1.result: `great` is not a run result: use one of success, warning, partial, failed, cancelled, skipped, running, unknown",
        ),
        (
            "'finished'",
            "'done'",
            "x.toml:10: log.1.event.1.tells: `done` is nothing that an event tells: use started, finished, object, remark, removed or nothing",
        ),
        (
            "'finished'",
            "'object'",
            "x.toml:10: log.1.event.1.tells: an object needs `session` and `object`",
        ),
        (
            "result = 'success'",
            "",
            "x.toml:10: log.1.event.1.tells: needs `result` or `result_of` beside it",
        ),
        (
            "id = 1\n",
            "",
            "x.toml:9: log.1.event.1.tells: needs one of `id = 190`, `ids = [..]` and `other = true` beside it",
        ),
        (
            "id = 1\n",
            "id = 1\nother = true\n",
            "x.toml:11: log.1.event.1.tells: needs one of `id = 190`, `ids = [..]` and `other = true` beside it",
        ),
        (
            "id = 1\n",
            "id = 1\nlevels = ['bad']\n",
            "x.toml:10: log.1.event.1.levels: `bad` is no level: use information, warning or error",
        ),
        (
            "id = 1\n",
            "id = 1\njob = [{ at = 0 }]\n",
            "x.toml:10: log.1.event.1.job.1: places count from 1, and from -1 at the end",
        ),
        (
            "id = 1\n",
            "id = 1\njob = [{ text = 'a', at = 1 }]\n",
            "x.toml:10: log.1.event.1.job.1: needs `param`, `at` or both, or else `anywhere` or `text` alone",
        ),
        (
            "id = 1\n",
            "id = 1\njob = [{ txt = 'a' }]\n",
            "x.toml:10: log.1.event.1.job.1.txt: unknown field `txt`, expected one of `param`, `at`, `between`, `anywhere`, `text`",
        ),
        (
            "'Application'",
            "\"Appli'cation\"",
            "x.toml:5: log.1.channel: must have 1 to 200 bytes and no quotes or brackets",
        ),
        (
            "product = 'x'",
            "product = 'X Y'",
            "x.toml:1: product: must be 1 to 40 of a-z, 0-9 and `-`",
        ),
    ] {
        let text = GOOD.replace(from, to);
        assert_ne!(text, GOOD);
        assert_eq!(error(&text), expected);
    }
    let twice = format!("{GOOD}\n[[log.event]]\nids = [2, 1]\ntells = 'nothing'\n");
    assert_eq!(
        error(&twice),
        "x.toml:13: log.1.event.2: event 1 has a row above, so that this never counts"
    );
}

#[test]
fn an_administrators_table_comes_with_the_others_or_takes_their_place() {
    let folder = tempfile::tempdir().unwrap();
    let count = load(folder.path()).unwrap().len();
    fs::write(folder.path().join("own.toml"), GOOD).unwrap();
    fs::write(folder.path().join("notes.txt"), "not a table").unwrap();
    fs::write(folder.path().join("veeam.toml"), GOOD.replace("'x'", "'veeam-br'")).unwrap();
    let adapters = load(folder.path()).unwrap();
    assert_eq!(adapters.len(), count + 1);
    let title = |product: &str| &adapters.iter().find(|it| it.product == product).unwrap().title;
    assert_eq!((&**title("x"), &**title("veeam-br")), ("X", "X"));

    fs::write(folder.path().join("bad.toml"), "product = 5").unwrap();
    let err = load(folder.path()).unwrap_err().to_string();
    assert!(err.contains("bad.toml:1: product: invalid type"), "{err}");
}

#[test]
fn a_missing_folder_adds_nothing() {
    assert_eq!(load(Path::new("/nonexistent/adapters.d")).unwrap(), shipped().unwrap());
}

proptest! {
    #[test]
    fn any_text_is_a_table_or_an_error(text in "\\PC{0,200}") {
        let _ = parse(Path::new("x.toml"), text);
    }

    #[test]
    fn a_spoiled_table_is_no_panic(at in 0..GOOD.len(), byte in 9_u8..127) {
        let mut bytes = GOOD.as_bytes().to_vec();
        bytes[at] = byte;
        let _ = parse(Path::new("x.toml"), String::from_utf8(bytes).unwrap());
    }
}
