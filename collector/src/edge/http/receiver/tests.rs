use std::io;

use axum::http::Method;
use remit_collector_domain::source::Source;
use remit_shared::{Site, SourceName, Tenant};

use super::*;
use crate::{sources::NewSource, testing::World};

struct Stage {
    world: World,
    router: Router,
    token: String,
}

impl Stage {
    async fn new(kind: SourceKind) -> Self {
        let world = World::new().await;
        let sources = Arc::new(Sources {
            store: Arc::clone(&world.store),
            clock: Arc::clone(&world.engine.clock),
            owed: Arc::clone(&world.engine.owed),
        });
        let mapping = "id = \"/id\"\nsummary = \"/title\"\ncheck = \"=edr\"\n";
        let wanted = NewSource {
            tenant: Tenant::new("acme").unwrap(),
            site: Site::new("hq").unwrap(),
            name: SourceName::new("peer").unwrap(),
            kind,
            function: None,
            mapping: (kind == SourceKind::Events).then(|| mapping.to_owned()),
        };
        let (_, token) = sources.create(wanted, "ada").await.unwrap();
        Self { world, router: router(sources), token: token.to_text() }
    }

    async fn ask(&self, method: Method, path: &str, body: impl Into<Body>) -> (u16, String) {
        let request = Request::builder().method(method).uri(path);
        let request = request.header("authorization", format!("Bearer {}", self.token));
        reply(&self.router, request.body(body.into()).unwrap()).await
    }

    async fn post(&self, path: &str, body: impl Into<Body>) -> (u16, String) {
        self.ask(Method::POST, path, body).await
    }

    async fn active(&self) -> usize {
        let all = self.world.store.all::<Source>().await.unwrap();
        all[0].record.active.len()
    }
}

async fn reply(router: &Router, request: Request) -> (u16, String) {
    use tower::ServiceExt as _;
    let response = router.clone().oneshot(request).await.unwrap();
    let status = response.status().as_u16();
    let body = to_bytes(response.into_body(), LARGEST).await.unwrap();
    (status, String::from_utf8(body.into()).unwrap())
}

fn alert(name: &str) -> Value {
    json!({
        "labels": {"alertname": name, "instance": "db-7:9100"},
        "startsAt": "0001-01-01T00:00:00Z",
        "generatorURL": "http://prometheus.example/graph",
        "somethingNew": 1,
    })
}

#[tokio::test(start_paused = true)]
async fn an_alert_is_taken_shown_and_resolved() {
    let stage = Stage::new(SourceKind::Alertmanager).await;
    let posted = json!([alert("DiskFull")]).to_string();
    for _ in 0..2 {
        let taken = stage.post("/api/v2/alerts", posted.clone()).await;
        assert_eq!(taken, (200, "{}".into()));
    }
    let (_, shown) = stage.ask(Method::GET, "/api/v2/alerts", "").await;
    let shown: Value = serde_json::from_str(&shown).unwrap();
    assert_eq!(shown[0]["labels"]["alertname"], "DiskFull");
    assert_eq!(shown.as_array().unwrap().len(), 1, "posting twice makes one");
    let mut over = alert("DiskFull");
    over["endsAt"] = "2026-03-03T10:00:00Z".into();
    stage.post("/api/v2/alerts", json!([over]).to_string()).await;
    assert_eq!(stage.active().await, 0);
    assert_eq!(stage.ask(Method::GET, "/api/v2/silences", "").await, (200, "[]".into()));
    let (status, text) = stage.ask(Method::GET, "/api/v2/status", "").await;
    assert!(status == 200 && text.contains("versionInfo"));
}

#[tokio::test(start_paused = true)]
async fn what_is_not_taken_is_named_and_the_rest_is_kept() {
    let stage = Stage::new(SourceKind::Alertmanager).await;
    let mut odd = alert("Odd");
    odd["endsAt"] = "tomorrow".into();
    let posted = json!([{"labels": {}}, alert("DiskFull"), odd, 7]).to_string();
    let (status, words) = stage.post("/api/v2/alerts", posted).await;
    assert_eq!(status, 400);
    assert!(
        words.starts_with("\"3 of 4 were not taken: [0] it has no labels; [2] endsAt: "),
        "{words}"
    );
    assert_eq!(stage.active().await, 1);
}

#[tokio::test(start_paused = true)]
async fn nobody_is_heard_without_a_token_of_the_right_kind() {
    let stage = Stage::new(SourceKind::Alertmanager).await;
    for given in [None, Some("Bearer"), Some("Bearer x"), Some("Basic x")] {
        let mut request = Request::builder().method(Method::POST).uri("/api/v2/alerts");
        if let Some(given) = given {
            request = request.header("authorization", given);
        }
        let told = reply(&stage.router, request.body("[]".into()).unwrap()).await;
        assert_eq!(told, (401, "\"the token is missing or not known here\"".into()));
    }
    let (status, words) = stage.post("/api/v1/events/peer", "{}").await;
    assert_eq!((status, words), (403, "\"source `peer` is of the kind alertmanager\"".into()));
}

#[tokio::test(start_paused = true)]
async fn too_much_is_refused() {
    let stage = Stage::new(SourceKind::Alertmanager).await;
    let (status, words) = stage.post("/api/v2/alerts", "x".repeat(LARGEST + 1)).await;
    assert_eq!((status, words), (413, "\"a body has at most 1048576 bytes\"".into()));
    let many: Vec<Value> = (0..1_001).map(|it| json!({"labels": {"n": it.to_string()}})).collect();
    let (status, words) = stage.post("/api/v2/alerts", Value::from(many).to_string()).await;
    assert_eq!(
        (status, words),
        (413, "\"1001 alerts in one post; at most 1000 are taken\"".into())
    );
    let (status, words) = stage.post("/api/v2/alerts", "{\"labels\"").await;
    assert!(status == 400 && words.contains("not the JSON expected"), "{words}");
    let endless = futures_util::stream::pending::<Result<Bytes, io::Error>>();
    let (status, words) = stage.post("/api/v2/alerts", Body::from_stream(endless)).await;
    assert_eq!((status, words), (408, "\"the body took too long\"".into()));
    assert_eq!(stage.active().await, 0);
}

#[tokio::test(start_paused = true)]
async fn whoever_is_too_fast_is_told_when_to_come_back() {
    let stage = Stage::new(SourceKind::Alertmanager).await;
    for _ in 0..500 {
        assert_eq!(stage.post("/api/v2/alerts", "[]").await.0, 200);
    }
    assert_eq!(stage.post("/api/v2/alerts", "[]").await.0, 429);
    time::advance(Duration::from_secs(1)).await;
    assert_eq!(stage.post("/api/v2/alerts", "[]").await.0, 200);
}

#[tokio::test(start_paused = true)]
async fn an_event_is_taken_under_its_sources_name() {
    let stage = Stage::new(SourceKind::Events).await;
    let event = json!({"id": 17, "title": "malware"}).to_string();
    assert_eq!(stage.post("/api/v1/events/peer", event.clone()).await.0, 200);
    assert_eq!(stage.post("/api/v1/events/peer", event.clone()).await.0, 200);
    assert_eq!(stage.active().await, 1);
    let (status, words) = stage.post("/api/v1/events/other", event).await;
    assert_eq!((status, words), (403, "\"the token is that of source `peer`\"".into()));
    let (status, words) = stage.post("/api/v1/events/peer", "{\"id\": 1}").await;
    let expected = "\"1 of 1 were not taken: [0] `summary`: there is no text at `/title`\"";
    assert_eq!((status, words.as_str()), (400, expected));
}
