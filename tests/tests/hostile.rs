//! SUTs that are not there, hang, lie or die. None of them is ever called conforming; each is told what to do next, soon.

mod support;

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::Arc;
use std::time::Duration;

use rstest::rstest;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::{ServerConfig, ServerConnection, StreamOwned};

use crate::support::{Ran, Scratch};

/// How long a run against a SUT that serves nobody may take; alone it takes a few seconds.
const BOUND: Duration = Duration::from_secs(120);

/// Where the edge of every world is.
const EDGE: &str = "127.0.0.31:0";

/// How a hostile edge behaves on a connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Manner {
    /// Takes everything and says nothing.
    Hangs,
    /// Answers what no protocol knows.
    Garbage,
    /// Ends the connection in the middle of its first answer.
    ClosesHalfWay,
    /// A header that never ends.
    Endless,
    /// A web server that knows nothing of WebSocket.
    PlainHttp,
    /// Upgrades, then sends frames that are none.
    BadFrames,
}

impl Manner {
    fn meet(self, stream: &mut (impl Read + Write)) -> std::io::Result<()> {
        let mut asked = [0_u8; 4096];
        let read = stream.read(&mut asked)?;
        match self {
            Self::Hangs => while stream.read(&mut asked)? > 0 {},
            Self::Garbage => stream.write_all(&[0xde, 0xad, 0, 0xff, b'\r', b'\n'].repeat(40))?,
            Self::ClosesHalfWay => stream.write_all(b"HTTP/1.1 101 Switching Proto")?,
            Self::Endless => {
                stream.write_all(b"HTTP/1.1 101 Switching Protocols\r\nX: ")?;
                loop {
                    stream.write_all(&[b'a'; 8192])?;
                }
            }
            Self::PlainHttp => stream.write_all(
                b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: 3\r\n\r\nhi\n",
            )?,
            Self::BadFrames => {
                let text = String::from_utf8_lossy(&asked[..read]).into_owned();
                stream.write_all(upgrade(&text).as_bytes())?;
                stream.write_all(&[0xff; 64])?;
            }
        }
        stream.flush()
    }
}

/// The answer to a WebSocket upgrade.
fn upgrade(request: &str) -> String {
    let key = request
        .lines()
        .find_map(|line| line.strip_prefix("Sec-WebSocket-Key: "))
        .unwrap_or_default();
    let accept =
        tokio_tungstenite::tungstenite::handshake::derive_accept_key(key.trim().as_bytes());
    format!(
        "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\
         Sec-WebSocket-Accept: {accept}\r\nSec-WebSocket-Protocol: sip\r\n\r\n"
    )
}

/// Listens and meets everybody so, with TLS or without. It ends with the test program.
fn listen(
    tls: Option<Arc<ServerConfig>>,
    meet: impl Fn(&mut dyn Stream) + Send + Sync + 'static,
) -> u16 {
    let listener = TcpListener::bind(EDGE).expect("an address");
    let port = listener.local_addr().expect("an address").port();
    let meet = Arc::new(meet);
    std::thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            let (tls, meet) = (tls.clone(), meet.clone());
            std::thread::spawn(move || serve(stream, tls, &*meet));
        }
    });
    port
}

fn serve(mut stream: TcpStream, tls: Option<Arc<ServerConfig>>, meet: &dyn Fn(&mut dyn Stream)) {
    match tls {
        None => meet(&mut stream),
        Some(tls) => {
            let connection = ServerConnection::new(tls).expect("a server");
            meet(&mut StreamOwned::new(connection, stream));
        }
    }
}

/// Both directions of a connection.
trait Stream: Read + Write {}
impl<T: Read + Write> Stream for T {}

/// The TLS side of the world's edge, so that nothing but its manner is wrong.
fn edge(scratch: &Scratch) -> Arc<ServerConfig> {
    let file = |name: &str| scratch.path("world/ep-cscf").join(name);
    let chain = CertificateDer::pem_file_iter(file("cert.pem"))
        .expect("a chain")
        .map(|certificate| certificate.expect("a certificate"))
        .collect();
    let key = PrivateKeyDer::from_pem_file(file("key.pem")).expect("a key");
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let config = ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .expect("versions")
        .with_no_client_auth()
        .with_single_cert(chain, key)
        .expect("the edge's certificate");
    Arc::new(config)
}

