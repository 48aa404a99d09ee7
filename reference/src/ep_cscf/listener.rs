//! The listener of W2: TLS first, then the upgrade, then SIP. Limits keep one client from taking the place of all.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use rustls::ServerConfig;
use rustls::server::{ClientHello, ResolvesServerCert, ServerSessionMemoryCache};
use rustls::sign::CertifiedKey;
use sha2::{Digest, Sha256};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;
use tokio_rustls::TlsAcceptor;
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::protocol::{Role, WebSocketConfig};

use super::connection::Client;
use super::frames::{self, Frames};
use super::{Edge, bare, connection, legacy_tls, upgrade};
use crate::trust::{self, Tolerance};
use crate::web::Legacy;
use crate::{Defect, Shared, StartError, net};

const MAX_CONNECTIONS: usize = 4096;
const MAX_CONNECTIONS_PER_ADDRESS: usize = 1024;
const MAX_MESSAGE: usize = 64 * 1024;
const HANDSHAKE: Duration = Duration::from_secs(5);

/// The TLS of W2 as the model declares it: versions, application protocol, sessions.
pub(super) fn tls(shared: &Arc<Shared>) -> Result<Arc<ServerConfig>, StartError> {
    let world = &shared.world;
    let asks = shared.model.answer("w2-mtls", "no") == "yes";
    let clients = match asks {
        true => Some(trust::of_optional_clients(shared, Tolerance::none())?),
        false => None,
    };
    let mut own = net::Identity::of_server(world, "ep-cscf")?;
    if shared.has(Defect::LeafOnlyEdge) {
        own.chain.truncate(1);
    }
    let mut config = net::server_tls(world, own, clients)?;
    if shared.model.answer("alpn", "yes") == "yes" && !shared.has(Defect::IgnoresAlpn) {
        config.alpn_protocols = vec![b"http/1.1".to_vec()];
        if shared.has(Defect::AgreesToHttp2) {
            config.alpn_protocols.push(b"h2".to_vec());
        }
    }
    if shared.model.answer("tls-resumption", "no") == "yes" {
        config.session_storage = ServerSessionMemoryCache::new(1024);
        config.send_tls13_tickets = 1;
    }
    let inner = Arc::clone(&config.cert_resolver);
    config.cert_resolver = Arc::new(OwnNames {
        inner,
        shared: Arc::clone(shared),
    });
    Ok(Arc::new(config))
}

/// Shows the certificate to those who ask for a name of the edge, or for none.
#[derive(Debug)]
struct OwnNames {
    inner: Arc<dyn ResolvesServerCert>,
    shared: Arc<Shared>,
}

impl ResolvesServerCert for OwnNames {
    fn resolve(&self, hello: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        if hello
            .server_name()
            .is_some_and(|name| !is_ours(&self.shared, name))
            && !self.shared.has(Defect::AnyServerName)
        {
            return None;
        }
        self.inner.resolve(hello)
    }
}

fn is_ours(shared: &Shared, name: &str) -> bool {
    let own = shared
        .world
        .nodes
        .get("ep-cscf")
        .map_or("", |node| node.name.as_str());
    let below = |name: &str| {
        name.strip_suffix(own)
            .is_some_and(|rest| rest.ends_with('.'))
    };
    let name = name.to_ascii_lowercase();
    name == own || below(&name)
}

/// Whether a host name is the edge's.
pub(super) fn ours(edge: &Edge, name: &str) -> bool {
    is_ours(&edge.shared, name)
}

/// Counts a connection of an address for as long as it lives.
struct Place {
    counts: Arc<Mutex<HashMap<IpAddr, usize>>>,
    address: IpAddr,
}

