//! Our eP-CSCF towards a WIC under test: the WebSocket server of W2.

use std::sync::Arc;

use evidence::Interface;
use evidence::event::{Direction, Layer, Side};
use script::vocabulary::ep_cscf::Serve;
use tokio::io::AsyncWriteExt;
use wire::Stream;
use wire::http::{Head, Reader};
use wire::websocket::{Incoming, Socket, accept_for};

use crate::bed::{Bed, BedError};
use crate::play::{Play, lock};
use crate::roles::Acted;
use crate::roles::edge_registration::{Flow, Reply};
use crate::roles::portal_site::stated;
use crate::roles::visit::aimed;
use crate::serve::{Link, Site, listen};

/// Listens on W2.
pub(crate) fn serve(bed: &Arc<Bed>) -> Result<(), BedError> {
    listen(bed, "ep-cscf", Interface::W2, Site::Edge)
}

/// Says to the tap how the edge departs.
pub(crate) fn told(play: &Play, step: usize, verb: &Serve) -> Acted {
    let facts = [
        ("certificate", &verb.certificate),
        ("TLS version", &verb.version),
        ("subprotocol", &verb.protocol),
        ("Sec-WebSocket-Accept", &verb.accept),
        ("upgrade redirects to", &verb.redirect),
        ("challenge", &verb.challenge),
        ("rspauth", &verb.rspauth),
        ("answer", &verb.answer),
        ("first connection is dropped", &verb.drop),
    ];
    play.stimulus(step, Layer::State, stated("the edge's", &facts));
    Ok(())
}

/// The flaw of the certificate that is shown now: where a connection is dropped first, from the next on.
pub(crate) fn certificate(play: &Play) -> Option<String> {
    let scene = lock(&play.scene);
    let told = scene.edge.as_ref()?;
    let later = told.drop.is_some() && !lock(&play.visit).dropped;
    told.certificate.clone().filter(|_| !later)
}

/// Serves one connection from its upgrade to its end; tells who ended it and how.
pub(crate) async fn serve_connection(
    bed: &Arc<Bed>,
    link: &Arc<Link>,
    mut stream: Stream,
) -> (Side, String) {
    let mut reader = Reader::default();
    let head = match reader.head(&mut stream).await {
        Ok(Some(head)) => head,
        Ok(None) => return (Side::Sut, "end of stream".to_owned()),
        Err(why) => return (Side::Sut, why.to_string()),
    };
    let authority = head.field("host").unwrap_or_default().to_owned();
    if link.play().is_none() {
        link.is_called(Some(&authority));
    }
    link.message(
        Interface::W2,
        Direction::Received,
        Layer::Http,
        &head.bytes(),
    );
    let told = link.play().and_then(|play| lock(&play.scene).edge.clone());
    let answer = upgraded(&head, &authority, &told.unwrap_or_default());
    let bytes = answer.bytes();
    link.message(Interface::W2, Direction::Sent, Layer::Http, &bytes);
    if stream.write_all(&bytes).await.is_err() || stream.flush().await.is_err() {
        return (Side::Sut, "end of stream".to_owned());
    }
    if answer.status() != Some(101) {
        // The other side may be gone already; then there is nobody to say goodbye to.
        let _ = stream.shutdown().await;
        return (Side::Us, "no 101".to_owned());
    }
    let socket = Socket::open(stream, false, reader.rest()).await;
    converse(bed, link, socket).await
}

/// The answer to an upgrade (RFC 6455 4.2.2), honest but for what is told.
fn upgraded(head: &Head, authority: &str, told: &Serve) -> Head {
    if let Some(problem) = problem(head) {
        return answer(
            problem,
            &[("Sec-WebSocket-Version", "13"), ("Content-Length", "0")],
        );
    }
    // The host that a redirect points to is honest, or the WIC would be sent round and round.
    if let Some(target) = told
        .redirect
        .as_ref()
        .filter(|_| !authority.starts_with("elsewhere."))
    {
        let path = head.request().map_or("/", |(_, target)| target);
        let location = aimed(target, authority, path);
        return answer(
            "302 Found",
            &[("Location", &location), ("Content-Length", "0")],
        );
    }
    let key = head.field("sec-websocket-key").unwrap_or_default();
    let accept = match told.accept.as_deref() {
        Some("wrong") => accept_for(&wire::websocket::fresh_key()),
        _ => accept_for(key),
    };
    let mut fields = vec![
        ("Upgrade", "websocket"),
        ("Connection", "Upgrade"),
        ("Sec-WebSocket-Accept", accept.as_str()),
    ];
    match told.protocol.as_deref() {
        Some("none") => {}
        other => fields.push(("Sec-WebSocket-Protocol", other.unwrap_or("sip"))),
    }
    answer("101 Switching Protocols", &fields)
}

