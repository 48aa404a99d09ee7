//! The WAF when we play it: the tokens that it issues, its keys, its answers on W4 and to an edge that asks after a token.

verbs! {
    /// Issues a token.
    act Issue = "issue" {
        /// Its name in the script.
        text token = "token",
        /// Whose identity it carries.
        text person = "person",
        /// The party that issues it: the person's own unless given; `X` was never enrolled.
        text party = "party",
        /// One flaw of a forged token, by its name.
        text flaw = "flaw",
        /// An anonymous token.
        flag anonymous = "anonymous",
        /// Claims in place of the honest ones.
        table claims = "claims",
        /// Seconds of life, 300 unless given.
        number life = "life",
    }
    /// Shows another certificate, or behaves otherwise, to whoever connects. Holds from the start of the case.
    exclusive Serve = "serve" {
        /// The certificate's one flaw, by its name.
        text certificate = "certificate",
        /// How token requests are answered: `honest`, `refuse`, `error`, `none`.
        text answer = "answer",
        /// Whose token and identity the answer has instead.
        text person = "person",
        /// TLS versions that it speaks.
        words versions = "versions",
    }
    /// Answers the introspection of a token otherwise. Holds for that token.
    act Introspection = "introspection" {
        /// The token.
        text token = "token",
        /// `inactive`, `error`, `none`, `not-json`, `active-text` (a string in place of true), `other` (of another person).
        text answer = "answer",
        /// The person of the answer `other`.
        text person = "person",
    }
    /// Waits for a request of the SUT on W4, or for its handshake.
    observe Expect = "expect" {
        /// `token`, `introspection`, `jwks`, `metadata`.
        text request = "request",
        /// The client that the request names.
        text client = "client",
        /// The user that it names.
        text user = "user",
        /// Whether a client certificate came: `yes`, `no`.
        text certificate = "certificate",
    }
}
