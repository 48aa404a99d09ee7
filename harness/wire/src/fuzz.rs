//! Fuzz targets: what must hold for any bytes that come where HTTP is read. They panic when it does not.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll};

use futures_util::FutureExt;
use tokio::io::{AsyncRead, ReadBuf};

use crate::http::{Head, Message, Reader};

/// Bodies are kept up to this length.
const MOST: usize = 24;

/// All targets, one after the other.
pub fn all(data: &[u8]) {
    head(data);
    messages(data);
}

/// A head is read from any bytes, and what was read is written and read again as the same.
pub fn head(data: &[u8]) {
    let head = Head::read(data);
    assert_eq!(
        Head::read(&head.bytes()),
        head,
        "a head reads otherwise when it is written again"
    );
    let _ = (head.status(), head.request());
    for (name, _) in &head.fields {
        assert_eq!(
            head.field(name),
            head.all(name).next(),
            "the first value of a field"
        );
    }
    let mut edited = head.clone();
    for (name, _) in &head.fields {
        edited.drop(name);
    }
    assert!(
        edited.fields.is_empty(),
        "a field that its own name does not drop"
    );
}

/// Messages come out the same in whatever pieces their bytes come, and no body is longer than allowed.
pub fn messages(data: &[u8]) {
    for bodiless in [false, true] {
        let whole = read_all(data, data.len().max(1), bodiless);
        for size in [1, 7] {
            assert_eq!(
                whole,
                read_all(data, size, bodiless),
                "in pieces of {size} bytes"
            );
        }
        for message in &whole.0 {
            assert!(
                message.body.len() <= MOST,
                "a body of {} bytes",
                message.body.len()
            );
            assert!(
                message.cut || message.body.len() < data.len(),
                "a body from nowhere"
            );
        }
    }
}

/// Every message until one is cut or cannot be read, and whether the last reading failed.
fn read_all(data: &[u8], size: usize, bodiless: bool) -> (Vec<Message>, bool) {
    let mut stream = Pieces { data, size };
    let mut reader = Reader::default();
    let mut messages = Vec::new();
    loop {
        // Pieces are always there, so a reader that waits would wait for ever.
        let read = reader.message(&mut stream, MOST, bodiless).now_or_never();
        match read.unwrap_or_else(|| Err(io::Error::other("the reader waits"))) {
            Ok(Some(message)) => {
                let cut = message.cut;
                messages.push(message);
                if cut {
                    return (messages, false);
                }
            }
            Ok(None) => return (messages, false),
            Err(_) => return (messages, true),
        }
    }
}

/// Bytes that come in pieces of at most this size.
struct Pieces<'a> {
    data: &'a [u8],
    size: usize,
}

impl AsyncRead for Pieces<'_> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let length = self.size.min(self.data.len()).min(buffer.remaining());
        let (now, later) = self.data.split_at(length);
        buffer.put_slice(now);
        self.data = later;
        Poll::Ready(Ok(()))
    }
}
