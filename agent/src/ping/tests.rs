//! Over real connections on the loopback.

use std::{
    path::Path,
    sync::atomic::{AtomicU64, Ordering},
};

use jiff::Timestamp;
use remit_shared::{Answer, BackupRun, Body, RunResult};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use uuid::Uuid;

use super::*;

struct NoonClock;

impl Clock for NoonClock {
    fn now(&self) -> Timestamp {
        "2026-03-02T12:00:00Z".parse().unwrap()
    }
}

/// An endpoint in use by one script.
struct Caller {
    at: SocketAddr,
    stored: mpsc::Receiver<Delivery>,
}

impl Caller {
    /// Sends a request as it is; gives the status and the body of the answer.
    async fn send(&self, request: &[u8]) -> (u16, String) {
        let mut stream = TcpStream::connect(self.at).await.unwrap();
        stream.write_all(request).await.unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).await.unwrap();
        let (head, body) = answer.split_once("\r\n\r\n").unwrap();
        assert!(head.contains("ping-body-limit: 100000"), "{head}");
        (head[9..12].parse().unwrap(), body.into())
    }

    async fn call(&self, method: &str, target: &str, body: &str) -> (u16, String) {
        let length = body.len();
        let head = format!(
            "{method} {target} HTTP/1.1\r\nHost: localhost:7447\r\nContent-Length: {length}\r\n\r\n"
        );
        self.send(format!("{head}{body}").as_bytes()).await
    }

    /// Makes a call that is heard, and gives what it said.
    async fn tell(&mut self, target: &str, body: &str) -> BackupRun {
        let at = self.at;
        let (_, unused) = mpsc::channel(1);
        let caller = Self { at, stored: unused };
        let store = async {
            let Delivery { mut answers, stored } = self.stored.recv().await.unwrap();
            stored.send(()).unwrap();
            match answers.pop() {
                Some(Answer { body: Body::Run(run), .. }) => run,
                other => panic!("{other:?}"),
            }
        };
        let (answer, run) = tokio::join!(caller.call("POST", target, body), store);
        assert_eq!(answer, (200, "OK".into()), "{target}");
        run
    }
}

/// Runs an endpoint beside a script.
async fn beside(folder: &Path, create: bool, script: impl AsyncFnOnce(Caller)) {
    let listener = bind("127.0.0.1:0".parse().unwrap()).await.unwrap();
    let at = listener.local_addr().unwrap();
    let (sender, stored) = mpsc::channel(1);
    let next = AtomicU64::new(1);
    let settings = Settings {
        jobs: BTreeMap::from([("nightly".into(), "rsync".into())]),
        create,
        ledger: folder.join("pings.json"),
        clock: Arc::new(NoonClock),
        ids: Box::new(move || {
            RunId::from_uuid(Uuid::from_u128(next.fetch_add(1, Ordering::Relaxed).into()))
        }),
    };
    let stop = CancellationToken::new();
    let script = async {
        script(Caller { at, stored }).await;
        stop.cancel();
    };
    tokio::join!(serve(listener, settings, sender, stop.clone()), script);
}

#[tokio::test]
async fn a_run_is_heard_from_start_to_end() {
    let dir = tempfile::tempdir().unwrap();
    beside(dir.path(), true, async |mut caller| {
        let start = caller.tell("/ping/nightly/start", "").await;
        assert_eq!((start.result, &*start.product), (RunResult::Running, "rsync"));
        let end = caller.tell("/ping/nightly/3", "copying\nno space left\n").await;
        assert_eq!((end.run_id, end.result), (start.run_id, RunResult::Failed));
        assert_eq!(end.started_at, start.started_at);
        assert_eq!(
            (&*end.evidence, &*end.errors),
            ("copying\nno space left", &["no space left".into()][..])
        );
    })
    .await;
}

#[tokio::test]
async fn a_run_survives_a_restart_of_the_agent() {
    let dir = tempfile::tempdir().unwrap();
    let mut begun = None;
    beside(dir.path(), true, async |mut caller| {
        begun = Some(caller.tell("/ping/nightly/start", "").await.run_id);
    })
    .await;
    beside(dir.path(), true, async |mut caller| {
        let end = caller.tell("/ping/nightly", "").await;
        assert_eq!((Some(end.run_id), end.result), (begun, RunResult::Success));
    })
    .await;
}

