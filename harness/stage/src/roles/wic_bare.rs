//! Our WIC outside TLS and WebSocket: the same REGISTER as bare SIP, to the address of W2 or to a SIP port of the edge.

use std::net::SocketAddr;
use std::sync::Arc;

use evidence::event::{Direction, Layer, Side};
use evidence::{Interface, What};
use sip::Message;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use wire::{Tap, transport};

use crate::bed::Bed;
use crate::play::Play;
use crate::roles::Trouble;
use crate::roles::core::taken;
use crate::world::Person;

/// The most that is read of an answer.
const MAX_ANSWER: usize = 64 * 1024;

/// Where bare SIP goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct There {
    udp: bool,
    address: SocketAddr,
}

impl There {
    /// The transport as Via names it.
    fn via(self) -> &'static str {
        if self.udp {
            "SIP/2.0/UDP"
        } else {
            "SIP/2.0/TCP"
        }
    }
}

/// Sends a message from a person's device to each address in turn, and waits at each for its final answer, the end, or the time of
/// an answer. `message` composes it anew: a transaction is met once.
pub(super) async fn send(
    bed: &Bed,
    play: &Arc<Play>,
    step: usize,
    (person, to): (&Person, &str),
    message: impl Fn() -> Result<Message, String>,
) -> Result<Option<u16>, Trouble> {
    play.stimulus(step, Layer::Tls, "no TLS, no WebSocket");
    let mut last = None;
    for there in places(bed, to)? {
        let composed = message()?.bytes();
        let bytes = String::from_utf8_lossy(&composed)
            .replacen("SIP/2.0/WSS", there.via(), 1)
            .into_bytes();
        play.stimulus(step, Layer::Sip, bytes.clone());
        let said = Said {
            play,
            step,
            bytes: &bytes,
            there,
        };
        let answered = match there.udp {
            true => said.by_datagram(bed, person).await,
            false => said.by_stream(bed, person).await,
        };
        last = answered.or(last);
    }
    Ok(last)
}

/// The address of W2 itself, or the SIP addresses that the SUT file declares.
fn places(bed: &Bed, to: &str) -> Result<Vec<There>, String> {
    if to == "w2" {
        let address = bed.target(Interface::W2, "ep-cscf")?.address;
        return Ok(vec![There {
            udp: false,
            address,
        }]);
    }
    let declared = bed.answers("edge-sip-addresses");
    if declared.is_empty() {
        return Err("the SUT file names no address in edge-sip-addresses".to_owned());
    }
    let read = |text: &String| {
        place(
            text,
            &|host| bed.resolve(host),
            bed.world.address("ep-cscf", "Gm"),
        )
        .ok_or_else(|| format!("edge-sip-addresses cannot be read: {text:?}"))
    };
    declared.iter().map(read).collect()
}

/// `tcp:host:port`, `udp:host:port`, or a transport alone for the port that the world has for it.
fn place(
    text: &str,
    resolve: &dyn Fn(&str) -> Option<std::net::IpAddr>,
    of_world: Option<SocketAddr>,
) -> Option<There> {
    let (transport, rest) = text.split_once(':').unwrap_or((text, ""));
    let udp = match transport {
        "tcp" => false,
        "udp" => true,
        _ => return None,
    };
    if rest.is_empty() {
        let address = of_world?;
        return Some(There { udp, address });
    }
    let (host, port) = rest.rsplit_once(':')?;
    let host = host.trim_matches(['[', ']']);
    let ip = host.parse().ok().or_else(|| resolve(host))?;
    let address = SocketAddr::new(ip, port.parse().ok()?);
    Some(There { udp, address })
}

/// A message on its way to one address.
struct Said<'a> {
    play: &'a Arc<Play>,
    step: usize,
    bytes: &'a [u8],
    there: There,
}

