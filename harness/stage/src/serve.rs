//! HTTPS listeners of played nodes: one connection, its TLS told to the play that it belongs to, its requests handed to a site.

use std::convert::Infallible;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, Weak};

use bytes::Bytes;
use evidence::event::{Direction, Layer, Side, TlsFacts};
use evidence::{Interface, What};
use http_body_util::{BodyExt, Full, Limited};
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper::{Request, Response};
use hyper_util::rt::TokioIo;
use tokio::net::TcpStream;
use wire::http::{Head, Message};
use wire::{Stream, Tap, tls};

use crate::bed::{Bed, BedError};
use crate::play::{Play, lock};
use crate::roles::old_tls;

/// A request is no longer than this.
const LONGEST_BODY: usize = 1024 * 1024;

/// What a played node serves.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Site {
    /// A WAF: tokens, keys, introspection.
    Waf,
    /// A portal.
    Portal,
    /// The WebSocket of an eP-CSCF.
    Edge,
}

/// One accepted connection: until its play is known its events wait in a detached tap.
pub(crate) struct Link {
    /// The node that is called.
    pub(crate) node: &'static str,
    bed: Arc<Bed>,
    waiting: Tap,
    /// The plays that have adopted it.
    owners: Mutex<Vec<Owner>>,
}

/// A play that a connection belongs to. The play may be over before the connection is.
struct Owner {
    play: Weak<Play>,
    number: u64,
    /// The connection's number in that play's log.
    connection: u32,
}

impl Link {
    fn new(bed: &Arc<Bed>, node: &'static str, opened: What) -> Arc<Self> {
        let waiting = Tap::detached(bed.clock);
        waiting.record(opened);
        Arc::new(Self {
            node,
            bed: bed.clone(),
            waiting,
            owners: Mutex::default(),
        })
    }

    /// Tells a play that this connection is its own; what happened on it so far goes into that play's log.
    pub(crate) fn belongs_to(&self, play: &Arc<Play>) {
        let mut owners = lock(&self.owners);
        if owners.iter().all(|owner| owner.number != play.number) {
            owners.push(Owner {
                play: Arc::downgrade(play),
                number: play.number,
                connection: play.tap.adopt(&self.waiting),
            });
        }
    }

    /// Whether no play has claimed it yet.
    fn unclaimed(&self) -> bool {
        lock(&self.owners).is_empty()
    }

    /// A connection that names no play may be anybody's: every open play gets to know.
    pub(crate) fn belongs_to_all(&self) {
        if self.unclaimed() {
            for play in self.bed.board.all() {
                self.belongs_to(&play);
            }
        }
    }

    /// Tells a message to every play that owns the connection; what comes for one that is over is late.
    pub(crate) fn message(
        &self,
        interface: Interface,
        direction: Direction,
        layer: Layer,
        bytes: &[u8],
    ) {
        for owner in lock(&self.owners).iter() {
            match owner.play.upgrade() {
                Some(play) => {
                    play.tap
                        .message(owner.connection, interface, direction, layer, bytes);
                }
                None if direction == Direction::Received => {
                    self.bed.board.late(owner.number, interface, layer, bytes);
                }
                None => {}
            }
        }
    }

    /// Tells every play that owns the connection how it ended.
    pub(crate) fn closed(&self, by: Side, why: &str) {
        self.tell(|connection| What::Closed {
            connection,
            by,
            why: why.to_owned(),
        });
    }

    /// Tells why a handshake did not finish.
    pub(crate) fn not_secured(&self, tls: TlsFacts, by: Side, alert: Option<u8>, why: &str) {
        self.tell(|connection| What::NotSecured {
            connection,
            tls: tls.clone(),
            by,
            alert,
            why: why.to_owned(),
        });
    }

    /// Tells what is no event of the connection.
    pub(crate) fn note(&self, text: &str) {
        self.tell(|_| What::Note {
            text: text.to_owned(),
        });
    }

    /// Tells every owner what happened; while there is none, it waits.
    fn tell(&self, what: impl Fn(u32) -> What) {
        let owners = lock(&self.owners);
        if owners.is_empty() {
            self.waiting.record(what(0));
        }
        for owner in owners.iter() {
            if let Some(play) = owner.play.upgrade() {
                play.tap.record(what(owner.connection));
            }
        }
    }

    /// Tells what a handshake gave.
    fn handshake(&self, shaken: &Tap) {
        for event in shaken.look(<[evidence::Event]>::to_vec) {
            self.tell(|connection| match event.what.clone() {
                What::Secured { tls, .. } => What::Secured { connection, tls },
                What::NotSecured {
                    tls,
                    by,
                    alert,
                    why,
                    ..
                } => What::NotSecured {
                    connection,
                    tls,
                    by,
                    alert,
                    why,
                },
                other => other,
            });
        }
    }

    /// The play that owns the connection, while it is not over.
    pub(crate) fn play(&self) -> Option<Arc<Play>> {
        lock(&self.owners).first()?.play.upgrade()
    }

