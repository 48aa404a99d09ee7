//! The oracles: each one independent reason for which a case fails, in a file of its own or with its nearest kin.

mod aka_answer;
mod answers_topmost;
mod background_served;
mod bindings_unchanged;
mod certificate_in_order;
mod chain;
mod client_authentication_in_order;
mod connection_ended;
mod cookie_in_order;
mod delivered_as_given;
mod ended_no_application_byte;
mod expires_capped;
mod gives_up_registration;
mod inactive;
mod introspection_in_order;
mod issued;
mod label_is_edges_own;
mod malformation_kept_out;
mod no_101;
mod no_101_or_silent;
mod no_2xx;
mod no_assertion;
mod no_authenticated_label_on_mw;
mod no_credential;
mod no_data_frame;
mod no_fetch;
mod no_foreign_assertion;
mod no_secret_leak;
mod no_session_keys;
mod no_sip_answer;
mod no_token;
mod no_token_in_records;
mod no_token_leak;
mod no_unprotected_response;
mod no_w2;
mod no_weak_offer;
mod not_asked;
mod not_forwarded;
mod not_readable_cross_site;
mod not_released;
mod not_stored;
mod nothing_in_clear;
mod nothing_on_mw;
mod one_impi_of_user;
mod one_reading;
mod only_own_identities;
mod recorded;
mod right_party;
mod server_hello;
mod session;
mod single_authorization;
mod tls_record;
mod tls_refused;
mod token_in_order;
mod told;
mod unaffected;
mod username_as_claimed;
mod websocket_as_agreed;

use std::fmt;
use std::str::FromStr;

use crate::context::Context;
use crate::ruling::Ruling;

macro_rules! oracles {
    ($($(#[doc = $doc:literal])+ $variant:ident = $name:literal,)+) => {
        /// One independent question to the evidence of a case.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub enum Oracle { $($(#[doc = $doc])+ $variant,)+ }

        impl Oracle {
            /// Every oracle.
            pub const ALL: &'static [Self] = &[$(Self::$variant,)+];

            /// The name in `outcomes.toml` and in findings.
            #[must_use]
            pub fn name(self) -> &'static str {
                match self { $(Self::$variant => $name,)+ }
            }

            /// What it asks, in a sentence.
            #[must_use]
            pub fn question(self) -> &'static str {
                match self { $(Self::$variant => concat!($($doc),+).trim_ascii(),)+ }
            }
        }
    };
}

