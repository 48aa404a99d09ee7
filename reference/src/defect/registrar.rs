//! The mistakes of the registrar and HSS view.

macro_rules! registrar {
    ($next:ident $($rest:ident)*; $($before:tt)*) => {
        $next! { $($rest)*; $($before)*
            /// Takes a Digest response that is wrong.
            AcceptsWrongDigest = "accepts-wrong-digest" @ Core,
            /// Takes an empty Digest response.
            AcceptsEmptyDigest = "accepts-empty-digest" @ Core,
            /// Takes the same response to a nonce again.
            AcceptsReplayedNonce = "accepts-replayed-nonce" @ Core,
            /// Takes a nonce that is older than it may become.
            IgnoresNonceLife = "ignores-nonce-life" @ Core,
            /// Takes a nonce count that does not rise.
            IgnoresNonceCount = "ignores-nonce-count" @ Core,
            /// Takes a nonce that it did not give.
            AcceptsAnyNonce = "accepts-any-nonce" @ Core,
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
            /// Takes the Digest password of a subscriber whom it challenged by AKA.
            TakesPasswordForIsim = "takes-password-for-isim" @ Core,
            /// Goes on behind the sequence number that a synchronisation failure tells without checking who tells it.
            TakesAnyAuts = "takes-any-auts" @ Core,
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
            /// Leaves the bindings of a third party alone that is switched off.
            CoreKeepsBindings = "core-keeps-bindings" @ Core,
            /// Ends all bindings when one third party is switched off.
            CoreCutsAllBindings = "core-cuts-all-bindings" @ Core,
            /// Takes the word of an edge for a subscriber who must prove himself.
            IgnoresScheme = "ignores-scheme" @ Core,
            /// Names the first third party in the record of every registration.
            CoreRecordsFirstParty = "core-records-first-party" @ Core,
            /// Keeps no record of what it refuses.
            CoreRecordsNoRefusals = "core-records-no-refusals" @ Core,
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
            /// Stops serving after a malformed message.
            CoreDiesOnMalformed = "core-dies-on-malformed" @ Core,
        }
    };
}
