//! The way to the collector: directly, or through a proxy.
//!
//! Who decides about the proxy, the first of them that says something:
//!
//! 1. `REMIT_AGENT_PROXY`, which may say `none`;
//! 2. `uplink.proxy` in the file, which may say `none`;
//! 3. `HTTPS_PROXY` or `https_proxy`.
//!
//! A proxy of the first two serves every collector but those in
//! `uplink.no_proxy`. One of the third was meant for everybody on the machine,
//! so `NO_PROXY` or `no_proxy` holds for it as well, and what is on this machine
//! is reached directly. `HTTP_PROXY` and `ALL_PROXY` say nothing to the agent.

use std::path::PathBuf;

use remit_runtime::{
    config::{ConfigError, Document, Effective, Origin, Setting},
    dial::{Exceptions, Proxies, Proxy},
};

use super::{Environment, raw::RawConfig};

/// What is on this machine.
const LOOPBACK: [&str; 3] = ["localhost", "127.0.0.0/8", "::1"];

const OURS: &str = "REMIT_AGENT_PROXY";
const NONE: &str = "none";

/// Decides which collectors are reached through a proxy.
pub(super) fn proxies(
    document: &Document<RawConfig>,
    environment: Environment<'_>,
    effective: &mut Effective,
) -> Result<Proxies, ConfigError> {
    let raw = &document.value.uplink;
    let set = |name: &'static str| {
        let value = environment(name).filter(|it| !it.is_empty());
        value.map(|value| Setting { value, origin: Origin::Environment(name) })
    };
    let file = raw.proxy.clone().map(|value| Setting { value, origin: Origin::File });
    let ours = set(OURS).or(file);
    let is_ours = ours.is_some();
    let Some(said) = ours.or_else(|| set("HTTPS_PROXY")).or_else(|| set("https_proxy")) else {
        effective.show("uplink.proxy", &Setting::new(NONE));
        return Ok(Proxies::default());
    };
    if said.value == NONE {
        effective.show("uplink.proxy", &said);
        return Ok(Proxies::default());
    }
    let invalid = |message: &dyn std::fmt::Display| match said.origin {
        Origin::Environment(name) => ConfigError::Invalid {
            path: "environment".into(),
            line: None,
            key: name.into(),
            message: message.to_string(),
        },
        Origin::Default | Origin::File | Origin::Flag(_) => {
            document.invalid("uplink.proxy", message)
        }
    };
    let mut proxy: Proxy = said.value.parse().map_err(|err| invalid(&err))?;
    if said.origin == Origin::File && proxy.has_credentials() {
        let message = "must not hold a password: write it to a file as `user:password`, and name that in `uplink.proxy_credentials_file`";
        return Err(invalid(&message));
    }
    if is_ours && let Some(path) = &raw.proxy_credentials_file {
        proxy = proxy.with_credentials_file(path.clone());
    }
    let listed = raw.no_proxy.iter().flatten().map(String::as_str);
    let mut except =
        Exceptions::parse(listed).map_err(|err| document.invalid("uplink.no_proxy", err))?;
    if !is_ours {
        let everybodys = set("NO_PROXY").or_else(|| set("no_proxy"));
        let everybodys = everybodys.map(|it| it.value).unwrap_or_default();
        // Others' mistakes there must not keep the agent from its work.
        for it in everybodys.split(',').chain(LOOPBACK) {
            except.extend(Exceptions::parse([it]).unwrap_or_default());
        }
    }
    effective.show("uplink.proxy", &Setting { value: proxy.to_string(), origin: said.origin });
    let shown = |path: PathBuf| path.display().to_string();
    if let Some(path) = raw.proxy_credentials_file.clone() {
        let key = "uplink.proxy_credentials_file";
        effective.show(key, &Setting::new(String::new()).file(Some(shown(path))));
    }
    if except != Exceptions::default() {
        let origin = if is_ours { Origin::File } else { said.origin };
        effective.show("uplink.no_proxy", &Setting { value: except.to_string(), origin });
    }
    Ok(Proxies::new(proxy, except))
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;

    /// Whether a collector is reached through a proxy, and which.
    fn way(text: &str, environment: &[(&str, &str)], to: &str) -> Result<String, String> {
        let lookup =
            |name: &str| environment.iter().find(|it| it.0 == name).map(|it| it.1.to_owned());
        let document = Document::parse(Path::new("agent.toml"), text.into()).unwrap();
        let proxies = proxies(&document, &lookup, &mut Effective::new());
        let proxies = proxies.map_err(|err| err.to_string())?;
        Ok(proxies.towards(to).map_or_else(|| "directly".into(), ToString::to_string))
    }

    #[test]
    fn the_nearest_word_about_a_proxy_holds() {
        let file = "[uplink]\nproxy = \"http://file:1\"\nno_proxy = [\"near.example\"]\n";
        let none = "[uplink]\nproxy = \"none\"\n";
        let all = [("HTTPS_PROXY", "http://u:p@all:1"), ("NO_PROXY", "x y,far.example")];
        let ours = [("REMIT_AGENT_PROXY", "http://ours:1"), ("HTTPS_PROXY", "http://all:1")];
        let not = [("REMIT_AGENT_PROXY", "none"), ("HTTPS_PROXY", "http://all:1")];
        let (far, near) = ("c.far.example:7443", "near.example:7443");
        for (text, environment, to, expected) in [
            ("", &[][..], far, "directly"),
            ("", &all, near, "http://***@all:1"),
            ("", &all, far, "directly"),
            ("", &all, "127.0.0.1:7443", "directly"),
            ("", &all, "localhost:7443", "directly"),
            ("", &[("https_proxy", "http://low:1")], far, "http://low:1"),
            ("", &[("HTTP_PROXY", "http://a:1"), ("ALL_PROXY", "http://b:1")], far, "directly"),
            ("", &[("HTTPS_PROXY", "")], far, "directly"),
            (file, &all, far, "http://file:1"),
            (file, &all, near, "directly"),
            (file, &all, "127.0.0.1:7443", "http://file:1"),
            (file, &ours, far, "http://ours:1"),
            (file, &not, far, "directly"),
            (none, &all, near, "directly"),
        ] {
            let way = way(text, environment, to);
            assert_eq!(way.as_deref(), Ok(expected), "{text:?} {environment:?} {to}");
        }
    }

    #[test]
    fn what_makes_no_sense_is_named_with_its_place() {
        for (text, environment, expected) in [
            (
                "[uplink]\nproxy = \"http://u:p@file:1\"\n",
                &[][..],
                "agent.toml:2: uplink.proxy: must not hold a password: write it to a file as `user:password`, and name that in `uplink.proxy_credentials_file`",
            ),
            (
                "[uplink]\nproxy = \"socks5://file:1\"\n",
                &[],
                "agent.toml:2: uplink.proxy: only HTTP proxies are supported, not `socks5://`",
            ),
            (
                "",
                &[("HTTPS_PROXY", "proxy")],
                "environment: HTTPS_PROXY: is not a proxy: write it like `http://proxy.example.org:3128`",
            ),
        ] {
            assert_eq!(way(text, environment, "c:1"), Err(expected.into()));
        }
    }
}
