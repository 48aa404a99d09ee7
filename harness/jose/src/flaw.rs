//! The catalogue of forgeries: each departs from an honest token in one thing, and the signature follows that change.

use std::fmt;
use std::str::FromStr;

use serde_json::json;

use crate::algorithm::Family;
use crate::forge::{
    Honest, curve_order, flip_bit, flip_text_bit, in_der, look_alike, other_case, other_scheme,
    other_slash, x5c, x5t,
};

type Recipe = fn(&Honest) -> String;

/// Octets of the padding that makes a token too large for any use.
const OVERSIZE: usize = 3 << 20;
/// Octets of a key name that no table holds.
const LONG_KID: usize = 16 << 10;

/// The text names no flaw.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("unknown token flaw {0:?}")]
pub struct UnknownFlaw(pub String);

macro_rules! flaws {
    ($($(#[$doc:meta])+ $flaw:ident $name:literal => $recipe:expr;)+) => {
        /// One change that makes an honest token a forgery; "signed" means by the genuine key, after the change.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub enum Flaw { $($(#[$doc])+ $flaw,)+ }

        impl Flaw {
            /// All of them, in the order of the catalogue.
            pub const ALL: &'static [Self] = &[$(Self::$flaw,)+];
            const NAMES: &'static [&'static str] = &[$($name,)+];
            const RECIPES: &'static [Recipe] = &[$($recipe,)+];
        }
    };
}

flaws! {
    // What a reader must refuse before he asks for a key.
    /// No octet at all.
    Empty "empty" => |_| String::new();
    /// A word instead of a token.
    Word "word" => |_| "not-a-token".to_owned();
    /// An octet outside the alphabet of base64url at the end of the signature.
    NotBase64url "not-base64url" => |h| format!("{}!", h.draft().signed());
    /// A control character (U+0001) after the first dot.
    ControlCharacter "control-character" => |h| h.draft().signed().replacen('.', ".\u{1}", 1);
    /// NUL before the first dot.
    Nul "nul" => |h| h.draft().signed().replacen('.', "\0.", 1);
    /// 3 MiB of padding in a claim, under the honest token's signature.
    Oversized "oversized" => |h| h.draft().claim("pad", "x".repeat(OVERSIZE)).stale();

    // Signatures that do not hold.
    /// `alg: none`, signature empty.
    AlgNone "alg-none" => |h| h.draft().header("alg", "none").unsigned();
    /// `alg: None`, signature empty.
    AlgNoneCapital "alg-none-capital" => |h| h.draft().header("alg", "None").unsigned();
    /// `alg: NONE`, signature empty.
    AlgNoneUpper "alg-none-upper" => |h| h.draft().header("alg", "NONE").unsigned();
    /// `alg: nOnE`, signature empty.
    AlgNoneMixed "alg-none-mixed" => |h| h.draft().header("alg", "nOnE").unsigned();
    /// Signature empty, `alg` kept.
    SignatureEmpty "signature-empty" => |h| h.draft().unsigned();
    /// No third part, `alg` kept.
    SignatureAbsent "signature-absent" => |h| h.draft().unsigned().trim_end_matches('.').to_owned();
    /// One bit of the decoded IMPI changed, signature as before.
    PayloadBitFlip "payload-bit-flip" => |h| h.draft().impi(flip_text_bit(h.impi())).stale();
    /// The other subscriber's IMPI and IMPU, signature as before.
    PayloadSwapped "payload-swapped" =>
        |h| h.draft().impi(&*h.foreign.impi).claim(&h.names.impu, h.foreign_impu()).stale();
    /// One bit of the decoded signature changed.
    SignatureBitFlip "signature-bit-flip" => |h| h.draft().bent(flip_bit);
    /// ECDSA with r = s = 0.
    SignatureZero "signature-zero" => |h| h.draft().bent(|raw| vec![0; raw.len()]);
    /// ECDSA with r = s = order of the curve.
    SignatureOrder "signature-order" => |h| h.draft().bent(|raw| curve_order(h.key.algorithm(), raw.len()));
    /// The genuine signature without its last octet.
    SignatureTruncated "signature-truncated" => |h| h.draft().bent(|raw| raw[..raw.len().saturating_sub(1)].to_vec());
    /// The genuine signature with an octet more.
    SignatureExtended "signature-extended" => |h| h.draft().bent(|raw| [&raw[..], &[0]].concat());
    /// The genuine ECDSA signature in ASN.1 instead of raw (RFC 7518 section 3.4).
    SignatureDer "signature-der" => |h| h.draft().bent(|raw| in_der(&raw));

    // Algorithm confusion: HS256 over octets that are no secret.
    /// HS256 keyed with the genuine public key as PEM text.
    Hs256PublicPem "hs256-public-pem" => |h| h.draft().hs256(h.key.public_pem().unwrap_or_default().as_bytes());
    /// HS256 keyed with that PEM text without its last newline.
    Hs256PublicPemTrimmed "hs256-public-pem-trimmed" =>
        |h| h.draft().hs256(h.key.public_pem().unwrap_or_default().trim_end().as_bytes());
    /// HS256 keyed with the genuine SubjectPublicKeyInfo, DER.
    Hs256PublicDer "hs256-public-der" => |h| h.draft().hs256(&h.key.public_spki_der().unwrap_or_default());
    /// HS256 keyed with the text of the genuine JWK.
    Hs256PublicJwk "hs256-public-jwk" => |h| h.draft().hs256(h.key.jwk().to_string().as_bytes());
    /// HS256 with an empty key.
    Hs256EmptyKey "hs256-empty-key" => |h| h.draft().hs256(b"");
    /// HS256 with the key `secret`.
    Hs256Secret "hs256-secret" => |h| h.draft().hs256(b"secret");
    /// HS256 keyed with the `kid`.
    Hs256Kid "hs256-kid" => |h| h.draft().hs256(h.key.kid().as_bytes());
    /// HS256 keyed with the WWSF's client id.
    Hs256ClientId "hs256-client-id" => |h| h.draft().hs256(h.text("client_id").as_bytes());
    /// HS256 keyed with the issuer's URL.
    Hs256Issuer "hs256-issuer" => |h| h.draft().hs256(h.text("iss").as_bytes());
    /// The genuine RSA key with an algorithm that the edge did not declare.
    OtherAlgorithm "other-algorithm" => |h| h.draft().undeclared();

    // Keys that the token brings along, or points to: signed by the attacker.
    /// `jwk` of the attacker.
    JwkEmbedded "jwk-embedded" => |h| h.draft().header("jwk", h.attacker_key.jwk()).signed_by(&h.attacker_key);
    /// `jku` to the attacker.
    JkuAttacker "jku-attacker" => |h| h.draft().header("jku", &*h.foreign.attacker_url).signed_by(&h.attacker_key);
    /// `jku` to the attacker without TLS.
    JkuHttp "jku-http" =>
        |h| h.draft().header("jku", other_scheme(&h.foreign.attacker_url)).signed_by(&h.attacker_key);
    /// `jku` to the genuine host, which redirects to the attacker.
    JkuRedirect "jku-redirect" => |h| h.draft().header("jku", &*h.foreign.redirect_url).signed_by(&h.attacker_key);
    /// `jku` to a file of the edge.
    JkuFile "jku-file" => |h| h.draft().header("jku", "file:///dev/null").signed_by(&h.attacker_key);
    /// `x5u` to the attacker.
    X5uAttacker "x5u-attacker" => |h| h.draft().header("x5u", &*h.foreign.attacker_url).signed_by(&h.attacker_key);
    /// `x5c` with the attacker's self-signed certificate.
    X5cSelfSigned "x5c-self-signed" =>
        |h| h.draft().header("x5c", x5c(&h.foreign.self_signed_chain)).signed_by(&h.attacker_key);
    /// `x5c` with the attacker's certificate under a public-style authority.
    X5cPublic "x5c-public" => |h| h.draft().header("x5c", x5c(&h.foreign.public_chain)).signed_by(&h.attacker_key);
    /// `x5t` of the genuine key's certificate.
    X5tGenuine "x5t-genuine" =>
        |h| h.draft().header("x5t", x5t(&h.foreign.genuine_certificate)).signed_by(&h.attacker_key);

    // Key names, and keys of others.
    /// `kid` is a path to an empty file; HS256 with an empty key.
    KidPath "kid-path" => |h| h.draft().header("kid", "../../../../../../dev/null").hs256(b"");
    /// `kid` is SQL that yields the key `k`; HS256 with that key.
    KidSql "kid-sql" => |h| h.draft().header("kid", "' UNION SELECT 'k").hs256(b"k");
    /// `kid` is NUL and the genuine name; HS256 with an empty key.
    KidNul "kid-nul" => |h| h.draft().header("kid", format!("\0{}", h.key.kid())).hs256(b"");
    /// `kid` of 16 KiB; HS256 with an empty key.
    KidLong "kid-long" => |h| h.draft().header("kid", "k".repeat(LONG_KID)).hs256(b"");
    /// `kid` and signature of the other WAF's key.
    KidOther "kid-other" => |h| h.draft().header("kid", h.other_key.kid()).signed_by(&h.other_key);
    /// No `kid`, signed by the other WAF's key.
    KidMissing "kid-missing" => |h| h.draft().no_header("kid").signed_by(&h.other_key);
    /// The genuine `kid` over a signature of the other WAF's key.
    OtherKey "other-key" => |h| h.draft().signed_by(&h.other_key);
    /// The genuine `kid` over a signature of a key that is enrolled nowhere.
    UnenrolledKey "unenrolled-key" => |h| h.draft().signed_by(&h.attacker_key);
    /// `crit` with an extension that nobody knows, present in the header (RFC 7515 section 4.1.11); signed.
    CritUnknown "crit-unknown" =>
        |h| h.draft().header("crit", json!(["urn:example:unknown"])).header("urn:example:unknown", true).signed();
    /// `b64: false` in `crit` (RFC 7797, which section 7 forbids for a JWT); signed, whichever way it is read.
    CritB64 "crit-b64" => |h| h.draft().header("crit", json!(["b64"])).header("b64", false).signed();

    // One name, two values; all signed.
    /// IMPI and IMPU twice: the honest pair first, the other subscriber's last.
    IdsTwiceBadLast "ids-twice-bad-last" => |h| h.draft()
        .claim_last(&h.names.impi, &*h.foreign.impi).claim_last(&h.names.impu, h.foreign_impu()).signed();
    /// IMPI and IMPU twice: the other subscriber's pair first, the honest one last.
    IdsTwiceBadFirst "ids-twice-bad-first" => |h| h.draft()
        .claim_first(&h.names.impu, h.foreign_impu()).claim_first(&h.names.impi, &*h.foreign.impi).signed();
    /// `iss` twice: the other WAF's last.
    IssTwiceBadLast "iss-twice-bad-last" => |h| h.draft().claim_last("iss", &*h.foreign.issuer).signed();
    /// `iss` twice: the other WAF's first.
    IssTwiceBadFirst "iss-twice-bad-first" => |h| h.draft().claim_first("iss", &*h.foreign.issuer).signed();
    /// `exp` twice: past last.
    ExpTwiceBadLast "exp-twice-bad-last" => |h| h.draft().claim_last("exp", h.now.saturating_sub(h.far())).signed();
    /// `exp` twice: past first.
    ExpTwiceBadFirst "exp-twice-bad-first" => |h| h.draft().claim_first("exp", h.now.saturating_sub(h.far())).signed();
    /// WWSF twice: another's last.
    WwsfTwiceBadLast "wwsf-twice-bad-last" => |h| h.draft().claim_last(&h.names.wwsf, &*h.foreign.wwsf).signed();
    /// WWSF twice: another's first.
    WwsfTwiceBadFirst "wwsf-twice-bad-first" => |h| h.draft().claim_first(&h.names.wwsf, &*h.foreign.wwsf).signed();
    /// `alg` twice: `none` last.
    AlgTwiceBadLast "alg-twice-bad-last" => |h| h.draft().header_last("alg", "none").signed();
    /// `alg` twice: `none` first.
    AlgTwiceBadFirst "alg-twice-bad-first" => |h| h.draft().header_first("alg", "none").signed();
    /// `kid` twice: the other WAF's last.
    KidTwiceBadLast "kid-twice-bad-last" => |h| h.draft().header_last("kid", h.other_key.kid()).signed();
    /// `kid` twice: the other WAF's first.
    KidTwiceBadFirst "kid-twice-bad-first" => |h| h.draft().header_first("kid", h.other_key.kid()).signed();

    // Identities in another shape; all signed.
    /// IMPI is a list of one.
    ImpiArray "impi-array" => |h| h.draft().impi(json!([h.impi()])).signed();
    /// IMPI is a list of two: the honest one and the other subscriber's.
    ImpiTwo "impi-two" => |h| h.draft().impi(json!([h.impi(), h.foreign.impi])).signed();
    /// IMPI is a number.
    ImpiNumber "impi-number" => |h| h.draft().impi(15).signed();
    /// IMPI is an object.
    ImpiObject "impi-object" => |h| h.draft().impi(json!({ "value": h.impi() })).signed();
    /// IMPI is null.
    ImpiNull "impi-null" => |h| h.draft().impi(json!(null)).signed();
    /// IMPI is true.
    ImpiTrue "impi-true" => |h| h.draft().impi(true).signed();
    /// IMPI is a text that holds JSON that holds the IMPI.
    ImpiNested "impi-nested" => |h| h.draft().impi(json!({ &*h.names.impi: h.impi() }).to_string()).signed();
    /// IMPI with U+0000 and a tail.
    ImpiNul "impi-nul" => |h| h.draft().impi(format!("{}\0.invalid", h.impi())).signed();
    /// IMPI without its realm.
    ImpiNoRealm "impi-no-realm" => |h| h.draft().impi(h.impi().split('@').next().unwrap_or_default()).signed();
    /// IMPI in the other case.
    ImpiCase "impi-case" => |h| h.draft().impi(other_case(h.impi())).signed();
    /// IMPI with its first character percent-encoded.
    ImpiPercent "impi-percent" => |h| h.draft().impi(percent_first(h.impi())).signed();
    /// IMPI with a space before it.
    ImpiLeadingSpace "impi-leading-space" => |h| h.draft().impi(format!(" {}", h.impi())).signed();
    /// IMPI that closes its quotes and adds a parameter to the Mw credential.
    ImpiQuote "impi-quote" => |h| h.draft().impi(format!("{}\", integrity-protected=\"yes", h.impi())).signed();
    /// IMPI with CRLF and a header line.
    ImpiCrlf "impi-crlf" => |h| h.draft().impi(format!("{}\r\nX-Injected: yes", h.impi())).signed();
    /// No IMPI.
    NoImpi "no-impi" => |h| h.draft().no_claim(&h.names.impi).signed();
    /// No IMPU.
    NoImpu "no-impu" => |h| h.draft().no_claim(&h.names.impu).signed();
    /// No WWSF.
    WwsfMissing "wwsf-missing" => |h| h.draft().no_claim(&h.names.wwsf).signed();
    /// The claims in UTF-16, little end first with its mark (RFC 8725 section 3.7).
    ClaimsUtf16 "claims-utf16" => |h| h.draft().signed_claims(|claims| utf16(&claims));
    /// A second object after the claims' closing brace (RFC 7515 section 10.12).
    ClaimsTrailing "claims-trailing" => |h| h.draft().signed_claims(|claims| [&claims[..], b"{}"].concat());

    // Times; all signed.
    /// `exp` an hour past the skew.
    Expired "expired" => |h| h.draft().claim("exp", h.now.saturating_sub(h.far())).signed();
    /// `exp` two seconds past the skew.
    ExpiredEdge "expired-edge" => |h| h.draft().claim("exp", h.now.saturating_sub(h.skew.saturating_add(2))).signed();
    /// `exp` below zero.
    ExpNegative "exp-negative" => |h| h.draft().claim("exp", -1).signed();
    /// `exp` 0.
    ExpZero "exp-zero" => |h| h.draft().claim("exp", 0).signed();
    /// `exp` past, with a fraction.
    ExpFloat "exp-float" => |h| h.draft().claim("exp", h.now.saturating_sub(h.far()) as f64 + 0.5).signed();
    /// `exp` past, as a text.
    ExpString "exp-string" => |h| h.draft().claim("exp", h.now.saturating_sub(h.far()).to_string()).signed();
    /// No `exp`.
    ExpMissing "exp-missing" => |h| h.draft().no_claim("exp").signed();
    /// `nbf` an hour beyond the skew.
    NbfFuture "nbf-future" => |h| h.draft().claim("nbf", h.now.saturating_add(h.far())).signed();
    /// `exp` an hour beyond the longest life after `iat`.
    LifeTooLong "life-too-long" => |h| h.draft().claim("exp", overlong(h)).signed();
    /// `iat` an hour beyond the skew.
    IatFuture "iat-future" => |h| h.draft().claim("iat", h.now.saturating_add(h.far())).signed();

    // For whom; all signed.
    /// `aud` is another operator's edge.
    AudOther "aud-other" => |h| h.draft().claim("aud", &*h.foreign.audience).signed();
    /// `aud` is the WWSF's client id, as an ID token has it.
    AudClientId "aud-client-id" => |h| h.draft().claim("aud", h.text("client_id")).signed();
    /// No `aud`.
    AudMissing "aud-missing" => |h| h.draft().no_claim("aud").signed();
    /// `aud` is a list without the edge.
    AudOthers "aud-others" => |h| h.draft().claim("aud", json!([h.foreign.audience, h.text("client_id")])).signed();
    /// `aud` is an empty list.
    AudEmpty "aud-empty" => |h| h.draft().claim("aud", json!([])).signed();
    /// `aud` begins with the edge's value.
    AudPrefix "aud-prefix" => |h| h.draft().claim("aud", format!("{}.invalid", h.text("aud"))).signed();
    /// `aud` ends with the edge's value.
    AudSuffix "aud-suffix" => |h| h.draft().claim("aud", format!("x{}", h.text("aud"))).signed();
    /// `aud` in the other case.
    AudCase "aud-case" => |h| h.draft().claim("aud", other_case(h.text("aud"))).signed();

    // By whom; all signed by the genuine key.
    /// `iss` that nobody enrolled.
    IssUnknown "iss-unknown" => |h| h.draft().claim("iss", &*h.foreign.unknown_issuer).signed();
    /// `iss` of the other WAF.
    IssOther "iss-other" => |h| h.draft().claim("iss", &*h.foreign.issuer).signed();
    /// `iss` with a slash at the end, or without the one it had.
    IssSlash "iss-slash" => |h| h.draft().claim("iss", other_slash(h.text("iss"))).signed();
    /// `iss` in the other case.
    IssCase "iss-case" => |h| h.draft().claim("iss", other_case(h.text("iss"))).signed();
    /// `iss` with `http:` for `https:`.
    IssHttp "iss-http" => |h| h.draft().claim("iss", other_scheme(h.text("iss"))).signed();
    /// `iss` with a Cyrillic letter for a Latin one.
    IssHomoglyph "iss-homoglyph" => |h| h.draft().claim("iss", look_alike(h.text("iss"))).signed();
    /// No `iss`.
    IssMissing "iss-missing" => |h| h.draft().no_claim("iss").signed();

    // What for; all signed.
    /// An ID token (OpenID Connect Core section 2) of the same WAF and identities, `aud` naming client and edge.
    IdToken "id-token" => |h| h.draft().header("typ", "JWT").no_claim("client_id")
        .claim("aud", json!([h.text("client_id"), h.text("aud")]))
        .claim("nonce", "nonce-1").claim("auth_time", h.now).signed();
    /// `typ: JWT`.
    TypJwt "typ-jwt" => |h| h.draft().header("typ", "JWT").signed();
    /// No `typ`.
    TypMissing "typ-missing" => |h| h.draft().no_header("typ").signed();
    /// `typ: logout+jwt`.
    TypLogout "typ-logout" => |h| h.draft().header("typ", "logout+jwt").signed();
    /// `typ: secevent+jwt`.
    TypSecurityEvent "typ-security-event" => |h| h.draft().header("typ", "secevent+jwt").signed();
    /// `typ: dpop+jwt`.
    TypDpop "typ-dpop" => |h| h.draft().header("typ", "dpop+jwt").signed();
    /// `scope` that does not grant registration.
    ScopeOther "scope-other" => |h| h.draft().claim("scope", "profile").signed();
    /// No `scope`.
    ScopeMissing "scope-missing" => |h| h.draft().no_claim("scope").signed();
}

impl Flaw {
    /// The name in scripts and reports.
    pub fn name(self) -> &'static str {
        Self::NAMES[self as usize]
    }

    /// The forgery as it goes on the wire. Where [`Flaw::fits`] says no it is still a token, but not a forgery of
    /// that kind.
    pub fn forge(self, honest: &Honest) -> String {
        Self::RECIPES[self as usize](honest)
    }

    /// Whether the honest token has what the flaw spoils: the kind of key, the claim, the caller's certificate.
    pub fn fits(self, honest: &Honest) -> bool {
        let family = honest.key.algorithm().family();
        match self {
            Self::SignatureZero | Self::SignatureOrder | Self::SignatureDer => {
                matches!(family, Family::Ec(_))
            }
            Self::Hs256PublicPem
            | Self::Hs256PublicPemTrimmed
            | Self::Hs256PublicDer
            | Self::Hs256PublicJwk => family != Family::Hmac,
            Self::OtherAlgorithm => honest.undeclared_algorithm().is_some(),
            Self::X5cSelfSigned => !honest.foreign.self_signed_chain.is_empty(),
            Self::X5cPublic => !honest.foreign.public_chain.is_empty(),
            Self::X5tGenuine => !honest.foreign.genuine_certificate.is_empty(),
            Self::PayloadBitFlip => flip_text_bit(honest.impi()) != honest.impi(),
            Self::ImpiNoRealm => honest.impi().contains('@'),
            Self::NoImpu => honest.claims.get(&honest.names.impu).is_some(),
            Self::WwsfMissing | Self::WwsfTwiceBadLast | Self::WwsfTwiceBadFirst => {
                honest.claims.get(&honest.names.wwsf).is_some()
            }
            Self::ScopeOther | Self::ScopeMissing => honest.claims.get("scope").is_some(),
            Self::AudClientId | Self::Hs256ClientId => !honest.text("client_id").is_empty(),
            Self::AudCase => other_case(honest.text("aud")) != honest.text("aud"),
            _ if self.is_about_impi() => !honest.impi().is_empty(),
            _ => true,
        }
    }

    fn is_about_impi(self) -> bool {
        (Self::ImpiArray..=Self::NoImpi).contains(&self)
            || matches!(
                self,
                Self::PayloadSwapped | Self::IdsTwiceBadLast | Self::IdsTwiceBadFirst
            )
    }
}

impl fmt::Display for Flaw {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl FromStr for Flaw {
    type Err = UnknownFlaw;

    fn from_str(name: &str) -> Result<Self, UnknownFlaw> {
        let found = Self::ALL.iter().copied().find(|flaw| flaw.name() == name);
        found.ok_or_else(|| UnknownFlaw(name.to_owned()))
    }
}

/// The first character as `%` and its octets in hexadecimal.
fn percent_first(text: &str) -> String {
    let (first, rest) = text.split_at(text.chars().next().map_or(0, char::len_utf8));
    let encoded: String = first.bytes().map(|octet| format!("%{octet:02X}")).collect();
    encoded + rest
}

fn utf16(utf8: &[u8]) -> Vec<u8> {
    let text = format!("\u{feff}{}", String::from_utf8_lossy(utf8));
    text.encode_utf16().flat_map(u16::to_le_bytes).collect()
}

/// An expiry an hour beyond the longest life that the edge accepts, counted from the honest `iat`.
fn overlong(honest: &Honest) -> u64 {
    let issued_at = honest
        .claims
        .get("iat")
        .and_then(serde_json::Value::as_u64)
        .unwrap_or(honest.now);
    issued_at
        .saturating_add(honest.longest_life)
        .saturating_add(3600)
}
