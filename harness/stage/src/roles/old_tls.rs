//! A TLS server that speaks an old version only, by hand: no TLS library does it any more.

use std::io::Cursor;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use certs_gen::{Authority, LeafKey};
use evidence::Interface;
use evidence::event::{Direction, Layer, Side, TlsFacts};
use rustls::server::Acceptor;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use crate::bed::Bed;
use crate::serve::Link;

/// A hello is no longer than this.
const LONGEST_HELLO: usize = 16 * 1024;
/// A hello that stays in pieces for so many looks never gets whole.
const LOOKS: usize = 400;
const BETWEEN_LOOKS: Duration = Duration::from_millis(5);

/// The first record of a connection, left where it is; `None` when it does not get whole.
pub(crate) async fn hello(stream: &TcpStream) -> Option<Vec<u8>> {
    let mut buffer = vec![0; LONGEST_HELLO];
    for _ in 0..LOOKS {
        let read = stream
            .peek(&mut buffer)
            .await
            .ok()
            .filter(|read| *read > 0)?;
        let whole = record_length(&buffer[..read]);
        if whole.is_some_and(|whole| whole <= read) {
            buffer.truncate(whole?);
            return Some(buffer);
        }
        if read == LONGEST_HELLO {
            return None;
        }
        // No event tells of the rest while the first part is unread.
        tokio::time::sleep(BETWEEN_LOOKS).await;
    }
    None
}

/// Octets of the first record, its head included.
fn record_length(bytes: &[u8]) -> Option<usize> {
    const HEAD: usize = 5;
    let length = bytes.get(3..HEAD)?;
    Some(HEAD + usize::from(u16::from_be_bytes([length[0], length[1]])))
}

/// The server name of a hello.
pub(crate) fn server_name(hello: &[u8]) -> Option<String> {
    let mut acceptor = Acceptor::default();
    acceptor.read_tls(&mut Cursor::new(hello)).ok()?;
    let accepted = acceptor.accept().ok()??;
    accepted.client_hello().server_name().map(str::to_owned)
}

/// What a client did after the flight of an old version.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Reaction {
    /// It ended, perhaps with this alert.
    Ended(Option<u8>),
    /// It went on.
    WentOn,
}

/// What the server shows: nothing is wrong but the version.
pub(crate) struct Shown {
    pub(crate) version: u16,
    /// The name that its certificate has.
    pub(crate) name: String,
}

/// The key of every such server. The suite of the flight transports a secret under an RSA key; a client that takes the version would
/// refuse any other key. It is made once a process: that takes a tenth of a second.
fn rsa_key() -> Result<&'static LeafKey, String> {
    static KEY: OnceLock<LeafKey> = OnceLock::new();
    if let Some(key) = KEY.get() {
        return Ok(key);
    }
    let made = LeafKey::generate_rsa().map_err(|why| why.to_string())?;
    Ok(KEY.get_or_init(|| made))
}

/// Answers a hello with an old version and tells what the client does then. The hello is still unread.
pub(crate) async fn answer(
    bed: &Arc<Bed>,
    link: &Link,
    interface: Interface,
    mut stream: TcpStream,
    shown: &Shown,
) {
    let mut hello = vec![0; LONGEST_HELLO];
    let Ok(read) = stream.read(&mut hello).await else {
        return;
    };
    link.message(interface, Direction::Received, Layer::Tls, &hello[..read]);
    let flight = match flight(&bed.world.authority, shown) {
        Ok(flight) => flight,
        Err(why) => return link.note(&why),
    };
    link.message(interface, Direction::Sent, Layer::Tls, &flight);
    if stream.write_all(&flight).await.is_err() {
        return;
    }
    let mut bytes = Vec::new();
    let reaction = tokio::time::timeout(bed.answer_time(), reaction(&mut stream, &mut bytes)).await;
    if !bytes.is_empty() {
        link.message(interface, Direction::Received, Layer::Tls, &bytes);
    }
    let (by, alert, why) = match reaction {
        Ok(Reaction::Ended(alert)) => (Side::Sut, alert, "the client ended it"),
        Ok(Reaction::WentOn) => (Side::Us, None, "the client went on; seen enough"),
        Err(_) => (
            Side::Us,
            None,
            "neither an alert nor an end nor a key exchange came",
        ),
    };
    link.not_secured(facts(shown.version), by, alert, why);
    link.closed(by, why);
}

fn facts(version: u16) -> TlsFacts {
    let shown = if version == 0x0301 {
        "TLS 1.0"
    } else {
        "TLS 1.1"
    };
    TlsFacts {
        shown: Some(shown.to_owned()),
        ..TlsFacts::default()
    }
}

