//! What keeps alerts quiet, what becomes of them underneath, and what is told
//! when it ends.

use jiff::{SignedDuration, Timestamp};
use remit_proto::{
    convert::Wire as _,
    v1::{self, AlertState, KnownIssueState, SuppressionKind, WindowState},
};
use remit_runtime::clock::SystemClock;
use remit_shared::{Body, Clock as _, Reading, RunResult, Unit};
use tests::{Ask, FakeAgent, Operator, SOON, Session, Site, eventually, starter};
use tonic::Code;

use crate::steps::{fill_disk, run};

const HOUR: SignedDuration = SignedDuration::from_hours(1);

/// A site by a clock of its own, an agent of many, and somebody of the provider's.
struct Scene {
    site: Site,
    noc: Operator,
    agent: FakeAgent,
    session: Session,
    /// When it all began.
    start: Timestamp,
}

impl Scene {
    async fn begin() -> Self {
        let site = Site::by_clock(&starter()).await;
        let noc = site.noc().await;
        let mut agent = site.agent("db-7").await;
        // Whoever wants a tenth of all endpoints quiet needs a second person.
        for number in 0..10 {
            site.agent(&format!("web-{number}")).await;
        }
        let session = agent.connect().await.expect("an enrolled agent is let in");
        Self { site, noc, agent, session, start: SystemClock.now() }
    }

    /// Lets the clock jump to so long after the beginning.
    fn at(&self, after: SignedDuration) {
        self.site.set_clock(self.start + after);
    }

    async fn full_disk(&mut self) -> v1::Alert {
        fill_disk(&self.site, &mut self.agent, &mut self.session).await
    }

    fn disk_of_db_7(&self) -> v1::Selector {
        v1::Selector {
            endpoints: vec!["db-7".into()],
            checks: vec!["disk-space".into()],
            ..Default::default()
        }
    }

    /// Known for an hour, up to high.
    fn known(&self) -> v1::KnownIssueSpec {
        v1::KnownIssueSpec {
            tenant: "acme".into(),
            title: "the archive volume is full".into(),
            why: "a larger disk comes in March".into(),
            selector: Some(self.disk_of_db_7()),
            expires_at: Some((self.start + HOUR).to_wire()),
            max_severity: v1::Severity::High.into(),
            ..Default::default()
        }
    }

    async fn declare(&self, spec: v1::KnownIssueSpec) -> v1::KnownIssue {
        let asked = v1::DeclareKnownIssueRequest { spec: Some(spec), alert_id: String::new() };
        let declared = self.noc.known_issues().declare_known_issue(asked).await;
        let declared = declared.expect("it is the provider's own").into_inner();
        declared.known_issue.expect("nobody else must agree")
    }

    async fn issue_where(
        &self,
        id: &str,
        what: &str,
        is_so: impl Fn(&v1::KnownIssue) -> bool,
    ) -> v1::KnownIssue {
        eventually(SOON, what, async || {
            let asked = v1::GetKnownIssueRequest { known_issue_id: id.into() };
            let got = self.noc.known_issues().get_known_issue(asked).await.ok()?;
            got.into_inner().known_issue.filter(|it| is_so(it))
        })
        .await
    }

    /// What is the provider's of db-7 is quiet, from so long after the beginning.
    async fn window(&self, after: SignedDuration, lasts: SignedDuration) -> v1::Window {
        let selector = v1::Selector {
            endpoints: vec!["db-7".into()],
            functions: vec!["infra_monitoring".into(), "backup_monitoring".into()],
            ..Default::default()
        };
        let spec = v1::WindowSpec {
            tenant: "acme".into(),
            title: "new disk".into(),
            why: "the old one is small".into(),
            selector: Some(selector),
            zone: "UTC".into(),
            starts_at: (self.start + after).strftime("%Y-%m-%dT%H:%M").to_string(),
            duration_seconds: lasts.as_secs().try_into().expect("a test's window is short"),
            ..Default::default()
        };
        let asked = v1::ScheduleWindowRequest { spec: Some(spec) };
        let scheduled = self.noc.windows().schedule_window(asked).await;
        let scheduled = scheduled.expect("it is the provider's own").into_inner();
        scheduled.window.expect("nobody else must agree")
    }

    async fn window_where(
        &self,
        id: &str,
        what: &str,
        is_so: impl Fn(&v1::Window) -> bool,
    ) -> v1::Window {
        eventually(SOON, what, async || {
            let asked = v1::GetWindowRequest { window_id: id.into() };
            let got = self.noc.windows().get_window(asked).await.ok()?;
            got.into_inner().window.filter(|it| is_so(it))
        })
        .await
    }

    /// What `remit` prints.
    async fn prints(&self, what: [&str; 3]) -> String {
        let outcome = self.noc.types(what).await;
        assert_eq!(outcome.code, Some(0), "{}", outcome.stderr);
        outcome.stdout
    }

