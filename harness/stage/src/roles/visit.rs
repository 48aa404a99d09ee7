//! A WIC under test: asked for one visit at a time through its driver (`docs/profile.md`, the driver contract).

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use evidence::event::{Layer, Side};
use evidence::{Event, What};
use script::vocabulary::wic;
use serde_json::{Value, json};
use tokio::sync::watch;

use crate::bed::Bed;
use crate::hooks;
use crate::play::{Play, lock};
use crate::roles::registrar::Registrar;
use crate::roles::{Acted, Trouble, isim};
use crate::world::Person;

/// The host name that a lie points to in place of the right one: ours, below it.
const ELSEWHERE: &str = "elsewhere";

/// What the nodes that a visit comes to remember of it.
pub(crate) struct Visit {
    /// Dropped with the play: what listens then knows that the play is over.
    alive: watch::Sender<()>,
    /// Who visits.
    pub(crate) person: Option<Person>,
    /// Who is logged in, by the value of the cookie.
    pub(crate) sessions: HashMap<String, Person>,
    /// Tokens that the portal handed out, and for whom.
    pub(crate) tokens: HashMap<String, Person>,
    /// Whether the edge has dropped a connection, as it was told.
    pub(crate) dropped: bool,
    /// The registrar behind our edge.
    pub(crate) registrar: Arc<Registrar>,
}

impl Default for Visit {
    fn default() -> Self {
        Self {
            alive: watch::channel(()).0,
            person: None,
            sessions: HashMap::new(),
            tokens: HashMap::new(),
            dropped: false,
            registrar: Arc::default(),
        }
    }
}

impl Visit {
    /// Whose `changed` fails when the play is over.
    pub(crate) fn over(&self) -> watch::Receiver<()> {
        self.alive.subscribe()
    }
}

/// Asks the driver for a visit and waits for its word, then until the WIC has closed its connections or kept quiet.
pub(crate) async fn visit(
    bed: &Arc<Bed>,
    play: &Arc<Play>,
    step: usize,
    verb: &wic::Visit,
) -> Acted {
    let person = play.person(verb.person.as_deref())?;
    let request = request(bed, play, &person, verb)?;
    lock(&play.visit).person = Some(person);
    play.stimulus(step, Layer::State, told(&request));
    let answered = hooks::ask(bed, play, "visit", request).await;
    // A browser keeps its connections; whoever goes on behind the driver's word does so within the quiet time.
    let quiet = bed.time("quiet-time", 300);
    let _ = play
        .tap
        .until(quiet, |events| all_closed(events).then_some(()))
        .await;
    answered.map(|_| ()).map_err(Trouble::sut)
}

/// The portal that a visit goes to.
fn portal(play: &Play, person: &Person) -> Result<String, String> {
    // In registration 1 nobody authorises for the subscriber; the portal only hands out the application.
    let party = if play.registration == 1 {
        "A"
    } else {
        &person.party
    };
    Ok(play.party(party)?.wwsf)
}

fn request(bed: &Bed, play: &Play, person: &Person, verb: &wic::Visit) -> Result<Value, String> {
    let portal = portal(play, person)?;
    let fresh = play.fresh("host label");
    let label = match &verb.label {
        Some(label) => format!("{label}.{fresh}"),
        None => fresh,
    };
    let portal_host = format!("{label}.{}", bed.world.name(&portal));
    let edge_host = format!("{label}.{}", bed.world.name("ep-cscf"));
    let portal_at = bed
        .world
        .address(&portal, "W1")
        .ok_or("the portal has no address")?;
    let edge_at = bed
        .world
        .address("ep-cscf", "W2")
        .ok_or("the edge has no address")?;
    let scheme = verb.scheme.as_deref().unwrap_or("https");
    let mut resolve = BTreeMap::new();
    for (host, address) in [(&portal_host, portal_at), (&edge_host, edge_at)] {
        resolve.insert(host.clone(), address.ip());
        resolve.insert(format!("{ELSEWHERE}.{host}"), address.ip());
    }
    let deadline = bed
        .time("driver-time", 30_000)
        .min(bed.case_time().mul_f32(0.8));
    Ok(json!({
        "registration": play.registration,
        "url": format!("{scheme}://{portal_host}:{}/", portal_at.port()),
        "user": user(play, person)?,
        "ims": ims(bed, play, person),
        "w2": format!("wss://{edge_host}:{}{}", edge_at.port(), bed.answer("w2-path", "/")),
        "domain": bed.world.public.domain,
        "roots": bed.world.folder.join("roots.pem"),
        "crl": bed.world.folder.join("crl.pem"),
        "resolve": resolve,
        "deadline_ms": u64::try_from(deadline.as_millis()).unwrap_or(u64::MAX),
    }))
}

