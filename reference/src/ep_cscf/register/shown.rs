//! Which credentials a REGISTER shows.

use crate::Defect;
use crate::sip::Message;
use crate::sip::credentials::Credentials;

use super::super::Edge;
use super::super::connection::Client;
use super::super::lenient;
use super::super::refusal::Refusal;

/// The credentials of a REGISTER.
pub(super) enum Shown {
    Nothing,
    /// A token; `username` is that of a Digest header beside it, which an honest edge never takes.
    Token {
        token: String,
        username: Option<String>,
    },
    Digest(Credentials),
    /// A token whose signature the edge does not mean to check.
    Unchecked(String),
    /// Nothing that could be checked, and the edge goes on with the identity of To.
    Guessed,
}

/// Whether registration 1 is offered at all.
pub(super) fn digest_offered(edge: &Edge) -> bool {
    let model = &edge.shared.model;
    model.answer("edge-mechanisms", "both") != "token-only"
        && ["1-digest", "1-aka"]
            .iter()
            .any(|kind| model.lists("registrations", kind, &["1-digest"]))
}

/// What a REGISTER of this client shows.
pub(super) fn of(edge: &Edge, request: &Message, client: &Client) -> Result<Shown, Refusal> {
    match read(edge, request, client.token.as_deref())? {
        Shown::Token { .. } if !takes_tokens(edge, client) => {
            Err(Refusal::token("tokens are taken under TLS alone"))
        }
        shown => Ok(shown),
    }
}

/// Whether tokens are taken from this client: they come under TLS, or not at all.
fn takes_tokens(edge: &Edge, client: &Client) -> bool {
    let anywhere = [Defect::ReadsClearSip, Defect::TakesTokensFromPhones];
    !client.bare || edge.shared.among(&anywhere).is_some()
}

/// Reads the Authorization header; more than one is refused whole.
///
/// `handshake` is the token of the WebSocket handshake, which an honest edge takes only where that is declared.
fn read(edge: &Edge, request: &Message, handshake: Option<&str>) -> Result<Shown, Refusal> {
    let shared = &edge.shared;
    let filtered = filtered(edge, request);
    let mut lines: Vec<&str> = filtered.iter().map(String::as_str).collect();
    if let Some(token) = elsewhere(edge, request, handshake) {
        return Ok(Shown::Token {
            token,
            username: None,
        });
    }
    let all_known = lines.iter().all(|line| lenient::is_known_scheme(line));
    if !all_known && shared.has(Defect::PassesUnknownScheme) {
        lines.retain(|line| lenient::is_known_scheme(line));
    }
    let mut username = None;
    let line = match lines.as_slice() {
        [] if handshake.is_none() && shared.has(Defect::AcceptsNoToken) => {
            return Ok(Shown::Guessed);
        }
        [] => {
            return Ok(handshake.map_or(Shown::Nothing, |token| Shown::Token {
                token: token.to_owned(),
                username: None,
            }));
        }
        [line] => line,
        [.., last] if shared.has(Defect::AdoptsSecondAuthorization) => last,
        [first, ..] if shared.has(Defect::AdoptsFirstAuthorization) => first,
        [_, ..] if shared.has(Defect::UsernameFromDigest) => {
            let read = lines.iter().filter_map(|line| Credentials::read(line));
            username = read
                .into_iter()
                .find(|shown| shown.is("Digest"))
                .and_then(|shown| shown.get("username").map(str::to_owned));
            lines
                .iter()
                .find(|line| is_bearer(line))
                .ok_or_else(|| Refusal::malformed("no token"))?
        }
        several => {
            one_of(edge, several).ok_or_else(|| Refusal::malformed("two Authorization headers"))?
        }
    };
    let Some(credentials) = Credentials::read(line).or_else(|| misread(edge, line)) else {
        if shared.has(Defect::AcceptsUnreadableToken) {
            return Ok(Shown::Guessed);
        }
        return Err(Refusal::malformed(
            "an Authorization header that cannot be read",
        ));
    };
    if credentials.is("Digest") {
        return digest(edge, credentials);
    }
    let any_scheme = || credentials.bare.is_some() && shared.has(Defect::AnySchemeAsBearer);
    if !credentials.is("Bearer") && !any_scheme() {
        return Err(Refusal::token("an authentication scheme that is not known"));
    }
    bearer(edge, &credentials, username)
}

/// Which of several credentials an edge of some mistakes reads; the honest one reads none of them.
fn one_of<'a>(edge: &Edge, lines: &[&'a str]) -> Option<&'a str> {
    if edge.shared.has(Defect::PassesFurtherAuthorization) {
        return lines.first().copied();
    }
    let digest = lines.iter().find(|line| !is_bearer(line));
    digest
        .copied()
        .filter(|_| edge.shared.has(Defect::TokenVouchesForDigest))
}

