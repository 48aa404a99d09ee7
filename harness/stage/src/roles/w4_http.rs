//! One HTTP exchange with a WAF under test, on a connection of its own: what is offered, asked and answered, told to the tap.

use std::net::IpAddr;

use evidence::event::{Direction, Layer, Side};
use evidence::{Interface, What};
use tokio::io::AsyncWriteExt;
use tokio::net::TcpStream;
use wire::http::{Head, Message, Reader};
use wire::tls::{ClientSettings, Identity, Sessions};
use wire::{Stream, tls, transport};

use crate::bed::{Bed, Target};
use crate::play::Play;
use crate::roles::Trouble;

/// Bytes of a body that are read, unless the SUT file says otherwise.
const MOST: usize = 1024 * 1024;

/// An exchange to be made.
pub(super) struct Ask<'a> {
    /// The step that asks; none when the harness asks for itself.
    pub(super) step: Option<usize>,
    pub(super) interface: Interface,
    /// Address of the node that asks.
    pub(super) from: Option<IpAddr>,
    pub(super) versions: &'a [String],
    pub(super) server_name: Option<&'a str>,
    pub(super) identity: Option<Identity>,
    pub(super) sessions: Option<Sessions>,
    pub(super) request: Message,
}

/// A POST of a form, as an OAuth client sends it.
pub(super) fn post(target: &Target, path: &str, body: Vec<u8>) -> Message {
    let fields = [
        ("Host", target.authority()),
        ("Accept", "application/json".to_owned()),
        (
            "Content-Type",
            "application/x-www-form-urlencoded".to_owned(),
        ),
        ("Content-Length", body.len().to_string()),
        ("Connection", "close".to_owned()),
    ];
    message(format!("POST {path} HTTP/1.1"), &fields, body)
}

/// A GET.
pub(super) fn get(target: &Target, path: &str, accept: &str) -> Message {
    let fields = [
        ("Host", target.authority()),
        ("Accept", accept.to_owned()),
        ("Connection", "close".to_owned()),
    ];
    message(format!("GET {path} HTTP/1.1"), &fields, Vec::new())
}

fn message(start: String, fields: &[(&str, String)], body: Vec<u8>) -> Message {
    let fields = fields
        .iter()
        .map(|(name, value)| ((*name).to_owned(), value.clone()))
        .collect();
    Message {
        head: Head { start, fields },
        body,
        cut: false,
    }
}

/// The pairs as `application/x-www-form-urlencoded`.
pub(super) fn form(pairs: &[(String, String)]) -> String {
    let mut writer = url::form_urlencoded::Serializer::new(String::new());
    writer.extend_pairs(pairs);
    writer.finish()
}

/// Asks under TLS. `None`: the WAF ended the connection without an HTTP answer, in the handshake or behind it.
pub(super) async fn ask(
    bed: &Bed,
    play: &Play,
    target: &Target,
    ask: &Ask<'_>,
) -> Result<Option<Message>, Trouble> {
    let server_name = ask.server_name.unwrap_or(&target.host).to_owned();
    let settings = ClientSettings {
        versions: ask.versions.to_vec(),
        server_name: Some(server_name),
        alpn: vec!["http/1.1".to_owned()],
        identity: ask.identity.clone(),
        sessions: ask.sessions.clone(),
    };
    if let Some(step) = ask.step {
        play.stimulus(step, Layer::Tls, told(&settings));
        play.stimulus(step, Layer::Http, ask.request.bytes());
    }
    let (connection, stream) = open(bed, play, ask, target.address).await?;
    let shaken = tls::client(&play.tap, connection, stream, &settings);
    let stream = match tokio::time::timeout(bed.answer_time(), shaken).await {
        Ok(Ok(stream)) => stream,
        // A refusal: the tap knows of it.
        Ok(Err(_)) => return Ok(None),
        Err(_) => {
            return Err(unanswered(bed, play, ask, "the end of the TLS handshake"));
        }
    };
    say(bed, play, ask, connection, stream).await
}

