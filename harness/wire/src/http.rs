//! HTTP/1.1 heads and bodies as bytes: what we write may be wrong on purpose, what we read is bounded.

use std::io;

use tokio::io::{AsyncRead, AsyncReadExt};

/// A head is no longer than this.
const LONGEST_HEAD: usize = 64 * 1024;

/// The head of a request or response.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Head {
    /// The first line without its end.
    pub start: String,
    /// The header fields in order, names as written.
    pub fields: Vec<(String, String)>,
}

/// A request or response: head, body, and its bytes as they were read.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Message {
    /// The head.
    pub head: Head,
    /// The body, chunks joined.
    pub body: Vec<u8>,
    /// Whether the body was cut at the limit.
    pub cut: bool,
}

impl Head {
    /// Takes a head apart; what is no field is left out. Never fails: a head is whatever ended in an empty line.
    #[must_use]
    pub fn read(bytes: &[u8]) -> Self {
        let text = String::from_utf8_lossy(bytes);
        let mut lines = text.split('\n').map(|line| line.trim_end_matches('\r'));
        let start = lines.next().unwrap_or_default().to_owned();
        let fields = lines
            .filter_map(|line| line.split_once(':'))
            .map(|(name, value)| (name.trim().to_owned(), value.trim().to_owned()))
            .collect();
        Self { start, fields }
    }

    /// The first value of a field, whatever the case of its name.
    #[must_use]
    pub fn field(&self, name: &str) -> Option<&str> {
        self.fields
            .iter()
            .find(|(known, _)| known.eq_ignore_ascii_case(name))
            .map(|(_, value)| value.as_str())
    }

    /// Every value of a field.
    pub fn all<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a str> {
        self.fields
            .iter()
            .filter(move |(known, _)| known.eq_ignore_ascii_case(name))
            .map(|(_, value)| value.as_str())
    }

    /// The status of a response.
    #[must_use]
    pub fn status(&self) -> Option<u16> {
        let mut words = self.start.split(' ');
        words
            .next()
            .filter(|version| version.starts_with("HTTP/"))?;
        words
            .next()?
            .parse()
            .ok()
            .filter(|status| (100..1000).contains(status))
    }

    /// Method and target of a request.
    #[must_use]
    pub fn request(&self) -> Option<(&str, &str)> {
        let mut words = self.start.split(' ');
        Some((words.next()?, words.next()?))
    }

    /// The head as bytes.
    #[must_use]
    pub fn bytes(&self) -> Vec<u8> {
        let mut text = format!("{}\r\n", self.start);
        for (name, value) in &self.fields {
            text.push_str(name);
            text.push_str(": ");
            text.push_str(value);
            text.push_str("\r\n");
        }
        text.push_str("\r\n");
        text.into_bytes()
    }

    /// Replaces the first field of that name, or adds it.
    pub fn set(&mut self, name: &str, value: &str) {
        match self
            .fields
            .iter_mut()
            .find(|(known, _)| known.eq_ignore_ascii_case(name))
        {
            Some(field) => *field = (name.to_owned(), value.to_owned()),
            None => self.fields.push((name.to_owned(), value.to_owned())),
        }
    }

    /// Removes every field of that name.
    pub fn drop(&mut self, name: &str) {
        self.fields
            .retain(|(known, _)| !known.eq_ignore_ascii_case(name));
    }

    /// Applies edits of a script: lines to set, lines to add, names to drop.
    pub fn edit(&mut self, set: &[String], add: &[String], drop: &[String]) {
        for name in drop {
            self.drop(name);
        }
        for line in set {
            let (name, value) = line.split_once(':').unwrap_or((line, ""));
            self.set(name.trim(), value.trim());
        }
        for line in add {
            let (name, value) = line.split_once(':').unwrap_or((line, ""));
            self.fields
                .push((name.trim().to_owned(), value.trim().to_owned()));
        }
    }
}

impl Message {
    /// Head and body as bytes.
    #[must_use]
    pub fn bytes(&self) -> Vec<u8> {
        let mut bytes = self.head.bytes();
        bytes.extend_from_slice(&self.body);
        bytes
    }
}

/// Reads a connection message by message; keeps what came behind the last one.
#[derive(Debug, Default)]
pub struct Reader {
    buffer: Vec<u8>,
}

impl Reader {
    /// What was read and belongs to no message yet.
    #[must_use]
    pub fn rest(self) -> Vec<u8> {
        self.buffer
    }

