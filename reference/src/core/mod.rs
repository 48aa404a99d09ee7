//! The registrar and the subscriber data behind it in one node, as the edge sees them over Mw.

mod authorise;
mod digest;
mod forward;
mod provisioning;
mod register;
mod registrar;

use std::collections::{HashMap, VecDeque};
use std::net::SocketAddr;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::task::JoinSet;

use crate::control::Hooks;
use crate::sip::link::{self, Incoming, Link};
use crate::sip::read::Malformed;
use crate::sip::{Message, Start, reason};
use crate::{Defect, Shared, StartError};

/// Everything that the requests share.
pub(crate) struct Core {
    shared: Arc<Shared>,
    link: Link,
    state: Mutex<State>,
    dead: AtomicBool,
}

/// What requests and hooks change; no request waits while it holds it.
struct State {
    provisioning: provisioning::Provisioning,
    bindings: registrar::Registrar,
    nonces: digest::Nonces,
    answered: Answered,
}

impl Core {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Starts the core on the node `core`.
pub(crate) async fn start(
    shared: &Arc<Shared>,
    tasks: &mut JoinSet<()>,
    hooks: &mut Hooks,
) -> Result<(), StartError> {
    let provisioning = provisioning::Provisioning::read(shared)?;
    let state = State {
        provisioning,
        bindings: registrar::Registrar::default(),
        nonces: digest::Nonces::default(),
        answered: Answered::default(),
    };
    link::open(&shared.world, "core", tasks, |link| {
        let core = Core {
            shared: Arc::clone(shared),
            link,
            state: Mutex::new(state),
            dead: AtomicBool::new(false),
        };
        let core = Arc::new(core);
        provisioning::answer_hooks(&core, hooks);
        move |incoming| take(&core, incoming)
    })
    .await
}

/// Takes one message of Mw.
fn take(core: &Arc<Core>, incoming: Incoming) {
    let Incoming {
        message,
        from,
        reply,
    } = incoming;
    if core.dead.load(Ordering::Relaxed) {
        return;
    }
    let request = match message {
        Ok(request) => request,
        Err(Malformed { message, .. }) => {
            if core.shared.has(Defect::CoreDiesOnMalformed) {
                core.dead.store(true, Ordering::Relaxed);
            }
            let request = message.filter(|message| matches!(message.start, Start::Request { .. }));
            if let Some(request) = request
                .filter(|request| request.value("Via").is_some() && request.method() != "ACK")
            {
                reply.send(&request.answer(400, reason(400)));
            }
            return;
        }
    };
    let key = Answered::key(&request, from);
    match core.state().answered.seen(&key) {
        Some(Some(answer)) => return reply.send(&answer),
        Some(None) => return,
        None => {}
    }
    match request.method() {
        "REGISTER" => {
            let answer = register::serve(core, &request, from);
            reply.send(&answer);
            core.state().answered.put(key, answer);
        }
        "ACK" => forward::acknowledge(core, &request),
        "OPTIONS"
            if crate::sip::uri::Uri::read(request.request_uri())
                .is_some_and(|uri| uri.user.is_none()) =>
        {
            reply.send(&request.answer(200, reason(200)));
        }
        _ => {
            core.state().answered.begin(key.clone());
            tokio::spawn(forward::serve(Arc::clone(core), request, from, reply, key));
        }
    }
}

/// Answers given lately, so that a request that comes twice is served once (RFC 3261, 17.2).
#[derive(Default)]
struct Answered {
    answers: HashMap<String, Option<Message>>,
    order: VecDeque<String>,
}

impl Answered {
    const KEPT: usize = 2048;

    fn key(request: &Message, from: SocketAddr) -> String {
        let text = |name| request.value(name).unwrap_or_default();
        format!(
            "{from} {} {} {}",
            request.branch().unwrap_or_default(),
            text("Call-ID"),
            text("CSeq")
        )
    }

    /// `None`: never seen; `Some(None)`: seen and not answered yet.
    fn seen(&self, key: &str) -> Option<Option<Message>> {
        self.answers.get(key).cloned()
    }

    fn begin(&mut self, key: String) {
        if self.order.len() >= Self::KEPT
            && let Some(oldest) = self.order.pop_front()
        {
            self.answers.remove(&oldest);
        }
        self.order.push_back(key.clone());
        self.answers.insert(key, None);
    }

    fn put(&mut self, key: String, answer: Message) {
        if !self.answers.contains_key(&key) {
            self.begin(key.clone());
        }
        self.answers.insert(key, Some(answer));
    }
}