    /// Nobody has had a message about an alert.
    fn assert_untold(&self, alert: &v1::Alert) {
        assert_eq!(alert.notices.len(), 0, "nobody is told");
        assert!(!alert.suppressions.is_empty(), "{alert:?}");
    }
}

#[tokio::test]
async fn what_is_known_is_quiet_says_why_and_is_told_when_its_time_is_over() {
    let mut it = Scene::begin().await;
    let known = it.declare(it.known()).await;
    assert_eq!((known.state(), known.occurrences), (KnownIssueState::Active, 0));
    let alert = it.full_disk().await;
    it.assert_untold(&alert);
    let shown = it.prints(["alert", "show", &alert.alert_id]).await;
    let why = "the archive volume is full: a larger disk comes in March";
    assert!(shown.contains(why), "{shown}");
    let id = &known.known_issue_id;
    let counted = it.issue_where(id, "it is counted", |it| it.occurrences == 1).await;
    assert_eq!(counted.alert_ids, [alert.alert_id.as_str()]);
    let shown = it.prints(["known-issue", "show", id]).await;
    assert!(shown.contains("kept quiet"), "{shown}");

    it.at(HOUR + SignedDuration::from_secs(1));
    let told = it.site.inbox.message("provider-noc", "assigned").await;
    assert!(told.field("subject").contains("db-7"), "{}", told.field("subject"));
    let over = |it: &v1::KnownIssue| it.state() == KnownIssueState::Expired;
    let over = it.issue_where(id, "it has ended by itself", over).await;
    assert_eq!((over.occurrences, over.ended_by.as_str()), (1, "remit"));
    let letter = it.site.inbox.message("provider-noc", "known_issue").await;
    assert!(letter.field("subject").contains("has ended by itself"), "{:?}", letter.body);
}

#[tokio::test]
async fn what_is_worse_than_agreed_breaks_what_is_known() {
    let mut it = Scene::begin().await;
    let breaks_when = vec!["severity above medium".into()];
    let known = it.declare(v1::KnownIssueSpec { breaks_when, ..it.known() }).await;
    let medium = eventually(SOON, "a disk that fills up is an alert", async || {
        let record = it.agent.disk(900);
        it.session.report(&record).await;
        it.site.admin.all_alerts().await.into_iter().find(|it| it.check == "disk-space")
    })
    .await;
    it.assert_untold(&it.site.admin.alert(&medium.alert_id).await);
    let id = &known.known_issue_id;
    it.issue_where(id, "it is counted", |it| it.occurrences == 1).await;

    let broken = eventually(SOON, "what is known breaks", async || {
        let record = it.agent.disk(970);
        it.session.report(&record).await;
        let asked = v1::GetKnownIssueRequest { known_issue_id: id.into() };
        let got = it.noc.known_issues().get_known_issue(asked).await.ok()?.into_inner();
        got.known_issue.filter(|it| it.state() == KnownIssueState::Broken)
    })
    .await;
    assert_eq!(broken.end_reason, "severity above medium");
    it.site.inbox.message("provider-noc", "assigned").await;
    let alert = it.site.admin.alert(&medium.alert_id).await;
    assert_eq!((alert.severity(), alert.suppressions.len()), (v1::Severity::High, 0));
}

#[tokio::test]
async fn an_alert_is_declared_known_by_whose_it_is_and_by_nobody_else() {
    let mut it = Scene::begin().await;
    let ines = it.site.internal_it().await;
    let alert = it.full_disk().await;
    let spec = v1::KnownIssueSpec { selector: None, max_severity: 0, ..it.known() };
    let asked = v1::DeclareKnownIssueRequest { spec: Some(spec), alert_id: alert.alert_id.clone() };
    let refused = ines.known_issues().declare_known_issue(asked.clone()).await.unwrap_err();
    assert_eq!(refused.code(), Code::FailedPrecondition, "{refused}");
    let words = refused.message();
    assert!(words.starts_with("a manager of the provider side must agree, because"), "{words}");
    assert!(words.contains("; propose it: remit change propose known-issue --tenant acme"));

    let declared = it.noc.known_issues().declare_known_issue(asked).await.unwrap().into_inner();
    let known = declared.known_issue.unwrap();
    let spec = known.spec.as_ref().unwrap();
    assert_eq!(
        (spec.max_severity(), spec.owner_team.as_str()),
        (v1::Severity::High, "provider-noc")
    );
    let alert = it.site.admin.alert(&alert.alert_id).await;
    assert_eq!(alert.disposition(), v1::Disposition::KnownIssue);
    assert_eq!(alert.known_issue_id, known.known_issue_id);

    // Whoever ends it hides nothing, so anybody may.
    let (known_issue_id, reason) = (known.known_issue_id.clone(), "it is not".into());
    let end = v1::EndKnownIssueRequest { known_issue_id, reason };
    let ended = ines.known_issues().end_known_issue(end).await.unwrap().into_inner();
    assert_eq!(ended.known_issue.unwrap().ended_by, "ines");
    let again = |it: &v1::Alert| it.suppressions.is_empty();
    it.site.admin.alert_where(&alert.alert_id, "it is told again", again).await;
}

