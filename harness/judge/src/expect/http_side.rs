//! Expectations about HTTP: answers of a portal or WAF, requests of a portal, an edge or a WIC.

use evidence::Interface;
use script::vocabulary::{ep_cscf, waf, wwsf};
use serde_json::Value;

use super::{Asked, Wrong, one_of, quoted};
use crate::http::{member, texts};
use crate::identity;
use crate::play::Message;

impl<'p, 'a> Asked<'p, 'a> {
    pub(super) fn introspected(&self, expect: &ep_cscf::Expect) -> Option<Wrong> {
        let answer = self.http_answer(&[Interface::Introspection, Interface::W4]);
        if let Some(wanted) = &expect.status
            && let Some(wrong) = self.http_status(wanted, answer)
        {
            return Some(wrong);
        }
        let body = answer.and_then(Message::http).and_then(|http| http.json());
        if let Some(wanted) = &expect.active {
            let found = body
                .as_ref()
                .and_then(|body| body.get("active"))
                .map_or_else(|| "none".to_owned(), Value::to_string);
            if !wanted.contains(&found) {
                return Some(Wrong::new(
                    format!("active is {}", one_of(wanted)),
                    match answer {
                        Some(answer) => format!("active is {found} in {}", answer.summary()),
                        None => "no answer".to_owned(),
                    },
                    answer,
                ));
            }
        }
        self.body(expect.impi.as_deref(), expect.impu.as_deref(), answer)
    }

    /// The body of an answer tells an IMPI and an IMPU, itself or in its token.
    pub(super) fn body(
        &self,
        impi: Option<&str>,
        impu: Option<&str>,
        answer: Option<&'p Message<'a>>,
    ) -> Option<Wrong> {
        if impi.is_none() && impu.is_none() {
            return None;
        }
        let body = answer
            .and_then(Message::http)
            .map(|http| (http.json(), String::from_utf8_lossy(http.body).into_owned()));
        let (json, text) = body.unwrap_or_default();
        let claims = json
            .as_ref()
            .and_then(|json| identity::access_token(self.play, json))
            .and_then(identity::claims);
        let told = |wanted: &str, same: fn(&str, &str) -> bool| {
            let values = json.iter().chain(claims.iter()).flat_map(texts);
            values.into_iter().any(|found| same(found, wanted))
                || (json.is_none() && text.contains(wanted))
        };
        let equal: fn(&str, &str) -> bool = |one, other| one == other;
        let named = self.identities(json.as_ref(), claims.as_ref());
        let is_opaque = json
            .as_ref()
            .is_some_and(|json| identity::access_token(self.play, json).is_some())
            && claims.is_none();
        if is_opaque && named.is_empty() {
            // The token says nothing by itself, and nobody has to say it beside the token (RFC 6749 1.4): introspection tells.
            return None;
        }
        let asked = [
            ("IMPI", impi, equal),
            ("IMPU", impu, sip::same_identity as fn(&str, &str) -> bool),
        ];
        asked.into_iter().find_map(|(what, wanted, same)| {
            let wanted = wanted?;
            (!told(wanted, same)).then(|| {
                let came = answer.map_or_else(|| "no answer".to_owned(), Message::summary);
                let named = match named.is_empty() {
                    true => "no identity".to_owned(),
                    false => named.join(", "),
                };
                Wrong::new(
                    format!("{what} {} in the answer", quoted(wanted)),
                    format!("{came} with {named}"),
                    answer,
                )
            })
        })
    }

    /// The identities that an answer or its token names by the declared names.
    fn identities(&self, json: Option<&Value>, claims: Option<&Value>) -> Vec<String> {
        let declared = [("claim-impi", "impi"), ("claim-impu", "impu")];
        let names = declared.into_iter().flat_map(|(item, usual)| {
            let name = self.play.answer(item).unwrap_or(usual);
            [name].into_iter().chain((name != usual).then_some(usual))
        });
        let told = names.flat_map(|name| {
            let beside = json.and_then(|json| member(json, name));
            beside
                .into_iter()
                .chain(claims.and_then(|claims| claims.get(name)))
        });
        told.flat_map(identity::strings).collect()
    }

    pub(super) fn waf(&self, expect: &waf::Expect) -> Option<Wrong> {
        let kind = expect.request.as_deref();
        let wanted = kind.map_or_else(
            || "a request of the SUT to the WAF".to_owned(),
            |kind| format!("a {kind} request of the SUT"),
        );
        let mut nearest = None;
        for message in self.came().filter(|message| {
            message.is_http_request() && kind.is_none_or(|kind| is_kind(kind, message))
        }) {
            match self.waf_request(expect, message) {
                None => return None,
                Some(wrong) => nearest = Some(wrong),
            }
        }
        if nearest.is_none() && kind.is_none() && expect.client.is_none() && expect.user.is_none() {
            return self.handshake(expect);
        }
        Some(nearest.unwrap_or_else(|| {
            Wrong::new(
                wanted,
                self.what_came(|message| message.is_http_request()),
                None,
            )
        }))
    }

