//! Hand-made TLS hellos: what no TLS library says any more, and as far as the observer needs it.

use std::io;
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

/// Stands among the suites of a client that was talked down from a higher version (RFC 7507).
pub const FALLBACK_SCSV: u16 = 0x5600;

/// Suites that a hello offers, by IANA number.
#[must_use]
pub fn suites(name: &str) -> Option<&'static [u16]> {
    Some(match name {
        // ECDHE-ECDSA/RSA with AES in GCM and CBC, and plain RSA for old servers.
        "usual" => &[
            0xc02b, 0xc02f, 0xc02c, 0xc030, 0xc009, 0xc013, 0xc00a, 0xc014, 0x009c, 0x002f, 0x0035,
        ],
        "null" => &[0x0001, 0x0002, 0x003b, 0xc001, 0xc006, 0xc00b, 0xc010],
        "anonymous" => &[
            0x0018, 0x001b, 0x0034, 0x003a, 0x006c, 0x006d, 0x00a6, 0x00a7, 0xc018, 0xc019,
        ],
        "export" => &[0x0003, 0x0006, 0x0008, 0x000b, 0x000e, 0x0011, 0x0014],
        "rc4" => &[0x0004, 0x0005, 0xc007, 0xc011, 0xc002, 0xc00c],
        _ => return None,
    })
}

/// Version number of a name, `1.0` to `1.2`.
#[must_use]
pub fn version(name: &str) -> Option<u16> {
    match name {
        "1.0" => Some(0x0301),
        "1.1" => Some(0x0302),
        "1.2" => Some(0x0303),
        _ => None,
    }
}

/// The record of a ClientHello: right in everything but what is asked for, renegotiation_info (RFC 5746) included.
#[must_use]
pub fn client_hello(
    version: u16,
    suites: &[u16],
    server_name: Option<&str>,
    random: [u8; 32],
) -> Vec<u8> {
    let mut extensions = Vec::new();
    if let Some(name) = server_name {
        let mut list = vec![0];
        list.extend(counted16(name.as_bytes()));
        extension(&mut extensions, 0x0000, &counted16(&list));
    }
    // Groups x25519, secp256r1, secp384r1; uncompressed points.
    extension(
        &mut extensions,
        0x000a,
        &counted16(&[0x00, 0x1d, 0x00, 0x17, 0x00, 0x18]),
    );
    extension(&mut extensions, 0x000b, &[1, 0]);
    if version >= 0x0303 {
        extension(
            &mut extensions,
            0x000d,
            &counted16(&[
                0x04, 0x03, 0x05, 0x03, 0x08, 0x04, 0x04, 0x01, 0x05, 0x01, 0x02, 0x01,
            ]),
        );
    }
    extension(&mut extensions, 0xff01, &[0]);
    let mut body = version.to_be_bytes().to_vec();
    body.extend(random);
    body.push(0);
    let numbers: Vec<u8> = suites
        .iter()
        .flat_map(|suite| suite.to_be_bytes())
        .collect();
    body.extend(counted16(&numbers));
    body.extend([1, 0]);
    body.extend(counted16(&extensions));
    let length = u32::try_from(body.len()).unwrap_or_default().to_be_bytes();
    let mut handshake = vec![1, length[1], length[2], length[3]];
    handshake.extend(body);
    let mut record = vec![22, 3, 1];
    record.extend(counted16(&handshake));
    record
}

fn counted16(bytes: &[u8]) -> Vec<u8> {
    let mut counted = u16::try_from(bytes.len())
        .unwrap_or_default()
        .to_be_bytes()
        .to_vec();
    counted.extend(bytes);
    counted
}

fn extension(extensions: &mut Vec<u8>, number: u16, body: &[u8]) {
    extensions.extend(number.to_be_bytes());
    extensions.extend(counted16(body));
}

/// What a server answered to a hello.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Answer {
    /// The bytes that came, at most 16 KiB.
    pub bytes: Vec<u8>,
    /// Whether the connection ended, and how.
    pub ended: Option<String>,
}

/// Writes a hello and reads until a ServerHello, an alert, the end or the deadline.
///
/// # Errors
/// The system's, when the hello could not be written whole.
pub async fn say(stream: &mut TcpStream, hello: &[u8], within: Duration) -> io::Result<Answer> {
    stream.write_all(hello).await?;
    let mut answer = Answer::default();
    let deadline = tokio::time::Instant::now() + within;
    while answer.bytes.len() < 16 * 1024 && !decided(&answer.bytes) {
        let mut chunk = [0; 4096];
        match tokio::time::timeout_at(deadline, stream.read(&mut chunk)).await {
            Ok(Ok(0)) => {
                answer.ended = Some("end of stream".to_owned());
                break;
            }
            Ok(Ok(read)) => answer.bytes.extend_from_slice(&chunk[..read]),
            Ok(Err(why)) => {
                answer.ended = Some(why.to_string());
                break;
            }
            Err(_) => break,
        }
    }
    Ok(answer)
}

/// Whether a whole alert (21) or the whole record of a ServerHello (22) came.
fn decided(bytes: &[u8]) -> bool {
    match bytes.first() {
        Some(21) => bytes.len() >= 7,
        Some(22) => bytes.get(3..5).is_some_and(|length| {
            bytes.len() >= 5 + usize::from(u16::from_be_bytes([length[0], length[1]]))
        }),
        Some(_) => true,
        None => false,
    }
}

/// The flight of a server that speaks an old version only: ServerHello, Certificate, ServerHelloDone. A client that goes on
/// with a ClientKeyExchange accepted it. No DOWNGRD marker: such a server never spoke better (RFC 8446 section 4.1.3).
#[must_use]
pub fn server_flight(version: u16, chain: &[Vec<u8>], random: [u8; 32]) -> Vec<u8> {
    const RSA_WITH_AES_128_CBC_SHA: u16 = 0x002f;
    let mut hello = version.to_be_bytes().to_vec();
    hello.extend(random);
    hello.push(0);
    hello.extend(RSA_WITH_AES_128_CBC_SHA.to_be_bytes());
    hello.push(0);
    let mut extensions = Vec::new();
    extension(&mut extensions, 0xff01, &[0]);
    hello.extend(counted16(&extensions));
    let certificates: Vec<u8> = chain.iter().flat_map(|der| counted24(der)).collect();
    let mut messages = message(2, &hello);
    messages.extend(message(11, &counted24(&certificates)));
    messages.extend(message(14, &[]));
    let mut record = vec![22];
    record.extend(version.to_be_bytes());
    record.extend(counted16(&messages));
    record
}

fn message(kind: u8, body: &[u8]) -> Vec<u8> {
    let mut message = vec![kind];
    message.extend(counted24(body));
    message
}

fn counted24(bytes: &[u8]) -> Vec<u8> {
    let length = u32::try_from(bytes.len()).unwrap_or_default().to_be_bytes();
    let mut counted = length[1..].to_vec();
    counted.extend(bytes);
    counted
}
