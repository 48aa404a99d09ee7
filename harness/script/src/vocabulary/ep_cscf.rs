//! The eP-CSCF when we play it: towards a core (Mw), a WAF (introspection, keys) and a WIC (W2).

verbs! {
    /// Sends a SIP request on Mw.
    act Send = "send" {
        /// `register`, `refresh`, `deregister`, `query` (REGISTER without Contact), `message`.
        text message = "message",
        /// The person of From, To and Contact.
        text person = "person",
        /// IMPU in From and To in place of the person's first.
        text impu = "impu",
        /// Name of another registration of this person, with a Call-ID and Contact of its own.
        text dialog = "dialog",
        /// IMPI in Authorization instead of the person's.
        text impi = "impi",
        /// Value of integrity-protected, `auth-done` unless given; `none` for no such parameter.
        text label = "label",
        /// The third party in the declared carrier: `A`, `B`, `P1`, `P2`, `none`, or a text.
        text party = "party",
        /// P-Visited-Network-ID; `none` for none.
        text network = "network",
        /// Where it comes from: `edge`, or `stranger`, a host that is enrolled nowhere.
        text source = "source",
        /// SIP Digest in place of the edge's word: `none` (no response yet), `right`, `wrong`, `empty`, `absent`, `spaces`: answer to
        /// the last challenge of this person; `replay`: the last such answer once more; `basic`: the password itself. AKA alone:
        /// `password` is the secret of Digest in place of RES; `auts` tells that the ISIM is ahead of the challenge, `auts-forged` the same without K.
        text digest = "digest",
        /// Digest parameters in place of the right ones, the response computed over them; an empty value leaves one out.
        table digest_set = "digest-set",
        /// Waits before it answers until the challenge's nonce is a second older than it lives (IXIT `nonce-life`).
        flag aged = "aged",
        /// Seconds in Expires.
        number expires = "expires",
        /// Contact: `*`, `none`, or a URI in place of the person's.
        text contact = "contact",
        /// CSeq: `next`, `same`, or a number.
        text cseq = "cseq",
        /// Header lines to replace.
        edits set = "set",
        /// Header lines to add.
        edits add = "add",
        /// Header names to leave out.
        edits drop = "drop",
        /// These bytes instead of the message; `{message}` stands for it.
        text raw = "raw",
        /// How often, one unless given.
        number times = "times",
    }
    /// Waits for the answer to the last request on Mw, for a request of a WIC on W2, or for the answer of a WAF.
    observe Expect = "expect" {
        /// SIP status of the core's answer.
        words status = "status",
        /// Header fields that it has.
        table header = "header",
        /// How many Contacts the answer to a query has.
        words bindings = "bindings",
        /// Method of a request on W2.
        text method = "method",
        /// IMPU in the To of that request.
        text impu = "impu",
        /// On how many connections such a request came, at least.
        number connections = "connections",
        /// Whether it bears the token that was given to the WIC: `yes`, `no`.
        text token = "token",
        /// What introspection says of the token: `true`, `false`.
        words active = "active",
        /// IMPI that introspection tells.
        text impi = "impi",
    }
    /// Asks the WAF under test after a token.
    act Introspect = "introspect" {
        /// The token.
        text token = "token",
        /// These bytes in place of the token.
        text value = "value",
        /// Client certificate: `edge` unless given, `none`, or the WWSF of a party.
        text certificate = "certificate",
    }
    /// Behaves otherwise towards the WIC under test. Holds from the start of the case.
    act Serve = "serve" {
        /// The certificate's one flaw, by its name.
        text certificate = "certificate",
        /// Subprotocol of the 101: `none`, or another word.
        text protocol = "protocol",
        /// Sec-WebSocket-Accept of the 101: `wrong`.
        text accept = "accept",
        /// Answers the upgrade by a redirect to this URL; a scheme alone means the same address under that scheme,
        /// `SCHEME://elsewhere` another host with a certificate of its own.
        text redirect = "redirect",
        /// Challenge in place of the proper two: `strongest` (the first declared alone), `md5`, `basic`, `bearer`, `other-realm`,
        /// `no-qop`, `basic-first`; of AKA `aka-stale` (a sequence number that was used), `aka-mac` (another MAC), `aka-sequence`
        /// (another sequence number under the same MAC).
        text challenge = "challenge",
        /// rspauth of the 200: `wrong`.
        text rspauth = "rspauth",
        /// Answer to the first REGISTER: `garbage`.
        text answer = "answer",
        /// Drops the first connection behind its 200: `once`. Another certificate is then shown from the second connection on.
        text drop = "drop",
        /// Highest TLS version, answered by hand: `1.0`, `1.1`.
        text version = "version",
    }
}