impl Place {
    fn take(counts: &Arc<Mutex<HashMap<IpAddr, usize>>>, address: IpAddr) -> Option<Self> {
        let mut held = counts.lock().unwrap_or_else(PoisonError::into_inner);
        let full = held.values().sum::<usize>() >= MAX_CONNECTIONS;
        let count = held.entry(address).or_default();
        if full || *count >= MAX_CONNECTIONS_PER_ADDRESS {
            return None;
        }
        *count += 1;
        drop(held);
        Some(Self {
            counts: Arc::clone(counts),
            address,
        })
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut held = self.counts.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(count) = held.get_mut(&self.address) {
            *count -= 1;
            if *count == 0 {
                held.remove(&self.address);
            }
        }
    }
}

/// Accepts connections until the edge ends.
pub(super) async fn serve(edge: Arc<Edge>, listener: TcpListener, tls: Arc<ServerConfig>) {
    let counts = Arc::default();
    let dead = Arc::new(AtomicBool::new(false));
    let mut connections = JoinSet::new();
    loop {
        tokio::select! {
            accepted = listener.accept() => {
                let Ok((stream, from)) = accepted else { continue };
                let Some(place) = Place::take(&counts, from.ip()) else { continue };
                if dead.load(Ordering::Relaxed) {
                    continue;
                }
                let (edge, tls, dead) = (Arc::clone(&edge), Arc::clone(&tls), Arc::clone(&dead));
                connections.spawn(async move {
                    let _place = place;
                    secure(edge, stream, from.ip(), tls, dead).await;
                });
            }
            Some(_) = connections.join_next() => {}
        }
    }
}

async fn secure(
    edge: Arc<Edge>,
    mut stream: TcpStream,
    from: IpAddr,
    tls: Arc<ServerConfig>,
    dead: Arc<AtomicBool>,
) {
    let _ = stream.set_nodelay(true);
    if edge.shared.has(Defect::LegacyTls) && legacy_tls::answer(&mut stream).await {
        return;
    }
    for (mistake, lax) in [
        (Defect::TakesBrokenSuites, Legacy::Suites),
        (Defect::HidesDowngrade, Legacy::Unmarked),
        (Defect::UnboundRenegotiation, Legacy::Unbound),
    ] {
        if edge.shared.has(mistake) && lax.answers(&stream).await {
            return;
        }
    }
    if edge.shared.has(Defect::ReadsClearSip) && bare::is_register(&stream).await {
        return bare::talk(edge, stream, Client::bare(from), dead).await;
    }
    let mut client = Client::new(from);
    if edge.shared.has(Defect::AcceptsClearWebsocket) && legacy_tls::is_clear_get(&stream).await {
        return talk(edge, stream, client, dead).await;
    }
    let handshake =
        TlsAcceptor::from(tls).accept_with(stream, |session| client.session.name(session));
    if let Ok(Ok(stream)) = tokio::time::timeout(HANDSHAKE, handshake).await {
        let session = stream.get_ref().1;
        client.session.look(session);
        let shown = session.peer_certificates();
        client.thumbprint = shown
            .and_then(<[_]>::first)
            .map(|leaf| URL_SAFE_NO_PAD.encode(Sha256::digest(leaf)));
        talk(edge, stream, client, dead).await;
    }
}

async fn talk<S: AsyncRead + AsyncWrite + Unpin>(
    edge: Arc<Edge>,
    mut stream: S,
    client: Client,
    dead: Arc<AtomicBool>,
) {
    let Some(upgraded) = upgrade::accept(&edge, &mut stream, &dead).await else {
        return;
    };
    let stream = Frames::new(stream, upgraded.rest, edge.shared.among(frames::MISTAKES));
    let config = WebSocketConfig::default()
        .read_buffer_size(8 * 1024)
        .write_buffer_size(0)
        .max_message_size(Some(MAX_MESSAGE))
        .max_frame_size(Some(MAX_MESSAGE))
        .accept_unmasked_frames(edge.shared.has(Defect::AcceptsUnmasked));
    let socket = WebSocketStream::from_raw_socket(stream, Role::Server, Some(config)).await;
    let client = Client {
        origin: upgraded.origin,
        token: upgraded.token,
        ..client
    };
    connection::serve(edge, socket, client, dead).await;
}