    /// Reads a head; empty lines before it are passed over (RFC 9112 section 2.2). `None` when the connection ended before one
    /// began.
    ///
    /// # Errors
    /// When it ends in the middle, or the head is too long.
    pub async fn head<S: AsyncRead + Unpin>(&mut self, stream: &mut S) -> io::Result<Option<Head>> {
        loop {
            let empty = self.buffer.iter().take_while(|byte| b"\r\n".contains(byte));
            let empty = empty.count();
            self.buffer.drain(..empty);
            let end = head_end(&self.buffer);
            if end.unwrap_or(self.buffer.len()) > LONGEST_HEAD {
                return Err(io::Error::other("the head is longer than 64 KiB"));
            }
            if let Some(end) = end {
                let head = Head::read(&self.buffer[..end]);
                self.buffer.drain(..end);
                return Ok(Some(head));
            }
            if !self.fill(stream).await? {
                return if self.buffer.is_empty() {
                    Ok(None)
                } else {
                    Err(io::ErrorKind::UnexpectedEof.into())
                };
            }
        }
    }

    /// Reads a response or request with its body, of which at most `most` bytes are kept.
    ///
    /// # Errors
    /// As [`Reader::head`], and when the body ends early.
    pub async fn message<S: AsyncRead + Unpin>(
        &mut self,
        stream: &mut S,
        most: usize,
        bodiless: bool,
    ) -> io::Result<Option<Message>> {
        let Some(head) = self.head(stream).await? else {
            return Ok(None);
        };
        let mut message = Message {
            head,
            ..Message::default()
        };
        let status = message.head.status();
        let chunked = message
            .head
            .field("transfer-encoding")
            .is_some_and(|value| value.to_ascii_lowercase().contains("chunked"));
        let length = message
            .head
            .field("content-length")
            .and_then(|value| number(value, 10));
        let none = bodiless
            || matches!(status, Some(100..=199 | 204 | 304))
            || (status.is_none() && length.is_none() && !chunked);
        if none {
            return Ok(Some(message));
        }
        if chunked {
            self.chunks(stream, &mut message, most).await?;
        } else if let Some(length) = length {
            self.counted(stream, &mut message, length, most).await?;
        } else {
            while self.buffer.len() <= most && self.fill(stream).await? {}
            message.cut = self.buffer.len() > most;
            message.body = std::mem::take(&mut self.buffer);
            message.body.truncate(most);
        }
        Ok(Some(message))
    }

    async fn counted<S: AsyncRead + Unpin>(
        &mut self,
        stream: &mut S,
        message: &mut Message,
        length: usize,
        most: usize,
    ) -> io::Result<()> {
        let wanted = length.min(most);
        message.cut = length > most;
        while self.buffer.len() < wanted {
            if !self.fill(stream).await? {
                return Err(io::ErrorKind::UnexpectedEof.into());
            }
        }
        message.body.extend(self.buffer.drain(..wanted));
        Ok(())
    }

    async fn chunks<S: AsyncRead + Unpin>(
        &mut self,
        stream: &mut S,
        message: &mut Message,
        most: usize,
    ) -> io::Result<()> {
        loop {
            let line = self.line(stream).await?;
            let digits = line.split(';').next().unwrap_or_default().trim();
            let length =
                number(digits, 16).ok_or_else(|| io::Error::other("a chunk without a length"))?;
            if length == 0 {
                while !self.line(stream).await?.is_empty() {}
                return Ok(());
            }
            if message.body.len().saturating_add(length) > most {
                message.cut = true;
                return Ok(());
            }
            self.counted(stream, message, length, length).await?;
            self.line(stream).await?;
        }
    }

    async fn line<S: AsyncRead + Unpin>(&mut self, stream: &mut S) -> io::Result<String> {
        loop {
            let end = self.buffer.iter().position(|byte| *byte == b'\n');
            if end.unwrap_or(self.buffer.len()) > LONGEST_HEAD {
                return Err(io::Error::other("a line is longer than 64 KiB"));
            }
            if let Some(end) = end {
                let line = String::from_utf8_lossy(&self.buffer[..end])
                    .trim_end_matches('\r')
                    .to_owned();
                self.buffer.drain(..=end);
                return Ok(line);
            }
            if !self.fill(stream).await? {
                return Err(io::ErrorKind::UnexpectedEof.into());
            }
        }
    }

    async fn fill<S: AsyncRead + Unpin>(&mut self, stream: &mut S) -> io::Result<bool> {
        let mut chunk = [0; 8192];
        let read = stream.read(&mut chunk).await?;
        self.buffer.extend_from_slice(&chunk[..read]);
        Ok(read > 0)
    }
}

/// A length: digits and nothing else, no sign.
fn number(text: &str, radix: u32) -> Option<usize> {
    text.chars()
        .all(|digit| digit.is_digit(radix))
        .then(|| usize::from_str_radix(text, radix).ok())
        .flatten()
}

/// Where a head ends: behind its empty line.
fn head_end(bytes: &[u8]) -> Option<usize> {
    let crlf = bytes
        .windows(4)
        .position(|window| window == b"\r\n\r\n")
        .map(|at| at + 4);
    let lf = bytes
        .windows(2)
        .position(|window| window == b"\n\n")
        .map(|at| at + 2);
    match (crlf, lf) {
        (Some(one), Some(other)) => Some(one.min(other)),
        (one, other) => one.or(other),
    }
}