    fn waf_request(&self, expect: &waf::Expect, message: &'p Message<'a>) -> Option<Wrong> {
        let http = message.http()?;
        let form = http.form();
        if let Some(client) = &expect.client {
            let found = form
                .iter()
                .find(|(name, _)| name == "client_id")
                .map(|(_, value)| value.clone());
            let found = found.or_else(|| identity::basic_user(http.header("Authorization")?));
            let expected = identity::of_party(self.play, client, "client-id").unwrap_or(client);
            if found.as_deref() != Some(expected) {
                let came = found.map_or_else(|| "no client".to_owned(), |found| quoted(&found));
                return Some(Wrong::new(
                    format!("client {}", quoted(expected)),
                    came,
                    Some(message),
                ));
            }
        }
        if let Some(user) = &expect.user {
            let mut names = identity::names_of(self.play, user);
            names.push(user);
            let fields = form
                .iter()
                .chain(&http.query())
                .map(|(_, value)| value.clone())
                .collect::<Vec<_>>();
            if !fields.iter().any(|value| names.contains(&value.as_str())) {
                let came = String::from_utf8_lossy(http.body).into_owned();
                return Some(Wrong::new(
                    format!("a request for user {}", quoted(user)),
                    quoted(&came),
                    Some(message),
                ));
            }
        }
        let wanted = expect.certificate.as_deref()?;
        let shown = self
            .play
            .connections
            .get(&message.connection)
            .and_then(|connection| connection.secured);
        let shown = shown.is_some_and(|tls| !tls.peer_chain.is_empty());
        let came = if shown {
            "a client certificate"
        } else {
            "no client certificate"
        };
        (shown != (wanted != "no"))
            .then(|| Wrong::new(format!("client certificate: {wanted}"), came, Some(message)))
    }

    /// A handshake of the SUT, where nothing of a request is asked.
    fn handshake(&self, expect: &waf::Expect) -> Option<Wrong> {
        let mut seen = self.play.connections.values().filter(|connection| {
            connection.by == Some(evidence::event::Side::Sut)
                && connection.opened >= self.window.start
                && connection.opened < self.window.end
        });
        let wanted = expect.certificate.as_deref();
        let fits = seen.any(|connection| match wanted {
            None => true,
            Some(word) => connection
                .secured
                .is_some_and(|tls| tls.peer_chain.is_empty() == (word == "no")),
        });
        (!fits).then(|| Wrong::new("a connection of the SUT to the WAF", "none", None))
    }

    pub(super) fn wwsf(&self, expect: &wwsf::Expect) -> Option<Wrong> {
        if let Some(path) = &expect.path {
            let on_path = |message: &Message<'_>| {
                let target = message
                    .http()
                    .and_then(|http| http.request)
                    .map_or("", |(_, target)| target);
                target == path || target.split(['?', '#']).next() == Some(path)
            };
            let found = self
                .came()
                .any(|message| message.interface == Interface::W1 && on_path(message));
            return (!found).then(|| {
                Wrong::new(
                    format!("a request for {path} on W1"),
                    self.what_came(|message| message.is_http_request()),
                    None,
                )
            });
        }
        let answer = self.http_answer(&[Interface::W4]);
        if let Some(wanted) = &expect.status
            && let Some(wrong) = self.http_status(wanted, answer)
        {
            return Some(wrong);
        }
        if let Some(wanted) = &expect.token {
            let json = answer.and_then(Message::http).and_then(|http| http.json());
            let has = json
                .as_ref()
                .is_some_and(|json| identity::access_token(self.play, json).is_some());
            if has != (wanted == "yes") {
                let came = answer.map_or_else(|| "no answer".to_owned(), Message::summary);
                return Some(Wrong::new(
                    format!("an access token: {wanted}"),
                    came,
                    answer,
                ));
            }
        }
        self.body(expect.impi.as_deref(), expect.impu.as_deref(), answer)
    }
}

/// Whether a request is of a kind that scripts name.
fn is_kind(kind: &str, message: &Message<'_>) -> bool {
    let Some(http) = message.http() else {
        return false;
    };
    let Some((method, target)) = http.request else {
        return false;
    };
    let path = target.split('?').next().unwrap_or_default();
    match kind {
        "jwks" => message.interface == Interface::Jwks || path.contains("jwks"),
        "introspection" => {
            message.interface == Interface::Introspection || path.contains("introspect")
        }
        "metadata" => path.contains("/.well-known/"),
        "token" => method == "POST" && http.form().iter().any(|(name, _)| name == "grant_type"),
        _ => false,
    }
}