impl Said<'_> {
    fn tap(&self) -> &Tap {
        &self.play.tap
    }

    fn sent(&self, number: u32) {
        self.tap().message(
            number,
            Interface::W2,
            Direction::Sent,
            Layer::Sip,
            self.bytes,
        );
    }

    fn ended(&self, connection: u32, by: Side, why: &str) {
        self.tap().record(What::Closed {
            connection,
            by,
            why: why.to_owned(),
        });
    }

    fn silent(&self, bed: &Bed) {
        self.play
            .timed_out(self.step, "an answer to bare SIP", bed.answer_time());
    }

    async fn by_stream(&self, bed: &Bed, person: &Person) -> Option<u16> {
        let from = Some(bed.device(&person.name));
        let opened = transport::connect(self.tap(), Interface::W2, from, self.there.address).await;
        // A port that nobody listens at takes no token; the tap knows.
        let (number, mut stream) = opened.ok()?;
        self.sent(number);
        let mut read = Vec::new();
        let answered = tokio::time::timeout(bed.answer_time(), async {
            // Who expects TLS may end before all was written.
            let _ = stream.write_all(self.bytes).await;
            loop {
                match stream.read_buf(&mut read).await {
                    Ok(count) if count > 0 && read.len() < MAX_ANSWER => {}
                    _ => return None,
                }
                while let Some(message) = taken_answer(&mut read) {
                    if let Some(status) = self.came(number, Layer::Sip, &message) {
                        return Some(status);
                    }
                }
            }
        });
        let answered = answered.await;
        if !read.is_empty() {
            // What is no SIP: an alert of TLS, most likely.
            self.came(number, Layer::Tls, &read);
        }
        match answered {
            Err(_) => self.silent(bed),
            Ok(None) => self.ended(number, Side::Sut, "end of stream"),
            Ok(Some(_)) => self.ended(number, Side::Us, "answered"),
        }
        answered.ok().flatten()
    }

    async fn by_datagram(&self, bed: &Bed, person: &Person) -> Option<u16> {
        let from = match self.there.address.ip().is_loopback() {
            true => SocketAddr::new(bed.device(&person.name), 0),
            false => SocketAddr::from(([0, 0, 0, 0], 0)),
        };
        let socket = transport::datagrams(from).await.ok()?;
        let connection = self.tap().connection();
        self.tap().record(What::Opened {
            connection,
            interface: Interface::W2,
            transport: "udp".to_owned(),
            from: socket
                .local_addr()
                .map(|address| address.to_string())
                .unwrap_or_default(),
            to: self.there.address.to_string(),
            by: Side::Us,
        });
        self.sent(connection);
        let mut buffer = vec![0; MAX_ANSWER];
        let answered = tokio::time::timeout(bed.answer_time(), async {
            socket.connect(self.there.address).await.ok()?;
            socket.send(self.bytes).await.ok()?;
            loop {
                // An error is the word of the system that nobody listens there.
                let count = socket.recv(&mut buffer).await.ok()?;
                let message = buffer.get(..count).unwrap_or_default();
                if let Some(status) = self.came(connection, Layer::Sip, message) {
                    return Some(status);
                }
            }
        });
        match answered.await {
            Err(_) => {
                self.silent(bed);
                None
            }
            Ok(None) => {
                self.ended(connection, Side::Sut, "nobody listens there");
                None
            }
            Ok(status) => status,
        }
    }

    /// Tells what came, and its status if that is a final one.
    fn came(&self, number: u32, layer: Layer, bytes: &[u8]) -> Option<u16> {
        self.tap()
            .message(number, Interface::W2, Direction::Received, layer, bytes);
        Message::split(bytes)
            .status()
            .filter(|status| *status >= 200)
    }
}

/// The SIP message at the beginning of a stream, taken off it, if it is one and whole. An alert of TLS is none.
fn taken_answer(read: &mut Vec<u8>) -> Option<Vec<u8>> {
    read.starts_with(b"SIP/2.0 ").then(|| taken(read)).flatten()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_declared_address_is_read() {
        let resolve = |host: &str| (host == "edge.localhost").then(|| [127, 0, 0, 31].into());
        let world = Some(SocketAddr::from(([127, 0, 0, 31], 5060)));
        let there = |udp, address: &str| address.parse().ok().map(|address| There { udp, address });
        for (text, read) in [
            ("tcp:127.0.0.9:5070", there(false, "127.0.0.9:5070")),
            ("udp:edge.localhost:5070", there(true, "127.0.0.31:5070")),
            ("udp:[::1]:5070", there(true, "[::1]:5070")),
            ("tcp", there(false, "127.0.0.31:5060")),
            ("sctp:127.0.0.9:5070", None),
            ("tcp:nowhere.localhost:5070", None),
            ("tcp:127.0.0.9", None),
        ] {
            assert_eq!(place(text, &resolve, world), read, "{text}");
        }
        assert_eq!(place("udp", &resolve, None), None);
    }

    #[test]
    fn a_message_is_whole_when_its_body_is() {
        let head = b"SIP/2.0 200 OK\r\nContent-Length: 2\r\n\r\n".as_slice();
        assert_eq!(taken_answer(&mut head.to_vec()), None);
        let mut with_more = [head, b"ab", b"SIP/2.0 100"].concat();
        assert_eq!(taken_answer(&mut with_more), Some([head, b"ab"].concat()));
        assert_eq!(with_more, b"SIP/2.0 100");
        let mut alert = b"\x15\x03\x01\x00\x02\x02\x0a\r\n\r\n".to_vec();
        assert_eq!(taken_answer(&mut alert), None);
    }
}
