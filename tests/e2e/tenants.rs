//! Every call of the operator plane, tried by everybody.
//!
//! The calls are those that the compiled protocol has, so that a new one is
//! tried as soon as it is there, and fails this test until what is to come of it
//! stands in the table. A request names what belongs to one tenant, and little
//! else: whoever may not is turned away before it is looked at further.

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt::Write as _,
};

use expect_test::expect_file;
use jiff::SignedDuration;
use prost::{Message as _, encoding};
use prost_types::{
    DescriptorProto, FileDescriptorProto, FileDescriptorSet,
    field_descriptor_proto::{Label, Type},
};
use remit_proto::{
    FILE_DESCRIPTOR_SET,
    convert::Wire as _,
    v1::{self, propose_change_request::Payload},
};
use remit_runtime::clock::SystemClock;
use remit_shared::Clock as _;
use tests::{Ask, Operator, Site, starter};
use tonic::Code;

use crate::steps::fill_disk;

const ROLES: [v1::Role; 4] =
    [v1::Role::Viewer, v1::Role::Auditor, v1::Role::Operator, v1::Role::Manager];

/// What the table begins with.
const HEAD: &str = "\
What comes of each call that names what belongs to a tenant: `in`, it is looked at further;
`no`, that takes another role; `-`, there is no such thing. The roles are viewer, auditor,
operator and manager, once of the tenant and once of another.

                                               view audi oper mana   view audi oper mana
";

/// What else may be said in a request, so that it is not refused for being silent.
const MORE: [(&str, &str); 12] = [
    ("check", "disk-space"),
    ("code", "123456"),
    ("name", "somebody"),
    ("note", "a note"),
    ("reason", "a reason"),
    ("site", "hq"),
    ("starts_at", "2099-01-01T00:00"),
    ("team", "internal-it"),
    ("title", "a title"),
    ("to_team", "internal-it"),
    ("why", "a reason"),
    ("zone", "UTC"),
];

/// What no answer to somebody of another tenant may hold.
const SECRET: &str = "vault-7";

/// What may be said in requests, by the names of their fields.
type Known = BTreeMap<&'static str, String>;

/// The compiled protocol: its messages, by their full names.
struct Protocol {
    files: Vec<FileDescriptorProto>,
    messages: BTreeMap<String, DescriptorProto>,
}

/// One call, and what its request is.
struct Call {
    name: String,
    input: String,
}

impl Protocol {
    fn read() -> Self {
        let files = FileDescriptorSet::decode(FILE_DESCRIPTOR_SET).unwrap().file;
        let messages = files.iter().flat_map(|file| {
            let name = |it: &DescriptorProto| format!(".{}.{}", file.package(), it.name());
            file.message_type.iter().map(move |it| (name(it), it.clone()))
        });
        let messages = messages.collect();
        Self { files, messages }
    }

    /// All calls of the operator plane, in the order of their names.
    fn calls(&self) -> Vec<Call> {
        let ours = self.files.iter().filter(|it| it.package() == "remit.v1");
        let mut calls = Vec::new();
        for service in ours.flat_map(|it| &it.service) {
            if ["AgentService", "EnrollmentService"].contains(&service.name()) {
                continue;
            }
            for method in &service.method {
                let name = format!("{}/{}", service.name(), method.name());
                calls.push(Call { name, input: method.input_type().to_owned() });
            }
        }
        calls.sort_by(|a, b| a.name.cmp(&b.name));
        calls
    }

    /// A message that says what is known, by the names of fields; a `whole` one
    /// has numbers, words of lists, times and messages within it, too.
    fn message(&self, name: &str, known: &Known, whole: bool) -> Vec<u8> {
        let mut bytes = Vec::new();
        let mut choices = BTreeSet::new();
        let fields = &self.messages[name].field;
        for field in fields.iter().filter(|it| it.label() != Label::Repeated) {
            let tag = u32::try_from(field.number()).unwrap();
            // Of those that exclude each other, the first.
            let is_choice = field.oneof_index.is_some() && !field.proto3_optional();
            if is_choice && whole && !choices.insert(field.oneof_index()) {
                continue;
            }
            match (field.r#type(), known.get(field.name())) {
                (Type::String, Some(value)) => encoding::string::encode(tag, value, &mut bytes),
                (Type::Enum, _) if whole => encoding::int32::encode(tag, &1, &mut bytes),
                (Type::Uint32 | Type::Uint64, _) if whole => {
                    encoding::uint64::encode(tag, &60, &mut bytes);
                }
                (Type::Message, _) if whole => {
                    let within = if field.type_name() == ".google.protobuf.Timestamp" {
                        (SystemClock.now() + SignedDuration::from_hours(1))
                            .to_wire()
                            .encode_to_vec()
                    } else {
                        self.message(field.type_name(), known, whole)
                    };
                    encoding::bytes::encode(tag, &within, &mut bytes);
                }
                _ => {}
            }
        }
        bytes
    }
}

/// What a call says to somebody, in a word; and all that it says.
async fn tried(who: &Operator, call: &Call, request: Vec<u8>) -> (&'static str, String) {
    match who.call(&format!("/remit.v1.{}", call.name), request).await {
        Ok(answer) => ("in", String::from_utf8_lossy(&answer).into_owned()),
        Err(status) => {
            let word = match status.code() {
                Code::PermissionDenied => "no",
                Code::NotFound => "-",
                // Whoever gets so far is told what is missing.
                Code::InvalidArgument | Code::FailedPrecondition => "in",
                Code::Ok
                | Code::Cancelled
                | Code::Unknown
                | Code::DeadlineExceeded
                | Code::AlreadyExists
                | Code::ResourceExhausted
                | Code::Aborted
                | Code::OutOfRange
                | Code::Unimplemented
                | Code::Internal
                | Code::Unavailable
                | Code::DataLoss
                | Code::Unauthenticated => panic!("{}: {status}", call.name),
            };
            (word, status.message().to_owned())
        }
    }
}