/// Writes a SUT file with every question answered and short times.
fn sut_file(scratch: &Scratch, section: &str) {
    let short = |line: &str| {
        let item = line.split(' ').next().unwrap_or_default();
        match item {
            "answer-time" => "answer-time = 300".to_owned(),
            "quiet-time" => "quiet-time = 100".to_owned(),
            "case-time" => "case-time = 3000".to_owned(),
            "[ics]" => format!("{section}\n\n[ics]"),
            _ => line.to_owned(),
        }
    };
    let asked = scratch.call(&["init", "ep-cscf"]).exits(0).stdout;
    let text: Vec<String> = asked.lines().map(short).collect();
    scratch.write("sut.toml", &text.join("\n"));
}

/// Plays against the edge at a port of the world's edge address.
fn run_at(scratch: &Scratch, port: u16) -> Ran {
    sut_file(
        scratch,
        &format!("[addresses]\nW2 = \"wss://edge.localhost:{port}/\""),
    );
    scratch.call_within(
        &["run", "sut.toml", "--world", "world", "--out", "out"],
        BOUND,
    )
}

/// Nothing was decided, nothing is called conforming, and there is a way on.
fn is_not_tested(ran: Ran) -> Ran {
    assert!([3, 6].contains(&ran.status), "{ran}");
    assert!(!ran.stdout.contains("✓ ep-cscf"), "{ran}");
    let verdicts = ran.stdout.lines().find(|line| line.contains(" cases:"));
    let verdicts = verdicts.unwrap_or_else(|| panic!("no counts: {ran}"));
    assert!(
        !verdicts.contains(" fail") && !verdicts.contains(" error"),
        "{verdicts}: {ran}"
    );
    let why = ["   because   ", "   came      "];
    assert!(why.iter().any(|label| ran.stdout.contains(label)), "{ran}");
    ran.tells(&["   help      "])
}

#[test]
fn an_absent_sut() {
    let scratch = Scratch::new();
    let unused = TcpListener::bind(EDGE).expect("an address");
    let port = unused.local_addr().expect("an address").port();
    drop(unused);
    is_not_tested(run_at(&scratch, port))
        .exits(6)
        .tells(&["refused the connection"]);
}

#[rstest]
fn a_sut_that_speaks_otherwise(
    #[values(
        Manner::Hangs,
        Manner::Garbage,
        Manner::ClosesHalfWay,
        Manner::Endless,
        Manner::PlainHttp,
        Manner::BadFrames
    )]
    manner: Manner,
    #[values(false, true)] tls: bool,
) {
    let scratch = Scratch::new();
    scratch.call(&["certs", "--out", "world"]).exits(0);
    let port_speaks_tls = tls;
    let tls = tls.then(|| edge(&scratch));
    let port = listen(tls, move |mut stream| {
        // A peer that has gone away is the end of it.
        let _ = manner.meet(&mut stream);
    });
    let ran = run_at(&scratch, port);
    if manner == Manner::BadFrames && port_speaks_tls {
        // Its handshakes are honest, so what is asked of them is decided; nothing of SIP is.
        assert!([1, 3].contains(&ran.status), "{ran}");
        assert!(!ran.stdout.contains("✓ ep-cscf"), "{ran}");
    } else {
        is_not_tested(ran);
    }
}

/// An edge that tells every client that it is registered, and tells the core nothing.
#[test]
fn a_sut_that_says_yes_to_everything() {
    let scratch = Scratch::new();
    scratch.call(&["certs", "--out", "world"]).exits(0);
    let port = listen(Some(edge(&scratch)), |stream| {
        let _ = say_yes(stream);
    });
    let ran = run_at(&scratch, port);
    assert!([1, 3, 6].contains(&ran.status), "{ran}");
    assert!(!ran.stdout.contains("✓ ep-cscf"), "{ran}");
}

