//! What a play costs, in bare handshakes: the least that any tester of W2 must do is a TCP connection, a TLS 1.3 handshake,
//! a WebSocket upgrade and a message there and back. Both ends are in one process here, as they are in a run against the
//! embedded reference.
//!
//! `cargo bench -p proof`; a plain program, since the figure of interest is a ratio.
#![expect(clippy::print_stdout, reason = "a bench prints what it has measured")]

#[path = "../tests/support/mod.rs"]
mod support;

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Instant;

use futures_util::{SinkExt, StreamExt};
use rustls::pki_types::{PrivatePkcs8KeyDer, ServerName};
use rustls::{ClientConfig, RootCertStore, ServerConfig};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;
use tokio_rustls::{TlsAcceptor, TlsConnector};
use tokio_tungstenite::tungstenite::Message;

use crate::support::Scratch;

type Failure = Box<dyn std::error::Error + Send + Sync>;

/// Clients at a time: as many as a run has lanes.
const CLIENTS: usize = 8;
/// Handshakes of a client.
const EACH: usize = 250;
/// Plays and handshakes are measured in turn, this often: what else the machine does meets both.
const ROUNDS: usize = 5;
const NAME: &str = "edge.localhost";
/// About as long as a REGISTER with a token.
const TEXT: usize = 1200;

fn main() -> Result<(), Failure> {
    // Kept to the end: the file system goes on with what it is told to remove, and the next round would pay for it.
    let mut folders = Vec::new();
    let mut rounds = Vec::new();
    for _ in 0..ROUNDS {
        let folder = Scratch::new();
        let (plays, bare) = (plays(&folder), bare_handshakes()?);
        folders.push(folder);
        println!("a round: {plays:.0} plays and {bare:.0} handshakes a second");
        rounds.push((plays, bare));
    }
    rounds.sort_by(|one, other| (one.1 / one.0).total_cmp(&(other.1 / other.0)));
    let (plays, bare) = rounds[ROUNDS / 2];
    println!("plays             {plays:8.0} a second");
    println!("bare handshakes   {bare:8.0} a second");
    println!("a play costs      {:8.1} bare handshakes", bare / plays);
    Ok(())
}

/// Plays a second of a run against the embedded reference, as it counts them itself.
fn plays(folder: &Scratch) -> f64 {
    let ran = folder
        .call(&[
            "run",
            "--role",
            "ep-cscf",
            "--only",
            "epc-jwt-*",
            "--repeat",
            "40",
            "--json",
            "--out",
            "out",
        ])
        .exits(0);
    ran.json()["plays_per_second"].as_f64().expect("a rate")
}

/// Handshakes a second, on a runtime like that of a run.
fn bare_handshakes() -> Result<f64, Failure> {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()?;
    let (server, client) = tls()?;
    runtime.block_on(async {
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let address = listener.local_addr()?;
        let serving = tokio::spawn(serve(listener, TlsAcceptor::from(server)));
        let connector = TlsConnector::from(client);
        // The first ones pay for what is made once.
        ask(address, &connector).await?;
        let begun = Instant::now();
        let mut clients = JoinSet::new();
        for _ in 0..CLIENTS {
            let connector = connector.clone();
            clients.spawn(async move {
                for _ in 0..EACH {
                    ask(address, &connector).await?;
                }
                Ok::<(), Failure>(())
            });
        }
        while let Some(client) = clients.join_next().await {
            client??;
        }
        let seconds = begun.elapsed().as_secs_f64();
        serving.abort();
        Ok((CLIENTS * EACH) as f64 / seconds)
    })
}

/// A P-256 certificate and who trusts it; TLS 1.3 alone, and no session is resumed.
fn tls() -> Result<(Arc<ServerConfig>, Arc<ClientConfig>), Failure> {
    let own = rcgen::generate_simple_self_signed([NAME.to_owned()])?;
    let certificate = own.cert.der().clone();
    let key = PrivatePkcs8KeyDer::from(own.signing_key.serialize_der());
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let mut server = ServerConfig::builder_with_provider(provider.clone())
        .with_protocol_versions(&[&rustls::version::TLS13])?
        .with_no_client_auth()
        .with_single_cert(vec![certificate.clone()], key.into())?;
    server.send_tls13_tickets = 0;
    let mut roots = RootCertStore::empty();
    roots.add(certificate)?;
    let mut client = ClientConfig::builder_with_provider(provider)
        .with_protocol_versions(&[&rustls::version::TLS13])?
        .with_root_certificates(roots)
        .with_no_client_auth();
    client.resumption = rustls::client::Resumption::disabled();
    Ok((Arc::new(server), Arc::new(client)))
}

/// Echoes the first message of everybody.
async fn serve(listener: TcpListener, acceptor: TlsAcceptor) -> Result<(), Failure> {
    loop {
        let (stream, _) = listener.accept().await?;
        let acceptor = acceptor.clone();
        tokio::spawn(async move {
            stream.set_nodelay(true)?;
            let stream = acceptor.accept(stream).await?;
            let mut socket = tokio_tungstenite::accept_async(stream).await?;
            if let Some(message) = socket.next().await {
                socket.send(message?).await?;
            }
            Ok::<(), Failure>(())
        });
    }
}

/// One connection, one handshake, one upgrade, one message there and back.
async fn ask(address: SocketAddr, connector: &TlsConnector) -> Result<(), Failure> {
    let stream = TcpStream::connect(address).await?;
    stream.set_nodelay(true)?;
    let stream = connector
        .connect(ServerName::try_from(NAME)?, stream)
        .await?;
    let (mut socket, _) = tokio_tungstenite::client_async(format!("wss://{NAME}/"), stream).await?;
    socket.send(Message::text("x".repeat(TEXT))).await?;
    let echo = socket.next().await.ok_or("no echo")??;
    if echo.len() != TEXT {
        return Err("another echo".into());
    }
    Ok(())
}
