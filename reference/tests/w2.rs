//! W2 below SIP: TLS, the upgrade, frames; and requests of registered and other identities.

mod bed;

use std::sync::Arc;
use std::time::Duration;

use bed::Bed;
use bed::client::{Client, Register, status};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;

const ALICE: &str = "sip:alice0@op.example";
const BOB: &str = "sip:bob0@op.example";
const UPGRADE: &str = "GET / HTTP/1.1\r\nHost: edge.localhost:40005\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\
    Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Protocol: sip\r\n\r\n";

/// The first line that comes back for these bytes, over TLS unless `clear`.
async fn first_line(bed: &Bed, bytes: &[u8], clear: bool) -> String {
    let mut stream = TcpStream::connect(bed.world.address("ep-cscf", "W2"))
        .await
        .expect("a connection");
    let mut buffer = vec![0; 4096];
    let wait = Duration::from_secs(1);
    let read = if clear {
        stream.write_all(bytes).await.expect("bytes go");
        tokio::time::timeout(wait, stream.read(&mut buffer)).await
    } else {
        let connector = TlsConnector::from(Arc::new(bed.world.client_tls()));
        let mut stream = connector
            .connect("edge.localhost".try_into().expect("a name"), stream)
            .await
            .expect("TLS");
        stream.write_all(bytes).await.expect("bytes go");
        tokio::time::timeout(wait, stream.read(&mut buffer)).await
    };
    let length = read.map_or(0, |read| read.unwrap_or(0));
    String::from_utf8_lossy(&buffer[..length])
        .lines()
        .next()
        .unwrap_or_default()
        .to_owned()
}

/// A mistake, a change of the handshake, and the first word after the protocol that honest and mistaken edge say.
const HANDSHAKES: &[(&str, &str, &str, &str)] = &[
    (
        "ignores-websocket-version",
        "Version: 13",
        "Version: 8",
        "426",
    ),
    (
        "no-subprotocol-check",
        "Protocol: sip",
        "Protocol: xmpp",
        "400",
    ),
    (
        "no-origin-check",
        "Upgrade: websocket",
        "Origin: https://evil.example\r\nUpgrade: websocket",
        "403",
    ),
    (
        "origin-by-substring",
        "Upgrade: websocket",
        "Origin: https://portal-a.localhost.evil.example\r\nUpgrade: websocket",
        "403",
    ),
];

#[tokio::test]
async fn a_handshake_without_key_or_for_another_host_is_refused() {
    let bed = Bed::honest().await;
    for (from, to, refusal) in [
        ("Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n", "", "400"),
        ("Host: edge.localhost:40005", "Host: other.localhost", "421"),
    ] {
        let line = first_line(&bed, UPGRADE.replace(from, to).as_bytes(), false).await;
        assert!(line.starts_with(&format!("HTTP/1.1 {refusal} ")), "{line}");
    }
}

#[tokio::test]
async fn each_mistake_takes_one_bad_handshake() {
    for (defect, from, to, refusal) in HANDSHAKES {
        let bad = UPGRADE.replace(from, to);
        let honest = Bed::honest().await;
        let line = first_line(&honest, bad.as_bytes(), false).await;
        assert!(
            line.starts_with(&format!("HTTP/1.1 {refusal} ")),
            "{defect}: {line}"
        );
        let mistaken = Bed::with(defect).await;
        let line = first_line(&mistaken, bad.as_bytes(), false).await;
        assert!(line.starts_with("HTTP/1.1 101 "), "{defect}: {line}");
        let line = first_line(&mistaken, UPGRADE.as_bytes(), false).await;
        assert!(
            line.starts_with("HTTP/1.1 101 "),
            "an honest one, {defect}: {line}"
        );
    }
}

#[tokio::test]
async fn nothing_is_served_in_clear() {
    for (defect, upgraded) in [(None, false), (Some("accepts-clear-websocket"), true)] {
        let bed = Bed::start(defect, &[]).await;
        assert_eq!(
            first_line(&bed, UPGRADE.as_bytes(), true)
                .await
                .starts_with("HTTP/1.1 101 "),
            upgraded
        );
        assert!(
            first_line(&bed, UPGRADE.as_bytes(), false)
                .await
                .starts_with("HTTP/1.1 101 ")
        );
    }
}

#[tokio::test]
async fn bare_sip_at_the_address_of_w2_is_not_read() {
    for (defect, first) in [(None, ""), (Some("reads-clear-sip"), "SIP/2.0 200 OK")] {
        let bed = Bed::start(defect, &[]).await;
        let register = Register::of(ALICE).token(&bed.world.alice()).text();
        let line = first_line(&bed, register.as_bytes(), true).await;
        let sip = if line.starts_with("SIP") {
            line.as_str()
        } else {
            ""
        };
        assert_eq!(sip, first, "{line}");
    }
}

