//! The dead man's switch: somebody outside who is told that all is well, and
//! who raises the alarm when that stays away.

use super::http::{Client, HttpError, Request, check_address};
use crate::ports::{notifier::SendError, switch::Switch};

/// Posts to an address that was set up.
pub struct DeadMan {
    client: Client,
    url: String,
}

impl DeadMan {
    /// Checks the address. Nothing is sent before all was found well.
    pub fn new(url: &str) -> Result<Self, HttpError> {
        check_address(url, false)?;
        Ok(Self { client: Client::new()?, url: url.to_owned() })
    }
}

impl Switch for DeadMan {
    async fn hold(&self) -> Result<(), SendError> {
        let request = Request { url: self.url.clone(), body: Vec::new(), headers: Vec::new() };
        self.client.post("dead_man", request).await.map(|_| ())
    }
}
