//! The WebSocket handshake of W2 (RFC 6455, RFC 7118), read from the stream under hard limits.

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio_tungstenite::tungstenite::handshake::derive_accept_key;

use super::Edge;
use crate::Defect;

const MAX_HEAD: usize = 16 * 1024;
const MAX_LINES: usize = 64;
const FIELD_TOO_LONG: &str = "431 Request Header Fields Too Large";
const TOO_MANY_FIELDS: &str = "431 Too Many Request Header Fields";
/// How long a client may take for its request.
const DEADLINE: Duration = Duration::from_secs(5);

/// An upgrade that was granted.
pub(super) struct Upgraded {
    pub(super) origin: Option<String>,
    /// The token in the declared cookie, or anywhere in target or cookie for those who take it undeclared.
    pub(super) token: Option<String>,
    /// Bytes behind the request; they count as frames.
    pub(super) rest: Vec<u8>,
}

/// Reads the request and answers it; `None`: refused, or no request.
pub(super) async fn accept<S: AsyncRead + AsyncWrite + Unpin>(
    edge: &Edge,
    stream: &mut S,
    dead: &AtomicBool,
) -> Option<Upgraded> {
    let read = tokio::time::timeout(DEADLINE, read_head(stream))
        .await
        .ok()?;
    let answer = match &read {
        Ok((head, _)) => judge(edge, head),
        Err(status) => Err(*status),
    };
    match answer {
        Ok(granted) => {
            stream.write_all(granted.answer.as_bytes()).await.ok()?;
            stream.flush().await.ok()?;
            let rest = read.map_or_else(|_| Vec::new(), |(_, rest)| rest);
            Some(Upgraded {
                origin: granted.origin,
                token: granted.token,
                rest,
            })
        }
        Err(status) => {
            let dies = status == FIELD_TOO_LONG && edge.shared.has(Defect::DiesOfLongField)
                || status == TOO_MANY_FIELDS && edge.shared.has(Defect::DiesOfManyFields);
            if dies {
                dead.store(true, Ordering::Relaxed);
            }
            let version = if status.starts_with("426") {
                "Upgrade: websocket\r\nSec-WebSocket-Version: 13\r\n"
            } else {
                ""
            };
            let text = format!(
                "HTTP/1.1 {status}\r\n{version}Content-Length: 0\r\nConnection: close\r\n\r\n"
            );
            let _ = stream.write_all(text.as_bytes()).await;
            let _ = stream.shutdown().await;
            None
        }
    }
}

async fn read_head<S: AsyncRead + Unpin>(
    stream: &mut S,
) -> Result<(String, Vec<u8>), &'static str> {
    let mut bytes = Vec::with_capacity(1024);
    loop {
        if let Some(end) = crate::sip::read::head_end(&bytes) {
            let rest = bytes.split_off(end);
            return String::from_utf8(bytes)
                .map(|head| (head, rest))
                .map_err(|_| "400 Bad Request");
        }
        if bytes.len() > MAX_HEAD {
            let lines = bytes.split(|octet| *octet == b'\n').count();
            return Err(if lines > MAX_LINES {
                TOO_MANY_FIELDS
            } else {
                FIELD_TOO_LONG
            });
        }
        if !stream
            .read_buf(&mut bytes)
            .await
            .is_ok_and(|count| count > 0)
        {
            return Err("400 Bad Request");
        }
    }
}

struct Granted {
    answer: String,
    origin: Option<String>,
    token: Option<String>,
}

/// The header fields of a request, names in lower case.
struct Fields<'a>(Vec<(String, &'a str)>);

impl<'a> Fields<'a> {
    fn read(lines: impl Iterator<Item = &'a str>) -> Option<Self> {
        let mut fields = Vec::new();
        for line in lines {
            let (name, value) = line.split_once(':')?;
            if name.is_empty() || name.contains([' ', '\t']) || fields.len() >= MAX_LINES {
                return None;
            }
            fields.push((name.to_ascii_lowercase(), value.trim_matches([' ', '\t'])));
        }
        Some(Self(fields))
    }

    /// The one value of a field; twice is none.
    fn one(&self, name: &str) -> Option<&'a str> {
        let mut found = self.0.iter().filter(|(each, _)| each == name);
        let (_, value) = found.next()?;
        found.next().is_none().then_some(*value)
    }

    fn has(&self, name: &str) -> bool {
        self.0.iter().any(|(each, _)| each == name)
    }

    /// Whether a comma-separated field lists a word.
    fn lists(&self, name: &str, word: &str, exact: bool) -> bool {
        let of_name = self.0.iter().filter(|(each, _)| each == name);
        of_name
            .flat_map(|(_, value)| value.split(','))
            .map(str::trim)
            .any(|each| match exact {
                true => each == word,
                false => each.eq_ignore_ascii_case(word),
            })
    }
}

/// The request line and fields of a handshake.
struct Head<'a> {
    method: &'a str,
    target: &'a str,
    fields: Fields<'a>,
}

impl<'a> Head<'a> {
    fn read(head: &'a str) -> Option<Self> {
        let mut lines = head.trim_end_matches("\r\n").split("\r\n");
        let mut words = lines.next()?.split(' ');
        let (method, target, version) = (words.next()?, words.next()?, words.next()?);
        let well = version == "HTTP/1.1" && words.next().is_none();
        let fields = Fields::read(lines)?;
        well.then_some(Self {
            method,
            target,
            fields,
        })
    }
}

/// Reads whatever bytes as a handshake, for fuzzing.
pub(crate) fn read_any(bytes: &[u8]) {
    if let Some(head) = std::str::from_utf8(bytes).ok().and_then(Head::read) {
        let _ = head.fields.lists("connection", "upgrade", false);
        let _ = head.fields.one("host");
    }
}

