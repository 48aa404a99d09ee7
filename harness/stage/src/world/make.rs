//! A world made from nothing: names and addresses are fixed, keys, secrets and ports are fresh.

use std::collections::BTreeMap;
use std::net::{IpAddr, Ipv4Addr};
use std::path::Path;

use certs_gen::{Authority, LeafKey};
use jose::{Algorithm, Key};
use time::OffsetDateTime;

use super::ports::free_port;
use super::{Isim, Member, Node, Party, Pool, Public, Subscriber, World, WorldError};

const DOMAIN: &str = "op.example";
const AUDIENCE: &str = "https://ims.op.example";

/// Nodes, the last number of their address, and their interfaces.
const NODES: &[(&str, &str, u8, &[&str])] = &[
    ("wwsf-a", "portal-a.localhost", 11, &["W1"]),
    ("wwsf-b", "portal-b.localhost", 12, &["W1"]),
    ("wwsf-p1", "portal-p1.localhost", 13, &["W1"]),
    ("wwsf-p2", "portal-p2.localhost", 14, &["W1"]),
    ("wwsf-p3", "portal-p3.localhost", 15, &["W1"]),
    ("wwsf-p4", "portal-p4.localhost", 16, &["W1"]),
    ("wwsf-p5", "portal-p5.localhost", 17, &["W1"]),
    ("wwsf-p6", "portal-p6.localhost", 18, &["W1"]),
    ("wwsf-p7", "portal-p7.localhost", 19, &["W1"]),
    ("wwsf-p8", "portal-p8.localhost", 24, &["W1"]),
    ("waf", "waf.localhost", 20, &["W4"]),
    ("waf-a", "waf-a.localhost", 21, &["W4"]),
    ("waf-b", "waf-b.localhost", 22, &["W4"]),
    ("ep-cscf", "edge.localhost", 31, &["W2", "Mw", "Gm"]),
    ("core", "core.localhost", 41, &["Mw"]),
];

/// The WAF that nobody enrolled is named by its address: whoever follows a token to it needs no name to be resolved.
const FOE: &str = "127.0.0.23";

/// Third parties with a pool of identities: two that scripts name, and six that are at work beside them (REQ 2).
const POOLS: &[(&str, &str)] = &[
    ("P1", "wwsf-p1"),
    ("P2", "wwsf-p2"),
    ("P3", "wwsf-p3"),
    ("P4", "wwsf-p4"),
    ("P5", "wwsf-p5"),
    ("P6", "wwsf-p6"),
    ("P7", "wwsf-p7"),
    ("P8", "wwsf-p8"),
];

/// Our enemies: a WAF that was never enrolled, and a host that is no edge.
const FOES: &[(&str, &str, u8, &[&str])] = &[
    ("waf-x", FOE, 23, &["W4"]),
    ("stranger", "stranger.localhost", 39, &["Mw"]),
];

impl World {
    /// Makes a world with `lanes` sets of subscribers and writes it into `folder`.
    ///
    /// # Errors
    /// When keys cannot be made, no port is free, or the folder cannot be written.
    pub fn make(folder: &Path, lanes: usize, now: OffsetDateTime) -> Result<Self, WorldError> {
        let nodes = nodes(NODES)?;
        let foes = nodes_of_foes()?;
        let pooled = POOLS
            .iter()
            .map(|(id, wwsf)| (*id, "waf", *wwsf, Some(*id)));
        let parties = [
            ("A", "waf-a", "wwsf-a", None),
            ("B", "waf-b", "wwsf-b", None),
        ]
        .into_iter()
        .chain(pooled)
        .map(|(id, waf, wwsf, pool)| party(id, &nodes[waf], waf, &nodes[wwsf], wwsf, pool))
        .collect();
        let stranger = party(
            "X",
            &foes["waf-x"],
            "waf-x",
            &nodes["wwsf-a"],
            "wwsf-a",
            None,
        );
        let pools = POOLS
            .iter()
            .map(|(id, wwsf)| pool(id, &nodes[*wwsf].name, lanes))
            .collect();
        let public = Public {
            format: "wicheck-world/1".to_owned(),
            domain: DOMAIN.to_owned(),
            visited_network: DOMAIN.to_owned(),
            audience: AUDIENCE.to_owned(),
            lanes,
            nodes,
            parties,
            pools,
            subscribers: (0..lanes).flat_map(subscribers).collect(),
        };
        let secrets = identities(&public)
            .map(|impi| (impi.to_owned(), random_word()))
            .collect();
        let passwords = users(&public).map(|user| (user, random_word())).collect();
        let pki = |why: certs_gen::Error| WorldError::Pki(why.to_string());
        let world = Self {
            folder: folder.to_owned(),
            stranger,
            foes,
            authority: Authority::generate("wicheck root", now).map_err(pki)?,
            unknown_authority: Authority::generate("wicheck root", now).map_err(pki)?,
            leaf_key: LeafKey::generate().map_err(pki)?,
            keys: signing_keys()?,
            secrets,
            isims: isims(&public),
            passwords,
            public,
        };
        world.write(now)?;
        Ok(world)
    }
}

