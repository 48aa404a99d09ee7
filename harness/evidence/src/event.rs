//! What can happen in a play. No event carries a judgement: an expectation that was not met is seen by the judge, not told here.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::{Bytes, Interface, Role};

/// One thing that happened, at one place in the order of its play.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Event {
    /// Place in the play, from 0 without gaps.
    pub n: u32,
    /// Microseconds since the run began.
    pub at_us: u64,
    /// What happened.
    #[serde(flatten)]
    pub what: What,
}

/// The kinds of event.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "event", rename_all = "snake_case")]
pub enum What {
    /// The first event of a play: all that the judge needs to know beside the evidence.
    Plan(Box<Plan>),
    /// A step of the plan begins; events until the next `StepBegan` belong to it unless they say otherwise.
    StepBegan {
        /// Index in the plan's steps.
        step: usize,
    },
    /// A step could not be carried out. Whose fault that is, the judge tells from `by`.
    StepFailed {
        /// Index in the plan's steps.
        step: usize,
        /// Whose doing it was.
        by: Side,
        /// What stopped it, in words.
        why: String,
    },
    /// An awaited message did not come before its deadline.
    TimedOut {
        /// Index in the plan's steps.
        step: usize,
        /// What was waited for.
        awaited: String,
        /// How long, in milliseconds.
        after_ms: u64,
    },
    /// A transport connection came up (for UDP: the first datagram of a pair of addresses).
    Opened {
        /// Number of the connection in this play.
        connection: u32,
        /// Where.
        interface: Interface,
        /// `tcp` or `udp`.
        transport: String,
        /// Address of the side that opened it.
        from: String,
        /// Address of the other side.
        to: String,
        /// Who opened it.
        by: Side,
    },
    /// A connection attempt was refused or did not come up.
    NotOpened {
        /// Where.
        interface: Interface,
        /// The address that was tried.
        to: String,
        /// The system's reason.
        why: String,
    },
    /// A TLS handshake finished on our side.
    Secured {
        /// The connection.
        connection: u32,
        /// What was agreed and shown.
        tls: TlsFacts,
    },
    /// A TLS handshake ended without success.
    NotSecured {
        /// The connection.
        connection: u32,
        /// What was agreed and shown until then.
        tls: TlsFacts,
        /// Whose doing it was: an alert or an end that we read is `Sut`.
        by: Side,
        /// The alert that the SUT sent, by its number, if it sent one.
        alert: Option<u8>,
        /// In words.
        why: String,
    },
    /// A message of ours that the script asked for; compared between attack and control.
    Stimulus {
        /// Index of the step that sent it.
        step: usize,
        /// Which layer speaks.
        layer: Layer,
        /// Plain text, a line a fact; for SIP and HTTP the message itself.
        text: Bytes,
    },
    /// Bytes of a message left or came, in plaintext.
    Message {
        /// The connection.
        connection: u32,
        /// Where.
        interface: Interface,
        /// Sent by us or received from the SUT.
        direction: Direction,
        /// Which layer's message it is.
        layer: Layer,
        /// The message.
        bytes: Bytes,
        /// True length when `bytes` was cut at the limit.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        cut_from: Option<u64>,
        /// A late message: it came when its case had ended already.
        #[serde(default, skip_serializing_if = "std::ops::Not::not")]
        late: bool,
    },
    /// A connection ended.
    Closed {
        /// The connection.
        connection: u32,
        /// Who ended it.
        by: Side,
        /// In words: `close_notify`, `end of stream`, `reset`, a WebSocket close code, an alert.
        why: String,
    },
    /// A value that is fresh in every play, so that comparison can mask it.
    Fresh {
        /// What it is: `call-id`, `branch`, `nonce`, `token hers`.
        name: String,
        /// The value as it stands in messages.
        value: String,
    },
    /// A token was minted.
    Token {
        /// Its name in the script.
        name: String,
        /// The whole token.
        compact: String,
        /// Header and claims as text.
        text: String,
        /// Index of the step that minted it.
        step: usize,
    },
    /// A client of the background begins to use a connection: what goes over it belongs to the step that put the client to work.
    Background {
        /// Index of that step.
        step: usize,
        /// The connection.
        connection: u32,
        /// The client's IMPI.
        impi: String,
        /// The party that authorises it.
        party: String,
    },
    /// A hook of the SUT file was asked.
    Hook {
        /// Its name.
        name: String,
        /// What it was asked, one JSON object.
        request: serde_json::Value,
        /// What it answered, or how it failed.
        answer: serde_json::Value,
    },
    /// An honest message came through on the path after this play's attack.
    Sentinel {
        /// The play that sent it.
        play: String,
        /// On the attack's own connection, or on a new one.
        path: String,
    },
    /// The play's acts are over; what follows is its restore, and what comes late.
    Ended,
    /// What was done to put the SUT back as it was.
    Restored {
        /// In words.
        what: String,
        /// Why it failed, if it did.
        failed: Option<String>,
    },
    /// The watch on this play's mark ended with the run (`cut = false`), or with a kill.
    WatchEnded,
    /// The SUT has done more than a log holds; what else it did is missing from here on.
    Flooded,
    /// Something to know that decides nothing.
    Note {
        /// In words.
        text: String,
    },
}

