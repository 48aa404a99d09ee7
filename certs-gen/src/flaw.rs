//! The list of flaws with their names.

use std::fmt;
use std::str::FromStr;

/// The one point in which a chain is wrong.
///
/// What each says of names holds for every requested name. A `subject_cn` of the request that
/// repeats a requested name or address is left out by the flaws of subjectAltName, because a peer
/// that reads the common name would find the right name there.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Flaw {
    /// The leaf is its own issuer; the chain is the leaf alone (RFC 5280 6.1.1 (d)).
    SelfSigned,
    /// The whole chain is of the other authority, which no peer was told to trust.
    UnknownCa,
    /// The subjectAltName holds another name, and another address if one was requested
    /// (RFC 9525 6).
    WrongName,
    /// The leaf's time ended a day ago (RFC 5280 6.1.3 (a) (2)).
    Expired,
    /// The leaf's time begins in a day.
    NotYetValid,
    /// The intermediate's time ended half an hour ago, after the leaf's began.
    ExpiredIntermediate,
    /// No subjectAltName; the name stands in the subject's common name (RFC 9525 2).
    CnOnly,
    /// The subjectAltName is a wildcard that would have to cover two labels: `*.example.com` for
    /// `www.a.example.com`, or in the place of `*.a.example.com` (RFC 9525 6.3).
    WildcardTwoLabels,
    /// The dNSName is the right name, a NUL, and a foreign domain after it, so that a reader of C
    /// strings stops at the right name.
    NulInName,
    /// The subjectAltName holds only the URI `sip:<name>`, which identifies a SIP domain
    /// (RFC 5922 7.1) and not the host of an https or wss URI (RFC 7118 9.1).
    SipUriSan,
    /// Each address stands in a dNSName as text instead of in an iPAddress (RFC 9525 6.2).
    IpInDns,
    /// In the intermediate's place stands an end-entity certificate of the root: `cA` is false
    /// (RFC 5280 6.1.4 (k)). It bears no keyUsage, so that basicConstraints alone forbids it.
    CaFalse,
    /// The leaf's extended key usage is clientAuth alone; for a server's certificate.
    EkuClientOnly,
    /// The leaf's extended key usage is serverAuth alone; for a client's certificate.
    EkuServerOnly,
    /// Critical nameConstraints of the intermediate permit only a foreign domain (and network, if
    /// an address was requested), which excludes the leaf (RFC 5280 6.1.4 (g)).
    NameConstraintsExclude,
    /// One more authority stands between leaf and intermediate, whose pathLenConstraint is 0, as in
    /// every honest chain (RFC 5280 6.1.4 (l)).
    PathLengthExceeded,
    /// The leaf has a critical extension of an object identifier for documentation (RFC 5612).
    UnknownCriticalExtension,
    /// One bit of the signature on the leaf is flipped.
    BadSignature,
    /// The chain is honest; the handshake is to be signed with another key.
    WrongKey,
    /// The intermediate's keyUsage is cRLSign alone (RFC 5280 6.1.4 (n)).
    IntermediateWithoutCertSign,
    /// The leaf is signed by ecdsa-with-SHA1, rightly (RFC 9155).
    Sha1Signature,
    /// The leaf's key is RSA of 1024 bits (RFC 9325 4.5).
    Rsa1024,
    /// The chain is the leaf alone; its issuer, never shown before, is withheld (RFC 8446 4.4.2).
    MissingIntermediate,
    /// The leaf stands on the list of what its issuer has revoked
    /// ([`revocation`](crate::revocation); RFC 5280 6.3).
    Revoked,
}

impl Flaw {
    /// Every flaw, in the order of the list.
    pub const ALL: [Self; 24] = [
        Self::SelfSigned,
        Self::UnknownCa,
        Self::WrongName,
        Self::Expired,
        Self::NotYetValid,
        Self::ExpiredIntermediate,
        Self::CnOnly,
        Self::WildcardTwoLabels,
        Self::NulInName,
        Self::SipUriSan,
        Self::IpInDns,
        Self::CaFalse,
        Self::EkuClientOnly,
        Self::EkuServerOnly,
        Self::NameConstraintsExclude,
        Self::PathLengthExceeded,
        Self::UnknownCriticalExtension,
        Self::BadSignature,
        Self::WrongKey,
        Self::IntermediateWithoutCertSign,
        Self::Sha1Signature,
        Self::Rsa1024,
        Self::MissingIntermediate,
        Self::Revoked,
    ];

    /// The name that scripts and the command line use.
    pub const fn name(self) -> &'static str {
        match self {
            Self::SelfSigned => "self-signed",
            Self::UnknownCa => "unknown-ca",
            Self::WrongName => "wrong-name",
            Self::Expired => "expired",
            Self::NotYetValid => "not-yet-valid",
            Self::ExpiredIntermediate => "expired-intermediate",
            Self::CnOnly => "cn-only",
            Self::WildcardTwoLabels => "wildcard-two-labels",
            Self::NulInName => "nul-in-name",
            Self::SipUriSan => "sip-uri-san",
            Self::IpInDns => "ip-in-dns",
            Self::CaFalse => "ca-false",
            Self::EkuClientOnly => "eku-client-only",
            Self::EkuServerOnly => "eku-server-only",
            Self::NameConstraintsExclude => "name-constraints-exclude",
            Self::PathLengthExceeded => "path-length-exceeded",
            Self::UnknownCriticalExtension => "unknown-critical-extension",
            Self::BadSignature => "bad-signature",
            Self::WrongKey => "wrong-key",
            Self::IntermediateWithoutCertSign => "intermediate-without-cert-sign",
            Self::Sha1Signature => "sha1-signature",
            Self::Rsa1024 => "rsa-1024",
            Self::MissingIntermediate => "missing-intermediate",
            Self::Revoked => "revoked",
        }
    }
}

impl fmt::Display for Flaw {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.name())
    }
}

/// No flaw has this name.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("no certificate flaw is named {0:?}")]
pub struct UnknownFlaw(pub String);

impl FromStr for Flaw {
    type Err = UnknownFlaw;

    fn from_str(name: &str) -> Result<Self, UnknownFlaw> {
        let found = Self::ALL.into_iter().find(|flaw| flaw.name() == name);
        found.ok_or_else(|| UnknownFlaw(name.to_owned()))
    }
}
