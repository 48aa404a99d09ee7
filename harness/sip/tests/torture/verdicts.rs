//! Whether our parser accepts each torture message, beside what RFC 4475 says of it.

/// Where the RFC puts a message: what it says of its syntax.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Sorted {
    /// 3.1.1: valid, however odd.
    Valid,
    /// 3.1.2: malformed.
    Invalid,
    /// 3.2, 3.3, 3.4: a parser takes it; a transaction, an application or an element after RFC 2543 has its trouble with it.
    Parsed,
    /// Not in the RFC, but in its drafts, as malformed.
    Draft,
}
use Sorted::{Draft, Invalid, Parsed, Valid};

/// Every message: the RFC's section and sorting, whether our parser accepts it (finds nothing wrong), and why, where it says
/// otherwise than the RFC.
pub(crate) const VERDICTS: [(&str, &str, Sorted, bool, &str); 50] = [
    ("WSINV", "3.1.1.1", Valid, true, ""),
    ("INTMETH", "3.1.1.2", Valid, true, ""),
    ("ESC01_V", "3.1.1.3", Valid, true, ""),
    ("ESCNULL_V", "3.1.1.4", Valid, true, ""),
    ("ESC02_V", "3.1.1.5", Valid, true, ""),
    ("LWSDISP_V", "3.1.1.6", Valid, true, ""),
    (
        "LONGREQ_V",
        "3.1.1.7",
        Valid,
        false,
        "its topmost Via has no branch: RFC 3261 demands one of a sender, and lets older ones do without",
    ),
    (
        "DBLREQ",
        "3.1.1.8",
        Valid,
        false,
        "two requests in one datagram are no one message; `frame` cuts the first out, which is accepted",
    ),
    ("SEMIURI_V", "3.1.1.9", Valid, true, ""),
    ("TRANSPORTS_V", "3.1.1.10", Valid, true, ""),
    ("MPART01", "3.1.1.11", Valid, true, ""),
    ("UNREASON_V", "3.1.1.12", Valid, true, ""),
    ("NOREASON_V", "3.1.1.13", Valid, true, ""),
    ("BADINV01_I", "3.1.2.1", Invalid, false, ""),
    ("CLERR_I", "3.1.2.2", Invalid, false, ""),
    ("NCL_I", "3.1.2.3", Invalid, false, ""),
    ("SCALAR02_V", "3.1.2.4", Invalid, false, ""),
    ("SCALARLG_V", "3.1.2.5", Invalid, false, ""),
    ("QUOTBAL_I", "3.1.2.6", Invalid, false, ""),
    ("LTGTRURI_I", "3.1.2.7", Invalid, false, ""),
    ("LWSRURI_I", "3.1.2.8", Invalid, false, ""),
    ("LWSSTART_V", "3.1.2.9", Invalid, false, ""),
    ("TRWS_I", "3.1.2.10", Invalid, false, ""),
    ("ESCRURI_V", "3.1.2.11", Invalid, false, ""),
    (
        "BADDATE_V",
        "3.1.2.12",
        Invalid,
        true,
        "the zone of a Date is not looked for: no verdict rests on it, and a proxy forwards it as it came",
    ),
    ("REGBADCT_I", "3.1.2.13", Invalid, false, ""),
    ("BADASPEC_I", "3.1.2.14", Invalid, false, ""),
    ("BADDN_I", "3.1.2.15", Invalid, false, ""),
    ("BADVERS_V", "3.1.2.16", Invalid, false, ""),
    ("MISMATCH01_V", "3.1.2.17", Invalid, false, ""),
    ("MISMATCH02_V", "3.1.2.18", Invalid, false, ""),
    ("BIGCODE_V", "3.1.2.19", Invalid, false, ""),
    ("BADBRANCH_V", "3.2.1", Parsed, true, ""),
    (
        "INSUF_I",
        "3.3.1",
        Parsed,
        false,
        "what every request has is missing: to us a malformation of the message, to the RFC one of its meaning",
    ),
    ("UNKSCM_V", "3.3.2", Parsed, true, ""),
    ("NOVELSC_V", "3.3.3", Parsed, true, ""),
    ("UNKSM2_V", "3.3.4", Parsed, true, ""),
    ("BEXT01_V", "3.3.5", Parsed, true, ""),
    ("INVUT_V", "3.3.6", Parsed, true, ""),
    ("REGAUT01_V", "3.3.7", Parsed, true, ""),
    (
        "MULTI01_I",
        "3.3.8",
        Parsed,
        false,
        "what stands once stands twice: to us a malformation of the message, to the RFC one of its meaning",
    ),
    (
        "MCL01_I",
        "3.3.9",
        Parsed,
        false,
        "two lengths that contradict each other: nothing tells where the message ends",
    ),
    ("BCAST_V", "3.3.10", Parsed, true, ""),
    ("ZEROMF_V", "3.3.11", Parsed, true, ""),
    ("CPARAM01_V", "3.3.12", Parsed, true, ""),
    ("CPARAM02_V", "3.3.13", Parsed, true, ""),
    ("REGESCRT_V", "3.3.14", Parsed, true, ""),
    ("SDP01_V", "3.3.15", Parsed, true, ""),
    (
        "INV2543_I",
        "3.4.1",
        Parsed,
        false,
        "it has neither branch nor tag nor Max-Forwards: a message of RFC 2543, which nobody may send any more",
    ),
    ("TEST_I", "none", Draft, false, ""),
];