oracles! {
    /// No SIP request of the attack is answered by 2xx.
    No2xx = "no-2xx",
    /// No request of the attack reaches Mw.
    NothingOnMw = "nothing-on-mw",
    /// What reaches Mw of the attack is at most a REGISTER that nobody vouches for.
    NoAuthenticatedLabelOnMw = "no-authenticated-label-on-mw",
    /// Every REGISTER on Mw names the IMPI and IMPU of the token that the attack honestly has, in one Authorization.
    OnlyOwnIdentities = "only-own-identities",
    /// What the SUT keeps on record of an authentication has no token in it.
    NoTokenInRecords = "no-token-in-records",
    /// The edge asks after a token by POST, over TLS where declared, proves itself, and puts the token into no address.
    IntrospectionInOrder = "introspection-in-order",
    /// Every REGISTER on Mw names the IMPI that its token claims, octet by octet.
    UsernameAsClaimed = "username-as-claimed",
    /// Two readers of a request on Mw find the same in it: From, To, Call-ID and CSeq once, and no stray line end.
    OneReading = "one-reading",
    /// The label on Mw is the edge's own and true: absent, pending, or of AKA version 2 over TLS; at most once.
    LabelIsEdgesOwn = "label-is-edges-own",
    /// IK and CK of a challenge reach the WIC in no form.
    NoSessionKeys = "no-session-keys",
    /// A REGISTER on Mw has one Authorization.
    SingleAuthorization = "single-authorization",
    /// No header line that the departure set or added is on Mw.
    NotForwarded = "not-forwarded",
    /// What is malformed in the WIC's request, where the edge has to act on it, is not on Mw as it came.
    MalformationKeptOut = "malformation-kept-out",
    /// Asserted, served and preferred identities on Mw are the sender's own.
    NoForeignAssertion = "no-foreign-assertion",
    /// No request of the attack but REGISTER is on Mw with an asserted or served identity.
    NoAssertion = "no-assertion",
    /// The third party that is named is the one that issued the token.
    RightParty = "right-party",
    /// Each registration has a record that names its third party and what came of it.
    Recorded = "recorded",
    /// A registration does not outlive the token that it stands on.
    ExpiresCapped = "expires-capped",
    /// No token stands where it must not: on Mw, in a URL, Referer or cookie, or in clear.
    NoTokenLeak = "no-token-leak",
    /// The secret of the IMS subscription leaves the WIC in no form.
    NoSecretLeak = "no-secret-leak",
    /// The SUT fetches nothing from a host that was never enrolled.
    NoFetch = "no-fetch",
    /// The bindings after the attack are those before it.
    BindingsUnchanged = "bindings-unchanged",
    /// The one whom the attack aims at is served as before.
    VictimUnaffected = "victim-unaffected",
    /// Everybody else is served as before.
    OthersUnaffected = "others-unaffected",
    /// After the departure everything goes as in the control.
    AsControl = "as-control",
    /// The WebSocket handshake is not answered by 101.
    No101 = "no-101",
    /// No 101, or one without subprotocol behind which no SIP is spoken.
    No101OrSilent = "no-101-or-silent",
    /// No 101 behind a TLS handshake that agreed on something else than HTTP/1.1.
    WebsocketAsAgreed = "websocket-as-agreed",
    /// No SIP message comes back, and no answer of HTTP behind the handshake.
    NoSipAnswer = "no-sip-answer",
    /// In a frame comes no HTTP, and of SIP a refusal at most.
    RefusedAtMost = "refused-at-most",
    /// The WIC sends nothing on W2 behind the handshake.
    NoDataFrame = "no-data-frame",
    /// The SUT ends the connection.
    ConnectionEnded = "connection-ended",
    /// A TLS server refuses the hello.
    TlsRefused = "tls-refused",
    /// A TLS server that could do better refuses a hello that was talked down, or marks its answer.
    DowngradeMarked = "downgrade-marked",
    /// A TLS 1.2 server refuses the hello, or says that a renegotiation would be bound to the first handshake.
    RenegotiationBound = "renegotiation-bound",
    /// A TLS client ends every connection to the bad listener and sends not one application byte.
    EndedNoApplicationByte = "ended-no-application-byte",
    /// Nothing that needs TLS is said in clear.
    NothingInClear = "nothing-in-clear",
    /// The WIC says nothing on W2.
    NoW2 = "no-w2",
    /// The WIC sends no further REGISTER.
    GivesUpRegistration = "gives-up-registration",
    /// The WIC sends no credential.
    NoCredential = "no-credential",
    /// The WIC sends no Digest response without quality of protection.
    NoUnprotectedResponse = "no-unprotected-response",
    /// The WIC answers the topmost challenge by an algorithm that it declares.
    AnswersTopmost = "answers-topmost",
    /// The WIC sends no response that its ISIM computed from the challenge.
    NoAkaAnswer = "no-aka-answer",
    /// The WIC does not tell the sequence number of its ISIM.
    NoAuts = "no-auts",
    /// No answer to the attack has a token or a code.
    NoToken = "no-token",
    /// The portal's answers have no token and no identity that is not the asking user's.
    NotReleased = "not-released",
    /// No token request names somebody else than the logged-in user.
    NotAsked = "not-asked",
    /// Introspection does not call the token active.
    Inactive = "inactive",
    /// No script of a foreign site may read the answer.
    NotReadableCrossSite = "not-readable-cross-site",
    /// The refusal has the declared code.
    Code = "code",
    /// The service is still there after the attack.
    Alive = "alive",
    /// Clients of other parties at work in the background are denied nothing.
    BackgroundServed = "background-served",
    /// The SUT's certificate is in order.
    CertificateInOrder = "certificate-in-order",
    /// The session cookie is in order.
    CookieInOrder = "cookie-in-order",
    /// No answer with a token may be stored.
    NotStored = "not-stored",
    /// The token tells exactly one IMPI, the user's, and an IMPU of it.
    OneImpiOfUser = "one-impi-of-user",
    /// The token passes every check of an access token.
    TokenInOrder = "token-in-order",
    /// The WWSF proves itself on W4 as declared.
    ClientAuthenticationInOrder = "client-authentication-in-order",
    /// The portal delivers token and identity as the WAF gave them.
    DeliveredAsGiven = "delivered-as-given",
    /// The SUT's hello offers no broken suite.
    NoWeakOffer = "no-weak-offer",
}

impl fmt::Display for Oracle {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.pad(self.name())
    }
}

/// A word that names no oracle.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UnknownOracle(pub String);

impl fmt::Display for UnknownOracle {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "no oracle is called {:?}", self.0)
    }
}

impl std::error::Error for UnknownOracle {}

impl FromStr for Oracle {
    type Err = UnknownOracle;

