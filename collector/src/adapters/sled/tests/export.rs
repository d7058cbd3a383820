//! Out of the folder as text, and back.

use remit_collector_domain::{audit::Chains, effect::Effect};

use super::*;
use crate::{adapters::sled::record::encode, ports::store::sha256};

const FORMAT: &str = r#"{"key":"m/format","json":1}"#;

#[tokio::test]
async fn an_export_says_everything_and_can_be_read_back() {
    let (one, two) = (TempDir::new().unwrap(), TempDir::new().unwrap());
    fill(&open(one.path())).await;
    let mut text = Vec::new();
    let lines = export(one.path(), &mut text).unwrap();
    assert_eq!(import(two.path(), &mut text.as_slice()).unwrap(), lines);
    let mut again = Vec::new();
    export(two.path(), &mut again).unwrap();
    assert!(text == again, "the copy exports the same");

    let (one, two) = (open(one.path()), open(two.path()));
    assert_eq!(one.all::<Endpoint>().await.unwrap(), two.all::<Endpoint>().await.unwrap());
    assert_eq!(one.all::<Alert>().await.unwrap(), two.all::<Alert>().await.unwrap());
    assert_eq!(one.owed(0, 99).await.unwrap(), two.owed(0, 99).await.unwrap());
    assert_eq!(one.feed(0, 99).await.unwrap(), two.feed(0, 99).await.unwrap());
    assert_eq!(one.audit(0, 99).await.unwrap(), two.audit(0, 99).await.unwrap());
    assert_eq!(one.listened().await.unwrap(), two.listened().await.unwrap());
    let history = async |store: &SledStore| {
        let series = sample::series("memory_used", "");
        let (from, to) = (sample::minute(0), sample::minute(999));
        store.history(sample::endpoint_id(1), &series, from, to, 999).await.unwrap()
    };
    let points = history(&one).await;
    assert_eq!(points.len(), 3);
    assert_eq!(history(&two).await, points);
}

async fn fill(store: &SledStore) {
    let owes = vec![sample::event(1, 1), sample::deed("a", 1), sample::signal("s")];
    for (expected, at) in [(0, 0), (1, 5), (2, 500)] {
        let frames = vec![sample::frame(at, &[(0, Some(at))])];
        let record = sample::endpoint(1);
        let commit = Commit { frames, ..Commit::new(record, expected, owes.clone()) };
        store.commit(commit).await.unwrap();
    }
    let mut token = sample::token(1);
    token.created_by = "long ".repeat(9_000);
    commit(store, token, 0).await;
    commit(store, sample::alert(1, sample::endpoint_id(1), "/", 0), 0).await;
    commit(store, sample::operator(1), 0).await;
    commit(store, sample::matrix(1), 0).await;
    store.note_listened(SignedDuration::from_mins(7)).await.unwrap();
}

#[test]
fn an_import_refuses_what_it_does_not_understand() {
    let newer = format!("has format 7, and this version knows formats up to {}", migrate::FORMAT);
    for (text, told) in [
        ("", "the export does not begin with its format"),
        (r#"{"key":"m/listened","json":"PT1S"}"#, "the export does not begin with its format"),
        (r#"{"key":"m/format","json":7}"#, newer.as_str()),
        (&format!("{FORMAT}\nx"), "line 2 is not a line of an export"),
        (&format!("{FORMAT}\n{{\"key\":\"q/1\",\"json\":1}}"), "`q/1` is not a key of the store"),
        (
            &format!("{FORMAT}\n{{\"key\":\"m/feed\",\"hex\":\"00\"}}"),
            "needs either `json` or `hex`",
        ),
        (&format!("{FORMAT}\n{{\"key\":\"m/feed\",\"json\":-1}}"), "`m/feed` is damaged"),
        (&format!("{FORMAT}\n{FORMAT}"), "line 2 is not a line of an export: `m/format` is a"),
        (&format!("{FORMAT}\n{{\"key\":\"m/values\",\"json\":[2,9]}}"), "`m/values` is a data"),
        (&format!("{FORMAT}\n{{\"key\":\"m/written\",\"json\":9}}"), "`m/written` is a data"),
    ] {
        let folder = TempDir::new().unwrap();
        let err = import(folder.path(), &mut text.as_bytes()).unwrap_err();
        let said = Chain(&err).to_string();
        assert!(said.contains(told), "{said}");
    }
}

#[test]
fn an_import_needs_an_empty_folder_and_half_of_one_is_not_opened() {
    let folder = TempDir::new().unwrap();
    let Effect::Audit(entry) = sample::deed("a", 0) else { unreachable!() };
    let sealed = Chains::default().append(entry, false, sha256);
    let entry = String::from_utf8(encode(&sealed)).unwrap();
    let line = |it| format!("{{\"key\":\"d/{it}\",\"json\":{entry}}}\n");
    let text = format!("{FORMAT}\n{}x\n", (0..150).map(line).collect::<String>());
    import(folder.path(), &mut text.as_bytes()).unwrap_err();
    assert!(refusal(folder.path()).ends_with("it is damaged, or an import was cut off"));
    let err = import(folder.path(), &mut FORMAT.as_bytes()).unwrap_err();
    assert_eq!(err.to_string(), "the data folder is not empty");
}
