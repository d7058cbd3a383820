//! `remit-relay LISTEN TO MILLISECONDS` carries connections until it is ended.
//! A process of its own, so that it can stand in a network of its own.

use std::{env, future, net::SocketAddr, time::Duration};

use anyhow::Context as _;
use tests::Relay;

#[tokio::main(flavor = "current_thread")]
async fn main() -> anyhow::Result<()> {
    let words: Vec<String> = env::args().skip(1).collect();
    let [listen, to, delay] = words.as_slice() else {
        anyhow::bail!("usage: remit-relay LISTEN TO MILLISECONDS");
    };
    let (listen, to): (SocketAddr, SocketAddr) = (listen.parse()?, to.parse()?);
    let delay = Duration::from_millis(delay.parse().context("MILLISECONDS is a number")?);
    let _relay = Relay::listen(listen, to, delay).await?;
    future::pending().await
}