/// What an upgrade lacks.
fn problem(head: &Head) -> Option<&'static str> {
    let has = |name: &str, word: &str| {
        let mut words = head.all(name).flat_map(|value| value.split(','));
        words.any(|found| found.trim().eq_ignore_ascii_case(word))
    };
    let is_get = head.request().is_some_and(|(method, _)| method == "GET");
    if !is_get || !has("upgrade", "websocket") || !has("connection", "upgrade") {
        return Some("426 Upgrade Required");
    }
    if head.field("sec-websocket-key").is_none_or(str::is_empty)
        || !has("sec-websocket-protocol", "sip")
    {
        return Some("400 Bad Request");
    }
    (!has("sec-websocket-version", "13")).then_some("426 Upgrade Required")
}

fn answer(status: &str, fields: &[(&str, &str)]) -> Head {
    Head {
        start: format!("HTTP/1.1 {status}"),
        fields: fields
            .iter()
            .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
            .collect(),
    }
}

/// Answers SIP until the connection ends.
async fn converse(bed: &Arc<Bed>, link: &Arc<Link>, mut socket: Socket) -> (Side, String) {
    let mut flow = Flow::default();
    loop {
        let bytes = match socket.next().await {
            Incoming::Message(bytes) => bytes,
            Incoming::Closed(why) => return (Side::Sut, why),
        };
        link.message(Interface::W2, Direction::Received, Layer::Sip, &bytes);
        let Some(play) = link.play() else {
            return (Side::Us, "the play is over".to_owned());
        };
        for reply in flow.answer(bed, &play, &bytes) {
            match reply {
                Reply::Message(bytes) => {
                    link.message(Interface::W2, Direction::Sent, Layer::Sip, &bytes);
                    if let Err(why) = socket.send(bytes).await {
                        return (Side::Sut, why);
                    }
                }
                Reply::Close => {
                    socket.close().await;
                    // What the WIC says before it hears of the end is evidence.
                    let quiet = bed.time("quiet-time", 300);
                    let _ = tokio::time::timeout(quiet, drain(link, &mut socket)).await;
                    return (Side::Us, "close".to_owned());
                }
            }
        }
    }
}

/// Tells what still comes until the other side has closed.
async fn drain(link: &Link, socket: &mut Socket) {
    while let Incoming::Message(bytes) = socket.next().await {
        link.message(Interface::W2, Direction::Received, Layer::Sip, &bytes);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn upgrade() -> Head {
        Head::read(
            b"GET /ws HTTP/1.1\r\nHost: wx7qab.edge.localhost:4\r\nUpgrade: websocket\r\nConnection: keep-alive, Upgrade\r\n\
              Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Protocol: sip\r\n\r\n",
        )
    }

    fn answered(told: &Serve) -> Head {
        upgraded(&upgrade(), "wx7qab.edge.localhost:4", told)
    }

    #[test]
    fn an_honest_upgrade_has_accept_and_subprotocol() {
        let answer = answered(&Serve::default());
        assert_eq!(answer.status(), Some(101));
        // The example of RFC 6455 section 1.3.
        assert_eq!(
            answer.field("sec-websocket-accept"),
            Some("s3pPLMBiTxaQ9kYGzzhZRbK+xOo=")
        );
        assert_eq!(answer.field("sec-websocket-protocol"), Some("sip"));
    }

    #[test]
    fn each_lie_changes_one_field() {
        let honest = answered(&Serve::default());
        let told = |edit: fn(&mut Serve)| {
            let mut serve = Serve::default();
            edit(&mut serve);
            answered(&serve)
        };
        let none = told(|serve| serve.protocol = Some("none".to_owned()));
        assert_eq!(
            (none.status(), none.field("sec-websocket-protocol")),
            (Some(101), None)
        );
        let other = told(|serve| serve.protocol = Some("xmpp".to_owned()));
        assert_eq!(other.field("sec-websocket-protocol"), Some("xmpp"));
        let wrong = told(|serve| serve.accept = Some("wrong".to_owned()));
        assert_ne!(
            wrong.field("sec-websocket-accept"),
            honest.field("sec-websocket-accept")
        );
        let away = told(|serve| serve.redirect = Some("ws".to_owned()));
        assert_eq!(
            away.field("location"),
            Some("ws://wx7qab.edge.localhost:4/ws")
        );
    }

    #[test]
    fn where_a_redirect_points_to_is_honest() {
        let serve = Serve {
            redirect: Some("wss://elsewhere".to_owned()),
            ..Serve::default()
        };
        let answer = upgraded(&upgrade(), "elsewhere.wx7qab.edge.localhost:4", &serve);
        assert_eq!(answer.status(), Some(101));
    }

    #[test]
    fn an_upgrade_that_lacks_something_is_refused() {
        for name in [
            "Upgrade",
            "Connection",
            "Sec-WebSocket-Key",
            "Sec-WebSocket-Version",
            "Sec-WebSocket-Protocol",
        ] {
            let mut head = upgrade();
            head.drop(name);
            assert_ne!(
                upgraded(&head, "", &Serve::default()).status(),
                Some(101),
                "{name}"
            );
        }
    }
}
