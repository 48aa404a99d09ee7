//! The core when we play it: an S-CSCF with its HSS, no machine that says 200 to everything.

verbs! {
    /// Waits for a request on Mw.
    observe Expect = "expect" {
        /// Method.
        text method = "method",
        /// IMPI: the username of its Authorization.
        text impi = "impi",
        /// IMPU: the URI of its To.
        text impu = "impu",
        /// The third party that its declared carrier names.
        text party = "party",
        /// Value of integrity-protected; `none` for no such parameter.
        words label = "label",
        /// Header fields that it has, by name and value.
        table header = "header",
        /// Answer to a MESSAGE of ours: its status.
        words status = "status",
        /// The connection of W2 on which that MESSAGE arrived, and no other.
        text connection = "connection",
    }
    /// Answers the next request of this case otherwise than an honest core.
    act Answer = "answer" {
        /// Status, or `none` for no answer at all.
        text status = "status",
        /// Header lines to add.
        edits add = "add",
        /// With no status: the honest answer, and IK and CK in the challenge.
        flag session_keys = "session-keys",
    }
    /// Ends a person's registration from the side of the network: tells the edge by the reg event that it subscribed to.
    act End = "end" {
        /// The person.
        text person = "person",
    }
    /// Sends a MESSAGE to a registered person.
    act Send = "send" {
        /// The person.
        text person = "person",
        /// The connection whose registration it is sent to; the person's last one unless given.
        text connection = "connection",
    }
}
