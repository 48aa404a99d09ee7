//! What our edge and the registrar behind it answer to a WIC under test: honest, or with one lie in a challenge or a 200.

use sip::{Credentials, Edit, Message, response_to};

use script::vocabulary::ep_cscf::Serve;

use crate::bed::Bed;
use crate::play::{Play, lock};
use crate::roles::isim;
use crate::roles::registrar::{Decision, Offer};
use crate::world::random_word;

/// How long the answer is that is no SIP.
const GARBAGE: usize = 64 * 1024;
/// The realm of an operator that is not the WIC's.
const OTHER_REALM: &str = "evil.example";

/// What goes back on the connection.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Reply {
    /// A WebSocket message.
    Message(Vec<u8>),
    /// The end.
    Close,
}

/// What the edge remembers of one connection.
#[derive(Debug, Default)]
pub(crate) struct Flow {
    /// The private identity that proved its secret here.
    bound: Option<String>,
    /// Whether anybody is registered here.
    registered: bool,
    /// How many REGISTER came.
    registrations: usize,
}

impl Flow {
    /// Answers one message of the WIC.
    pub(crate) fn answer(&mut self, bed: &Bed, play: &Play, bytes: &[u8]) -> Vec<Reply> {
        let request = Message::split(bytes);
        let Some(method) = request.method().filter(|method| *method != "ACK") else {
            return Vec::new();
        };
        let told = lock(&play.scene).edge.clone().unwrap_or_default();
        let decision = match method {
            "REGISTER" => {
                self.registrations += 1;
                if told.answer.as_deref() == Some("garbage") && self.registrations == 1 {
                    return garbage();
                }
                self.register(bed, play, &request, &told)
            }
            _ if self.registered => Decision {
                status: 200,
                reason: "OK",
                fields: Vec::new(),
            },
            _ => Decision::refusal(403, "Forbidden"),
        };
        let mut replies = vec![Reply::Message(answered(&request, &decision))];
        if self.drops(play, &decision, &told) {
            replies.push(Reply::Close);
        }
        replies
    }

    /// Whether the connection is dropped behind this answer; that is done once.
    fn drops(&self, play: &Play, decision: &Decision, told: &Serve) -> bool {
        told.drop.is_some()
            && self.registered
            && decision.status == 200
            && !std::mem::replace(&mut lock(&play.visit).dropped, true)
    }

    fn register(&mut self, bed: &Bed, play: &Play, request: &Message, told: &Serve) -> Decision {
        let decision = if play.registration == 1 {
            self.by_secret(bed, play, request)
        } else {
            by_token(bed, play, request)
        };
        self.registered |= decision.status == 200;
        match decision.status {
            401 => {
                let told = told.challenge.as_deref();
                isim::mangled(bed, challenged(bed, decision, told), told)
            }
            200 if told.rspauth.as_deref() == Some("wrong") => disproved(decision),
            _ => decision,
        }
    }

    /// Registration 1: the registrar challenges; a connection that proved the secret needs no further proof.
    fn by_secret(&mut self, bed: &Bed, play: &Play, request: &Message) -> Decision {
        let registrar = lock(&play.visit).registrar.clone();
        let shown = request.credentials("Authorization");
        let impi = shown
            .iter()
            .find(|each| each.is("Digest"))
            .and_then(|each| each.param("username"))
            .map(str::to_owned);
        if let Some(bound) = &self.bound
            && impi.as_ref().is_none_or(|impi| impi == bound)
        {
            return registrar.decide(
                &bed.world,
                &labelled(bed, request, bound, "tls-yes"),
                "",
                &Offer::of(bed),
            );
        }
        let decision = registrar.decide(&bed.world, request, "", &Offer::of(bed));
        if decision.status == 200 {
            self.bound = impi;
        }
        decision
    }
}

