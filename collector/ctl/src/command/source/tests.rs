use std::fs;

use remit_proto::v1;

use crate::{
    failure::Exit,
    testing::{Record, recorded},
};

const ID: &str = "src_51d0c7aa5d0c4f7e9a550f3b8a2c1d00";

fn source() -> Option<v1::Source> {
    Some(v1::Source { source_id: ID.into(), name: "prometheus".into(), ..Default::default() })
}

#[tokio::test]
async fn a_token_is_shown_once_or_kept_in_a_file() {
    let (token, path) = ("s3cret".to_owned(), "/api/v2/alerts".to_owned());
    let created = v1::CreateSourceResponse { source: source(), token: token.clone(), path };
    let rotated = v1::RotateSourceTokenResponse { source: source(), token };
    let record = Record::default().saying(created).saying(rotated);
    let (_collector, desk) = recorded(&record);
    let create = "source create --tenant acme --site hq --name prometheus --kind alertmanager";
    let said = desk.type_in(create).await;
    assert_eq!((said.exit, said.stdout.as_str()), (Exit::OK, "s3cret\n"), "{said:?}");
    assert!(said.stderr.contains(ID), "{said:?}");

    let said = desk.type_in(&format!("source rotate {ID} --now --out {{}}/token")).await;
    assert_eq!(said.exit, Exit::OK, "{said:?}");
    assert!(!said.stdout.contains("s3cret"), "{said:?}");
    assert_eq!(fs::read_to_string(desk.path("token")).unwrap(), "s3cret\n");
    assert!(record.asked::<v1::RotateSourceTokenRequest>().unwrap().immediately);
}

#[tokio::test]
async fn a_mapping_is_read_before_anything_is_made() {
    let record = Record::default();
    let (_collector, desk) = recorded(&record);
    let create = "source create --tenant acme --site hq --name ups --kind events";
    let said = desk.type_in(&format!("{create} --mapping {{}}/none.toml")).await;
    assert_eq!(said.exit, Exit(1), "{said:?}");
    assert!(said.stderr.contains("failed to read"), "{said:?}");
    assert_eq!(record.asked::<v1::CreateSourceRequest>(), None);
}

#[tokio::test]
async fn a_source_is_revoked_only_on_purpose() {
    let record = Record::default().saying(v1::RevokeSourceResponse { source: source() });
    let (_collector, desk) = recorded(&record);
    assert_eq!(desk.type_in(&format!("source revoke {ID}")).await.exit, Exit(2));
    assert_eq!(record.asked::<v1::RevokeSourceRequest>(), None);
    assert_eq!(desk.type_in(&format!("source revoke {ID} --yes")).await.exit, Exit::OK);
}
