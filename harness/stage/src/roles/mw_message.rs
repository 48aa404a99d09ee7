//! The requests of our eP-CSCF on Mw: honest ones as an edge writes them, changed as a script asks.

use std::collections::HashMap;

use script::vocabulary::ep_cscf::Send;
use sip::{Credentials, Message, Request};

use crate::bed::Bed;
use crate::play::{Play, lock};
use crate::roles::mw_digest;
use crate::roles::wic_sip::edit;
use crate::world::{Person, random_word};

/// Seconds in Expires of a registration.
const INTERVAL: u64 = 600;

/// Who sends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Source {
    /// The enrolled edge.
    Edge,
    /// A host that is enrolled nowhere.
    Stranger,
}

impl Source {
    /// The source that a step names.
    pub(crate) fn of(verb: &Send) -> Result<Self, String> {
        match verb.source.as_deref() {
            None | Some("edge") => Ok(Self::Edge),
            Some("stranger") => Ok(Self::Stranger),
            Some(other) => Err(format!("no source is called {other}")),
        }
    }

    /// Its node in the world.
    pub(crate) fn node(self) -> &'static str {
        match self {
            Self::Edge => "ep-cscf",
            Self::Stranger => "stranger",
        }
    }

    /// Host name and port, as Via and Path have them.
    fn sent_by(self, bed: &Bed) -> String {
        let port = bed
            .world
            .address(self.node(), "Mw")
            .map_or(5060, |address| address.port());
        format!("{}:{port}", bed.world.name(self.node()))
    }
}

/// What a play remembers of its dialogs on Mw.
#[derive(Default)]
pub(crate) struct Dialogs {
    dialogs: HashMap<String, Dialog>,
    /// The last Digest challenge, by person.
    pub(super) challenges: HashMap<String, Credentials>,
    /// How often a nonce was used.
    pub(super) counts: HashMap<String, u32>,
    /// The last Authorization with a response, by person.
    pub(super) answered: HashMap<String, String>,
    /// Bindings that the core took and that are not ended yet.
    pub(super) bound: Vec<Bound>,
}

/// A binding that must be ended when the play is over.
#[derive(Clone, Debug)]
pub(super) struct Bound {
    pub(super) impu: String,
    pub(super) owner: String,
    pub(super) impi: Option<String>,
    pub(super) party: Option<String>,
}

/// One registration of one person.
#[derive(Clone, Debug)]
struct Dialog {
    call_id: String,
    from_tag: String,
    contact: String,
    instance: String,
    path_user: String,
    cseq: u32,
}

impl Dialogs {
    /// Keeps the first Digest challenge of an answer that can be answered.
    pub(super) fn challenged(&mut self, person: &str, answer: &Message) {
        let challenges = ["WWW-Authenticate", "Proxy-Authenticate"]
            .iter()
            .flat_map(|name| answer.credentials(name))
            .collect::<Vec<_>>();
        if let Some(challenge) = challenges.into_iter().find(mw_digest::answerable) {
            self.challenges.insert(person.to_owned(), challenge);
        }
    }
}

/// The message of a step, edits made.
pub(super) fn message(
    bed: &Bed,
    play: &Play,
    person: &Person,
    verb: &Send,
) -> Result<Message, String> {
    let kind = verb.message.as_deref().unwrap_or("register");
    let source = Source::of(verb)?;
    let request = match kind {
        "register" | "refresh" | "deregister" | "query" => {
            registration(bed, play, person, verb, kind, source)?
        }
        "message" => probe(bed, play, person, verb, source),
        other => return Err(format!("no message is called {other}")),
    };
    let mut message = request.build();
    edit(&mut message, &verb.set, &verb.add, &verb.drop)?;
    Ok(message)
}

fn registration(
    bed: &Bed,
    play: &Play,
    person: &Person,
    verb: &Send,
    kind: &str,
    source: Source,
) -> Result<Request, String> {
    let dialog = dialog(play, person, verb, kind)?;
    let own = person.impus.first().map_or("", String::as_str);
    let impu = verb.impu.as_deref().unwrap_or(own);
    let mut request = Request::new("REGISTER", &format!("sip:{}", bed.world.public.domain));
    for via in vias(bed, play, source) {
        request = request.field("Via", via);
    }
    request = request
        .field("From", format!("<{impu}>;tag={}", dialog.from_tag))
        .field("To", format!("<{impu}>"))
        .field("Call-ID", &dialog.call_id)
        .field("CSeq", format!("{} REGISTER", dialog.cseq));
    if let Some(value) = mw_digest::authorization(bed, play, person, verb)? {
        request = request.field("Authorization", value);
    }
    if let Some((name, value)) = mw_digest::party_field(bed, play, person, verb)? {
        request = request.field(&name, value);
    }
    request = contact(request, &dialog, verb, kind);
    if kind != "query" {
        let path = format!("<sip:{}@{};lr>", dialog.path_user, source.sent_by(bed));
        request = request
            .field("Supported", "path, outbound")
            .field("Path", path)
            .field("Require", "path");
    }
    let network = verb
        .network
        .as_deref()
        .unwrap_or(&bed.world.public.visited_network);
    if network != "none" {
        request = request.field("P-Visited-Network-ID", network);
    }
    Ok(request.field("P-Charging-Vector", charging(play)))
}