#[tokio::test]
async fn what_is_not_stored_is_not_ok() {
    let dir = tempfile::tempdir().unwrap();
    beside(dir.path(), true, async |mut caller| {
        let (answer, ()) = tokio::join!(
            async {
                Caller { at: caller.at, stored: mpsc::channel(1).1 }
                    .call("GET", "/ping/nightly", "")
                    .await
            },
            async { drop(caller.stored.recv().await) },
        );
        assert_eq!(answer, (503, "not stored, try again".into()));
    })
    .await;
}

#[tokio::test]
async fn unknown_jobs_are_made_only_where_they_may_be() {
    let dir = tempfile::tempdir().unwrap();
    beside(dir.path(), false, async |caller| {
        assert_eq!(caller.call("GET", "/ping/new", "").await, (404, "not found".into()));
        assert_eq!(caller.call("GET", "/ping/new?create=1", "").await.0, 404);
    })
    .await;
    beside(dir.path(), true, async |mut caller| {
        assert_eq!(caller.call("GET", "/ping/new?create=0", "").await.0, 404);
        assert_eq!(caller.tell("/ping/new", "").await.job, "new");
        assert_eq!(caller.tell("/ping/new?create=1", "").await.product, "ping");
    })
    .await;
}

#[tokio::test]
async fn whoever_makes_up_names_is_not_heard_for_ever() {
    let dir = tempfile::tempdir().unwrap();
    beside(dir.path(), true, async |mut caller| {
        for it in 0..100 {
            assert_eq!(caller.tell(&format!("/ping/made-{it}"), "").await.product, "ping");
        }
        assert_eq!(caller.call("GET", "/ping/one-more", "").await.0, 404);
        assert_eq!(caller.tell("/ping/made-0", "").await.job, "made-0");
        assert_eq!(caller.tell("/ping/nightly", "").await.product, "rsync");
    })
    .await;
}

#[tokio::test]
async fn a_long_body_is_cut_and_its_sender_answered() {
    let dir = tempfile::tempdir().unwrap();
    beside(dir.path(), true, async |mut caller| {
        let body = "x".repeat(99_999) + "!" + &"y".repeat(400_000);
        let run = caller.tell("/ping/nightly", &body).await;
        assert!(run.evidence.len() <= 4096 && run.evidence.ends_with("xx!"));
    })
    .await;
}

#[tokio::test]
async fn what_makes_no_sense_is_told_so() {
    let dir = tempfile::tempdir().unwrap();
    beside(dir.path(), true, async |caller| {
        for (method, target, expected) in [
            ("GET", "/", 404),
            ("DELETE", "/ping/nightly", 405),
            ("GET", "/ping/nightly/256", 400),
            ("GET", "/ping/nightly?rid=x", 400),
            ("HEAD", "/ping/NIGHTLY", 404),
        ] {
            assert_eq!(caller.call(method, target, "").await.0, expected, "{method} {target}");
        }
    })
    .await;
}

#[tokio::test]
async fn a_web_page_cannot_ping() {
    let dir = tempfile::tempdir().unwrap();
    beside(dir.path(), true, async |caller| {
        for headers in [
            "Host: localhost\r\nOrigin: https://evil.example",
            "Host: 127.0.0.1:7447\r\nSec-Fetch-Site: cross-site",
            "Host: evil.example:7447",
            "Host: 127.evil.example",
        ] {
            let request = format!("GET /ping/nightly HTTP/1.1\r\n{headers}\r\n\r\n");
            assert_eq!(caller.send(request.as_bytes()).await.0, 403, "{headers}");
        }
    })
    .await;
}

#[tokio::test]
async fn others_than_this_machine_cannot_call() {
    let err = bind("0.0.0.0:0".parse().unwrap()).await.unwrap_err();
    assert_eq!(
        err.to_string(),
        "refused to listen for pings on 0.0.0.0:0, which is no loopback address"
    );
}
