//! HTTPS listeners of played nodes: one connection, its TLS told to the play that it belongs to, its requests handed to a site.

use std::convert::Infallible;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};

use bytes::Bytes;
use evidence::event::{Direction, Layer, Side};
use evidence::{Interface, What};
use http_body_util::{BodyExt, Full, Limited};
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper::{Request, Response};
use hyper_util::rt::TokioIo;
use tokio::net::TcpStream;
use wire::http::{Head, Message};
use wire::{Tap, tls};

use crate::bed::{Bed, BedError};
use crate::play::{Play, lock};

/// A request is no longer than this.
const LONGEST_BODY: usize = 1024 * 1024;

/// What a played node serves.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Site {
    /// A WAF: tokens, keys, introspection.
    Waf,
    /// A portal.
    Portal,
}

/// One accepted connection: until its play is known its events wait in a detached tap.
pub(crate) struct Link {
    /// The node that is called.
    pub(crate) node: &'static str,
    /// The server name of the hello.
    pub(crate) server_name: Option<String>,
    waiting: Tap,
    /// The plays that have adopted it, with its number there.
    owners: Mutex<Vec<(Arc<Play>, u32)>>,
}

impl Link {
    /// Tells a play that this connection is its own; what happened on it so far goes into that play's log.
    pub(crate) fn belongs_to(&self, play: &Arc<Play>) -> u32 {
        let mut owners = lock(&self.owners);
        if let Some((_, connection)) = owners.iter().find(|(owner, _)| owner.number == play.number)
        {
            return *connection;
        }
        let connection = play.tap.adopt(&self.waiting);
        owners.push((play.clone(), connection));
        connection
    }

    /// Tells a message to every play that owns the connection.
    pub(crate) fn message(&self, interface: Interface, direction: Direction, bytes: &[u8]) {
        for (play, connection) in lock(&self.owners).iter() {
            play.tap
                .message(*connection, interface, direction, Layer::Http, bytes);
        }
    }

    fn closed(&self, why: &str) {
        for (play, connection) in lock(&self.owners).iter() {
            play.tap.record(What::Closed {
                connection: *connection,
                by: Side::Sut,
                why: why.to_owned(),
            });
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
    let waiting = Tap::detached(bed.clock);
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
    waiting.record(opened);
    let deadline = bed.case_time();
    let Ok(Ok(pending)) = tokio::time::timeout(deadline, tls::accept(stream)).await else {
        return;
    };
    let server_name = pending.hello.server_name.clone();
    let link = Arc::new(Link {
        node,
        server_name: server_name.clone(),
        waiting,
        owners: Mutex::default(),
    });
    let owner = server_name
        .as_ref()
        .and_then(|name| bed.board.by_mark(name.as_bytes()))
        .and_then(Result::ok);
    let settings = match settings(&bed, node, site, owner.as_ref(), server_name.as_deref()) {
        Ok(settings) => settings,
        Err(why) => {
            link.waiting.record(What::Note { text: why });
            return;
        }
    };
    if let Some(owner) = &owner {
        link.belongs_to(owner);
    }
    match pending.answer(&link.waiting, 0, &settings).await {
        Ok(stream) => {
            tell_handshake(&link);
            let service =
                service_fn(|request| answer(bed.clone(), link.clone(), interface, site, request));
            let served = hyper::server::conn::http1::Builder::new()
                .serve_connection(TokioIo::new(stream), service);
            let why = tokio::time::timeout(deadline, served)
                .await
                .map_or("deadline", |_| "end of stream");
            link.closed(why);
        }
        Err(_) => {
            tell_handshake(&link);
            // A refused certificate names no play: whoever has told this node to show it gets to know.
            let unclaimed = lock(&link.owners).is_empty();
            if unclaimed {
                for play in bed.board.all() {
                    link.belongs_to(&play);
                }
            }
            link.closed("the handshake was not finished");
        }
    }
}

/// What happened in the handshake, told to plays that owned the connection before it.
fn tell_handshake(link: &Link) {
    let handshake = link.waiting.look(|events| {
        events
            .iter()
            .skip(1)
            .map(|event| event.what.clone())
            .collect::<Vec<_>>()
    });
    for (play, connection) in lock(&link.owners).iter() {
        for what in &handshake {
            play.tap.record(match what.clone() {
                What::Secured { tls, .. } => What::Secured {
                    connection: *connection,
                    tls,
                },
                What::NotSecured {
                    tls,
                    by,
                    alert,
                    why,
                    ..
                } => What::NotSecured {
                    connection: *connection,
                    tls,
                    by,
                    alert,
                    why,
                },
                other => other,
            });
        }
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
    let names = match name {
        Some(name) if name != own && name.ends_with(&own) => vec![name.to_owned()],
        _ => vec![own.clone(), format!("*.{own}")],
    };
    let flaw = match site {
        Site::Waf => bed
            .board
            .all()
            .iter()
            .find_map(|play| lock(&play.scene).waf.as_ref()?.certificate.clone()),
        Site::Portal => {
            owner.and_then(|play| lock(&play.scene).portal.as_ref()?.certificate.clone())
        }
    };
    let alpn = owner.and_then(|play| lock(&play.scene).portal.as_ref()?.alpn.clone());
    Ok(tls::ServerSettings {
        identity: bed.server_identity(&names, flaw.as_deref())?,
        alpn: vec![alpn.unwrap_or_else(|| "http/1.1".to_owned())],
        ask_client: matches!(site, Site::Waf),
        versions: Vec::new(),
    })
}

async fn answer(
    bed: Arc<Bed>,
    link: Arc<Link>,
    interface: Interface,
    site: Site,
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
    let answered = match site {
        Site::Waf => crate::roles::waf_site::answer(&bed, &link, &message).await,
        Site::Portal => crate::roles::portal_site::answer(&bed, &link, interface, &message).await,
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
