//! A token of the WAF passes every check of an access token (RFC 9068), under the keys that the WAF published.

use jose::{Check, Expectation, Outcome};
use serde_json::Value;

use super::issued::issued;
use crate::context::Context;
use crate::identity;
use crate::play::Play;
use crate::ruling::Ruling;

pub(super) fn ask(context: &Context<'_, '_>) -> Ruling {
    let play = context.play;
    let tokens = issued(context);
    if tokens.is_empty() {
        return Ruling::undecided(
            "no_token_seen",
            "no answer of the WAF in this play has a token",
        );
    }
    let keys = published(play);
    if keys.is_empty() {
        return Ruling::undecided(
            "no_keys_seen",
            "the WAF's keys were not fetched in this play",
        );
    }
    Ruling::unless(tokens.iter().find_map(|token| {
        // The wall clock was read before the first event: rounded down, a token of this very second would come from the future.
        let now = play
            .plan
            .wall_clock_ms
            .saturating_add(play.time(token.message.at).saturating_sub(play.time(0)) / 1000)
            .div_ceil(1000);
        let expect = Expectation {
            issuer: issuer(play, &token.compact),
            audience: audience(play),
            now,
            skew: skew(play),
        };
        let failed = jose::verify(&token.compact, &keys, &expect)
            .into_iter()
            .find_map(|checked| match checked.outcome {
                Outcome::Passed => None,
                Outcome::Failed(why) | Outcome::Unanswered(why) => Some((checked.check, why)),
            });
        let (check, why) = failed
            .filter(|(check, _)| *check != Check::Type || play.answer("at-jwt") != Some("no"))?;
        Some(Ruling::broken(
            format!("a token that passes the check {check}"),
            why,
            [token.message.n],
        ))
    }))
}

/// The keys in every JWKS answer of the play.
fn published(play: &Play<'_>) -> Vec<Value> {
    let documents = play.received().filter_map(|message| message.http()?.json());
    let keys = documents
        .filter_map(|document| document.get("keys")?.as_array().cloned())
        .flatten();
    keys.filter(|key| key.get("kty").is_some()).collect()
}

/// The issuer that the metadata names; the token's own where nothing tells.
fn issuer(play: &Play<'_>, compact: &str) -> String {
    let metadata = play
        .received()
        .filter_map(|message| message.http()?.json())
        .find_map(|json| {
            json.get("token_endpoint")?;
            json.get("issuer")?.as_str().map(str::to_owned)
        });
    let own = || {
        identity::claims(compact).and_then(|claims| claims.get("iss")?.as_str().map(str::to_owned))
    };
    metadata.or_else(own).unwrap_or_default()
}

fn audience(play: &Play<'_>) -> String {
    play.fact("world.audience")
        .or_else(|| play.answer("audience"))
        .unwrap_or_default()
        .to_owned()
}

fn skew(play: &Play<'_>) -> u64 {
    play.answer("skew")
        .and_then(|skew| skew.parse().ok())
        .unwrap_or(60)
}
