//! Whether people can be told by the channels that a matrix names: what only
//! the collector knows of them.

use remit_collector_domain::matrix::ChannelRef;
use remit_matrix_file::{ChannelRemark, MatrixFile, Remark};
use remit_shared::Clock;
use tonic::Status;

use crate::{
    edge::grpc::operator::{Plane, contacts::Tried},
    ports::store::Store,
};

impl<S: Store, C: Clock> Plane<S, C> {
    /// Which channels that a matrix names the settings lack.
    pub(super) fn missing_channels(&self, file: &MatrixFile) -> Vec<Remark> {
        file.remark_channels(|channel| self.missing(channel))
    }

    /// The same, and which of the others nobody can count on.
    pub(super) async fn channel_remarks(&self, file: &MatrixFile) -> Result<Vec<Remark>, Status> {
        let tenant = &file.matrix.tenant;
        let tried = self.tried(tenant).await?;
        Ok(file.remark_channels(|channel| {
            let seen = tried.get(channel);
            self.missing(channel).or_else(|| uncertain(channel, seen, tenant.as_str()))
        }))
    }

    /// That the settings have no such channel, if so.
    fn missing(&self, channel: &ChannelRef) -> Option<ChannelRemark> {
        let lines = self.channels.lacks(channel)?;
        Some(ChannelRemark {
            code: "no-channel",
            message: format!("this collector has no `{channel}`: nobody is told by it"),
            suggestion: format!("set it up in the collector's `collector.toml`:\n{lines}"),
        })
    }
}

/// That a channel fails, or that nobody made sure of it, if so.
fn uncertain(channel: &ChannelRef, seen: Option<&Tried>, tenant: &str) -> Option<ChannelRemark> {
    if let Some(seen) = seen.filter(|it| it.is_failing()) {
        return Some(ChannelRemark {
            code: "failing-channel",
            message: format!("the newest message to `{channel}` failed: {}", seen.last_error()),
            suggestion: "see `remit contact list`".to_owned(),
        });
    }
    (!seen.is_some_and(Tried::is_verified)).then(|| ChannelRemark {
        code: "unverified-channel",
        message: format!("nobody has made sure that `{channel}` leads to somebody"),
        suggestion: format!("remit contact verify {channel} --tenant {tenant}"),
    })
}
