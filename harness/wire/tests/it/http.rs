//! Heads and bodies over a socket, as a peer may send them.

use std::io::ErrorKind;

use tokio::io::AsyncWriteExt;
use tokio::net::TcpStream;
use wire::http::{Head, Message, Reader};

use crate::bed::{Tapped, pair};

const MOST: usize = 1000;

/// A socket on which a peer sends these bytes, byte by byte at the start, and hangs up.
async fn sent(bytes: &[u8]) -> TcpStream {
    let (_, ours, mut theirs) = pair(&Tapped::new().tap).await;
    let bytes = bytes.to_vec();
    tokio::spawn(async move {
        theirs.set_nodelay(true).unwrap();
        let (slow, fast) = bytes.split_at(bytes.len().min(40));
        for byte in slow {
            theirs.write_all(&[*byte]).await.unwrap();
            tokio::task::yield_now().await;
        }
        // A reader that has seen enough hangs up before all is written.
        let _ = theirs.write_all(fast).await;
    });
    ours
}

async fn read(bytes: &[u8]) -> std::io::Result<Option<Message>> {
    Reader::default()
        .message(&mut sent(bytes).await, MOST, false)
        .await
}

async fn body(bytes: &[u8]) -> String {
    let message = read(bytes).await.unwrap().unwrap();
    assert!(!message.cut);
    String::from_utf8(message.body).unwrap()
}

#[tokio::test]
async fn a_head_is_taken_apart() {
    let message = read(b"HTTP/1.1 302 Found\r\nset-cookie: a=1\r\nLocation:/x\r\nSet-Cookie:  b=2; Path=/ \r\nno field\r\ncontent-length: 0\r\n\r\n").await;
    let head = message.unwrap().unwrap().head;
    assert_eq!(
        (head.status(), head.field("LOCATION")),
        (Some(302), Some("/x"))
    );
    assert_eq!(
        head.all("Set-Cookie").collect::<Vec<_>>(),
        ["a=1", "b=2; Path=/"]
    );
    assert_eq!(head.fields.len(), 4);
    assert_eq!(
        Head::read(b"GET /ws?a=b HTTP/1.1\r\n\r\n").request(),
        Some(("GET", "/ws?a=b"))
    );
    assert_eq!(Head::read(b"HTTP/1.1 20 OK\r\n\r\n").status(), None);
    assert_eq!(Head::read(b"GET 200 HTTP/1.1\r\n\r\n").status(), None);
}

#[test]
fn edits_drop_then_set_then_add() {
    let mut head =
        Head::read(b"GET / HTTP/1.1\r\nHost: a\r\nOrigin: b\r\norigin: c\r\nCookie: d\r\n\r\n");
    let words = |words: &[&str]| {
        words
            .iter()
            .map(|word| (*word).to_owned())
            .collect::<Vec<_>>()
    };
    head.edit(
        &words(&["Host: other", "Upgrade:x"]),
        &words(&["Host:again"]),
        &words(&["ORIGIN"]),
    );
    assert_eq!(
        head.bytes(),
        b"GET / HTTP/1.1\r\nHost: other\r\nCookie: d\r\nUpgrade: x\r\nHost: again\r\n\r\n"
    );
}

