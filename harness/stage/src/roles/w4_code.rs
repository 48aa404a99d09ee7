//! The code flow at a WAF under test: the user's browser up to the code, then the exchange.

use std::sync::Arc;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use evidence::Interface;
use script::vocabulary::wwsf::{Authorize, Exchange};

use crate::bed::Bed;
use crate::play::{Play, Undo, lock};
use crate::roles::w4_browser::{End, Told, Walk};
use crate::roles::w4_client::{Form, address_of, identity, pairs_of, paths, plain, put_all};
use crate::roles::w4_http::{self, Ask};
use crate::roles::wwsf_w4::keep;
use crate::roles::{Acted, Trouble};
use crate::world::{Party, Person};

/// What is needed to exchange a code.
#[derive(Clone, Debug)]
pub(super) struct Code {
    code: String,
    verifier: String,
    redirect_uri: String,
}

/// Takes the user's browser through the code flow, up to the code.
pub(crate) async fn authorize(
    bed: &Arc<Bed>,
    play: &Arc<Play>,
    step: usize,
    verb: &Authorize,
) -> Acted {
    let person = play.person(verb.person.as_deref())?;
    let party = play.party(verb.party.as_deref().unwrap_or("A"))?;
    if verb.if_code == Some(true) && !by_code(bed, &party) {
        return Ok(());
    }
    let target = bed.target(Interface::W4, "waf")?;
    let paths = paths(bed, play, &target).await?;
    // 43 letters or more, as RFC 7636 4.1 wants.
    let verifier = format!("{}{}", play.fresh("verifier"), crate::world::random_word());
    let verifier = format!("{verifier:a<43}");
    play.masked("code verifier", &verifier);
    let digest = aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, verifier.as_bytes());
    let challenge = URL_SAFE_NO_PAD.encode(digest);
    play.masked("code challenge", &challenge);
    let state = play.fresh("state");
    let redirect_uri = format!("{}/callback", party.origin);
    let mut query = pairs_of(&[
        ("response_type", "code"),
        ("client_id", &party.client_id),
        ("redirect_uri", &redirect_uri),
        ("scope", "ims"),
        ("state", &state),
    ]);
    if bed.answer("waf-pkce", "supported") != "no" {
        query.extend(pairs_of(&[
            ("code_challenge", &challenge),
            ("code_challenge_method", "S256"),
        ]));
    }
    put_all(&mut query, verb.query.as_ref());
    for line in &verb.add_query {
        let (name, value) = line.split_once('=').unwrap_or((line, ""));
        query.push((name.to_owned(), value.to_owned()));
    }
    let walk = Walk {
        bed,
        play,
        step,
        target: &target,
        person: &person,
        verb,
    };
    let start = format!("{}?{}", paths.authorize, w4_http::form(&query));
    let (end, told) = walk.go(&start).await?;
    undo_grant(bed, play, &person, &party, &told);
    if let End::Sent(url) = end {
        let code = url
            .query_pairs()
            .find(|(name, _)| name == "code")
            .map(|(_, code)| code.into_owned());
        lock(&play.w4).code = code.map(|code| Code {
            code,
            verifier,
            redirect_uri,
        });
    }
    Ok(())
}

/// Whether a WAF learns by a code for whom this client asks.
pub(super) fn by_code(bed: &Bed, party: &Party) -> bool {
    party.pool.is_none() && bed.answer("w4-user", "login_hint") == "code"
}

/// A consent that was given is a grant on record, which the person did not have before.
fn undo_grant(bed: &Bed, play: &Play, person: &Person, party: &Party, told: &Told) {
    let granted = bed
        .world
        .public
        .subscribers
        .iter()
        .filter(|each| each.impi == person.impi)
        .any(|each| each.grants.contains(&party.id));
    if !told.consented || granted || bed.answer("consent-is-grant", "yes") != "yes" {
        return;
    }
    let request = serde_json::json!({ "user": person.user, "impi": person.impi, "impu": person.impus.first(),
        "party": party.id, "entity": party.entity, "on": false });
    play.undo_later(Undo::Hook {
        name: "grant",
        request,
    });
}

/// The fields that exchange the last code.
pub(super) fn code_form(play: &Play, party: &Party) -> Result<Form, Trouble> {
    let code = lock(&play.w4).code.clone();
    let code = code.ok_or_else(|| Trouble::sut("the WAF gave no code"))?;
    Ok(pairs_of(&[
        ("grant_type", "authorization_code"),
        ("client_id", &party.client_id),
        ("code", &code.code),
        ("redirect_uri", &code.redirect_uri),
        ("code_verifier", &code.verifier),
    ]))
}

/// Exchanges the last code.
pub(crate) async fn exchange(
    bed: &Arc<Bed>,
    play: &Arc<Play>,
    step: usize,
    verb: &Exchange,
) -> Acted {
    let target = bed.target(Interface::W4, "waf")?;
    let paths = paths(bed, play, &target).await?;
    let party = play.party(verb.party.as_deref().unwrap_or("A"))?;
    let person = play.person(None)?;
    for _ in 0..verb.times.unwrap_or(1) {
        let mut pairs = code_form(play, &party)?;
        if bed.answer("waf-pkce", "supported") == "no" {
            pairs.retain(|(name, _)| name != "code_verifier");
        }
        put_all(&mut pairs, verb.form.as_ref());
        let body = w4_http::form(&pairs).into_bytes();
        let message = w4_http::post(&target, &paths.token, body);
        let ask = Ask {
            identity: identity(bed, &party, verb.certificate.as_deref())?,
            ..plain(
                Interface::W4,
                Some(step),
                address_of(bed, &party.wwsf),
                message,
            )
        };
        let answer = w4_http::ask(bed, play, &target, &ask).await?;
        let name = verb.token.as_deref().unwrap_or("token");
        if let Some(answer) = &answer {
            keep(play, step, name, answer, &person, &party);
        }
    }
    Ok(())
}
