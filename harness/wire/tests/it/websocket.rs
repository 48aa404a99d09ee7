//! WebSocket frames of ours under tungstenite's eyes.

use std::collections::BTreeSet;

use futures_util::{SinkExt, StreamExt};
use tokio::io::AsyncWriteExt;
use tokio::net::TcpStream;
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::protocol::frame::coding::CloseCode;
use tokio_tungstenite::tungstenite::protocol::{CloseFrame, Role};
use wire::Stream;
use wire::websocket::{Framing, Incoming, Socket, accept_for, fresh_key, raw_frames};

use crate::bed::{Tapped, pair};

/// Our client, and tungstenite's server with its own rules.
async fn client() -> (Socket, WebSocketStream<TcpStream>) {
    let (_, ours, theirs) = pair(&Tapped::new().tap).await;
    let socket = Socket::open(Stream::Clear(ours), true, Vec::new()).await;
    (
        socket,
        WebSocketStream::from_raw_socket(theirs, Role::Server, None).await,
    )
}

/// Our server, and tungstenite's client.
async fn server() -> (Socket, WebSocketStream<TcpStream>) {
    let (_, theirs, ours) = pair(&Tapped::new().tap).await;
    let socket = Socket::open(Stream::Clear(ours), false, Vec::new()).await;
    (
        socket,
        WebSocketStream::from_raw_socket(theirs, Role::Client, None).await,
    )
}

#[test]
fn the_accept_value_is_that_of_the_rfcs_example_and_keys_are_fresh() {
    // RFC 6455 section 1.3.
    assert_eq!(
        accept_for("dGhlIHNhbXBsZSBub25jZQ=="),
        "s3pPLMBiTxaQ9kYGzzhZRbK+xOo="
    );
    let keys: BTreeSet<String> = (0..20).map(|_| fresh_key()).collect();
    assert_eq!(keys.len(), 20);
    assert!(
        keys.iter()
            .all(|key| key.len() == 24 && key.ends_with("==")),
        "{keys:?}"
    );
}

#[tokio::test]
async fn valid_framings_are_read_as_one_message_of_any_length() {
    for length in [0, 1, 2, 125, 126, 65_535, 65_536, 200_000] {
        let text = "xé".repeat(length).chars().take(length).collect::<String>();
        for framing in [
            Framing::Text,
            Framing::Binary,
            Framing::Fragmented,
            Framing::FragmentedWithPing,
        ] {
            let (mut ours, mut theirs) = client().await;
            let raw = raw_frames(text.as_bytes(), framing);
            let (written, read) = tokio::join!(ours.write_raw(&raw), async {
                loop {
                    match theirs.next().await.unwrap().unwrap() {
                        Message::Ping(_) => {}
                        message => return message,
                    }
                }
            });
            written.unwrap();
            assert_eq!(read.is_binary(), framing == Framing::Binary);
            assert_eq!(read.into_data(), text.as_bytes(), "{framing:?} {length}");
        }
    }
}

/// RFC 6455 section 5.2: the shortest of the three forms of a length must be used.
#[test]
fn lengths_are_written_in_their_shortest_form() {
    for (length, wanted) in [
        (125, &[0x81, 0x80 | 125][..]),
        (126, &[0x81, 0x80 | 126, 0, 126]),
        (65_535, &[0x81, 0x80 | 126, 0xff, 0xff]),
        (65_536, &[0x81, 0x80 | 127, 0, 0, 0, 0, 0, 1, 0, 0]),
    ] {
        let raw = raw_frames(&vec![b'x'; length], Framing::Text);
        assert_eq!(&raw[..wanted.len()], wanted);
        assert_eq!(
            raw.len(),
            wanted.len() + 4 + length,
            "a mask and the payload follow"
        );
    }
}

#[tokio::test]
async fn fragments_are_fragments_with_a_ping_between() {
    let (mut ours, mut theirs) = client().await;
    ours.write_raw(&raw_frames(b"REGISTER", Framing::FragmentedWithPing))
        .await
        .unwrap();
    let ping = theirs.next().await.unwrap().unwrap();
    assert_eq!(
        ping,
        Message::Ping(b"between".as_slice().into()),
        "the ping comes before the message is whole"
    );
    assert_eq!(
        theirs.next().await.unwrap().unwrap(),
        Message::text("REGISTER")
    );
}

#[tokio::test]
async fn wrong_framings_are_refused_for_what_is_wrong() {
    for (framing, what) in [
        (Framing::Unmasked, "mask"),
        (Framing::ReservedBit, "eserved"),
        (Framing::UnknownOpcode, "opcode"),
        (Framing::FragmentedPing, "ragmented"),
        (Framing::StrayContinuation, "ontinu"),
        (Framing::LengthTopBit, "too long"),
    ] {
        let (mut ours, mut theirs) = client().await;
        ours.write_raw(&raw_frames(b"REGISTER", framing))
            .await
            .unwrap();
        drop(ours);
        let refused = theirs.next().await.unwrap().unwrap_err().to_string();
        assert!(refused.contains(what), "{framing:?}: {refused}");
    }
}

