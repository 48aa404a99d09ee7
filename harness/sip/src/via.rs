//! One Via entry (RFC 3261 20.42).

use crate::lexical::split_unquoted;
use crate::parameter::Parameter;

/// One entry of a Via header.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Via {
    /// Protocol and version without blanks, `SIP/2.0`.
    pub protocol: String,
    /// The transport as written: `WS`, `WSS`, `UDP`, `TCP`, `TLS`, ...
    pub transport: String,
    /// The host of sent-by, an IPv6 address in its brackets.
    pub host: String,
    /// The port of sent-by.
    pub port: Option<u16>,
    /// `branch`, `received`, `rport` and others, in their order.
    pub parameters: Vec<Parameter>,
}

impl Via {
    /// Reads one entry; blanks around its parts do not count. `None` unless protocol, transport and host are there.
    #[must_use]
    pub fn parse(entry: &str) -> Option<Self> {
        let parts = split_unquoted(entry, b';');
        let (name, rest) = parts[0].split_once('/')?;
        let (version, rest) = rest.split_once('/')?;
        let (transport, sent_by) = rest.trim().split_once([' ', '\t'])?;
        let (host, port) = split_host(sent_by.trim())?;
        let parameters = entry.get(parts[0].len() + 1..).unwrap_or_default();
        Some(Self {
            protocol: format!("{}/{}", name.trim(), version.trim()),
            transport: transport.to_owned(),
            host: host.to_owned(),
            port,
            parameters: Parameter::read_all(parameters, b';'),
        })
    }

    /// The value of the first parameter called `name`; `Some("")` if it has none.
    #[must_use]
    pub fn param(&self, name: &str) -> Option<&str> {
        Parameter::find(&self.parameters, name)
    }
}

/// Host and port of `host`, `host:port`, `[v6]` or `[v6]:port`; blanks around the colon do not count. `None` for an
/// empty host, a port that is no number, or a bracket that is not closed.
pub(crate) fn split_host(text: &str) -> Option<(&str, Option<u16>)> {
    let host_end = match text.strip_prefix('[') {
        Some(inner) => inner.find(']')? + 2,
        None => text.find(':').unwrap_or(text.len()),
    };
    let (host, rest) = text.split_at(host_end);
    let host = host.trim();
    let port = match rest.trim().strip_prefix(':') {
        Some(port) => Some(read_port(port.trim())?),
        None if rest.trim().is_empty() => None,
        None => return None,
    };
    (!host.is_empty()).then_some((host, port))
}

fn read_port(digits: &str) -> Option<u16> {
    digits
        .parse()
        .ok()
        .filter(|_| digits.bytes().all(|byte| byte.is_ascii_digit()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_entry_reads_with_blanks_in_odd_places() {
        let via = Via::parse(
            "SIP  / 2.0  / TCP     spindle.example.com : 5061  ;  branch  =   z9hG4bK9ikj8 ;rport",
        )
        .unwrap();
        assert_eq!(
            (via.protocol.as_str(), via.transport.as_str()),
            ("SIP/2.0", "TCP")
        );
        assert_eq!(
            (via.host.as_str(), via.port),
            ("spindle.example.com", Some(5061))
        );
        assert_eq!(
            (
                via.param("Branch"),
                via.param("rport"),
                via.param("received")
            ),
            (Some("z9hG4bK9ikj8"), Some(""), None)
        );
    }

    #[test]
    fn hosts_split_from_ports() {
        assert_eq!(split_host("[::1]:5060"), Some(("[::1]", Some(5060))));
        assert_eq!(split_host("[::1]"), Some(("[::1]", None)));
        for bad in ["", ":5060", "[::1", "[::1]x", "a:", "a:+1", "a:65536"] {
            assert_eq!(split_host(bad), None, "{bad}");
        }
    }

    #[test]
    fn an_entry_without_its_parts_is_none() {
        for bad in [
            "",
            "SIP/2.0",
            "SIP/2.0/UDP",
            "SIP/2.0/UDP ;branch=a",
            "SIP 2.0 UDP a",
        ] {
            assert_eq!(Via::parse(bad), None, "{bad}");
        }
    }
}
