//! The test bed of one role: the played nodes around it, the addresses, the open plays.

use std::collections::{BTreeMap, HashMap};
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::path::PathBuf;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use certs_gen::{Flaw, LeafRequest, Others, Usage, weak_rsa};
use evidence::{Interface, Role};
use script::Answers;
use script::sut_file::Hook;
use serde_json::Value;
use wire::{Clock, tls};

use crate::board::Board;
use crate::play::lock;
use crate::roles;
pub(crate) use crate::target::Target;
use crate::world::{Person, World};

/// The SUT as the bed needs it: which role it has, where it is, what it declares.
#[derive(Clone, Debug, Default)]
pub struct Sut {
    /// The role under test.
    pub role: Option<Role>,
    /// Addresses by interface as its file gives them; the world's own where absent.
    pub addresses: BTreeMap<Interface, String>,
    /// Hooks by name.
    pub hooks: BTreeMap<String, Hook>,
    /// ICS and IXIT answers.
    pub answers: Answers,
    /// The folder of its file: hooks with a path are relative to it.
    pub folder: Option<PathBuf>,
}

/// Why a bed could not be made.
#[derive(Debug, thiserror::Error)]
pub enum BedError {
    /// A played node could not listen.
    #[error(
        "cannot listen on {address} as {node}: {why}; another program has it: end that, or remove the world folder so that free ports are chosen"
    )]
    Listen {
        /// The address.
        address: SocketAddr,
        /// The node.
        node: String,
        /// The system's reason.
        why: std::io::Error,
    },
    /// The SUT file's address cannot be read.
    #[error("the SUT's address for {interface} cannot be read: {text:?}; write scheme://host:port")]
    Address {
        /// The interface.
        interface: Interface,
        /// What is written.
        text: String,
    },
    /// A certificate could not be made.
    #[error("cannot make a certificate: {0}")]
    Pki(String),
}

/// A test bed: made once a role, used by all plays of it.
pub struct Bed {
    /// The world.
    pub world: Arc<World>,
    /// The SUT.
    pub sut: Sut,
    /// The run's clock.
    pub clock: Clock,
    pub(crate) board: Board,
    /// Where logs are written.
    pub(crate) out: PathBuf,
    pub(crate) numbers: Arc<AtomicU64>,
    /// Hooks that a start has given, beside those of the SUT file.
    started_hooks: Mutex<BTreeMap<String, Hook>>,
    identities: Mutex<HashMap<String, tls::Identity>>,
    pub(crate) core: roles::core::Core,
    pub(crate) edge_mw: roles::edge_mw::Sockets,
    tasks: Mutex<tokio::task::JoinSet<()>>,
}

impl Bed {
    /// Opens every listener that the role under test needs around it.
    ///
    /// # Errors
    /// [`BedError`] when an address is busy or cannot be read.
    pub async fn open(
        world: Arc<World>,
        sut: Sut,
        clock: Clock,
        out: PathBuf,
        numbers: Arc<AtomicU64>,
    ) -> Result<Arc<Self>, BedError> {
        let bed = Arc::new(Self {
            board: Board::new(&world, clock),
            core: roles::core::Core::default(),
            edge_mw: roles::edge_mw::Sockets::default(),
            started_hooks: Mutex::default(),
            identities: Mutex::default(),
            tasks: Mutex::default(),
            world,
            sut,
            clock,
            out,
            numbers,
        });
        match bed.role() {
            Role::EpCscf => {
                roles::core::serve(&bed).await?;
                roles::stranger::serve(&bed).await?;
                roles::waf_site::serve(&bed, &["waf", "waf-a", "waf-b", "waf-x"])?;
            }
            Role::Core => roles::edge_mw::serve(&bed).await?,
            Role::Waf => {}
            Role::Wwsf => roles::waf_site::serve(&bed, &["waf", "waf-a", "waf-b", "waf-x"])?,
            Role::Wic => {
                roles::portal_site::serve(&bed, &["wwsf-a", "wwsf-b", "wwsf-p1", "wwsf-p2"])?;
                roles::edge_site::serve(&bed)?;
                roles::waf_site::serve(&bed, &["waf", "waf-a", "waf-x"])?;
            }
            Role::Network => roles::waf_site::serve(&bed, &["waf-b", "waf-x"])?,
        }
        Ok(bed)
    }

    /// Ends every listener and waits for their sockets.
    pub async fn close(&self) {
        let mut tasks = std::mem::take(&mut *lock(&self.tasks));
        tasks.shutdown().await;
    }

    /// Runs a listener for as long as the bed is open.
    pub(crate) fn spawn(&self, task: impl Future<Output = ()> + Send + 'static) {
        let mut tasks = lock(&self.tasks);
        // What has ended already is let go, so that the set does not grow with the run.
        while tasks.try_join_next().is_some() {}
        tasks.spawn(task);
    }

    /// Takes the hooks that a start of the SUT has given.
    pub fn take_hooks(&self, hooks: BTreeMap<String, Hook>) {
        *lock(&self.started_hooks) = hooks;
    }