#[tokio::test]
async fn a_window_lists_what_it_kept_quiet_and_what_is_down_after_it() {
    let mut it = Scene::begin().await;
    let window = it.window(SignedDuration::ZERO, HOUR).await;
    assert_eq!((window.state(), window.depth, window.endpoints), (WindowState::Open, 1, 1));
    assert_eq!(window.spec.unwrap().why, "the old one is small");
    let id = window.window_id.as_str();
    let shown = it.prints(["window", "show", id]).await;
    assert!(shown.contains("the old one is small"), "{shown}");

    // One that is over before anybody would hear of it, and one that is not.
    it.session.report(&run(&mut it.agent, "nightly", RunResult::Failed)).await;
    let failed = it.site.admin.alerted("backup-failed", AlertState::Open).await;
    it.session.report(&run(&mut it.agent, "nightly", RunResult::Success)).await;
    it.site.admin.alerted("backup-failed", AlertState::Resolved).await;
    let full = it.full_disk().await;
    it.assert_untold(&full);
    let logged = it.window_where(id, "both are logged", |it| it.suppressed.len() == 2).await;
    assert!(logged.suppressed.iter().all(|it| it.hostname == "db-7" && !it.told_at_end));

    it.at(HOUR + SignedDuration::from_mins(1));
    it.site.inbox.message("provider-noc", "assigned").await;
    let settling = |it: &v1::Window| it.state() == WindowState::Settling;
    let settling = it.window_where(id, "it is shut", settling).await;
    let told: Vec<_> =
        settling.suppressed.iter().map(|it| (it.alert_id.as_str(), it.told_at_end)).collect();
    assert_eq!(told, [(full.alert_id.as_str(), true), (failed.alert_id.as_str(), false)]);
    assert_eq!(it.site.admin.alert(&failed.alert_id).await.notices.len(), 0, "nobody ever heard");

    it.at(HOUR + SignedDuration::from_mins(6));
    let found = it.window_where(id, "it is checked", |it| !it.post_checks.is_empty()).await;
    let [check] = found.post_checks.as_slice() else { panic!("{found:?}") };
    assert_eq!((check.hostname.as_str(), check.check.as_str()), ("db-7", "disk-space"));
    assert_eq!((check.before(), check.after()), (v1::CheckStatus::Ok, v1::CheckStatus::Crit));
    let letter = it.site.inbox.message("provider-noc", "window").await;
    assert!(letter.field("subject").contains("1 not as before"), "{:?}", letter.body);
}

#[tokio::test]
async fn e14_overlap_mw() {
    let mut it = Scene::begin().await;
    let first = it.window(SignedDuration::ZERO, HOUR * 2).await;
    let second = it.window(HOUR, HOUR * 2).await;
    let alert = it.full_disk().await;
    it.at(HOUR + HOUR / 2);
    let both = |it: &v1::Window| it.depth == 2;
    it.window_where(&first.window_id, "both are open", both).await;
    let (window_id, reason) = (second.window_id, "done".into());
    let cancel = v1::CancelWindowRequest { window_id, reason };
    it.noc.windows().cancel_window(cancel).await.unwrap();
    let left = it.site.admin.alert(&alert.alert_id).await;
    let names: Vec<_> = left.suppressions.iter().map(|it| it.reference.as_str()).collect();
    assert_eq!(names, [first.window_id.as_str()]);
    it.assert_untold(&left);

    it.at(HOUR * 2 + SignedDuration::from_secs(1));
    it.site.inbox.message("provider-noc", "assigned").await;
}

#[tokio::test]
async fn e15_mw_problem_before() {
    let mut it = Scene::begin().await;
    let alert = it.full_disk().await;
    it.site.inbox.message("provider-noc", "assigned").await;
    let window = it.window(SignedDuration::from_mins(10), HOUR).await;
    it.at(SignedDuration::from_mins(16));
    it.site.inbox.message("provider-manager", "escalated").await;
    let (alert_id, note) = (alert.alert_id, "made room".into());
    it.noc.alerts().resolve_alert(v1::ResolveAlertRequest { alert_id, note }).await.unwrap();
    it.site.inbox.message("provider-noc", "resolved").await;
    let open = it.window_where(&window.window_id, "it is open", |_| true).await;
    assert_eq!((open.state(), open.suppressed.len()), (WindowState::Open, 0));
}

