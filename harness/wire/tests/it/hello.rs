//! Hand-made hellos, read and refused by rustls.

use std::io::Cursor;
use std::sync::Arc;
use std::time::Duration;

use rustls::server::{Accepted, Acceptor};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio_rustls::TlsConnector;
use wire::hello::{self, Answer};

use crate::bed::{LONG, NAME, Pki, Tapped, pair};

const ALERT: u8 = 21;
const HANDSHAKE: u8 = 22;
const PROTOCOL_VERSION: u8 = 70;
const HANDSHAKE_FAILURE: u8 = 40;

fn hello(version: &str, suites: &str, name: Option<&str>) -> Vec<u8> {
    hello::client_hello(
        hello::version(version).unwrap(),
        hello::suites(suites).unwrap(),
        name,
        [7; 32],
    )
}

/// The hello as rustls reads it.
fn read(bytes: &[u8]) -> Accepted {
    let mut acceptor = Acceptor::default();
    acceptor.read_tls(&mut Cursor::new(bytes)).unwrap();
    acceptor
        .accept()
        .map_err(|(why, _)| why)
        .expect("a hello that rustls can read")
        .expect("a whole hello")
}

#[test]
fn a_hello_says_what_was_asked_for() {
    let accepted = read(&hello("1.2", "usual", Some(NAME)));
    let said = accepted.client_hello();
    assert_eq!(said.server_name(), Some(NAME));
    let suites: Vec<u16> = said
        .cipher_suites()
        .iter()
        .map(|suite| u16::from(*suite))
        .collect();
    assert_eq!(suites, hello::suites("usual").unwrap());
    assert!(said.alpn().is_none());
    assert!(!said.signature_schemes().is_empty());
    assert_eq!(
        read(&hello("1.2", "usual", None))
            .client_hello()
            .server_name(),
        None
    );
}

/// What a server of rustls that speaks 1.2 answers to a hello.
async fn answered(hello: &[u8]) -> Answer {
    let (_, mut ours, theirs) = pair(&Tapped::new().tap).await;
    let config = Pki::honest().strict_server(&rustls::version::TLS12, None);
    let server = tokio::spawn(async move {
        tokio_rustls::TlsAcceptor::from(Arc::new(config))
            .accept(theirs)
            .await
            .map(drop)
    });
    let answer = hello::say(&mut ours, hello, LONG).await.unwrap();
    drop(ours);
    assert!(
        server.await.unwrap().is_err(),
        "a hello alone is no handshake"
    );
    answer
}

#[tokio::test]
async fn a_hello_of_1_2_is_answered_and_older_ones_are_refused() {
    let server_hello = answered(&hello("1.2", "usual", Some(NAME))).await.bytes;
    assert_eq!(
        (server_hello[0], server_hello[5]),
        (HANDSHAKE, 2),
        "a ServerHello"
    );
    for old in ["1.0", "1.1"] {
        let refused = answered(&hello(old, "usual", Some(NAME))).await.bytes;
        assert_eq!(refused[0], ALERT, "{old}");
    }
}

