//! The mistakes that an implementer could make. Each is described without any scenario; at most one is made at a time, at one
//! point of decision in the role that it belongs to.

macro_rules! defects {
    ($($(#[doc = $doc:literal])+ $variant:ident = $name:literal @ $role:ident,)+) => {
        /// One implementer's mistake.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub enum Defect { $($(#[doc = $doc])+ $variant,)+ }

        impl Defect {
            /// Every mistake, in the order of the source.
            pub const ALL: &'static [Self] = &[$(Self::$variant,)+];

            /// The name in scripts and on the command line, kebab-case.
            #[must_use]
            pub fn name(self) -> &'static str {
                match self { $(Self::$variant => $name,)+ }
            }

            /// The role that makes it.
            #[must_use]
            pub fn role(self) -> crate::Role {
                match self { $(Self::$variant => crate::Role::$role,)+ }
            }

            /// Whether it refuses honest clients too: then no attack may pass, for nothing is proven.
            #[must_use]
            pub fn refuses_everybody(self) -> bool {
                matches!(self, Self::RefusesEverybody | Self::RefusesEveryClient)
            }

            /// The mistake in words, the first line of its documentation.
            #[must_use]
            pub fn describe(self) -> &'static str {
                match self { $(Self::$variant => concat!($($doc),+).trim(),)+ }
            }
        }
    };
}

