//! The rules of an S-CSCF with its HSS, as a played core keeps them: no machine that says 200 to everything.

use std::collections::{HashMap, HashSet};
use std::sync::Mutex;

use sip::aka::{Vector, read_auts};
use sip::digest::{Algorithm, Computation, Quality, Secret};
use sip::{Credentials, Message, same_identity};

use crate::bed::Bed;
use crate::play::lock;
use crate::roles::isim;
use crate::world::{World, random_word};

/// What the registrar answers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Decision {
    pub(crate) status: u16,
    pub(crate) reason: &'static str,
    /// Header fields beside those that every answer has.
    pub(crate) fields: Vec<(&'static str, String)>,
}

impl Decision {
    pub(crate) fn refusal(status: u16, reason: &'static str) -> Self {
        Self {
            status,
            reason,
            fields: Vec::new(),
        }
    }
}

/// What a registrar challenges by.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Offer {
    /// The algorithm for whoever has an ISIM.
    aka: Option<Algorithm>,
    /// Whether SHA-512-256 stands above SHA-256 and MD5.
    strong: bool,
}

impl Offer {
    /// As the SUT declares it.
    pub(crate) fn of(bed: &Bed) -> Self {
        let strong = bed
            .answers("digest-algs")
            .iter()
            .any(|word| word == "sha-512-256");
        Self {
            aka: isim::declared(bed),
            strong,
        }
    }

    fn digest(&self) -> Vec<&'static str> {
        let strong = self.strong.then_some("SHA-512-256");
        strong.into_iter().chain(["SHA-256", "MD5"]).collect()
    }
}

/// Nonces that were given out, by IMPI: at most one each, so that memory does not grow with the run.
#[derive(Default)]
pub(crate) struct Registrar {
    nonces: Mutex<HashMap<String, Nonce>>,
    /// IMPIs whose TLS connection is bound: a later REGISTER may come as `tls-yes`.
    bound: Mutex<HashSet<String>>,
}

#[derive(Clone, Debug)]
struct Nonce {
    value: String,
    count: u32,
    /// The vector that it stands for, and the algorithm of its challenge.
    aka: Option<(Vector, Algorithm)>,
}

impl Registrar {
    /// Decides a REGISTER that came over Mw.
    pub(crate) fn decide(
        &self,
        world: &World,
        request: &Message,
        carrier: &str,
        offer: &Offer,
    ) -> Decision {
        let impu = request.address("To").map(|to| to.uri).unwrap_or_default();
        let credentials = request.credentials("Authorization");
        let Some(shown) = credentials.iter().find(|each| each.is("Digest")) else {
            return self.challenge(world, &impu, None, offer);
        };
        let impi = shown.param("username").unwrap_or_default().to_owned();
        if !belongs_together(world, &impi, &impu) {
            return Decision::refusal(403, "Forbidden");
        }
        match shown.param("integrity-protected") {
            Some("auth-done") => self.trusted(world, request, shown, &impi, carrier),
            Some("tls-yes") if lock(&self.bound).contains(&impi) => accepted(world, request, &impi),
            _ => self.digest(world, request, shown, (&impi, &impu), offer),
        }
    }

    fn trusted(
        &self,
        world: &World,
        request: &Message,
        shown: &Credentials,
        impi: &str,
        carrier: &str,
    ) -> Decision {
        // A party that the subscriber never granted is refused, where the edge tells the party at all.
        let party = shown
            .param(carrier)
            .map(str::to_owned)
            .or_else(|| request.field(carrier).map(|value| value.into_owned()));
        if party.is_some_and(|party| !allowed(world, impi, &party)) {
            return Decision::refusal(403, "Forbidden");
        }
        accepted(world, request, impi)
    }

