//! The WAF when we play it: the tokens that it issues, its keys, its answers on W4 and to an edge that asks after a token.

verbs! {
    /// Issues a token.
    act Issue = "issue" {
        /// Its name in the script.
        text token = "token",
        /// Whose identity it carries.
        text person = "person",
        /// The public identities that it lists, in place of the person's usual one.
        words impu = "impu",
        /// The party that issues it: the person's own unless given; `X` was never enrolled.
        text party = "party",
        /// One flaw of a forged token, by its name.
        text flaw = "flaw",
        /// An anonymous token.
        flag anonymous = "anonymous",
        /// Claims in place of the honest ones.
        table claims = "claims",
        /// The key that signs: `former`, the one of before `keys` in this case; else the one that is published.
        text key = "key",
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
        /// `inactive`, `error`, `none` (no answer at all), `not-json`, `active-text` (a string in place of true), `active-number`,
        /// `active-missing`, `other` (of another person), `foreign` (issuer and client of another party), `expired`,
        /// `other-audience`.
        text answer = "answer",
        /// The person of the answer `other`.
        text person = "person",
    }
    /// Ends a token: from now on introspection calls it inactive. Goes on when the declared time `t-revoke` is over.
    act Revoke = "revoke" {
        /// The token.
        text token = "token",
    }
    /// Waits until a token has run out: its own end, and the declared `skew` behind it.
    act Outlive = "outlive" {
        /// The token.
        text token = "token",
    }
    /// Publishes other keys, and goes on when the declared time `key-refetch` is over. Holds to the end of the case.
    exclusive Keys = "keys" {
        /// Whose authorisation function, `A` unless given.
        text party = "party",
        /// `replaced`: a new key in place of the one of before; `as-other`: its own key under the name of the other one's;
        /// `second`: beside its own one that works with an algorithm which the SUT does not declare; it signs from then on.
        text keys = "keys",
        /// How they are served: `error`, `html`, `empty`, `none` (no answer at all), `redirect` (to a host that was never
        /// enrolled and has them).
        text answer = "answer",
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
