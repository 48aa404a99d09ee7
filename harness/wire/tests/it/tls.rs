//! Handshakes of ours against rustls with its own rules: what the tap tells of them.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use evidence::event::{Side, TlsFacts};
use evidence::{Bytes, What};
use rustls::NamedGroup;
use rustls::client::{
    ClientSessionStore, Resumption, Tls12ClientSessionValue, Tls13ClientSessionValue,
};
use rustls::pki_types::{CertificateDer, PrivatePkcs8KeyDer, ServerName};
use rustls::version::{TLS12, TLS13};
use rustls::{ClientConfig, ServerConfig};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio_rustls::{TlsAcceptor, TlsConnector};
use wire::Stream;
use wire::tls::{self, ClientSettings, Identity, ServerSettings, Sessions};

use crate::bed::{NAME, Pki, Tapped, pair};

const UNKNOWN_CA: u8 = 48;
const CERTIFICATE_EXPIRED: u8 = 45;
const BAD_CERTIFICATE: u8 = 42;
const DECRYPT_ERROR: u8 = 51;
const CERTIFICATE_REQUIRED: u8 = 116;
const NO_APPLICATION_PROTOCOL: u8 = 120;

fn client_settings() -> ClientSettings {
    ClientSettings {
        versions: Vec::new(),
        server_name: Some(NAME.to_owned()),
        alpn: vec!["http/1.1".to_owned()],
        identity: None,
        sessions: None,
    }
}

fn server_settings(identity: Identity) -> ServerSettings {
    ServerSettings {
        identity,
        alpn: vec!["http/1.1".to_owned()],
        ask_client: false,
        versions: Vec::new(),
    }
}