/// The status that comes back for a REGISTER as bare SIP at the port for phones.
async fn of_phone(bed: &Bed, transport: &str, register: &Register) -> u16 {
    let there = bed.world.address("ep-cscf", "Gm");
    let text = register.text();
    let mut buffer = vec![0; 4096];
    let wait = Duration::from_secs(3);
    let read = if transport == "udp" {
        let socket = tokio::net::UdpSocket::bind("127.0.0.1:0")
            .await
            .expect("a socket");
        let sent = socket.send_to(text.as_bytes(), there).await;
        sent.expect("bytes go");
        tokio::time::timeout(wait, socket.recv(&mut buffer)).await
    } else {
        let mut stream = TcpStream::connect(there).await.expect("a connection");
        // In two pieces: the length tells where a message ends, not the segment.
        let (head, rest) = text.split_at(100);
        stream.write_all(head.as_bytes()).await.expect("bytes go");
        tokio::task::yield_now().await;
        stream.write_all(rest.as_bytes()).await.expect("bytes go");
        tokio::time::timeout(wait, stream.read(&mut buffer)).await
    };
    let count = read.map_or(0, |read| read.unwrap_or(0));
    status(&String::from_utf8_lossy(&buffer[..count]))
}

#[tokio::test]
async fn a_phone_registers_by_digest_and_not_by_token() {
    for transport in ["tcp", "udp"] {
        let answers = [
            ("edge-sip-ports", "some"),
            ("edge-sip-addresses", transport),
        ];
        for (defect, expected) in [(None, 401), (Some("takes-tokens-from-phones"), 200)] {
            let bed = Bed::start(defect, &answers).await;
            let without = of_phone(&bed, transport, &Register::of(ALICE)).await;
            assert_eq!(without, 401, "the core challenges, {transport}");
            let with = Register::of(ALICE).token(&bed.world.alice());
            let with = of_phone(&bed, transport, &with).await;
            assert_eq!(with, expected, "{transport}, made: {}", defect.is_some());
        }
    }
}

/// The page of party A, and one that nobody enrolled.
const OURS: &str = "https://portal-a.localhost:40021";
const FOREIGN: &str = "https://evil.example";

/// What comes of a REGISTER behind a handshake with this Origin and Cookie: 0 if there is no upgrade.
async fn by_cookie(bed: &Bed, origin: &str, cookie: Option<&str>, register: &Register) -> u16 {
    let client = Client::connect_with(&bed.world, Some(origin), Some("sip"), cookie).await;
    match client {
        Some(mut client) => client.register(register).await,
        None => 0,
    }
}

#[tokio::test]
async fn the_token_of_a_cookie_registers_its_identity_from_an_enrolled_page() {
    let answers = [
        ("token-carrier", "cookie"),
        ("token-cookie", "session"),
        ("edge-mechanisms", "token-only"),
    ];
    for (defect, foreign) in [(None, 0), (Some("cookie-outweighs-origin"), 200)] {
        let bed = Bed::start(defect, &answers).await;
        let token = bed.world.alice();
        let cookie = format!("theme=dark; session={token}");
        let twice = format!("session={token}; session={token}");
        let misnamed = format!("access_token={token}");
        for (origin, cookie, register, expected) in [
            (OURS, Some(&cookie), Register::of(ALICE), 200),
            (OURS, Some(&cookie), Register::of(BOB), 403),
            (FOREIGN, Some(&cookie), Register::of(ALICE), foreign),
            (OURS, Some(&twice), Register::of(ALICE), 401),
            (OURS, Some(&misnamed), Register::of(ALICE), 401),
            (OURS, None, Register::of(ALICE), 401),
            (OURS, None, Register::of(ALICE).token(&token), 401),
        ] {
            let cookie = cookie.map(String::as_str);
            let came = by_cookie(&bed, origin, cookie, &register).await;
            assert_eq!(
                came, expected,
                "{defect:?} {origin} {cookie:?} {}",
                register.to
            );
        }
    }
}

#[tokio::test]
async fn http2_is_not_agreed_to() {
    for (defect, agreed) in [
        (None, None),
        (Some("agrees-to-http2"), Some(b"h2".as_slice())),
    ] {
        let bed = Bed::start(defect, &[]).await;
        let mut tls = bed.world.client_tls();
        tls.alpn_protocols = vec![b"h2".to_vec()];
        let stream = TcpStream::connect(bed.world.address("ep-cscf", "W2"))
            .await
            .expect("a connection");
        let shaken = TlsConnector::from(Arc::new(tls))
            .connect("edge.localhost".try_into().expect("a name"), stream)
            .await;
        let protocol = shaken.ok().and_then(|stream| {
            let (_, session) = stream.get_ref();
            session.alpn_protocol().map(<[u8]>::to_vec)
        });
        assert_eq!(protocol.as_deref(), agreed);
    }
}

/// The head of a ClientHello that offers TLS 1.1 at most, with one suite.
fn old_hello() -> Vec<u8> {
    let mut body = vec![0x03, 0x02];
    body.extend_from_slice(&[7; 32]);
    body.extend_from_slice(&[0, 0, 2, 0x00, 0x2f, 1, 0]);
    let length = u8::try_from(body.len()).expect("short");
    let mut record = vec![22, 3, 1, 0, length + 4, 1, 0, 0, length];
    record.extend_from_slice(&body);
    record
}

