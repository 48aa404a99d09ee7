//! The honest requests that our WIC composes on W2.

use script::vocabulary::wic::Send;
use sip::Request;

use crate::bed::Bed;
use crate::play::Play;
use crate::roles::wic_w2::Dialog;
use crate::world::Person;

/// Seconds in Expires of a registration.
const INTERVAL: u64 = 600;

/// The +sip.instance of a device.
pub(super) fn instance(play: &Play) -> String {
    let word = crate::world::random_word();
    let instance = format!(
        "urn:uuid:{}-{}-4{}-8{}-{}",
        &word[..8],
        &word[8..12],
        &word[12..15],
        &word[15..18],
        &word[..12]
    );
    play.masked("instance", &instance);
    instance
}

fn via(play: &Play) -> String {
    let host = format!("{}.invalid", &crate::world::random_word()[..12]);
    play.masked("via host", &host);
    format!("SIP/2.0/WSS {host};branch=z9hG4bK{}", play.fresh("branch"))
}

/// A REGISTER of a person: first, refreshing or ending.
pub(super) fn registration(
    bed: &Bed,
    play: &Play,
    dialog: &Dialog,
    person: &Person,
    verb: &Send,
    kind: &str,
) -> Request {
    let impu = person.impus.first().map_or("", String::as_str);
    let expires = verb
        .expires
        .unwrap_or(if kind == "deregister" { 0 } else { INTERVAL });
    Request::new("REGISTER", &format!("sip:{}", bed.world.public.domain))
        .field("Via", via(play))
        .field("From", format!("<{impu}>;tag={}", dialog.from_tag))
        .field("To", format!("<{impu}>"))
        .field("Call-ID", &dialog.call_id)
        .field("CSeq", format!("{} REGISTER", dialog.cseq))
        .field(
            "Contact",
            format!(
                "<{}>;+sip.instance=\"<{}>\";reg-id=1;expires={expires}",
                dialog.contact, dialog.instance
            ),
        )
        .field("Expires", expires.to_string())
        .field("Supported", "path, outbound")
}

/// A request outside registration: INVITE, MESSAGE, SUBSCRIBE, OPTIONS.
pub(super) fn call(
    bed: &Bed,
    play: &Play,
    dialog: &Dialog,
    person: &Person,
    verb: &Send,
    method: &str,
) -> Result<Request, String> {
    let impu = person.impus.first().map_or("", String::as_str);
    let callee = match &verb.callee {
        Some(name) => play
            .person(Some(name))?
            .impus
            .first()
            .cloned()
            .unwrap_or_default(),
        None => format!("sip:service@{}", bed.world.public.domain),
    };
    let mut request = Request::new(method, &callee)
        .field("Via", via(play))
        .field("From", format!("<{impu}>;tag={}", dialog.from_tag))
        .field("To", format!("<{callee}>"))
        .field("Call-ID", &dialog.call_id)
        .field("CSeq", format!("{} {method}", dialog.cseq))
        .field("Contact", format!("<{}>", dialog.contact))
        .field("P-Preferred-Identity", format!("<{impu}>"));
    match method {
        "MESSAGE" => request = request.field("Content-Type", "text/plain").body("hello"),
        "SUBSCRIBE" => request = request.field("Event", "reg").field("Expires", "600"),
        _ => {}
    }
    Ok(request)
}