/// A ping of more than 125 octets (RFC 6455 section 5.5).
#[tokio::test]
async fn a_long_ping_is_refused() {
    let (mut ours, mut theirs) = client().await;
    ours.write_raw(&raw_frames(&[b'x'; 126], Framing::LongPing))
        .await
        .unwrap();
    drop(ours);
    let refused = theirs.next().await.unwrap().unwrap_err().to_string();
    assert!(refused.contains("ontrol"), "{refused}");
}

#[tokio::test]
async fn two_messages_are_the_halves() {
    let (mut ours, mut theirs) = client().await;
    ours.write_raw(&raw_frames(b"REGISTER", Framing::TwoMessages))
        .await
        .unwrap();
    for half in ["REGI", "STER"] {
        assert_eq!(theirs.next().await.unwrap().unwrap(), Message::text(half));
    }
    assert_eq!(raw_frames(b"REGISTER", Framing::Unframed), b"REGISTER");
}

#[test]
fn framings_have_names() {
    for name in ["text", "stray-continuation", "two-messages", "none"] {
        assert!(Framing::named(name).is_some(), "{name}");
    }
    assert_eq!(Framing::named("twice"), None);
}

#[tokio::test]
async fn messages_are_sent_as_text_where_they_are_text() {
    let (mut ours, mut theirs) = server().await;
    ours.send(b"SIP/2.0 200 OK".to_vec()).await.unwrap();
    ours.send(vec![0xff, 0xfe]).await.unwrap();
    assert_eq!(
        theirs.next().await.unwrap().unwrap(),
        Message::text("SIP/2.0 200 OK")
    );
    assert_eq!(
        theirs.next().await.unwrap().unwrap(),
        Message::binary(vec![0xff, 0xfe])
    );
}

#[tokio::test]
async fn messages_come_in_order_and_pings_are_answered_underneath() {
    let (mut ours, mut theirs) = server().await;
    theirs.send(Message::text("one")).await.unwrap();
    theirs
        .send(Message::Ping("are you there".into()))
        .await
        .unwrap();
    theirs.send(Message::binary(vec![2])).await.unwrap();
    assert_eq!(ours.next().await, Incoming::Message(b"one".to_vec()));
    let (next, pong) = tokio::join!(ours.next(), theirs.next());
    assert_eq!(next, Incoming::Message(vec![2]));
    assert_eq!(
        pong.unwrap().unwrap(),
        Message::Pong("are you there".into())
    );
}

#[tokio::test]
async fn what_came_behind_the_handshake_is_not_lost() {
    let (_, mut theirs, ours) = pair(&Tapped::new().tap).await;
    let raw = raw_frames(b"early", Framing::Text);
    let (read_already, rest) = raw.split_at(4);
    let mut socket = Socket::open(Stream::Clear(ours), false, read_already.to_vec()).await;
    theirs.write_all(rest).await.unwrap();
    drop(theirs);
    assert_eq!(socket.next().await, Incoming::Message(b"early".to_vec()));
}

#[tokio::test]
async fn an_end_is_told_in_words() {
    let closed = |incoming: Incoming| match incoming {
        Incoming::Closed(why) => why,
        Incoming::Message(bytes) => panic!("a message: {bytes:?}"),
    };
    let (mut ours, mut theirs) = server().await;
    theirs
        .close(Some(CloseFrame {
            code: CloseCode::Policy,
            reason: "not you".into(),
        }))
        .await
        .unwrap();
    assert_eq!(closed(ours.next().await), "close 1008 not you");

    let (mut ours, mut theirs) = server().await;
    theirs.close(None).await.unwrap();
    assert_eq!(closed(ours.next().await), "close");

    let (mut ours, theirs) = server().await;
    drop(theirs);
    assert!(!closed(ours.next().await).is_empty());
    assert!(ours.send(b"x".to_vec()).await.is_err(), "nobody is there");

    let (mut ours, mut theirs) = server().await;
    theirs
        .get_mut()
        .write_all(&raw_frames(b"x", Framing::Unmasked))
        .await
        .unwrap();
    drop(theirs);
    assert!(closed(ours.next().await).contains("mask"));
}

#[tokio::test]
async fn a_message_over_a_mebibyte_ends_the_connection() {
    for (length, fits) in [(1024 * 1024, true), (1024 * 1024 + 1, false)] {
        let (mut ours, mut theirs) = server().await;
        let send = async {
            // The reader hangs up before all is written.
            let _ = theirs.send(Message::binary(vec![7; length])).await;
        };
        let (incoming, ()) = tokio::join!(
            async {
                let read = ours.next().await;
                drop(ours);
                read
            },
            send
        );
        assert_eq!(
            matches!(incoming, Incoming::Message(bytes) if bytes.len() == length),
            fits,
            "{length}"
        );
    }
}

#[tokio::test]
async fn a_goodbye_is_said_and_may_find_nobody() {
    let (mut ours, mut theirs) = client().await;
    ours.close().await;
    assert_eq!(theirs.next().await.unwrap().unwrap(), Message::Close(None));
    let (mut ours, theirs) = client().await;
    drop(theirs);
    ours.close().await;
}
