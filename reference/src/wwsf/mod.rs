//! The WebRTC Web Server Function: portals that log users in and hand them tokens of their WAF.

mod ask;
mod deliver;
mod flow;
mod login;
mod pages;
mod pool;
mod sessions;
mod w4;

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use hyper::StatusCode;
use serde::Deserialize;
use tokio::task::JoinSet;

use crate::control::Hooks;
use crate::defect::Defect;
use crate::web::Legacy;
use crate::web::answer::{self, Answer};
use crate::web::listen::{Quirks, Server};
use crate::web::serve::{Asked, Site, serve};
use crate::world::Party;
use crate::{Shared, StartError};

use pool::Assignments;
use sessions::Sessions;
use w4::W4;

/// The nodes of the world that are WWSFs.
const NODES: [&str; 4] = ["wwsf-a", "wwsf-b", "wwsf-p1", "wwsf-p2"];

/// `portal.json`: what the operator of a portal has configured.
#[derive(Clone, Debug, Deserialize)]
struct Settings {
    party: String,
    client_id: String,
    issuer: String,
    w2: String,
    #[serde(default)]
    pool: Option<String>,
    #[serde(default)]
    anonymous: bool,
    #[serde(default)]
    secret: Option<String>,
}

/// A web account (`users.json`).
#[derive(Clone, Debug, Deserialize)]
struct User {
    user: String,
    password: String,
    #[serde(default)]
    impi: Option<String>,
    #[serde(default)]
    impu: Option<String>,
}

/// One portal.
struct Portal {
    shared: Arc<Shared>,
    settings: Settings,
    party: Party,
    users: BTreeMap<String, User>,
    state: Mutex<State>,
    w4: W4,
}

/// What changes while a portal runs.
#[derive(Default)]
struct State {
    sessions: Sessions,
    pool: Assignments,
    /// Logins that failed since one succeeded.
    failures: u32,
}

/// Reads the answer of a WAF, whatever the bytes are.
pub(crate) fn read_token_answer(data: &[u8]) {
    let _ = ask::Told::read(data);
}

/// Starts every portal of the world that nobody else plays.
pub(crate) async fn start(
    shared: &Arc<Shared>,
    except: &[String],
    tasks: &mut JoinSet<()>,
    _hooks: &mut Hooks,
) -> Result<(), StartError> {
    for node in NODES
        .into_iter()
        .filter(|node| !except.iter().any(|each| each == node))
    {
        let portal = Arc::new(Portal::read(shared, node)?);
        serve(server(shared, node)?, portal, tasks);
    }
    Ok(())
}

fn server(shared: &Shared, node: &str) -> Result<Server, StartError> {
    let quirks = Quirks {
        legacy: match shared.among(&[Defect::LegacyTlsWwsf, Defect::WeakSuitesWwsf]) {
            Some(Defect::LegacyTlsWwsf) => Some(Legacy::Versions),
            Some(_) => Some(Legacy::Suites),
            None => None,
        },
        clear_text: shared.has(Defect::AnswersClearTextWwsf),
        any_name: false,
        leaf_only: shared.has(Defect::LeafOnlyWwsf),
        sessions: false,
    };
    Server::open(shared, (node, "W1"), None, quirks)
}

impl Portal {
    fn read(shared: &Arc<Shared>, node: &str) -> Result<Self, StartError> {
        let world = &shared.world;
        let path = format!("{node}/portal.json");
        let settings: Settings = world.json(&path)?;
        let bad = |why: &str| StartError::World {
            path: world.folder.join(&path),
            why: why.to_owned(),
        };
        let party = world
            .parties
            .iter()
            .find(|party| party.id == settings.party)
            .cloned();
        let party = party.ok_or_else(|| bad("its party is not in world.json"))?;
        let users: Vec<User> = world.json(&format!("{node}/users.json"))?;
        let members = world
            .pools
            .iter()
            .find(|pool| Some(&pool.id) == settings.pool.as_ref());
        let state = State {
            pool: Assignments::new(members.map(|pool| pool.members.clone()).unwrap_or_default()),
            ..State::default()
        };
        Ok(Self {
            w4: W4::new(shared, node, &settings)?,
            shared: Arc::clone(shared),
            settings,
            party,
            users: users
                .into_iter()
                .map(|user| (user.user.clone(), user))
                .collect(),
            state: Mutex::new(state),
        })
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Whether this portal sends its users to its WAF to log in there; a pool's users are known to the portal alone.
    fn users_log_in_at_waf(&self) -> bool {
        self.settings.pool.is_none() && self.shared.model.answer("user-auth-at", "wwsf") != "wwsf"
    }
}

impl Site for Portal {
    async fn answer(&self, asked: Asked) -> Option<Answer> {
        let at_waf = self.users_log_in_at_waf();
        let mut answer = match (asked.method.as_str(), asked.path.as_str()) {
            ("GET", "/") => self.page(&asked),
            ("GET", "/app.js") => pages::script(),
            ("GET", "/config.json") => self.config(),
            ("POST", "/login") if !at_waf => self.log_in(&asked).await,
            ("GET", "/login") if at_waf => self.send_to_waf(&asked).await,
            ("GET", "/callback") if at_waf => self.back_from_waf(&asked).await,
            ("POST", "/anonymous") if self.settings.anonymous => self.enter_anonymously(&asked),
            ("GET", "/session") => self.deliver(&asked).await,
            ("POST", "/logout") => self.log_out(&asked).await,
            ("OPTIONS", _) if self.shared.has(Defect::CorsAnyOrigin) => {
                answer::plain(StatusCode::NO_CONTENT, "")
            }
            (_, "/" | "/app.js" | "/config.json" | "/login" | "/session" | "/logout") => {
                answer::plain(StatusCode::METHOD_NOT_ALLOWED, "another method")
            }
            _ => answer::plain(StatusCode::NOT_FOUND, "nothing here"),
        };
        if let Some(origin) = asked
            .header("origin")
            .filter(|_| self.shared.has(Defect::CorsAnyOrigin))
        {
            answer::with(
                &mut answer,
                hyper::header::ACCESS_CONTROL_ALLOW_ORIGIN,
                origin,
            );
            answer::with(
                &mut answer,
                hyper::header::ACCESS_CONTROL_ALLOW_CREDENTIALS,
                "true",
            );
        }
        Some(answer)
    }
}
