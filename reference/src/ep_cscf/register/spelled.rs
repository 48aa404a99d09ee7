//! How an edge spells a public identity before it compares it. The honest one leaves it as it is written; each other way is one
//! mistake, by which two identities become one.

use super::super::Edge;
use crate::Defect;

/// A URI as this edge reads it.
pub(super) fn read(edge: &Edge, uri: &str) -> String {
    let shared = &edge.shared;
    let domain = &shared.world.domain;
    if shared.has(Defect::UnescapesTwice) {
        return uri.replace("%25", "%");
    }
    if shared.has(Defect::DecodesHostNames) {
        return with_host(uri, decoded);
    }
    if shared.has(Defect::SuffixIsHome) {
        return with_host(uri, |host| match host.ends_with(domain.as_str()) {
            true => domain.clone(),
            false => host.to_owned(),
        });
    }
    if shared.has(Defect::OwnHostIsHome) {
        let own = shared.world.nodes.get("ep-cscf").map(|node| &node.name);
        let is_own = |host: &str| {
            own.is_some_and(|own| host == own) || host.parse::<std::net::IpAddr>().is_ok()
        };
        return with_host(uri, |host| match is_own(host) {
            true => domain.clone(),
            false => host.to_owned(),
        });
    }
    if shared.has(Defect::EndsUserAtNul) {
        return with_user(uri, |user| user.split("%00").next().unwrap_or_default());
    }
    if shared.has(Defect::NumberEndsAtSeparator) && uri.contains(":+") {
        return with_user(uri, |user| {
            user.split(['-', '.', '(', ')']).next().unwrap_or_default()
        });
    }
    uri.to_owned()
}

/// The URI with its host changed, parameters and port left as they are.
fn with_host(uri: &str, change: impl Fn(&str) -> String) -> String {
    let Some((user, rest)) = uri.rsplit_once('@') else {
        return uri.to_owned();
    };
    let end = rest.find([';', ':', '?']).unwrap_or(rest.len());
    format!("{user}@{}{}", change(&rest[..end]), &rest[end..])
}

/// The URI with its user part changed.
fn with_user(uri: &str, change: impl Fn(&str) -> &str) -> String {
    let parts = uri
        .split_once(':')
        .and_then(|(scheme, rest)| Some((scheme, rest.rsplit_once('@')?)));
    match parts {
        Some((scheme, (user, host))) => format!("{scheme}:{}@{host}", change(user)),
        None => uri.to_owned(),
    }
}

/// A host name in plain letters: wide letters become narrow ones, and labels that were encoded without need are decoded.
fn decoded(host: &str) -> String {
    let narrow = |letter: char| {
        let twin = u32::from(letter)
            .checked_sub(0xFEE0)
            .and_then(char::from_u32);
        twin.filter(char::is_ascii_graphic).unwrap_or(letter)
    };
    let plain: String = host.chars().map(narrow).collect();
    let label = |label: &str| {
        let encoded = label.strip_prefix("xn--");
        encoded
            .and_then(|encoded| encoded.strip_suffix('-'))
            .unwrap_or(label)
            .to_owned()
    };
    plain.split('.').map(label).collect::<Vec<_>>().join(".")
}

/// What stands between the last pair of angle brackets of a header.
pub(super) fn in_last_brackets(value: &str) -> Option<String> {
    let (_, rest) = value.rsplit_once('<')?;
    Some(rest.split_once('>')?.0.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hosts_are_decoded_and_users_cut_where_they_are_told_to() {
        assert_eq!(
            with_host("sip:a@\u{ff4f}p.x;user=phone", decoded),
            "sip:a@op.x;user=phone"
        );
        assert_eq!(with_host("sip:a@xn--op-.x:1", decoded), "sip:a@op.x:1");
        assert_eq!(with_host("tel:1", decoded), "tel:1");
        assert_eq!(with_user("sip:abc@x", |user| &user[..1]), "sip:a@x");
        assert_eq!(
            in_last_brackets("\"<a>\" <b>;x=\"<c>\"").as_deref(),
            Some("c")
        );
        assert_eq!(in_last_brackets("a"), None);
    }
}
