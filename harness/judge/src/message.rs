//! One message of a play, taken apart once.

use evidence::Interface;
use evidence::event::Layer;

use crate::http::Http;

/// What identifies a SIP transaction through a proxy: Call-ID and CSeq number.
pub(crate) type Key = (String, u32);

/// One message of a play.
pub(crate) struct Message<'a> {
    /// Index of its event.
    pub(crate) at: usize,
    /// The event's number.
    pub(crate) n: u32,
    /// The step in which it was sent or came.
    pub(crate) step: Option<usize>,
    /// Whether the play's acts were over.
    pub(crate) over: bool,
    pub(crate) connection: u32,
    pub(crate) interface: Interface,
    pub(crate) received: bool,
    pub(crate) layer: Layer,
    pub(crate) bytes: &'a [u8],
    /// Whether the log has only its beginning.
    pub(crate) cut: bool,
    pub(crate) content: Content<'a>,
}

/// A message as its layer reads it.
pub(crate) enum Content<'a> {
    Sip(Box<sip::Message>),
    Http(Http<'a>),
    Other,
}

impl<'a> Message<'a> {
    pub(crate) fn sip(&self) -> Option<&sip::Message> {
        match &self.content {
            Content::Sip(message) => Some(message),
            _ => None,
        }
    }

    pub(crate) fn http(&self) -> Option<&Http<'a>> {
        match &self.content {
            Content::Http(http) => Some(http),
            _ => None,
        }
    }

    /// The message if it is a SIP request.
    pub(crate) fn request(&self) -> Option<&sip::Message> {
        self.sip()
            .filter(|message| !message.is_response() && message.method().is_some())
    }

    /// The message if it is a SIP request of a method.
    pub(crate) fn request_of(&self, method: &str) -> Option<&sip::Message> {
        self.request()
            .filter(|message| message.method() == Some(method))
    }

    /// Status of a SIP answer.
    pub(crate) fn status(&self) -> Option<u16> {
        self.sip().filter(|message| message.is_response())?.status()
    }

    /// Status of an HTTP answer.
    pub(crate) fn http_status(&self) -> Option<u16> {
        self.http()?.status
    }

    pub(crate) fn is_http_request(&self) -> bool {
        self.http().is_some_and(|http| http.request.is_some())
    }

    pub(crate) fn key(&self) -> Option<Key> {
        let message = self.sip()?;
        Some((message.call_id()?.into_owned(), message.cseq()?.0))
    }

    /// Its first line and, of SIP, what identifies it: for findings.
    pub(crate) fn summary(&self) -> String {
        let first = self
            .bytes
            .split(|byte| *byte == b'\n')
            .next()
            .unwrap_or_default();
        let line = shortened(String::from_utf8_lossy(first).trim_end(), 160);
        let said = self
            .sip()
            .and_then(refusal)
            .map(|said| format!(", {}", shortened(&said, 160)));
        match self.sip().and_then(|message| message.address("To")) {
            Some(to) => format!(
                "{line} (To {}{})",
                shortened(&to.uri, 80),
                said.unwrap_or_default()
            ),
            None => line,
        }
    }
}

/// What a refusal says of its reason: Warning, Reason, or the error of a Bearer challenge (RFC 6750 section 3).
fn refusal(message: &sip::Message) -> Option<String> {
    message.status().filter(|status| *status >= 400)?;
    for name in ["Warning", "Reason"] {
        if let Some(value) = message.field(name) {
            return Some(format!("{name}: {value}"));
        }
    }
    // The rest of a challenge is another in every run.
    message.fields("WWW-Authenticate").find_map(|challenge| {
        let at = challenge.find("error=")?;
        let error = challenge[at..].split(',').next()?;
        Some(error.trim().to_owned())
    })
}

pub(crate) fn content(layer: Layer, bytes: &[u8]) -> Content<'_> {
    match layer {
        Layer::Http => Http::read(bytes).map_or(Content::Other, Content::Http),
        Layer::Sip | Layer::Websocket => {
            let message = sip::Message::split(bytes);
            let is_sip =
                message.is_response() || message.cseq().is_some() || message.call_id().is_some();
            if is_sip || layer == Layer::Sip {
                Content::Sip(Box::new(message))
            } else {
                Content::Other
            }
        }
        Layer::Tls | Layer::Token | Layer::State => Content::Other,
    }
}

/// A text of foreign origin cut to a length that a finding can bear.
pub(crate) fn shortened(text: &str, most: usize) -> String {
    let mut letters = text.char_indices();
    match letters.nth(most) {
        None => text.to_owned(),
        Some((at, _)) => format!("{}… ({} bytes)", &text[..at], text.len()),
    }
}