#[tokio::test]
async fn a_counted_body_ends_where_it_says() {
    let mut stream = sent(b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhelloHTTP/1.1 404 Gone\r\ncontent-length:0\r\n\r\nrest").await;
    let mut reader = Reader::default();
    let first = reader
        .message(&mut stream, MOST, false)
        .await
        .unwrap()
        .unwrap();
    assert_eq!(first.body, b"hello");
    assert_eq!(
        first.bytes(),
        b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello"
    );
    let second = reader
        .message(&mut stream, MOST, false)
        .await
        .unwrap()
        .unwrap();
    assert_eq!((second.head.status(), second.body.len()), (Some(404), 0));
    // The next is no head: it ends in the middle.
    let third = reader.message(&mut stream, MOST, false).await.unwrap_err();
    assert_eq!(third.kind(), ErrorKind::UnexpectedEof);
    assert_eq!(reader.rest(), b"rest");
}

#[tokio::test]
async fn chunks_are_joined_and_trailers_passed_over() {
    let chunked = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: Chunked\r\n\r\n5\r\nhello\r\nA;x=y\r\n, whole wo\r\n003\r\nrld\r\n0\r\nTrailer: x\r\n\r\n";
    assert_eq!(body(chunked).await, "hello, whole world");
    let then_more = [&chunked[..], b"HTTP/1.1 204 No Content\r\n\r\n"].concat();
    let (mut stream, mut reader) = (sent(&then_more).await, Reader::default());
    reader.message(&mut stream, MOST, false).await.unwrap();
    let next = reader
        .message(&mut stream, MOST, false)
        .await
        .unwrap()
        .unwrap();
    assert_eq!(next.head.status(), Some(204));
}

#[tokio::test]
async fn without_a_length_a_response_lasts_until_the_end_and_a_request_has_no_body() {
    assert_eq!(
        body(b"HTTP/1.1 200 OK\r\n\r\nuntil the end").await,
        "until the end"
    );
    assert_eq!(body(b"GET / HTTP/1.1\r\n\r\n").await, "");
    // A length with a sign is none.
    assert_eq!(
        body(b"HTTP/1.1 200 OK\r\nContent-Length: +2\r\n\r\nuntil the end").await,
        "until the end"
    );
}

#[tokio::test]
async fn a_request_without_a_length_ends_with_its_head() {
    let mut stream = sent(b"GET /1 HTTP/1.1\r\n\r\nGET /2 HTTP/1.1\r\n\r\n").await;
    let mut reader = Reader::default();
    for target in ["/1", "/2"] {
        let request = reader
            .message(&mut stream, MOST, false)
            .await
            .unwrap()
            .unwrap();
        assert_eq!(
            (request.head.request(), request.body.len()),
            (Some(("GET", target)), 0)
        );
    }
}

#[tokio::test]
async fn what_has_no_body_by_its_status_or_method_has_none() {
    let mut stream = sent(b"HTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\nHTTP/1.1 304 Not Modified\r\nContent-Length: 7\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 7\r\n\r\nHTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok").await;
    let mut reader = Reader::default();
    let mut statuses = Vec::new();
    for bodiless in [false, false, true, false] {
        let message = reader
            .message(&mut stream, MOST, bodiless)
            .await
            .unwrap()
            .unwrap();
        statuses.push((message.head.status().unwrap(), message.body.len()));
    }
    assert_eq!(statuses, [(103, 0), (304, 0), (200, 0), (200, 2)]);
    assert_eq!(
        reader.message(&mut stream, MOST, false).await.unwrap(),
        None
    );
}

#[tokio::test]
async fn what_ends_early_is_an_error_and_not_a_short_message() {
    for (cut, kind) in [
        (
            &b"HTTP/1.1 200 OK\r\nContent-Le"[..],
            ErrorKind::UnexpectedEof,
        ),
        (
            b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhell",
            ErrorKind::UnexpectedEof,
        ),
        (
            b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhel",
            ErrorKind::UnexpectedEof,
        ),
        (
            b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n",
            ErrorKind::UnexpectedEof,
        ),
        (
            b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n",
            ErrorKind::UnexpectedEof,
        ),
        (
            b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nfive\r\nhello\r\n0\r\n\r\n",
            ErrorKind::Other,
        ),
        (
            b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n+5\r\nhello\r\n0\r\n\r\n",
            ErrorKind::Other,
        ),
    ] {
        let why = read(cut).await.unwrap_err();
        assert_eq!(why.kind(), kind, "{}", cut.escape_ascii());
    }
    assert_eq!(read(b"").await.unwrap(), None);
}

#[tokio::test]
async fn empty_lines_before_a_message_are_passed_over() {
    assert_eq!(
        body(b"\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok").await,
        "ok"
    );
    assert_eq!(read(b"\r\n").await.unwrap(), None);
}

#[tokio::test]
async fn lines_may_end_without_carriage_return() {
    assert_eq!(
        body(b"HTTP/1.1 200 OK\nContent-Length: 2\n\nok").await,
        "ok"
    );
}

#[tokio::test]
async fn an_endless_head_is_refused() {
    let field = format!("X: {}\r\n", "x".repeat(1000));
    let long = format!("HTTP/1.1 200 OK\r\n{}\r\n", field.repeat(66));
    let why = read(long.as_bytes()).await.unwrap_err();
    assert!(why.to_string().contains("64 KiB"), "{why}");
    let fits = format!(
        "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n{}\r\n",
        field.repeat(64)
    );
    assert_eq!(body(fits.as_bytes()).await, "");
    let endless_line = format!(
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0{}",
        " ".repeat(70_000)
    );
    let why = read(endless_line.as_bytes()).await.unwrap_err();
    assert!(why.to_string().contains("64 KiB"), "{why}");
}

#[tokio::test]
async fn a_body_over_the_limit_is_cut_and_said_to_be() {
    let kept = |bytes: String| async move {
        let message = read(bytes.as_bytes()).await.unwrap().unwrap();
        (message.body.len(), message.cut)
    };
    for (length, wanted) in [
        (999, (999, false)),
        (1000, (1000, false)),
        (1001, (1000, true)),
        (50_000, (1000, true)),
    ] {
        let body = "x".repeat(length);
        assert_eq!(
            kept(format!(
                "HTTP/1.1 200 OK\r\nContent-Length: {length}\r\n\r\n{body}"
            ))
            .await,
            wanted,
            "counted"
        );
        assert_eq!(
            kept(format!("HTTP/1.1 200 OK\r\n\r\n{body}")).await,
            wanted,
            "until the end"
        );
    }
    let chunks = |count: usize| {
        format!(
            "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n{}0\r\n\r\n",
            format!("64\r\n{}\r\n", "x".repeat(100)).repeat(count)
        )
    };
    assert_eq!(kept(chunks(10)).await, (1000, false));
    assert_eq!(kept(chunks(11)).await, (1000, true));
    let huge = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nffffffffffffffff\r\nx";
    assert_eq!(kept(huge.to_owned()).await, (0, true));
}
