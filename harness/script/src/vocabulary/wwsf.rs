//! The WWSF when we play it: towards a WAF (W4) and towards a WIC (W1).

verbs! {
    /// Asks the WAF under test for a token.
    act Request = "request" {
        /// Name for the token that comes.
        text token = "token",
        /// The party whose WWSF asks, `A` unless given.
        text party = "party",
        /// The person in whose name.
        text person = "person",
        /// Client certificate: the party's own unless given, `none`, another party, or a flaw of the party's own.
        text certificate = "certificate",
        /// Form fields in place of the honest ones; an empty value leaves the field out.
        table form = "form",
        /// Form fields to add behind the honest ones, in order, `name=value`.
        edits add_form = "add-form",
        /// Header lines to replace.
        edits set = "set",
        /// Header lines to add.
        edits add = "add",
        /// No TLS: the declared address in clear.
        flag clear = "clear",
        /// TLS versions to offer.
        words versions = "versions",
        /// Resumes the TLS session of the last request, if the WAF lets it.
        flag resume = "resume",
        /// A header that holds the party's own certificate, which is then not shown in the handshake.
        text certificate_header = "certificate-header",
        /// Query of the request's target.
        text query = "query",
        /// These bytes as the body.
        text raw = "raw",
        /// How often, one unless given.
        number times = "times",
    }
    /// Takes the WAF under test through the code flow up to the code, as the user's browser.
    act Authorize = "authorize" {
        /// The party whose WWSF began it, `A` unless given.
        text party = "party",
        /// The person who logs in.
        text person = "person",
        /// Query fields in place of the honest ones; an empty value leaves the field out.
        table query = "query",
        /// Query fields to add.
        edits add_query = "add-query",
        /// Another password than the right one.
        text password = "password",
        /// Only where the WAF learns by a code for whom it issues (w4-user); elsewhere nothing is done.
        flag if_code = "if-code",
        /// Gives consent when asked: `yes` unless given, `no`, `cross-site` (the form as a foreign site can post it).
        text consent = "consent",
        /// Fields put into the consent form beside those of the page.
        table consent_form = "consent-form",
    }
    /// Exchanges the code at the WAF under test.
    act Exchange = "exchange" {
        /// Name for the token that comes.
        text token = "token",
        /// The party whose WWSF asks, `A` unless given.
        text party = "party",
        /// Client certificate, as in `request`.
        text certificate = "certificate",
        /// Form fields in place of the honest ones; an empty value leaves the field out.
        table form = "form",
        /// How often, one unless given.
        number times = "times",
    }
    /// Revokes a token at the WAF under test.
    act Revoke = "revoke" {
        /// The token.
        text token = "token",
        /// The party whose WWSF asks, `A` unless given.
        text party = "party",
        /// Client certificate, as in `request`.
        text certificate = "certificate",
    }
    /// Waits for the WAF's answer, or for a request of a WIC on W1.
    observe Expect = "expect" {
        /// HTTP status of the WAF's answer.
        words status = "status",
        /// Whether the answer has an access token: `yes`, `no`.
        text token = "token",
        /// The IMPI that the token or the answer tells.
        text impi = "impi",
        /// The IMPU that it tells.
        text impu = "impu",
        /// Request target of a WIC on W1.
        text path = "path",
    }
    /// Sends a hand-made ClientHello to the WAF under test and reads until ServerHello, alert or end.
    act Hello = "hello" {
        /// Highest version that the hello offers: `1.0`, `1.1`, `1.2`.
        text version = "version",
        /// Suites that it offers: `usual`, `null`, `anonymous`, `export`, `rc4`.
        text suites = "suites",
        /// Server name in the hello instead of the SUT's.
        text server_name = "server-name",
    }
    /// Fetches a document of the WAF under test: its metadata or its keys.
    act Fetch = "fetch" {
        /// `metadata`, `jwks`, or a path.
        text path = "path",
        /// TLS versions to offer.
        words versions = "versions",
        /// Server name in the hello instead of the SUT's; the Host field is kept.
        text server_name = "server-name",
    }
    /// Behaves otherwise towards the WIC under test. Holds from the start of the case.
    act Serve = "serve" {
        /// The certificate's one flaw, by its name.
        text certificate = "certificate",
        /// Highest TLS version, answered by hand: `1.0`, `1.1`.
        text version = "version",
        /// Answers the page by a redirect to this URL; a scheme alone means the same address under that scheme.
        text redirect = "redirect",
        /// W2 address in the portal's answers in place of the edge's; a scheme alone means the edge's address under that scheme.
        text w2 = "w2",
        /// ALPN protocol that the server selects without it being offered.
        text alpn = "alpn",
    }
}