fn say_yes(stream: &mut dyn Stream) -> Result<(), Box<dyn std::error::Error>> {
    use tokio_tungstenite::tungstenite::protocol::{Role, WebSocket};
    let mut asked = Vec::new();
    while !asked.ends_with(b"\r\n\r\n") {
        let mut byte = [0];
        stream.read_exact(&mut byte)?;
        asked.push(byte[0]);
    }
    stream.write_all(upgrade(&String::from_utf8_lossy(&asked)).as_bytes())?;
    let mut socket = WebSocket::from_raw_socket(stream, Role::Server, None);
    loop {
        let message = socket.read()?.into_text()?;
        let kept = ["via:", "from:", "to:", "call-id:", "cseq:", "contact:"];
        let headers: Vec<&str> = message
            .lines()
            .filter(|line| {
                kept.iter()
                    .any(|name| line.to_ascii_lowercase().starts_with(name))
            })
            .collect();
        let answer = format!(
            "SIP/2.0 200 OK\r\n{}\r\nContent-Length: 0\r\n\r\n",
            headers.join("\r\n")
        );
        socket.send(answer.into())?;
    }
}

#[rstest]
#[case::at_once("[\"false\"]", "ended before it was ready")]
#[case::with_a_reason(
    "[\"sh\", \"-c\", \"echo no licence file; exit 3\"]",
    "no licence file"
)]
#[case::no_such_program("[\"./none\"]", "none")]
fn a_sut_that_does_not_start(#[case] command: &str, #[case] told: &str) {
    let scratch = Scratch::new();
    sut_file(
        &scratch,
        &format!("[launch]\ncommand = {command}\ndeadline = 5"),
    );
    let ran = scratch.call_within(&["run", "sut.toml", "--out", "out"], BOUND);
    is_not_tested(ran).tells(&[told]);
}

/// Several lanes are at work when it dies: alone, only the attack that killed it kills it again.
#[test]
fn a_sut_that_dies_is_charged_to_the_attack_that_killed_it() {
    let scratch = Scratch::new();
    let run = [
        "run",
        "--defect",
        "dies-on-garbage",
        "--role",
        "wic",
        "--jobs",
        "4",
    ];
    let part = [
        "--only",
        "wic-w2-garbage,wic-w1-selfsigned",
        "--json",
        "--out",
        "run",
    ];
    scratch.call(&[&run[..], &part].concat()).exits(1);
    let cases = std::fs::read_to_string(scratch.path("run/cases.ndjson")).expect("the cases");
    for line in cases.lines() {
        let case: serde_json::Value = serde_json::from_str(line).expect("a case");
        let guilty = case["slug"] == "wic-w2-garbage";
        assert_eq!(
            case["verdict"],
            if guilty { "fail" } else { "pass" },
            "{line}"
        );
    }
    assert_eq!(
        cases.lines().count(),
        12,
        "two attacks and their controls, in three registrations"
    );
}

#[test]
fn a_sut_that_is_never_ready() {
    let scratch = Scratch::new();
    sut_file(
        &scratch,
        "[launch]\ncommand = [\"sleep\", \"1000\"]\nready = \"never\"\ndeadline = 1",
    );
    let ran = scratch.call_within(&["run", "sut.toml", "--out", "out"], BOUND);
    is_not_tested(ran);
}

/// Whoever lets everybody in is caught by the attacks, not believed because honest clients are served.
#[rstest]
fn a_sut_that_lets_everybody_in(#[values("skips-signature", "accepts-no-token")] defect: &str) {
    let scratch = Scratch::new();
    scratch
        .call(&[
            "run", "--role", "ep-cscf", "--defect", defect, "--out", "out",
        ])
        .exits(1)
        .tells(&["NON-CONFORMING"]);
}

/// Whoever lets nobody in has refused every attack, and that proves nothing.
#[test]
fn a_sut_that_refuses_everybody() {
    let scratch = Scratch::new();
    let ran = scratch.call(&[
        "run",
        "--role",
        "ep-cscf",
        "--defect",
        "refuses-everybody",
        "--out",
        "out",
    ]);
    let ran = is_not_tested(ran);
    let text = std::fs::read_to_string(scratch.path("out/cases.ndjson")).expect("the record");
    let about_identity = text
        .lines()
        .filter(|line| line.contains("\"slug\":\"epc-id-"));
    for line in about_identity {
        assert!(!line.contains("\"verdict\":\"pass\""), "{line}: {ran}");
    }
}
