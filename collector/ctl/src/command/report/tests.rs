use std::fs;

use remit_proto::v1;

use crate::{
    failure::Exit,
    testing::{Record, recorded},
};

#[tokio::test]
async fn a_report_arrives_to_the_byte() {
    let answer = v1::GetReportResponse {
        content: "<!doctype html>\n\0".into(),
        content_type: "text/html".into(),
        ..Default::default()
    };
    let record = Record::default().saying(answer);
    let (_collector, desk) = recorded(&record);
    let said = desk.type_in("report weekly --tenant acme").await;
    assert_eq!((said.exit, said.stdout.as_str()), (Exit::OK, "<!doctype html>\n\0"));
    let sent: v1::GetReportRequest = record.asked().unwrap();
    assert_eq!((sent.kind(), sent.format()), (v1::ReportKind::Weekly, v1::ReportFormat::Md));

    let html = "report monthly --tenant acme --period 2026-11 --format html -o {}/november.html";
    let said = desk.type_in(html).await;
    assert_eq!((said.exit, said.stdout.as_str()), (Exit::OK, ""), "{said:?}");
    assert_eq!(fs::read(desk.path("november.html")).unwrap(), b"<!doctype html>\n\0");

    desk.type_in("--json report quarterly --tenant acme").await;
    let sent: v1::GetReportRequest = record.asked().unwrap();
    assert_eq!((sent.kind(), sent.format()), (v1::ReportKind::Quarterly, v1::ReportFormat::Json));
}

#[tokio::test]
async fn how_far_back_counts_from_now() {
    let record = Record::default()
        .saying(v1::GetNoiseReportResponse::default())
        .saying(v1::ProposeTuningResponse::default());
    let (_collector, desk) = recorded(&record);
    let said = desk.type_in("noise --tenant acme --since 7d").await;
    assert_eq!(said.exit, Exit::OK, "{said:?}");
    let sent: v1::GetNoiseReportRequest = record.asked().unwrap();
    // The evening of 2026-11-24, less seven days.
    assert_eq!(sent.since.unwrap().seconds, 1_794_952_800);
    let said = desk.type_in("tune cpu-load --tenant acme --what hold --to 20m --tag db").await;
    assert_eq!(said.stdout, "nothing would help that costs nothing\n", "{said:?}");
    let sent: v1::ProposeTuningRequest = record.asked().unwrap();
    assert_eq!((sent.check.as_str(), sent.after.as_str()), ("cpu-load", "20m"));
    assert_eq!(sent.selector.unwrap().tags, ["db"]);
}
