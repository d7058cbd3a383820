//! Maintenance windows, as people ask for them.

use remit_proto::v1::{ScheduleWindowRequest, Selector, WindowSpec};
use tests::Site;
use tonic::Code;

#[tokio::test]
async fn e38_silence_other_party() {
    let site = Site::start().await;
    let internal = site.internal_it().await;
    site.agent("db-7").await;
    let spec = WindowSpec {
        tenant: "acme".into(),
        title: "new disk".into(),
        selector: Some(Selector {
            functions: vec!["backup_monitoring".into()],
            ..Default::default()
        }),
        zone: "America/New_York".into(),
        starts_at: "2099-01-05T22:00".into(),
        duration_seconds: 3600,
        ..Default::default()
    };
    let asked = ScheduleWindowRequest { spec: Some(spec) };
    let refused = internal.windows().schedule_window(asked).await.unwrap_err();
    assert_eq!(refused.code(), Code::FailedPrecondition, "{refused}");
    assert!(refused.message().contains("provider side must agree"), "{refused}");
}
