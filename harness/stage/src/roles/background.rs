//! Clients of other third parties at work in the background, while something is done to one party (REQ 2).
//!
//! They judge nothing: what they sent and what came is in the log, and which connections are theirs.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use evidence::What;
use evidence::event::Layer;
use script::vocabulary::wic;
use tokio::sync::Notify;

use crate::bed::Bed;
use crate::play::{Play, lock};
use crate::roles::{Acted, Trouble, waf, wic_sip, wic_w2};
use crate::world::Person;

/// Registrations in a round: the first and its refresh.
const REGISTRATIONS_IN_ROUND: u64 = 2;
/// A load that the vendor does not declare otherwise.
const USUAL_REGISTRATIONS: u64 = 1000;

/// The clients at work.
pub(crate) struct Background {
    clients: Vec<Client>,
    registrations: AtomicU64,
    /// Whether no client is to begin another round.
    rest: AtomicBool,
    changed: Notify,
}

#[derive(Default)]
struct Client {
    begun: AtomicU64,
    ended: AtomicU64,
    /// Whether it goes on no more: it was told to stop, or it was not served.
    gone: AtomicBool,
}

/// Puts the clients to work and waits until each has been through once.
pub(crate) async fn begin(
    bed: &Arc<Bed>,
    play: &Arc<Play>,
    step: usize,
    verb: &wic::Background,
) -> Acted {
    let without = verb.without.as_deref().unwrap_or("A");
    let people = bed.world.clients(play.registration, without);
    if people.is_empty() {
        return Err(Trouble::from(format!(
            "the world has no client of another party than {without}"
        )));
    }
    let parties: std::collections::BTreeSet<&str> =
        people.iter().map(|person| person.party.as_str()).collect();
    let parties = parties.into_iter().collect::<Vec<_>>().join(", ");
    let said = format!("at work: {} clients of {parties}", people.len());
    play.stimulus(step, Layer::State, said);
    let background = Arc::new(Background {
        clients: people.iter().map(|_| Client::default()).collect(),
        registrations: AtomicU64::new(0),
        rest: AtomicBool::new(false),
        changed: Notify::new(),
    });
    *lock(&play.background) = Some(background.clone());
    let mut opened = tokio::task::JoinSet::new();
    for (at, person) in people.into_iter().enumerate() {
        let (bed, play) = (bed.clone(), play.clone());
        opened.spawn(async move {
            open(&bed, &play, step, at, &person)
                .await
                .map(|()| (at, person))
        });
    }
    // All are connected before the first registers: a connection belongs to the step in which it is opened.
    while let Some(client) = opened.join_next().await {
        let (at, person) = client.map_err(|why| Trouble::from(why.to_string()))??;
        let worker = Worker {
            bed: bed.clone(),
            play: play.clone(),
            background: background.clone(),
            person,
            at,
        };
        tokio::spawn(worker.work());
    }
    round_of(&background).await;
    Ok(())
}

async fn open(
    bed: &Arc<Bed>,
    play: &Arc<Play>,
    step: usize,
    at: usize,
    person: &Person,
) -> Result<(), Trouble> {
    let connect = wic::Connect {
        connection: Some(name(at)),
        ..wic::Connect::default()
    };
    // Which client is first is chance, so single clients are not compared with those of the control.
    let cookie = super::wic_cookie::fresh(bed, play, &name(at), person)?;
    wic_w2::connect_as(bed, play, usize::MAX, &connect, (person, cookie)).await?;
    if let Some(connection) = lock(&play.w2).get(&name(at)) {
        play.tap.record(What::Background {
            step,
            connection: connection.number,
            impi: person.impi.clone(),
            party: person.party.clone(),
        });
    }
    Ok(())
}

fn name(at: usize) -> String {
    format!("background {at}")
}

