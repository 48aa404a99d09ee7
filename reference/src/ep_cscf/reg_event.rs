//! The reg event (RFC 3680): the edge asks the core to be told when it ends a registration (TS 24.229 subclause 5.2.3).

use std::sync::{Arc, PoisonError};

use super::Edge;
use crate::sip::uri::{self, Spelling};
use crate::sip::{Header, Message, Start};
use crate::{Defect, net};

/// Seconds that a subscription is asked for.
const INTERVAL: u32 = 600;

/// What a subscription is about, by its Call-ID.
#[derive(Clone, Debug)]
pub(super) struct Subscription {
    pub(super) flow: String,
    impu: String,
}

/// Subscribes to the reg event of an identity that has just been registered on a flow.
pub(super) fn subscribe(edge: &Arc<Edge>, flow: &str, impu: &str) {
    if edge.shared.model.answer("reg-event", "no") != "yes" {
        return;
    }
    let call_id = net::random_hex(16);
    let about = Subscription {
        flow: flow.to_owned(),
        impu: impu.to_owned(),
    };
    edge.subscriptions().insert(call_id.clone(), about);
    let name = edge
        .shared
        .world
        .nodes
        .get("ep-cscf")
        .map_or("edge", |node| node.name.as_str());
    let branch = format!("z9hG4bK{}", net::random_hex(12));
    let tag = net::random_hex(8);
    let fields = [
        ("Via", edge.link.via(&branch)),
        ("Max-Forwards", "70".to_owned()),
        ("From", format!("<sip:{name}>;tag={tag}")),
        ("To", format!("<{impu}>")),
        ("Call-ID", call_id),
        ("CSeq", "1 SUBSCRIBE".to_owned()),
        ("Contact", format!("<sip:{}>", edge.link.local)),
        ("P-Asserted-Identity", format!("<sip:{name}>")),
        ("Event", "reg".to_owned()),
        ("Accept", "application/reginfo+xml".to_owned()),
        ("Expires", INTERVAL.to_string()),
    ];
    let message = Message {
        start: Start::Request {
            method: "SUBSCRIBE".to_owned(),
            uri: impu.to_owned(),
        },
        headers: fields
            .into_iter()
            .map(|(name, value)| Header {
                name: name.to_owned(),
                value,
            })
            .collect(),
        body: Vec::new(),
        as_it_came: Box::default(),
    };
    let edge = Arc::clone(edge);
    tokio::spawn(async move {
        // A core that knows no reg event answers otherwise; then nothing more is told.
        let _ = edge.link.request(&message, edge.core).last_answer().await;
    });
}

/// Takes a NOTIFY of the core: the status of its answer, `None` when it is no reg event.
pub(super) fn notified(edge: &Edge, request: &Message) -> Option<u16> {
    let event = request.value("Event")?;
    if request.method() != "NOTIFY" || event.split(';').next()?.trim() != "reg" {
        return None;
    }
    let about = edge.subscriptions().get(request.value("Call-ID")?).cloned();
    let Some(about) = about else { return Some(481) };
    let ended = terminated(&String::from_utf8_lossy(&request.body));
    let flow = edge.flows().get(&about.flow).cloned();
    if let Some(flow) = flow
        && ended.contains(&about.impu)
        && !edge.shared.has(Defect::IgnoresNetworkDeregistration)
    {
        flow.ended
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .push(about.impu);
    }
    Some(200)
}

/// The identities whose registration a document calls terminated.
fn terminated(document: &str) -> Vec<String> {
    document
        .split("<registration")
        .skip(1)
        .filter_map(|rest| rest.split_once('>').map(|(head, _)| head))
        .filter(|head| attribute(head, "state") == Some("terminated"))
        .filter_map(|head| uri::identity(attribute(head, "aor")?, Spelling::Canonical))
        .collect()
}

/// An attribute of an element's head.
fn attribute<'a>(head: &'a str, name: &str) -> Option<&'a str> {
    let at = head.find(&format!(" {name}="))? + name.len() + 2;
    let rest = head.get(at..)?;
    let quote = rest.chars().next().filter(|first| "\"'".contains(*first))?;
    rest.get(1..)?.split(quote).next()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_registrations_that_ended_are_told() {
        let document = "<reginfo><registration aor='sip:a@x' id='1' state='terminated'><contact state=\"terminated\"/></registration>\
             <registration aor=\"sip:b@x\" id=\"2\" state=\"active\"/></reginfo>";
        assert_eq!(terminated(document), ["sip:a@x"]);
    }

    proptest::proptest! {
        #[test]
        fn no_document_panics(document: String) {
            terminated(&document);
        }
    }
}
