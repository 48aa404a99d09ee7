//! Per flaw: what each judge says, what differs from the honest chain, what heals it.

use certs_gen::{Authority, Flaw, Flawed, Usage};
use time::Duration;

use crate::judges::Question;
use crate::world::{HOST, NOW, UNKNOWN, question};

/// One flaw.
pub(crate) struct Row {
    pub(crate) flaw: Flaw,
    /// Who shows the chain.
    pub(crate) usage: Usage,
    /// What the peer dialled, and the request asked for.
    pub(crate) host: &'static str,
    /// All fields in which the chain differs from the honest one.
    pub(crate) differs: &'static [&'static str],
    pub(crate) webpki: Answer,
    pub(crate) openssl: Answer,
    pub(crate) heal: Heal,
}

impl Row {
    /// What a peer asks itself that is shown the chain. It looks at what the authority has revoked where that is the flaw.
    pub(crate) fn asked(&self, flawed: &Flawed, authority: &Authority) -> Question {
        let looks = self.flaw == Flaw::Revoked;
        Question {
            lists: looks.then(|| authority.revocation_lists(NOW).unwrap()),
            ..question(&flawed.chain, self.usage, self.host)
        }
    }
}

/// A judge's answer to the chain.
pub(crate) enum Answer {
    /// It finds exactly these errors.
    Refuses(&'static [&'static str]),
    /// It accepts the chain, for this reason.
    DoesNotLook(&'static str),
}

/// What makes the flaw none, so that a second flaw would be left over.
pub(crate) enum Heal {
    /// Asked so, both judges pass the chain.
    Both(fn(&mut Question, &Flawed)),
    /// Asked so, webpki passes the chain; OpenSSL cannot be asked so.
    Webpki(fn(&mut Question, &Flawed)),
    /// Asked so, OpenSSL passes the chain; webpki cannot be asked so.
    Openssl(fn(&mut Question, &Flawed)),
    /// No question heals it: the comparison with the honest chain has to do.
    Not,
}

use Answer::{DoesNotLook, Refuses};

const SERVER: Row = Row {
    flaw: Flaw::SelfSigned,
    usage: Usage::Server,
    host: HOST,
    differs: &[],
    webpki: Refuses(&[]),
    openssl: Refuses(&[]),
    heal: Heal::Not,
};

const NO_HANDSHAKE: &str = "a path is judged without a handshake; see `handshake`";

