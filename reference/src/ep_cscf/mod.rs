//! The eP-CSCF: SIP over secure WebSocket from the clients (W2), authorisation by token or Digest, SIP to the core (Mw).

mod bare;
mod careless;
mod connection;
mod frames;
mod hygiene;
mod introspection;
mod keys;
mod legacy_tls;
mod lenient;
mod listener;
mod lockout;
mod operator;
mod refusal;
mod reg_event;
mod register;
mod request;
mod sessions;
mod signature;
mod terminating;
mod upgrade;
mod validation;

pub(crate) use self::upgrade::read_any as read_upgrade;

use std::collections::HashMap;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::{Notify, mpsc};
use tokio::task::JoinSet;

use crate::control::Hooks;
use crate::sip::link::{Link, Reply};
use crate::{Defect, Shared, StartError, net, sip};

/// How long keys and introspection may take; a REGISTER waits for them.
const TRUST_DEADLINE: Duration = Duration::from_millis(1500);

/// Everything that the connections of the edge share.
pub(crate) struct Edge {
    shared: Arc<Shared>,
    link: Link,
    core: SocketAddr,
    keys: keys::KeyStore,
    introspection: Option<introspection::Introspection>,
    operator: Mutex<operator::Operator>,
    flows: Mutex<HashMap<String, Flow>>,
    /// What the edge has subscribed to, by Call-ID.
    subscriptions: Mutex<HashMap<String, reg_event::Subscription>>,
    /// The flow on which each token was shown last, for an edge that has one a token.
    flows_of_tokens: Mutex<HashMap<String, String>>,
    /// What outlives a connection in an edge of some mistakes; the honest one keeps nothing here.
    remembered: Mutex<HashMap<String, String>>,
    /// Identifiers of tokens that may be used once and were, with their expiry.
    used_tokens: Mutex<HashMap<String, f64>>,
    lockout: lockout::Lockout,
    sessions: sessions::Sessions,
}

/// A live connection as the core reaches it, by the user part of its Path.
#[derive(Clone)]
struct Flow {
    outbox: mpsc::Sender<Vec<u8>>,
    /// Requests of the core that the client has not answered yet, by the branch of our Via.
    unanswered: Arc<Mutex<HashMap<String, Reply>>>,
    /// Public identities that are registered on the connection.
    identities: Arc<Mutex<Vec<String>>>,
    /// Public identities whose registration the core has ended.
    ended: Arc<Mutex<Vec<String>>>,
    /// Parties whose tokens registered on the connection.
    parties: Arc<Mutex<Vec<String>>>,
    close: Arc<Notify>,
}

impl Flow {
    /// Public identities that are registered on the connection.
    fn identities(&self) -> Vec<String> {
        self.identities
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }
}

impl Edge {
    fn flows(&self) -> MutexGuard<'_, HashMap<String, Flow>> {
        self.flows.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn subscriptions(&self) -> MutexGuard<'_, HashMap<String, reg_event::Subscription>> {
        self.subscriptions
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }

    fn remembered(&self) -> MutexGuard<'_, HashMap<String, String>> {
        self.remembered
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }

    /// Forgets the flow on which a token was shown before, if it is another.
    fn move_flow(&self, token: &str, flow: &str) {
        let mut flows_of_tokens = self
            .flows_of_tokens
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        let before = flows_of_tokens.insert(token.to_owned(), flow.to_owned());
        let moves = before.filter(|before| before != flow);
        if let Some(before) = moves.filter(|_| self.shared.has(Defect::FlowPerToken)) {
            self.flows().remove(&before);
        }
    }

    fn operator(&self) -> MutexGuard<'_, operator::Operator> {
        self.operator.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Starts the edge on the node `ep-cscf`.
pub(crate) async fn start(
    shared: &Arc<Shared>,
    tasks: &mut JoinSet<()>,
    hooks: &mut Hooks,
) -> Result<(), StartError> {
    let world = &shared.world;
    let tls = listener::tls(shared)?;
    let core = world.address("core", "Mw")?;
    let mut of_keys = net::client_tls(world, None)?;
    careless::loosen(shared, &mut of_keys)?;
    let http = net::world_http_client(shared, of_keys, TRUST_DEADLINE)?;
    let keys = keys::KeyStore::new(Arc::clone(shared), http);
    let introspection = match shared
        .model
        .lists("token-validation", "introspection", &["local"])
    {
        true => Some(introspection::Introspection::new(shared, TRUST_DEADLINE)?),
        false => None,
    };
    let operator = Mutex::new(operator::Operator::new(shared));
    let mut made = None;
    sip::link::open(world, "ep-cscf", tasks, |link| {
        let edge = Arc::new(Edge {
            shared: Arc::clone(shared),
            link,
            core,
            keys,
            introspection,
            operator,
            flows: Mutex::default(),
            subscriptions: Mutex::default(),
            flows_of_tokens: Mutex::default(),
            remembered: Mutex::default(),
            used_tokens: Mutex::default(),
            lockout: lockout::Lockout::default(),
            sessions: sessions::Sessions::default(),
        });
        made = Some(Arc::clone(&edge));
        move |incoming| terminating::deliver(&edge, incoming)
    })
    .await?;
    if let Some(edge) = made {
        operator::answer_hooks(&edge, hooks);
        let listener = net::listen_tcp(world, "ep-cscf", "W2")?;
        bare::listen(&edge, tasks).await?;
        tasks.spawn(listener::serve(edge, listener, tls));
    }
    Ok(())
}
