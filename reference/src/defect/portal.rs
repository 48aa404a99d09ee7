//! The mistakes of the web server function.

macro_rules! portal {
    ($next:ident $($rest:ident)*; $($before:tt)*) => {
        $next! { $($rest)*; $($before)*
            /// Hands a token to a visitor who never logged in.
            ServesTokenWithoutLogin = "serves-token-without-login" @ Wwsf,
            /// Takes any password of a known user that is not empty.
            AnyPassword = "any-password" @ Wwsf,
            /// Takes an empty password.
            EmptyPasswordTaken = "empty-password-taken" @ Wwsf,
            /// Logs an unknown user in as the first known one.
            UnknownUserIsFirst = "unknown-user-is-first" @ Wwsf,
            /// Takes any session cookie for the session that was begun last.
            ForgedCookieAccepted = "forged-cookie-accepted" @ Wwsf,
            /// Goes on after a login with the session cookie that the browser brought.
            SessionFixation = "session-fixation" @ Wwsf,
            /// Sets its session cookie without the flags that protect it.
            CookieWithoutFlags = "cookie-without-flags" @ Wwsf,
            /// Lets caches keep an answer with a token.
            TokenCacheableWwsf = "token-cacheable-wwsf" @ Wwsf,
            /// Takes the identity to ask for from a parameter of the browser.
            HintFromBrowser = "hint-from-browser" @ Wwsf,
            /// Gives the next user of a browser the token of the one before.
            KeepsTokenOfBrowser = "keeps-token-of-browser" @ Wwsf,
            /// Deletes the cookie at logout and keeps the session.
            LogoutKeepsSession = "logout-keeps-session" @ Wwsf,
            /// Answers a logout and does nothing.
            LogoutDoesNothing = "logout-does-nothing" @ Wwsf,
            /// Takes a login that another site made.
            CsrfLoginOpen = "csrf-login-open" @ Wwsf,
            /// Lets every site read its answers with the user's cookies.
            CorsAnyOrigin = "cors-any-origin" @ Wwsf,
            /// Takes a certificate of the authorisation function that has expired.
            WafExpiredAccepted = "waf-expired-accepted" @ Wwsf,
            /// Takes a certificate of the authorisation function that has been revoked.
            WafRevokedAccepted = "waf-revoked-accepted" @ Wwsf,
            /// Takes a certificate of the authorisation function before its time.
            WafNotYetValidAccepted = "waf-not-yet-valid-accepted" @ Wwsf,
            /// Takes a certificate of the authorisation function by an authority that it does not know.
            WafUnknownAuthorityAccepted = "waf-unknown-authority-accepted" @ Wwsf,
            /// Takes a self-signed certificate of the authorisation function.
            WafSelfSignedAccepted = "waf-self-signed-accepted" @ Wwsf,
            /// Takes a certificate with another name from the authorisation function.
            WafWrongNameAccepted = "waf-wrong-name-accepted" @ Wwsf,
            /// Takes the name of the authorisation function from the subject of a certificate without alternative names.
            WafCommonNameAccepted = "waf-common-name-accepted" @ Wwsf,
            /// Goes on with an authorisation function that speaks a version before TLS 1.2.
            WafLegacyTlsAccepted = "waf-legacy-tls-accepted" @ Wwsf,
            /// Does not prove to the authorisation function who it is.
            NoClientCertificate = "no-client-certificate" @ Wwsf,
            /// Lets an anonymous visitor name the identity.
            AnonymousPicksIdentity = "anonymous-picks-identity" @ Wwsf,
            /// Gives an anonymous visitor an identity for users who logged in, when asked for the class.
            AnonymousFromIdentified = "anonymous-from-identified" @ Wwsf,
            /// Gives an anonymous visitor what the browser's former user had.
            AnonymousKeepsIdentity = "anonymous-keeps-identity" @ Wwsf,
            /// Gives an identity for users who logged in to a visitor who did not.
            IdentifiedWithoutLogin = "identified-without-login" @ Wwsf,
            /// Puts the token into the address that it sends the browser to.
            TokenInUrl = "token-in-url" @ Wwsf,
            /// Hands on a token that the authorisation function says is for somebody else.
            DeliversOtherIdentity = "delivers-other-identity" @ Wwsf,
            /// Hands another user's public identity out beside the token.
            DeliversForeignImpu = "delivers-foreign-impu" @ Wwsf,
            /// Hands out another user's token when the authorisation function refuses.
            DefaultTokenOnRefusal = "default-token-on-refusal" @ Wwsf,
            /// Lets nobody in any more after a burst of failed logins.
            LockoutAll = "lockout-all" @ Wwsf,
            /// Answers requests without TLS on its TLS port.
            AnswersClearTextWwsf = "answers-clear-text-wwsf" @ Wwsf,
            /// Shows its own certificate without the ones between it and the root.
            LeafOnlyWwsf = "leaf-only-wwsf" @ Wwsf,
            /// Takes a hello whose highest version is below TLS 1.2.
            LegacyTlsWwsf = "legacy-tls-wwsf" @ Wwsf,
            /// Takes a hello that offers nothing but weak suites.
            WeakSuitesWwsf = "weak-suites-wwsf" @ Wwsf,
        }
    };
}
