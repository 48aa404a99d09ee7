//! Requests and their final answers over W2.

use futures_util::{SinkExt, StreamExt};
use tokio_tungstenite::tungstenite::Message as Frame;

use super::upgrade::Socket;
use crate::sip::read::Framing;
use crate::sip::{Message, Start};

/// Why a request has no answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Unanswered {
    /// The connection ended.
    Ended,
    /// Something came that is no SIP.
    Garbage,
}

/// W2 with SIP on it.
pub(super) struct Link(Socket);

impl Link {
    pub(super) fn over(socket: Socket) -> Self {
        Self(socket)
    }

    /// Sends a request and waits for its final answer. What else comes is left alone.
    pub(super) async fn ask(&mut self, request: &Message) -> Result<Message, Unanswered> {
        let text = String::from_utf8_lossy(&request.print()).into_owned();
        self.0
            .send(Frame::text(text))
            .await
            .map_err(|_| Unanswered::Ended)?;
        loop {
            let frame = self
                .0
                .next()
                .await
                .and_then(Result::ok)
                .ok_or(Unanswered::Ended)?;
            let bytes = match frame {
                Frame::Text(text) => text.as_bytes().to_vec(),
                Frame::Binary(bytes) => bytes.to_vec(),
                Frame::Close(_) => return Err(Unanswered::Ended),
                Frame::Ping(_) | Frame::Pong(_) | Frame::Frame(_) => continue,
            };
            // RFC 7118 5 knows an empty message, or two line ends, as a sign of life.
            if bytes.iter().all(|byte| b"\r\n".contains(byte)) {
                continue;
            }
            let answer = Message::read(&bytes, Framing::Whole).map_err(|_| Unanswered::Garbage)?;
            if answers(&answer, request) && answer.code() >= 200 {
                return Ok(answer);
            }
        }
    }

    /// Ends the connection in good order.
    pub(super) async fn close(mut self) {
        // The other side may be gone already, which is as good.
        let _ = self.0.close(None).await;
    }
}

fn answers(answer: &Message, request: &Message) -> bool {
    matches!(answer.start, Start::Response { .. })
        && answer.value("Call-ID") == request.value("Call-ID")
        && answer.cseq() == request.cseq()
        && answer.method() == request.method()
        && answer.branch() == request.branch()
}
