//! What can be wrong with a certificate chain, each by a name.

/// One reason to refuse.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Fault {
    /// A certificate that cannot be read.
    Unreadable,
    /// The leaf has ended.
    Expired,
    /// The leaf's time has not come.
    NotYetValid,
    /// A certificate between leaf and root has ended, or its time has not come.
    IntermediateExpired,
    /// No trusted root stands behind the chain.
    UnknownAuthority,
    /// The leaf is signed by its own key.
    SelfSigned,
    /// An issuer in the chain is no authority.
    NotAuthority,
    /// An authority in the chain must not sign certificates (RFC 5280 4.2.1.3).
    NoCertSign,
    /// More authorities than one of them allows below itself.
    PathTooLong,
    /// The leaf's name is outside what an authority may certify.
    NameConstraint,
    /// A critical extension that nobody here knows.
    UnknownCritical,
    /// A signature inside the chain is wrong.
    BadSignature,
    /// Signed with SHA-1 or MD5.
    WeakSignature,
    /// An RSA key below 2048 bits.
    WeakKey,
    /// The leaf's issuer has revoked it.
    Revoked,
    /// Not for this end of a connection.
    WrongUsage,
    /// The handshake is signed by another key than the certificate's.
    WrongKey,
    /// No name fits.
    WrongName,
    /// The name stands in the subject alone.
    CommonNameOnly,
    /// The name fits if a wildcard covers several labels.
    WildcardDeep,
    /// The name fits if it ends at an octet zero.
    NulName,
    /// The certificate is for a SIP domain (RFC 5922), not for a host.
    SipUriName,
    /// The address stands where a name should.
    AddressAsName,
}
