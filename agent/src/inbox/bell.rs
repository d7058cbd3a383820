//! Rings when something was dropped.
//!
//! Where the operating system tells of changes to a folder, the agent sleeps
//! until it does: a look each second would be most of what an idle agent costs.
//! Elsewhere, and while there is no folder, it looks each second. What was
//! missed for whatever reason is found by a look that comes by itself.

use std::{path::Path, time::Duration};

use tokio::time;

/// How often to look where nobody rings, and after a look that left something.
const OFTEN: Duration = Duration::from_secs(1);
/// How often to look where somebody rings.
#[cfg(target_os = "linux")]
const SELDOM: Duration = Duration::from_secs(5 * 60);

/// Waits for a folder to change.
#[derive(Debug, Default)]
pub(super) struct Bell {
    #[cfg(target_os = "linux")]
    events: Option<linux::Events>,
}

impl Bell {
    /// Listens to a folder from now on, also if it is not the one that was here
    /// before. To be called before each look, so that nothing falls between.
    #[cfg(target_os = "linux")]
    pub(super) fn hang(&mut self, folder: &Path) {
        let events = self.events.take().or_else(|| linux::Events::open().ok());
        self.events = events.filter(|it| it.watch(folder).is_ok());
    }

    /// There is no bell here.
    #[cfg(not(target_os = "linux"))]
    pub(super) fn hang(&mut self, _folder: &Path) {}

    /// Waits until it is time to look again; not long, if the last look left
    /// something.
    pub(super) async fn rings(&mut self, is_left: bool) {
        #[cfg(target_os = "linux")]
        if let Some(events) = self.events.as_ref().filter(|_| !is_left) {
            tokio::select! {
                () = events.next() => {}
                () = time::sleep(SELDOM) => {}
            }
            return;
        }
        let _ = is_left;
        time::sleep(OFTEN).await;
    }
}

#[cfg(target_os = "linux")]
mod linux {
    use std::{io, mem::MaybeUninit, os::fd::OwnedFd, path::Path};

    use rustix::fs::inotify::{self, CreateFlags, Reader, WatchFlags};
    use tokio::io::unix::AsyncFd;

    /// What inotify(7) tells.
    #[derive(Debug)]
    pub(super) struct Events(AsyncFd<OwnedFd>);

    impl Events {
        #[expect(deprecated, reason = "what replaces it is unsafe; an owned descriptor stays open")]
        pub(super) fn open() -> io::Result<Self> {
            let file = inotify::init(CreateFlags::NONBLOCK | CreateFlags::CLOEXEC)?;
            Ok(Self(AsyncFd::new(file)?))
        }

        /// A file that is ready gets its name by a rename.
        pub(super) fn watch(&self, folder: &Path) -> io::Result<()> {
            inotify::add_watch(&self.0, folder, WatchFlags::MOVED_TO | WatchFlags::ONLYDIR)?;
            Ok(())
        }

        /// Waits until something has happened, and takes all that has.
        pub(super) async fn next(&self) {
            let Ok(mut ready) = self.0.readable().await else { return };
            let mut space = [MaybeUninit::uninit(); 1024];
            let mut reader = Reader::new(&self.0, &mut space);
            while reader.next().is_ok() {}
            ready.clear_ready();
        }
    }
}