    /// Returns when the play that owns the connection is over; never while no play does.
    async fn over(&self) {
        let watched = self.play().map(|play| lock(&play.visit).over());
        match watched {
            Some(mut over) => while over.changed().await.is_ok() {},
            None => std::future::pending().await,
        }
    }
}

/// Listens as a node and serves its site until the bed closes.
pub(crate) fn listen(
    bed: &Arc<Bed>,
    node: &'static str,
    interface: Interface,
    site: Site,
) -> Result<(), BedError> {
    let Some(address) = bed.world.address(node, interface.word()) else {
        return Ok(());
    };
    let listener = wire::transport::listen(address).map_err(|why| BedError::Listen {
        address,
        node: node.to_owned(),
        why,
    })?;
    let served = bed.clone();
    bed.spawn(async move {
        let mut connections = tokio::task::JoinSet::new();
        loop {
            tokio::select! {
                accepted = listener.accept() => if let Ok((stream, from)) = accepted {
                    connections.spawn(connection(served.clone(), node, interface, site, stream, from));
                },
                Some(_) = connections.join_next() => {}
            }
        }
    });
    Ok(())
}

async fn connection(
    bed: Arc<Bed>,
    node: &'static str,
    interface: Interface,
    site: Site,
    stream: TcpStream,
    from: SocketAddr,
) {
    let _ = stream.set_nodelay(true);
    let to = stream
        .local_addr()
        .map(|address| address.to_string())
        .unwrap_or_default();
    let opened = What::Opened {
        connection: 0,
        interface,
        transport: "tcp".to_owned(),
        from: from.to_string(),
        to,
        by: Side::Sut,
    };
    let link = Link::new(&bed, node, opened);
    let secured = secured(&bed, &link, site, stream);
    let stream = match tokio::time::timeout(bed.case_time(), secured).await {
        Ok(Some(stream)) => stream,
        ended => {
            link.belongs_to_all();
            let by = if ended.is_ok() { Side::Sut } else { Side::Us };
            link.closed(by, "no TLS came up");
            return;
        }
    };
    let (by, why) = tokio::select! {
        ended = spoken(&bed, &link, interface, site, stream) => ended,
        () = link.over() => (Side::Us, "the play is over".to_owned()),
        () = tokio::time::sleep(bed.case_time()) => (Side::Us, "deadline".to_owned()),
    };
    link.closed(by, &why);
}

/// What is said once the connection stands, and how it ended.
async fn spoken(
    bed: &Arc<Bed>,
    link: &Arc<Link>,
    interface: Interface,
    site: Site,
    stream: Stream,
) -> (Side, String) {
    if site == Site::Edge {
        return crate::roles::edge_site::serve_connection(bed, link, stream).await;
    }
    let clear = matches!(stream, Stream::Clear(_));
    let entry = Entry {
        interface,
        site,
        clear,
    };
    let service = service_fn(|request| answer(bed.clone(), link.clone(), entry, request));
    let served = hyper::server::conn::http1::Builder::new()
        // In clear the play is known by the Host of each request alone.
        .keep_alive(!clear)
        .serve_connection(TokioIo::new(stream), service);
    match served.await {
        Ok(()) => (Side::Sut, "end of stream".to_owned()),
        Err(why) => (Side::Sut, why.to_string()),
    }
}

/// The connection once TLS stands on it, or in clear where the SUT speaks in clear to a node that lies to it.
async fn secured(
    bed: &Arc<Bed>,
    link: &Arc<Link>,
    site: Site,
    stream: TcpStream,
) -> Option<Stream> {
    const HANDSHAKE: u8 = 22;
    let mut first = [0];
    let read = stream.peek(&mut first).await.unwrap_or(0);
    if read == 0 {
        return None;
    }
    // Whoever speaks in clear to a WAF gets no answer; what he says is no TLS, and the log has that.
    if first[0] != HANDSHAKE && site != Site::Waf {
        return Some(Stream::Clear(stream));
    }
    if bed
        .board
        .all()
        .iter()
        .any(|play| told_version(play, site).is_some())
        && let Some(hello) = old_tls::hello(&stream).await
    {
        let owner = owner(bed, old_tls::server_name(&hello).as_deref());
        let version = match site {
            Site::Waf => bed
                .board
                .all()
                .iter()
                .find_map(|play| told_version(play, site)),
            _ => owner.as_ref().and_then(|play| told_version(play, site)),
        };
        if let Some(version) = version {
            match owner {
                Some(owner) => link.belongs_to(&owner),
                None => link.belongs_to_all(),
            }
            old_tls::answer(bed, link, site_interface(site), stream, version).await;
            return None;
        }
    }
    shaken(bed, link, site, stream).await
}

async fn shaken(bed: &Arc<Bed>, link: &Arc<Link>, site: Site, stream: TcpStream) -> Option<Stream> {
    let pending = match tls::accept(stream).await {
        Ok(pending) => pending,
        Err(why) => {
            link.not_secured(TlsFacts::default(), Side::Sut, None, &why.to_string());
            return None;
        }
    };
    let server_name = pending.hello.server_name.clone();
    let owner = owner(bed, server_name.as_deref());
    if let Some(owner) = &owner {
        link.belongs_to(owner);
    }
    let settings = match settings(bed, link.node, site, owner.as_ref(), server_name.as_deref()) {
        Ok(settings) => settings,
        Err(why) => {
            link.note(&why);
            return None;
        }
    };
    let shaken = Tap::detached(bed.clock);
    let answered = pending.answer(&shaken, 0, &settings).await;
    link.handshake(&shaken);
    answered.ok()
}

