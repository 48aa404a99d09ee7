//! `/authorize`, the front of a WAF: which request is taken at all, and what its answer is (RFC 6749 4.1, RFC 9700, RFC 9207).

use std::sync::PoisonError;

use hyper::StatusCode;

use super::Waf;
use super::clients::Client;
use super::pages;
use super::records::{Code, Interaction, Records, Subject, User};
use super::refusal::Refusal;
use super::token_endpoint::challenge_of;
use crate::defect::Defect;
use crate::web::answer::{self, Answer};
use crate::web::form::{self, Form};
use crate::web::serve::Asked;
use crate::web::{now, now_ms, secret};

/// Seconds in which a user has to log in and to consent.
const INTERACTION_LIFE: u64 = 600;

/// What goes wrong before it is known that the redirect URI is the client's: it is told to the user and not sent on.
#[derive(Debug)]
struct Untrusted(&'static str);

/// A request of a known client with a redirect URI of its own.
pub(super) struct Request<'a> {
    pub(super) client: &'a Client,
    pub(super) redirect_uri: String,
    pub(super) state: Option<String>,
    challenge: Option<String>,
    instead: Option<Subject>,
}

impl Waf {
    /// Begins an authorization: answers at once where the user is known and has granted, else with a page.
    pub(super) fn authorize(&self, asked: &Asked) -> Answer {
        let Some(query) = &asked.query else {
            return pages::error(StatusCode::BAD_REQUEST, "The request cannot be read.");
        };
        let mut request = match self.trusted(query) {
            Ok(request) => request,
            Err(Untrusted(why)) => return pages::error(StatusCode::BAD_REQUEST, why),
        };
        if query.first("response_type") == Some("token") && self.shared.has(Defect::ImplicitOn) {
            return self.implicit(asked, &request);
        }
        match self.acceptable(query, &request) {
            Ok(challenge) => request.challenge = challenge,
            Err(word) => return self.deny(&request, word),
        }
        self.begin(asked, query, request)
    }

