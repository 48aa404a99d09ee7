//! What RFC 3261 says is wrong with a message.

use crate::address_rules::{address_flaw, uri_flaw, via_flaw};
use crate::lexical::{is_token, split_list};
use crate::message::Message;
use std::collections::HashSet;

/// The longest Max-Forwards (RFC 3261 20.22).
const MAX_FORWARDS_LIMIT: u64 = 255;
/// CSeq numbers stay below this (RFC 3261 8.1.1.5).
const CSEQ_LIMIT: u64 = 1 << 31;

/// Headers of which a message has one field with one value.
const SINGLE_FIELDS: [&str; 20] = [
    "Call-ID",
    "Content-Disposition",
    "Content-Length",
    "Content-Type",
    "CSeq",
    "Date",
    "Event",
    "Expires",
    "From",
    "Max-Forwards",
    "MIME-Version",
    "Min-Expires",
    "Organization",
    "Priority",
    "Reply-To",
    "Retry-After",
    "Server",
    "Timestamp",
    "To",
    "User-Agent",
];

/// Headers with one address each, and those with a list of them; `true` if the URI must stand in brackets.
const ADDRESS_FIELDS: [(&str, bool); 3] = [("From", false), ("To", false), ("Reply-To", false)];
const ADDRESS_LISTS: [(&str, bool); 8] = [
    ("Contact", false),
    ("Route", true),
    ("Record-Route", true),
    ("Path", true),
    ("Service-Route", true),
    ("P-Asserted-Identity", false),
    ("P-Preferred-Identity", false),
    ("P-Associated-URI", true),
];

