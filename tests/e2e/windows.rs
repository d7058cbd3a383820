//! Maintenance windows, as people ask for them.

use remit_proto::v1::{ChangeState, ScheduleWindowRequest, Selector, WindowSpec};
use tests::Site;

#[tokio::test]
async fn e38_silence_other_party() {
    let site = Site::start().await;
    let (internal, manager) = (site.internal_it().await, site.it_manager().await);
    let provider = site.provider_manager().await;
    site.agent("db-7").await;
    let spec = WindowSpec {
        tenant: "acme".into(),
        title: "new disk".into(),
        why: "the old one clicks".into(),
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
    let answer = internal.windows().schedule_window(asked).await.unwrap().into_inner();
    assert_eq!(answer.window, None, "nobody keeps the other side's alerts quiet alone");
    let change = internal.change(&answer.change_id).await;
    assert_eq!(change.state(), ChangeState::Proposed);
    assert!(change.required.iter().any(|it| it.may_approve == ["petra"]), "{change:?}");
    let own = manager.approve(&answer.change_id).await.unwrap_err();
    assert!(own.message().contains("waits for a manager (provider)"), "{own}");

    let agreed = provider.approve(&answer.change_id).await.unwrap();
    assert_eq!(agreed.state(), ChangeState::Applied, "it is there once it is agreed on");
    assert_ne!(agreed.window_id, "");
}