fn user(play: &Play, person: &Person) -> Result<Value, String> {
    if play.registration == 1 {
        return Ok(Value::Null);
    }
    if person.anonymous {
        return Ok(Value::String("anonymous".to_owned()));
    }
    let password = play.world.passwords.get(&person.user);
    let password = password.ok_or_else(|| format!("{} has no password", person.user))?;
    Ok(json!({ "name": person.user, "password": password }))
}

fn ims(bed: &Bed, play: &Play, person: &Person) -> Value {
    if play.registration != 1 {
        return Value::Null;
    }
    if let Some(isim) = isim::of(bed, &person.impi) {
        return json!({
            "impi": person.impi,
            "impu": person.impus.first(),
            "isim": isim.told(),
        });
    }
    json!({
        "impi": person.impi,
        "impu": person.impus.first(),
        "secret": play.world.secrets.get(&person.impi),
    })
}

/// What the driver is asked, a line a fact; secrets are left out.
fn told(request: &Value) -> String {
    let user = request["user"]["name"]
        .as_str()
        .or_else(|| request["user"].as_str());
    let fact = |name: &str| request[name].as_str().unwrap_or_default();
    format!(
        "visit: {}\nregistration: {}\nuser: {}\nims: {}\nw2: {}\n",
        fact("url"),
        request["registration"],
        user.unwrap_or("none"),
        request["ims"]["impi"].as_str().unwrap_or("none"),
        fact("w2"),
    )
}

/// Whether every connection that the WIC opened has ended.
fn all_closed(events: &[Event]) -> bool {
    let mut open = std::collections::HashSet::new();
    for event in events {
        match &event.what {
            What::Opened {
                connection,
                by: Side::Sut,
                ..
            } => {
                open.insert(*connection);
            }
            What::Closed { connection, .. } => {
                open.remove(connection);
            }
            _ => {}
        }
    }
    open.is_empty()
}

/// Where a lie of a script points to: a scheme alone means the same address under that scheme, `SCHEME://elsewhere`
/// another host of ours with a certificate of its own; anything else is meant as it stands.
pub(crate) fn aimed(told: &str, authority: &str, path: &str) -> String {
    match told.split_once("://") {
        None => format!("{told}://{authority}{path}"),
        Some((scheme, ELSEWHERE)) => format!("{scheme}://{ELSEWHERE}.{authority}{path}"),
        Some(_) => told.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use evidence::Interface;

    #[test]
    fn a_lie_points_to_the_same_host_another_or_anywhere() {
        assert_eq!(aimed("ws", "a.edge:1", "/"), "ws://a.edge:1/");
        assert_eq!(
            aimed("wss://elsewhere", "a.edge:1", "/x"),
            "wss://elsewhere.a.edge:1/x"
        );
        assert_eq!(
            aimed("https://evil.example/as", "a.edge:1", "/x"),
            "https://evil.example/as"
        );
    }

    #[test]
    fn only_connections_of_the_wic_are_waited_for() {
        let clock = wire::Clock::begin();
        let tap = wire::Tap::detached(clock);
        let opened = |connection, by| What::Opened {
            connection,
            interface: Interface::W1,
            transport: "tcp".to_owned(),
            from: String::new(),
            to: String::new(),
            by,
        };
        tap.record(opened(0, Side::Us));
        assert!(tap.look(all_closed));
        tap.record(opened(1, Side::Sut));
        assert!(!tap.look(all_closed));
        tap.record(What::Closed {
            connection: 1,
            by: Side::Sut,
            why: String::new(),
        });
        assert!(tap.look(all_closed));
    }
}