    fn digest(
        &self,
        world: &World,
        request: &Message,
        shown: &Credentials,
        (impi, impu): (&str, &str),
        offer: &Offer,
    ) -> Decision {
        if let Some(auts) = shown.param("auts") {
            self.resynchronise(world, impi, auts);
            return self.challenge(world, impu, Some(impi), offer);
        }
        let response = shown.param("response").unwrap_or_default();
        if response.is_empty() {
            return self.challenge(world, impu, Some(impi), offer);
        }
        let Some(secret) = self.secret(world, impi, shown) else {
            return self.challenge(world, impu, Some(impi), offer);
        };
        let realm = world.public.domain.clone();
        let Some(computed) = computation(shown, request, impi, &realm, &secret) else {
            return self.challenge(world, impu, Some(impi), offer);
        };
        if !self.fresh(impi, shown)
            || computed.response() != response
            || shown.param("realm") != Some(realm.as_str())
        {
            return self.challenge(world, impu, Some(impi), offer);
        }
        if request
            .field("Expires")
            .is_some_and(|value| value.trim() == "0")
        {
            lock(&self.bound).remove(impi);
        } else {
            lock(&self.bound).insert(impi.to_owned());
        }
        let mut decision = accepted(world, request, impi);
        let info = format!(
            "qop=auth, rspauth=\"{}\", cnonce=\"{}\", nc={}",
            computed.rspauth(),
            computed.cnonce,
            computed.nonce_count
        );
        decision.fields.push(("Authentication-Info", info));
        decision
    }

    /// What a response must come from: the vector of the challenge by its own algorithm, or the secret of Digest.
    fn secret(&self, world: &World, impi: &str, shown: &Credentials) -> Option<Vec<u8>> {
        let aka = lock(&self.nonces).get(impi).and_then(|nonce| nonce.aka);
        match aka {
            Some((vector, algorithm)) => {
                let same = shown.param("algorithm").and_then(Algorithm::named) == Some(algorithm);
                vector.password(algorithm).filter(|_| same)
            }
            None => Some(world.secrets.get(impi)?.clone().into_bytes()),
        }
    }

    /// The vector that a challenge of ours stands for, by its header value.
    pub(crate) fn vector_of(&self, challenge: &str) -> Option<Vector> {
        let nonces = lock(&self.nonces);
        let own = nonces
            .values()
            .find(|nonce| challenge.contains(&nonce.value))?;
        own.aka.map(|(vector, _)| vector)
    }

    /// The vector of the last challenge that an IMPI was given.
    fn vector(&self, impi: &str) -> Option<Vector> {
        let nonces = lock(&self.nonces);
        nonces.get(impi)?.aka.map(|(vector, _)| vector)
    }

    /// Takes the sequence number of an AUTS that answers the last challenge and is proven (TS 33.102 6.3.5).
    fn resynchronise(&self, world: &World, impi: &str, auts: &str) {
        let told = self
            .vector(impi)
            .zip(read_auts(auts))
            .zip(world.isims.get(impi));
        if let Some(((vector, auts), isim)) = told
            && let Some(accepted) = isim.keys.resynchronised(vector.random, auts)
        {
            isim.resynchronise(accepted);
        }
    }

    /// A nonce is one that we gave to this IMPI, and its count rises.
    fn fresh(&self, impi: &str, shown: &Credentials) -> bool {
        let count = shown
            .param("nc")
            .and_then(|count| u32::from_str_radix(count, 16).ok())
            .unwrap_or(0);
        let mut nonces = lock(&self.nonces);
        match nonces.get_mut(impi) {
            Some(nonce)
                if shown.param("nonce") == Some(nonce.value.as_str()) && count > nonce.count =>
            {
                nonce.count = count;
                true
            }
            _ => false,
        }
    }

    /// 401 with Digest challenges, the strongest on top; or with one of AKA.
    fn challenge(&self, world: &World, impu: &str, impi: Option<&str>, offer: &Offer) -> Decision {
        let owner = impi.map(str::to_owned).or_else(|| owner(world, impu));
        let Some(impi) = owner.filter(|impi| world.secrets.contains_key(impi)) else {
            return Decision::refusal(403, "Forbidden");
        };
        let aka = offer
            .aka
            .zip(world.isims.get(&impi))
            .map(|(algorithm, isim)| (isim.next(), algorithm));
        let nonce = aka.map_or_else(random_word, |(vector, _)| vector.nonce());
        let algorithms =
            aka.map_or_else(|| offer.digest(), |(_, algorithm)| vec![algorithm.name()]);
        lock(&self.nonces).insert(
            impi,
            Nonce {
                value: nonce.clone(),
                count: 0,
                aka,
            },
        );
        let fields = algorithms
            .iter()
            .map(|algorithm| {
                let realm = &world.public.domain;
                let value = format!("Digest realm=\"{realm}\", nonce=\"{nonce}\", algorithm={algorithm}, qop=\"auth\"");
                ("WWW-Authenticate", value)
            })
            .collect();
        Decision {
            status: 401,
            reason: "Unauthorized",
            fields,
        }
    }
}

