//! SIP Digest as a WIC answers it: rightly, or wrong in one point.

use evidence::What;
use evidence::event::{Direction, Layer};
use sip::digest::{Algorithm, Computation, Quality, Secret};
use sip::{Credentials, Message};

use crate::bed::Bed;
use crate::play::Play;
use crate::roles::isim;
use crate::world::Person;

/// Credentials of a kind: `none` (no response yet), `right`, `wrong`, `empty`, for the last challenge on a connection.
pub(crate) fn answer(
    bed: &Bed,
    play: &Play,
    connection: u32,
    person: &Person,
    kind: &str,
    algorithm: Option<&str>,
) -> Result<String, String> {
    let realm = bed.answer("realm", &bed.world.public.domain).to_owned();
    let uri = format!("sip:{}", bed.world.public.domain);
    if kind == "none" {
        let aka = isim::algorithm_of(bed, &person.impi);
        let algorithm = aka.map_or_else(String::new, |aka| format!(", algorithm={}", aka.name()));
        return Ok(format!(
            "Digest username=\"{}\", realm=\"{realm}\", uri=\"{uri}\", nonce=\"\", response=\"\"{algorithm}",
            person.impi
        ));
    }
    let challenge =
        challenge(play, connection).ok_or("no Digest challenge came before this step")?;
    let nonce = challenge.param("nonce").unwrap_or_default();
    play.masked("nonce", nonce);
    let cnonce = play.fresh("cnonce");
    let algorithm = algorithm
        .or_else(|| challenge.param("algorithm"))
        .map_or(Some(Algorithm::Md5), Algorithm::named)
        .ok_or("unknown algorithm")?;
    let secret = match kind {
        "wrong" => b"not the secret".to_vec(),
        _ => isim::password(bed, &person.impi, &challenge, algorithm)?.unwrap_or_else(|| {
            let secret = bed.world.secrets.get(&person.impi);
            secret.map_or_else(Vec::new, |secret| secret.clone().into_bytes())
        }),
    };
    let computation = Computation {
        algorithm,
        username: &person.impi,
        realm: challenge.param("realm").unwrap_or(&realm),
        secret: Secret::Password(&secret),
        nonce,
        cnonce: &cnonce,
        nonce_count: "00000001",
        quality: challenge.param("qop").map(|_| Quality::Auth),
        method: "REGISTER",
        uri: &uri,
        body: b"",
    };
    let response = computation.response();
    // A wrong answer is no right one that is fresh: the name under which it is masked tells them apart.
    let name = if kind == "right" {
        "digest response"
    } else {
        "another digest response"
    };
    play.masked(name, &response);
    let credentials = computation
        .credentials(challenge.param("opaque"))
        .to_string();
    Ok(if kind == "empty" {
        credentials.replace(&response, "")
    } else {
        credentials
    })
}

/// The topmost Digest challenge of the last 401 or 407 on a connection that we can answer.
pub(super) fn challenge(play: &Play, number: u32) -> Option<Credentials> {
    play.tap.look(|events| {
        events.iter().rev().find_map(|event| match &event.what {
            What::Message {
                connection,
                direction: Direction::Received,
                layer: Layer::Sip,
                bytes,
                ..
            } if *connection == number => {
                let answer = Message::split(&bytes.0);
                matches!(answer.status(), Some(401 | 407)).then(|| {
                    let fields = ["WWW-Authenticate", "Proxy-Authenticate"];
                    let all = fields
                        .iter()
                        .flat_map(|name| answer.credentials(name))
                        .collect::<Vec<_>>();
                    all.into_iter().find(|each| {
                        each.is("Digest")
                            && Algorithm::named(each.param("algorithm").unwrap_or("MD5")).is_some()
                    })
                })?
            }
            _ => None,
        })
    })
}