#[tokio::test]
async fn e16_mw_problem_inside() {
    let mut it = Scene::begin().await;
    it.window(SignedDuration::ZERO, HOUR).await;
    let alert = it.full_disk().await;
    it.assert_untold(&alert);
    it.at(HOUR + SignedDuration::from_secs(1));
    it.site.inbox.message("provider-noc", "assigned").await;
    let told = it.site.admin.alert(&alert.alert_id).await;
    assert_eq!(told.opened_at, alert.opened_at, "when it was first seen is kept");
    let asked = v1::GetAlertSlaRequest { alert_id: alert.alert_id };
    let sla = it.site.admin.alerts().get_alert_sla(asked).await.unwrap().into_inner().sla.unwrap();
    let counted: Vec<_> = sla.clocks.iter().map(|it| it.elapsed_ms).collect();
    // The window began with the minute, so it may be over for as long as that.
    assert!(!counted.is_empty() && counted.iter().all(|it| *it < 120_000), "{counted:?}");
}

/// A server with these tags whose disk is full, or whose inodes are.
async fn tagged(site: &Site, name: &str, tags: &[&str], metric: &str, check: &str) -> v1::Alert {
    let ask = Ask {
        tenant: "acme".into(),
        site: "hq".into(),
        tags: tags.iter().map(|it| (*it).to_owned()).collect(),
        ..Default::default()
    };
    let token = site.ask_token(ask).await.expect("an administrator may make tokens").text;
    let mut agent = FakeAgent::enroll(&token, name).await.expect("a new token lets one in");
    let mut session = agent.connect().await.expect("an enrolled agent is let in");
    let found = eventually(SOON, "the server is not well", async || {
        let reading = Reading::of(metric, "/", Unit::Permille, 970);
        let record = agent.answer("disk", Body::Readings(vec![reading]));
        session.report(&record).await;
        let alerts = site.admin.all_alerts().await;
        alerts.into_iter().find(|it| it.check == check && it.endpoint_id == agent.id)
    })
    .await;
    site.admin.alert(&found.alert_id).await
}

#[tokio::test]
async fn e21_inhibit_missing_label() {
    let rule = "\n[[inhibit]]\nname = \"one-array\"\nsource = \"disk-space\"\n\
                target = \"disk-inodes\"\nequal = \"tag:lob\"\n\
                \n[[check]]\ncheck = \"disk-inodes\"\nhold = \"1s\"\n";
    let site = Site::with_matrix(&(starter() + rule)).await;
    tagged(&site, "a-1", &[], "disk_used", "disk-space").await;
    let untagged = tagged(&site, "a-2", &[], "inodes_used", "disk-inodes").await;
    assert_eq!(untagged.suppressions.len(), 0, "both lack the label, which is nothing in common");

    let parent = tagged(&site, "b-1", &["lob"], "disk_used", "disk-space").await;
    let child = tagged(&site, "b-2", &["lob"], "inodes_used", "disk-inodes").await;
    let reasons: Vec<_> =
        child.suppressions.iter().map(|it| (it.kind(), it.reference.as_str())).collect();
    assert_eq!(reasons, [(SuppressionKind::Dependency, parent.alert_id.as_str())]);
}

#[tokio::test]
async fn a_window_lasts_as_long_when_the_clocks_change() {
    let site = Site::start().await;
    let noc = site.noc().await;
    let previewed = async |starts_at: &str, minutes: u32| {
        let spec = v1::WindowSpec {
            tenant: "acme".into(),
            zone: "America/New_York".into(),
            starts_at: starts_at.into(),
            duration_seconds: minutes * 60,
            ..Default::default()
        };
        let window = Some(v1::preview_window_request::Window::Spec(spec));
        let asked = v1::PreviewWindowRequest { window, count: 1 };
        let answer = noc.windows().preview_window(asked).await.unwrap().into_inner();
        let open = answer.occurrences.into_iter().next().expect("it opens");
        let seconds = open.to.unwrap().seconds - open.from.unwrap().seconds;
        (seconds / 60, open.note)
    };
    // In 2099, clocks go forward on 8 March and back on 1 November, at 02:00.
    let spring = previewed("2099-03-08T01:30", 60).await;
    assert_eq!(spring, (60, "the clocks change meanwhile: from 01:30 to 03:30 on the wall".into()));
    let autumn = previewed("2099-11-01T01:30", 120).await;
    assert_eq!(
        autumn,
        (120, "the clocks change meanwhile: from 01:30 to 02:30 on the wall".into())
    );
    let gap = previewed("2099-03-08T02:30", 60).await;
    assert_eq!(gap, (60, "the clocks skip 02:30: it opens at 03:30".into()));
    assert_eq!(previewed("2099-03-09T01:30", 60).await, (60, String::new()));
}
