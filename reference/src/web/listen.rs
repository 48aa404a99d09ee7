//! How a web node listens: its certificate, for its own name alone, and the TLS of the reference.

use std::sync::Arc;

use rustls::ServerConfig;
use rustls::server::danger::ClientCertVerifier;
use rustls::server::{ClientHello, ResolvesServerCert, ServerSessionMemoryCache};
use rustls::sign::CertifiedKey;
use tokio::net::TcpListener;

use super::legacy::Legacy;
use crate::net::{self, Identity, provider};
use crate::{Shared, StartError};

/// A node that is ready to be served.
pub(crate) struct Server {
    pub(crate) listener: TcpListener,
    pub(crate) tls: ServerConfig,
    pub(crate) quirks: Quirks,
}

/// What some nodes do at their sockets that no node should. The honest ones have none of it.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Quirks {
    /// Hellos that no modern server takes.
    pub(crate) legacy: Option<Legacy>,
    /// Requests without TLS on the same port.
    pub(crate) clear_text: bool,
    /// The certificate for whoever is asked for.
    pub(crate) any_name: bool,
    /// The certificate without those between it and the root.
    pub(crate) leaf_only: bool,
    /// TLS sessions, with the certificate that was shown in them.
    pub(crate) sessions: bool,
}

impl Server {
    /// Listens as a node of the world.
    pub(crate) fn open(
        shared: &Shared,
        (node, interface): (&str, &str),
        clients: Option<Arc<dyn ClientCertVerifier>>,
        quirks: Quirks,
    ) -> Result<Self, StartError> {
        let world = &shared.world;
        let mut tls = net::server_tls(world, Identity::of_server(world, node)?, clients)?;
        let Identity { mut chain, key } = Identity::of_server(world, node)?;
        if quirks.leaf_only {
            chain.truncate(1);
        }
        let key =
            CertifiedKey::from_der(chain, key, &provider()).map_err(|why| StartError::World {
                path: world.folder.join(node).join("cert.pem"),
                why: why.to_string(),
            })?;
        let name = world
            .nodes
            .get(node)
            .map_or_else(|| node.to_owned(), |found| found.name.clone());
        tls.cert_resolver = Arc::new(OwnName {
            name,
            any: quirks.any_name,
            key: Arc::new(key),
        });
        if quirks.sessions {
            tls.session_storage = ServerSessionMemoryCache::new(256);
            tls.send_tls13_tickets = 2;
        }
        Ok(Self {
            listener: net::listen_tcp(world, node, interface)?,
            tls,
            quirks,
        })
    }
}

/// Shows a node's certificate only to who asks for the node, or for a name below it, or for none (an address in the URL).
#[derive(Debug)]
struct OwnName {
    name: String,
    any: bool,
    key: Arc<CertifiedKey>,
}

impl ResolvesServerCert for OwnName {
    fn resolve(&self, hello: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        let asked = hello.server_name();
        (self.any || asked.is_none_or(|asked| is_at_or_below(asked, &self.name)))
            .then(|| Arc::clone(&self.key))
    }
}

fn is_at_or_below(asked: &str, name: &str) -> bool {
    asked == name
        || asked
            .strip_suffix(name)
            .is_some_and(|rest| rest.ends_with('.'))
}

#[cfg(test)]
mod tests {
    use super::is_at_or_below;

    #[test]
    fn a_node_answers_for_itself_and_for_names_below_it() {
        assert!(is_at_or_below("waf.localhost", "waf.localhost"));
        assert!(is_at_or_below("v17.waf.localhost", "waf.localhost"));
        assert!(!is_at_or_below("evilwaf.localhost", "waf.localhost"));
        assert!(!is_at_or_below("evil.example", "waf.localhost"));
    }
}
