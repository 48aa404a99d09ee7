//! Sockets, TLS and names of the world, for every node of this process.

use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use reqwest::dns::{Addrs, Name, Resolve, Resolving};
use rustls::client::Resumption;
use rustls::crypto::CryptoProvider;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::server::danger::ClientCertVerifier;
use rustls::{ClientConfig, RootCertStore, ServerConfig};
use tokio::net::{TcpListener, TcpSocket, UdpSocket};

use crate::world::World;
use crate::{Shared, StartError};

/// The one cryptographic provider of the process.
pub(crate) fn provider() -> Arc<CryptoProvider> {
    Arc::new(rustls::crypto::aws_lc_rs::default_provider())
}

/// The trust anchors of every honest certificate.
pub(crate) fn roots(world: &World) -> Result<Arc<RootCertStore>, StartError> {
    let mut store = RootCertStore::empty();
    for certificate in certificates(world, "roots.pem")? {
        store
            .add(certificate)
            .map_err(|why| bad(world, "roots.pem", &why))?;
    }
    Ok(Arc::new(store))
}

/// A certificate chain and its key, as a server or client shows them; paths are below the world folder.
pub(crate) struct Identity {
    pub(crate) chain: Vec<CertificateDer<'static>>,
    pub(crate) key: PrivateKeyDer<'static>,
}

impl Identity {
    /// `cert.pem` and `key.pem` of a role's folder: what the node shows as a server.
    pub(crate) fn of_server(world: &World, folder: &str) -> Result<Self, StartError> {
        Self::read(
            world,
            &format!("{folder}/cert.pem"),
            &format!("{folder}/key.pem"),
        )
    }

    /// `client.pem` and `client-key.pem` of a role's folder: what the node shows as a client.
    pub(crate) fn of_client(world: &World, folder: &str) -> Result<Self, StartError> {
        Self::read(
            world,
            &format!("{folder}/client.pem"),
            &format!("{folder}/client-key.pem"),
        )
    }

    fn read(world: &World, chain: &str, key: &str) -> Result<Self, StartError> {
        let pem = world.text(key)?;
        Ok(Self {
            chain: certificates(world, chain)?,
            key: PrivateKeyDer::from_pem_slice(pem.as_bytes())
                .map_err(|why| bad(world, key, &why))?,
        })
    }
}

/// TLS 1.2 and 1.3 of a server without sessions; `clients` says what is asked of the other side, `None`: nothing.
pub(crate) fn server_tls(
    world: &World,
    identity: Identity,
    clients: Option<Arc<dyn ClientCertVerifier>>,
) -> Result<ServerConfig, StartError> {
    let builder = ServerConfig::builder_with_provider(provider())
        .with_safe_default_protocol_versions()
        .map_err(|why| bad(world, "roots.pem", &why))?;
    let builder = match clients {
        Some(verifier) => builder.with_client_cert_verifier(verifier),
        None => builder.with_no_client_auth(),
    };
    let mut config = builder
        .with_single_cert(identity.chain, identity.key)
        .map_err(|why| bad(world, "cert.pem", &why))?;
    config.send_tls13_tickets = 0;
    config.session_storage = Arc::new(rustls::server::NoServerSessionStorage {});
    Ok(config)
}

/// TLS 1.2 and 1.3 of a client that checks chain and name against the roots and never resumes a session. A caller that wants
/// another verifier sets it by `ClientConfig::dangerous`.
pub(crate) fn client_tls(
    world: &World,
    identity: Option<Identity>,
) -> Result<ClientConfig, StartError> {
    let builder = ClientConfig::builder_with_provider(provider())
        .with_safe_default_protocol_versions()
        .map_err(|why| bad(world, "roots.pem", &why))?
        .with_root_certificates(roots(world)?);
    let mut config = match identity {
        Some(shown) => builder
            .with_client_auth_cert(shown.chain, shown.key)
            .map_err(|why| bad(world, "client.pem", &why))?,
        None => builder.with_no_client_auth(),
    };
    config.resumption = Resumption::disabled();
    Ok(config)
}