/// The open play whose mark a name has.
pub(crate) fn owner(bed: &Bed, name: Option<&str>) -> Option<Arc<Play>> {
    bed.board.by_mark(name?.as_bytes())?.ok()
}

/// The old TLS version that a script tells a node to speak.
fn told_version(play: &Play, site: Site) -> Option<u16> {
    let scene = lock(&play.scene);
    let told = match site {
        Site::Waf => scene.waf.as_ref()?.versions.as_ref()?.first()?,
        Site::Portal => scene.portal.as_ref()?.version.as_ref()?,
        Site::Edge => scene.edge.as_ref()?.version.as_ref()?,
    };
    wire::hello::version(told).filter(|version| *version < 0x0303)
}

fn site_interface(site: Site) -> Interface {
    match site {
        Site::Waf => Interface::W4,
        Site::Portal => Interface::W1,
        Site::Edge => Interface::W2,
    }
}

fn settings(
    bed: &Bed,
    node: &'static str,
    site: Site,
    owner: Option<&Arc<Play>>,
    name: Option<&str>,
) -> Result<tls::ServerSettings, String> {
    let own = bed.world.name(node).to_owned();
    let below = name.filter(|name| *name != own && name.ends_with(&own));
    let flaw = match site {
        Site::Waf => bed
            .board
            .all()
            .iter()
            .find_map(|play| lock(&play.scene).waf.as_ref()?.certificate.clone()),
        Site::Portal => {
            owner.and_then(|play| lock(&play.scene).portal.as_ref()?.certificate.clone())
        }
        Site::Edge => owner.and_then(|play| crate::roles::edge_site::certificate(play)),
    };
    let names = match (below, &flaw) {
        // A host below a fresh one is certified by a wildcard for its one label, which is right (RFC 9525 section 6.3).
        (Some(name), None) => match name.strip_prefix("www.") {
            Some(fresh) => vec![format!("*.{fresh}")],
            None => vec![name.to_owned()],
        },
        (Some(name), Some(_)) => vec![name.to_owned()],
        // One name alone can be wrong in one point.
        (None, Some(_)) => vec![own],
        (None, None) => vec![own.clone(), format!("*.{own}")],
    };
    Ok(tls::ServerSettings {
        identity: bed.server_identity(&names, flaw.as_deref())?,
        alpn: vec!["http/1.1".to_owned()],
        ask_client: site == Site::Waf,
        versions: Vec::new(),
    })
}

/// Where a request came in.
#[derive(Clone, Copy)]
struct Entry {
    interface: Interface,
    site: Site,
    clear: bool,
}

async fn answer(
    bed: Arc<Bed>,
    link: Arc<Link>,
    entry: Entry,
    request: Request<Incoming>,
) -> Result<Response<Full<Bytes>>, Infallible> {
    let head = head_of(&request);
    let body = Limited::new(request.into_body(), LONGEST_BODY)
        .collect()
        .await;
    let body = body
        .map(|whole| whole.to_bytes().to_vec())
        .unwrap_or_default();
    let message = Message {
        head,
        body,
        cut: false,
    };
    let answered = match entry.site {
        Site::Waf => crate::roles::waf_site::answer(&bed, &link, &message).await,
        // An edge never gets here: its connections are WebSockets.
        Site::Portal | Site::Edge => {
            crate::roles::portal_site::answer(&bed, &link, entry.interface, &message, entry.clear)
        }
    };
    Ok(answered)
}

fn head_of(request: &Request<Incoming>) -> Head {
    let fields = request
        .headers()
        .iter()
        .map(|(name, value)| {
            (
                name.as_str().to_owned(),
                String::from_utf8_lossy(value.as_bytes()).into_owned(),
            )
        })
        .collect();
    let target = request
        .uri()
        .path_and_query()
        .map_or("/", |target| target.as_str());
    Head {
        start: format!("{} {target} HTTP/1.1", request.method()),
        fields,
    }
}

/// An answer of a site as hyper sends it, and as bytes for the tap.
pub(crate) fn response(
    status: u16,
    fields: &[(&str, &str)],
    body: &[u8],
) -> (Response<Full<Bytes>>, Vec<u8>) {
    let mut head = Head {
        start: format!("HTTP/1.1 {status}"),
        fields: Vec::new(),
    };
    let mut builder = Response::builder().status(status);
    for (name, value) in fields {
        builder = builder.header(*name, *value);
        head.fields.push(((*name).to_owned(), (*value).to_owned()));
    }
    let bytes = Message {
        head,
        body: body.to_vec(),
        cut: false,
    }
    .bytes();
    let whole = builder
        .body(Full::new(Bytes::copy_from_slice(body)))
        .unwrap_or_else(|_| Response::new(Full::default()));
    (whole, bytes)
}
