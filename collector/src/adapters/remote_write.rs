//! Prometheus remote write, version 1.0: samples as one compressed POST.
//!
//! The messages are those of the published protocol, as far as we say anything
//! with them: <https://prometheus.io/docs/specs/prw/remote_write_spec/>.

mod message;

use std::fmt;

use base64::{Engine as _, engine::general_purpose::STANDARD};
use prost::Message as _;
use remit_collector_domain::outgoing::Sample;

use self::message::{Label, TimeSeries, Value, WriteRequest};
use crate::{
    adapters::notify::{Client, HttpError, Request, check_address},
    ports::{notifier::SendError, recorder::Recorder},
};

/// Where samples go.
#[derive(Clone, PartialEq, Eq)]
pub struct RemoteWriteSettings {
    /// What errors call it.
    pub name: String,
    /// What is posted to.
    pub url: String,
    /// Who we say that we are.
    pub login: Option<Login>,
    /// Who alone vouches for the other side, as PEM; the system's roots if
    /// nobody is named.
    pub ca: Option<Vec<u8>>,
    /// Labels that every series gets.
    pub labels: Vec<(String, String)>,
}

/// Who we say that we are.
#[derive(Clone, PartialEq, Eq)]
pub enum Login {
    /// Whoever has this.
    Bearer(String),
    /// Somebody by name and password.
    Basic(String, String),
}

/// Posts samples to an address that was set up.
pub struct RemoteWrite {
    client: Client,
    name: String,
    url: String,
    authorization: Option<String>,
    labels: Vec<(String, String)>,
}

/// A request's body, and how many samples are in it.
pub struct Body(Vec<u8>);

impl fmt::Debug for Body {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Body of {} bytes", self.0.len())
    }
}

impl Body {
    /// How many bytes are sent, and wait until then.
    #[expect(clippy::len_without_is_empty, reason = "a body is never empty")]
    pub fn len(&self) -> usize {
        self.0.len()
    }
}

impl RemoteWrite {
    /// Checks the address and the roots. Nothing is sent yet. A login does not
    /// cross a network in the clear.
    pub fn new(settings: RemoteWriteSettings) -> Result<Self, HttpError> {
        let RemoteWriteSettings { name, url, login, ca, labels } = settings;
        check_address(&url, login.is_none())?;
        let client = match ca {
            Some(roots) => Client::trusting(&roots)?,
            None => Client::new()?,
        };
        let authorization = login.map(|it| match it {
            Login::Bearer(token) => format!("Bearer {token}"),
            Login::Basic(name, password) => {
                format!("Basic {}", STANDARD.encode(format!("{name}:{password}")))
            }
        });
        Ok(Self { client, name: format!("remote_write:{name}"), url, authorization, labels })
    }

    fn series(&self, sample: &Sample) -> TimeSeries {
        let ours = sample.labels.iter().map(|(name, value)| (&**name, &**value));
        let given = self.labels.iter().map(|(name, value)| (name.as_str(), value.as_str()));
        let label =
            |(name, value): (&str, &str)| Label { name: name.to_owned(), value: value.to_owned() };
        let mut labels: Vec<Label> = ours.chain(given).map(label).collect();
        // The protocol wants them in order.
        labels.sort_by(|a, b| a.name.cmp(&b.name));
        let value = sample.value.unwrap_or(message::ENDED);
        let samples = vec![Value { value, timestamp: sample.at.as_millisecond() }];
        TimeSeries { labels, samples }
    }
}

impl Recorder for RemoteWrite {
    type Pack = Body;

    fn pack(&self, samples: &[Sample]) -> Body {
        let timeseries = samples.iter().map(|it| self.series(it)).collect();
        let plain = WriteRequest { timeseries }.encode_to_vec();
        let packed = snap::raw::Encoder::new().compress_vec(&plain);
        Body(packed.expect("a batch is far from the 4 GiB that cannot be packed"))
    }

    async fn record(&self, pack: &Body) -> Result<(), SendError> {
        let mut request =
            Request { url: self.url.clone(), body: pack.0.clone(), headers: Vec::new() }
                .header("content-type", "application/x-protobuf")
                .header("content-encoding", "snappy")
                .header("x-prometheus-remote-write-version", "0.1.0");
        if let Some(login) = &self.authorization {
            request = request.header("authorization", login.clone());
        }
        self.client.post(&self.name, request).await.map(|_| ())
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use jiff::Timestamp;

    use super::*;

    fn settings(url: &str, login: Option<Login>) -> RemoteWriteSettings {
        let labels = vec![("cluster".into(), "eu".into()), ("zone".into(), "b".into())];
        RemoteWriteSettings { name: "prom".into(), url: url.into(), login, ca: None, labels }
    }

    fn refusal(settings: RemoteWriteSettings) -> String {
        RemoteWrite::new(settings).err().expect("it is refused").to_string()
    }

    #[test]
    fn a_pack_is_what_the_protocol_says() {
        remit_runtime::tls::install_provider();
        let write = RemoteWrite::new(settings("https://p.example/api/v1/write", None)).unwrap();
        let labels = BTreeMap::from([
            ("__name__".into(), "remit_load1".into()),
            ("host".into(), "db-7".into()),
        ]);
        let at = Timestamp::from_millisecond(1_772_000_000_123).unwrap();
        let sample = Sample { labels, at, value: Some(1.5) };
        let ended = Sample { value: None, ..sample.clone() };
        let Body(packed) = write.pack(&[sample, ended]);
        let plain = snap::raw::Decoder::new().decompress_vec(&packed).unwrap();
        let read = WriteRequest::decode(plain.as_slice()).unwrap();
        let [first, second] = read.timeseries.as_slice() else { panic!("{read:?}") };
        let names: Vec<&str> = first.labels.iter().map(|it| it.name.as_str()).collect();
        assert_eq!(names, ["__name__", "cluster", "host", "zone"]);
        assert_eq!(first.samples, [Value { value: 1.5, timestamp: 1_772_000_000_123 }]);
        // A value that compares with nothing, not with itself either.
        assert_eq!(second.samples[0].value.to_bits(), 0x7ff0_0000_0000_0002);
        // Field numbers and types: the first bytes of a request, written by hand.
        let head = [0x0a, 0x53, 0x0a, 0x17, 0x0a, 0x08, b'_', b'_', b'n', b'a', b'm', b'e'];
        assert_eq!(plain[..head.len()], head, "{plain:02x?}");
    }

    #[test]
    fn a_login_does_not_cross_a_network_in_the_clear() {
        remit_runtime::tls::install_provider();
        let token = || Some(Login::Bearer("hush".into()));
        let refused = refusal(settings("http://p.example/write", token()));
        assert!(refused.starts_with("its address must begin with https"), "{refused}");
        assert!(RemoteWrite::new(settings("http://p.example/write", None)).is_ok());
        let basic = Some(Login::Basic("remit".into(), "hush".into()));
        let write = RemoteWrite::new(settings("https://p.example/write", basic)).unwrap();
        assert_eq!(write.authorization.as_deref(), Some("Basic cmVtaXQ6aHVzaA=="));
        let roots =
            RemoteWriteSettings { ca: Some(b"nobody".into()), ..settings("https://p", None) };
        assert_eq!(refusal(roots), "its roots are no certificates in PEM");
    }
}
