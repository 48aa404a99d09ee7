//! Which name of a certificate comes nearest to the one that is wanted (RFC 9525 6).

use std::net::IpAddr;

use rustls::pki_types::ServerName;
use x509_parser::certificate::X509Certificate;
use x509_parser::extensions::GeneralName;

use super::faults::Fault;

/// What is wrong with the names of a leaf; `None`: one of them fits.
pub(super) fn fault(leaf: &X509Certificate<'_>, wanted: &ServerName<'_>) -> Option<Fault> {
    match wanted {
        ServerName::DnsName(name) => of_host(leaf, &name.as_ref().to_ascii_lowercase()),
        ServerName::IpAddress(address) => of_address(leaf, (*address).into()),
        _ => Some(Fault::WrongName),
    }
}

fn of_host(leaf: &X509Certificate<'_>, wanted: &str) -> Option<Fault> {
    let names = dns_names(leaf);
    if names.iter().any(|name| fits(name, wanted)) {
        return None;
    }
    let until_nul = |name: &String| {
        name.split_once('\0')
            .is_some_and(|(front, _)| fits(front, wanted))
    };
    let deep = |name: &String| {
        name.strip_prefix('*')
            .is_some_and(|rest| rest.len() > 1 && wanted.ends_with(rest))
    };
    let fault = if names.iter().any(until_nul) {
        Fault::NulName
    } else if names.iter().any(deep) {
        Fault::WildcardDeep
    } else if names.is_empty() && has_sip_uri(leaf) {
        Fault::SipUriName
    } else if names.is_empty() && common_name(leaf).is_some_and(|name| fits(&name, wanted)) {
        Fault::CommonNameOnly
    } else {
        Fault::WrongName
    };
    Some(fault)
}

fn of_address(leaf: &X509Certificate<'_>, wanted: IpAddr) -> Option<Fault> {
    let octets = match wanted {
        IpAddr::V4(address) => address.octets().to_vec(),
        IpAddr::V6(address) => address.octets().to_vec(),
    };
    if general_names(leaf)
        .iter()
        .any(|name| matches!(name, GeneralName::IPAddress(shown) if *shown == octets))
    {
        return None;
    }
    let text = wanted.to_string();
    if dns_names(leaf).contains(&text) {
        return Some(Fault::AddressAsName);
    }
    Some(if common_name(leaf) == Some(text) {
        Fault::CommonNameOnly
    } else {
        Fault::WrongName
    })
}

/// Letter by letter, or with a wildcard in the place of the whole first label.
pub(super) fn fits(shown: &str, wanted: &str) -> bool {
    match shown.strip_prefix("*.") {
        Some(rest) => wanted
            .split_once('.')
            .is_some_and(|(first, below)| !first.is_empty() && below == rest),
        None => shown == wanted,
    }
}

pub(super) fn dns_names(leaf: &X509Certificate<'_>) -> Vec<String> {
    general_names(leaf)
        .iter()
        .filter_map(|name| match name {
            GeneralName::DNSName(name) => Some(name.to_ascii_lowercase()),
            _ => None,
        })
        .collect()
}

fn has_sip_uri(leaf: &X509Certificate<'_>) -> bool {
    general_names(leaf)
        .iter()
        .any(|name| matches!(name, GeneralName::URI(uri) if uri.starts_with("sip:")))
}

fn general_names<'a>(leaf: &'a X509Certificate<'_>) -> &'a [GeneralName<'a>] {
    match leaf.subject_alternative_name() {
        Ok(Some(names)) => &names.value.general_names,
        _ => &[],
    }
}

fn common_name(leaf: &X509Certificate<'_>) -> Option<String> {
    let name = leaf.subject().iter_common_name().next()?.as_str().ok()?;
    Some(name.to_ascii_lowercase())
}

#[cfg(test)]
mod tests {
    use super::fits;

    proptest::proptest! {
        #[test]
        fn a_wildcard_never_covers_two(first in "[a-z]{1,8}", second in "[a-z]{1,8}", rest in "[a-z]{1,8}[.][a-z]{2,4}") {
            let shown = format!("*.{rest}");
            let one = format!("{first}.{rest}");
            let two = format!("{first}.{second}.{rest}");
            proptest::prop_assert!(fits(&shown, &one));
            proptest::prop_assert!(!fits(&shown, &two));
            proptest::prop_assert!(!fits(&shown, &rest));
        }
    }

    #[test]
    fn a_wildcard_is_one_label() {
        assert!(fits("*.a.example", "www.a.example"));
        assert!(!fits("*.example", "www.a.example"));
        assert!(!fits("*.a.example", "a.example"));
        assert!(fits("a.example", "a.example"));
    }
}
