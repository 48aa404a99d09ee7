//! The strict reading of a signed token: what must hold of its form and claims before and after its signature is checked.
//! A library checks the signature; duplicate members, critical extensions, types and times are checked here.

use std::fmt;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::de::{Deserialize, DeserializeSeed, Deserializer, Error, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Value};

use crate::{Defect, Shared};

const MAX_TOKEN: usize = 16 * 1024;

/// A token in compact form, taken apart and not yet believed.
#[derive(Debug)]
pub(crate) struct Jws<'a> {
    pub(crate) header: Map<String, Value>,
    pub(crate) claims: Map<String, Value>,
    /// What the signature is over.
    pub(crate) signed: &'a str,
    /// The signature as it stands in the token.
    pub(crate) signature: &'a str,
}

/// What is wrong with a token, in words that hold nothing of it.
pub(crate) type Fault = &'static str;

impl<'a> Jws<'a> {
    /// Takes a compact token apart; both JSON parts must be objects without a member twice.
    pub(crate) fn read(token: &'a str, shared: &Shared) -> Result<Self, Fault> {
        if token.len() > MAX_TOKEN {
            return Err("token too long");
        }
        let (signed, signature) = match token.rsplit_once('.') {
            Some((header, _))
                if !header.contains('.') && shared.has(Defect::AcceptsUnsignedToken) =>
            {
                (token, "")
            }
            parts => parts.ok_or("not three parts")?,
        };
        let (header, claims) = signed.split_once('.').ok_or("not three parts")?;
        if claims.contains('.') {
            return Err("not three parts");
        }
        URL_SAFE_NO_PAD
            .decode(signature)
            .map_err(|_| "signature is not base64url")?;
        Ok(Self {
            header: object(header, shared)?,
            claims: object(claims, shared)?,
            signed,
            signature,
        })
    }

    /// The text of a header member.
    pub(crate) fn header_text(&self, name: &str) -> Option<&str> {
        self.header.get(name).and_then(Value::as_str)
    }

    /// The text of a claim.
    pub(crate) fn claim_text(&self, name: &str) -> Option<&str> {
        self.claims.get(name).and_then(Value::as_str)
    }

    /// Checks what the header says of itself, but for the key.
    pub(crate) fn check_header(&self, shared: &Shared) -> Result<(), Fault> {
        if self.header.contains_key("crit") && !shared.has(Defect::IgnoresCrit) {
            return Err("a critical extension that is not known");
        }
        self.check_type(shared)
            .or_else(|fault| match shared.has(Defect::AnyTokenType) {
                true => Ok(()),
                false => Err(fault),
            })
    }

    fn check_type(&self, shared: &Shared) -> Result<(), Fault> {
        let kind = match self.header.get("typ") {
            None => None,
            Some(Value::String(kind)) => Some(kind.to_ascii_lowercase()),
            Some(_) => return Err("typ is no text"),
        };
        let kind = kind
            .as_deref()
            .map(|kind| kind.strip_prefix("application/").unwrap_or(kind));
        let any_jwt = shared.model.answer("at-jwt", "yes") == "no";
        match kind {
            Some("at+jwt") => Ok(()),
            None | Some("jwt") if any_jwt => Ok(()),
            _ => Err("not an access token"),
        }
    }
}

fn object(part: &str, shared: &Shared) -> Result<Map<String, Value>, Fault> {
    let bytes = URL_SAFE_NO_PAD
        .decode(part)
        .map_err(|_| "a part is not base64url")?;
    let bytes = match bytes.as_slice() {
        [0xff, 0xfe, ..] if shared.has(Defect::DecodesUtf16) => of_utf16(&bytes),
        _ => bytes,
    };
    let read = |duplicates| {
        let mut deserializer = serde_json::Deserializer::from_slice(&bytes);
        let value = Unique { duplicates }.deserialize(&mut deserializer);
        value.map(|value| (value, deserializer.end().is_ok())).ok()
    };
    let twice = |mistake, duplicates| {
        let read = read(duplicates);
        read.filter(|_| shared.has(mistake))
    };
    let (value, ends) = read(Duplicates::Refused)
        .or_else(|| twice(Defect::FirstDuplicateMemberWins, Duplicates::First))
        .ok_or("a part is not JSON without duplicates")?;
    if !ends && !shared.has(Defect::IgnoresTrailingBytes) {
        return Err("bytes behind the JSON of a part");
    }
    match value {
        Value::Object(members) => Ok(members),
        _ => Err("a part is not a JSON object"),
    }
}

/// Reads JSON in which no object has a member twice.
#[derive(Clone, Copy)]
struct Unique {
    duplicates: Duplicates,
}

