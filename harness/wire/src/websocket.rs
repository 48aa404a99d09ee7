//! WebSocket: the handshake as bytes, messages by tungstenite, and frames of our own where they must be wrong.

use base64::Engine;
use futures_util::{SinkExt, StreamExt};
use tokio::io::AsyncWriteExt;
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::protocol::{Role, WebSocketConfig};
use tokio_tungstenite::tungstenite::{Error, Message};

use crate::Stream;

/// The constant of RFC 6455 section 1.3 that is joined to the key.
const ACCEPT_GUID: &str = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";
/// A message is no longer than this.
const LONGEST_MESSAGE: usize = 1024 * 1024;

/// The Sec-WebSocket-Accept for a key.
#[must_use]
pub fn accept_for(key: &str) -> String {
    use sha1::Digest;
    let digest = sha1::Sha1::digest(format!("{key}{ACCEPT_GUID}"));
    base64::engine::general_purpose::STANDARD.encode(digest)
}

/// A fresh Sec-WebSocket-Key.
#[must_use]
pub fn fresh_key() -> String {
    let mut bytes = [0; 16];
    // Without random bytes from the system a key of zeros is still a key.
    let _ = aws_lc_rs::rand::fill(&mut bytes);
    base64::engine::general_purpose::STANDARD.encode(bytes)
}

/// How a message is framed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Framing {
    /// One text message.
    Text,
    /// One binary message.
    Binary,
    /// One text message in three fragments.
    Fragmented,
    /// One text message in three fragments with a ping between.
    FragmentedWithPing,
    /// One text frame without mask.
    Unmasked,
    /// One text frame with a reserved bit set.
    ReservedBit,
    /// One frame of an opcode that is reserved (RFC 6455 section 5.2).
    UnknownOpcode,
    /// A ping that is longer than a control frame may be (RFC 6455 section 5.5).
    LongPing,
    /// A ping that is fragmented, with the message in its continuation.
    FragmentedPing,
    /// A continuation of nothing.
    StrayContinuation,
    /// One text frame whose length has its highest bit set (RFC 6455 section 5.2).
    LengthTopBit,
    /// The halves of the bytes in two text messages.
    TwoMessages,
    /// The bytes in no frame.
    Unframed,
}

/// What came on a WebSocket.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Incoming {
    /// A text or binary message.
    Message(Vec<u8>),
    /// It ended, in words.
    Closed(String),
}

/// A WebSocket whose handshake is over.
#[derive(Debug)]
pub struct Socket(WebSocketStream<Stream>);

impl Socket {
    /// A WebSocket over a stream; `client` says whether we are the client, `already_read` is what came behind the handshake.
    pub async fn open(stream: Stream, client: bool, already_read: Vec<u8>) -> Self {
        let role = if client { Role::Client } else { Role::Server };
        let config = WebSocketConfig::default()
            .max_message_size(Some(LONGEST_MESSAGE))
            .max_frame_size(Some(LONGEST_MESSAGE));
        Self(WebSocketStream::from_partially_read(stream, already_read, role, Some(config)).await)
    }

    /// Sends a message, as text where it is text.
    ///
    /// # Errors
    /// In words, when the connection is gone.
    pub async fn send(&mut self, bytes: Vec<u8>) -> Result<(), String> {
        let message = match String::from_utf8(bytes) {
            Ok(text) => Message::text(text),
            Err(not_text) => Message::binary(not_text.into_bytes()),
        };
        self.0.send(message).await.map_err(|why| why.to_string())
    }

    /// Writes raw frames underneath.
    ///
    /// # Errors
    /// In words, when the connection is gone.
    pub async fn write_raw(&mut self, raw: &[u8]) -> Result<(), String> {
        let stream = self.0.get_mut();
        stream.write_all(raw).await.map_err(|why| why.to_string())?;
        stream.flush().await.map_err(|why| why.to_string())
    }

    /// The next message, or how the connection ended. Pings are answered underneath; dropped halfway, nothing is lost.
    pub async fn next(&mut self) -> Incoming {
        loop {
            match self.0.next().await {
                Some(Ok(Message::Text(text))) => {
                    return Incoming::Message(text.as_bytes().to_vec());
                }
                Some(Ok(Message::Binary(bytes))) => {
                    return Incoming::Message(bytes.as_ref().to_vec());
                }
                Some(Ok(Message::Close(frame))) => {
                    let why = frame.map_or_else(
                        || "close".to_owned(),
                        |frame| format!("close {} {}", frame.code, frame.reason),
                    );
                    return Incoming::Closed(why);
                }
                Some(Ok(_)) => {}
                Some(Err(Error::ConnectionClosed | Error::AlreadyClosed)) | None => {
                    return Incoming::Closed("end of stream".to_owned());
                }
                Some(Err(why)) => return Incoming::Closed(why.to_string()),
            }
        }
    }