/// What belongs to acme, by the names that requests have for it.
async fn things(site: &Site, noc: &Operator) -> Known {
    let token = Ask { tenant: "acme".into(), site: "hq".into(), ..Default::default() };
    let token = site.ask_token(token).await.unwrap().token.unwrap().token_id;
    let mut agent = site.agent(SECRET).await;
    // What is about a tenth of all takes the other side, too.
    for number in 0..12 {
        site.agent(&format!("web-{number}")).await;
    }
    let mut session = agent.connect().await.unwrap();
    let alert = fill_disk(site, &mut agent, &mut session).await;
    let selector = v1::Selector {
        endpoints: vec![SECRET.into()],
        functions: vec!["backup_monitoring".into()],
        ..Default::default()
    };
    let after = |hours: i64| SystemClock.now() + SignedDuration::from_hours(hours);
    let starts_at = |hours: i64| after(hours).strftime("%Y-%m-%dT%H:%M").to_string();
    let spec = v1::KnownIssueSpec {
        tenant: "acme".into(),
        title: format!("the disk of {SECRET}"),
        why: "a larger one comes".into(),
        selector: Some(selector.clone()),
        expires_at: Some(after(24).to_wire()),
        max_severity: v1::Severity::High.into(),
        ..Default::default()
    };
    let asked = v1::DeclareKnownIssueRequest { spec: Some(spec), alert_id: String::new() };
    let declared = noc.known_issues().declare_known_issue(asked).await.unwrap().into_inner();
    let spec = v1::WindowSpec {
        tenant: "acme".into(),
        title: format!("a new disk for {SECRET}"),
        why: "the old one is small".into(),
        selector: Some(selector),
        zone: "UTC".into(),
        starts_at: starts_at(24),
        duration_seconds: 3_600,
        ..Default::default()
    };
    let asked = v1::ScheduleWindowRequest { spec: Some(spec.clone()) };
    let scheduled = noc.windows().schedule_window(asked).await.unwrap().into_inner();
    let plan = v1::WindowSpec { starts_at: starts_at(48), ..spec };
    let work = v1::PlannedWork { plan: Some(plan), ..Default::default() };
    let asked = v1::ProposeChangeRequest {
        tenant: "acme".into(),
        title: format!("work on {SECRET}"),
        reason: "the weekly call".into(),
        payload: Some(Payload::Work(work)),
        ..Default::default()
    };
    let proposed = noc.changes().propose_change(asked).await.unwrap().into_inner();
    BTreeMap::from([
        ("tenant", "acme".to_owned()),
        ("endpoint", agent.id.clone()),
        ("endpoint_id", agent.id.clone()),
        ("alert_id", alert.alert_id),
        ("token_id", token),
        ("operator_id", noc.credential.operator_id.clone()),
        ("known_issue_id", declared.known_issue.unwrap().known_issue_id),
        ("window_id", scheduled.window.unwrap().window_id),
        ("change_id", proposed.change.unwrap().change_id),
        ("source_id", "src_00000000000000000000000000000001".to_owned()),
        ("metric", "disk_used".to_owned()),
        ("instance", "/".to_owned()),
    ])
}

#[tokio::test]
async fn what_is_not_of_ones_tenant_is_not_there_whatever_is_asked() {
    let site = Site::start().await;
    let noc = site.noc().await;
    let known = things(&site, &noc).await;
    let (mut ours, mut others) = (Vec::new(), Vec::new());
    for (who, tenant) in [(&mut ours, "acme"), (&mut others, "globex")] {
        for role in ROLES {
            let name = format!("{} of {tenant}", role.as_str_name());
            let party = v1::Party::Internal;
            who.push(site.admin.create_of(&name, role, party, &["internal-it"], &[tenant]).await);
        }
    }
    // Whoever may not can be asked for everything: nothing must come of it.
    let mut whole = known.clone();
    whole.extend(MORE.map(|(name, value)| (name, value.to_owned())));
    whole.insert("toml", starter());
    let mut nameless = whole.clone();
    nameless.remove("tenant");
    let mut table = HEAD.to_owned();
    let protocol = Protocol::read();
    for call in protocol.calls() {
        let (mut seen, mut hidden) = (String::new(), String::new());
        // Others first: who may do something could do it.
        for who in &others {
            let (word, told) = tried(who, &call, protocol.message(&call.input, &whole, true)).await;
            let lean = protocol.message(&call.input, &nameless, false);
            for (word, told) in [(word, told), tried(who, &call, lean).await] {
                let name = &call.name;
                assert!(!told.contains(SECRET), "{name} tells another tenant: {told}");
                // Whoever is told that there is no such thing said its name.
                let ids = known.iter().filter(|it| word == "in" && it.0.ends_with("_id"));
                for (what, id) in ids {
                    assert!(!told.contains(id), "{name} tells another tenant the {what}: {told}");
                }
            }
            write!(hidden, "{word:5}").unwrap();
        }
        for who in &ours {
            write!(
                seen,
                "{:5}",
                tried(who, &call, protocol.message(&call.input, &known, false)).await.0
            )
            .unwrap();
        }
        writeln!(table, "{}", format!("{:47}{seen}   {hidden}", call.name).trim_end()).unwrap();
    }
    expect_file!["tenants.txt"].assert_eq(&table);
}
