//! HTTPS listeners of played nodes: one connection, its TLS told to the play that it belongs to, its requests handed to a site.

mod link;

use std::convert::Infallible;
use std::net::SocketAddr;
use std::sync::Arc;

use bytes::Bytes;
use evidence::event::{Side, TlsFacts};
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

pub(crate) use link::Link;

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
        // In clear the play is known by the Host of each request alone. A WAF shows a certificate of each play: whoever kept a
        // connection of the play before would not see it.
        .keep_alive(!clear && site != Site::Waf)
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
        let name = old_tls::server_name(&hello);
        let owner = owner(bed, name.as_deref());
        let version = match site {
            Site::Waf => bed
                .board
                .all()
                .iter()
                .find_map(|play| told_version(play, site)),
            _ => owner.as_ref().and_then(|play| told_version(play, site)),
        };
        if let Some(version) = version {
            link.is_called(name.as_deref());
            let shown = old_tls::Shown {
                version,
                name: name.unwrap_or_else(|| bed.world.name(link.node).to_owned()),
            };
            old_tls::answer(bed, link, site_interface(site), stream, &shown).await;
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
    if bed.board.has_mark(server_name.as_deref()) {
        link.is_called(server_name.as_deref());
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
