//! SIP as the edge and the core speak it: the ecosystem's parser splits head and URIs, a strict layer of ours refuses what two
//! parsers could read in two ways. What is forwarded is printed again, header by header and in order.

pub(crate) mod credentials;
pub(crate) mod link;
pub(crate) mod read;
pub(crate) mod uri;

use std::fmt::Write;

/// One SIP message. Names of known headers are written out in full, values are unfolded and trimmed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Message {
    pub(crate) start: Start,
    pub(crate) headers: Vec<Header>,
    pub(crate) body: Vec<u8>,
    /// Boxed, for hardly any message has it.
    pub(crate) as_it_came: Box<AsItCame>,
}

/// What is printed as it came instead of being written anew. Empty but in an edge that reads leniently and mends nothing.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct AsItCame {
    /// The request line.
    pub(crate) line: Option<String>,
    /// The values of Content-Length.
    pub(crate) lengths: Vec<String>,
    /// Of a folded To the first line, which is not printed.
    pub(crate) first_line: Option<String>,
    /// What stands for a bare line feed in header values.
    pub(crate) line_feed: Option<char>,
}

/// The first line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Start {
    Request { method: String, uri: String },
    Response { code: u16, reason: String },
}

/// One header line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Header {
    pub(crate) name: String,
    pub(crate) value: String,
}

impl Header {
    pub(crate) fn is(&self, name: &str) -> bool {
        self.name.eq_ignore_ascii_case(name)
    }
}

impl Message {
    /// The method of a request; of a response that of its CSeq.
    pub(crate) fn method(&self) -> &str {
        match &self.start {
            Start::Request { method, .. } => method,
            Start::Response { .. } => self
                .value("CSeq")
                .and_then(|cseq| cseq.split_ascii_whitespace().nth(1))
                .unwrap_or_default(),
        }
    }

    /// The Request-URI, empty in a response.
    pub(crate) fn request_uri(&self) -> &str {
        match &self.start {
            Start::Request { uri, .. } => uri,
            Start::Response { .. } => "",
        }
    }

    /// The status of a response, 0 in a request.
    pub(crate) fn code(&self) -> u16 {
        match &self.start {
            Start::Request { .. } => 0,
            Start::Response { code, .. } => *code,
        }
    }

    /// Every value of a header, a line each.
    pub(crate) fn values<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a str> {
        self.headers
            .iter()
            .filter(move |header| header.is(name))
            .map(|header| header.value.as_str())
    }

    /// The first value of a header.
    pub(crate) fn value<'a>(&'a self, name: &'a str) -> Option<&'a str> {
        self.values(name).next()
    }

    /// The number of the CSeq header.
    pub(crate) fn cseq(&self) -> Option<u32> {
        self.value("CSeq")?
            .split_ascii_whitespace()
            .next()?
            .parse()
            .ok()
    }

    /// The branch of the top Via.
    pub(crate) fn branch(&self) -> Option<&str> {
        self.value("Via").and_then(via_branch)
    }

    /// Adds a header below the others.
    pub(crate) fn push(&mut self, name: &str, value: impl Into<String>) {
        self.headers.push(Header {
            name: name.to_owned(),
            value: value.into(),
        });
    }

    /// Adds a header above the others.
    pub(crate) fn push_front(&mut self, name: &str, value: impl Into<String>) {
        self.headers.insert(
            0,
            Header {
                name: name.to_owned(),
                value: value.into(),
            },
        );
    }

    /// Removes every line of a header.
    pub(crate) fn remove(&mut self, name: &str) {
        self.headers.retain(|header| !header.is(name));
    }

    /// Puts one line in the place of all lines of a header.
    pub(crate) fn replace(&mut self, name: &str, value: impl Into<String>) {
        let at = self
            .headers
            .iter()
            .position(|header| header.is(name))
            .unwrap_or(self.headers.len());
        self.remove(name);
        let at = at.min(self.headers.len());
        self.headers.insert(
            at,
            Header {
                name: name.to_owned(),
                value: value.into(),
            },
        );
    }

    /// Removes the topmost value of a header whose lines may hold lists without quoted commas (Via, Route).
    pub(crate) fn pop_front(&mut self, name: &str) -> Option<String> {
        let at = self.headers.iter().position(|header| header.is(name))?;
        let value = self.headers[at].value.clone();
        let mut parts = uri::split_list(&value);
        let first = parts.next().unwrap_or_default().to_owned();
        let rest = parts.collect::<Vec<_>>().join(", ");
        if rest.is_empty() {
            self.headers.remove(at);
        } else {
            self.headers[at].value = rest;
        }
        Some(first)
    }

    /// An answer to this request, with a tag in To.
    pub(crate) fn answer(&self, code: u16, reason: &str) -> Self {
        let mut answer = Self {
            start: Start::Response {
                code,
                reason: reason.to_owned(),
            },
            headers: Vec::new(),
            body: Vec::new(),
            as_it_came: Box::default(),
        };
        for name in ["Via", "From", "To", "Call-ID", "CSeq"] {
            for value in self.values(name) {
                answer.push(name, value);
            }
        }
        if code > 100
            && let Some(to) = answer.headers.iter_mut().find(|header| header.is("To"))
            && !to.value.contains(";tag=")
        {
            let _ = write!(to.value, ";tag={}", crate::net::random_hex(8));
        }
        answer
    }

    /// The bytes on the wire; Content-Length is ours, but for what is kept as it came.
    pub(crate) fn print(&self) -> Vec<u8> {
        let mut text = match (&self.start, &self.as_it_came.line) {
            (Start::Request { .. }, Some(line)) => format!("{line}\r\n"),
            (Start::Request { method, uri }, None) => format!("{method} {uri} SIP/2.0\r\n"),
            (Start::Response { code, reason }, _) => format!("SIP/2.0 {code} {reason}\r\n"),
        };
        for header in self
            .headers
            .iter()
            .filter(|header| !header.is("Content-Length"))
        {
            let _ = write!(text, "{}: {}\r\n", header.name, header.value);
        }
        let ours = [self.body.len().to_string()];
        let lengths = match self.as_it_came.lengths.as_slice() {
            [] => &ours[..],
            came => came,
        };
        for length in lengths {
            let _ = write!(text, "Content-Length: {length}\r\n");
        }
        text.push_str("\r\n");
        if let Some(stand_in) = self.as_it_came.line_feed {
            text = text.replace(stand_in, "\n");
        }
        let mut bytes = text.into_bytes();
        bytes.extend_from_slice(&self.body);
        bytes
    }
}

/// The branch parameter of a Via value.
pub(crate) fn via_branch(via: &str) -> Option<&str> {
    let first = uri::split_list(via).next()?;
    first.split(';').skip(1).find_map(|parameter| {
        let (name, value) = parameter.split_once('=')?;
        name.trim()
            .eq_ignore_ascii_case("branch")
            .then(|| value.trim())
    })
}

/// The reason phrase of a status that we answer.
pub(crate) fn reason(code: u16) -> &'static str {
    match code {
        100 => "Trying",
        200 => "OK",
        400 => "Bad Request",
        401 => "Unauthorized",
        403 => "Forbidden",
        404 => "Not Found",
        405 => "Method Not Allowed",
        420 => "Bad Extension",
        423 => "Interval Too Brief",
        430 => "Flow Failed",
        480 => "Temporarily Unavailable",
        481 => "Call/Transaction Does Not Exist",
        483 => "Too Many Hops",
        500 => "Server Internal Error",
        503 => "Service Unavailable",
        504 => "Server Time-out",
        _ => "Unknown",
    }
}