/// Decides on a handshake: the status of the refusal, or the answer.
fn judge(edge: &Edge, head: &str) -> Result<Granted, &'static str> {
    let Some(Head {
        method,
        target,
        fields,
    }) = Head::read(head)
    else {
        return Err("400 Bad Request");
    };
    if method != "GET" && !edge.shared.has(Defect::AnyUpgradeMethod) {
        return Err("405 Method Not Allowed");
    }
    let path = target.split('?').next().unwrap_or_default();
    if path != edge.shared.model.answer("w2-path", "/") {
        return Err("404 Not Found");
    }
    if !our_host(edge, fields.one("host")) && !edge.shared.has(Defect::AnyHost) {
        return Err("421 Misdirected Request");
    }
    let asked =
        fields.lists("upgrade", "websocket", false) && fields.lists("connection", "upgrade", false);
    if !asked && !edge.shared.has(Defect::UpgradesUnasked) {
        return Err("426 Upgrade Required");
    }
    if fields.one("sec-websocket-version") != Some("13")
        && !edge.shared.has(Defect::IgnoresWebsocketVersion)
    {
        return Err("426 Upgrade Required");
    }
    let key = fields.one("sec-websocket-key");
    let key = match key.filter(|key| is_key(key)) {
        Some(key) => key,
        None if edge.shared.has(Defect::AnyWebsocketKey) => key.unwrap_or_default(),
        None => return Err("400 Bad Request"),
    };
    let origin = check_origin(edge, &fields)?;
    let sip = fields.lists("sec-websocket-protocol", "sip", true);
    if !sip && !edge.shared.has(Defect::NoSubprotocolCheck) {
        return Err("400 Bad Request");
    }
    let protocol = if sip {
        "Sec-WebSocket-Protocol: sip\r\n"
    } else {
        ""
    };
    let accept = derive_accept_key(key.as_bytes());
    let answer = format!(
        "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: {accept}\r\n{protocol}\r\n"
    );
    let carried = declared_cookie(edge, &fields);
    let looking = [Defect::TokenFromHandshake, Defect::PrefersHandshakeToken];
    let token = carried.or_else(|| {
        handshake_token(target, &fields).filter(|_| edge.shared.among(&looking).is_some())
    });
    Ok(Granted {
        answer,
        origin,
        token,
    })
}

/// The token in the cookie that is declared for it; twice is none, for which of them would it be?
fn declared_cookie(edge: &Edge, fields: &Fields<'_>) -> Option<String> {
    let model = &edge.shared.model;
    if model.answer("token-carrier", "authorization") != "cookie" {
        return None;
    }
    let name = model.answer("token-cookie", "access_token");
    let pairs = fields.one("cookie")?.split("; ");
    let mut values = pairs
        .filter_map(|pair| pair.split_once('='))
        .filter(|(each, _)| *each == name)
        .map(|(_, value)| value);
    let token = values.next()?.to_owned();
    values.next().is_none().then_some(token)
}

/// The token in the query or in a cookie of a handshake.
fn handshake_token(target: &str, fields: &Fields<'_>) -> Option<String> {
    let query = target.split_once('?').map_or("", |(_, query)| query);
    let cookies = fields.one("cookie").unwrap_or_default();
    query
        .split('&')
        .chain(cookies.split("; "))
        .find_map(|pair| pair.strip_prefix("access_token="))
        .map(str::to_owned)
}

/// Whether a key is 16 bytes in base64 (RFC 6455 section 4.2.1).
fn is_key(key: &str) -> bool {
    use base64::Engine;
    let decoded = base64::engine::general_purpose::STANDARD.decode(key);
    decoded.is_ok_and(|bytes| bytes.len() == 16)
}

/// Whether the Host is a name of the edge, or its address.
fn our_host(edge: &Edge, host: Option<&str>) -> bool {
    let Some(node) = edge.shared.world.nodes.get("ep-cscf") else {
        return false;
    };
    let Some(host) = host else { return false };
    let (name, port) = host.rsplit_once(':').unwrap_or((host, ""));
    let named = name == node.address.to_string() || super::listener::ours(edge, name);
    named && (port.is_empty() || port.parse::<u16>().ok() == node.ports.get("W2").copied())
}

/// Which pages may open a connection, by the declared policy.
fn check_origin(edge: &Edge, fields: &Fields<'_>) -> Result<Option<String>, &'static str> {
    let policy = edge.shared.model.answer("origin", "listed");
    let Some(origin) = fields.one("origin") else {
        let refused = fields.has("origin")
            || (policy == "strict" && !edge.shared.has(Defect::TakesMissingOrigin));
        return if refused {
            Err("403 Forbidden")
        } else {
            Ok(None)
        };
    };
    let alike =
        |enrolled: &str| alike(enrolled, origin) && edge.shared.has(Defect::OriginBySubstring);
    let enrolled = edge
        .shared
        .world
        .parties
        .iter()
        .any(|party| party.origin == origin || alike(&party.origin));
    let outweighed = || fields.has("cookie") && edge.shared.has(Defect::CookieOutweighsOrigin);
    let lax = || edge.shared.has(Defect::NoOriginCheck) || outweighed();
    if enrolled || policy == "none" || lax() {
        Ok(Some(origin.to_owned()))
    } else {
        Err("403 Forbidden")
    }
}

/// Whether an origin holds the host of an enrolled one somewhere.
fn alike(enrolled: &str, origin: &str) -> bool {
    let host = enrolled
        .trim_start_matches("https://")
        .split(':')
        .next()
        .unwrap_or_default();
    !host.is_empty() && origin.contains(host)
}