/// Registrations 2 and 3: a token that our portal handed out in this play, and an identity that goes with it.
fn by_token(bed: &Bed, play: &Play, request: &Message) -> Decision {
    let person = bearer(request).and_then(|token| lock(&play.visit).tokens.get(&token).cloned());
    let Some(person) = person else {
        let issuer = play
            .party("A")
            .map(|party| party.issuer)
            .unwrap_or_default();
        let value = format!(
            "Bearer realm=\"{}\", authz_server=\"{issuer}\", error=\"invalid_token\"",
            bed.world.public.domain
        );
        return Decision {
            status: 401,
            reason: "Unauthorized",
            fields: vec![("WWW-Authenticate", value)],
        };
    };
    let registrar = lock(&play.visit).registrar.clone();
    registrar.decide(
        &bed.world,
        &labelled(bed, request, &person.impi, "auth-done"),
        "",
        &Offer::default(),
    )
}

/// The token of a REGISTER, in either syntax.
fn bearer(request: &Message) -> Option<String> {
    let all = request.credentials("Authorization");
    let shown = all.iter().find(|each| each.is("Bearer"))?;
    let token = shown.param("access_token").or_else(|| shown.token())?;
    Some(token.to_owned())
}

/// The request as an edge passes it on to the core, with its own word for who it is.
fn labelled(bed: &Bed, request: &Message, impi: &str, label: &str) -> Message {
    let domain = &bed.world.public.domain;
    let line = format!(
        "Authorization: Digest username=\"{impi}\", realm=\"{domain}\", uri=\"sip:{domain}\", nonce=\"\", response=\"\", integrity-protected=\"{label}\""
    );
    let mut passed = request.clone();
    if let Ok(edit) = Edit::set(line) {
        passed.apply(&edit);
    }
    passed
}

fn answered(request: &Message, decision: &Decision) -> Vec<u8> {
    let tag = random_word();
    let mut answer = response_to(request, decision.status, decision.reason, Some(&tag[..10]));
    for (name, value) in &decision.fields {
        if let Ok(edit) = Edit::add(format!("{name}: {value}")) {
            answer.apply(&edit);
        }
    }
    answer.bytes()
}

/// A challenge with the one lie that is told.
fn challenged(bed: &Bed, mut decision: Decision, told: Option<&str>) -> Decision {
    const CHALLENGE: &str = "WWW-Authenticate";
    let realm = &bed.world.public.domain;
    let basic = (CHALLENGE, format!("Basic realm=\"{realm}\""));
    // These depart from the one challenge of an honest run. A WIC that reads the topmost alone would stop at another algorithm.
    if let Some("strongest" | "other-realm" | "no-qop" | "basic-first") = told {
        strongest(&mut decision, bed.answers("digest-algs"));
    }
    match told {
        Some("md5") => decision
            .fields
            .retain(|(_, value)| algorithm(value).as_deref() == Some("md5")),
        Some("basic") => decision.fields = vec![basic],
        Some("basic-first") => decision.fields.insert(0, basic),
        Some("bearer") => {
            let issuer = bed
                .world
                .public
                .parties
                .first()
                .map_or("", |party| party.issuer.as_str());
            let value =
                format!("Bearer realm=\"{realm}\", scope=\"ims\", authz_server=\"{issuer}\"");
            decision.fields = vec![(CHALLENGE, value)];
        }
        Some("other-realm") => replaced(
            &mut decision,
            &format!("realm=\"{realm}\""),
            &format!("realm=\"{OTHER_REALM}\""),
        ),
        Some("no-qop") => replaced(&mut decision, ", qop=\"auth\"", ""),
        _ => {}
    }
    decision
}

/// Keeps the challenge whose algorithm the WIC's operator declares first.
fn strongest(decision: &mut Decision, declared: &[String]) {
    let offered: Vec<String> = decision
        .fields
        .iter()
        .filter_map(|(_, value)| algorithm(value))
        .collect();
    let chosen = declared
        .iter()
        .find(|name| offered.contains(name))
        .or_else(|| offered.first())
        .cloned();
    decision
        .fields
        .retain(|(_, value)| algorithm(value) == chosen);
}

fn algorithm(challenge: &str) -> Option<String> {
    let challenge = Credentials::parse(challenge)?;
    Some(
        challenge
            .param("algorithm")
            .unwrap_or("MD5")
            .to_ascii_lowercase(),
    )
}

