//! Whole-system tests of Remit: its programs as they ship, started as child
//! processes, spoken to over their own ports with certificates of their own
//! making.
//!
//! A test starts a [`Site`], which is a collector with a published matrix and
//! people of both parties, lets a [`FakeAgent`] or a [`RealAgent`] report, and
//! looks at what an [`Operator`] sees and an [`Inbox`] receives.
//!
//! # Invariants
//!
//! - Tests share nothing: each site has its own folder and its own address on
//!   the loopback, so any number of them runs at once.
//! - Nobody waits for a length of time. [`eventually`] waits for a state and
//!   says, if it never comes, which one.
//! - Whatever a test starts ends with it.
//!
//! # Not here
//!
//! What Remit should do is said by the tests in `e2e`.

mod agent;
mod authority;
mod clock;
mod desk;
mod disk;
mod http;
mod inbox;
mod matrix;
mod network;
mod operator;
mod program;
mod raw;
mod real_agent;
mod relay;
mod session;
mod site;
mod story;

use std::time::Duration;

use tokio::time::{self, Instant};

pub use crate::{
    agent::{FakeAgent, Refused, ask_to_enroll},
    authority::{ForeignAuthority, Impostor},
    clock::tuesday,
    disk::{Filler, on_a_disk},
    http::{get, get_as, post},
    inbox::{Inbox, Received},
    matrix::{day_and_night, starter},
    network::Network,
    operator::{Operator, Watch},
    program::{Outcome, Program, binary, command, finish, run, within},
    real_agent::RealAgent,
    relay::Relay,
    session::Session,
    site::{Ask, Site},
    story::{Story, entries, owner},
};

/// Long enough for anything that should happen at once, on a busy machine.
pub const SOON: Duration = Duration::from_secs(20);

/// How often a state is looked for.
const LOOK: Duration = Duration::from_millis(40);

/// Looks until there is something to see, and gives it. Fails the test, with
/// what it waited for, if there is nothing within `deadline`.
pub async fn eventually<T>(
    deadline: Duration,
    what: &str,
    mut look: impl AsyncFnMut() -> Option<T>,
) -> T {
    let until = Instant::now() + deadline;
    loop {
        if let Some(seen) = look().await {
            return seen;
        }
        assert!(Instant::now() < until, "waited {deadline:?} in vain until {what}");
        time::sleep(LOOK).await;
    }
}

/// Waits for something that comes by itself. Fails the test, with what it
/// waited for, if it does not come soon.
pub async fn soon<T>(what: &str, coming: impl Future<Output = T>) -> T {
    match time::timeout(SOON, coming).await {
        Ok(came) => came,
        Err(_elapsed) => panic!("waited {SOON:?} in vain until {what}"),
    }
}