/// Waits until every client has been through once more, and a load has been made if one is asked for.
pub(crate) async fn round(bed: &Arc<Bed>, play: &Arc<Play>, verb: &wic::BackgroundRound) -> Acted {
    let background = at_work(play)?;
    let before = background.registrations.load(Ordering::SeqCst);
    round_of(&background).await;
    if verb.load == Some(true) {
        let declared = bed.answer("load-registrations", "").parse();
        let wanted = before.saturating_add(declared.unwrap_or(USUAL_REGISTRATIONS));
        background
            .until(|| {
                background.registrations.load(Ordering::SeqCst) >= wanted
                    || background.clients.iter().all(Client::is_gone)
            })
            .await;
    }
    Ok(())
}

/// Waits until every client has done what it had begun.
pub(crate) async fn end(play: &Arc<Play>) -> Acted {
    let background = at_work(play)?;
    background.rest.store(true, Ordering::SeqCst);
    background
        .until(|| background.clients.iter().all(Client::is_gone))
        .await;
    Ok(())
}

fn at_work(play: &Play) -> Result<Arc<Background>, Trouble> {
    lock(&play.background)
        .clone()
        .ok_or_else(|| Trouble::from("nobody is at work in the background".to_owned()))
}

/// What each client begins from now on, it ends once; one that is gone is waited for no more.
async fn round_of(background: &Background) {
    let begun: Vec<u64> = background
        .clients
        .iter()
        .map(|client| client.begun.load(Ordering::SeqCst))
        .collect();
    background
        .until(|| {
            background
                .clients
                .iter()
                .zip(&begun)
                .all(|(client, begun)| {
                    client.ended.load(Ordering::SeqCst) > *begun || client.is_gone()
                })
        })
        .await;
}

impl Background {
    async fn until(&self, holds: impl Fn() -> bool) {
        loop {
            let changed = self.changed.notified();
            tokio::pin!(changed);
            // Registered before the look, so that a change between look and wait is not missed.
            changed.as_mut().enable();
            if holds() {
                return;
            }
            changed.await;
        }
    }
}

impl Client {
    fn is_gone(&self) -> bool {
        self.gone.load(Ordering::SeqCst)
    }
}

/// One client, for as long as it works.
struct Worker {
    bed: Arc<Bed>,
    play: Arc<Play>,
    background: Arc<Background>,
    person: Person,
    at: usize,
}

impl Worker {
    async fn work(self) {
        let shared = self.background.clone();
        let client = &shared.clients[self.at];
        while !shared.rest.load(Ordering::SeqCst) {
            client.begun.fetch_add(1, Ordering::SeqCst);
            // Why it was not served is in the log.
            if !self.round().await {
                break;
            }
            client.ended.fetch_add(1, Ordering::SeqCst);
            shared
                .registrations
                .fetch_add(REGISTRATIONS_IN_ROUND, Ordering::SeqCst);
            shared.changed.notify_waiters();
        }
        client.gone.store(true, Ordering::SeqCst);
        shared.changed.notify_waiters();
    }

    /// Whether all of it was served.
    async fn round(&self) -> bool {
        for message in ["register", "refresh", "message", "deregister"] {
            let status = self.send(message).await.ok().flatten();
            if !status.is_some_and(|status| (200..300).contains(&status)) {
                return false;
            }
        }
        true
    }

    async fn send(&self, message: &str) -> Result<Option<u16>, Trouble> {
        let mut verb = wic::Send {
            message: Some(message.to_owned()),
            connection: Some(name(self.at)),
            ..wic::Send::default()
        };
        if message != "message" && !super::wic_cookie::carries(&self.bed, &self.play) {
            let token = name(self.at);
            waf::issue_for(&self.bed, &self.play, usize::MAX, &token, &self.person)?;
            verb.token = Some(token);
        }
        // The step that is under way is the script's: a time-out here is told by the request that has no answer.
        wic_sip::send_as(
            &self.bed,
            &self.play,
            usize::MAX,
            &verb,
            self.person.clone(),
        )
        .await
    }
}