/// What becomes of a member that stands twice.
#[derive(Clone, Copy, PartialEq)]
enum Duplicates {
    Refused,
    First,
}

/// Little-endian UTF-16 as UTF-8, without its mark.
fn of_utf16(bytes: &[u8]) -> Vec<u8> {
    let units = bytes
        .chunks_exact(2)
        .skip(1)
        .map(|pair| u16::from_le_bytes([pair[0], pair[1]]));
    char::decode_utf16(units)
        .map(|unit| unit.unwrap_or(char::REPLACEMENT_CHARACTER))
        .collect::<String>()
        .into_bytes()
}

impl<'de> DeserializeSeed<'de> for Unique {
    type Value = Value;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Value, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Unique {
    type Value = Value;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("JSON")
    }

    fn visit_bool<E: Error>(self, value: bool) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_i64<E: Error>(self, value: i64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_u64<E: Error>(self, value: u64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_f64<E: Error>(self, value: f64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_str<E: Error>(self, value: &str) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_unit<E: Error>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut sequence: A) -> Result<Value, A::Error> {
        let mut list = Vec::new();
        while let Some(value) = sequence.next_element_seed(self)? {
            list.push(value);
        }
        Ok(Value::Array(list))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut access: A) -> Result<Value, A::Error> {
        let mut members = Map::new();
        while let Some(name) = access.next_key::<String>()? {
            let value = access.next_value_seed(self)?;
            match self.duplicates {
                _ if !members.contains_key(&name) => members.insert(name, value),
                Duplicates::Refused => return Err(A::Error::custom("a member twice")),
                Duplicates::First => None,
            };
        }
        Ok(Value::Object(members))
    }
}

/// What a valid token or an active introspection answer entitles to.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Entitlement {
    pub(crate) impi: String,
    pub(crate) impus: Vec<String>,
    /// Seconds since the epoch, when it ends.
    pub(crate) expires: f64,
    pub(crate) anonymous: bool,
    /// The thumbprint of the certificate that the token is bound to (RFC 8705 section 3.1).
    pub(crate) confirmation: Option<String>,
    pub(crate) token_id: Option<String>,
}

/// Checks times and audience of the claims at `now` (seconds since the epoch).
pub(crate) fn check_claims(
    claims: &Map<String, Value>,
    now: f64,
    shared: &Shared,
) -> Result<(), Fault> {
    let skew = shared.model.number("skew", 0) as f64;
    let number = |name: &str| match number(claims, name) {
        Err(_) if shared.has(Defect::IgnoresOddTimes) => Ok(None),
        read => read,
    };
    let expires = number("exp")?;
    let odd = || claims.contains_key("exp") && shared.has(Defect::IgnoresOddTimes);
    let late = |by: f64| expires.is_some_and(|expires| now >= expires + skew + by);
    if expires.is_none() && !odd() && !shared.has(Defect::RequiresNoExpiry) {
        return Err("no expiry");
    }
    let tolerated = || !late(60.0) && shared.has(Defect::ToleratesAMinute);
    if late(0.0) && !tolerated() && !shared.has(Defect::IgnoresExpiry) {
        return Err("expired");
    }
    if number("nbf")?.is_some_and(|from| now < from - skew) && !shared.has(Defect::IgnoresNotBefore)
    {
        return Err("not yet valid");
    }
    let issued = number("iat")?;
    if shared.model.answer("token-life-limit", "no") == "yes"
        && !shared.has(Defect::IgnoresLifeLimit)
    {
        let limit = shared.model.number("max-life", 3600) as f64;
        if issued
            .zip(expires)
            .is_none_or(|(issued, expires)| expires - issued > limit)
        {
            return Err("lives too long");
        }
    }
    check_audience(claims, shared)
}

fn check_audience(claims: &Map<String, Value>, shared: &Shared) -> Result<(), Fault> {
    let ours = shared.world.audience.as_str();
    let named =
        |text: &str| text == ours || (text.starts_with(ours) && shared.has(Defect::PrefixAudience));
    let audience = claims.get("aud").filter(|named| !named.is_null());
    let fits = match audience {
        None => shared.has(Defect::RequiresNoAudience),
        Some(Value::String(text)) => named(text),
        Some(Value::Array(list)) => {
            list.iter().all(Value::is_string) && list.iter().filter_map(Value::as_str).any(named)
        }
        Some(_) => shared.has(Defect::IgnoresOddAudience),
    };
    if fits || (audience.is_some() && shared.has(Defect::IgnoresAudience)) {
        Ok(())
    } else {
        Err("meant for somebody else")
    }
}

/// A claim that is a number if it is there at all.
fn number(claims: &Map<String, Value>, name: &str) -> Result<Option<f64>, Fault> {
    match claims.get(name) {
        None => Ok(None),
        Some(value) => value
            .as_f64()
            .filter(|number| number.is_finite())
            .map(Some)
            .ok_or("a time that is no number"),
    }
}

/// The identities that the claims name. `to_user` is the user part and domain of the To header, which an honest reader ignores.
pub(crate) fn entitlement(
    claims: &Map<String, Value>,
    to: Option<&str>,
    shared: &Shared,
) -> Result<Entitlement, Fault> {
    let named =
        |item: &str, otherwise: &str| claims.get(shared.model.answer(item, otherwise)).cloned();
    let mut impi = match named("claim-impi", "impi") {
        Some(Value::String(text)) => Some(text),
        Some(Value::Array(list)) if shared.has(Defect::FirstOfSeveralImpis) => {
            list.first().and_then(Value::as_str).map(str::to_owned)
        }
        None => None,
        Some(_) if shared.has(Defect::ImpiFromTo) => None,
        Some(_) => return Err("the private identity is not one text"),
    };
    if impi.is_none() && shared.has(Defect::ImpiFromTo) {
        impi = to.and_then(|to| to.strip_prefix("sip:")).map(str::to_owned);
    }
    let impi = impi
        .map(|impi| repaired(impi, shared))
        .filter(|impi| well_formed_impi(impi) || shared.has(Defect::WritesImpiRaw))
        .ok_or("no private identity")?;
    let mut impus = match named("claim-impu", "impu") {
        Some(Value::String(text)) => vec![text],
        Some(Value::Array(list)) => list
            .into_iter()
            .map(|each| each.as_str().map(str::to_owned))
            .collect::<Option<_>>()
            .ok_or("a public identity is no text")?,
        None => Vec::new(),
        Some(_) => return Err("a public identity is no text"),
    };
    if impus.is_empty() && shared.has(Defect::ImpuFromTo) {
        impus.extend(to.map(str::to_owned));
    }
    if impus.is_empty() {
        return Err("no public identity");
    }
    let anonymous = match claims.get("anon") {
        None => false,
        Some(Value::Bool(anonymous)) => *anonymous,
        Some(_) => return Err("anon is neither true nor false"),
    };
    Ok(Entitlement {
        impi,
        impus,
        expires: number(claims, "exp")
            .ok()
            .flatten()
            .unwrap_or(f64::INFINITY),
        anonymous,
        confirmation: claims
            .get("cnf")
            .and_then(|bound| bound.get("x5t#S256")?.as_str())
            .map(str::to_owned),
        token_id: claims.get("jti").and_then(Value::as_str).map(str::to_owned),
    })
}

/// A private identity as those read it who mend what they are given; an honest reader leaves it as it came.
fn repaired(impi: String, shared: &Shared) -> String {
    let up_to_nul = impi.split('\0').next().unwrap_or_default().to_owned();
    let mut mended = percent_decoded(impi.trim()).to_ascii_lowercase();
    if !mended.contains('@') {
        mended = format!("{mended}@{}", shared.world.domain);
    }
    let read = shared.misreads(Defect::CutsImpiAtNul, impi, up_to_nul);
    shared.misreads(Defect::RepairsImpi, read, mended)
}

fn percent_decoded(text: &str) -> String {
    url::form_urlencoded::parse(text.replace('+', "%2B").as_bytes())
        .next()
        .map_or_else(String::new, |(name, _)| name.into_owned())
}

/// A private identity is `user@realm` without anything that a quoted string or a header would have to escape.
fn well_formed_impi(impi: &str) -> bool {
    let plain = |part: &str| {
        !part.is_empty()
            && part
                .bytes()
                .all(|byte| byte.is_ascii_graphic() && !b"\"\\<>,;@".contains(&byte))
    };
    impi.len() <= 256
        && impi
            .split_once('@')
            .is_some_and(|(user, realm)| plain(user) && plain(realm))
}

/// Seconds since the epoch.
pub(crate) fn now() -> f64 {
    std::time::SystemTime::now()
        .duration_since(std::time::UNIX_EPOCH)
        .map_or(0.0, |since| since.as_secs_f64())
}

/// Reads JSON in which no object has a member twice, for answers of other nodes.
pub(crate) fn unique_json(bytes: &[u8]) -> Option<Value> {
    struct Whole(Value);
    impl<'de> Deserialize<'de> for Whole {
        fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
            let duplicates = Duplicates::Refused;
            Unique { duplicates }.deserialize(deserializer).map(Self)
        }
    }
    serde_json::from_slice::<Whole>(bytes)
        .ok()
        .map(|whole| whole.0)
}

#[cfg(test)]
mod tests;
