//! The wrapped program: its start, its signals and its end.

use std::{fmt, io, process::ExitStatus, process::Stdio, time::Duration};

use tokio::{
    io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _, stderr, stdout},
    process::Command,
    time,
};

use crate::{
    backup_run::{
        Order,
        ear::{Ear, Voice},
    },
    platform::process::{StopSignal, killed_by, pass_on},
};

/// How long output may follow the end of the program: a child of it that goes
/// on in the background shall not keep the caller waiting.
const AFTERWARDS: Duration = Duration::from_secs(2);

/// How a program ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct End {
    /// Its exit code, unless a signal killed it.
    pub(super) code: Option<i32>,
    /// The signal that killed it.
    pub(super) signal: Option<i32>,
    /// Whether somebody asked us to stop.
    pub(super) stopped: bool,
}

impl End {
    fn new(status: ExitStatus, stopped: bool) -> Self {
        Self { code: status.code(), signal: killed_by(status), stopped }
    }

    /// The code that a shell would give.
    pub(super) fn exit_code(&self) -> i32 {
        self.code.unwrap_or_else(|| 128 + self.signal.unwrap_or_default())
    }
}

impl fmt::Display for End {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self.code, self.signal) {
            (Some(code), _) => write!(f, "exit {code}"),
            (None, Some(signal)) => write!(f, "signal {signal}"),
            (None, None) => f.write_str("unknown end"),
        }
    }
}

/// Where the human reads.
pub(super) struct Human {
    pub(super) out: Box<dyn AsyncWrite + Unpin + Send>,
    pub(super) err: Box<dyn AsyncWrite + Unpin + Send>,
    /// Whether each of the two, and the input, is a terminal.
    pub(super) terminals: [bool; 3],
}

impl Human {
    /// Whoever started us.
    pub(super) fn terminal() -> Self {
        use std::io::{IsTerminal as _, stderr as err, stdin as input, stdout as out};
        let terminals = [out().is_terminal(), err().is_terminal(), input().is_terminal()];
        Self { out: Box::new(stdout()), err: Box::new(stderr()), terminals }
    }

    /// Says something of our own.
    pub(super) async fn complain(&mut self, text: &str) {
        self.show(Voice::Err, format!("remit-agent: {text}\n").as_bytes()).await;
    }

    /// Passes something on. A reader that went away is no reason to stop.
    async fn show(&mut self, voice: Voice, bytes: &[u8]) {
        let writer = match voice {
            Voice::Out => &mut self.out,
            Voice::Err => &mut self.err,
        };
        if writer.write_all(bytes).await.is_ok() {
            writer.flush().await.ok();
        }
    }
}

/// Runs the program to its end. An error means that it did not begin.
pub(super) async fn attend(
    order: &Order,
    ear: &mut Ear,
    human: &mut Human,
    mut signals: impl AsyncFnMut() -> StopSignal,
) -> io::Result<End> {
    // On a terminal a program that says nothing to us keeps the terminal.
    let stdio = |terminal: bool| {
        if ear.is_spoken_to() || !terminal { Stdio::piped() } else { Stdio::inherit() }
    };
    let mut child = Command::new(&order.program)
        .args(ear.args())
        .stdout(stdio(human.terminals[0]))
        .stderr(stdio(human.terminals[1]))
        .spawn()?;
    let (mut out, mut err) = (child.stdout.take(), child.stderr.take());
    let (mut out_piece, mut err_piece) = (vec![0; 16 << 10], vec![0; 16 << 10]);
    let mut stopped = false;
    let mut ended = None;
    let mut patience = Box::pin(time::sleep(Duration::MAX));
    loop {
        if let Some(status) = ended
            && out.is_none()
            && err.is_none()
        {
            return Ok(End::new(status, stopped));
        }
        tokio::select! {
            count = piece(&mut out, &mut out_piece), if out.is_some() => {
                pass(ear, human, Voice::Out, &mut out, &out_piece[..count]).await;
            }
            count = piece(&mut err, &mut err_piece), if err.is_some() => {
                pass(ear, human, Voice::Err, &mut err, &err_piece[..count]).await;
            }
            signal = signals() => {
                stopped = true;
                pass_on(&child, signal, human.terminals[2]);
            }
            status = child.wait(), if ended.is_none() => {
                ended = Some(status?);
                patience = Box::pin(time::sleep(AFTERWARDS));
            }
            () = &mut patience, if ended.is_some() => {
                (out, err) = (None, None);
            }
        }
    }
}

/// Reads a piece; nothing is the end.
async fn piece(stream: &mut Option<impl AsyncRead + Unpin>, buffer: &mut [u8]) -> usize {
    match stream {
        Some(stream) => stream.read(buffer).await.unwrap_or(0),
        None => 0,
    }
}

async fn pass<T>(
    ear: &mut Ear,
    human: &mut Human,
    voice: Voice,
    stream: &mut Option<T>,
    piece: &[u8],
) {
    let shown = if piece.is_empty() {
        *stream = None;
        ear.finish(voice)
    } else {
        ear.hear(voice, piece)
    };
    human.show(voice, &shown).await;
}
