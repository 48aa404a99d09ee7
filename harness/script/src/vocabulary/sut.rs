//! What is asked of the operator of the SUT through the hooks of its file.

verbs! {
    /// Switches a third party off or on.
    exclusive Party = "party" {
        /// The party, `A` or `B`; in registration 3 `P1` or `P2` stand in for them.
        text party = "party",
        /// On or off.
        flag on = "on",
    }
    /// Gives or withdraws a subscriber's grant for a party.
    exclusive Grant = "grant" {
        /// The subscriber.
        text person = "person",
        /// The party.
        text party = "party",
        /// Given or withdrawn.
        flag on = "on",
    }
    /// Puts an identity into a pool or takes it out.
    exclusive Pool = "pool" {
        /// The identity's holder.
        text person = "person",
        /// The party whose pool it is.
        text party = "party",
        /// In or out.
        flag on = "on",
    }
    /// Asks for the records that the SUT keeps of this play's requests.
    act Evidence = "evidence" {
    }
}