    /// A hook by its name; the SUT file's own goes first.
    pub(crate) fn hook(&self, name: &str) -> Option<Hook> {
        self.sut
            .hooks
            .get(name)
            .cloned()
            .or_else(|| lock(&self.started_hooks).get(name).cloned())
    }

    /// The role under test.
    #[must_use]
    pub fn role(&self) -> Role {
        self.sut.role.unwrap_or(Role::EpCscf)
    }

    /// The number of a new play.
    pub(crate) fn number(&self) -> u64 {
        self.numbers.fetch_add(1, Ordering::Relaxed) + 1
    }

    /// The end of the late watch: for the declared quiet time after the last play, what a SUT still sends is taken.
    ///
    /// # Errors
    /// The system's, where a log cannot tell that its watch went on to here.
    pub async fn watch(&self) -> std::io::Result<()> {
        tokio::time::sleep(self.time("quiet-time", 300)).await;
        self.board.watch_ended()
    }

    /// The plays that got something after their end.
    pub fn take_late(&self) -> std::collections::BTreeSet<String> {
        self.board.take_late()
    }

    /// The single answer to an item, or `otherwise` where the file does not answer it.
    pub(crate) fn answer<'a>(&'a self, item: &str, otherwise: &'a str) -> &'a str {
        self.sut
            .answers
            .get(item)
            .and_then(|words| words.first())
            .map_or(otherwise, String::as_str)
    }

    /// The answer to a list item.
    pub(crate) fn answers(&self, item: &str) -> &[String] {
        self.sut.answers.get(item).map_or(&[], Vec::as_slice)
    }

    /// A declared time in milliseconds.
    pub(crate) fn time(&self, item: &str, otherwise_ms: u64) -> Duration {
        Duration::from_millis(self.answer(item, "").parse().unwrap_or(otherwise_ms))
    }

    /// A time that is declared in seconds, which may have a fraction.
    pub(crate) fn seconds(&self, item: &str, otherwise_s: f64) -> Duration {
        let declared = self.answer(item, "").parse().unwrap_or(otherwise_s);
        Duration::try_from_secs_f64(declared).unwrap_or_default()
    }

    /// How many bytes an oversized message has.
    pub(crate) fn oversize(&self) -> usize {
        self.answer("oversize", "").parse().unwrap_or(64 << 20)
    }

    /// How long an answer may take.
    pub(crate) fn answer_time(&self) -> Duration {
        self.time("answer-time", 2000)
    }

    /// How long a case may take.
    #[must_use]
    pub fn case_time(&self) -> Duration {
        self.time("case-time", 10_000)
    }

    /// Where the SUT is on an interface, `(host name, address, path)`.
    pub(crate) fn target(&self, interface: Interface, node: &str) -> Result<Target, String> {
        let Some(text) = self.sut.addresses.get(&interface) else {
            let address = self
                .world
                .address(node, interface.word())
                .ok_or_else(|| format!("no address for {interface}"))?;
            return Ok(Target {
                host: self.world.name(node).to_owned(),
                address,
                path: "/".to_owned(),
                clear: false,
            });
        };
        self.read_target(text)
            .ok_or_else(|| format!("the SUT's address for {interface} cannot be read: {text:?}"))
    }

    fn read_target(&self, text: &str) -> Option<Target> {
        let (scheme, rest) = text.split_once("://").or_else(|| text.split_once(':'))?;
        let (authority, path) = rest.find('/').map_or((rest, "/"), |at| rest.split_at(at));
        let default = if matches!(scheme, "ws" | "http") {
            80
        } else {
            443
        };
        let (host, port) = authority
            .rsplit_once(':')
            .map_or((authority, Some(default)), |(host, port)| {
                (host, port.parse().ok())
            });
        let ip = host
            .trim_matches(['[', ']'])
            .parse()
            .ok()
            .or_else(|| self.resolve(host))?;
        Some(Target {
            host: host.to_owned(),
            address: SocketAddr::new(ip, port?),
            path: path.to_owned(),
            clear: matches!(scheme, "ws" | "http"),
        })
    }

    /// The address of a host name: the world's own names first, then the system's.
    pub(crate) fn resolve(&self, host: &str) -> Option<IpAddr> {
        let own = self
            .world
            .hosts()
            .find(|(name, _)| host == *name || host.ends_with(&format!(".{name}")));
        own.map(|(_, address)| address).or_else(|| {
            use std::net::ToSocketAddrs;
            (host, 0)
                .to_socket_addrs()
                .ok()?
                .next()
                .map(|found| found.ip())
        })
    }

    /// The address that a person's device calls from: 127.0.0.51 and up, one each.
    pub(crate) fn device(&self, person: &str) -> IpAddr {
        let at = script::placeholder::people()
            .position(|known| known == person)
            .unwrap_or(0);
        IpAddr::V4(Ipv4Addr::new(127, 0, 0, 51 + u8::try_from(at).unwrap_or(0)))
    }