    /// RFC 9700 2.1: the redirect URI is one of the registered ones, letter by letter.
    fn trusted<'a>(&'a self, query: &Form) -> Result<Request<'a>, Untrusted> {
        if matches!(query.repeated(), Some("client_id" | "redirect_uri")) {
            return Err(Untrusted("The request names its sender twice."));
        }
        let client = query.first("client_id").and_then(|id| self.client(id));
        let client = client.ok_or(Untrusted("The request comes from an unknown service."))?;
        let wanted = query.first("redirect_uri").unwrap_or_default();
        let fits = client.redirect_uris.iter().any(|known| {
            known == wanted
                || (self.shared.has(Defect::RedirectPrefixMatch)
                    && wanted.starts_with(known.as_str()))
        });
        if !fits {
            return Err(Untrusted(
                "The service does not own the address that it wants the answer at.",
            ));
        }
        let state = query.first("state").map(str::to_owned);
        Ok(Request {
            client,
            redirect_uri: wanted.to_owned(),
            state,
            challenge: None,
            instead: None,
        })
    }

    /// The challenge of a request that can be served, or the error for the client.
    fn acceptable(
        &self,
        query: &Form,
        request: &Request<'_>,
    ) -> Result<Option<String>, &'static str> {
        if query.repeated().is_some() {
            return Err(Refusal::InvalidRequest.word());
        }
        if query.first("response_type") != Some("code") {
            return Err("unsupported_response_type");
        }
        if !self.takes_scope(query.first("scope")) {
            return Err(Refusal::InvalidScope.word());
        }
        let records = self.records.lock().unwrap_or_else(PoisonError::into_inner);
        if !self.party_is_on(request.client, &records) {
            return Err(Refusal::AccessDenied.word());
        }
        self.challenge(query)
    }

    fn challenge(&self, query: &Form) -> Result<Option<String>, &'static str> {
        let policy = self.shared.model.answer("waf-pkce", "supported");
        match (
            query.first("code_challenge"),
            query.first("code_challenge_method"),
        ) {
            _ if policy == "no" => Ok(None),
            (None, None) if policy == "required" => Err(Refusal::InvalidRequest.word()),
            (None, None) => Ok(None),
            (Some(challenge), Some("S256")) if challenge.len() == 43 => {
                Ok(Some(challenge.to_owned()))
            }
            // Kept in the one form that the exchange compares with.
            (Some(verifier), None | Some("plain"))
                if self.shared.has(Defect::PkcePlainAccepted) =>
            {
                Ok(Some(challenge_of(verifier)))
            }
            _ => Err(Refusal::InvalidRequest.word()),
        }
    }

    fn begin(&self, asked: &Asked, query: &Form, mut request: Request<'_>) -> Answer {
        let mut records = self.records.lock().unwrap_or_else(PoisonError::into_inner);
        records.sweep(now());
        let prompt = query.first("prompt").unwrap_or_default();
        let user = self
            .session_user(asked, &records)
            .filter(|_| prompt != "login");
        request.instead = self.redirected_subject(query, &records);
        let request = &request;
        match user {
            None if prompt == "none" => self.deny(request, "login_required"),
            None => self.ask_login(asked, request, &mut records),
            Some(user) if self.needs_consent(request.client, &user) => {
                if prompt != "none" {
                    return self.ask_consent(asked, request, &user, &mut records);
                }
                if !self.shared.has(Defect::ConsentSkipped) {
                    return self.deny(request, "consent_required");
                }
                self.grant(&user.user, request.client, &mut records);
                self.finish(request, user.linked(), &mut records)
            }
            Some(user) => self.finish(request, user.linked(), &mut records),
        }
    }

    /// The user of the browser's session.
    pub(super) fn session_user(&self, asked: &Asked, records: &Records) -> Option<User> {
        let session = records.sessions.get(asked.cookie(super::COOKIE)?)?;
        records
            .users
            .get(&session.user)
            .filter(|_| session.expires > now())
            .cloned()
    }

    fn ask_login(&self, asked: &Asked, request: &Request<'_>, records: &mut Records) -> Answer {
        let session = asked
            .cookie(super::COOKIE)
            .map_or_else(secret, str::to_owned);
        let id = remember(request, &session, None, records);
        let mut answer = pages::login(StatusCode::OK, &id, "");
        answer::set_cookie(&mut answer, super::COOKIE, &session, self.cookie_flags());
        answer
    }

    pub(super) fn ask_consent(
        &self,
        asked: &Asked,
        request: &Request<'_>,
        user: &User,
        records: &mut Records,
    ) -> Answer {
        let session = asked.cookie(super::COOKIE).unwrap_or_default().to_owned();
        self.consent_page(&session, request, user, records)
    }

    /// Shows a user what a service asks for.
    pub(super) fn consent_page(
        &self,
        session: &str,
        request: &Request<'_>,
        user: &User,
        records: &mut Records,
    ) -> Answer {
        let id = remember(request, session, Some(&user.user), records);
        let service = self
            .wwsf_name(request.client)
            .unwrap_or(&request.client.client_id);
        pages::consent(&id, service, &user.impus)
    }

    /// Whether this user has to be asked before this service gets anything.
    pub(super) fn needs_consent(&self, client: &Client, user: &User) -> bool {
        match self.shared.model.answer("consent", "when-no-grant") {
            "never" => false,
            "always" => true,
            _ => !self.is_granted(client, user),
        }
    }

    /// Puts the subscriber's grant on record.
    pub(super) fn grant(&self, user: &str, client: &Client, records: &mut Records) {
        if let (Some(user), Some(party)) = (records.users.get_mut(user), &client.party) {
            user.grants.insert(party.clone());
        }
    }

    /// Sends the browser back with a code.
    pub(super) fn finish(
        &self,
        request: &Request<'_>,
        subject: Option<Subject>,
        records: &mut Records,
    ) -> Answer {
        let Some(subject) = request.instead.clone().or(subject) else {
            return self.deny(request, Refusal::AccessDenied.word());
        };
        if !self.still_holds(request.client, &subject, records) {
            return self.deny(request, Refusal::AccessDenied.word());
        }
        let text = secret();
        let code = Code {
            client: request.client.client_id.clone(),
            redirect_uri: request.redirect_uri.clone(),
            challenge: request.challenge.clone(),
            subject,
            expires_ms: now_ms() + 1000 * self.shared.model.number("t-code", 30),
            used: false,
        };
        records.codes.insert(text.clone(), code);
        self.back(request, &[("code", &text)])
    }

    /// Sends the browser back with an error.
    pub(super) fn deny(&self, request: &Request<'_>, word: &str) -> Answer {
        self.back(request, &[("error", word)])
    }

    fn back(&self, request: &Request<'_>, members: &[(&str, &str)]) -> Answer {
        let mut members = members.to_vec();
        if let Some(state) = &request.state {
            members.push(("state", state));
        }
        members.push(("iss", &self.issuer));
        let join = if request.redirect_uri.contains('?') {
            '&'
        } else {
            '?'
        };
        answer::see_other(&format!(
            "{}{join}{}",
            request.redirect_uri,
            form::write(members)
        ))
    }

    /// The grant that gives a token to the browser's address line (RFC 9700 2.1.2 says not to).
    fn implicit(&self, asked: &Asked, request: &Request<'_>) -> Answer {
        let mut records = self.records.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(subject) = self
            .session_user(asked, &records)
            .and_then(|user| user.linked())
        else {
            return self.ask_login(asked, request, &mut records);
        };
        self.implicit_answer(request, subject, &mut records)
    }

    pub(super) fn cookie_flags(&self) -> &'static str {
        if self.shared.has(Defect::ConsentWithoutSecret) {
            "; Secure; HttpOnly; SameSite=None"
        } else {
            answer::COOKIE_FLAGS
        }
    }
}

/// Keeps the request until the user has answered; what identifies it stands in the form alone.
fn remember(
    request: &Request<'_>,
    session: &str,
    user: Option<&str>,
    records: &mut Records,
) -> String {
    let id = secret();
    let interaction = Interaction {
        session: session.to_owned(),
        client: request.client.client_id.clone(),
        redirect_uri: request.redirect_uri.clone(),
        state: request.state.clone(),
        challenge: request.challenge.clone(),
        instead: request.instead.clone(),
        asked: user.map(str::to_owned),
        expires: now() + INTERACTION_LIFE,
    };
    records.interactions.insert(id.clone(), interaction);
    id
}

impl<'a> Request<'a> {
    /// The request that an interaction was begun for.
    pub(super) fn of(interaction: &Interaction, client: &'a Client) -> Self {
        Self {
            client,
            redirect_uri: interaction.redirect_uri.clone(),
            state: interaction.state.clone(),
            challenge: interaction.challenge.clone(),
            instead: interaction.instead.clone(),
        }
    }
}