/// What `openssl s_server` answers that speaks one version and knows every suite.
async fn answered_by_openssl(version: &str, hello: &[u8]) -> Vec<u8> {
    let (tapped, pki) = (Tapped::new(), Pki::honest());
    let pem = |name: &str, der: &[u8]| {
        let path = tapped.folder.path().join(name);
        std::fs::write(&path, der).unwrap();
        path
    };
    let address = wire::transport::listen(([127, 0, 0, 1], 0).into())
        .unwrap()
        .local_addr()
        .unwrap();
    let mut server = tokio::process::Command::new("openssl")
        .args([
            "s_server",
            version,
            "-cipher",
            "ALL:@SECLEVEL=0",
            "-accept",
            &address.to_string(),
            "-certform",
            "DER",
            "-keyform",
            "DER",
            "-cert",
        ])
        .arg(pem("leaf.der", &pki.leaf))
        .arg("-key")
        .arg(pem("key.der", pki.key.secret_pkcs8_der()))
        .stdout(std::process::Stdio::null())
        .stderr(std::process::Stdio::null())
        .stdin(std::process::Stdio::piped())
        .kill_on_drop(true)
        .spawn()
        .expect("openssl is installed");
    let deadline = tokio::time::Instant::now() + LONG;
    let mut stream = loop {
        match wire::transport::connect(&tapped.tap, evidence::Interface::W2, None, address).await {
            Ok((_, stream)) => break stream,
            Err(why) => assert!(
                tokio::time::Instant::now() < deadline && server.try_wait().unwrap().is_none(),
                "no server: {why}"
            ),
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    };
    hello::say(&mut stream, hello, LONG).await.unwrap().bytes
}

#[tokio::test]
async fn an_old_hello_is_taken_by_who_speaks_the_version_and_refused_for_it_by_who_does_not() {
    for (version, flag, number, next) in [
        ("1.0", "-tls1", 1, "-tls1_1"),
        ("1.1", "-tls1_1", 2, "-tls1_2"),
        ("1.2", "-tls1_2", 3, "-tls1_3"),
    ] {
        let hello = hello(version, "usual", Some(NAME));
        let taken = answered_by_openssl(flag, &hello).await;
        assert_eq!(
            (taken[0], taken[5], &taken[9..11]),
            (HANDSHAKE, 2, &[3, number][..]),
            "{version}"
        );
        let refused = answered_by_openssl(next, &hello).await;
        assert_eq!(
            (refused[0], refused[6]),
            (ALERT, PROTOCOL_VERSION),
            "{version}"
        );
    }
}

#[tokio::test]
async fn bad_suites_are_refused_for_the_suites() {
    for suites in ["null", "anonymous", "export", "rc4"] {
        let refused = answered(&hello("1.2", suites, Some(NAME))).await.bytes;
        assert_eq!(
            (refused[0], refused[6]),
            (ALERT, HANDSHAKE_FAILURE),
            "{suites}"
        );
    }
}

#[test]
fn names_of_versions_and_suites_that_nobody_knows_are_none() {
    assert_eq!(hello::version("1.3"), None);
    assert_eq!(hello::suites("good"), None);
}

#[tokio::test]
async fn saying_ends_at_the_end_and_at_the_deadline() {
    let (_, mut ours, theirs) = pair(&Tapped::new().tap).await;
    let (_, mut silent, _kept) = pair(&Tapped::new().tap).await;
    drop(theirs);
    let ended = hello::say(&mut ours, b"hello", LONG).await.unwrap();
    assert!(ended.bytes.is_empty() && ended.ended.is_some(), "{ended:?}");
    let silence = hello::say(&mut silent, b"hello", Duration::from_millis(50))
        .await
        .unwrap();
    assert_eq!(silence, Answer::default());
}

#[tokio::test]
async fn an_answer_in_pieces_is_awaited_whole() {
    let (_, mut ours, mut theirs) = pair(&Tapped::new().tap).await;
    let alert = [ALERT, 3, 3, 0, 2, 2, HANDSHAKE_FAILURE];
    tokio::spawn(async move {
        for byte in alert {
            theirs.write_all(&[byte]).await.unwrap();
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
        // Stays open: the answer is over without an end.
        let _ = theirs.read(&mut [0; 64]).await;
        std::future::pending::<()>().await;
    });
    let answer = hello::say(&mut ours, b"hello", LONG).await.unwrap();
    assert_eq!((answer.bytes.as_slice(), answer.ended), (&alert[..], None));
}

#[tokio::test]
async fn the_flight_of_an_old_server_is_refused_for_its_version_by_a_strict_client() {
    for version in [0x0301_u16, 0x0302] {
        let pki = Pki::honest();
        let (_, ours, mut theirs) = pair(&Tapped::new().tap).await;
        let client = TlsConnector::from(Arc::new(pki.strict_client()));
        let server = async {
            let mut head = [0; 5];
            theirs.read_exact(&mut head).await.unwrap();
            let mut body = vec![0; usize::from(u16::from_be_bytes([head[3], head[4]]))];
            theirs.read_exact(&mut body).await.unwrap();
            let chain = pki
                .chain()
                .iter()
                .map(|der| der.to_vec())
                .collect::<Vec<_>>();
            theirs
                .write_all(&hello::server_flight(version, &chain, [9; 32]))
                .await
                .unwrap();
            let mut answer = Vec::new();
            theirs.read_to_end(&mut answer).await.unwrap();
            answer
        };
        let (refused, answer) = tokio::join!(
            async {
                client
                    .connect(NAME.try_into().unwrap(), ours)
                    .await
                    .map(drop)
                    .unwrap_err()
            },
            server
        );
        assert!(
            refused
                .to_string()
                .contains("ServerDoesNotSupportTls12Or13"),
            "{refused}"
        );
        let answer = &answer[answer.len() - 7..];
        assert_eq!(
            (answer[0], answer[6]),
            (ALERT, PROTOCOL_VERSION),
            "{answer:?}"
        );
    }
}

/// In 1.2 the flight is good up to its key exchange, which rustls has none for: it reads all of it before it refuses.
#[test]
fn the_flight_is_three_whole_messages() {
    let flight = hello::server_flight(0x0303, &[vec![1, 2, 3], vec![4]], [9; 32]);
    assert_eq!(
        usize::from(u16::from_be_bytes([flight[3], flight[4]])),
        flight.len() - 5
    );
    let mut rest = &flight[5..];
    let mut kinds = Vec::new();
    while let [kind, a, b, c, more @ ..] = rest {
        kinds.push(*kind);
        rest = &more[usize::from(*a) << 16 | usize::from(*b) << 8 | usize::from(*c)..];
    }
    assert_eq!(kinds, [2, 11, 14]);
}
