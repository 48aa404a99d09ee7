//! `wicheck certs`: the test PKI by itself.

use certs_gen::{Authority, Flaw, LeafRequest, Others, Usage};
use serde_json::json;

use crate::arguments::Certs;
use crate::{Done, Failure, output};

/// Writes a world folder, or prints one flawed chain with its key, its root, and the lists that revoke it if that is the flaw.
pub(crate) fn certs(command: &Certs, json: bool) -> Done {
    match (&command.out, command.flaw.as_deref()) {
        (Some(out), None) => {
            campaign::world(out, command.lanes.max(1))
                .map_err(|why| Failure::ours(why.to_string()))?;
            if json {
                output::json(&json!({ "world": out }));
            } else {
                output::print(&format!(
                    "the world stands in {}; docs/world.md tells what is whose",
                    out.display()
                ));
            }
            Ok(0)
        }
        (_, Some("list")) => {
            let names: Vec<&str> = Flaw::ALL.iter().map(|flaw| flaw.name()).collect();
            if json {
                output::json(&json!(names))
            } else {
                output::print(&names.join("\n"))
            }
            Ok(0)
        }
        (_, Some(flaw)) => flawed(flaw, &command.name),
        (None, None) => Err(Failure::usage(
            "name a folder with --out, or a flaw with --flaw (`--flaw list` names them)",
        )),
    }
}

fn flawed(flaw: &str, name: &str) -> Done {
    let flaw: Flaw = flaw.parse().map_err(|why: certs_gen::UnknownFlaw| {
        Failure::usage(format!("{why}; `--flaw list` names them"))
    })?;
    let now = campaign::now();
    let ours = |why: certs_gen::Error| Failure::ours(why.to_string());
    let authority = Authority::generate("wicheck root", now).map_err(ours)?;
    let unknown = Authority::generate("wicheck root", now).map_err(ours)?;
    let request = LeafRequest {
        names: vec![name.to_owned()],
        addresses: address_for(flaw),
        usage: usage_for(flaw),
        subject_cn: None,
        now,
    };
    let chain = authority
        .issue_flawed(&request, flaw, &Others { unknown: &unknown })
        .map_err(ours)?;
    let lists = match flaw {
        Flaw::Revoked => authority.revocation_lists(now).map_err(ours)?,
        _ => String::new(),
    };
    output::print(&format!(
        "{}{}{}{lists}",
        chain.chain_pem(),
        chain.sign_key_pem(),
        authority.root_pem()
    ));
    Ok(0)
}

/// An address for the one flaw that is about an address.
fn address_for(flaw: Flaw) -> Vec<std::net::IpAddr> {
    if flaw == Flaw::IpInDns {
        vec![std::net::Ipv4Addr::LOCALHOST.into()]
    } else {
        Vec::new()
    }
}

/// Every flaw is shown on a server's certificate, but the one that only a client's can have.
fn usage_for(flaw: Flaw) -> Usage {
    if flaw == Flaw::EkuServerOnly {
        Usage::Client
    } else {
        Usage::Server
    }
}