/// The table, in the order of the flaws.
pub(crate) const ROWS: [Row; Flaw::ALL.len()] = [
    Row {
        flaw: Flaw::SelfSigned,
        differs: &["intermediate", "leaf.issuer"],
        webpki: Refuses(&["UnknownIssuer"]),
        openssl: Refuses(&["18@0"]), // self-signed certificate
        heal: Heal::Both(|question, flawed| question.anchor = flawed.chain[0].clone()),
        ..SERVER
    },
    Row {
        flaw: Flaw::UnknownCa,
        differs: &["intermediate.issuer", "intermediate.subject", "leaf.issuer"],
        webpki: Refuses(&["UnknownIssuer"]),
        openssl: Refuses(&["20@1"]), // unable to get local issuer certificate
        heal: Heal::Both(|question, _| question.anchor = UNKNOWN.root_der().clone()),
        ..SERVER
    },
    Row {
        flaw: Flaw::WrongName,
        differs: &["leaf.subjectAltName"],
        webpki: Refuses(&["CertNotValidForName"]),
        openssl: Refuses(&["62@0"]), // hostname mismatch
        heal: Heal::Both(|question, _| question.host = Some("other.example".to_owned())),
        ..SERVER
    },
    Row {
        flaw: Flaw::Expired,
        differs: &["leaf.notAfter", "leaf.notBefore"],
        webpki: Refuses(&["CertExpired"]),
        openssl: Refuses(&["10@0"]), // certificate has expired
        heal: Heal::Both(|question, _| question.now -= Duration::days(2)),
        ..SERVER
    },
    Row {
        flaw: Flaw::NotYetValid,
        differs: &["leaf.notAfter", "leaf.notBefore"],
        webpki: Refuses(&["CertNotValidYet"]),
        openssl: Refuses(&["9@0"]), // certificate is not yet valid
        heal: Heal::Both(|question, _| question.now += Duration::days(2)),
        ..SERVER
    },
    Row {
        flaw: Flaw::ExpiredIntermediate,
        differs: &["intermediate.notAfter"],
        webpki: Refuses(&["CertExpired"]),
        openssl: Refuses(&["10@1"]),
        heal: Heal::Both(|question, _| question.now -= Duration::minutes(45)),
        ..SERVER
    },
    Row {
        flaw: Flaw::CnOnly,
        differs: &["leaf.subject", "leaf.subjectAltName"],
        webpki: Refuses(&["CertNotValidForName"]),
        openssl: DoesNotLook("takes the common name when there is no dNSName"),
        heal: Heal::Both(|question, _| question.host = None),
        ..SERVER
    },
    Row {
        flaw: Flaw::WildcardTwoLabels,
        differs: &["leaf.subjectAltName"],
        webpki: Refuses(&["CertNotValidForName"]),
        openssl: Refuses(&["62@0"]),
        heal: Heal::Both(|question, _| question.host = Some("www.operator.example".to_owned())),
        ..SERVER
    },
    Row {
        flaw: Flaw::NulInName,
        differs: &["leaf.subjectAltName"],
        webpki: Refuses(&["CertNotValidForName"]),
        openssl: Refuses(&["62@0"]),
        heal: Heal::Both(|question, _| question.host = None),
        ..SERVER
    },
    Row {
        flaw: Flaw::SipUriSan,
        differs: &["leaf.subjectAltName"],
        webpki: Refuses(&["CertNotValidForName"]),
        openssl: Refuses(&["62@0"]),
        heal: Heal::Both(|question, _| question.host = None),
        ..SERVER
    },
    Row {
        flaw: Flaw::IpInDns,
        host: "127.0.0.7",
        differs: &["leaf.subjectAltName"],
        webpki: Refuses(&["CertNotValidForName"]),
        openssl: Refuses(&["64@0"]), // IP address mismatch
        heal: Heal::Both(|question, _| question.host = None),
        ..SERVER
    },
    Row {
        flaw: Flaw::CaFalse,
        differs: &[
            "intermediate.basicConstraints",
            "intermediate.extKeyUsage",
            "intermediate.keyUsage",
        ],
        webpki: Refuses(&["EndEntityUsedAsCa"]),
        openssl: Refuses(&["79@1", "26@1"]), // invalid CA certificate, and so for no purpose of a CA
        heal: Heal::Webpki(|question, flawed| question.anchor = flawed.chain[1].clone()),
        ..SERVER
    },
    Row {
        flaw: Flaw::EkuClientOnly,
        differs: &["leaf.extKeyUsage"],
        webpki: Refuses(&["RequiredEkuNotFoundContext"]),
        openssl: Refuses(&["26@0"]), // unsuitable certificate purpose
        heal: Heal::Both(|question, _| question.as_client = true),
        ..SERVER
    },
    Row {
        flaw: Flaw::EkuServerOnly,
        usage: Usage::Client,
        differs: &["leaf.extKeyUsage"],
        webpki: Refuses(&["RequiredEkuNotFoundContext"]),
        openssl: Refuses(&["26@0"]),
        heal: Heal::Both(|question, _| question.as_client = false),
        ..SERVER
    },
    Row {
        flaw: Flaw::NameConstraintsExclude,
        differs: &["intermediate.nameConstraints"],
        webpki: Refuses(&["NameConstraintViolation"]),
        openssl: Refuses(&["47@0"]), // permitted subtree violation
        ..SERVER
    },
    Row {
        flaw: Flaw::PathLengthExceeded,
        differs: &["extra"],
        webpki: Refuses(&["PathLenConstraintViolated"]),
        openssl: Refuses(&["25@2"]), // path length constraint exceeded
        heal: Heal::Both(|question, flawed| question.anchor = flawed.chain[1].clone()),
        ..SERVER
    },
    Row {
        flaw: Flaw::UnknownCriticalExtension,
        differs: &["leaf.1.3.6.1.4.1.32473.1"],
        webpki: Refuses(&["UnsupportedCriticalExtension"]),
        openssl: Refuses(&["34@0"]), // unhandled critical extension
        heal: Heal::Openssl(|question, _| question.ignore_critical = true),
        ..SERVER
    },
    Row {
        flaw: Flaw::BadSignature,
        webpki: Refuses(&["InvalidSignatureForPublicKey"]),
        openssl: Refuses(&["7@0"]), // certificate signature failure
        heal: Heal::Both(|question, _| {
            let mut leaf = question.chain[0].to_vec();
            *leaf.last_mut().unwrap() ^= 1;
            question.chain[0] = leaf.into();
        }),
        ..SERVER
    },
    Row {
        flaw: Flaw::WrongKey,
        webpki: DoesNotLook(NO_HANDSHAKE),
        openssl: DoesNotLook(NO_HANDSHAKE),
        ..SERVER
    },
    Row {
        flaw: Flaw::IntermediateWithoutCertSign,
        differs: &["intermediate.keyUsage"],
        webpki: DoesNotLook("version 0.103 does not read keyUsage"),
        // Without certificate signing in keyUsage, OpenSSL says as well, it is no CA.
        openssl: Refuses(&["32@1", "79@1", "26@1"]),
        ..SERVER
    },
    Row {
        flaw: Flaw::Sha1Signature,
        differs: &["leaf.signature"],
        webpki: Refuses(&["UnsupportedSignatureAlgorithmContext"]),
        openssl: Refuses(&["68@0"]), // CA signature digest algorithm too weak
        heal: Heal::Openssl(|question, _| question.auth_level = 0),
        ..SERVER
    },
    Row {
        flaw: Flaw::Rsa1024,
        differs: &["leaf.key"],
        webpki: DoesNotLook(
            "the length of the leaf's key counts in the handshake; see `handshake`",
        ),
        openssl: Refuses(&["66@0"]), // EE certificate key too weak
        heal: Heal::Both(|question, _| question.auth_level = 1),
        ..SERVER
    },
    Row {
        flaw: Flaw::MissingIntermediate,
        differs: &["intermediate"],
        webpki: Refuses(&["UnknownIssuer"]),
        openssl: Refuses(&["20@0"]), // unable to get local issuer certificate
        heal: Heal::Both(|question, flawed| question.chain.extend(flawed.withheld.clone())),
        ..SERVER
    },
    Row {
        flaw: Flaw::Revoked,
        webpki: Refuses(&["CertRevoked"]),
        openssl: Refuses(&["23@0"]), // certificate revoked
        heal: Heal::Both(|question, _| question.lists = None),
        ..SERVER
    },
];
