use std::fs;

use rcgen::{KeyPair, PublicKeyData as _};
use remit_proto::v1;
use remit_runtime::credential::Credential;
use serde_json::Value;

use crate::{
    failure::Exit,
    sign,
    testing::{Answers, Desk, Record, recorded, site},
};

const ID: &str = "chg_3f0c9a515d0c4f7e9a550f3b8a2c1d00";

/// A change with this text, and what comes of agreeing to it.
fn proposed(text: &str, sha256: &str) -> Record {
    let change = v1::Change {
        change_id: ID.into(),
        title: "nights".into(),
        state: v1::ChangeState::Proposed.into(),
        text: text.into(),
        sha256: sha256.into(),
        diff: "+row = \"nights\"".into(),
        ..Default::default()
    };
    let approved = v1::Change { state: v1::ChangeState::Approved.into(), ..change.clone() };
    Record::default()
        .saying(v1::GetChangeResponse { change: Some(change.clone()) })
        .saying(v1::ListChangesResponse { changes: vec![change], ..Default::default() })
        .saying(v1::ApproveChangeResponse { change: Some(approved.clone()) })
        .saying(v1::ApplyChangeResponse { change: Some(approved), token: "s3cret".into() })
}

#[tokio::test]
async fn whoever_agrees_sees_what_to_and_signs_just_that() {
    let hash = sign::sha256("the text");
    let record = proposed("the text", &hash);
    let (_collector, desk) = recorded(&record);
    let said = desk.answer("change approve 3f0c --note fine", b"y\n").await;
    assert_eq!(said.exit, Exit::OK, "{said:?}");
    assert!(said.stdout.contains("+row = \"nights\""), "{said:?}");
    assert!(said.stderr.contains(&format!("agree to {ID}, {}? [y/N]", &hash[..12])), "{said:?}");
    let sent: v1::ApproveChangeRequest = record.asked().unwrap();
    assert_eq!((sent.sha256, sent.note.as_str()), (hash.clone(), "fine"));
    assert!(is_signed(&desk, &sent.signature, &format!("remit-approval-v1\n{ID}\n{hash}\n")));
}

/// Whether the desk's own key signed this.
fn is_signed(desk: &Desk, signature: &[u8], message: &str) -> bool {
    let credential = Credential::read(&desk.path("credential.toml")).unwrap();
    let key = KeyPair::from_pem(&credential.key).unwrap();
    let algorithm = &ring::signature::ECDSA_P256_SHA256_ASN1;
    let key = ring::signature::UnparsedPublicKey::new(algorithm, key.der_bytes());
    key.verify(message.as_bytes(), signature).is_ok()
}

#[tokio::test]
async fn without_a_yes_nothing_is_sent() {
    let record = proposed("the text", &sign::sha256("the text"));
    let (_collector, desk) = recorded(&record);
    for answer in ["n\n", "\n", "", "yes please\n"] {
        let said = desk.answer(&format!("change approve {ID}"), answer.as_bytes()).await;
        assert_eq!(said.exit, Exit(1), "{said:?}");
        assert!(said.stderr.ends_with("remit: nothing was done\n"), "{said:?}");
    }
    for line in ["change approve", "--json change approve", "change apply"] {
        let said = desk.type_in(&format!("{line} {ID}")).await;
        assert_eq!(said.exit, Exit(2), "{said:?}");
        let hint = "remit: nobody is here to be asked; say so with --yes\n";
        assert_eq!(said.stderr, hint);
    }
    assert_eq!(record.asked::<v1::ApproveChangeRequest>(), None);
    assert_eq!(record.asked::<v1::ApplyChangeRequest>(), None);
}

#[tokio::test]
async fn nobody_agrees_to_a_text_that_is_not_the_one_hashed() {
    let record = proposed("another text", &sign::sha256("the text"));
    let (_collector, desk) = recorded(&record);
    let said = desk.type_in(&format!("change approve {ID} --yes")).await;
    assert_eq!(said.exit, Exit(1), "{said:?}");
    assert!(said.stderr.contains("approve nothing, and ask why"), "{said:?}");

    let record = proposed("the text", &sign::sha256("the text"));
    let (_collector, desk) = recorded(&record);
    let said = desk.type_in(&format!("change approve {ID} --yes --sha256 0000")).await;
    assert!(said.stderr.contains("which does not begin with 0000"), "{said:?}");
    assert_eq!(record.asked::<v1::ApproveChangeRequest>(), None);
}

#[tokio::test]
async fn a_script_agrees_with_yes_and_reads_one_document() {
    let record = proposed("the text", &sign::sha256("the text"));
    let (_collector, desk) = recorded(&record);
    let said = desk.type_in(&format!("--json change approve {ID} --yes")).await;
    assert_eq!(said.exit, Exit::OK, "{said:?}");
    let answer: Value = serde_json::from_str(&said.stdout).unwrap();
    assert_eq!(answer["state"], "approved");
    let said = desk.type_in(&format!("change show {ID} --text")).await;
    assert_eq!(said.stdout, "the text");
    let said = desk.type_in(&format!("change apply {ID} --yes")).await;
    assert!(said.stdout.ends_with("\ns3cret\n"), "{said:?}");
}

