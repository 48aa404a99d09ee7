//! Which credentials a REGISTER shows.

use crate::Defect;
use crate::sip::Message;
use crate::sip::credentials::Credentials;

use super::super::Edge;
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

/// Reads the Authorization header; more than one is refused whole.
///
/// `handshake` is the token of the WebSocket handshake, which an honest edge never takes.
pub(super) fn read(
    edge: &Edge,
    request: &Message,
    handshake: Option<&str>,
) -> Result<Shown, Refusal> {
    let shared = &edge.shared;
    let mut lines: Vec<&str> = request.values("Authorization").collect();
    if shared.has(Defect::PrefersProxyAuthorization)
        && let Some(line) = request.value("Proxy-Authorization")
    {
        lines = vec![line];
    }
    if shared.has(Defect::PassesUnknownScheme) {
        lines.retain(|line| lenient::is_known_scheme(line));
    }
    let mut username = None;
    let line = match lines.as_slice() {
        [] if shared.has(Defect::AcceptsNoToken) => return Ok(Shown::Guessed),
        [] => {
            return Ok(handshake.map_or(Shown::Nothing, |token| Shown::Token {
                token: token.to_owned(),
                username: None,
            }));
        }
        [line] => line,
        [.., last] if shared.has(Defect::AdoptsSecondAuthorization) => last,
        [_, ..] if shared.has(Defect::UsernameFromDigest) => {
            let read = lines.iter().filter_map(|line| Credentials::read(line));
            username = read
                .into_iter()
                .find(|shown| shown.is("Digest"))
                .and_then(|shown| shown.get("username").map(str::to_owned));
            lines
                .iter()
                .find(|line| line.to_ascii_lowercase().starts_with("bearer"))
                .ok_or_else(|| Refusal::malformed("no token"))?
        }
        _ => return Err(Refusal::malformed("two Authorization headers")),
    };
    let last = shared.has(Defect::LastParameterWins);
    let Some(credentials) = Credentials::read(line).or_else(|| last_of_each(line).filter(|_| last))
    else {
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
    let any_scheme = shared.has(Defect::AnySchemeAsBearer) && credentials.bare.is_some();
    if !credentials.is("Bearer") && !any_scheme {
        return Err(Refusal::token("an authentication scheme that is not known"));
    }
    bearer(edge, &credentials, username)
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
    if shared.model.answer("edge-mechanisms", "both") == "ims-only" {
        return Err(Refusal::forbidden("tokens are not taken here"));
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
    if shared.has(Defect::AcceptsUnreadableToken) && !readable(edge, token) {
        return Ok(Shown::Guessed);
    }
    if shared.has(Defect::ParameterUnchecked) && parameter == Some(token) {
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

/// Credentials in which the last of two parameters of one name counts.
fn last_of_each(line: &str) -> Option<Credentials> {
    let at = line.rfind(',')?;
    let (scheme, _) = line.trim().split_once(' ')?;
    Credentials::read(&format!("{scheme} {}", line.get(at + 1..)?.trim()))
}
