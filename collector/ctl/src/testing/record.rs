//! Services that answer whatever a test put there, and keep what they were
//! asked.
//!
//! A test of the command line wants to know what was sent and what is made of
//! the answer. What a collector does in between is tested there.

use std::{
    any::{Any, TypeId, type_name},
    collections::BTreeMap,
    sync::{Arc, Mutex},
};

use remit_proto::v1::{
    self, audit_service_server::AuditService, change_service_server::ChangeService,
    contact_service_server::ContactService, known_issue_service_server::KnownIssueService,
    matrix_service_server::MatrixService, report_service_server::ReportService,
    shift_service_server::ShiftService, source_service_server::SourceService,
    window_service_server::WindowService,
};
use tonic::{Request, Response, Status};

use super::answers::{Answer, Answers};

type Message = Arc<dyn Any + Send + Sync>;

/// What is answered, by its type, and what was asked.
#[derive(Clone, Default)]
pub(crate) struct Record {
    answers: BTreeMap<TypeId, Message>,
    asked: Arc<Mutex<Vec<Message>>>,
}

impl Record {
    /// Answers this to whatever it is the answer to.
    pub(crate) fn saying<T: Send + Sync + 'static>(mut self, answer: T) -> Self {
        self.answers.insert(TypeId::of::<T>(), Arc::new(answer));
        self
    }

    /// What was asked last of this kind.
    pub(crate) fn asked<T: Clone + Send + Sync + 'static>(&self) -> Option<T> {
        let asked = self.asked.lock().unwrap();
        asked.iter().rev().find_map(|it| it.downcast_ref::<T>().cloned())
    }

    /// Keeps the request, gives the answer.
    pub(super) fn reply<Q, A>(&self, request: Request<Q>) -> Answer<A>
    where
        Q: Send + Sync + 'static,
        A: Clone + Send + Sync + 'static,
    {
        self.asked.lock().unwrap().push(Arc::new(request.into_inner()));
        let answer = self.answers.get(&TypeId::of::<A>());
        let answer = answer.and_then(|it| it.downcast_ref::<A>().cloned());
        answer.map(Response::new).ok_or_else(|| Status::unimplemented(type_name::<A>()))
    }
}

macro_rules! recorded {
    ($($service:ident { $($name:ident($request:ident) -> $response:ident)* })*) => {$(
        #[tonic::async_trait]
        impl $service for Answers {$(
            async fn $name(&self, request: Request<v1::$request>) -> Answer<v1::$response> {
                self.record.reply(request)
            }
        )*}
    )*};
}

recorded! {
    AuditService {
        list_audit_entries(ListAuditEntriesRequest) -> ListAuditEntriesResponse
        read_audit_chain(ReadAuditChainRequest) -> ReadAuditChainResponse
    }
    ChangeService {
        propose_change(ProposeChangeRequest) -> ProposeChangeResponse
        list_changes(ListChangesRequest) -> ListChangesResponse
        get_change(GetChangeRequest) -> GetChangeResponse
        approve_change(ApproveChangeRequest) -> ApproveChangeResponse
        reject_change(RejectChangeRequest) -> RejectChangeResponse
        withdraw_change(WithdrawChangeRequest) -> WithdrawChangeResponse
        apply_change(ApplyChangeRequest) -> ApplyChangeResponse
    }
    ContactService {
        list_contacts(ListContactsRequest) -> ListContactsResponse
        send_verification(SendVerificationRequest) -> SendVerificationResponse
        confirm_verification(ConfirmVerificationRequest) -> ConfirmVerificationResponse
    }
    KnownIssueService {
        list_known_issues(ListKnownIssuesRequest) -> ListKnownIssuesResponse
        get_known_issue(GetKnownIssueRequest) -> GetKnownIssueResponse
        declare_known_issue(DeclareKnownIssueRequest) -> DeclareKnownIssueResponse
        extend_known_issue(ExtendKnownIssueRequest) -> ExtendKnownIssueResponse
        end_known_issue(EndKnownIssueRequest) -> EndKnownIssueResponse
    }
    MatrixService {
        get_matrix(GetMatrixRequest) -> GetMatrixResponse
        list_matrix_versions(ListMatrixVersionsRequest) -> ListMatrixVersionsResponse
        publish_matrix(PublishMatrixRequest) -> PublishMatrixResponse
        lint_matrix(LintMatrixRequest) -> LintMatrixResponse
        explain_responsibility(ExplainResponsibilityRequest) -> ExplainResponsibilityResponse
        get_coverage(GetCoverageRequest) -> GetCoverageResponse
        replay_matrix(ReplayMatrixRequest) -> ReplayMatrixResponse
        get_matrix_review(GetMatrixReviewRequest) -> GetMatrixReviewResponse
        get_on_call(GetOnCallRequest) -> GetOnCallResponse
    }
    ReportService {
        get_report(GetReportRequest) -> GetReportResponse
        get_noise_report(GetNoiseReportRequest) -> GetNoiseReportResponse
        propose_tuning(ProposeTuningRequest) -> ProposeTuningResponse
    }
    ShiftService {
        get_shift(GetShiftRequest) -> GetShiftResponse
        dispose_shift_alerts(DisposeShiftAlertsRequest) -> DisposeShiftAlertsResponse
        get_agenda(GetAgendaRequest) -> GetAgendaResponse
    }
    SourceService {
        create_source(CreateSourceRequest) -> CreateSourceResponse
        list_sources(ListSourcesRequest) -> ListSourcesResponse
        revoke_source(RevokeSourceRequest) -> RevokeSourceResponse
        rotate_source_token(RotateSourceTokenRequest) -> RotateSourceTokenResponse
    }
    WindowService {
        list_windows(ListWindowsRequest) -> ListWindowsResponse
        get_window(GetWindowRequest) -> GetWindowResponse
        schedule_window(ScheduleWindowRequest) -> ScheduleWindowResponse
        cancel_window(CancelWindowRequest) -> CancelWindowResponse
        end_window_early(EndWindowEarlyRequest) -> EndWindowEarlyResponse
        preview_window(PreviewWindowRequest) -> PreviewWindowResponse
    }
}