/// Asks in clear. `None`: nobody listens there, or no HTTP answer came.
pub(super) async fn ask_in_clear(
    bed: &Bed,
    play: &Play,
    address: std::net::SocketAddr,
    ask: &Ask<'_>,
) -> Result<Option<Message>, Trouble> {
    if let Some(step) = ask.step {
        play.stimulus(step, Layer::Tls, format!("no TLS\naddress: {address}"));
        play.stimulus(step, Layer::Http, ask.request.bytes());
    }
    let Ok((connection, stream)) = open(bed, play, ask, address).await else {
        return Ok(None);
    };
    say(bed, play, ask, connection, Stream::Clear(stream)).await
}

async fn open(
    bed: &Bed,
    play: &Play,
    ask: &Ask<'_>,
    address: std::net::SocketAddr,
) -> Result<(u32, TcpStream), Trouble> {
    let opened = transport::connect(&play.tap, ask.interface, ask.from, address);
    match tokio::time::timeout(bed.answer_time(), opened).await {
        Ok(opened) => {
            opened.map_err(|why| Trouble::sut(format!("{address} refused the connection: {why}")))
        }
        Err(_) => Err(unanswered(bed, play, ask, "the TCP connection")),
    }
}

async fn say(
    bed: &Bed,
    play: &Play,
    ask: &Ask<'_>,
    connection: u32,
    mut stream: Stream,
) -> Result<Option<Message>, Trouble> {
    let bytes = ask.request.bytes();
    let interface = ask.interface;
    let layer = Layer::Http;
    play.tap
        .message(connection, interface, Direction::Sent, layer, &bytes);
    // With TLS 1.3 a refused client certificate is told behind our handshake: what was not written may still be answered.
    let written = stream.write_all(&bytes).await;
    let flushed = stream.flush().await;
    let most = bed.answer("max-body", "").parse().unwrap_or(MOST);
    let bodiless = ask.request.head.start.starts_with("HEAD ");
    let mut reader = Reader::default();
    let read = reader.message(&mut stream, most, bodiless);
    let read = tokio::time::timeout(bed.answer_time(), read).await;
    let (answer, by, why) = match read {
        Err(_) => {
            unanswered(bed, play, ask, "the HTTP answer");
            (None, Side::Us, "deadline".to_owned())
        }
        Ok(Ok(Some(answer))) => (Some(answer), Side::Us, "close".to_owned()),
        Ok(Ok(None)) => (None, Side::Sut, "end of stream".to_owned()),
        Ok(Err(why)) => {
            let first = written.and(flushed).err();
            (None, Side::Sut, first.unwrap_or(why).to_string())
        }
    };
    if let Some(answer) = &answer {
        let bytes = answer.bytes();
        play.tap
            .message(connection, interface, Direction::Received, layer, &bytes);
    }
    // The other side may be gone already; then there is nobody to say goodbye to.
    let _ = stream.shutdown().await;
    play.tap.record(What::Closed {
        connection,
        by,
        why,
    });
    Ok(answer)
}

fn unanswered(bed: &Bed, play: &Play, ask: &Ask<'_>, awaited: &str) -> Trouble {
    if let Some(step) = ask.step {
        play.timed_out(step, awaited, bed.answer_time());
    }
    Trouble::sut(format!("{awaited} did not come"))
}

/// What the hello offers, a line a fact.
fn told(settings: &ClientSettings) -> String {
    let versions = if settings.versions.is_empty() {
        "1.2, 1.3".to_owned()
    } else {
        settings.versions.join(", ")
    };
    let certificate = settings
        .identity
        .as_ref()
        .map_or("(none)", |identity| identity.name.as_str());
    format!(
        "versions: {versions}\nserver name: {}\nclient certificate: {certificate}\nresumes: {}",
        settings.server_name.as_deref().unwrap_or("(none)"),
        settings.sessions.is_some(),
    )
}
