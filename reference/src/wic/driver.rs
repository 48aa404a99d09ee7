//! What a visit is told (the driver contract of `docs/profile.md`), and its course.

use std::collections::HashMap;
use std::net::{IpAddr, Ipv4Addr};
use std::path::PathBuf;
use std::sync::atomic::Ordering;

use serde::Deserialize;
use url::Url;

use super::browser::Browser;
use super::portal::{self, Entry};
use super::registration::Registration;
use super::secure::{Leg, Secure};
use super::{Outcome, Wic};
use crate::aka::Isim;
use crate::defect::Defect;

/// One visit.
#[derive(Clone, Debug, Deserialize)]
pub(super) struct Visit {
    pub(super) registration: u8,
    pub(super) url: String,
    #[serde(default)]
    pub(super) user: Option<User>,
    #[serde(default)]
    pub(super) ims: Option<Ims>,
    /// Where the edge is, if the portal does not say.
    #[serde(default)]
    pub(super) w2: Option<String>,
    #[serde(default)]
    pub(super) domain: Option<String>,
    pub(super) roots: PathBuf,
    #[serde(default)]
    pub(super) crl: Option<PathBuf>,
    #[serde(default)]
    pub(super) resolve: HashMap<String, IpAddr>,
    pub(super) deadline_ms: u64,
}

/// Who visits.
#[derive(Clone, Debug, Deserialize, PartialEq, Eq)]
#[serde(untagged)]
pub(super) enum User {
    Named {
        name: String,
        password: String,
    },
    /// The word `anonymous`.
    Word(String),
}

impl User {
    pub(super) fn is_anonymous(&self) -> bool {
        matches!(self, Self::Word(word) if word == "anonymous")
    }
}

/// A subscription whose secret or ISIM the client has.
#[derive(Clone, Debug, Deserialize)]
pub(super) struct Ims {
    pub(super) impi: String,
    pub(super) impu: String,
    #[serde(default)]
    pub(super) secret: String,
    #[serde(default)]
    pub(super) isim: Option<Isim>,
}

impl Wic {
    /// Page, script, login, token, W2, registration, de-registration; ends at the first thing that goes wrong.
    pub(super) async fn visit(&self, visit: &Visit) -> Outcome {
        if self.dead.load(Ordering::Relaxed) {
            return Outcome::failed(0, "the client has ended");
        }
        let secure = match Secure::new(&self.shared, visit, self.source()) {
            Ok(secure) => secure,
            Err(why) => return Outcome::failed(0, why),
        };
        match self.course(visit, &secure).await {
            Ok(outcome) => outcome,
            Err(why) => Outcome::failed(0, why),
        }
    }

    async fn course(&self, visit: &Visit, secure: &Secure) -> Result<Outcome, String> {
        let url =
            Url::parse(&visit.url).map_err(|why| format!("the address of the portal: {why}"))?;
        if url.scheme() != "https" && !self.shared.has(Defect::OpensClearPortal) {
            return Err("the address of the portal is not https".to_owned());
        }
        let mut browser = Browser::new(&self.shared, secure, &url);
        let Entry {
            token,
            impi,
            impu,
            w2,
            domain,
        } = portal::enter(&self.shared, visit, &url, &mut browser).await?;
        let w2 = w2
            .or_else(|| visit.w2.clone())
            .ok_or("nobody says where the edge is")?;
        let w2 = Url::parse(&w2).map_err(|why| format!("the address of the edge: {why}"))?;
        let clear_taken = self.shared.has(Defect::OpensClearWebsocket);
        if w2.scheme() != "wss" && !(w2.scheme() == "ws" && clear_taken) {
            return Err("the address of the edge is not wss".to_owned());
        }
        let mut registration = Registration {
            shared: &self.shared,
            secure,
            browser: &mut browser,
            portal: &url,
            w2,
            domain,
            impi,
            impu,
            token,
            secret: visit.ims.as_ref().map(|ims| ims.secret.clone()),
            card: visit.ims.as_ref().and_then(|ims| ims.isim.as_ref()?.card()),
            leg: Leg::W2,
        };
        let outcome = registration.run().await;
        if outcome.reason == super::registration::GARBAGE && self.shared.has(Defect::DiesOnGarbage)
        {
            self.dead.store(true, Ordering::Relaxed);
        }
        Ok(outcome)
    }

    /// Clients call from eight addresses in turn, so that no address runs out of ports.
    fn source(&self) -> IpAddr {
        let next = self.next_source.fetch_add(1, Ordering::Relaxed) % 8;
        Ipv4Addr::new(127, 0, 0, 51 + next).into()
    }
}
