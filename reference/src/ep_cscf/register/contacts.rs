//! The Contacts of a REGISTER.

use super::super::refusal::Refusal;
use crate::sip::Message;
use crate::sip::uri::{Address, Uri};

/// Reads the Contacts; true when the request ends registrations.
pub(super) fn check(request: &Message) -> Result<bool, Refusal> {
    let bad = |why| Err(Refusal::malformed(why));
    let zero = request
        .value("Expires")
        .is_some_and(|expires| expires.trim_start_matches('0').is_empty());
    let lines: Vec<&str> = request.values("Contact").collect();
    if lines.iter().any(|line| line.trim() == "*") {
        return if lines.len() == 1 && zero {
            Ok(true)
        } else {
            bad("Contact * without Expires 0, or beside others")
        };
    }
    let Some(list) = Address::read_all(lines.into_iter()) else {
        return bad("a Contact that is no address");
    };
    if list.len() > 8 || list.iter().any(|contact| Uri::read(&contact.uri).is_none()) {
        return bad("a Contact that is no SIP address");
    }
    let number = |text: &str| {
        !text.is_empty() && text.len() < 10 && text.bytes().all(|byte| byte.is_ascii_digit())
    };
    if list.iter().any(|contact| {
        contact
            .parameter("expires")
            .is_some_and(|expires| !number(expires))
    }) {
        return bad("a Contact whose expires is no number");
    }
    let ends = |contact: &Address| {
        contact
            .parameter("expires")
            .map_or(zero, |each| each.trim_start_matches('0').is_empty())
    };
    Ok(!list.is_empty() && list.iter().all(ends))
}