defects! {
    // The edge.
    /// Registers the public identity of the To header instead of checking it against the token.
    TrustsToHeader = "trusts-to-header" @ EpCscf,
    /// Refuses every request, good or bad.
    RefusesEverybody = "refuses-everybody" @ EpCscf,
    /// Vouches for whoever shows no credentials, by the identity of To.
    AcceptsNoToken = "accepts-no-token" @ EpCscf,
    /// Vouches for whoever shows an empty token, by the identity of To.
    AcceptsEmptyToken = "accepts-empty-token" @ EpCscf,
    /// Reads a token behind any authentication scheme.
    AnySchemeAsBearer = "any-scheme-as-bearer" @ EpCscf,
    /// Takes an unsigned token whose algorithm is none, in any spelling.
    AcceptsAlgNone = "accepts-alg-none" @ EpCscf,
    /// Takes a token whose signature is empty, whatever its algorithm.
    AcceptsUnsignedToken = "accepts-unsigned-token" @ EpCscf,
    /// Reads the claims of a token without checking its signature.
    SkipsSignature = "skips-signature" @ EpCscf,
    /// Takes a MAC made with the bytes of the public key for a signature.
    AcceptsHs256WithPublicKey = "accepts-hs256-with-public-key" @ EpCscf,
    /// Takes a MAC made with an empty or obvious secret for a signature.
    AcceptsGuessableSecret = "accepts-guessable-secret" @ EpCscf,
    /// Reads a MAC key from the file that the key id names.
    KidIsAFileName = "kid-is-a-file-name" @ EpCscf,
    /// Takes every public-key algorithm, enrolled or not.
    AnyAlgorithm = "any-algorithm" @ EpCscf,
    /// Takes an ECDSA signature of zeros.
    AcceptsZeroEcdsaSignature = "accepts-zero-ecdsa-signature" @ EpCscf,
    /// Takes an ECDSA signature in DER in place of the fixed form.
    AcceptsDerSignature = "accepts-der-signature" @ EpCscf,
    /// Checks a token with the key in its own header.
    UsesEmbeddedJwk = "uses-embedded-jwk" @ EpCscf,
    /// Checks a token with the key of the certificate in its own header.
    UsesX5c = "uses-x5c" @ EpCscf,
    /// Fetches the keys from the address in the token's header.
    UsesJku = "uses-jku" @ EpCscf,
    /// Takes a token that any key of any party verifies.
    TriesAllKeys = "tries-all-keys" @ EpCscf,
    /// Passes over critical header members that it does not know.
    IgnoresCrit = "ignores-crit" @ EpCscf,
    /// Reads JSON with a member twice and takes the last.
    LastDuplicateClaimWins = "last-duplicate-claim-wins" @ EpCscf,
    /// Takes a token that has expired.
    IgnoresExpiry = "ignores-expiry" @ EpCscf,
    /// Takes a token without expiry.
    RequiresNoExpiry = "requires-no-expiry" @ EpCscf,
    /// Takes a token before its time.
    IgnoresNotBefore = "ignores-not-before" @ EpCscf,
    /// Takes a token that lives longer than is allowed.
    IgnoresLifeLimit = "ignores-life-limit" @ EpCscf,
    /// Takes a token that is meant for somebody else.
    IgnoresAudience = "ignores-audience" @ EpCscf,
    /// Takes a token that does not say for whom it is meant.
    RequiresNoAudience = "requires-no-audience" @ EpCscf,
    /// Takes an audience that only begins like its own.
    PrefixAudience = "prefix-audience" @ EpCscf,
    /// Compares issuers without regard to case.
    IgnoresIssuerCase = "ignores-issuer-case" @ EpCscf,
    /// Takes a token without issuer for one of the first party.
    RequiresNoIssuer = "requires-no-issuer" @ EpCscf,
    /// Takes issuers as they come and fetches their keys.
    LearnsIssuers = "learns-issuers" @ EpCscf,
    /// Does not look for which client of an issuer a token was made.
    IgnoresClient = "ignores-client" @ EpCscf,
    /// Takes the first WWSF of an issuer when a token names none.
    GuessesWwsf = "guesses-wwsf" @ EpCscf,
    /// Takes a token of any type for an access token.
    AnyTokenType = "any-token-type" @ EpCscf,
    /// Does not look for the scope that it is declared to demand.
    IgnoresScope = "ignores-scope" @ EpCscf,
    /// Takes a token again that works only once.
    TakesTokenTwice = "takes-token-twice" @ EpCscf,
    /// Makes up a private identity from To when the token has none.
    ImpiFromTo = "impi-from-to" @ EpCscf,
    /// Takes the public identity of To when the token has none.
    ImpuFromTo = "impu-from-to" @ EpCscf,
    /// Goes on when introspection is out of reach.
    FailsOpenWithoutIntrospection = "fails-open-without-introspection" @ EpCscf,
    /// Takes an introspection answer that says inactive.
    IgnoresActiveFalse = "ignores-active-false" @ EpCscf,
    /// Takes an introspection answer in which active is anything but false.
    AnyActiveValue = "any-active-value" @ EpCscf,
    /// Reads an introspection answer whatever its HTTP status.
    IgnoresIntrospectionStatus = "ignores-introspection-status" @ EpCscf,
    /// Asks about a token once and believes the answer ever after.
    CachesIntrospection = "caches-introspection" @ EpCscf,
    /// Takes the issuer of an introspection answer from whatever endpoint gave it.
    BelievesForeignIntrospection = "believes-foreign-introspection" @ EpCscf,
    /// Does not compare From with To where it is declared to.
    IgnoresFrom = "ignores-from" @ EpCscf,
    /// Takes the private identity from a Digest header beside the token.
    UsernameFromDigest = "username-from-digest" @ EpCscf,
    /// Takes the last of two Authorization headers.
    AdoptsSecondAuthorization = "adopts-second-authorization" @ EpCscf,
    /// Lets an asserted identity of the client pass.
    PassesPai = "passes-pai" @ EpCscf,
    /// Lets a served user of the client pass.
    PassesServedUser = "passes-served-user" @ EpCscf,
    /// Lets charging and visited network headers of the client pass.
    PassesTdHeaders = "passes-td-headers" @ EpCscf,
    /// Lets the label of the client pass.
    PassesIntegrityProtected = "passes-integrity-protected" @ EpCscf,
    /// Lets the token pass to the core.
    PassesToken = "passes-token" @ EpCscf,
    /// Lets the Route of the client pass.
    PassesRoute = "passes-route" @ EpCscf,
    /// Lets the session keys of a challenge pass to the client.
    PassesSessionKeys = "passes-session-keys" @ EpCscf,
    /// Takes the party from what the client writes.
    PartyFromHeader = "party-from-header" @ EpCscf,
    /// Takes the party from the page that opened the connection.
    PartyFromOrigin = "party-from-origin" @ EpCscf,
    /// Names the first party whatever the token says.
    PartyAlwaysA = "party-always-a" @ EpCscf,
    /// Names the party of the first registration at every refresh.
    KeepsFirstParty = "keeps-first-party" @ EpCscf,
    /// Serves a party that is switched off.
    IgnoresPartySwitch = "ignores-party-switch" @ EpCscf,
    /// Refuses every party when one is switched off.
    SwitchHitsAll = "switch-hits-all" @ EpCscf,
    /// Does not look for the grant where it is declared to.
    NoGrantCheckAtEdge = "no-grant-check-at-edge" @ EpCscf,
    /// Does not look whether an identity is of the WWSF's pool.
    NoPoolCheck = "no-pool-check" @ EpCscf,
    /// Takes an identity of whichever pool.
    AnyPoolMember = "any-pool-member" @ EpCscf,
    /// Does not look whether a public identity is of the pool's member.
    ImpuOutsidePoolMember = "impu-outside-pool-member" @ EpCscf,
    /// Lets a party for individuals vouch for members of a pool.
    IndividualPartyForPool = "individual-party-for-pool" @ EpCscf,
    /// Does not look whether a pool identity is for anonymous users.
    IgnoresMemberClass = "ignores-member-class" @ EpCscf,
    /// Lets an anonymous token name any member of the pool in To.
    AnonToIdentified = "anon-to-identified" @ EpCscf,
    /// Lets several private identities register on one connection.
    ManyIdentities = "many-identities" @ EpCscf,
    /// Refuses an identity mismatch, and forwards the request a moment later.
    ForwardsLate = "forwards-late" @ EpCscf,
    /// Refuses an identity mismatch, and forwards the request at once.
    ForwardsAndRefuses = "forwards-and-refuses" @ EpCscf,
    /// Takes an upgrade from every page.
    NoOriginCheck = "no-origin-check" @ EpCscf,
    /// Takes an upgrade without Origin where one is demanded.
    TakesMissingOrigin = "takes-missing-origin" @ EpCscf,
    /// Takes an Origin that holds an enrolled host name somewhere.
    OriginBySubstring = "origin-by-substring" @ EpCscf,
    /// Takes a token on a page of another party where that is declared forbidden.
    IgnoresOriginParty = "ignores-origin-party" @ EpCscf,
    /// Takes an upgrade that does not offer the subprotocol sip.
    NoSubprotocolCheck = "no-subprotocol-check" @ EpCscf,
    /// Takes an upgrade of any WebSocket version.
    IgnoresWebsocketVersion = "ignores-websocket-version" @ EpCscf,
    /// Takes an upgrade without a key.
    NeedsNoWebsocketKey = "needs-no-websocket-key" @ EpCscf,
    /// Takes an upgrade for any Host.
    IgnoresHost = "ignores-host" @ EpCscf,
    /// Shows its certificate for any server name.
    AnyServerName = "any-server-name" @ EpCscf,
    /// Goes on with a client that offers other application protocols only.
    IgnoresAlpn = "ignores-alpn" @ EpCscf,
    /// Takes an upgrade without TLS on the same port.
    AcceptsClearWebsocket = "accepts-clear-websocket" @ EpCscf,
    /// Reads frames that the client did not mask.
    AcceptsUnmasked = "accepts-unmasked" @ EpCscf,
    /// Answers a client that offers at most TLS 1.1.
    LegacyTls = "legacy-tls" @ EpCscf,
    /// Refreshes without a token on a connection that registered by one.
    ConnectionIsCredential = "connection-is-credential" @ EpCscf,
    /// Takes any good token for a refresh on a connection that is registered.
    RefreshTrustsConnection = "refresh-trusts-connection" @ EpCscf,
    /// Ends a registration without a token.
    DeregWithoutToken = "dereg-without-token" @ EpCscf,
    /// Registers for longer than the token lives where that is declared forbidden.
    IgnoresExpiresCap = "ignores-expires-cap" @ EpCscf,
    /// Asserts the preferred identity of a client, registered or not.
    IgnoresInviteIdentity = "ignores-invite-identity" @ EpCscf,
    /// Asserts the identity of From, registered or not.
    AssertsAnyFrom = "asserts-any-from" @ EpCscf,
    /// Forwards requests of a connection that nobody is registered on.
    InviteBeforeRegister = "invite-before-register" @ EpCscf,
    /// Forwards requests of an identity that has ended its registration.
    ServesAfterDeregistration = "serves-after-deregistration" @ EpCscf,
    /// Delivers a request of the core on whichever connection comes first.
    DeliversOnAnyFlow = "delivers-on-any-flow" @ EpCscf,
    /// Labels every Digest REGISTER as if the connection were proven.
    LabelsTlsYesAlways = "labels-tls-yes-always" @ EpCscf,
    /// Labels a Digest REGISTER as authenticated by the edge.
    LabelsAuthDoneForDigest = "labels-auth-done-for-digest" @ EpCscf,
    /// Serves a second message behind the length of the first.
    SplitsTwoMessages = "splits-two-messages" @ EpCscf,
    /// Compares user parts without regard to case and undoes every escape.
    FoldsNames = "folds-names" @ EpCscf,
    /// Stops serving after a malformed message.
    DiesOnMalformed = "dies-on-malformed" @ EpCscf,
    /// Takes the first of two To headers and forwards both.
    TwoToHeadersFirst = "two-to-headers-first" @ EpCscf,

    // The registrar and HSS view.
    /// Takes a Digest response that is wrong.
    AcceptsWrongDigest = "accepts-wrong-digest" @ Core,
    /// Takes an empty Digest response.
    AcceptsEmptyDigest = "accepts-empty-digest" @ Core,
    /// Takes the same response to a nonce again.
    AcceptsReplayedNonce = "accepts-replayed-nonce" @ Core,
    /// Takes a nonce count that does not rise.
    IgnoresNonceCount = "ignores-nonce-count" @ Core,
    /// Takes a nonce that it did not give.
    AcceptsAnyNonce = "accepts-any-nonce" @ Core,
    /// Takes a nonce beyond its life.
    AcceptsOldNonce = "accepts-old-nonce" @ Core,
    /// Takes a response for another realm.
    IgnoresRealm = "ignores-realm" @ Core,
    /// Takes the response of one subscriber for the identity of another.
    IgnoresDigestUsername = "ignores-digest-username" @ Core,
    /// Takes a response for another Request-URI.
    IgnoresDigestUri = "ignores-digest-uri" @ Core,
    /// Takes a response by an algorithm that it did not offer.
    AcceptsUnofferedAlgorithm = "accepts-unoffered-algorithm" @ Core,
    /// Takes a response without quality of protection.
    AcceptsNoQop = "accepts-no-qop" @ Core,
    /// Takes any Basic credentials.
    AcceptsBasic = "accepts-basic" @ Core,
    /// Registers whoever the edge labels as proven, registered before or not.
    TrustsTlsYes = "trusts-tls-yes" @ Core,
    /// Refuses a subscriber after three wrong responses of anybody.
    LocksOut = "locks-out" @ Core,
    /// Takes the word of a node that is not enrolled.
    TrustsAnyAddress = "trusts-any-address" @ Core,
    /// Takes the word of an edge whatever network it names.
    IgnoresVisitedNetwork = "ignores-visited-network" @ Core,
    /// Registers a public identity for any private one.
    NoImpiImpuCheck = "no-impi-impu-check" @ Core,
    /// Registers a private identity that it does not know.
    AcceptsUnknownImpi = "accepts-unknown-impi" @ Core,
    /// Registers a public identity that is barred.
    RegistersBarred = "registers-barred" @ Core,
    /// Lets every third party vouch for every subscriber.
    IgnoresAllowedList = "ignores-allowed-list" @ Core,
    /// Takes an empty list of third parties for permission to all.
    EmptyListAllowsAll = "empty-list-allows-all" @ Core,
    /// Takes the word of an edge that names no third party.
    EmptyPartyAllowed = "empty-party-allowed" @ Core,
    /// Takes a third party whose name only resembles an allowed one.
    PartyPrefixMatch = "party-prefix-match" @ Core,
    /// Goes on with a third party that was taken off the list.
    IgnoresProvisionedLoss = "ignores-provisioned-loss" @ Core,
    /// Serves a third party that is switched off.
    IgnoresCorePartySwitch = "ignores-core-party-switch" @ Core,
    /// Refuses every third party when one is switched off.
    CoreSwitchHitsAll = "core-switch-hits-all" @ Core,
    /// Lets every WWSF vouch for individuals and members of any pool.
    NoPoolCheckCore = "no-pool-check-core" @ Core,
    /// Does not look whether a pool is of the WWSF that vouches.
    PoolIgnoresParty = "pool-ignores-party" @ Core,
    /// Goes on with a pool that an identity was moved out of.
    IgnoresPoolMove = "ignores-pool-move" @ Core,
    /// Ends a registration without any check.
    DeregWithoutCheck = "dereg-without-check" @ Core,
    /// Ends all registrations at Contact * whatever Expires says.
    StarWithExpires = "star-with-expires" @ Core,
    /// Takes a request that is older than the last of its call.
    CseqNotChecked = "cseq-not-checked" @ Core,
    /// Keeps the good Contacts of a request that has a bad one.
    FirstContactKept = "first-contact-kept" @ Core,
    /// Does not compare From with To where it is declared to.
    FromNotChecked = "from-not-checked" @ Core,
    /// Registers a wildcard identity for whoever owns its first match.
    RegisterWildcard = "register-wildcard" @ Core,
    /// Takes two spellings of one identity for two.
    SplitsEquivalentNames = "splits-equivalent-names" @ Core,
    /// Records the first party for every registration.
    RecordsWrongParty = "records-wrong-party" @ Core,
    /// Stops serving after a malformed message.
    CoreDiesOnMalformed = "core-dies-on-malformed" @ Core,

    // The authorisation function.
    /// Serves a client that proves nothing.
    AcceptsNoClientAuthentication = "accepts-no-client-authentication" @ Waf,
    /// Takes a self-signed client certificate that has a registered name.
    AcceptsSelfSignedClient = "accepts-self-signed-client" @ Waf,
    /// Takes a client certificate that has expired.
    AcceptsExpiredClient = "accepts-expired-client" @ Waf,
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
    /// Takes any client secret that is not empty.
    AnyClientSecret = "any-client-secret" @ Waf,
    /// Takes an empty client secret.
    EmptyClientSecret = "empty-client-secret" @ Waf,
    /// Takes a client assertion that was made for another server.
    AssertionForAnyAudience = "assertion-for-any-audience" @ Waf,
    /// Takes a client assertion that has ended or has no end.
    AssertionWithoutEnd = "assertion-without-end" @ Waf,
    /// Takes a client assertion without checking its signature.
    AssertionUnverified = "assertion-unverified" @ Waf,
    /// Takes a client assertion signed by the key of any client.
    AssertionByAnyClient = "assertion-by-any-client" @ Waf,
    /// Takes the key of a client assertion from the assertion itself.
    AssertionBringsKey = "assertion-brings-key" @ Waf,
    /// Takes a client assertion a second time.
    AssertionReusable = "assertion-reusable" @ Waf,
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
    /// Goes on with a link that the operator took away.
    IgnoresUnlink = "ignores-unlink" @ Waf,
    /// Makes up identities for an account that is unknown or has none.
    InventsIdentity = "invents-identity" @ Waf,
    /// Serves a party that the operator switched off.
    IgnoresWafPartySwitch = "ignores-waf-party-switch" @ Waf,
    /// Tokens that were revoked are good again after their party was switched off and on.
    SwitchRevivesTokens = "switch-revives-tokens" @ Waf,
    /// Serves a pool client with identities of every pool.
    PoolOfAnyClient = "pool-of-any-client" @ Waf,
    /// Serves a pool client with identities of individual subscribers.
    PoolServesIndividual = "pool-serves-individual" @ Waf,
    /// Serves an anonymous user with any member of the pool.
    AnonymousAnyClass = "anonymous-any-class" @ Waf,
    /// Goes on with a pool member that the operator took out.
    IgnoresPoolChange = "ignores-pool-change" @ Waf,
    /// Picks an identity of the pool without looking whether somebody holds it.
    PicksHeldIdentity = "picks-held-identity" @ Waf,
    /// Picks an identity that somebody holds when no other is left.
    SharesExhaustedPool = "shares-exhausted-pool" @ Waf,
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
    /// Takes an authorization code after its end.
    CodeWithoutEnd = "code-without-end" @ Waf,
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
    /// Takes a consent in another browser than the one that was asked.
    ConsentOfForeignInteraction = "consent-of-foreign-interaction" @ Waf,
    /// Takes the client that a consent is for from the posted form.
    ConsentForPostedClient = "consent-for-posted-client" @ Waf,
    /// Takes the identity that consents from the posted form.
    ConsentForPostedIdentity = "consent-for-posted-identity" @ Waf,
    /// Finishes an authorization for the user who began it, whoever is logged in now.
    FinishesForFormerUser = "finishes-for-former-user" @ Waf,
    /// Lets other sites frame its login and consent pages.
    FramesAllowed = "frames-allowed" @ Waf,
    /// Sends the browser on after a login in a way that repeats the form.
    RedirectKeepsMethod = "redirect-keeps-method" @ Waf,
    /// Takes the identity for a code or token from a parameter of the request.
    HintParameterTrusted = "hint-parameter-trusted" @ Waf,
    /// Takes the identity for a code from the scope.
    ScopeNamesIdentity = "scope-names-identity" @ Waf,
    /// Takes the identity for a code from the claims parameter.
    ClaimsNameIdentity = "claims-name-identity" @ Waf,
    /// Tells anybody about a token.
    IntrospectionOpen = "introspection-open" @ Waf,
    /// Tells a resource server about tokens for another one.
    IntrospectsForAnyAudience = "introspects-for-any-audience" @ Waf,
    /// Calls every token active.
    IntrospectsAnythingActive = "introspects-anything-active" @ Waf,
    /// Calls a token active after its end.
    IntrospectsEndedActive = "introspects-ended-active" @ Waf,
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
    /// Goes on publishing a key that was withdrawn.
    PublishesWithdrawnKey = "publishes-withdrawn-key" @ Waf,
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

    // The web server function.
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
    /// Sends the browser on after a login to wherever the form says.
    ReturnsAnywhere = "returns-anywhere" @ Wwsf,
    /// Takes a certificate of the authorisation function that has expired.
    WafExpiredAccepted = "waf-expired-accepted" @ Wwsf,
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
    /// Lets a wildcard cover several labels of the authorisation function's name.
    WafWildcardDeepAccepted = "waf-wildcard-deep-accepted" @ Wwsf,
    /// Goes on with an authorisation function that speaks a version before TLS 1.2.
    WafLegacyTlsAccepted = "waf-legacy-tls-accepted" @ Wwsf,
    /// Uses metadata that name another issuer.
    MetadataIssuerUnchecked = "metadata-issuer-unchecked" @ Wwsf,
    /// Uses an endpoint without TLS when the metadata name one.
    ClearTokenEndpoint = "clear-token-endpoint" @ Wwsf,
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
    /// Gives the same identity of the pool to everybody.
    DoubleAssignment = "double-assignment" @ Wwsf,
    /// Gives an identity that somebody holds when no other is left.
    SharesExhaustedPoolWwsf = "shares-exhausted-pool-wwsf" @ Wwsf,
    /// Gives an identity to the next visitor while the last one's token lives.
    ReassignsAtOnce = "reassigns-at-once" @ Wwsf,
    /// Puts the token into the address that it sends the browser to.
    TokenInUrl = "token-in-url" @ Wwsf,
    /// Hands on a token that the authorisation function says is for somebody else.
    DeliversOtherIdentity = "delivers-other-identity" @ Wwsf,
    /// Hands another user's public identity out beside the token.
    DeliversForeignImpu = "delivers-foreign-impu" @ Wwsf,
    /// Hands out another user's token when the authorisation function refuses.
    DefaultTokenOnRefusal = "default-token-on-refusal" @ Wwsf,
    /// Gives answers of the authorisation function to its requests in the order in which they come.
    MixesConcurrentAnswers = "mixes-concurrent-answers" @ Wwsf,
    /// Asks for somebody else's token for an account without IMS identity.
    GuessesIdentity = "guesses-identity" @ Wwsf,
    /// Takes an authorization response without comparing its state.
    StateNotChecked = "state-not-checked" @ Wwsf,
    /// Takes an authorization response in another browser than the one that asked.
    FlowOfAnySession = "flow-of-any-session" @ Wwsf,
    /// Asks for an authorization without a challenge.
    SendsNoChallenge = "sends-no-challenge" @ Wwsf,
    /// Takes an authorization response of another issuer.
    IssNotChecked = "iss-not-checked" @ Wwsf,
    /// Lets nobody in any more after a burst of failed logins.
    LockoutAll = "lockout-all" @ Wwsf,
    /// Shows its certificate and content to whoever asks for another host.
    AnswersAnyNameWwsf = "answers-any-name-wwsf" @ Wwsf,
    /// Answers requests without TLS on its TLS port.
    AnswersClearTextWwsf = "answers-clear-text-wwsf" @ Wwsf,
    /// Shows its own certificate without the ones between it and the root.
    LeafOnlyWwsf = "leaf-only-wwsf" @ Wwsf,
    /// Takes a hello whose highest version is below TLS 1.2.
    LegacyTlsWwsf = "legacy-tls-wwsf" @ Wwsf,
    /// Takes a hello that offers nothing but weak suites.
    WeakSuitesWwsf = "weak-suites-wwsf" @ Wwsf,

    // The client.
    /// Takes a portal certificate that has expired.
    AcceptsExpired = "accepts-expired" @ Wic,
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
    /// Takes an address that stands among the DNS names of the portal's certificate.
    AcceptsAddressAsName = "accepts-address-as-name" @ Wic,
    /// Goes on with a portal that speaks a version before TLS 1.2.
    AcceptsLegacyTls = "accepts-legacy-tls" @ Wic,
    /// Goes on with an application protocol that it did not offer.
    AcceptsUnofferedAlpn = "accepts-unoffered-alpn" @ Wic,
    /// Offers suites without encryption or with RC4.
    OffersWeakSuites = "offers-weak-suites" @ Wic,
    /// Takes a self-signed portal certificate when the user is anonymous.
    AnonymousSkipsCertificate = "anonymous-skips-certificate" @ Wic,
    /// Takes a self-signed certificate where the portal sends the user to log in.
    LoginAcceptsSelfSigned = "login-accepts-self-signed" @ Wic,
    /// Takes a certificate of an unknown authority where the portal sends the user to log in.
    LoginAcceptsUnknownAuthority = "login-accepts-unknown-authority" @ Wic,
    /// Takes an expired certificate where the portal sends the user to log in.
    LoginAcceptsExpired = "login-accepts-expired" @ Wic,
    /// Takes a certificate with another name where the portal sends the user to log in.
    LoginAcceptsWrongName = "login-accepts-wrong-name" @ Wic,
    /// Takes a self-signed certificate of the edge.
    W2AcceptsSelfSigned = "w2-accepts-self-signed" @ Wic,
    /// Takes a certificate with another name from the edge.
    W2AcceptsWrongName = "w2-accepts-wrong-name" @ Wic,
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
    /// Answers the last challenge instead of the first that it can.
    AnswersLastChallenge = "answers-last-challenge" @ Wic,
    /// Does not look whether the registrar knows the secret.
    IgnoresRspauth = "ignores-rspauth" @ Wic,
    /// Calls whatever server a challenge for a token names.
    FollowsAnyAuthzServer = "follows-any-authz-server" @ Wic,
    /// Calls the server that a challenge for a token names without TLS.
    FollowsClearAuthzServer = "follows-clear-authz-server" @ Wic,
    /// Registers again after its user logged out.
    RegistersAfterLogout = "registers-after-logout" @ Wic,
    /// Takes an answer that is no SIP for a registration.
    TakesGarbageForSuccess = "takes-garbage-for-success" @ Wic,
    /// Ends when an answer is no SIP.
    DiesOnGarbage = "dies-on-garbage" @ Wic,
}

impl std::str::FromStr for Defect {
    type Err = UnknownDefect;

    fn from_str(name: &str) -> Result<Self, Self::Err> {
        Self::ALL
            .iter()
            .copied()
            .find(|defect| defect.name() == name)
            .ok_or_else(|| UnknownDefect(name.to_owned()))
    }
}

/// No mistake has this name.
#[derive(Debug, thiserror::Error)]
#[error("no defect is named {0}")]
pub struct UnknownDefect(String);
