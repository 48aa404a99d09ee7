//! The mistakes of the edge.

macro_rules! edge {
    ($next:ident $($rest:ident)*; $($before:tt)*) => {
        $next! { $($rest)*; $($before)*
            /// Registers the public identity of the To header instead of checking it against the token.
            TrustsToHeader = "trusts-to-header" @ EpCscf,
            /// Refuses every request, good or bad.
            RefusesEverybody = "refuses-everybody" @ EpCscf,
            /// Vouches for whatever it forwards: reads the token unchecked and takes To for true.
            VouchesForEverybody = "vouches-for-everybody" @ EpCscf,
            /// Vouches for whoever shows no credentials, by the identity of To.
            AcceptsNoToken = "accepts-no-token" @ EpCscf,
            /// Vouches for whoever shows an empty token, by the identity of To.
            AcceptsEmptyToken = "accepts-empty-token" @ EpCscf,
            /// Reads a token behind any authentication scheme.
            AnySchemeAsBearer = "any-scheme-as-bearer" @ EpCscf,
            /// Vouches, by the identity of To, for whoever shows a token that it cannot read.
            AcceptsUnreadableToken = "accepts-unreadable-token" @ EpCscf,
            /// Reads the claims of a token in the parameter access_token without checking its signature.
            ParameterUnchecked = "parameter-unchecked" @ EpCscf,
            /// Takes the last of two Authorization headers.
            AdoptsSecondAuthorization = "adopts-second-authorization" @ EpCscf,
            /// Takes the first of two Authorization headers.
            AdoptsFirstAuthorization = "adopts-first-authorization" @ EpCscf,
            /// Reads several credentials out of one Authorization, and takes the last.
            SplitsAuthorizationAtCommas = "splits-authorization-at-commas" @ EpCscf,
            /// Takes a token from anywhere in a request before that of Authorization.
            SearchesRequestForToken = "searches-request-for-token" @ EpCscf,
            /// Takes the last value of a parameter that stands twice in Authorization.
            LastParameterWins = "last-parameter-wins" @ EpCscf,
            /// Takes the token of Proxy-Authorization before that of Authorization.
            PrefersProxyAuthorization = "prefers-proxy-authorization" @ EpCscf,
            /// Takes a token of the WebSocket handshake before that of a REGISTER.
            PrefersHandshakeToken = "prefers-handshake-token" @ EpCscf,
            /// Takes a token of the WebSocket handshake for a REGISTER that shows none.
            TokenFromHandshake = "token-from-handshake" @ EpCscf,
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
            /// Takes every public-key algorithm, declared or not.
            AnyAlgorithm = "any-algorithm" @ EpCscf,
            /// Passes over octets behind the length that a signature should have.
            IgnoresSignatureTail = "ignores-signature-tail" @ EpCscf,
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
            /// Fetches the certificate from the address in the token's header.
            UsesX5u = "uses-x5u" @ EpCscf,
            /// Fetches the keys from the address in the token's header when it is the issuer's, and follows where that leads.
            UsesJkuOfIssuer = "uses-jku-of-issuer" @ EpCscf,
            /// Takes a token that any key of any party verifies.
            TriesAllKeys = "tries-all-keys" @ EpCscf,
            /// Passes over critical header members that it does not know.
            IgnoresCrit = "ignores-crit" @ EpCscf,
            /// Reads JSON with a member twice and takes the first.
            FirstDuplicateMemberWins = "first-duplicate-member-wins" @ EpCscf,
            /// Reads claims in whatever encoding of Unicode they come.
            DecodesUtf16 = "decodes-utf16" @ EpCscf,
            /// Reads the first JSON value of a part and passes over what follows.
            IgnoresTrailingBytes = "ignores-trailing-bytes" @ EpCscf,
            /// Ends the private identity of a token at an octet zero.
            CutsImpiAtNul = "cuts-impi-at-nul" @ EpCscf,
            /// Takes the first of several private identities.
            FirstOfSeveralImpis = "first-of-several-impis" @ EpCscf,
            /// Trims, unescapes, lower-cases and completes the private identity of a token.
            RepairsImpi = "repairs-impi" @ EpCscf,
            /// Looks the private identity of a token up by what a header would read of it, and writes it into the header as it is.
            WritesImpiRaw = "writes-impi-raw" @ EpCscf,
            /// Takes a token for a minute longer than it lives.
            ToleratesAMinute = "tolerates-a-minute" @ EpCscf,
            /// Passes over a time that is no number.
            IgnoresOddTimes = "ignores-odd-times" @ EpCscf,
            /// Passes over an audience that is no text and no list.
            IgnoresOddAudience = "ignores-odd-audience" @ EpCscf,
            /// Takes the first of several issuers.
            FirstOfSeveralIssuers = "first-of-several-issuers" @ EpCscf,
            /// Does not look for which client of an issuer a token was made.
            IgnoresClient = "ignores-client" @ EpCscf,
            /// Takes a client of an issuer for the enrolled one whose name its own begins with.
            ClientByPrefix = "client-by-prefix" @ EpCscf,
            /// Does not look for the scope that it is declared to demand.
            IgnoresScope = "ignores-scope" @ EpCscf,
            /// Takes a token that lives longer than it is declared to take.
            IgnoresLifeLimit = "ignores-life-limit" @ EpCscf,
            /// Takes a token again that works only once.
            TakesTokenTwice = "takes-token-twice" @ EpCscf,
            /// Takes a token that has expired.
            IgnoresExpiry = "ignores-expiry" @ EpCscf,
            /// Does not look whether the token of a refresh has expired.
            IgnoresExpiryOfRefresh = "ignores-expiry-of-refresh" @ EpCscf,
            /// Does not compare the certificate that a token is bound to with that of the connection.
            IgnoresConfirmation = "ignores-confirmation" @ EpCscf,
            /// Takes a bound token on a connection that shows no certificate.
            BoundTokenWithoutCertificate = "bound-token-without-certificate" @ EpCscf,
            /// Takes a bound token from whoever shows some certificate.
            BoundTokenByAnyCertificate = "bound-token-by-any-certificate" @ EpCscf,
            /// Takes a token without expiry.
            RequiresNoExpiry = "requires-no-expiry" @ EpCscf,
            /// Takes a token before its time.
            IgnoresNotBefore = "ignores-not-before" @ EpCscf,
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
            /// Takes the first WWSF of an issuer when a token names none.
            GuessesWwsf = "guesses-wwsf" @ EpCscf,
            /// Takes a token of any type for an access token.
            AnyTokenType = "any-token-type" @ EpCscf,
            /// Makes up a private identity from To when the token has none.
            ImpiFromTo = "impi-from-to" @ EpCscf,
            /// Takes the public identity of To when the token has none.
            ImpuFromTo = "impu-from-to" @ EpCscf,
            /// Takes an introspection answer that says inactive.
            IgnoresActiveFalse = "ignores-active-false" @ EpCscf,
            /// Takes an introspection answer in which active is anything but false.
            AnyActiveValue = "any-active-value" @ EpCscf,
            /// Goes on by the identity of To when introspection is out of reach.
            FailsOpenWithoutIntrospection = "fails-open-without-introspection" @ EpCscf,
            /// Asks about a token once and believes the answer ever after.
            CachesIntrospection = "caches-introspection" @ EpCscf,
            /// Takes the issuer of an introspection answer from whatever endpoint gave it.
            BelievesForeignIntrospection = "believes-foreign-introspection" @ EpCscf,
            /// Asks about a token in the address of its request.
            IntrospectsInUrl = "introspects-in-url" @ EpCscf,
            /// Shows the authorisation function no proof of itself when it asks about a token.
            IntrospectsUnproven = "introspects-unproven" @ EpCscf,
            /// Takes an authorisation function whose certificate no known authority issued.
            EdgeTakesUnknownWaf = "edge-takes-unknown-waf" @ EpCscf,
            /// Takes an authorisation function whose certificate is signed by its own key.
            EdgeTakesSelfSignedWaf = "edge-takes-self-signed-waf" @ EpCscf,
            /// Takes an authorisation function whose certificate has ended.
            EdgeTakesExpiredWaf = "edge-takes-expired-waf" @ EpCscf,
            /// Takes the certificate of any other host for that of an authorisation function.
            EdgeTakesAnyWafName = "edge-takes-any-waf-name" @ EpCscf,
            /// Takes an authorisation function whose certificate has been revoked.
            EdgeTakesRevokedWaf = "edge-takes-revoked-waf" @ EpCscf,
            /// Keeps the keys of an authorisation function for ever.
            KeepsWithdrawnKeys = "keeps-withdrawn-keys" @ EpCscf,
            /// Looks for a key by its id among those of every authorisation function, the last one first.
            SharesKeysByKid = "shares-keys-by-kid" @ EpCscf,
            /// Takes a token unchecked while the keys of its issuer are out of reach.
            FailsOpenWithoutKeys = "fails-open-without-keys" @ EpCscf,
            /// Follows a redirect when it fetches keys.
            FollowsKeyRedirect = "follows-key-redirect" @ EpCscf,
            /// Keeps the token in its record of a registration.
            KeepsTokenInRecord = "keeps-token-in-record" @ EpCscf,
            /// Believes an introspection answer for a minute beyond the end that it names.
            KeepsIntrospectionBeyondEnd = "keeps-introspection-beyond-end" @ EpCscf,
            /// Reads an introspection answer whatever its HTTP status.
            IgnoresIntrospectionStatus = "ignores-introspection-status" @ EpCscf,
            /// Compares public identities character by character where it declares to know equivalent spellings.
            ComparesUrisAsText = "compares-uris-as-text" @ EpCscf,
            /// Undoes the escapes of a user part, and those that come of it.
            UnescapesTwice = "unescapes-twice" @ EpCscf,
            /// Ends the user part of a URI at an escaped NUL.
            EndsUserAtNul = "ends-user-at-nul" @ EpCscf,
            /// Undoes every encoding of a host name, Unicode compatibility and Punycode, before it compares it.
            DecodesHostNames = "decodes-host-names" @ EpCscf,
            /// Takes its own name, and any IP address, for the home domain.
            OwnHostIsHome = "own-host-is-home" @ EpCscf,
            /// Takes every host name that ends like the home domain for the home domain.
            SuffixIsHome = "suffix-is-home" @ EpCscf,
            /// Reads a telephone number up to its first visual separator.
            NumberEndsAtSeparator = "number-ends-at-separator" @ EpCscf,
            /// Forwards a REGISTER without vouching for anybody where To is no plain SIP address-of-record.
            OtherUrisUnvouched = "other-uris-unvouched" @ EpCscf,
            /// Takes what stands between the last pair of angle brackets for the address.
            LastAngleBracket = "last-angle-bracket" @ EpCscf,
            /// Reads a folded To up to the end of its first line.
            ReadsFirstLineOfFold = "reads-first-line-of-fold" @ EpCscf,
            /// Takes a bare line feed for a letter like others, and forwards it.
            PassesBareLineFeed = "passes-bare-line-feed" @ EpCscf,
            /// Takes the first of two From headers and forwards both.
            TwoFromHeadersFirst = "two-from-headers-first" @ EpCscf,
            /// Takes the last of two To headers and forwards both.
            TwoToHeadersLast = "two-to-headers-last" @ EpCscf,
            /// Sends a REGISTER on to the address in its Request-URI.
            FollowsRequestUri = "follows-request-uri" @ EpCscf,
            /// Registers the user that the Request-URI names.
            RegistersRequestUriUser = "registers-request-uri-user" @ EpCscf,
            /// Asserts in REGISTER whomever the client hints at: preferred, remote or associated.
            AssertsHints = "asserts-hints" @ EpCscf,
            /// Takes the private identity from a header by which nodes of its own network tell it.
            TrustsInternalHeader = "trusts-internal-header" @ EpCscf,
            /// Takes whatever the core once associated with a registration for covered by the next token.
            AcceptsImplicitSet = "accepts-implicit-set" @ EpCscf,
            /// Vouches without token for whoever registers for emergency calls.
            EmergencyNeedsNoToken = "emergency-needs-no-token" @ EpCscf,
            /// Finds the connection for a request of the core by the user part of the Contact, the last registered first.
            FindsConnectionByContact = "finds-connection-by-contact" @ EpCscf,
            /// Keeps one connection a device: whoever registers with its instance id takes over what was bound to it.
            OneConnectionPerDevice = "one-connection-per-device" @ EpCscf,
            /// Answers to where Via says that the client is.
            AnswersToVia = "answers-to-via" @ EpCscf,
            /// Takes tokens where only IMS mechanisms are declared.
            TakesTokensUndeclared = "takes-tokens-undeclared" @ EpCscf,
            /// Takes a label out of the client's credentials by its usual spelling alone, and passes on what is left.
            FiltersLabelByText = "filters-label-by-text" @ EpCscf,
            /// Reads the first Authorization header and lets further ones pass.
            PassesFurtherAuthorization = "passes-further-authorization" @ EpCscf,
            /// Labels Digest credentials as authenticated by the edge where a token stands beside them.
            TokenVouchesForDigest = "token-vouches-for-digest" @ EpCscf,
            /// Remembers a registration when its response is forwarded, whatever the core says to it.
            BindsRefusedResponse = "binds-refused-response" @ EpCscf,
            /// Labels by the connection, once anybody is registered on it, whoever registers next.
            LabelsByConnection = "labels-by-connection" @ EpCscf,
            /// Knows a proven registration again by its Contact, on whichever connection.
            LabelsByContact = "labels-by-contact" @ EpCscf,
            /// Does not compare From with To where it is declared to.
            IgnoresFrom = "ignores-from" @ EpCscf,
            /// Takes the private identity from a Digest header beside the token.
            UsernameFromDigest = "username-from-digest" @ EpCscf,
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
            /// Takes the party from what the client writes.
            PartyFromHeader = "party-from-header" @ EpCscf,
            /// Takes the party from the page that opened the connection.
            PartyFromOrigin = "party-from-origin" @ EpCscf,
            /// Names the first party whatever the token says.
            PartyAlwaysA = "party-always-a" @ EpCscf,
            /// Serves a party that is switched off.
            IgnoresPartySwitch = "ignores-party-switch" @ EpCscf,
            /// Refuses every party when one is switched off.
            SwitchHitsAll = "switch-hits-all" @ EpCscf,
            /// Ends everybody's connections when a party is switched on again.
            SwitchOnEndsConnections = "switch-on-ends-connections" @ EpCscf,
            /// Does not look for the grant where it is declared to.
            NoGrantCheckAtEdge = "no-grant-check-at-edge" @ EpCscf,
            /// Does not look whether an identity is of the WWSF's pool.
            NoPoolCheck = "no-pool-check" @ EpCscf,
            /// Takes an identity of whichever pool.
            AnyPoolMember = "any-pool-member" @ EpCscf,
            /// Does not look whether a public identity is of the pool's member.
            ImpuOutsidePoolMember = "impu-outside-pool-member" @ EpCscf,
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
            /// Takes an upgrade that does not offer the subprotocol sip.
            NoSubprotocolCheck = "no-subprotocol-check" @ EpCscf,
            /// Takes an upgrade of any WebSocket version.
            IgnoresWebsocketVersion = "ignores-websocket-version" @ EpCscf,
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
            /// Ends the registration of whichever identity To names.
            EndsAnybodysRegistration = "ends-anybodys-registration" @ EpCscf,
            /// Vouches for whichever identity on a connection that a token has registered.
            AnyIdentityOnConnection = "any-identity-on-connection" @ EpCscf,
            /// Vouches for a request that waits behind a REGISTER by the token of that REGISTER.
            PipelinedInheritsRight = "pipelined-inherits-right" @ EpCscf,
            /// Moves the flow of a token to the connection that shows it last.
            FlowPerToken = "flow-per-token" @ EpCscf,
            /// Forgets every flow of an identity when one of its connections ends.
            CloseEndsIdentity = "close-ends-identity" @ EpCscf,
            /// Names the party of the first registration on a connection at every refresh.
            PartyOfConnection = "party-of-connection" @ EpCscf,
            /// Takes the party that a subscriber granted for the one whose token it is.
            PartyOfSubscriber = "party-of-subscriber" @ EpCscf,
            /// Takes the pools as they were at its start, whatever the operator changes.
            KeepsPools = "keeps-pools" @ EpCscf,
            /// Looks an identity up in the pool of the page that opened the connection.
            PoolByOrigin = "pool-by-origin" @ EpCscf,
            /// Takes a private identity that has a member's in it for one of the pool.
            PoolByPart = "pool-by-part" @ EpCscf,
            /// Looks a private identity up in the pool without regard to case.
            FoldsPoolNames = "folds-pool-names" @ EpCscf,
            /// Looks for a pool only where the party has one.
            PoolOpenToIndividuals = "pool-open-to-individuals" @ EpCscf,
            /// Takes every token of a party for active that was switched off and on again.
            ForgivesAtSwitchOn = "forgives-at-switch-on" @ EpCscf,
            /// Refuses a private identity for good that was refused while its party was off.
            SwitchOffBarsIdentities = "switch-off-bars-identities" @ EpCscf,
            /// Leaves the bindings of a party alone that is switched off.
            KeepsBindings = "keeps-bindings" @ EpCscf,
            /// Ends the bindings of every party when one is switched off.
            CutsAllBindings = "cuts-all-bindings" @ EpCscf,
            /// Asks the core for whatever interval the client asks for.
            IgnoresExpiresCap = "ignores-expires-cap" @ EpCscf,
            /// Names the first party in the record of every registration.
            RecordsFirstParty = "records-first-party" @ EpCscf,
            /// Keeps no record of what it refuses.
            RecordsNoRefusals = "records-no-refusals" @ EpCscf,
            /// Refreshes without a token on a connection that registered by one.
            ConnectionIsCredential = "connection-is-credential" @ EpCscf,
            /// Takes any good token for a refresh on a connection that is registered.
            RefreshTrustsConnection = "refresh-trusts-connection" @ EpCscf,
            /// Ends a registration without a token.
            DeregWithoutToken = "dereg-without-token" @ EpCscf,
            /// Asserts the preferred identity of a client, registered or not.
            IgnoresInviteIdentity = "ignores-invite-identity" @ EpCscf,
            /// Forwards requests of a connection that nobody is registered on.
            InviteBeforeRegister = "invite-before-register" @ EpCscf,
            /// Forwards requests of an identity that has ended its registration.
            ServesAfterDeregistration = "serves-after-deregistration" @ EpCscf,
            /// Goes on with a registration that the core has ended.
            IgnoresNetworkDeregistration = "ignores-network-deregistration" @ EpCscf,
            /// Labels every Digest REGISTER as if the connection were proven.
            LabelsTlsYesAlways = "labels-tls-yes-always" @ EpCscf,
            /// Labels a Digest REGISTER as authenticated by the edge.
            LabelsAuthDoneForDigest = "labels-auth-done-for-digest" @ EpCscf,
            /// Labels a REGISTER by the algorithm of the challenge that it relayed, not by that of the response.
            LabelsByChallenge = "labels-by-challenge" @ EpCscf,
            /// Passes the session keys in a challenge of the core on to the client.
            PassesSessionKeys = "passes-session-keys" @ EpCscf,
            /// Serves a second message behind the length of the first.
            SplitsTwoMessages = "splits-two-messages" @ EpCscf,
            /// Compares user parts without regard to case and undoes every escape.
            FoldsNames = "folds-names" @ EpCscf,
            /// Stops serving after a malformed message.
            DiesOnMalformed = "dies-on-malformed" @ EpCscf,
            /// Takes the first of two To headers and forwards both.
            TwoToHeadersFirst = "two-to-headers-first" @ EpCscf,
            /// Knows To by its long name only, and forwards the short one unread.
            KnowsLongToOnly = "knows-long-to-only" @ EpCscf,
            /// Reads a request line whatever its blanks, brackets and version, and forwards it as it came.
            ForwardsLineAsItCame = "forwards-line-as-it-came" @ EpCscf,
            /// Leaves Content-Length out of account, and forwards it as it came.
            ForwardsLengthAsItCame = "forwards-length-as-it-came" @ EpCscf,
            /// Makes header fields of what the Request-URI has behind its question mark.
            UnpacksRequestUriHeaders = "unpacks-request-uri-headers" @ EpCscf,
            /// Undoes escapes in the method before it looks which one it is.
            UnescapesMethod = "unescapes-method" @ EpCscf,
            /// Takes a request whose CSeq names another method.
            IgnoresCseqMethod = "ignores-cseq-method" @ EpCscf,
            /// Takes a CSeq number that no sender may use.
            TakesAnyCseqNumber = "takes-any-cseq-number" @ EpCscf,
            /// Takes a request that lacks a header field which every request has.
            IgnoresMissingFields = "ignores-missing-fields" @ EpCscf,
            /// Takes the first of two header fields that may stand once, and forwards both.
            TakesFirstOfTwo = "takes-first-of-two" @ EpCscf,
            /// Looks for nothing but the branch in Via.
            IgnoresBadVia = "ignores-bad-via" @ EpCscf,
            /// Takes what stands between the first pair of angle brackets for the address, whatever is before it.
            LooksForBracketsOnly = "looks-for-brackets-only" @ EpCscf,
            /// Leaves out what stands behind a semicolon in the user part of an address.
            CutsUserAtSemicolon = "cuts-user-at-semicolon" @ EpCscf,
            /// Forwards no more of a header line than fits a fixed buffer.
            CutsLongLines = "cuts-long-lines" @ EpCscf,
            /// Lets credentials of a scheme that it does not know pass beside its own.
            PassesUnknownScheme = "passes-unknown-scheme" @ EpCscf,
            /// Leaves out of account which extensions a request demands of proxies.
            IgnoresProxyRequire = "ignores-proxy-require" @ EpCscf,
            /// Forwards a request that has no hop left.
            ForwardsWithoutHops = "forwards-without-hops" @ EpCscf,
            /// Answers a client that offers broken suites only, by the first of them.
            TakesBrokenSuites = "takes-broken-suites" @ EpCscf,
            /// Speaks TLS 1.2 with whoever offers no better, and leaves out the mark of a server that could do better.
            HidesDowngrade = "hides-downgrade" @ EpCscf,
            /// Speaks TLS 1.2 without the extension that binds a renegotiation to the handshake before it.
            UnboundRenegotiation = "unbound-renegotiation" @ EpCscf,
            /// Shows its certificate without the one that it hangs on.
            LeafOnlyEdge = "leaf-only-edge" @ EpCscf,
            /// Takes an upgrade by any method.
            AnyUpgradeMethod = "any-upgrade-method" @ EpCscf,
            /// Takes an upgrade without a WebSocket key, or with one of another length.
            AnyWebsocketKey = "any-websocket-key" @ EpCscf,
            /// Takes an upgrade for any host.
            AnyHost = "any-host" @ EpCscf,
            /// Takes an upgrade without the words that ask for one.
            UpgradesUnasked = "upgrades-unasked" @ EpCscf,
            /// Counts a registration as accepted whatever the core answers.
            BindsWhateverTheCoreSays = "binds-whatever-the-core-says" @ EpCscf,
            /// Tells the client that it is registered whatever the core answers.
            AnswersForTheCore = "answers-for-the-core" @ EpCscf,
            /// Locks a public identity out after three refusals, whoever asked.
            LocksOutByName = "locks-out-by-name" @ EpCscf,
            /// Locks an address out after three refusals, whoever is there.
            LocksOutByAddress = "locks-out-by-address" @ EpCscf,
            /// Locks everybody out after twenty refusals.
            LocksOutEverybody = "locks-out-everybody" @ EpCscf,
            /// Reads frames with reserved bits set.
            IgnoresReservedBits = "ignores-reserved-bits" @ EpCscf,
            /// Reads a frame that it does not know, or a control frame that is none, as a message.
            UnknownFrameIsMessage = "unknown-frame-is-message" @ EpCscf,
            /// Begins a message with a continuation.
            ContinuationBeginsMessage = "continuation-begins-message" @ EpCscf,
            /// Passes over the highest bit of a frame's length.
            MasksFrameLength = "masks-frame-length" @ EpCscf,
            /// Takes each fragment of a message for a message.
            FragmentsAreMessages = "fragments-are-messages" @ EpCscf,
            /// Forgets the fragments before a ping.
            PingEndsFragments = "ping-ends-fragments" @ EpCscf,
            /// Passes over binary messages.
            TextOnly = "text-only" @ EpCscf,
            /// Reads SIP that is in no frame.
            ReadsUnframedSip = "reads-unframed-sip" @ EpCscf,
            /// Answers HTTP that is in a frame.
            AnswersFramedHttp = "answers-framed-http" @ EpCscf,
            /// Waits for the rest of a SIP message in the next WebSocket message.
            JoinsMessages = "joins-messages" @ EpCscf,
            /// Stops serving after a message that is too long.
            DiesOfLongMessage = "dies-of-long-message" @ EpCscf,
            /// Stops serving after an upgrade whose header field never ends.
            DiesOfLongField = "dies-of-long-field" @ EpCscf,
            /// Stops serving after an upgrade that has too many header fields.
            DiesOfManyFields = "dies-of-many-fields" @ EpCscf,
            /// Takes whoever resumes a TLS session for the one that registered in it.
            SessionIsCredential = "session-is-credential" @ EpCscf,
            /// Labels a response in a resumed TLS session as if the connection had proven it before.
            LabelsResumedSession = "labels-resumed-session" @ EpCscf,
        }
    };
}