/// The computation that a response claims to be, over the secret that we know.
pub(crate) fn computation<'a>(
    shown: &'a Credentials,
    request: &'a Message,
    impi: &'a str,
    realm: &'a str,
    secret: &'a [u8],
) -> Option<Computation<'a>> {
    Some(Computation {
        algorithm: Algorithm::named(shown.param("algorithm").unwrap_or("MD5"))?,
        username: impi,
        realm,
        secret: Secret::Password(secret),
        nonce: shown.param("nonce")?,
        cnonce: shown.param("cnonce").unwrap_or_default(),
        nonce_count: shown.param("nc").unwrap_or_default(),
        quality: shown.param("qop").and_then(Quality::named),
        method: request.method()?,
        uri: shown.param("uri")?,
        body: request.body(),
    })
}

fn accepted(world: &World, request: &Message, impi: &str) -> Decision {
    let mut fields = Vec::new();
    for contact in request
        .fields("Contact")
        .filter(|value| value.trim() != "*")
    {
        fields.push(("Contact", contact.into_owned()));
    }
    for path in request.fields("Path") {
        fields.push(("Path", path.into_owned()));
    }
    let own = public_identities(world, impi);
    fields.push((
        "P-Associated-URI",
        own.iter()
            .map(|impu| format!("<{impu}>"))
            .collect::<Vec<_>>()
            .join(", "),
    ));
    fields.push((
        "Service-Route",
        format!(
            "<sip:{}:{};lr>",
            world.name("core"),
            world.public.nodes["core"].ports["Mw"]
        ),
    ));
    Decision {
        status: 200,
        reason: "OK",
        fields,
    }
}

/// The public identities of an IMPI that are not barred.
pub(crate) fn public_identities(world: &World, impi: &str) -> Vec<String> {
    let subscriber = world
        .public
        .subscribers
        .iter()
        .find(|each| each.impi == impi)
        .map(|each| each.impus.clone());
    subscriber
        .or_else(|| member(world, impi).map(|(_, impus)| impus))
        .unwrap_or_default()
}

fn member(world: &World, impi: &str) -> Option<(String, Vec<String>)> {
    world.public.pools.iter().find_map(|pool| {
        let member = pool.members.iter().find(|member| member.impi == impi)?;
        Some((pool.wwsf.clone(), member.impus.clone()))
    })
}

fn belongs_together(world: &World, impi: &str, impu: &str) -> bool {
    public_identities(world, impi)
        .iter()
        .any(|own| same_identity(own, impu))
}

fn owner(world: &World, impu: &str) -> Option<String> {
    let all = world
        .public
        .subscribers
        .iter()
        .map(|each| (&each.impi, &each.impus));
    let members = world
        .public
        .pools
        .iter()
        .flat_map(|pool| &pool.members)
        .map(|each| (&each.impi, &each.impus));
    all.chain(members)
        .find(|(_, impus)| impus.iter().any(|own| same_identity(own, impu)))
        .map(|(impi, _)| impi.clone())
}

fn allowed(world: &World, impi: &str, party: &str) -> bool {
    if let Some((wwsf, _)) = member(world, impi) {
        return party == wwsf;
    }
    let grants = world
        .public
        .subscribers
        .iter()
        .find(|each| each.impi == impi)
        .map(|each| each.grants.as_slice());
    grants
        .unwrap_or_default()
        .iter()
        .filter_map(|id| world.public.parties.iter().find(|each| each.id == *id))
        .any(|each| each.entity == party)
}
