use serde_json::Value;

use super::*;
use crate::testing::{Record, Said, recorded};

fn endpoint(number: u8, hostname: &str) -> v1::Endpoint {
    v1::Endpoint {
        endpoint_id: format!("end_{number:08}000040008000000000000000"),
        tenant: "acme".into(),
        site: "hq".into(),
        host: Some(v1::Host { hostname: hostname.into(), ..Default::default() }),
        ..Default::default()
    }
}

fn listed(endpoints: Vec<v1::Endpoint>) -> Record {
    Record::default().saying(v1::ListEndpointsResponse { endpoints, ..Default::default() })
}

fn three() -> Vec<v1::Endpoint> {
    vec![endpoint(1, "pc-1"), endpoint(2, "pc-2"), endpoint(3, "PC-1")]
}

fn outcomes(said: &Said) -> Vec<String> {
    let answer: Value = serde_json::from_str(&said.stdout).unwrap();
    let endpoints = answer["endpoints"].as_array().unwrap();
    endpoints.iter().map(|it| it["outcome"].as_str().unwrap().to_owned()).collect()
}

#[tokio::test]
async fn those_that_wait_are_let_in_with_a_bar_for_whoever_watches() {
    let done = v1::ApproveEndpointResponse { endpoint: Some(endpoint(1, "pc-1")) };
    let record = listed(three()).saying(done);
    let (_collector, desk) = recorded(&record);
    let said = desk.answer("endpoint approve --site hq", b"y\n").await;
    assert_eq!(said.exit, Exit::OK, "{said:?}");
    assert!(said.stderr.contains("let them in? [y/N]"), "{said:?}");
    assert!(said.stderr.contains("] 1/3 pc-2"), "{said:?}");
    assert!(said.stdout.ends_with("3 endpoints let in\n"), "{said:?}");
    let asked = record.asked::<v1::ListEndpointsRequest>().unwrap();
    assert_eq!((asked.standing(), asked.site.as_str()), (v1::Standing::Waiting, "hq"));
}

#[tokio::test]
async fn a_name_that_two_have_is_asked_back_and_an_id_is_enough() {
    let record = listed(three());
    let (_collector, desk) = recorded(&record);
    let said = desk.type_in("endpoint retire pc-1 --reason sold --yes").await;
    assert_eq!(said.exit, Exit(2));
    assert!(said.stderr.contains("pc-1 is the name of several: end_00000001"), "{said:?}");
    let said = desk.type_in("--json endpoint retire end_00000003 --dry-run").await;
    assert_eq!(outcomes(&said), ["planned"]);
    let said = desk.type_in("endpoint retire pc-9 --dry-run").await;
    assert_eq!(said.exit, Exit(3), "{said:?}");
    assert!(record.asked::<v1::RevokeEndpointRequest>().is_none(), "nothing was done");
}

#[tokio::test]
async fn nothing_is_done_to_nobody_in_particular_or_without_a_reason() {
    let (_collector, desk) = recorded(&listed(three()));
    for line in ["endpoint retire --reason sold", "endpoint approve", "endpoint retire pc-1"] {
        let typed = line.split(' ');
        let words = ["remit"].into_iter().chain(typed);
        let refused = <crate::args::Args as clap::Parser>::try_parse_from(words);
        assert!(refused.is_err(), "{line}");
    }
    let said = desk.type_in("endpoint retire pc-2 --reason sold").await;
    assert!(said.stderr.contains("say so with --yes"), "{said:?}");
}

#[tokio::test]
async fn one_that_fails_does_not_keep_the_others() {
    let (_collector, desk) = recorded(&listed(three()));
    let said = desk.type_in("--json endpoint retire --site hq --reason sold --yes").await;
    assert_eq!(said.exit, Exit(4), "{said:?}");
    assert_eq!(outcomes(&said), ["failed"; 3]);
    assert!(said.stdout.contains("ann is a viewer"), "{said:?}");
}

#[tokio::test]
async fn more_than_a_few_are_proposed_or_contained() {
    let six: Vec<_> = (1..7).map(|it| endpoint(it, &format!("pc-{it}"))).collect();
    let change = v1::Change {
        change_id: "chg_1".into(),
        tenant: "acme".into(),
        state: v1::ChangeState::Proposed.into(),
        ..Default::default()
    };
    let change = v1::ProposeChangeResponse { change: Some(change) };
    let record = listed(six).saying(change);
    let (_collector, desk) = recorded(&record);
    let said = desk.type_in("--json endpoint retire --site hq --reason closed --yes").await;
    assert_eq!(outcomes(&said), ["proposed"; 6]);
    let asked = record.asked::<v1::ProposeChangeRequest>().unwrap();
    assert_eq!((asked.break_glass, asked.title.as_str()), (false, "retire 6 endpoints"));
    let said = desk.type_in("--json endpoint retire pc-1 --contain stolen --yes").await;
    assert_eq!(outcomes(&said), ["retired"]);
    let asked = record.asked::<v1::ProposeChangeRequest>().unwrap();
    assert_eq!((asked.break_glass, asked.reason.as_str()), (true, "stolen"));
}
