//! The WIC: what it does on W1 and W2 when we play it, and the visit that we ask for when it is the SUT.

verbs! {
    /// Opens W2: TCP, TLS and the WebSocket handshake.
    act Connect = "connect" {
        /// Whose device it is; chooses the source address and the Origin of its portal.
        text person = "person",
        /// Whose source address it comes from. The person's unless given.
        text address = "address",
        /// Name of the connection, `main` unless given.
        text connection = "connection",
        /// TLS versions to offer, `1.2` and `1.3` unless given.
        words versions = "versions",
        /// Server name in the hello; the name of the edge unless given, `none` for no name.
        text server_name = "server-name",
        /// ALPN protocols to offer, `http/1.1` unless given.
        words alpn = "alpn",
        /// Whose device shows its client certificate, where the SUT declares that tokens are bound to one: a person, or `none`; the person's own unless given.
        text device = "device",
        /// Resume the TLS session of this earlier connection.
        text resume = "resume",
        /// No TLS at all.
        flag clear = "clear",
        /// Method of the handshake, `GET` unless given.
        text method = "method",
        /// Bytes behind the handshake in the same write: an unframed REGISTER of this person, with the proper credential.
        text behind = "behind",
        /// A handshake of as many bytes as the declared oversize: `endless-line` or `many-fields`.
        text oversize = "oversize",
        /// Request target of the handshake instead of the declared path.
        text target = "target",
        /// Query to append to the request target.
        text query = "query",
        /// Header lines of the handshake to replace.
        edits set = "set",
        /// Header lines of the handshake to add.
        edits add = "add",
        /// Header names of the handshake to leave out.
        edits drop = "drop",
    }
    /// Sends a hand-made ClientHello to the SUT and reads until ServerHello, alert or end.
    act Hello = "hello" {
        /// Highest version that the hello offers: `1.0`, `1.1`, `1.2`.
        text version = "version",
        /// Suites that it offers: `usual`, `null`, `anonymous`, `export`, `rc4`.
        text suites = "suites",
        /// Server name in the hello instead of the SUT's.
        text server_name = "server-name",
        /// Tells that the client was talked down from a higher version (TLS_FALLBACK_SCSV, RFC 7507).
        flag fallback = "fallback",
    }
    /// Sends a SIP message on W2, or bytes in its place.
    act Send = "send" {
        /// `register`, `refresh`, `deregister`, `invite`, `message`, `subscribe`, `options`.
        text message = "message",
        /// The person in From, To, Contact and P-Preferred-Identity.
        text person = "person",
        /// The connection, `main` unless given.
        text connection = "connection",
        /// Name of a token that was issued; it travels as declared.
        text token = "token",
        /// `proper`: what the registration wants, the first leg of Digest in 1, a fresh token of the person in 2 and 3.
        text credential = "credential",
        /// How the token travels: `other` is the form of Bearer credentials that is not the one of an honest REGISTER.
        text syntax = "syntax",
        /// Authentication scheme before the token instead of `Bearer`.
        text scheme = "scheme",
        /// Seconds in Expires.
        number expires = "expires",
        /// SIP Digest or AKA: `none`, `right`, `wrong`, `empty`: answer to the last challenge on this connection.
        text digest = "digest",
        /// The algorithm that the answer names and is computed by instead of the challenge's.
        text digest_algorithm = "digest-algorithm",
        /// The person whose IMPI and secret the digest uses instead.
        text digest_person = "digest-person",
        /// Callee of an INVITE or MESSAGE.
        text callee = "callee",
        /// The first line instead of the message's own.
        text start = "start",
        /// Header lines to replace.
        edits set = "set",
        /// Header lines to add.
        edits add = "add",
        /// Header names to leave out.
        edits drop = "drop",
        /// These bytes instead of the message; `{message}` stands for it.
        text raw = "raw",
        /// How it is framed: `text`, `binary`, `fragmented`, `fragmented-with-ping`; wrongly: `unmasked`, `reserved-bit`,
        /// `unknown-opcode`, `long-ping`, `fragmented-ping`, `stray-continuation`, `length-top-bit`, `two-messages`; `none` for no frame at all.
        text frame = "frame",
        /// Another message hidden behind this one in the same frame: person whose REGISTER it is.
        text behind = "behind",
        /// As many bytes of body as the declared oversize.
        flag oversize = "oversize",
        /// As SIP outside TLS and WebSocket, on a connection of its own: `w2` to the address of W2, `declared` to each SIP address that the SUT
        /// declares. Credentials, Call-ID and identities are those that it would have on the named connection.
        text bare = "bare",
        /// Wait for no answer.
        flag unanswered = "unanswered",
        /// It is not written yet, but together with the next message on the connection, in one write.
        flag held = "held",
        /// The connection whose registration it goes on with, in place of its own.
        text registered_on = "registered-on",
    }
    /// Sends REGISTERs in a row, each on a W2 connection of its own.
    act Flood = "flood" {
        /// Whom the REGISTERs name.
        text person = "person",
        /// Whose source address they come from. The person's unless given.
        text address = "address",
        /// Name of the token that they all show.
        text token = "token",
        /// The declared number of them: `lockout-tries` or `flood-count`. A flood is no faster than `flood-rate`.
        text tries = "tries",
        /// Wait for no answers.
        flag unanswered = "unanswered",
    }
    /// Waits for the answer to the last message or handshake on W2, or for an HTTP answer on W1.
    observe Expect = "expect" {
        /// The connection, `main` unless given.
        text connection = "connection",
        /// SIP status.
        words status = "status",
        /// HTTP status of the handshake, or of the last fetch.
        words http_status = "http-status",
        /// A request that comes from the network: its method.
        text method = "method",
        /// Agreed ALPN protocol, `none` for none.
        words alpn = "alpn",
        /// Agreed TLS version.
        words version = "version",
        /// Whether an earlier TLS session was resumed: `yes` or `no`.
        words resumed = "resumed",
        /// Header fields that the answer has, by name and value.
        table header = "header",
        /// The body tells this IMPI.
        text impi = "impi",
        /// The body tells this IMPU.
        text impu = "impu",
    }
    /// Closes a connection.
    act Close = "close" {
        /// The connection, `main` unless given.
        text connection = "connection",
    }
    /// Puts every client of the other third parties to work in the background: each registers, refreshes, sends a MESSAGE and
    /// de-registers, again and again. Ends when each has done so once.
    exclusive Background = "background" {
        /// The party whose clients stay away.
        text without = "without",
    }
    /// Waits until every client in the background has done all its work once more, begun behind this step's begin.
    act BackgroundRound = "background-round" {
        /// Wait also until as many registrations were made, from here on, as the SUT file declares for a load.
        flag load = "load",
    }
    /// Ends the work in the background: each client does what it has begun, and rests.
    act BackgroundEnd = "background-end" {}
    /// Sends an HTTP request on W1.
    act Fetch = "fetch" {
        /// Method, `GET` unless given.
        text method = "method",
        /// Request target.
        text path = "path",
        /// Form fields of a POST.
        table form = "form",
        /// The browser whose cookies go along, `main` unless given.
        text browser = "browser",
        /// No TLS: the declared address in clear.
        flag clear = "clear",
        /// Server name in the hello.
        text server_name = "server-name",
        /// Header lines to replace.
        edits set = "set",
        /// Header lines to add.
        edits add = "add",
        /// Header names to leave out.
        edits drop = "drop",
    }
    /// Logs a user in at the portal, by the declared recipe.
    act Login = "login" {
        /// Whose account.
        text person = "person",
        /// Another password than the right one.
        text password = "password",
        /// Another user name than the right one.
        text user = "user",
        /// Credentials that are wrong: `wrong-password`, `unknown-user`, `empty-password`.
        text credential = "credential",
        /// Without the hidden fields of the login page, which a foreign site does not know.
        flag bare = "bare",
        /// The browser, `main` unless given.
        text browser = "browser",
        /// How often, one unless given.
        number times = "times",
        /// The browser whose cookies were planted in this one before.
        text cookies = "cookies",
        /// Header lines to replace.
        edits set = "set",
        /// Header lines to add.
        edits add = "add",
    }
    /// Begins an anonymous session at the portal, by the declared recipe.
    act Anonymous = "anonymous" {
        /// The browser, `main` unless given.
        text browser = "browser",
        /// Form fields to add.
        table form = "form",
    }
    /// Asks the portal for token and identity, by the declared recipe.
    act Ask = "ask" {
        /// Name for the token that comes.
        text token = "token",
        /// The browser, `main` unless given.
        text browser = "browser",
        /// Cookies instead of the browser's: `none`, `tampered` (one character changed), `random` (of the same form), `former` (those
        /// of before the last logout), or a value of the Cookie field.
        text cookie = "cookie",
        /// Query to append.
        text query = "query",
        /// Method, `GET` unless given.
        text method = "method",
        /// Header lines to replace.
        edits set = "set",
        /// Header lines to add.
        edits add = "add",
    }
    /// Logs out at the portal, by the declared recipe.
    act Logout = "logout" {
        /// The browser, `main` unless given.
        text browser = "browser",
    }
    /// Asks the driver of a WIC under test for a visit.
    act Visit = "visit" {
        /// The user that logs in; `anonymous`.
        text person = "person",
        /// Scheme of the start URL, `https` unless given.
        text scheme = "scheme",
        /// Label of the host name below one that is made fresh; none unless given.
        text label = "label",
    }
}
