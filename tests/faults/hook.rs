//! A receiver of webhooks that fails as one wants: it answers, with whatever
//! code, or takes a message and says nothing.

use std::{
    net::{Ipv4Addr, SocketAddr},
    sync::{Arc, Mutex, PoisonError},
};

use serde_json::Value;
use tests::Site;
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::{TcpListener, TcpStream},
    task::JoinSet,
};

/// How it behaves.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Mood {
    /// It answers with a code.
    Answers(u16),
    /// It reads and says nothing.
    Hangs,
}

/// One message, as it came.
#[derive(Clone, Debug)]
pub(crate) struct Message {
    pub(crate) id: String,
    pub(crate) body: Value,
    /// Whether it was answered with 200.
    pub(crate) taken: bool,
}

impl Message {
    /// A field of the body, empty if it is not there.
    pub(crate) fn field(&self, name: &str) -> &str {
        self.body[name].as_str().unwrap_or_default()
    }
}

/// A receiver. Each message comes over a connection of its own. Ends when it is
/// dropped.
pub(crate) struct Hook {
    address: SocketAddr,
    state: Arc<Mutex<(Mood, Vec<Message>)>>,
    _work: JoinSet<()>,
}

impl Hook {
    /// Listens, and answers with 200.
    pub(crate) async fn open(at: Ipv4Addr) -> Self {
        let listener = TcpListener::bind((at, 0)).await.expect("there is a free port");
        let address = listener.local_addr().expect("a bound listener has an address");
        let state = Arc::new(Mutex::new((Mood::Answers(200), Vec::new())));
        let mut work = JoinSet::new();
        let shared = Arc::clone(&state);
        work.spawn(async move {
            let mut guests = JoinSet::new();
            while let Ok((guest, _)) = listener.accept().await {
                let state = Arc::clone(&shared);
                guests.spawn(async move { drop(serve(guest, &state).await) });
            }
        });
        Self { address, state, _work: work }
    }

    /// From now on it behaves so.
    pub(crate) fn be(&self, mood: Mood) {
        self.state.lock().unwrap_or_else(PoisonError::into_inner).0 = mood;
    }

    /// All that came.
    pub(crate) fn messages(&self) -> Vec<Message> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner).1.clone()
    }

    /// Lets a team's messages come here.
    pub(crate) async fn instead_of(&self, site: &mut Site, team: &str) {
        let usual = site.inbox.url(team);
        let path = site.data().join("collector.toml");
        let settings = std::fs::read_to_string(&path).expect("init wrote settings");
        assert!(settings.contains(&usual), "the team has a webhook");
        let own = format!("http://{}/{team}", self.address);
        std::fs::write(&path, settings.replace(&usual, &own)).expect("they can be written");
        site.stop().await;
        site.restart().await;
    }
}

async fn serve(mut guest: TcpStream, state: &Mutex<(Mood, Vec<Message>)>) -> std::io::Result<()> {
    let mut text = Vec::new();
    let head = loop {
        if let Some(end) = text.windows(4).position(|it| it == b"\r\n\r\n") {
            break String::from_utf8_lossy(&text[..end]).into_owned();
        }
        if guest.read_buf(&mut text).await? == 0 {
            return Ok(());
        }
    };
    let header = |name: &str| {
        let mut fields = head.lines().filter_map(|line| line.split_once(':'));
        let found = fields.find(|it| it.0.eq_ignore_ascii_case(name));
        found.map_or(String::new(), |it| it.1.trim().to_owned())
    };
    let length = head.len() + 4 + header("content-length").parse::<usize>().unwrap_or(0);
    while text.len() < length {
        if guest.read_buf(&mut text).await? == 0 {
            return Ok(());
        }
    }
    let mood = {
        let mut state = state.lock().unwrap_or_else(PoisonError::into_inner);
        let mood = state.0;
        state.1.push(Message {
            id: header("idempotency-key"),
            body: serde_json::from_slice(&text[head.len() + 4..]).unwrap_or_default(),
            taken: mood == Mood::Answers(200),
        });
        mood
    };
    match mood {
        Mood::Answers(code) => {
            let answer =
                format!("HTTP/1.1 {code} so\r\ncontent-length: 0\r\nconnection: close\r\n\r\n");
            guest.write_all(answer.as_bytes()).await
        }
        // Until whoever asked has had enough.
        Mood::Hangs => {
            while guest.read_buf(&mut text).await? > 0 {}
            Ok(())
        }
    }
}
