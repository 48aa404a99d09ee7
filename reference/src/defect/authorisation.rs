//! The mistakes of the authorisation function.

macro_rules! authorisation {
    ($next:ident $($rest:ident)*; $($before:tt)*) => {
        $next! { $($rest)*; $($before)*
            /// Serves a client that proves nothing.
            AcceptsNoClientAuthentication = "accepts-no-client-authentication" @ Waf,
            /// Takes a self-signed client certificate that has a registered name.
            AcceptsSelfSignedClient = "accepts-self-signed-client" @ Waf,
            /// Takes a client certificate that has expired.
            AcceptsExpiredClient = "accepts-expired-client" @ Waf,
            /// Takes a client certificate that has been revoked.
            AcceptsRevokedClient = "accepts-revoked-client" @ Waf,
            /// Takes a client certificate before its time.
            AcceptsNotYetValidClient = "accepts-not-yet-valid-client" @ Waf,
            /// Takes a certificate that is for servers only from a client.
            AcceptsServerUsageClient = "accepts-server-usage-client" @ Waf,
            /// Takes a client certificate of an authority that it does not know.
            AcceptsForeignAuthorityClient = "accepts-foreign-authority-client" @ Waf,
            /// Serves every client identifier to whoever has any registered certificate.
            ClientIdNotBound = "client-id-not-bound" @ Waf,
            /// Serves every client identifier on a resumed TLS session.
            TrustsResumedSession = "trusts-resumed-session" @ Waf,
            /// Takes a header field for the proof that a proxy in front checked a certificate.
            CertificateFromHeader = "certificate-from-header" @ Waf,
            /// Authenticates by the last client identifier and serves the first.
            FirstClientIdWins = "first-client-id-wins" @ Waf,
            /// Authenticates by the first client identifier and serves the last.
            LastClientIdWins = "last-client-id-wins" @ Waf,
            /// Authenticates by the client identifier of the body and serves the one of the query.
            QueryClientIdWins = "query-client-id-wins" @ Waf,
            /// Does not look whether the subscriber granted access.
            IgnoresGrant = "ignores-grant" @ Waf,
            /// Goes on with a grant that was withdrawn.
            IgnoresGrantWithdrawal = "ignores-grant-withdrawal" @ Waf,
            /// Makes up identities for an account that is unknown or has none.
            InventsIdentity = "invents-identity" @ Waf,
            /// Serves a party that the operator switched off.
            IgnoresWafPartySwitch = "ignores-waf-party-switch" @ Waf,
            /// Serves a pool client with identities of every pool.
            PoolOfAnyClient = "pool-of-any-client" @ Waf,
            /// Serves a pool client with identities of individual subscribers.
            PoolServesIndividual = "pool-serves-individual" @ Waf,
            /// Serves an anonymous user with any member of the pool.
            AnonymousAnyClass = "anonymous-any-class" @ Waf,
            /// Goes on with a pool member that the operator took out.
            IgnoresPoolChange = "ignores-pool-change" @ Waf,
            /// Refreshes the token of an identity that was given back.
            RefreshesReleased = "refreshes-released" @ Waf,
            /// Takes a redirect URI that only begins like a registered one.
            RedirectPrefixMatch = "redirect-prefix-match" @ Waf,
            /// Takes an authorization code a second time.
            CodeReusable = "code-reusable" @ Waf,
            /// Leaves the tokens of a code alone that was used twice.
            ReplayLeavesTokens = "replay-leaves-tokens" @ Waf,
            /// Takes an authorization code from any client.
            CodeAnyClient = "code-any-client" @ Waf,
            /// Takes an authorization code with any redirect URI.
            CodeAnyRedirect = "code-any-redirect" @ Waf,
            /// Does not compare the code verifier with the challenge.
            PkceNotChecked = "pkce-not-checked" @ Waf,
            /// Takes a code verifier for a code that was asked for without challenge.
            PkceDowngradable = "pkce-downgradable" @ Waf,
            /// Takes a challenge that is the verifier itself.
            PkcePlainAccepted = "pkce-plain-accepted" @ Waf,
            /// Hands a token to the browser by the implicit grant.
            ImplicitOn = "implicit-on" @ Waf,
            /// Serves the password grant.
            PasswordGrantOn = "password-grant-on" @ Waf,
            /// Takes a request without prompt for the user's consent.
            ConsentSkipped = "consent-skipped" @ Waf,
            /// Takes a login or consent from another site, without the secret of its form.
            ConsentWithoutSecret = "consent-without-secret" @ Waf,
            /// Takes the client that a consent is for from the posted form.
            ConsentForPostedClient = "consent-for-posted-client" @ Waf,
            /// Takes the identity that consents from the posted form.
            ConsentForPostedIdentity = "consent-for-posted-identity" @ Waf,
            /// Takes the identity for a code or token from a parameter of the request.
            HintParameterTrusted = "hint-parameter-trusted" @ Waf,
            /// Takes the identity for a code from the scope.
            ScopeNamesIdentity = "scope-names-identity" @ Waf,
            /// Takes the identity for a code from the claims parameter.
            ClaimsNameIdentity = "claims-name-identity" @ Waf,
            /// Tells anybody about a token.
            IntrospectionOpen = "introspection-open" @ Waf,
            /// Calls every token active.
            IntrospectsAnythingActive = "introspects-anything-active" @ Waf,
            /// Looks a token up by its identifier without checking its signature, and tells what it says.
            IntrospectsUnverified = "introspects-unverified" @ Waf,
            /// Lets a client revoke the tokens of another.
            RevokesForeign = "revokes-foreign" @ Waf,
            /// Lets anybody revoke a token.
            RevocationOpen = "revocation-open" @ Waf,
            /// Answers a revocation and does nothing.
            RevocationWithoutEffect = "revocation-without-effect" @ Waf,
            /// Takes a refresh token from any client.
            RefreshAnyClient = "refresh-any-client" @ Waf,
            /// Takes a refresh token again after it was rotated.
            RefreshReusable = "refresh-reusable" @ Waf,
            /// Adds the identities that the scope of a refresh names.
            RefreshWidens = "refresh-widens" @ Waf,
            /// Issues tokens without audience.
            IssuesWithoutAudience = "issues-without-audience" @ Waf,
            /// Issues tokens that do not say who issued them.
            IssuesWithoutIssuer = "issues-without-issuer" @ Waf,
            /// Issues tokens without the name of the web server function.
            IssuesWithoutParty = "issues-without-party" @ Waf,
            /// Issues tokens for another subscription than the user's.
            IssuesOtherImpi = "issues-other-impi" @ Waf,
            /// Lets caches keep an answer with a token.
            TokenCacheable = "token-cacheable" @ Waf,
            /// Shows its certificate and content to whoever asks for another host.
            AnswersAnyNameWaf = "answers-any-name-waf" @ Waf,
            /// Answers requests without TLS on its TLS port.
            AnswersClearTextWaf = "answers-clear-text-waf" @ Waf,
            /// Shows its own certificate without the ones between it and the root.
            LeafOnlyWaf = "leaf-only-waf" @ Waf,
            /// Takes a hello whose highest version is below TLS 1.2.
            LegacyTlsWaf = "legacy-tls-waf" @ Waf,
            /// Takes a hello that offers nothing but weak suites.
            WeakSuitesWaf = "weak-suites-waf" @ Waf,
            /// Ends when a request to it is malformed.
            DiesOnMalformedWaf = "dies-on-malformed-waf" @ Waf,
            /// Refuses every client, good or bad.
            RefusesEveryClient = "refuses-every-client" @ Waf,
        }
    };
}
