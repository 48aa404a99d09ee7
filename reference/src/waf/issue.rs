//! Access tokens, refresh tokens, and the answer that carries them.

use std::sync::{Arc, PoisonError};

use hyper::StatusCode;
use hyper::header::{CACHE_CONTROL, PRAGMA};
use serde_json::{Value, json};

use super::Waf;
use super::clients::Client;
use super::records::{Issued, REFRESH_LIFE, Records, Refresh, Subject};
use super::signer::Signer;
use crate::defect::Defect;
use crate::web::answer::{self, Answer};
use crate::web::{now, secret};

/// What is to be issued.
pub(super) struct Order<'a> {
    pub(super) client: &'a Client,
    pub(super) subject: Subject,
    /// What ties the tokens of one authorization together.
    pub(super) family: String,
    pub(super) refreshable: bool,
}

impl Waf {
    /// Issues what is ordered and answers with it (RFC 6749 5.1).
    pub(super) fn issue(&self, order: Order<'_>, records: &mut Records) -> Answer {
        let Some(members) = self.mint(order, records) else {
            return answer::plain(
                StatusCode::INTERNAL_SERVER_ERROR,
                "no token could be signed",
            );
        };
        let mut answer = answer::json(StatusCode::OK, &members);
        if self.shared.has(Defect::TokenCacheable) {
            answer.headers_mut().remove(CACHE_CONTROL);
            answer.headers_mut().remove(PRAGMA);
        }
        answer
    }

    /// Makes the tokens of an order and keeps them on record: the members of the answer.
    pub(super) fn mint(&self, order: Order<'_>, records: &mut Records) -> Option<Value> {
        let now = now();
        records.sweep(now);
        let life = self.shared.model.number("token-life", 300);
        let id = secret();
        let issued = Issued {
            client: order.client.client_id.clone(),
            subject: self.issued_subject(order.subject.clone(), records),
            audience: self.shared.world.audience.clone(),
            expires: now + life,
            revoked: false,
            family: order.family.clone(),
        };
        let token = if self.shared.model.lists("token-format", "opaque", &[]) {
            id.clone()
        } else {
            self.signer()
                .sign(
                    self.token_type(),
                    &self.claims(&id, order.client, &issued, now),
                )
                .ok()?
        };
        let mut members = json!({
            "access_token": token, "token_type": "Bearer", "expires_in": life,
            "impi": issued.subject.impi, "impu": issued.subject.impus,
        });
        if order.refreshable {
            members["refresh_token"] = Value::from(refresh_token(&order, &issued.subject, records));
        }
        records.tokens.insert(id, issued);
        Some(members)
    }

    /// The key that signs now.
    pub(super) fn signer(&self) -> Arc<Signer> {
        Arc::clone(&self.signer.read().unwrap_or_else(PoisonError::into_inner))
    }

    fn token_type(&self) -> &'static str {
        if self.shared.model.answer("at-jwt", "yes") == "yes" {
            "at+jwt"
        } else {
            "JWT"
        }
    }

    fn claims(&self, id: &str, client: &Client, issued: &Issued, now: u64) -> Value {
        let subject = &issued.subject;
        let mut claims = json!({
            "iss": self.issuer,
            "sub": subject.user.as_deref().unwrap_or(&subject.impi),
            "aud": issued.audience,
            "iat": now,
            "exp": issued.expires,
            "jti": id,
            "client_id": client.client_id,
            "impi": subject.impi,
            "impu": subject.impus,
            "wwsf": self.wwsf_name(client),
        });
        if subject.anonymous {
            claims["anon"] = Value::Bool(true);
        }
        if let Value::Object(members) = &mut claims {
            for (defect, member) in [
                (Defect::IssuesWithoutAudience, "aud"),
                (Defect::IssuesWithoutIssuer, "iss"),
                (Defect::IssuesWithoutParty, "wwsf"),
            ] {
                if self.shared.has(defect) {
                    members.remove(member);
                }
            }
        }
        claims
    }

    /// The name of the WWSF that a client is.
    pub(super) fn wwsf_name(&self, client: &Client) -> Option<&str> {
        let party = client.party.as_ref()?;
        self.shared
            .world
            .parties
            .iter()
            .find(|each| each.id == *party)
            .map(|party| party.wwsf_name.as_str())
    }

    /// The subject as it is written into the token: itself.
    fn issued_subject(&self, subject: Subject, records: &Records) -> Subject {
        if !self.shared.has(Defect::IssuesOtherImpi) {
            return subject;
        }
        let users = records.users.values().filter_map(|user| user.impi.clone());
        let members = records
            .members
            .values()
            .flatten()
            .map(|member| member.impi.clone());
        match users
            .chain(members)
            .filter(|impi| *impi != subject.impi)
            .min()
        {
            Some(impi) => Subject { impi, ..subject },
            None => subject,
        }
    }
}

fn refresh_token(order: &Order<'_>, subject: &Subject, records: &mut Records) -> String {
    let token = secret();
    let refresh = Refresh {
        client: order.client.client_id.clone(),
        subject: subject.clone(),
        family: order.family.clone(),
        rotated: None,
        expires: now() + REFRESH_LIFE,
        revoked: false,
    };
    records.refresh.insert(token.clone(), refresh);
    token
}