fn replaced(decision: &mut Decision, from: &str, to: &str) {
    for (_, value) in &mut decision.fields {
        *value = value.replace(from, to);
    }
}

/// A 200 of a registrar that does not know the secret.
fn disproved(mut decision: Decision) -> Decision {
    for (name, value) in &mut decision.fields {
        if *name == "Authentication-Info"
            && let Some((before, rest)) = value.split_once("rspauth=\"")
            && let Some((proof, after)) = rest.split_once('"')
        {
            // Another digit in each place: as long, and wrong everywhere.
            let wrong: String = proof
                .chars()
                .map(|digit| if digit == '0' { '1' } else { '0' })
                .collect();
            *value = format!("{before}rspauth=\"{wrong}\"{after}");
        }
    }
    decision
}

/// Octets that are no text and no SIP, then a status line alone, then the end.
fn garbage() -> Vec<Reply> {
    let mut octets = vec![0; GARBAGE];
    // Zeros are no SIP either.
    let _ = aws_lc_rs::rand::fill(&mut octets);
    octets[0] = 0xff;
    vec![
        Reply::Message(octets),
        Reply::Message(b"SIP/2.0 200 OK\r\n".to_vec()),
        Reply::Close,
    ]
}

#[cfg(test)]
mod tests {
    use super::*;

    fn two() -> Decision {
        let line = |name: &str| {
            let value =
                format!("Digest realm=\"op.example\", nonce=\"n\", algorithm={name}, qop=\"auth\"");
            ("WWW-Authenticate", value)
        };
        Decision {
            status: 401,
            reason: "Unauthorized",
            fields: vec![line("SHA-256"), line("MD5")],
        }
    }

    #[test]
    fn the_strongest_challenge_is_the_first_declared() {
        let kept = |declared: &[&str]| {
            let mut decision = two();
            let declared: Vec<String> = declared.iter().map(|name| (*name).to_owned()).collect();
            strongest(&mut decision, &declared);
            assert_eq!(decision.fields.len(), 1);
            algorithm(&decision.fields[0].1).unwrap()
        };
        assert_eq!(kept(&["sha-512-256", "sha-256", "md5"]), "sha-256");
        assert_eq!(kept(&["md5"]), "md5");
        assert_eq!(kept(&[]), "sha-256");
    }

    #[test]
    fn qop_leaves_both_challenges() {
        let mut decision = two();
        replaced(&mut decision, ", qop=\"auth\"", "");
        assert!(
            decision
                .fields
                .iter()
                .all(|(_, value)| !value.contains("qop") && value.contains("algorithm="))
        );
    }

    #[test]
    fn a_wrong_rspauth_is_as_long_and_nowhere_right() {
        let right = "qop=auth, rspauth=\"0a1b\", cnonce=\"c\", nc=00000001".to_owned();
        let decision = disproved(Decision {
            status: 200,
            reason: "OK",
            fields: vec![("Authentication-Info", right)],
        });
        assert_eq!(
            decision.fields[0].1,
            "qop=auth, rspauth=\"1000\", cnonce=\"c\", nc=00000001"
        );
    }

    #[test]
    fn a_token_is_read_in_both_syntaxes() {
        for value in ["Bearer a.b.c", "Bearer access_token=\"a.b.c\""] {
            let request =
                format!("REGISTER sip:op.example SIP/2.0\r\nAuthorization: {value}\r\n\r\n");
            assert_eq!(
                bearer(&Message::split(request.as_bytes())).as_deref(),
                Some("a.b.c"),
                "{value}"
            );
        }
        assert_eq!(
            bearer(&Message::split(b"REGISTER sip:op.example SIP/2.0\r\n\r\n")),
            None
        );
    }

    #[test]
    fn garbage_is_no_text() {
        let replies = garbage();
        let Some(Reply::Message(first)) = replies.first() else {
            panic!("no message")
        };
        assert!(std::str::from_utf8(first).is_err());
        assert_eq!(
            (first.len(), replies.last()),
            (GARBAGE, Some(&Reply::Close))
        );
    }
}