/// One thing that is wrong with a message.
#[derive(Debug, Clone, PartialEq, Eq, Hash, thiserror::Error)]
pub enum Problem {
    /// There is no start line (RFC 3261 7).
    #[error("there is no start line")]
    Empty,
    /// A line ends without CR, or has a CR within (7). Lines count from 1.
    #[error("line {0} does not end with CR LF")]
    LineEnd(usize),
    /// A line is no UTF-8 (7). Lines count from 1.
    #[error("line {0} is not UTF-8")]
    NotUtf8(usize),
    /// The empty line behind the header is missing (7).
    #[error("no empty line ends the header")]
    HeaderOpen,
    /// The start line does not have its three parts with one space between them (7.1, 7.2).
    #[error("start line: {0}")]
    StartLine(&'static str),
    /// The method is no token (7.1).
    #[error("method {0:?} is no token")]
    Method(String),
    /// The version is not `SIP/2.0` (7.1).
    #[error("version {0:?} is not SIP/2.0")]
    Version(String),
    /// The Request-URI is malformed, or has headers (7.1, 19.1.1).
    #[error("request-uri: {0}")]
    RequestUri(&'static str),
    /// The status code is not of three digits from 100 to 699 (7.2, 21).
    #[error("status code {0:?} is not one of 100 to 699")]
    StatusCode(String),
    /// A header line has no colon, or no token as its name (7.3.1).
    #[error("header line {0:?} has no name")]
    FieldName(String),
    /// A header that the message must have is missing (8.1.1, 8.2.6.2, 12.1.1, 20).
    #[error("{0} is missing")]
    Missing(&'static str),
    /// A header that stands once stands more than once (7.3.1).
    #[error("{0} stands more than once")]
    Repeated(&'static str),
    /// A header's value does not follow its grammar or range (20, 25.1).
    #[error("{field}: {why}")]
    Malformed {
        /// The header's long name.
        field: &'static str,
        /// What is wrong with it.
        why: &'static str,
    },
    /// From, or To in a response, has no tag (8.1.1.3, 8.2.6.2).
    #[error("{0} has no tag")]
    NoTag(&'static str),
    /// The topmost Via of a request has no branch (8.1.1.7).
    #[error("the topmost Via has no branch")]
    NoBranch,
    /// The CSeq of a request names another method than its start line (8.1.1.5).
    #[error("CSeq is of {0:?}, not of the request's method")]
    MethodMismatch(String),
    /// Content-Length is not the length of what follows the header (20.14). A stated number that exceeds 64 bits is
    /// shown as the greatest that does not.
    #[error("Content-Length is {stated}, the body has {actual} bytes")]
    ContentLength {
        /// What the field says.
        stated: u64,
        /// How many bytes follow the empty line.
        actual: u64,
    },
}

impl Message {
    /// Whether nothing is wrong with the message by RFC 3261, as far as [`problems`](Self::problems) looks.
    #[must_use]
    pub fn is_well_formed(&self) -> bool {
        self.problems().is_empty()
    }

    /// What is wrong with the message by RFC 3261, in the order of the message's parts: start line, lines, mandatory
    /// and repeated headers, and the values of those that routing, transactions and identities rest on. Not looked
    /// at: other headers' values, the Via entries' order, and a missing Content-Length, which a WebSocket or a
    /// datagram does without.
    #[must_use]
    pub fn problems(&self) -> Vec<Problem> {
        if self.start_line().is_empty() {
            return vec![Problem::Empty];
        }
        let mut problems = Vec::new();
        check_request_line(self, &mut problems);
        check_status_line(self, &mut problems);
        check_lines(self, &mut problems);
        check_missing(self, &mut problems);
        check_repeated(self, &mut problems);
        check_numbers(self, &mut problems);
        check_addresses(self, &mut problems);
        check_via(self, &mut problems);
        check_length(self, &mut problems);
        once_each(problems)
    }
}

/// The same problem in several entries of a list is named once.
fn once_each(problems: Vec<Problem>) -> Vec<Problem> {
    let mut seen = HashSet::new();
    problems
        .into_iter()
        .filter(|problem| seen.insert(problem.clone()))
        .collect()
}

fn lossy(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

fn check_request_line(message: &Message, problems: &mut Vec<Problem>) {
    let Some(line) = message.request_line() else {
        return;
    };
    if !std::str::from_utf8(line.method).is_ok_and(is_token) {
        problems.push(Problem::Method(lossy(line.method)));
    }
    if line.version.is_empty() {
        problems.push(Problem::StartLine("no SIP version ends it"));
    } else {
        check_version(line.version, problems);
        if [line.method, line.uri, line.version].join(&b' ') != message.start_line() {
            problems.push(Problem::StartLine(
                "there is not just one space between its parts",
            ));
        }
    }
    let uri = lossy(line.uri);
    let has_headers = crate::Uri::parse(&uri).is_some_and(|uri| !uri.headers.is_empty());
    let flaw = uri_flaw(&uri).or_else(|| has_headers.then_some("it has headers"));
    problems.extend(flaw.map(Problem::RequestUri));
}

fn check_status_line(message: &Message, problems: &mut Vec<Problem>) {
    let Some((code, _)) = message.status_line() else {
        return;
    };
    let line = message.start_line();
    check_version(
        line.split(|byte| *byte == b' ').next().unwrap_or_default(),
        problems,
    );
    if message.status().is_none_or(|status| status >= 700) {
        problems.push(Problem::StatusCode(lossy(code)));
    }
    if line.iter().filter(|byte| **byte == b' ').count() < 2 {
        problems.push(Problem::StartLine("no space follows the status code"));
    }
}

fn check_version(version: &[u8], problems: &mut Vec<Problem>) {
    if !version.eq_ignore_ascii_case(b"SIP/2.0") {
        problems.push(Problem::Version(lossy(version)));
    }
}

/// Only the first bad line end and the first line of other bytes are named: one is as wrong as a thousand.
fn check_lines(message: &Message, problems: &mut Vec<Problem>) {
    let head = message.head();
    let has_bad_end = |line: &[u8]| {
        line.strip_suffix(b"\r\n")
            .is_none_or(|content| content.contains(&b'\r'))
    };
    let lines = || head.split_inclusive(|byte| *byte == b'\n').zip(1..);
    let bad_end = lines()
        .find(|(line, _)| has_bad_end(line))
        .map(|(_, number)| Problem::LineEnd(number));
    let not_utf8 = lines()
        .find(|(line, _)| std::str::from_utf8(line).is_err())
        .map(|(_, number)| Problem::NotUtf8(number));
    problems.extend(bad_end.into_iter().chain(not_utf8));
    for field in message.all_fields() {
        if !field.name().is_some_and(is_token) {
            let line = crate::field::without_line_end(field.bytes());
            problems.push(Problem::FieldName(lossy(line)));
        }
    }
    if !message.header_ends() {
        problems.push(Problem::HeaderOpen);
    }
}

fn check_missing(message: &Message, problems: &mut Vec<Problem>) {
    let is_missing = |name: &&'static str| message.field(name).is_none();
    problems.extend(
        ["Via", "From", "To", "Call-ID", "CSeq"]
            .into_iter()
            .filter(is_missing)
            .map(Problem::Missing),
    );
    if !message.is_response() && message.field("Max-Forwards").is_none() {
        problems.push(Problem::Missing("Max-Forwards"));
    }
    let of_invite = cseq_words(message).is_some_and(|(_, method)| method == "INVITE");
    let accepts_invite = of_invite
        && message
            .status()
            .is_some_and(|status| (200..300).contains(&status));
    if (message.method() == Some("INVITE") || accepts_invite) && message.field("Contact").is_none()
    {
        problems.push(Problem::Missing("Contact"));
    }
    let has_body = !message.body().is_empty() && stated_length(message) != Some(0);
    if has_body && message.field("Content-Type").is_none() {
        problems.push(Problem::Missing("Content-Type"));
    }
}

fn check_repeated(message: &Message, problems: &mut Vec<Problem>) {
    let is_repeated = |name: &&'static str| message.fields_named(name).nth(1).is_some();
    problems.extend(
        SINGLE_FIELDS
            .into_iter()
            .filter(is_repeated)
            .map(Problem::Repeated),
    );
}

fn check_numbers(message: &Message, problems: &mut Vec<Problem>) {
    let mut malformed = |field, why| problems.push(Problem::Malformed { field, why });
    if let Some(value) = message.field("Max-Forwards") {
        match number(&value) {
            None => malformed("Max-Forwards", "it is no number"),
            Some(hops) if hops > MAX_FORWARDS_LIMIT => malformed("Max-Forwards", "it is above 255"),
            Some(_) => {}
        }
    }
    if message.field("Content-Length").is_some() && stated_length(message).is_none() {
        malformed("Content-Length", "it is no number");
    }
    if message.field("CSeq").is_none() {
        return;
    }
    match cseq_words(message).map(|(digits, method)| (number(&digits), method)) {
        Some((Some(count), _)) if count >= CSEQ_LIMIT => {
            malformed("CSeq", "the number is not below 2^31")
        }
        Some((Some(_), method)) if is_token(&method) => {}
        _ => malformed("CSeq", "it is not a number and a method"),
    }
    if let (Some(method), Some((_, cseq_method))) = (message.method(), cseq_words(message))
        && method != cseq_method
    {
        problems.push(Problem::MethodMismatch(cseq_method));
    }
}

fn check_addresses(message: &Message, problems: &mut Vec<Problem>) {
    let mut malformed = |field, why| problems.push(Problem::Malformed { field, why });
    for (field, bracketed) in ADDRESS_FIELDS {
        for value in message.fields(field) {
            if let Some(why) = address_flaw(&value, bracketed) {
                malformed(field, why);
            }
        }
    }
    for (field, bracketed) in ADDRESS_LISTS {
        for value in message.fields(field) {
            for why in split_list(&value, b',')
                .into_iter()
                .filter_map(|entry| address_flaw(entry, bracketed))
            {
                malformed(field, why);
            }
        }
    }
    if message.field("From").is_some() && message.from_tag().is_none() {
        problems.push(Problem::NoTag("From"));
    }
    let needs_to_tag = message.is_response() && message.status() != Some(100);
    if needs_to_tag && message.field("To").is_some() && message.to_tag().is_none() {
        problems.push(Problem::NoTag("To"));
    }
}

fn check_via(message: &Message, problems: &mut Vec<Problem>) {
    for value in message.fields("Via") {
        let flaws = split_list(&value, b',').into_iter().filter_map(via_flaw);
        problems.extend(flaws.map(|why| Problem::Malformed { field: "Via", why }));
    }
    let has_via = !message.is_response() && message.field("Via").is_some();
    if has_via && message.top_branch().is_none_or(|branch| branch.is_empty()) {
        problems.push(Problem::NoBranch);
    }
}

fn check_length(message: &Message, problems: &mut Vec<Problem>) {
    let actual = message.body().len() as u64;
    if let Some(stated) = stated_length(message).filter(|stated| *stated != actual) {
        problems.push(Problem::ContentLength { stated, actual });
    }
}

/// What the first Content-Length states; `None` if it is missing or no number.
fn stated_length(message: &Message) -> Option<u64> {
    number(&message.field("Content-Length")?)
}

/// The number that `text` is, the greatest of 64 bits if it exceeds them; `None` unless it is of digits only.
fn number(text: &str) -> Option<u64> {
    let are_digits = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    are_digits.then(|| text.parse().unwrap_or(u64::MAX))
}

/// The two words of CSeq, whatever they are.
fn cseq_words(message: &Message) -> Option<(String, String)> {
    let value = message.field("CSeq")?;
    let mut words = value.split_ascii_whitespace().map(str::to_owned);
    let pair = (words.next()?, words.next()?);
    words.next().is_none().then_some(pair)
}

#[cfg(test)]
mod tests;
