//! One request in the plainest HTTP there is.

use std::{net::SocketAddr, path::Path, sync::Arc};

use remit_runtime::tls::certificates_from_pem;
use rustls::{ClientConfig, RootCertStore};
use rustls_pki_types::CertificateDer;
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
};
use tokio_rustls::TlsConnector;

use crate::soon;

/// Asks for a path; gives the answer's code and body, or nothing if there was
/// no answer.
pub async fn get(address: SocketAddr, path: &str) -> Option<(u16, String)> {
    let mut stream = TcpStream::connect(address).await.ok()?;
    let request = format!("GET {path} HTTP/1.1\r\nhost: {address}\r\nconnection: close\r\n\r\n");
    stream.write_all(request.as_bytes()).await.ok()?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.ok()?;
    read(&answer)
}

/// Posts JSON with a token over TLS; `root` says who may vouch for the server.
pub async fn post(
    address: SocketAddr,
    root: &Path,
    token: &str,
    path: &str,
    body: &str,
) -> (u16, String) {
    let request = format!(
        "POST {path} HTTP/1.1\r\nhost: {address}\r\nconnection: close\r\n\
         authorization: Bearer {token}\r\ncontent-length: {}\r\n\r\n{body}",
        body.len()
    );
    let certificates = certificates_from_pem(root).expect("it is a certificate");
    let answer = over_tls(address, certificates, &request).await;
    answer.expect("the answer is HTTP")
}

/// Asks for a path over TLS, as somebody who says so in a header.
pub async fn get_as(
    address: SocketAddr,
    root: CertificateDer<'static>,
    authorization: &str,
    path: &str,
) -> Option<(u16, String)> {
    let request = format!(
        "GET {path} HTTP/1.1\r\nhost: {address}\r\nconnection: close\r\n\
         authorization: {authorization}\r\n\r\n"
    );
    over_tls(address, vec![root], &request).await
}

async fn over_tls(
    address: SocketAddr,
    vouch: Vec<CertificateDer<'static>>,
    request: &str,
) -> Option<(u16, String)> {
    let mut roots = RootCertStore::empty();
    for certificate in vouch {
        roots.add(certificate).expect("it can vouch for others");
    }
    let config = ClientConfig::builder().with_root_certificates(roots).with_no_client_auth();
    let connector = TlsConnector::from(Arc::new(config));
    let tcp = TcpStream::connect(address).await.ok()?;
    let mut stream = soon("hands are shaken", connector.connect(address.ip().into(), tcp))
        .await
        .expect("the server's certificate is good");
    stream.write_all(request.as_bytes()).await.expect("the server reads");
    let mut answer = Vec::new();
    // However the connection ends, the answer is there or it is not.
    let _ = soon("an answer comes", stream.read_to_end(&mut answer)).await;
    read(&String::from_utf8_lossy(&answer))
}

fn read(answer: &str) -> Option<(u16, String)> {
    let code = answer.split(' ').nth(1)?.parse().ok()?;
    let (_, body) = answer.split_once("\r\n\r\n")?;
    Some((code, body.to_owned()))
}
