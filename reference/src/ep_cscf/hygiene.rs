//! What of a client's request may enter the core, and what the edge adds to it.

use super::Edge;
use super::lenient;
use super::register::{Plan, Right};
use crate::Defect;
use crate::sip::credentials::{Credentials, quote};
use crate::sip::uri::Address;
use crate::sip::{Message, Start};

/// Headers that only nodes of the trust domain write (RFC 3325, RFC 7315 and kin), and those that the edge writes itself.
const TRUST_DOMAIN: [&str; 14] = [
    "P-Asserted-Identity",
    "P-Preferred-Identity",
    "P-Served-User",
    "P-Visited-Network-ID",
    "P-Charging-Vector",
    "P-Charging-Function-Addresses",
    "P-Associated-URI",
    "P-Called-Party-ID",
    "P-Profile-Key",
    "P-User-Database",
    "P-Private-Network-Indication",
    "Authorization-Entity",
    "Service-Route",
    "Path",
];

/// Headers by which a client may hint at an identity.
const HINTS: [&str; 3] = [
    "P-Preferred-Identity",
    "Remote-Party-ID",
    "P-Associated-URI",
];

/// A request as it goes on: one hop less, our Via on top, nothing that a client has no business to write.
pub(super) fn cleaned(edge: &Edge, flow: &str, request: &Message) -> Option<Message> {
    let shared = &edge.shared;
    let mut message = request.clone();
    let hops: u32 = request
        .value("Max-Forwards")
        .map_or(Some(70), |hops| hops.parse().ok())?;
    let left = match hops.checked_sub(1) {
        None if shared.has(Defect::ForwardsWithoutHops) => 0,
        left => left?,
    };
    message.replace("Max-Forwards", left.to_string());
    for name in TRUST_DOMAIN {
        if message.value(name).is_none() {
            continue;
        }
        let passes = match name {
            "P-Asserted-Identity" => shared.has(Defect::PassesPai),
            "P-Served-User" => shared.has(Defect::PassesServedUser),
            "P-Preferred-Identity" | "Path" | "Service-Route" => false,
            _ => shared.has(Defect::PassesTdHeaders),
        };
        if !passes {
            message.remove(name);
        }
    }
    if message.value("Route").is_some() && !shared.has(Defect::PassesRoute) {
        message.remove("Route");
    }
    message.remove("Authorization");
    message.remove("Proxy-Authorization");
    let unknown: Vec<&str> = request
        .values("Authorization")
        .filter(|value| !lenient::is_known_scheme(value))
        .collect();
    if !unknown.is_empty() && shared.has(Defect::PassesUnknownScheme) {
        for value in unknown {
            message.push("Authorization", value);
        }
    }
    if request.value("Authorization").is_some() && shared.has(Defect::PassesToken) {
        let shown = request.values("Authorization").map(str::to_owned);
        shown.for_each(|value| message.push("Proxy-Authorization", value));
    }
    let cut = lenient::cut(message.clone());
    let mut message = shared.misreads(Defect::CutsLongLines, message, cut);
    let incoming = request.branch().unwrap_or_default();
    let branch = branch(flow, incoming, request.cseq().unwrap_or_default());
    message.push_front("Via", edge.link.via(&branch));
    Some(message)
}

/// The branch towards the core: the same for every request of one transaction of the client (INVITE, its CANCEL and ACK).
fn branch(flow: &str, incoming: &str, cseq: u32) -> String {
    use sha2::Digest;
    let digest = sha2::Sha256::digest(format!("{flow} {incoming} {cseq}"));
    format!("z9hG4bK{}", crate::net::hex(&digest[..12]))
}

/// The REGISTER that leaves on Mw; `None` when it has no hop left.
pub(super) fn register(edge: &Edge, flow: &str, request: &Message, plan: &Plan) -> Option<Message> {
    let world = &edge.shared.world;
    let mut message = cleaned(edge, flow, request)?;
    if let Some(impu) = &plan.rewritten {
        for name in ["To", "From"] {
            if let Some(address) = request.value(name).and_then(Address::read) {
                message.replace(name, address.with_uri(impu));
            }
        }
    }
    if let Some(cap) = plan.expires_cap {
        cap_expires(&mut message, cap);
    }
    let name = world
        .nodes
        .get("ep-cscf")
        .map_or("", |node| node.name.as_str());
    message.push(
        "Path",
        format!("<sip:{flow}@{name}:{};lr>", edge.link.local.port()),
    );
    let required = message
        .values("Require")
        .any(|tags| tags.split(',').any(|tag| tag.trim() == "path"));
    if !required {
        message.push("Require", "path");
    }
    if message.value("P-Visited-Network-ID").is_none() || !edge.shared.has(Defect::PassesTdHeaders)
    {
        message.push("P-Visited-Network-ID", world.visited_network.as_str());
    }
    if message.value("P-Charging-Vector").is_none() || !edge.shared.has(Defect::PassesTdHeaders) {
        let icid = crate::net::random_hex(12);
        message.push(
            "P-Charging-Vector",
            format!("icid-value={icid};orig-ioi={}", world.visited_network),
        );
    }
    if let Some(authorization) = authorization(edge, request, plan) {
        message.push("Authorization", authorization);
    }
    if message.request_uri().contains('?') && edge.shared.has(Defect::UnpacksRequestUriHeaders) {
        lenient::unpack_headers(&mut message);
    }
    let several = request.values("Authorization").nth(1).is_some();
    if several && edge.shared.has(Defect::PassesFurtherAuthorization) {
        let further = request.values("Authorization").skip(1);
        further.for_each(|value| message.push("Authorization", value));
    }
    if let Some(hint) = HINTS.iter().find_map(|name| request.value(name))
        && edge.shared.has(Defect::AssertsHints)
    {
        message.push("P-Asserted-Identity", hint);
    }
    Some(message)
}

