//! Whether people can be told by the channels that a matrix names: what only
//! the collector knows of them.

use remit_collector_domain::matrix::ChannelRef;
use remit_matrix_file::{ChannelRemark, MatrixFile, Remark};
use remit_shared::Clock;
use tonic::Status;

use crate::{edge::grpc::operator::Plane, ports::store::Store};

impl<S: Store, C: Clock> Plane<S, C> {
    /// What is wrong with the channels that a matrix names.
    pub(super) async fn channel_remarks(&self, file: &MatrixFile) -> Result<Vec<Remark>, Status> {
        Ok(file.remark_channels(|channel| self.missing(channel)))
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
