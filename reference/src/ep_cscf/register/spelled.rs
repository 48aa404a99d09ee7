//! How an edge spells a public identity before it compares it. The honest one leaves it as it is written; each other way is one
//! mistake, by which two identities become one.

use super::super::Edge;
use crate::Defect;

/// A URI as this edge reads it.
pub(super) fn read(edge: &Edge, uri: &str) -> String {
    let shared = &edge.shared;
    let domain = &shared.world.domain;
    let own = shared.world.nodes.get("ep-cscf").map(|node| &node.name);
    let is_own =
        |host: &str| own.is_some_and(|own| host == own) || host.parse::<std::net::IpAddr>().is_ok();
    let home_if = |is_home: &dyn Fn(&str) -> bool| {
        with_host(uri, |host| match is_home(host) {
            true => domain.clone(),
            false => host.to_owned(),
        })
    };
    let up_to = |ends: &[char]| {
        with_user(uri, |user| match uri.contains(":+") {
            true => user.split(ends).next().unwrap_or_default(),
            false => user,
        })
    };
    let up_to_nul = with_user(uri, |user| user.split("%00").next().unwrap_or_default());
    let mut read = uri.to_owned();
    for (mistake, other) in [
        (Defect::UnescapesTwice, uri.replace("%25", "%")),
        (Defect::DecodesHostNames, with_host(uri, decoded)),
        (
            Defect::SuffixIsHome,
            home_if(&|host| host.ends_with(domain.as_str())),
        ),
        (Defect::OwnHostIsHome, home_if(&is_own)),
        (Defect::EndsUserAtNul, up_to_nul),
        (Defect::NumberEndsAtSeparator, up_to(&['-', '.', '(', ')'])),
    ] {
        read = shared.misreads(mistake, read, other);
    }
    read
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
