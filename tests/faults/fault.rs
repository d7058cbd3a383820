//! The faults, F1 to F34: what they are called and how each is tried.

use std::{fmt, str::FromStr};

use crate::{
    Scope,
    found::Found,
    rows::{
        alone, channels, clocks, copies, crash, disk, elsewhere, filed, full, herd, hostile, kept,
        matrix, overload, silence, sweep, sync, timers,
    },
};

/// A fault by its number.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Fault(u8);

/// Each with what it is.
const TITLES: [&str; 34] = [
    "agent killed at random",
    "agent killed at each sync and rename",
    "collector killed under load",
    "collector killed between a step and its message",
    "collector killed before a step is written down",
    "500 steps due while the collector is down",
    "power cut: nothing is acknowledged before it is synced",
    "the disk fails: EIO and ENOSPC",
    "the disk is full: bytes and inodes",
    "the agent's spool is damaged",
    "the link is down for three days",
    "a slow and lossy link",
    "a link that breaks again and again",
    "a link that is dead one way",
    "the collector restarts",
    "a site falls silent",
    "all sites fall silent",
    "one stays away after its site is back",
    "all agents come back at once",
    "the collector's clock is set an hour on and back",
    "an agent's clock is wrong",
    "a restored snapshot, a cloned disk",
    "repeated, reordered and replayed traffic",
    "the collector stands still",
    "every sync takes 200 ms",
    "a channel fails or hangs",
    "certificates run out while nobody can be reached",
    "an agent is revoked while it reports",
    "a matrix is published over 1,000 open alerts, and a power cut",
    "a hostile agent",
    "four times as many reports as can be taken",
    "clock changes and calendars",
    "an upgrade is killed at any point",
    "the collector is restored from an older copy",
];

impl Fault {
    /// All, in order.
    pub(crate) fn all() -> impl Iterator<Item = Self> {
        (1..=34).map(Self)
    }

    /// Those that can be tried within a few minutes in all, and that no test of
    /// the suite tries in the same way.
    pub(crate) fn quick() -> impl Iterator<Item = Self> {
        [1, 2, 3, 4, 7, 8, 9, 10, 15, 22, 25, 28].into_iter().map(Self)
    }

    /// `F3`.
    pub(crate) fn name(self) -> String {
        format!("F{}", self.0)
    }

    /// What it is.
    pub(crate) fn title(self) -> &'static str {
        TITLES[usize::from(self.0) - 1]
    }

    /// Tries it.
    pub(crate) async fn attempt(self, scope: &Scope) -> Found {
        match self.0 {
            1 => crash::agent(self, scope).await,
            2 => sweep::agent(self, scope).await,
            3 => crash::collector(self, scope).await.and(sweep::collector(self, scope).await),
            4 => timers::between_step_and_message(self, scope).await,
            5 => timers::before_the_step(self, scope).await,
            6 => timers::five_hundred(self, scope).await,
            7 => {
                let traced = sync::traced_row(self, scope).await;
                let collector = kept::power_cuts(self, scope).await;
                let settling = filed::power_cuts(self, scope).await;
                traced.and(collector).and(settling).and(kept::of_the_agent(self, scope).await)
            }
            8 => disk::fails(self, scope).await,
            9 => full::fills(self, scope).await,
            10 => disk::damaged(self, scope).await,
            11 => overload::three_days(self, scope).await,
            14 => silence::one_way(self).await,
            15 => silence::restarts(self, scope).await,
            19 => herd::comes_back(self, scope).await,
            20 => clocks::of_the_collector(self, scope).await,
            21 => clocks::of_an_agent(self, scope).await,
            22 => copies::restored_and_cloned(self, scope).await,
            23 => copies::repeated(self, scope).await,
            24 => silence::stands_still(self, scope).await,
            25 => disk::slow(self, scope).await,
            26 => channels::fail(self, scope).await,
            27 => alone::runs_out(self).await,
            28 => hostile::revoked(self, scope).await,
            29 => matrix::published(self, scope).await,
            30 => hostile::attacks(self, scope).await,
            31 => overload::four_times(self, scope).await,
            33 => sweep::set_up(self, scope).await,
            _ => elsewhere::tests(self).await,
        }
    }
}

impl FromStr for Fault {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let number = text.strip_prefix(['F', 'f']).unwrap_or(text).parse::<u8>();
        number
            .ok()
            .filter(|it| (1..=34).contains(it))
            .map(Self)
            .ok_or_else(|| format!("`{text}` is none of F1 to F34"))
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.name(), self.title())
    }
}