/// Whether this edge lets a token vouch for the Digest credentials beside it.
pub(super) fn vouched(edge: &Edge, request: &Message) -> bool {
    request.values("Authorization").any(is_bearer) && edge.shared.has(Defect::TokenVouchesForDigest)
}

fn is_bearer(line: &str) -> bool {
    line.to_ascii_lowercase().starts_with("bearer")
}

/// The Authorization headers as this edge reads them.
fn filtered(edge: &Edge, request: &Message) -> Vec<String> {
    let without = |line: &str| {
        let mistake = Defect::FiltersLabelByText;
        edge.shared
            .misreads(mistake, line.to_owned(), without_label(line))
    };
    request.values("Authorization").map(without).collect()
}

/// Credentials without the first label that is spelled in the usual way.
fn without_label(line: &str) -> String {
    let Some(at) = line.find("integrity-protected=") else {
        return line.to_owned();
    };
    let end = line[at..].find(',').map_or(line.len(), |end| at + end + 1);
    let (before, after) = (line[..at].trim_end(), line[end..].trim_start());
    match after.is_empty() {
        true => before.trim_end_matches(',').to_owned(),
        false => format!("{before} {after}"),
    }
}

fn digest(edge: &Edge, credentials: Credentials) -> Result<Shown, Refusal> {
    if credentials.bare.is_some() {
        return Err(Refusal::malformed("Digest without parameters"));
    }
    if digest_offered(edge) {
        return Ok(Shown::Digest(credentials));
    }
    Err(Refusal::token("Digest is not offered"))
}

fn bearer(
    edge: &Edge,
    credentials: &Credentials,
    username: Option<String>,
) -> Result<Shown, Refusal> {
    let shared = &edge.shared;
    if shared.model.answer("edge-mechanisms", "both") == "ims-only"
        && !shared.has(Defect::TakesTokensUndeclared)
    {
        return Err(Refusal::forbidden("tokens are not taken here"));
    }
    if shared.model.answer("token-carrier", "authorization") != "authorization" {
        return Err(Refusal::token("tokens are taken from the handshake"));
    }
    let syntax = shared.model.answer("token-syntax", "both");
    let parameter = credentials.get("access_token").filter(|_| syntax != "b64");
    let token = credentials
        .bare
        .as_deref()
        .filter(|_| syntax != "param")
        .or(parameter)
        .unwrap_or_default();
    if token.is_empty() {
        if shared.has(Defect::AcceptsEmptyToken) {
            return Ok(Shown::Guessed);
        }
        return Err(Refusal::token("an empty token"));
    }
    if !readable(edge, token) && shared.has(Defect::AcceptsUnreadableToken) {
        return Ok(Shown::Guessed);
    }
    if parameter == Some(token) && shared.has(Defect::ParameterUnchecked) {
        return Ok(Shown::Unchecked(token.to_owned()));
    }
    Ok(Shown::Token {
        token: token.to_owned(),
        username,
    })
}

/// Whether a token has the form of those that the edge takes.
fn readable(edge: &Edge, token: &str) -> bool {
    let signed = edge.shared.model.lists("token-format", "jws", &["jws"]);
    !signed || crate::token::Jws::read(token, &edge.shared).is_ok()
}

/// The token that those take who look for it where it does not belong.
fn elsewhere(edge: &Edge, request: &Message, handshake: Option<&str>) -> Option<String> {
    let shared = &edge.shared;
    let of_proxy = request
        .value("Proxy-Authorization")
        .and_then(|line| Credentials::read(line)?.bare);
    if of_proxy.is_some() && shared.has(Defect::PrefersProxyAuthorization) {
        return of_proxy;
    }
    if handshake.is_some() && shared.has(Defect::PrefersHandshakeToken) {
        return handshake.map(str::to_owned);
    }
    last_token_within(edge, request).filter(|_| shared.has(Defect::SearchesRequestForToken))
}

/// The last token in a request, but for that in its Authorization.
fn last_token_within(edge: &Edge, request: &Message) -> Option<String> {
    let body = String::from_utf8_lossy(&request.body);
    let headers = request
        .headers
        .iter()
        .filter(|header| !header.is("Authorization"))
        .map(|header| header.value.as_str());
    let token = |character: char| character.is_ascii_alphanumeric() || "-_.".contains(character);
    headers
        .chain([body.as_ref()])
        .flat_map(|text| text.split(|character| !token(character)))
        .filter(|word| readable(edge, word))
        .last()
        .map(str::to_owned)
}

/// Credentials as those read them who make something of what cannot be read.
fn misread(edge: &Edge, line: &str) -> Option<Credentials> {
    let last = line.get(line.rfind(',')? + 1..)?.trim();
    if edge.shared.has(Defect::SplitsAuthorizationAtCommas) {
        return Credentials::read(last);
    }
    let (scheme, _) = line.trim().split_once(' ')?;
    let wins = edge.shared.has(Defect::LastParameterWins);
    Credentials::read(&format!("{scheme} {last}")).filter(|_| wins)
}
