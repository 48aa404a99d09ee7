//! The mistakes of the client.

macro_rules! client {
    ($next:ident $($rest:ident)*; $($before:tt)*) => {
        $next! { $($rest)*; $($before)*
            /// Takes a portal certificate that has expired.
            AcceptsExpired = "accepts-expired" @ Wic,
            /// Takes a portal certificate that has been revoked.
            AcceptsRevoked = "accepts-revoked" @ Wic,
            /// Takes a portal certificate before its time.
            AcceptsNotYetValid = "accepts-not-yet-valid" @ Wic,
            /// Takes a portal certificate of an authority that it does not know.
            AcceptsUnknownAuthority = "accepts-unknown-authority" @ Wic,
            /// Takes a self-signed portal certificate.
            AcceptsSelfSigned = "accepts-self-signed" @ Wic,
            /// Takes a portal certificate with another name.
            AcceptsWrongName = "accepts-wrong-name" @ Wic,
            /// Takes a portal certificate whose issuer's certificate has expired.
            AcceptsExpiredIntermediate = "accepts-expired-intermediate" @ Wic,
            /// Takes the portal's name from the subject of a certificate without alternative names.
            AcceptsCommonName = "accepts-common-name" @ Wic,
            /// Takes a portal certificate whose issuer is no authority.
            AcceptsCaFalse = "accepts-ca-false" @ Wic,
            /// Takes a certificate that is for clients only from a portal.
            AcceptsClientUsage = "accepts-client-usage" @ Wic,
            /// Takes a portal certificate by an authority that must not certify the name.
            AcceptsNameConstraintViolation = "accepts-name-constraint-violation" @ Wic,
            /// Takes a portal certificate below more authorities than one of them allows.
            AcceptsPathLength = "accepts-path-length" @ Wic,
            /// Takes a portal certificate with a critical extension that it does not know.
            AcceptsUnknownCritical = "accepts-unknown-critical" @ Wic,
            /// Takes a portal certificate whose signature is wrong.
            AcceptsBadSignature = "accepts-bad-signature" @ Wic,
            /// Takes a portal's handshake that is signed by another key than the certificate's.
            AcceptsWrongKey = "accepts-wrong-key" @ Wic,
            /// Takes a portal certificate by an authority whose key must not sign certificates.
            AcceptsIntermediateWithoutCertSign = "accepts-intermediate-without-cert-sign" @ Wic,
            /// Takes a portal certificate that is signed with SHA-1.
            AcceptsSha1 = "accepts-sha1" @ Wic,
            /// Takes a portal certificate with an RSA key of 1024 bits.
            AcceptsRsa1024 = "accepts-rsa1024" @ Wic,
            /// Lets a wildcard cover several labels of the portal's name.
            AcceptsWildcardDeep = "accepts-wildcard-deep" @ Wic,
            /// Reads a name of the portal's certificate up to an octet zero.
            AcceptsNulName = "accepts-nul-name" @ Wic,
            /// Goes on with a portal that speaks a version before TLS 1.2.
            AcceptsLegacyTls = "accepts-legacy-tls" @ Wic,
            /// Offers suites without encryption or with RC4.
            OffersWeakSuites = "offers-weak-suites" @ Wic,
            /// Takes a self-signed portal certificate when the user is anonymous.
            AnonymousSkipsCertificate = "anonymous-skips-certificate" @ Wic,
            /// Tells the portal the hash of the IMS password with user and realm, which is as good as the password.
            TellsPortalHa1 = "tells-portal-ha1" @ Wic,
            /// Takes a self-signed certificate of the edge.
            W2AcceptsSelfSigned = "w2-accepts-self-signed" @ Wic,
            /// Takes a certificate with another name from the edge.
            W2AcceptsWrongName = "w2-accepts-wrong-name" @ Wic,
            /// Looks at the edge's own certificate and at no issuer's: what stands behind it may be anybody, or wrong.
            W2ChecksNoChain = "w2-checks-no-chain" @ Wic,
            /// Takes a certificate for clients for that of the edge.
            W2AcceptsClientUsage = "w2-accepts-client-usage" @ Wic,
            /// Takes the edge's name from the subject of a certificate without alternative names.
            W2AcceptsCommonName = "w2-accepts-common-name" @ Wic,
            /// Takes a certificate of the edge that has expired.
            W2AcceptsExpired = "w2-accepts-expired" @ Wic,
            /// Takes a certificate for the SIP domain for the edge's host name.
            W2AcceptsSipUriName = "w2-accepts-sip-uri-name" @ Wic,
            /// Takes a handshake of the edge that is signed by another key than the certificate's.
            W2AcceptsWrongKey = "w2-accepts-wrong-key" @ Wic,
            /// Goes on with an edge that speaks a version before TLS 1.2.
            W2AcceptsLegacyTls = "w2-accepts-legacy-tls" @ Wic,
            /// Takes a self-signed certificate of the edge when it comes back to it.
            ReconnectSkipsCertificate = "reconnect-skips-certificate" @ Wic,
            /// Fetches a portal without TLS when it is told to.
            OpensClearPortal = "opens-clear-portal" @ Wic,
            /// Follows a portal's redirect to an address without TLS.
            FollowsHttpRedirect = "follows-http-redirect" @ Wic,
            /// Opens a WebSocket without TLS when the portal names one.
            OpensClearWebsocket = "opens-clear-websocket" @ Wic,
            /// Follows a redirect of the WebSocket to another host.
            FollowsWebsocketRedirect = "follows-websocket-redirect" @ Wic,
            /// Follows a redirect of the WebSocket to an address without TLS.
            FollowsRedirectToClear = "follows-redirect-to-clear" @ Wic,
            /// Goes on with a WebSocket whose subprotocol was not agreed.
            AcceptsMissingSubprotocol = "accepts-missing-subprotocol" @ Wic,
            /// Goes on with a WebSocket of another subprotocol.
            AcceptsOtherSubprotocol = "accepts-other-subprotocol" @ Wic,
            /// Goes on with a WebSocket whose server did not prove that it read the request.
            AcceptsBadAcceptKey = "accepts-bad-accept-key" @ Wic,
            /// Puts its token into the address of the WebSocket.
            TokenInWebsocketUrl = "token-in-websocket-url" @ Wic,
            /// Answers a challenge for its name and password in clear.
            AnswersBasic = "answers-basic" @ Wic,
            /// Answers a challenge for a token with its secret.
            SendsSecretAsToken = "sends-secret-as-token" @ Wic,
            /// Sends what comes from its secret before it was challenged.
            AnswersBeforeChallenge = "answers-before-challenge" @ Wic,
            /// Answers the challenge of another operator.
            AnswersAnyRealm = "answers-any-realm" @ Wic,
            /// Answers a challenge without quality of protection.
            AnswersWithoutQop = "answers-without-qop" @ Wic,
            /// Answers with an algorithm that its operator does not allow.
            AnswersWeakDigest = "answers-weak-digest" @ Wic,
            /// Answers the last of several challenges in place of the first that it can.
            AnswersLastChallenge = "answers-last-challenge" @ Wic,
            /// Answers an AKA challenge that was used before.
            AnswersUsedVector = "answers-used-vector" @ Wic,
            /// Answers an AKA challenge without checking who made it.
            AnswersForeignVector = "answers-foreign-vector" @ Wic,
            /// Tells its sequence number to whoever sends an AKA challenge that its home network did not make.
            ResynchronisesWithAnybody = "resynchronises-with-anybody" @ Wic,
            /// Does not look whether the registrar knows the secret.
            IgnoresRspauth = "ignores-rspauth" @ Wic,
            /// Takes an answer that is no SIP for a registration.
            TakesGarbageForSuccess = "takes-garbage-for-success" @ Wic,
            /// Ends when an answer is no SIP.
            DiesOnGarbage = "dies-on-garbage" @ Wic,
        }
    };
}
