//! The WebRTC Authorisation Function: an OAuth 2.0 authorisation server whose tokens name IMS identities.

mod assertion;
mod authorize;
mod clients;
mod hints;
mod hooks;
mod inspect;
mod interaction;
mod issue;
mod metadata;
mod pages;
mod records;
mod refusal;
mod signer;
mod subjects;
mod token_endpoint;

use std::sync::{Arc, Mutex, RwLock};

use hyper::{Method, StatusCode};
use tokio::task::JoinSet;

use crate::control::Hooks;
use crate::defect::Defect;
use crate::trust::{self, Fault, Tolerance};
use crate::web::Legacy;
use crate::web::answer::{self, Answer};
use crate::web::listen::{Quirks, Server};
use crate::web::serve::{Asked, Site, serve};
use crate::{Shared, StartError};

use clients::Client;
use records::Records;
use signer::Signer;

/// The nodes of the world that are WAFs.
const NODES: [&str; 3] = ["waf", "waf-a", "waf-b"];

/// The session cookie of the login pages.
const COOKIE: &str = "__Host-waf";

/// One WAF.
struct Waf {
    shared: Arc<Shared>,
    issuer: String,
    clients: Vec<Client>,
    records: Mutex<Records>,
    signer: RwLock<Arc<Signer>>,
}

/// Starts every WAF of the world that nobody else plays.
pub(crate) async fn start(
    shared: &Arc<Shared>,
    except: &[String],
    tasks: &mut JoinSet<()>,
    hooks: &mut Hooks,
) -> Result<(), StartError> {
    for node in NODES
        .into_iter()
        .filter(|node| !except.iter().any(|each| each == node))
    {
        let waf = Arc::new(Waf::read(shared, node)?);
        hooks::register(&waf, hooks);
        serve(server(shared, node)?, waf, tasks);
    }
    Ok(())
}

fn server(shared: &Arc<Shared>, node: &str) -> Result<Server, StartError> {
    let tolerated = Tolerance::by_mistake(
        shared,
        &[
            (Defect::AcceptsSelfSignedClient, Fault::SelfSigned),
            (Defect::AcceptsExpiredClient, Fault::Expired),
            (Defect::AcceptsNotYetValidClient, Fault::NotYetValid),
            (Defect::AcceptsServerUsageClient, Fault::WrongUsage),
            (Defect::AcceptsRevokedClient, Fault::Revoked),
            (
                Defect::AcceptsForeignAuthorityClient,
                Fault::UnknownAuthority,
            ),
        ],
    );
    let clients = trust::of_optional_clients(shared, tolerated)?;
    let quirks = Quirks {
        legacy: match shared.among(&[Defect::LegacyTlsWaf, Defect::WeakSuitesWaf]) {
            Some(Defect::LegacyTlsWaf) => Some(Legacy::Versions),
            Some(_) => Some(Legacy::Suites),
            None => None,
        },
        clear_text: shared.has(Defect::AnswersClearTextWaf),
        any_name: shared.has(Defect::AnswersAnyNameWaf),
        leaf_only: shared.has(Defect::LeafOnlyWaf),
        sessions: shared.has(Defect::TrustsResumedSession),
    };
    Server::open(shared, (node, "W4"), Some(clients), quirks)
}

impl Waf {
    fn read(shared: &Arc<Shared>, node: &str) -> Result<Self, StartError> {
        let world = &shared.world;
        let key = format!("{node}/signing.pem");
        let signer = Signer::from_pem(&world.text(&key)?).map_err(|why| StartError::World {
            path: world.folder.join(&key),
            why: why.to_string(),
        })?;
        let port = world.address(node, "W4")?.port();
        let name = world
            .nodes
            .get(node)
            .map_or(node, |found| found.name.as_str());
        Ok(Self {
            shared: Arc::clone(shared),
            issuer: format!("https://{name}:{port}"),
            clients: world.json(&format!("{node}/clients.json"))?,
            records: Mutex::new(Records::new(
                world.json(&format!("{node}/users.json"))?,
                &world.pools,
            )),
            signer: RwLock::new(Arc::new(signer)),
        })
    }
}

impl Site for Waf {
    async fn answer(&self, asked: Asked) -> Option<Answer> {
        let malformed = asked.method == Method::POST
            && asked.form().is_none_or(|form| form.repeated().is_some());
        if malformed && self.shared.has(Defect::DiesOnMalformedWaf) {
            return None;
        }
        let answer = match (asked.method.as_str(), asked.path.as_str()) {
            (
                "GET",
                "/.well-known/oauth-authorization-server" | "/.well-known/openid-configuration",
            ) => self.metadata(),
            ("GET", "/jwks") => self.jwks(),
            ("POST", "/token") => self.token(&asked),
            ("POST", "/introspect") => self.introspect(&asked),
            ("POST", "/revoke") => self.revoke(&asked),
            ("GET", "/authorize") if self.has_code_flow() => self.authorize(&asked),
            ("POST", "/authorize") if self.has_code_flow() => self.answered(&asked),
            ("GET" | "POST", "/logout") if self.has_code_flow() => self.logout(&asked),
            (_, "/token" | "/introspect" | "/revoke" | "/authorize" | "/jwks") => {
                answer::plain(StatusCode::METHOD_NOT_ALLOWED, "another method")
            }
            _ => answer::plain(StatusCode::NOT_FOUND, "nothing here"),
        };
        Some(answer)
    }
}

impl Waf {
    fn has_code_flow(&self) -> bool {
        self.shared.model.lists(
            "waf-grants",
            "authorization_code",
            &["client_credentials", "authorization_code"],
        )
    }
}