fn flight(authority: &Authority, shown: &Shown) -> Result<Vec<u8>, String> {
    let request = certs_gen::LeafRequest {
        names: vec![shown.name.clone()],
        addresses: Vec::new(),
        usage: certs_gen::Usage::Server,
        subject_cn: None,
        now: time::OffsetDateTime::now_utc(),
    };
    let leaf = authority.issue_for_key(&request, rsa_key()?);
    let chain = leaf.map_err(|why| why.to_string())?.chain;
    let chain: Vec<Vec<u8>> = chain.iter().map(|der| der.to_vec()).collect();
    let mut random = [0; 32];
    // A poor random is a server's random like any other.
    let _ = aws_lc_rs::rand::fill(&mut random);
    Ok(wire::hello::server_flight(shown.version, &chain, random))
}

/// Reads until the client has ended, alerted or gone on.
async fn reaction(stream: &mut TcpStream, bytes: &mut Vec<u8>) -> Reaction {
    let mut chunk = [0; 4096];
    loop {
        if let Some(decided) = decided(bytes) {
            return decided;
        }
        match stream.read(&mut chunk).await {
            Ok(0) | Err(_) => return Reaction::Ended(None),
            Ok(read) => bytes.extend_from_slice(&chunk[..read]),
        }
        if bytes.len() > LONGEST_HELLO {
            return Reaction::WentOn;
        }
    }
}

/// What the first record says: an alert (21) ends it, anything else goes on (a ClientKeyExchange is 22 with message 16).
fn decided(bytes: &[u8]) -> Option<Reaction> {
    const ALERT: u8 = 21;
    match (bytes.first()?, bytes.get(6)) {
        (&ALERT, Some(alert)) => Some(Reaction::Ended(Some(*alert))),
        (&ALERT, None) => None,
        _ => Some(Reaction::WentOn),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_hello_of_ours_tells_its_server_name() {
        let suites = wire::hello::suites("usual").unwrap();
        let hello =
            wire::hello::client_hello(0x0303, suites, Some("wx7qab.portal-a.localhost"), [7; 32]);
        assert_eq!(record_length(&hello), Some(hello.len()));
        assert_eq!(
            server_name(&hello).as_deref(),
            Some("wx7qab.portal-a.localhost")
        );
        assert_eq!(server_name(&hello[..40]), None);
        assert_eq!(server_name(b"GET / HTTP/1.1\r\n\r\n"), None);
    }

    /// A client that takes the version finds nothing else to refuse.
    #[test]
    fn the_certificate_has_the_name_and_a_key_of_the_suite() {
        const RSA_ENCRYPTION: &[u8] = &[6, 9, 0x2a, 0x86, 0x48, 0x86, 0xf7, 13, 1, 1, 1];
        let authority = Authority::generate("t", time::OffsetDateTime::now_utc()).unwrap();
        let shown = Shown {
            version: 0x0302,
            name: "wx7qab.portal-a.localhost".to_owned(),
        };
        let flight = flight(&authority, &shown).unwrap();
        let has = |part: &[u8]| flight.windows(part.len()).any(|window| window == part);
        assert!(has(shown.name.as_bytes()) && has(RSA_ENCRYPTION));
    }

    #[test]
    fn an_alert_ends_and_a_key_exchange_goes_on() {
        assert_eq!(
            decided(&[21, 3, 1, 0, 2, 2, 70]),
            Some(Reaction::Ended(Some(70)))
        );
        assert_eq!(decided(&[21, 3, 1]), None);
        assert_eq!(decided(&[22, 3, 1, 0, 4, 16]), Some(Reaction::WentOn));
        assert_eq!(decided(&[]), None);
    }

    #[test]
    fn any_bytes_are_looked_at_without_a_panic() {
        let mut state = 0x2545_f491_4f6c_dd1d_u64;
        let suites = wire::hello::suites("usual").unwrap();
        let seed = wire::hello::client_hello(0x0303, suites, Some("a.localhost"), [0; 32]);
        for _ in 0..20_000 {
            let mut bytes = seed.clone();
            for _ in 0..3 {
                state = state
                    .wrapping_mul(6_364_136_223_846_793_005)
                    .wrapping_add(1);
                let at = usize::try_from(state >> 33).unwrap() % bytes.len();
                bytes[at] = state.to_le_bytes()[0];
            }
            let _ = (record_length(&bytes), decided(&bytes), server_name(&bytes));
        }
    }
}
