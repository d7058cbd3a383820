use remit_proto::v1;
use serde_json::Value;

use crate::{
    failure::Exit,
    testing::{Record, recorded},
};

const ALERT: &str = "alr_7a21c9e05d0c4f7e9a550f3b8a2c1d00";

fn shift(open: u32) -> v1::Shift {
    v1::Shift { tenant: "acme".into(), total: 2, open, ..Default::default() }
}

#[tokio::test]
async fn a_shift_that_is_not_done_is_not_well() {
    let record = Record::default().saying(v1::GetShiftResponse { shift: Some(shift(1)) });
    let (_collector, desk) = recorded(&record);
    let said = desk.type_in("shift --tenant acme --day 2026-11-25").await;
    assert_eq!(said.exit, Exit(1), "{said:?}");
    let sent: v1::GetShiftRequest = record.asked().unwrap();
    assert_eq!((sent.tenant.as_str(), sent.day.as_str()), ("acme", "2026-11-25"));

    let record = Record::default().saying(v1::GetShiftResponse { shift: Some(shift(0)) });
    let (_collector, desk) = recorded(&record);
    assert_eq!(desk.type_in("shift --tenant acme").await.exit, Exit::OK);
}

#[tokio::test]
async fn alerts_are_disposed_of_by_name_or_all_at_once() {
    let outcome = v1::ShiftOutcome { alert_id: ALERT.into(), ..Default::default() };
    let answer = v1::DisposeShiftAlertsResponse { outcomes: vec![outcome], shift: Some(shift(0)) };
    let record = Record::default().saying(answer);
    let (_collector, desk) = recorded(&record);
    let said = desk.type_in(&format!("shift dispose {ALERT} --tenant acme --as resolved")).await;
    assert_eq!(said.exit, Exit::OK, "{said:?}");
    let sent: v1::DisposeShiftAlertsRequest = record.asked().unwrap();
    assert_eq!((sent.alert_ids, sent.all_matching), (vec![ALERT.to_owned()], None));

    let all = "shift dispose --all --check cpu-load --at-most medium --tenant acme";
    let said = desk.answer(&format!("{all} --as joint_review"), b"y\n").await;
    assert_eq!(said.exit, Exit::OK, "{said:?}");
    let sent: v1::DisposeShiftAlertsRequest = record.asked().unwrap();
    let fitting = sent.all_matching.clone().unwrap();
    assert_eq!((fitting.check.as_str(), fitting.at_most()), ("cpu-load", v1::Severity::Medium));
    assert_eq!(sent.disposition(), v1::Disposition::JointReview);
}

#[tokio::test]
async fn what_is_said_to_be_over_and_is_not_counts_once_it_is() {
    let alert = v1::Alert {
        alert_id: ALERT.into(),
        state: v1::AlertState::Open.into(),
        disposition: v1::Disposition::Resolved.into(),
        ..Default::default()
    };
    let (alert_id, error) = (ALERT.into(), String::new());
    let outcome = v1::ShiftOutcome { alert_id, error, alert: Some(alert.clone()) };
    let answer = v1::DisposeShiftAlertsResponse { outcomes: vec![outcome], shift: Some(shift(1)) };
    let night = v1::Shift { alerts: vec![alert], ..shift(1) };
    let night = v1::GetShiftResponse { shift: Some(night) };
    let (_collector, desk) = recorded(&Record::default().saying(answer).saying(night));
    let said = desk.type_in(&format!("shift dispose {ALERT} --tenant acme --as resolved")).await;
    assert!(said.stdout.contains("1 alert not over yet: counted once it is"), "{said:?}");
    let said = desk.type_in("shift --tenant acme").await;
    assert!(said.stdout.contains("resolved?"), "{said:?}");
}

#[tokio::test]
async fn one_that_is_not_done_is_named_and_not_well() {
    let outcomes = [("alr_1", ""), ("alr_2", "it is not of this night")];
    let outcomes = outcomes.map(|(alert_id, error)| v1::ShiftOutcome {
        alert_id: alert_id.into(),
        error: error.into(),
        ..Default::default()
    });
    let answer = v1::DisposeShiftAlertsResponse { outcomes: outcomes.into(), shift: None };
    let (_collector, desk) = recorded(&Record::default().saying(answer));
    let all = "shift dispose --all --yes --tenant acme --as resolved";
    let said = desk.type_in(&format!("--json {all}")).await;
    assert_eq!(said.exit, Exit(1), "{said:?}");
    let answer: Value = serde_json::from_str(&said.stdout).unwrap();
    assert_eq!(answer["outcomes"][1]["error"], "it is not of this night");
}
