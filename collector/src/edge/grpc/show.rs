//! Values of the domain as messages of the operator plane.

pub(crate) mod alert;
pub(crate) mod change;
pub(crate) mod endpoint;
pub(crate) mod known_issue;
pub(crate) mod proposal;
pub(crate) mod report;
pub(crate) mod sla;
pub(crate) mod window;

use remit_proto::convert::InvalidMessage;

/// Each of a repeated field, read.
pub(crate) fn each<T, E, B>(
    field: &'static str,
    texts: &[String],
    read: impl Fn(&str) -> Result<T, E>,
) -> Result<B, InvalidMessage>
where
    E: std::fmt::Display,
    B: FromIterator<T>,
{
    let refused = |err: E| InvalidMessage::new(field, err.to_string());
    texts.iter().map(|it| read(it).map_err(refused)).collect()
}