fn bytes(chain: &[CertificateDer<'_>]) -> Vec<Bytes> {
    chain.iter().map(|der| Bytes(der.to_vec())).collect()
}

/// The facts of the handshake that the tap saw last.
fn secured(tapped: &Tapped) -> TlsFacts {
    match tapped.last() {
        What::Secured { tls, .. } => tls,
        other => panic!("not secured: {other:?}"),
    }
}

/// Who ended the last handshake, with which alert, and what had been shown.
fn not_secured(tapped: &Tapped) -> (Side, Option<u8>, TlsFacts) {
    match tapped.last() {
        What::NotSecured {
            tls,
            by,
            alert,
            why,
            ..
        } => {
            assert!(!why.is_empty());
            (by, alert, tls)
        }
        other => panic!("no failed handshake: {other:?}"),
    }
}

/// Our client against a server of rustls.
async fn our_client(
    tapped: &Tapped,
    settings: &ClientSettings,
    server: ServerConfig,
) -> Result<Stream, String> {
    let (connection, ours, theirs) = pair(&tapped.tap).await;
    tokio::spawn(async move {
        if let Ok(mut stream) = TlsAcceptor::from(Arc::new(server)).accept(theirs).await {
            let mut byte = [0; 1];
            while stream.read(&mut byte).await.is_ok_and(|read| read > 0) {
                let _ = stream.write_all(&byte).await;
            }
        }
    });
    tls::client(&tapped.tap, connection, ours, settings).await
}

/// Our server against a client of rustls; the outcome of both.
async fn our_server(
    tapped: &Tapped,
    settings: &ServerSettings,
    client: ClientConfig,
    name: &'static str,
) -> (Result<Stream, String>, std::io::Result<()>) {
    let (connection, theirs, ours) = pair(&tapped.tap).await;
    let server = async {
        tls::accept(ours)
            .await
            .unwrap()
            .answer(&tapped.tap, connection, settings)
            .await
    };
    let connector = TlsConnector::from(Arc::new(client));
    let client = async {
        let mut stream = connector.connect(name.try_into().unwrap(), theirs).await?;
        stream.write_all(b"x").await
    };
    tokio::join!(server, client)
}

#[tokio::test]
async fn a_client_records_what_was_agreed_and_shown() {
    for (version, name) in [(&TLS12, "1.2"), (&TLS13, "1.3")] {
        let (tapped, pki) = (Tapped::new(), Pki::honest());
        let mut server = pki.strict_server(version, None);
        server.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
        let mut stream = our_client(&tapped, &client_settings(), server)
            .await
            .unwrap();
        stream.write_all(b"x").await.unwrap();
        assert_eq!(stream.read_u8().await.unwrap(), b'x');
        let facts = secured(&tapped);
        assert_eq!(
            (
                facts.version.as_deref(),
                facts.alpn.as_deref(),
                facts.server_name.as_deref()
            ),
            (Some(name), Some("http/1.1"), Some(NAME))
        );
        assert_eq!(facts.peer_chain, bytes(&pki.chain()));
        assert!(
            facts
                .suite
                .is_some_and(|suite| suite.contains("AES") || suite.contains("CHACHA"))
        );
        assert!(!facts.client_certificate_asked && !facts.resumed && facts.shown.is_none());
    }
}

#[tokio::test]
async fn a_client_takes_any_chain_and_records_it() {
    let expired = Pki::new(|leaf| leaf.not_after = rcgen::date_time_ymd(2020, 1, 1));
    let tapped = Tapped::new();
    our_client(
        &tapped,
        &client_settings(),
        expired.strict_server(&TLS13, None),
    )
    .await
    .unwrap();
    assert_eq!(secured(&tapped).peer_chain, bytes(&expired.chain()));
}

#[tokio::test]
async fn a_client_offers_only_the_versions_asked_for() {
    for (offered, spoken, agreed) in [
        ("1.2", &TLS12, true),
        ("1.3", &TLS13, true),
        ("1.2", &TLS13, false),
        ("1.3", &TLS12, false),
    ] {
        let tapped = Tapped::new();
        let settings = ClientSettings {
            versions: vec![offered.to_owned()],
            ..client_settings()
        };
        let outcome = our_client(
            &tapped,
            &settings,
            Pki::honest().strict_server(spoken, None),
        )
        .await;
        assert_eq!(outcome.is_ok(), agreed, "{offered}: {outcome:?}");
    }
}

#[tokio::test]
async fn a_client_shows_its_certificate_and_records_that_it_was_asked() {
    let (tapped, clients) = (Tapped::new(), Pki::honest());
    let settings = ClientSettings {
        identity: Some(clients.identity("wwsf-a")),
        ..client_settings()
    };
    our_client(
        &tapped,
        &settings,
        Pki::honest().strict_server(&TLS12, Some(&clients)),
    )
    .await
    .unwrap();
    let facts = secured(&tapped);
    assert_eq!(
        (facts.client_certificate_asked, facts.shown.as_deref()),
        (true, Some("wwsf-a"))
    );
}

#[tokio::test]
async fn a_client_without_certificate_is_refused_by_an_alert_of_the_sut() {
    let tapped = Tapped::new();
    let refused = our_client(
        &tapped,
        &client_settings(),
        Pki::honest().strict_server(&TLS12, Some(&Pki::honest())),
    )
    .await;
    assert!(refused.is_err());
    let (by, alert, facts) = not_secured(&tapped);
    assert_eq!((by, alert), (Side::Sut, Some(CERTIFICATE_REQUIRED)));
    assert!(
        facts.client_certificate_asked && facts.peer_chain.len() == 2,
        "{facts:?}"
    );
}

#[tokio::test]
async fn an_end_in_the_handshake_is_the_suts_doing_without_an_alert() {
    let tapped = Tapped::new();
    let (connection, ours, mut theirs) = pair(&tapped.tap).await;
    tokio::spawn(async move { theirs.read_exact(&mut [0; 100]).await });
    assert!(
        tls::client(&tapped.tap, connection, ours, &client_settings())
            .await
            .is_err()
    );
    let (by, alert, _) = not_secured(&tapped);
    assert_eq!((by, alert), (Side::Sut, None));
}

#[tokio::test]
async fn what_is_no_tls_at_all_is_our_refusal() {
    let tapped = Tapped::new();
    let (connection, ours, mut theirs) = pair(&tapped.tap).await;
    tokio::spawn(async move {
        theirs
            .write_all(b"HTTP/1.1 400 Bad Request\r\n\r\n")
            .await
            .unwrap();
        let _ = theirs.read_to_end(&mut Vec::new()).await;
    });
    assert!(
        tls::client(&tapped.tap, connection, ours, &client_settings())
            .await
            .is_err()
    );
    let (by, alert, _) = not_secured(&tapped);
    assert_eq!((by, alert), (Side::Us, None));
}

#[tokio::test]
async fn a_client_resumes_only_what_it_was_given() {
    let sessions = Sessions::default();
    // One server for all: its sessions are in its configuration.
    let server = Pki::honest().strict_server(&TLS12, None);
    let mut resumed = Vec::new();
    for kept in [Some(&sessions), Some(&sessions), None] {
        let tapped = Tapped::new();
        let settings = ClientSettings {
            sessions: kept.cloned(),
            ..client_settings()
        };
        our_client(&tapped, &settings, server.clone())
            .await
            .unwrap();
        resumed.push(secured(&tapped).resumed);
    }
    assert_eq!(resumed, [false, true, false]);
}

#[tokio::test]
async fn handshakes_that_share_sessions_are_told_apart() {
    let sessions = Sessions::default();
    let clients = Pki::honest();
    let asking = Pki::honest();
    let plain = Pki::honest();
    let mut told = Vec::new();
    for (server, identity) in [
        (
            asking.strict_server(&TLS13, Some(&clients)),
            Some(clients.identity("wwsf-a")),
        ),
        (plain.strict_server(&TLS13, None), None),
    ] {
        let tapped = Tapped::new();
        let settings = ClientSettings {
            sessions: Some(sessions.clone()),
            identity,
            ..client_settings()
        };
        our_client(&tapped, &settings, server).await.unwrap();
        let facts = secured(&tapped);
        told.push((
            facts.client_certificate_asked,
            facts.shown,
            facts.peer_chain,
        ));
    }
    assert_eq!(
        told,
        [
            (true, Some("wwsf-a".to_owned()), bytes(&asking.chain())),
            (false, None, bytes(&plain.chain()))
        ]
    );
}

#[tokio::test]
async fn a_hello_is_known_before_it_is_answered() {
    let (tapped, pki) = (Tapped::new(), Pki::honest());
    let (connection, theirs, ours) = pair(&tapped.tap).await;
    let mut config = pki.strict_client();
    config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
    let client = tokio::spawn(async move {
        TlsConnector::from(Arc::new(config))
            .connect(NAME.try_into().unwrap(), theirs)
            .await
            .map(drop)
    });
    let pending = tls::accept(ours).await.unwrap();
    assert_eq!(pending.hello.server_name.as_deref(), Some(NAME));
    assert_eq!(pending.hello.alpn, ["h2", "http/1.1"]);
    assert!(
        pending.hello.suites.contains(&"1301".to_owned()),
        "{:?}",
        pending.hello.suites
    );
    let offered = pending.hello.suites.clone();
    pending
        .answer(
            &tapped.tap,
            connection,
            &server_settings(pki.identity("honest")),
        )
        .await
        .unwrap();
    client.await.unwrap().unwrap();
    let facts = secured(&tapped);
    assert_eq!(
        (
            facts.version.as_deref(),
            facts.alpn.as_deref(),
            facts.shown.as_deref()
        ),
        (Some("1.3"), Some("http/1.1"), Some("honest"))
    );
    assert_eq!(
        (facts.server_name.as_deref(), facts.offered),
        (Some(NAME), offered)
    );
}

#[tokio::test]
async fn bytes_that_are_no_hello_are_an_error() {
    let (_, mut theirs, ours) = pair(&Tapped::new().tap).await;
    theirs
        .write_all(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")
        .await
        .unwrap();
    assert!(tls::accept(ours).await.is_err());
}

#[tokio::test]
async fn a_refused_certificate_is_told_with_the_alert_of_the_client() {
    let honest = Pki::honest();
    let expired = Pki::new(|leaf| leaf.not_after = rcgen::date_time_ymd(2020, 1, 1));
    let table = [
        (
            honest.identity("unknown-authority"),
            Pki::honest().strict_client(),
            NAME,
            UNKNOWN_CA,
        ),
        (
            expired.identity("expired"),
            expired.strict_client(),
            NAME,
            CERTIFICATE_EXPIRED,
        ),
        (
            honest.identity("other-name"),
            honest.strict_client(),
            "other.localhost",
            BAD_CERTIFICATE,
        ),
        // The chain is honest and the key is another's.
        (
            Identity::new("other-key", honest.chain(), &expired.key).unwrap(),
            honest.strict_client(),
            NAME,
            DECRYPT_ERROR,
        ),
    ];
    for (identity, client, name, wanted) in table {
        for versions in ["1.2", "1.3"] {
            let tapped = Tapped::new();
            let shown = identity.name.clone();
            let settings = ServerSettings {
                versions: vec![versions.to_owned()],
                ..server_settings(identity.clone())
            };
            let (ours, theirs) = our_server(&tapped, &settings, client.clone(), name).await;
            assert!(ours.is_err() && theirs.is_err(), "{shown} {versions}");
            let (by, alert, facts) = not_secured(&tapped);
            assert_eq!(
                (by, alert, facts.shown),
                (Side::Sut, Some(wanted), Some(shown)),
                "{versions}"
            );
            assert_eq!(facts.server_name.as_deref(), Some(name));
        }
    }
}

#[tokio::test]
async fn a_server_that_shares_no_protocol_refuses_itself() {
    let (tapped, pki) = (Tapped::new(), Pki::honest());
    let mut client = pki.strict_client();
    client.alpn_protocols = vec![b"h2".to_vec()];
    let (ours, theirs) = our_server(
        &tapped,
        &server_settings(pki.identity("honest")),
        client,
        NAME,
    )
    .await;
    assert!(ours.is_err());
    assert!(
        theirs
            .unwrap_err()
            .to_string()
            .contains("NoApplicationProtocol"),
        "alert {NO_APPLICATION_PROTOCOL}"
    );
    let (by, alert, _) = not_secured(&tapped);
    assert_eq!((by, alert), (Side::Us, None));
}

#[tokio::test]
async fn a_server_asks_and_records_any_client_certificate_and_none() {
    let (pki, clients) = (
        Pki::honest(),
        Pki::new(|leaf| leaf.not_after = rcgen::date_time_ymd(2020, 1, 1)),
    );
    for shown in [true, false] {
        let tapped = Tapped::new();
        let settings = ServerSettings {
            ask_client: true,
            ..server_settings(pki.identity("honest"))
        };
        let (connection, theirs, ours) = pair(&tapped.tap).await;
        let client_side = ClientSettings {
            identity: shown.then(|| clients.identity("expired")),
            ..client_settings()
        };
        let other = Tapped::new();
        let server = async {
            tls::accept(ours)
                .await
                .unwrap()
                .answer(&tapped.tap, connection, &settings)
                .await
        };
        let (ours, theirs) = tokio::join!(server, tls::client(&other.tap, 0, theirs, &client_side));
        ours.unwrap();
        theirs.unwrap();
        let facts = secured(&tapped);
        assert!(facts.client_certificate_asked && secured(&other).client_certificate_asked);
        assert_eq!(
            facts.peer_chain,
            if shown {
                bytes(&clients.chain())
            } else {
                Vec::new()
            }
        );
    }
}

/// Sessions that a client was given to keep.
#[derive(Debug, Default)]
struct Given(AtomicU32);

impl ClientSessionStore for Given {
    fn set_kx_hint(&self, _: ServerName<'static>, _: NamedGroup) {}
    fn kx_hint(&self, _: &ServerName<'_>) -> Option<NamedGroup> {
        None
    }
    fn set_tls12_session(&self, _: ServerName<'static>, _: Tls12ClientSessionValue) {
        self.0.fetch_add(1, Ordering::Relaxed);
    }
    fn tls12_session(&self, _: &ServerName<'_>) -> Option<Tls12ClientSessionValue> {
        None
    }
    fn remove_tls12_session(&self, _: &ServerName<'static>) {}
    fn insert_tls13_ticket(&self, _: ServerName<'static>, _: Tls13ClientSessionValue) {
        self.0.fetch_add(1, Ordering::Relaxed);
    }
    fn take_tls13_ticket(&self, _: &ServerName<'static>) -> Option<Tls13ClientSessionValue> {
        None
    }
}

/// A bad certificate is to be met in every handshake.
#[tokio::test]
async fn a_server_gives_no_session_that_could_be_resumed() {
    let pki = Pki::honest();
    for (versions, version) in [("1.2", &TLS12), ("1.3", &TLS13)] {
        let sessions_of = |given: &Arc<Given>| {
            let mut client = pki.strict_client();
            client.resumption = Resumption::store(given.clone());
            client
        };
        let given = Arc::new(Given::default());
        let tapped = Tapped::new();
        let settings = ServerSettings {
            versions: vec![versions.to_owned()],
            ..server_settings(pki.identity("honest"))
        };
        let (connection, theirs, ours) = pair(&tapped.tap).await;
        let server = async {
            let mut stream = tls::accept(ours)
                .await
                .unwrap()
                .answer(&tapped.tap, connection, &settings)
                .await
                .unwrap();
            stream.write_all(b"x").await.unwrap();
        };
        tokio::join!(server, read_a_byte(sessions_of(&given), theirs));
        assert_eq!(given.0.load(Ordering::Relaxed), 0, "{versions}");

        // A server that means no harm gives some: the count counts.
        let given = Arc::new(Given::default());
        let (_, theirs, ours) = pair(&tapped.tap).await;
        let server = async {
            let acceptor = TlsAcceptor::from(Arc::new(pki.strict_server(version, None)));
            acceptor
                .accept(ours)
                .await
                .unwrap()
                .write_all(b"x")
                .await
                .unwrap();
        };
        tokio::join!(server, read_a_byte(sessions_of(&given), theirs));
        assert!(given.0.load(Ordering::Relaxed) > 0, "{versions}");
    }
}

/// A client of rustls that reads a byte, and any ticket before it.
async fn read_a_byte(client: ClientConfig, stream: TcpStream) {
    let mut stream = TlsConnector::from(Arc::new(client))
        .connect(NAME.try_into().unwrap(), stream)
        .await
        .unwrap();
    stream.read_u8().await.unwrap();
}

#[tokio::test]
async fn a_client_without_a_name_sends_none() {
    let (tapped, pki) = (Tapped::new(), Pki::honest());
    let (_, theirs, ours) = pair(&tapped.tap).await;
    let settings = ClientSettings {
        server_name: None,
        ..client_settings()
    };
    let client = tls::client(&tapped.tap, 0, theirs, &settings);
    let server = async {
        let pending = tls::accept(ours).await.unwrap();
        assert_eq!(pending.hello.server_name, None);
        let other = Tapped::new();
        pending
            .answer(&other.tap, 0, &server_settings(pki.identity("honest")))
            .await
            .unwrap()
    };
    let (ours, _theirs) = tokio::join!(client, server);
    ours.unwrap();
    assert_eq!(secured(&tapped).server_name, None);
}

#[tokio::test]
async fn a_key_of_the_callers_signs_in_both_versions() {
    use aws_lc_rs::encoding::AsDer;
    use aws_lc_rs::rsa::{KeyPair, KeySize};
    use aws_lc_rs::signature::{RSA_PKCS1_SHA256, RSA_PSS_SHA256};
    let key = Arc::new(KeyPair::generate(KeySize::Rsa2048).unwrap());
    let der: aws_lc_rs::encoding::Pkcs8V1Der<'_> = key.as_der().unwrap();
    let der = PrivatePkcs8KeyDer::from(der.as_ref().to_vec());
    let rcgen_key =
        rcgen::KeyPair::from_pkcs8_der_and_sign_algo(&der, &rcgen::PKCS_RSA_SHA256).unwrap();
    let mut params = rcgen::CertificateParams::new(vec![NAME.to_owned()]).unwrap();
    params.is_ca = rcgen::IsCa::NoCa;
    let leaf = params.self_signed(&rcgen_key).unwrap().der().clone();
    let pki = Pki {
        leaf: leaf.clone(),
        key: der,
        authority: leaf.clone(),
    };
    let signer = Arc::new(move |pss: bool, message: &[u8]| {
        let mut signature = vec![0; key.public_modulus_len()];
        let padding: &dyn aws_lc_rs::signature::RsaEncoding = if pss {
            &RSA_PSS_SHA256
        } else {
            &RSA_PKCS1_SHA256
        };
        key.sign(
            padding,
            &aws_lc_rs::rand::SystemRandom::new(),
            message,
            &mut signature,
        )
        .map_err(|why| why.to_string())?;
        Ok(signature)
    });
    for versions in ["1.2", "1.3"] {
        let tapped = Tapped::new();
        let identity = Identity::signed_by("weak-key", vec![leaf.clone()], signer.clone());
        let settings = ServerSettings {
            versions: vec![versions.to_owned()],
            ..server_settings(identity)
        };
        let (ours, theirs) = our_server(&tapped, &settings, pki.strict_client(), NAME).await;
        ours.unwrap();
        theirs.unwrap();
        assert_eq!(secured(&tapped).shown.as_deref(), Some("weak-key"));
    }
}
