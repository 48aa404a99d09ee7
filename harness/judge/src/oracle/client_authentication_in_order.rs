//! The WWSF proves itself on W4 as declared: by its client certificate, or by a method of the token endpoint.

use evidence::Interface;

use crate::context::Context;
use crate::play::{Message, Play};
use crate::ruling::Ruling;

pub(super) fn ask(context: &Context<'_, '_>) -> Ruling {
    let play = context.play;
    let requests: Vec<&Message<'_>> = play
        .received()
        .filter(|message| message.interface == Interface::W4 && message.is_http_request())
        .filter(|message| {
            message
                .http()
                .is_some_and(|http| http.form().iter().any(|(name, _)| name == "grant_type"))
        })
        .collect();
    if requests.is_empty() {
        return Ruling::undecided(
            "no_token_request",
            "the WWSF asked for no token in this play",
        );
    }
    let declared = play.answer_list("w4-auth");
    if declared.is_empty() {
        return Ruling::undecided("ics_undeclared", "the SUT does not declare w4-auth");
    }
    Ruling::unless(requests.into_iter().find_map(|request| {
        let proven = declared.iter().any(|method| proves(play, request, method));
        (!proven).then(|| {
            Ruling::broken(
                format!("a token request with {}", declared.join(" or ")),
                format!("{} without it", request.summary()),
                [request.n],
            )
        })
    }))
}

fn proves(play: &Play<'_>, request: &Message<'_>, method: &str) -> bool {
    let Some(http) = request.http() else {
        return false;
    };
    let form = http.form();
    let has = |name: &str| {
        form.iter()
            .any(|(own, value)| own == name && !value.is_empty())
    };
    match method {
        "tls_client_auth" | "self_signed_tls_client_auth" => {
            let tls = play
                .connections
                .get(&request.connection)
                .and_then(|connection| connection.secured);
            tls.is_some_and(|tls| !tls.peer_chain.is_empty())
        }
        "private_key_jwt" => has("client_assertion") && has("client_assertion_type"),
        "client_secret_basic" => http
            .header("Authorization")
            .is_some_and(|value| crate::identity::basic(value).is_some()),
        "client_secret_post" => has("client_secret"),
        "private-link" => true,
        _ => false,
    }
}