#[tokio::test]
async fn outdated_tls_gets_no_server_hello() {
    for (defect, first) in [(None, 21), (Some("legacy-tls"), 22)] {
        let bed = Bed::start(defect, &[]).await;
        let mut stream = TcpStream::connect(bed.world.address("ep-cscf", "W2"))
            .await
            .expect("a connection");
        stream.write_all(&old_hello()).await.expect("bytes go");
        let mut answer = Vec::new();
        tokio::time::timeout(Duration::from_secs(1), stream.read_to_end(&mut answer))
            .await
            .expect("an end")
            .expect("bytes");
        assert_eq!(
            answer.first(),
            Some(&first),
            "an alert of the honest, a hello of the mistaken: {answer:?}"
        );
        assert!(
            first_line(&bed, UPGRADE.as_bytes(), false)
                .await
                .starts_with("HTTP/1.1 101 ")
        );
    }
}

#[tokio::test]
async fn an_unmasked_frame_ends_the_connection() {
    for (defect, answered) in [(None, false), (Some("accepts-unmasked"), true)] {
        let bed = Bed::start(defect, &[]).await;
        let register = Register::of(ALICE).token(&bed.world.alice()).text();
        let mut frame = vec![0x81, 126];
        frame.extend_from_slice(&u16::try_from(register.len()).expect("short").to_be_bytes());
        frame.extend_from_slice(register.as_bytes());
        let stream = TcpStream::connect(bed.world.address("ep-cscf", "W2"))
            .await
            .expect("a connection");
        let connector = TlsConnector::from(Arc::new(bed.world.client_tls()));
        let mut stream = connector
            .connect("edge.localhost".try_into().expect("a name"), stream)
            .await
            .expect("TLS");
        stream
            .write_all(UPGRADE.as_bytes())
            .await
            .expect("bytes go");
        let mut buffer = vec![0; 4096];
        let length = stream.read(&mut buffer).await.expect("an answer");
        assert!(buffer[..length].starts_with(b"HTTP/1.1 101 "));
        stream.write_all(&frame).await.expect("bytes go");
        let length = stream.read(&mut buffer).await.unwrap_or(0);
        let text = String::from_utf8_lossy(&buffer[..length]).into_owned();
        assert_eq!(text.contains("SIP/2.0 200 "), answered, "{text}");
    }
}

fn message(preferred: &str, from: &str, number: u8) -> String {
    format!(
        "MESSAGE {BOB} SIP/2.0\r\nVia: SIP/2.0/WSS wic.invalid;branch=z9hG4bKm{number}\r\nMax-Forwards: 70\r\nFrom: <{from}>;tag=1\r\n\
         To: <{BOB}>\r\nCall-ID: m{number}\r\nCSeq: 1 MESSAGE\r\n{preferred}Content-Length: 0\r\n\r\n"
    )
}

/// A mistake, whether alice registers and de-registers first, and the message that shows it: 403 of the honest edge, 480 of a core
/// that gets it.
const MESSAGES: &[(&str, u32, &str, &str)] = &[
    ("invite-before-register", 0, "", ALICE),
    ("serves-after-deregistration", 2, "", ALICE),
    (
        "ignores-invite-identity",
        1,
        "P-Preferred-Identity: <sip:bob0@op.example>\r\n",
        ALICE,
    ),
];

#[tokio::test]
async fn each_mistake_lets_one_request_pass() {
    for (defect, steps, preferred, from) in MESSAGES {
        for (made, expected) in [(None, 403), (Some(*defect), 480)] {
            let bed = Bed::start(made, &[]).await;
            let mut client = Client::connect(&bed.world).await;
            let mut register = Register::of(ALICE).token(&bed.world.alice());
            for step in 0..*steps {
                register = Register {
                    cseq: step + 1,
                    expires: if step == 0 { 600 } else { 0 },
                    ..register
                };
                assert_eq!(client.register(&register).await, 200);
            }
            client.send(&message(preferred, from, 1)).await;
            assert_eq!(
                status(&client.receive().await.expect("an answer")),
                expected,
                "{defect}, made: {}",
                made.is_some()
            );
        }
    }
}

#[tokio::test]
async fn a_malformed_message_ends_no_service() {
    for (defect, expected) in [(None, 200), (Some("dies-on-malformed"), 0)] {
        let bed = Bed::start(defect, &[]).await;
        let mut victim = Client::connect(&bed.world).await;
        let mut client = Client::connect(&bed.world).await;
        client
            .send("REGISTER sip:op.example SIP/2.0\r\nTo: x\r\n\r\n")
            .await;
        assert_eq!(status(&client.receive().await.unwrap_or_default()), 400);
        victim
            .send(&Register::of(ALICE).token(&bed.world.alice()).text())
            .await;
        let answer = victim.receive_within(Duration::from_millis(300)).await;
        assert_eq!(status(&answer.unwrap_or_default()), expected);
    }
}