/// Contact and Expires: those of the registration, or what the step says; a query has neither.
fn contact(request: Request, dialog: &Dialog, verb: &Send, kind: &str) -> Request {
    let usual = if kind == "deregister" { 0 } else { INTERVAL };
    let expires = verb.expires.unwrap_or(usual);
    let value = match verb.contact.as_deref() {
        Some("none") => return request,
        None if kind == "query" => return request,
        Some("*") => "*".to_owned(),
        Some(uri) => format!("<{uri}>;expires={expires}"),
        None => format!(
            "<{}>;+sip.instance=\"<{}>\";reg-id=1;expires={expires}",
            dialog.contact, dialog.instance
        ),
    };
    request
        .field("Contact", value)
        .field("Expires", expires.to_string())
}

/// A MESSAGE to a person, as it comes from another network: whoever is registered gets it.
fn probe(bed: &Bed, play: &Play, person: &Person, verb: &Send, source: Source) -> Request {
    let own = person.impus.first().map_or("", String::as_str);
    let impu = verb.impu.as_deref().unwrap_or(own);
    let mut request = Request::new("MESSAGE", impu);
    for via in vias(bed, play, source) {
        request = request.field("Via", via);
    }
    let tag = play.fresh("tag");
    let domain = &bed.world.public.domain;
    request
        .field("From", format!("<sip:probe@{domain}>;tag={tag}"))
        .field("To", format!("<{impu}>"))
        .field("Call-ID", play.fresh("call-id"))
        .field("CSeq", "1 MESSAGE")
        .field("P-Charging-Vector", charging(play))
        .field("Content-Type", "text/plain")
        .body("probe")
}

/// The sender's own Via above that of the WIC behind it.
fn vias(bed: &Bed, play: &Play, source: Source) -> [String; 2] {
    let host = format!("{}.invalid", &random_word()[..12]);
    play.masked("via host", &host);
    let own = source.sent_by(bed);
    [
        format!("SIP/2.0/UDP {own};branch=z9hG4bK{}", play.fresh("branch")),
        format!("SIP/2.0/WSS {host};branch=z9hG4bK{}", play.fresh("branch")),
    ]
}

fn charging(play: &Play) -> String {
    format!("icid-value=\"{}\"", play.fresh("icid"))
}

/// A registration goes on in its dialog; a query has one of its own, so that it moves nobody's CSeq.
fn dialog(play: &Play, person: &Person, verb: &Send, kind: &str) -> Result<Dialog, String> {
    let name = verb
        .dialog
        .as_deref()
        .unwrap_or(if kind == "query" { "query" } else { "" });
    let key = format!("{}/{name}", person.name);
    let known = lock(&play.mw).dialogs.get(&key).cloned();
    let mut dialog = known.unwrap_or_else(|| begun(play));
    dialog.cseq = match verb.cseq.as_deref() {
        None | Some("next") => dialog.cseq + 1,
        Some("same") => dialog.cseq,
        Some(number) => number
            .parse()
            .map_err(|_| format!("no CSeq is called {number}"))?,
    };
    lock(&play.mw).dialogs.insert(key, dialog.clone());
    Ok(dialog)
}

fn begun(play: &Play) -> Dialog {
    let host = format!("{}.invalid", &random_word()[..8]);
    let contact = format!("sip:{}@{host};transport=ws", play.fresh("contact user"));
    play.masked("contact", &contact);
    let word = random_word();
    let instance = format!(
        "urn:uuid:{}-{}-4{}-8{}-{}",
        &word[..8],
        &word[8..12],
        &word[12..15],
        &word[15..18],
        &word[..12]
    );
    play.masked("instance", &instance);
    Dialog {
        call_id: play.fresh("call-id"),
        from_tag: play.fresh("tag"),
        contact,
        instance,
        path_user: play.fresh("flow"),
        cseq: 0,
    }
}