/// An HTTP client over `tls`: names by `resolve` alone, one connection a request, no redirects, no proxy, `deadline` for
/// the whole exchange.
pub(crate) fn http_client(
    tls: ClientConfig,
    resolve: impl Fn(&str) -> Option<IpAddr> + Send + Sync + 'static,
    deadline: Duration,
) -> Result<reqwest::Client, reqwest::Error> {
    reqwest::Client::builder()
        .tls_backend_preconfigured(tls)
        .dns_resolver(Arc::new(Resolver(resolve)))
        .no_proxy()
        .redirect(reqwest::redirect::Policy::none())
        .pool_max_idle_per_host(0)
        .timeout(deadline)
        .build()
}

/// [`http_client`] with the names of the world's nodes; the failure of a library that cannot fail here becomes a [`StartError`].
pub(crate) fn world_http_client(
    shared: &Arc<Shared>,
    tls: ClientConfig,
    deadline: Duration,
) -> Result<reqwest::Client, StartError> {
    let names = Arc::clone(shared);
    http_client(tls, move |name| names.world.resolve(name), deadline)
        .map_err(|why| bad(&shared.world, "roots.pem", &why))
}

struct Resolver<F>(F);

impl<F: Fn(&str) -> Option<IpAddr> + Send + Sync> Resolve for Resolver<F> {
    fn resolve(&self, name: Name) -> Resolving {
        let found = (self.0)(name.as_str());
        Box::pin(async move {
            match found {
                Some(address) => {
                    Ok(Box::new(std::iter::once(SocketAddr::new(address, 0))) as Addrs)
                }
                None => Err(format!("no node is named {}", name.as_str()).into()),
            }
        })
    }
}

/// Listens on a node's port of an interface; the address may be in TIME-WAIT from a run before.
pub(crate) fn listen_tcp(
    world: &World,
    node: &str,
    interface: &str,
) -> Result<TcpListener, StartError> {
    let address = world.address(node, interface)?;
    let open = || {
        let socket = if address.is_ipv4() {
            TcpSocket::new_v4()?
        } else {
            TcpSocket::new_v6()?
        };
        socket.set_reuseaddr(true)?;
        socket.set_nodelay(true)?;
        socket.bind(address)?;
        socket.listen(1024)
    };
    open().map_err(|why| StartError::Listen {
        address,
        node: node.to_owned(),
        why,
    })
}

/// Opens the UDP socket of a node's interface.
pub(crate) async fn listen_udp(
    world: &World,
    node: &str,
    interface: &str,
) -> Result<UdpSocket, StartError> {
    let address = world.address(node, interface)?;
    UdpSocket::bind(address)
        .await
        .map_err(|why| StartError::Listen {
            address,
            node: node.to_owned(),
            why,
        })
}

fn certificates(world: &World, path: &str) -> Result<Vec<CertificateDer<'static>>, StartError> {
    let pem = world.text(path)?;
    CertificateDer::pem_slice_iter(pem.as_bytes())
        .collect::<Result<_, _>>()
        .map_err(|why| bad(world, path, &why))
}

fn bad(world: &World, path: &str, why: &dyn std::fmt::Display) -> StartError {
    StartError::World {
        path: world.folder.join(path),
        why: why.to_string(),
    }
}

/// `bytes` random bytes in hexadecimal: tags, branches, nonces.
pub(crate) fn random_hex(bytes: usize) -> String {
    let mut random = vec![0; bytes];
    // The provider's generator fails only when the system has none; a predictable name is then the lesser evil for a tag.
    let _ = aws_lc_rs::rand::fill(&mut random);
    hex(&random)
}

/// A random number of 16 bytes, as AKA challenges with.
pub(crate) fn random_block() -> [u8; 16] {
    let mut random = [0; 16];
    // As above.
    let _ = aws_lc_rs::rand::fill(&mut random);
    random
}

/// Lower-case hexadecimal.
pub(crate) fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