/// The one Authorization that the core reads.
fn authorization(edge: &Edge, request: &Message, plan: &Plan) -> Option<String> {
    let shared = &edge.shared;
    match &plan.right {
        Right::Token(identity) => {
            let domain = &shared.world.domain;
            let label = "auth-done";
            let raw = format!("\"{}\"", identity.impi);
            let username = shared.misreads(Defect::WritesImpiRaw, quote(&identity.impi), raw);
            Some(format!(
                r#"Digest username={username}, realm="{domain}", uri="sip:{domain}", nonce="", response="", integrity-protected="{label}", authorization-entity={}"#,
                quote(&identity.entity),
            ))
        }
        Right::Digest { credentials, label } => Some(labelled(credentials, *label, || {
            let keeping = [Defect::PassesIntegrityProtected, Defect::FiltersLabelByText];
            shared.among(&keeping).is_some()
        })),
        Right::Nothing => request
            .value("Authorization")
            .filter(|_| shared.has(Defect::PassesIntegrityProtected))
            .map(str::to_owned),
    }
}

/// Digest credentials with our label in the place of whatever the client wrote.
fn labelled(credentials: &Credentials, label: Option<&str>, keeps: impl Fn() -> bool) -> String {
    let mut own = credentials.clone();
    let shown = own.get("integrity-protected").is_some();
    if shown && keeps() {
        return own.print(&["algorithm", "qop", "nc"]);
    }
    own.parameters
        .retain(|(name, _)| name != "integrity-protected" && name != "authorization-entity");
    if let Some(label) = label {
        own.parameters
            .push(("integrity-protected".to_owned(), label.to_owned()));
    }
    own.print(&["algorithm", "qop", "nc"])
}

/// Lowers every requested registration interval to `cap` seconds.
fn cap_expires(message: &mut Message, cap: u64) {
    let lower = |asked: &str| {
        asked
            .parse::<u64>()
            .map_or(cap, |asked| asked.min(cap))
            .to_string()
    };
    if let Some(asked) = message.value("Expires").map(str::to_owned) {
        message.replace("Expires", lower(&asked));
    }
    for header in message
        .headers
        .iter_mut()
        .filter(|header| header.is("Contact"))
    {
        let Some(mut list) = Address::read_all(std::iter::once(header.value.as_str())) else {
            continue;
        };
        for address in &mut list {
            match address
                .parameters
                .iter_mut()
                .find(|(name, _)| name.eq_ignore_ascii_case("expires"))
            {
                Some((_, value)) => *value = Some(lower(value.as_deref().unwrap_or_default())),
                None => address
                    .parameters
                    .push(("expires".to_owned(), Some(cap.to_string()))),
            }
        }
        header.value = list
            .iter()
            .map(|address| address.with_uri(&address.uri))
            .collect::<Vec<_>>()
            .join(", ");
    }
}

/// An answer of the core as the client gets it: without our Via, with the client's own To and From, without session keys.
pub(super) fn answer(
    request: &Message,
    from_core: Message,
    keeps_keys: impl Fn() -> bool,
) -> Message {
    let mut answer = from_core;
    answer.remove("Via");
    for via in request.values("Via").collect::<Vec<_>>().into_iter().rev() {
        answer.push_front("Via", via);
    }
    if let Some(from) = request.value("From") {
        answer.replace("From", from);
    }
    if let (Some(ours), Some(theirs)) = (
        request.value("To"),
        answer.value("To").and_then(Address::read),
    ) {
        let tag = theirs.parameter("tag").filter(|_| !ours.contains(";tag="));
        let to = tag.map_or_else(|| ours.to_owned(), |tag| format!("{ours};tag={tag}"));
        answer.replace("To", to);
    }
    for name in [
        "P-Charging-Vector",
        "P-Charging-Function-Addresses",
        "P-Visited-Network-ID",
    ] {
        answer.remove(name);
    }
    for header in answer
        .headers
        .iter_mut()
        .filter(|header| header.is("WWW-Authenticate"))
    {
        if let Some(mut challenge) = Credentials::read(&header.value) {
            let before = challenge.parameters.len();
            challenge.parameters.retain(|(name, _)| {
                !["ik", "ck"]
                    .iter()
                    .any(|key| name.eq_ignore_ascii_case(key))
            });
            if challenge.parameters.len() < before && !keeps_keys() {
                header.value = challenge.print(&["algorithm", "stale"]);
            }
        }
    }
    debug_assert!(
        matches!(answer.start, Start::Response { .. }),
        "only responses are relayed"
    );
    answer
}