/// Who did something.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Side {
    /// The harness.
    Us,
    /// The system under test.
    Sut,
    /// The machine: a full disk, a busy port.
    System,
}

/// Which way a message went.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Direction {
    /// By the harness.
    Sent,
    /// From the SUT.
    Received,
}

/// The layer of a message or stimulus.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Layer {
    /// Records of a hand-made TLS hello.
    Tls,
    /// HTTP, the WebSocket handshake included.
    Http,
    /// A WebSocket frame other than a whole SIP message.
    Websocket,
    /// A SIP message.
    Sip,
    /// A token.
    Token,
    /// State of a node: a switch, a key, a grant.
    State,
}

/// What a TLS handshake agreed on and showed.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct TlsFacts {
    /// `1.2`, `1.3`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub version: Option<String>,
    /// The cipher suite by its IANA name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub suite: Option<String>,
    /// The agreed ALPN protocol.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub alpn: Option<String>,
    /// The server name in the hello.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub server_name: Option<String>,
    /// The certificates that the SUT showed, DER, leaf first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub peer_chain: Vec<Bytes>,
    /// The name of the certificate that we showed: `honest`, or a flaw.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub shown: Option<String>,
    /// Whether the server asked for a client certificate.
    #[serde(default)]
    pub client_certificate_asked: bool,
    /// Whether an earlier session was resumed.
    #[serde(default)]
    pub resumed: bool,
    /// What the client offered: suites by IANA number in hex, versions.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub offered: Vec<String>,
}

/// What a play set out to do: the script with every placeholder filled, and what the judge needs beside the evidence.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Plan {
    /// `<case id>#n`.
    pub play: String,
    /// Number of the play in the run; every mark carries it.
    pub number: u64,
    /// The script's id: of the control, or of the attack.
    pub script: String,
    /// Its title.
    pub title: String,
    /// The role of the SUT.
    pub sut: Option<Role>,
    /// 3GPP's registration scenario, 1 to 3.
    pub registration: u8,
    /// Milliseconds since 1970 when the play began.
    pub wall_clock_ms: u64,
    /// The steps.
    pub steps: Vec<PlanStep>,
    /// The departing step of an attack.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub departs: Option<usize>,
    /// The declared departure, in words, for attacks on state or with steps of their own.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub departure: Option<String>,
    /// ICS and IXIT answers that the play uses.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub answers: BTreeMap<String, Vec<String>>,
    /// Values of the world that placeholders stood for, `alice.impi` and the like.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub facts: BTreeMap<String, String>,
}

/// One step of a plan.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct PlanStep {
    /// The role and verb, `wic.send`.
    pub verb: String,
    /// The step's name, if it has one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// The fields with placeholders filled.
    pub fields: serde_json::Value,
    /// Where it is written.
    pub place: Place,
}

/// A place in a script, with its text, so that reports need no script.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Place {
    /// Path below `scenarios/`.
    pub file: String,
    /// Line, from 1.
    pub line: u32,
    /// First column of the step in its line, from 1.
    pub column: u32,
    /// Length in characters within that line.
    pub length: u32,
    /// The line.
    pub text: String,
}