    /// Says goodbye; the other side may be gone already, then there is nobody to say it to.
    pub async fn close(&mut self) {
        let _ = self.0.send(Message::Close(None)).await;
        let _ = self.0.flush().await;
    }
}

impl Framing {
    /// The framing of a name in scripts.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        Some(match name {
            "text" => Self::Text,
            "binary" => Self::Binary,
            "fragmented" => Self::Fragmented,
            "fragmented-with-ping" => Self::FragmentedWithPing,
            "unmasked" => Self::Unmasked,
            "reserved-bit" => Self::ReservedBit,
            "unknown-opcode" => Self::UnknownOpcode,
            "long-ping" => Self::LongPing,
            "fragmented-ping" => Self::FragmentedPing,
            "stray-continuation" => Self::StrayContinuation,
            "length-top-bit" => Self::LengthTopBit,
            "two-messages" => Self::TwoMessages,
            "none" => Self::Unframed,
            _ => return None,
        })
    }
}

/// A message as raw frames of a client, framed as asked.
#[must_use]
pub fn raw_frames(bytes: &[u8], framing: Framing) -> Vec<u8> {
    const TEXT: u8 = 0x1;
    const CONTINUATION: u8 = 0x0;
    const PING: u8 = 0x9;
    const RESERVED: u8 = 0x3;
    match framing {
        Framing::Text => frame(bytes, 0x80 | TEXT, true),
        Framing::Binary => frame(bytes, 0x80 | 0x2, true),
        Framing::Unmasked => frame(bytes, 0x80 | TEXT, false),
        Framing::ReservedBit => frame(bytes, 0x80 | 0x40 | TEXT, true),
        Framing::UnknownOpcode => frame(bytes, 0x80 | RESERVED, true),
        Framing::LongPing => frame(bytes, 0x80 | PING, true),
        Framing::FragmentedPing => [
            frame(b"", PING, true),
            frame(bytes, 0x80 | CONTINUATION, true),
        ]
        .concat(),
        Framing::StrayContinuation => frame(bytes, 0x80 | CONTINUATION, true),
        Framing::LengthTopBit => {
            let length = bytes.len() as u64 | 1 << 63;
            let mut raw = vec![0x80 | TEXT, 0x80 | 127];
            raw.extend(length.to_be_bytes());
            raw.extend(masked(bytes));
            raw
        }
        Framing::TwoMessages => {
            let (first, second) = bytes.split_at(bytes.len() / 2);
            [
                frame(first, 0x80 | TEXT, true),
                frame(second, 0x80 | TEXT, true),
            ]
            .concat()
        }
        Framing::Unframed => bytes.to_vec(),
        Framing::Fragmented | Framing::FragmentedWithPing => {
            let third = bytes.len() / 3;
            let mut raw = frame(&bytes[..third], TEXT, true);
            if framing == Framing::FragmentedWithPing {
                raw.extend(frame(b"between", 0x80 | PING, true));
            }
            raw.extend(frame(&bytes[third..2 * third], CONTINUATION, true));
            raw.extend(frame(&bytes[2 * third..], 0x80 | CONTINUATION, true));
            raw
        }
    }
}

fn frame(payload: &[u8], first: u8, masked: bool) -> Vec<u8> {
    let mut raw = vec![first];
    let bit = if masked { 0x80 } else { 0 };
    match payload.len() {
        short @ 0..126 => raw.push(bit | u8::try_from(short).unwrap_or(125)),
        middle @ 126..65536 => {
            raw.push(bit | 126);
            raw.extend(u16::try_from(middle).unwrap_or(u16::MAX).to_be_bytes());
        }
        long => {
            raw.push(bit | 127);
            raw.extend((long as u64).to_be_bytes());
        }
    }
    if masked {
        raw.extend(self::masked(payload));
    } else {
        raw.extend(payload);
    }
    raw
}

/// A mask, and the payload under it.
fn masked(payload: &[u8]) -> Vec<u8> {
    const MASK: [u8; 4] = [0x37, 0xfa, 0x21, 0x3d];
    let hidden = payload
        .iter()
        .enumerate()
        .map(|(at, byte)| byte ^ MASK[at % 4]);
    MASK.into_iter().chain(hidden).collect()
}