#[tokio::test]
async fn a_proposal_says_what_and_why() {
    let change = v1::Change { change_id: ID.into(), ..Default::default() };
    let record = Record::default().saying(v1::ProposeChangeResponse { change: Some(change) });
    let (_collector, desk) = recorded(&record);
    fs::write(desk.path("acme.toml"), "tenant = \"acme\"\n").unwrap();
    let said = desk.type_in("change propose matrix {}/acme.toml --follows 3 --reason new").await;
    assert_eq!(said.exit, Exit::OK, "{said:?}");
    let sent: v1::ProposeChangeRequest = record.asked().unwrap();
    let Some(v1::propose_change_request::Payload::Matrix(matrix)) = sent.payload else {
        panic!("{sent:?}")
    };
    assert_eq!((matrix.toml.as_str(), matrix.expected_version), ("tenant = \"acme\"\n", 3));
    assert_eq!(sent.reason, "new");

    let work = "change propose work --tenant acme --title switch --why firmware --site hq \
                --start 2026-11-28T22:00 --for 3h --reason CVE --who vendor --quiet";
    let said = desk.type_in(work).await;
    assert_eq!(said.exit, Exit::OK, "{said:?}");
    let sent: v1::ProposeChangeRequest = record.asked().unwrap();
    let Some(v1::propose_change_request::Payload::Work(work)) = sent.payload else {
        panic!("{sent:?}")
    };
    let window = work.plan.unwrap();
    assert_eq!(
        (window.starts_at.as_str(), window.duration_seconds),
        ("2026-11-28T22:00:00", 10_800)
    );
    assert_eq!(window.selector.unwrap().sites, ["hq"]);
}

#[tokio::test]
async fn breaking_the_glass_is_asked_about_and_its_code_comes_from_a_file() {
    let change = v1::Change { change_id: ID.into(), break_glass: true, ..Default::default() };
    let record = Record::default().saying(v1::ProposeChangeResponse { change: Some(change) });
    let (_collector, desk) = recorded(&record);
    fs::write(desk.path("code"), "open sesame\n").unwrap();
    let role = "change propose role bob --tenant acme --role manager --party internal";
    let line = format!("{role} --reason night --break-glass {{}}/code");
    let said = desk.type_in(&line).await;
    assert_eq!(said.exit, Exit(2), "{said:?}");
    let said = desk.answer(&line, b"y\n").await;
    assert_eq!(said.exit, Exit::OK, "{said:?}");
    let sent: v1::ProposeChangeRequest = record.asked().unwrap();
    assert_eq!((sent.break_glass, sent.sealed_code.as_str()), (true, "open sesame"));
}

#[tokio::test]
async fn what_waits_for_the_other_party_says_so() {
    let record = Record::default()
        .saying(v1::ScheduleWindowResponse { window: None, change_id: ID.into() })
        .saying(v1::DeclareKnownIssueResponse { known_issue: None, change_id: ID.into() })
        .saying(v1::PublishMatrixResponse { change_id: ID.into(), ..Default::default() });
    let (_collector, desk) = recorded(&record);
    fs::write(desk.path("acme.toml"), remit_matrix_file::STARTER).unwrap();
    let said = desk.type_in("matrix publish {}/acme.toml").await;
    assert_eq!(said.exit, Exit::OK, "{said:?}");
    assert!(said.stdout.starts_with(&format!("both parties must agree: {ID}")), "{said:?}");
    let window = "window schedule --tenant acme --title t --why w --start 2026-11-28T22:00";
    let said = desk.type_in(&format!("{window} --for 9h --site hq")).await;
    assert_eq!(said.exit, Exit::OK, "{said:?}");
    assert!(said.stdout.starts_with(&format!("both parties must agree: {ID}")), "{said:?}");
    let said = desk.type_in(&format!("{window} --for 9h")).await;
    assert_eq!(said.exit, Exit(2), "nothing is hidden everywhere by mistake: {said:?}");

    let issue = "known-issue declare --tenant acme --title t --why w --expires 30d";
    let said = desk.type_in(&format!("--json {issue} --check ups-battery --silence")).await;
    let answer: Value = serde_json::from_str(&said.stdout).unwrap();
    assert_eq!(answer["change_id"], ID);
    let sent: v1::DeclareKnownIssueRequest = record.asked().unwrap();
    let spec = sent.spec.unwrap();
    assert!(spec.silence);
    // From the evening of 2026-11-24 on.
    assert_eq!(spec.expires_at.unwrap().seconds, 1_798_149_600);
    let said = desk.type_in(issue).await;
    assert_eq!(said.exit, Exit(2), "{said:?}");
}

#[tokio::test]
async fn a_tenant_must_be_named_unless_there_is_only_one() {
    let (_collector, desk) = site(&Answers::default());
    let said = desk.type_in("agenda").await;
    assert_eq!(said.stderr, "remit: this is about one tenant; name it with --tenant\n");
    assert_eq!(said.exit, Exit(2));
}