fn nodes(list: &[(&str, &str, u8, &[&str])]) -> Result<BTreeMap<String, Node>, WorldError> {
    list.iter()
        .map(|(id, name, last, interfaces)| {
            let address = IpAddr::V4(Ipv4Addr::new(127, 0, 0, *last));
            let ports = interfaces
                .iter()
                .map(|each| Ok(((*each).to_owned(), free_port(address)?)));
            let ports = ports.collect::<Result<_, WorldError>>()?;
            Ok((
                (*id).to_owned(),
                Node {
                    name: (*name).to_owned(),
                    address,
                    ports,
                },
            ))
        })
        .collect()
}

fn nodes_of_foes() -> Result<BTreeMap<String, Node>, WorldError> {
    nodes(FOES)
}

fn party(
    id: &str,
    waf: &Node,
    waf_id: &str,
    wwsf: &Node,
    wwsf_id: &str,
    pool: Option<&str>,
) -> Party {
    let issuer = format!("https://{}:{}", waf.name, waf.ports["W4"]);
    Party {
        id: id.to_owned(),
        waf: waf_id.to_owned(),
        wwsf: wwsf_id.to_owned(),
        client_id: wwsf_id.to_owned(),
        wwsf_name: wwsf.name.clone(),
        origin: format!("https://{}:{}", wwsf.name, wwsf.ports["W1"]),
        jwks_uri: format!("{issuer}/jwks"),
        introspection_endpoint: format!("{issuer}/introspect"),
        entity: if pool.is_some() {
            wwsf.name.clone()
        } else {
            issuer.clone()
        },
        pool: pool.map(str::to_owned),
        registration: if pool.is_some() { 3 } else { 2 },
        issuer,
    }
}

fn pool(id: &str, wwsf: &str, lanes: usize) -> Pool {
    let people: &[(&str, &str)] = match id {
        "P1" => &[
            ("pat", "identified"),
            ("quinn", "identified"),
            ("anna", "anonymous"),
        ],
        "P2" => &[("petra", "identified"), ("peter", "anonymous")],
        _ => &[("client", "identified")],
    };
    // Beside the pools that scripts name, one client each is enough.
    let lanes = if people.len() == 1 { 1 } else { lanes };
    let members = (0..lanes)
        .flat_map(|lane| {
            people
                .iter()
                .enumerate()
                .map(move |(at, person)| (lane, at, *person))
        })
        .map(|(lane, at, (person, class))| {
            let user = format!(
                "{}-{:03}",
                id.to_ascii_lowercase(),
                lane * people.len() + at
            );
            Member {
                lane,
                person: person.to_owned(),
                class: class.to_owned(),
                impi: format!("{user}@{DOMAIN}"),
                impus: vec![
                    format!("sip:{user}@{DOMAIN}"),
                    format!("sip:{user}.b@{DOMAIN}"),
                ],
            }
        })
        .collect();
    Pool {
        id: id.to_owned(),
        wwsf: wwsf.to_owned(),
        members,
    }
}

fn subscribers(lane: usize) -> Vec<Subscriber> {
    [
        ("alice", &["A"][..]),
        ("bob", &["A"]),
        ("carol", &["B"]),
        ("erin", &["A", "B"]),
        ("dave", &[]),
    ]
    .iter()
    .enumerate()
    .map(|(at, (person, grants))| {
        let user = format!("{person}{lane}");
        // Of the numbers that are set aside for fiction; one each.
        let number = format!("+1202555{:04}", 100 + lane * 5 + at);
        Subscriber {
            person: (*person).to_owned(),
            lane,
            impi: format!("{user}@{DOMAIN}"),
            impus: vec![
                format!("sip:{user}@{DOMAIN}"),
                format!("sip:{user}.work@{DOMAIN}"),
                format!("sip:{number}@{DOMAIN};user=phone"),
            ],
            barred: vec![format!("sip:{user}.barred@{DOMAIN}")],
            grants: grants.iter().map(|party| (*party).to_owned()).collect(),
            user,
        }
    })
    .collect()
}

fn identities(public: &Public) -> impl Iterator<Item = &str> {
    let members = public
        .pools
        .iter()
        .flat_map(|pool| &pool.members)
        .map(|member| member.impi.as_str());
    public
        .subscribers
        .iter()
        .map(|subscriber| subscriber.impi.as_str())
        .chain(members)
}

fn users(public: &Public) -> impl Iterator<Item = String> {
    let members = public
        .pools
        .iter()
        .flat_map(|pool| &pool.members)
        .filter(|member| member.class == "identified")
        .map(|member| format!("{}{}", member.person, member.lane));
    public
        .subscribers
        .iter()
        .map(|subscriber| subscriber.user.clone())
        .chain(members)
}

/// An ISIM for each who has one.
fn isims(public: &Public) -> BTreeMap<String, Isim> {
    let holders = public
        .subscribers
        .iter()
        .filter(|each| each.person == super::isim::HOLDER);
    holders
        .map(|each| (each.impi.clone(), Isim::fresh()))
        .collect()
}

fn signing_keys() -> Result<BTreeMap<String, Key>, WorldError> {
    ["waf", "waf-a", "waf-b", "waf-x"]
        .into_iter()
        .map(|node| {
            let key =
                Key::generate(Algorithm::ES256).map_err(|why| WorldError::Pki(why.to_string()))?;
            Ok((node.to_owned(), key))
        })
        .collect()
}

/// A word that nobody guesses, of letters and digits.
pub(crate) fn random_word() -> String {
    let mut bytes = [0; 12];
    // The system's random source does not fail once it is seeded; a fixed word would only make the world guessable.
    let _ = aws_lc_rs::rand::fill(&mut bytes);
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
