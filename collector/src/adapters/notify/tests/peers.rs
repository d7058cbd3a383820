//! Each kind of channel against a real HTTP server.

use std::sync::{Arc, Mutex};

use axum::{
    Router,
    body::Bytes,
    extract::State,
    http::{HeaderMap, StatusCode, Uri},
};
use jiff::SignedDuration;
use tokio::{net::TcpListener, task::JoinSet};

use super::*;

/// Answers every request with the same, and writes down what came.
struct Peer {
    url: String,
    heard: Heard,
    _server: JoinSet<()>,
}

/// Paths, headers and bodies.
type Heard = Arc<Mutex<Vec<(String, HeaderMap, Value)>>>;
type Reply = (StatusCode, HeaderMap, String);

impl Peer {
    async fn answering(status: u16, headers: &[(&'static str, &str)], body: &str) -> Self {
        let heard = Arc::new(Mutex::new(Vec::new()));
        let mut map = HeaderMap::new();
        for (name, value) in headers {
            map.insert(*name, value.parse().unwrap());
        }
        let reply: Reply = (StatusCode::from_u16(status).unwrap(), map, body.to_owned());
        let router = Router::new().fallback(take).with_state((Arc::clone(&heard), reply));
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/", listener.local_addr().unwrap());
        let mut server = JoinSet::new();
        server.spawn(async move { axum::serve(listener, router).await.unwrap() });
        Self { url, heard, _server: server }
    }

    fn door(&self, kind: Kind) -> Door {
        let (url, token) = (self.url.clone(), Some("hush".to_owned()));
        match kind {
            Kind::Webhook => Door::Webhook(WebhookSettings { url, secret: b"s".to_vec() }),
            Kind::Slack => Door::Slack(url),
            Kind::Teams => Door::Teams(url),
            Kind::Pagerduty => Door::Pagerduty(PagerdutySettings { url, key: "key".into() }),
            Kind::Ntfy => Door::Ntfy(NtfySettings { url, topic: "noc".into(), token }),
            Kind::Alertmanager => Door::Alertmanager(AlertmanagerSettings { url, token }),
        }
    }

    async fn tell(&self, kind: Kind) -> Result<Answer, SendError> {
        remit_runtime::tls::install_provider();
        let doors = vec![("noc".to_owned(), self.door(kind))];
        let settings = ChannelSettings { doors, smtp: None };
        let channels = Channels::new(settings, FixedClock).unwrap();
        channels.send(&format!("{kind}:noc"), &message()).await
    }
}

async fn take(
    State((heard, reply)): State<(Heard, Reply)>,
    uri: Uri,
    headers: HeaderMap,
    body: Bytes,
) -> Reply {
    let body = serde_json::from_slice(&body).unwrap();
    heard.lock().unwrap().push((uri.path().to_owned(), headers, body));
    reply
}

#[tokio::test]
async fn every_kind_of_receiver_is_told_and_its_answer_kept() {
    for kind in Kind::ALL {
        let peer = Peer::answering(202, &[], "{\"status\":\r\n \"taken\"}").await;
        let Answer(said) = peer.tell(kind).await.unwrap();
        assert_eq!(said, "HTTP 202 Accepted: {\"status\": \"taken\"}", "{kind}");
        let heard = peer.heard.lock().unwrap();
        let [(path, headers, body)] = heard.as_slice() else { panic!("{kind}: {heard:?}") };
        assert_eq!(path, if kind == Kind::Pagerduty { "/v2/enqueue" } else { "/" });
        assert_eq!(headers["content-type"], "application/json");
        assert!(body.to_string().contains("provider-noc"), "{kind} learns whose it is");
        let has_token = headers.get("authorization").is_some_and(|it| it == "Bearer hush");
        assert_eq!(has_token, matches!(kind, Kind::Ntfy | Kind::Alertmanager), "{kind}");
    }
}

#[tokio::test]
async fn what_is_over_for_good_is_told_from_what_is_worth_another_try() {
    for kind in Kind::ALL {
        for (status, is_final) in
            [(301, true), (400, true), (404, true), (410, true), (408, false), (500, false)]
        {
            let peer = Peer::answering(status, &[("location", "http://127.0.0.1:9/")], "no").await;
            let err = peer.tell(kind).await.unwrap_err();
            assert_eq!(err.is_final(), is_final, "{kind} {status}");
            assert_eq!(peer.heard.lock().unwrap().len(), 1, "a redirect is not followed");
        }
        let peer = Peer::answering(429, &[("retry-after", "7")], "").await;
        let err = peer.tell(kind).await.unwrap_err();
        assert_eq!(err.retry_after(), Some(SignedDuration::from_secs(7)), "{kind}");
    }
}

#[tokio::test]
async fn an_endless_answer_is_not_listened_to_for_ever() {
    let peer = Peer::answering(200, &[], &"x".repeat(8 << 20)).await;
    let Answer(said) = peer.tell(Kind::Slack).await.unwrap();
    assert_eq!(said.chars().count(), "HTTP 200 OK: ".len() + 200);
}

#[tokio::test]
async fn whoever_is_not_there_is_tried_again_and_the_address_stays_secret() {
    let peer = Peer::answering(200, &[], "").await;
    let door = Door::Slack("http://127.0.0.1:1/T000/secret".into());
    drop(peer);
    remit_runtime::tls::install_provider();
    let settings = ChannelSettings { doors: vec![("noc".into(), door)], smtp: None };
    let channels = Channels::new(settings, FixedClock).unwrap();
    let err = channels.send("slack:noc", &message()).await.unwrap_err();
    let told = remit_shared::Chain(&err).to_string();
    assert!(!err.is_final() && !told.contains("secret"), "{told}");
    let err = channels.send("slack:ops", &message()).await.unwrap_err();
    let expected = "there is no channel `slack:ops`: \
                    the collector's settings have no [[slack]] with name = \"ops\"";
    assert_eq!((err.is_final(), err.to_string().as_str()), (true, expected));
    let err = channels.send("sms:1", &message()).await.unwrap_err();
    assert!(err.to_string().contains("a channel is email:ADDRESS, or webhook:NAME"), "{err}");
}
