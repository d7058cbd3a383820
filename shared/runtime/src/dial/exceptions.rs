//! Which addresses are reached directly although there is a proxy: what
//! `NO_PROXY` says, by rules that are written down.
//!
//! - `*` is every address.
//! - `example.org` and `.example.org` are that name and every name below it.
//! - `192.0.2.7` and `[2001:db8::7]` are that address, `192.0.2.0/24` all of a
//!   network. They speak of addresses that are written as such: a name is not
//!   looked up to find out, since that may be just what only the proxy can do.
//! - Any of them may end in `:port` and then speaks of that port alone.
//! - Case does not matter, nor do spaces and a dot at the end of a name.

use std::{fmt, net::IpAddr, str::FromStr};

/// Addresses that are reached directly.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Exceptions(Vec<Exception>);

#[derive(Clone, Debug, PartialEq, Eq)]
struct Exception {
    what: What,
    port: Option<u16>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum What {
    All,
    Name(String),
    Network(IpAddr, u32),
}

/// Why something is no exception.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "`{0}` names no address: write `*`, `example.org`, `192.0.2.7` or `192.0.2.0/24`, each with `:port` if need be"
)]
pub struct InvalidException(String);

impl Exceptions {
    /// All of these; empty ones say nothing.
    pub fn parse<'a>(all: impl IntoIterator<Item = &'a str>) -> Result<Self, InvalidException> {
        let all = all.into_iter().map(str::trim).filter(|it| !it.is_empty());
        all.map(Exception::from_str).collect::<Result<_, _>>().map(Self)
    }

    /// These as well.
    pub fn extend(&mut self, more: Self) {
        self.0.extend(more.0);
    }

    /// Whether `host:port` is among them.
    pub fn cover(&self, address: &str) -> bool {
        let Some((host, port)) = split(address) else { return false };
        self.0.iter().any(|it| it.port.is_none_or(|it| Some(it) == port) && it.what.is(host))
    }
}

impl FromStr for Exception {
    type Err = InvalidException;

    fn from_str(text: &str) -> Result<Self, InvalidException> {
        let shown = || text.chars().take(100).flat_map(char::escape_default).collect();
        if let Some(what) = network(text) {
            return Ok(Self { what, port: None });
        }
        let (host, port) = split(text).ok_or_else(|| InvalidException(shown()))?;
        if let Some(what) = network(host) {
            return Ok(Self { what, port });
        }
        if host == "*" {
            return Ok(Self { what: What::All, port });
        }
        let name = host.trim_start_matches("*.").trim_matches('.').to_ascii_lowercase();
        let is_name = |it: u8| it.is_ascii_alphanumeric() || b"-_.".contains(&it);
        if name.is_empty() || !name.bytes().all(is_name) {
            return Err(InvalidException(shown()));
        }
        Ok(Self { what: What::Name(name), port })
    }
}

impl What {
    fn is(&self, host: &str) -> bool {
        match self {
            Self::All => true,
            Self::Name(name) => {
                let host = host.trim_end_matches('.').to_ascii_lowercase();
                let above = host.strip_suffix(name.as_str());
                above.is_some_and(|it| it.is_empty() || it.ends_with('.'))
            }
            Self::Network(network, bits) => {
                let Some(address) = ip(host) else { return false };
                let ((ours, width), (theirs, same)) = (bits_of(address), bits_of(*network));
                let shift = width - bits.min(&width);
                // A shift by all bits leaves nothing that could differ.
                width == same && ours.checked_shr(shift) == theirs.checked_shr(shift)
            }
        }
    }
}

/// An address or a network without a port.
fn network(text: &str) -> Option<What> {
    let (host, bits) = match text.split_once('/') {
        Some((host, bits)) => (host, Some(bits.parse::<u32>().ok()?)),
        None => (text, None),
    };
    let address = ip(host)?;
    let (_, width) = bits_of(address);
    let bits = bits.unwrap_or(width);
    (bits <= width).then_some(What::Network(address, bits))
}