    /// A server certificate of ours: honest, or with one flaw. Names may be fresh ones below the node's own.
    pub(crate) fn server_identity(
        &self,
        names: &[String],
        flaw: Option<&str>,
    ) -> Result<tls::Identity, String> {
        self.identity(names, Usage::Server, flaw)
    }

    /// A chain that a key has signed itself, DER.
    pub(crate) fn self_signed(&self, key: &certs_gen::LeafKey) -> Result<Vec<Vec<u8>>, String> {
        let now = time::OffsetDateTime::now_utc();
        let names = vec!["signer.localhost".to_owned()];
        let request = LeafRequest {
            names,
            addresses: Vec::new(),
            usage: Usage::Both,
            subject_cn: None,
            now,
        };
        let others = Others {
            unknown: &self.world.unknown_authority,
        };
        let made =
            self.world
                .authority
                .issue_flawed_for_key(&request, Flaw::SelfSigned, &others, key);
        Ok(made
            .map_err(|why| why.to_string())?
            .chain
            .iter()
            .map(|der| der.to_vec())
            .collect())
    }

    /// A client certificate of a node: honest, or with one flaw.
    pub(crate) fn client_identity(
        &self,
        node: &str,
        flaw: Option<&str>,
    ) -> Result<tls::Identity, String> {
        let mut identity =
            self.identity(&[self.world.name(node).to_owned()], Usage::Client, flaw)?;
        if flaw.is_none() {
            node.clone_into(&mut identity.name);
        }
        Ok(identity)
    }

    /// The client certificate of a person's device, the same as long as the world is used.
    pub(crate) fn device_identity(&self, person: &Person) -> Result<tls::Identity, String> {
        let name = format!("device-of-{}", person.impi.replace('@', "."));
        let mut identity = self.identity(std::slice::from_ref(&name), Usage::Client, None)?;
        identity.name = name;
        Ok(identity)
    }

    /// The claim that binds a token to a person's device (RFC 8705 section 3.1), where the SUT declares that it looks for it.
    pub(crate) fn confirmation(&self, person: &Person) -> Result<Option<Value>, String> {
        if self.answer("pop", "none") != "mtls" {
            return Ok(None);
        }
        let identity = self.device_identity(person)?;
        let digest = aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, identity.leaf());
        let thumbprint = URL_SAFE_NO_PAD.encode(digest);
        Ok(Some(serde_json::json!({ "x5t#S256": thumbprint })))
    }

    fn identity(
        &self,
        names: &[String],
        usage: Usage,
        flaw: Option<&str>,
    ) -> Result<tls::Identity, String> {
        // Names that are fresh in every visit are not worth keeping.
        let kept = !names
            .iter()
            .any(|name| crate::play::marked(name.as_bytes()).is_some());
        let key = format!("{usage}/{}/{}", names.join(","), flaw.unwrap_or("honest"));
        if let Some(found) = lock(&self.identities).get(&key) {
            return Ok(found.clone());
        }
        let identity = self.make_identity(names, usage, flaw)?;
        if kept {
            lock(&self.identities).insert(key, identity.clone());
        }
        Ok(identity)
    }

    fn make_identity(
        &self,
        names: &[String],
        usage: Usage,
        flaw: Option<&str>,
    ) -> Result<tls::Identity, String> {
        let now = time::OffsetDateTime::now_utc();
        let (addresses, names): (Vec<_>, Vec<_>) = names
            .iter()
            .cloned()
            .partition(|name| name.parse::<IpAddr>().is_ok());
        let addresses = addresses
            .iter()
            .filter_map(|name| name.parse().ok())
            .collect();
        let request = LeafRequest {
            names,
            addresses,
            usage,
            subject_cn: None,
            now,
        };
        let text = |why: certs_gen::Error| why.to_string();
        let Some(flaw) = flaw else {
            let leaf = self
                .world
                .authority
                .issue_for_key(&request, &self.world.leaf_key)
                .map_err(text)?;
            return tls::Identity::new("honest", leaf.chain, &leaf.key);
        };
        let flaw: Flaw = flaw
            .parse()
            .map_err(|why: certs_gen::UnknownFlaw| why.to_string())?;
        let others = Others {
            unknown: &self.world.unknown_authority,
        };
        let flawed = self
            .world
            .authority
            .issue_flawed(&request, flaw, &others)
            .map_err(text)?;
        if flaw == Flaw::Rsa1024 {
            let key = flawed.key.clone_key();
            let sign = move |pss: bool, message: &[u8]| {
                let scheme = if pss {
                    weak_rsa::Scheme::PssSha256
                } else {
                    weak_rsa::Scheme::Pkcs1Sha256
                };
                weak_rsa::sign(&key, scheme, message).map_err(text)
            };
            return Ok(tls::Identity::signed_by(
                flaw.name(),
                flawed.chain,
                Arc::new(sign),
            ));
        }
        tls::Identity::new(flaw.name(), flawed.chain, &flawed.sign_key)
    }
}
