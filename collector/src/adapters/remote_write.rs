//! Prometheus remote write, version 1.0: samples as one compressed POST.
//!
//! The messages are those of the published protocol, as far as we say anything
//! with them: <https://prometheus.io/docs/specs/prw/remote_write_spec/>.

#[cfg(test)]
mod message;

use std::fmt;

use base64::{Engine as _, engine::general_purpose::STANDARD};
use prost::encoding::{self, WireType, encode_key, encode_varint, encoded_len_varint};
use remit_collector_domain::outgoing::Sample;

use crate::{
    adapters::notify::{Client, HttpError, Request, check_address},
    ports::{notifier::SendError, recorder::Recorder},
};

/// What marks that a series has ended: one of the values that are no number.
const ENDED: u64 = 0x7ff0_0000_0000_0002;

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
        let mut labels = labels;
        labels.sort();
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

    /// Appends a series of one sample. Very many of them are made, so there is no
    /// message in between.
    fn put(&self, sample: &Sample, scratch: &mut Vec<u8>, out: &mut Vec<u8>) {
        scratch.clear();
        let mut given = self.labels.iter().peekable();
        // The protocol wants labels in the order of their names.
        for (name, value) in &sample.labels {
            while let Some((name, value)) = given.next_if(|it| *it.0 < **name) {
                put_label(name, value, scratch);
            }
            put_label(name, value, scratch);
        }
        given.for_each(|(name, value)| put_label(name, value, scratch));
        let value = sample.value.unwrap_or(f64::from_bits(ENDED));
        let at = sample.at.as_millisecond();
        let length = 9 + 1 + encoded_len_varint(at.cast_unsigned());
        encode_key(2, WireType::LengthDelimited, scratch);
        encode_varint(length as u64, scratch);
        // Written even where it is what is meant if nothing is.
        encoding::double::encode(1, &value, scratch);
        encoding::int64::encode(2, &at, scratch);
        encode_key(1, WireType::LengthDelimited, out);
        encode_varint(scratch.len() as u64, out);
        out.extend_from_slice(scratch);
    }
}

fn put_label(name: &str, value: &str, out: &mut Vec<u8>) {
    let length = |it: &str| 1 + encoded_len_varint(it.len() as u64) + it.len();
    encode_key(1, WireType::LengthDelimited, out);
    encode_varint((length(name) + length(value)) as u64, out);
    for (tag, text) in [(1, name), (2, value)] {
        encode_key(tag, WireType::LengthDelimited, out);
        encode_varint(text.len() as u64, out);
        out.extend_from_slice(text.as_bytes());
    }
}

impl Recorder for RemoteWrite {
    type Pack = Body;

    fn pack(&self, samples: &[Sample]) -> Body {
        let (mut plain, mut scratch) = (Vec::new(), Vec::new());
        samples.iter().for_each(|it| self.put(it, &mut scratch, &mut plain));
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
    use prost::Message as _;

    use super::{
        message::{Value, WriteRequest},
        *,
    };

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
        let old = Sample { at: Timestamp::from_millisecond(-5).unwrap(), ..sample.clone() };
        let zero = Sample { value: Some(0.0), at: Timestamp::UNIX_EPOCH, ..sample.clone() };
        let Body(packed) = write.pack(&[sample, ended, old, zero]);
        let plain = snap::raw::Decoder::new().decompress_vec(&packed).unwrap();
        let read = WriteRequest::decode(plain.as_slice()).unwrap();
        let [first, second, old, zero] = read.timeseries.as_slice() else { panic!("{read:?}") };
        let names: Vec<&str> = first.labels.iter().map(|it| it.name.as_str()).collect();
        assert_eq!(names, ["__name__", "cluster", "host", "zone"]);
        assert_eq!(first.samples, [Value { value: 1.5, timestamp: 1_772_000_000_123 }]);
        assert_eq!(old.samples, [Value { value: 1.5, timestamp: -5 }]);
        assert_eq!(zero.samples, [Value { value: 0.0, timestamp: 0 }]);
        assert_eq!(zero.labels, first.labels);
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