fn ip(host: &str) -> Option<IpAddr> {
    let bracketed = host.strip_prefix('[').and_then(|it| it.strip_suffix(']'));
    bracketed.unwrap_or(host).parse().ok()
}

/// An address as a number, and how many bits it has.
fn bits_of(address: IpAddr) -> (u128, u32) {
    match address {
        IpAddr::V4(it) => (it.to_bits().into(), 32),
        IpAddr::V6(it) => (it.to_bits(), 128),
    }
}

/// A host, and the port behind it if there is one.
fn split(text: &str) -> Option<(&str, Option<u16>)> {
    let bare = text.starts_with('[') && text.ends_with(']');
    match text.rsplit_once(':') {
        Some((host, port)) if !bare => Some((host, Some(port.parse().ok()?))),
        Some(_) | None => Some((text, None)),
    }
}

impl fmt::Display for Exceptions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, Exception { what, port }) in self.0.iter().enumerate() {
            if index > 0 {
                f.write_str(", ")?;
            }
            match what {
                What::All => f.write_str("*")?,
                What::Name(name) => f.write_str(name)?,
                What::Network(IpAddr::V6(it), 128) if port.is_some() => write!(f, "[{it}]")?,
                What::Network(it, bits) if bits_of(*it).1 == *bits => write!(f, "{it}")?,
                What::Network(it, bits) => write!(f, "{it}/{bits}")?,
            }
            if let Some(port) = port {
                write!(f, ":{port}")?;
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_an_exception_is_one_by_name_network_and_port() {
        for (all, address, is_covered) in [
            ("*", "collector.example.org:7443", true),
            ("", "collector.example.org:7443", false),
            ("example.org", "example.org:7443", true),
            ("example.org", "collector.EXAMPLE.org:7443", true),
            (".example.org.", "example.org:7443", true),
            ("example.org", "badexample.org:7443", false),
            ("example.org", "example.org.evil:7443", false),
            ("*.example.org", "collector.example.org:7443", true),
            ("example.org:7443", "example.org:7443", true),
            ("example.org:7443", "example.org:7444", false),
            ("192.0.2.7", "192.0.2.7:7443", true),
            ("192.0.2.7", "192.0.2.70:7443", false),
            ("192.0.2.0/24", "192.0.2.70:7443", true),
            ("192.0.2.0/24", "192.0.3.70:7443", false),
            ("0.0.0.0/0", "192.0.3.70:7443", true),
            ("192.0.2.0/24:7444", "192.0.2.70:7443", false),
            ("192.0.2.0/24", "[2001:db8::1]:7443", false),
            ("2001:db8::1", "[2001:db8::1]:7443", true),
            ("[2001:db8::1]:7443", "[2001:db8::1]:7443", true),
            ("[2001:db8::1]:7444", "[2001:db8::1]:7443", false),
            ("2001:db8::/32", "[2001:db8:1::1]:7443", true),
            ("::/0", "[2001:db8:1::1]:7443", true),
            // A name is never looked up.
            ("127.0.0.0/8", "localhost:7443", false),
            ("a.example , b.example", "b.example:1", true),
        ] {
            let exceptions = Exceptions::parse(all.split(',')).unwrap();
            assert_eq!(exceptions.cover(address), is_covered, "{all} {address}");
        }
    }

    #[test]
    fn what_names_no_address_is_refused() {
        for text in ["http://example.org", "192.0.2.0/33", "a b", "example.org:x", "..", "/8"] {
            assert!(Exceptions::parse([text]).is_err(), "{text}");
        }
    }

    #[test]
    fn exceptions_print_as_they_read() {
        let text = "*, example.org:1, 192.0.2.7, 192.0.2.0/24:7, [2001:db8::1]:1, 2001:db8::/32";
        assert_eq!(Exceptions::parse(text.split(',')).unwrap().to_string(), text);
    }
}