    fn from_str(word: &str) -> Result<Self, Self::Err> {
        Self::ALL
            .iter()
            .copied()
            .find(|oracle| oracle.name() == word)
            .ok_or_else(|| UnknownOracle(word.to_owned()))
    }
}

/// Puts one oracle to the evidence. `code` and `alive` need more than one play and are asked by the case itself.
pub(crate) fn ask(oracle: Oracle, context: &Context<'_, '_>) -> Ruling {
    use Oracle::{AsControl, OthersUnaffected, VictimUnaffected};
    match oracle {
        Oracle::No2xx => no_2xx::ask(context),
        Oracle::NothingOnMw => nothing_on_mw::ask(context),
        Oracle::NoAuthenticatedLabelOnMw => no_authenticated_label_on_mw::ask(context),
        Oracle::OnlyOwnIdentities => only_own_identities::ask(context),
        Oracle::NoTokenInRecords => no_token_in_records::ask(context),
        Oracle::UsernameAsClaimed => username_as_claimed::ask(context),
        Oracle::IntrospectionInOrder => introspection_in_order::ask(context),
        Oracle::OneReading => one_reading::ask(context),
        Oracle::LabelIsEdgesOwn => label_is_edges_own::ask(context),
        Oracle::NoSessionKeys => no_session_keys::ask(context),
        Oracle::SingleAuthorization => single_authorization::ask(context),
        Oracle::NotForwarded => not_forwarded::ask(context),
        Oracle::MalformationKeptOut => malformation_kept_out::ask(context),
        Oracle::NoForeignAssertion => no_foreign_assertion::ask(context),
        Oracle::NoAssertion => no_assertion::ask(context),
        Oracle::RightParty => right_party::ask(context),
        Oracle::Recorded => recorded::ask(context),
        Oracle::ExpiresCapped => expires_capped::ask(context),
        Oracle::NoTokenLeak => no_token_leak::ask(context),
        Oracle::NoSecretLeak => no_secret_leak::ask(context),
        Oracle::NoFetch => no_fetch::ask(context),
        Oracle::BindingsUnchanged => bindings_unchanged::ask(context),
        Oracle::No101 => no_101::ask(context),
        Oracle::No101OrSilent => no_101_or_silent::ask(context),
        Oracle::WebsocketAsAgreed => websocket_as_agreed::ask(context),
        Oracle::NoSipAnswer => no_sip_answer::ask(context),
        Oracle::RefusedAtMost => no_sip_answer::refused_at_most(context),
        Oracle::NoDataFrame => no_data_frame::ask(context),
        Oracle::ConnectionEnded => connection_ended::ask(context),
        Oracle::TlsRefused => tls_refused::ask(context),
        Oracle::DowngradeMarked => server_hello::marked(context),
        Oracle::RenegotiationBound => server_hello::renegotiation(context),
        Oracle::EndedNoApplicationByte => ended_no_application_byte::ask(context),
        Oracle::NothingInClear => nothing_in_clear::ask(context),
        Oracle::NoW2 => no_w2::ask(context),
        Oracle::GivesUpRegistration => gives_up_registration::ask(context),
        Oracle::NoCredential => no_credential::ask(context),
        Oracle::NoUnprotectedResponse => no_unprotected_response::ask(context),
        Oracle::AnswersTopmost => answers_topmost::ask(context),
        Oracle::NoAkaAnswer => aka_answer::none(context),
        Oracle::NoAuts => aka_answer::no_auts(context),
        Oracle::NoToken => no_token::ask(context),
        Oracle::NotReleased => not_released::ask(context),
        Oracle::NotAsked => not_asked::ask(context),
        Oracle::Inactive => inactive::ask(context),
        Oracle::NotReadableCrossSite => not_readable_cross_site::ask(context),
        Oracle::CertificateInOrder => certificate_in_order::ask(context),
        Oracle::CookieInOrder => cookie_in_order::ask(context),
        Oracle::BackgroundServed => background_served::ask(context),
        Oracle::NotStored => not_stored::ask(context),
        Oracle::OneImpiOfUser => one_impi_of_user::ask(context),
        Oracle::TokenInOrder => token_in_order::ask(context),
        Oracle::ClientAuthenticationInOrder => client_authentication_in_order::ask(context),
        Oracle::DeliveredAsGiven => delivered_as_given::ask(context),
        Oracle::NoWeakOffer => no_weak_offer::ask(context),
        VictimUnaffected | OthersUnaffected | AsControl => unaffected::ask(context),
        Oracle::Code => crate::codes::code(context),
        Oracle::Alive => Ruling::Holds,
    }
}
