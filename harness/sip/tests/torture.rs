//! The torture messages of RFC 4475, byte for byte: all split without loss, and each has exactly the problems that the
//! RFC tells of, as far as they are malformations that RFC 3261 forbids and the crate looks for.
//!
//! `_I` and `_V` in a file's name are its origin's sorting (must a parser refuse it?), not the RFC's: some `_V` stand
//! among the RFC's invalid messages (3.1.2), and `_I` among its valid ones (3.3).

#[path = "torture/verdicts.rs"]
mod verdicts;

use sip::{Framing, Message, Problem, frame};
use std::collections::BTreeSet;
use std::path::Path;
use verdicts::{Sorted, VERDICTS};

/// The messages that have problems, with the RFC's section and the problems as shown.
const FLAWED: [(&str, &str, &[&str]); 26] = [
    ("BADASPEC_I", "3.1.2.14", &["To: the URI has a blank in it"]),
    (
        "BADDN_I",
        "3.1.2.15",
        &[
            "no empty line ends the header",
            "From: the display name needs quotes",
            "To: the display name needs quotes",
        ],
    ),
    (
        "BADINV01_I",
        "3.1.2.1",
        &[
            "Contact: a parameter is empty",
            "Via: a parameter is empty",
            "Via: it lacks protocol, transport or host",
            "the topmost Via has no branch",
        ],
    ),
    (
        "BADVERS_V",
        "3.1.2.16",
        &["version \"SIP/7.0\" is not SIP/2.0"],
    ),
    (
        "BIGCODE_V",
        "3.1.2.19",
        &["status code \"4294967301\" is not one of 100 to 699"],
    ),
    (
        "CLERR_I",
        "3.1.2.2",
        &["Content-Length is 9999, the body has 154 bytes"],
    ),
    (
        "DBLREQ",
        "3.1.1.8",
        &["Content-Length is 0, the body has 450 bytes"],
    ),
    ("ESCRURI_V", "3.1.2.11", &["request-uri: it has headers"]),
    (
        "INSUF_I",
        "3.3.1",
        &[
            "From is missing",
            "To is missing",
            "Call-ID is missing",
            "Max-Forwards is missing",
            "Contact is missing",
        ],
    ),
    (
        "INV2543_I",
        "3.4.1",
        &[
            "Max-Forwards is missing",
            "Contact is missing",
            "From has no tag",
            "the topmost Via has no branch",
        ],
    ),
    (
        "LONGREQ_V",
        "3.1.1.7, valid there as of an element before RFC 3261",
        &["the topmost Via has no branch"],
    ),
    (
        "LTGTRURI_I",
        "3.1.2.7",
        &[
            "request-uri: this is no URI",
            "the topmost Via has no branch",
        ],
    ),
    (
        "LWSRURI_I",
        "3.1.2.8",
        &["request-uri: the URI has a blank in it"],
    ),
    (
        "LWSSTART_V",
        "3.1.2.9",
        &["start line: there is not just one space between its parts"],
    ),
    (
        "MCL01_I",
        "3.3.9",
        &[
            "Content-Length stands more than once",
            "Content-Length is 13, the body has 67 bytes",
        ],
    ),
    (
        "MISMATCH01_V",
        "3.1.2.17",
        &["CSeq is of \"INVITE\", not of the request's method"],
    ),
    (
        "MISMATCH02_V",
        "3.1.2.18",
        &["CSeq is of \"INVITE\", not of the request's method"],
    ),
    (
        "MULTI01_I",
        "3.3.8",
        &[
            "Call-ID stands more than once",
            "CSeq stands more than once",
            "From stands more than once",
            "Max-Forwards stands more than once",
            "To stands more than once",
        ],
    ),
    ("NCL_I", "3.1.2.3", &["Content-Length: it is no number"]),
    (
        "QUOTBAL_I",
        "3.1.2.6",
        &["To: a quoted string does not end"],
    ),
    (
        "REGBADCT_I",
        "3.1.2.13",
        &["Contact: a URI with a comma or question mark is not in brackets"],
    ),
    (
        "SCALAR02_V",
        "3.1.2.4",
        &[
            "Max-Forwards: it is above 255",
            "CSeq: the number is not below 2^31",
        ],
    ),
    (
        "SCALARLG_V",
        "3.1.2.5; the tag is a slip of the RFC's own",
        &["CSeq: the number is not below 2^31", "To has no tag"],
    ),
    (
        "TEST_I",
        "none: of the RFC's drafts",
        &[
            "start line: no SIP version ends it",
            "header line \"Foobar roobar\" has no name",
            "Via is missing",
            "CSeq is missing",
            "Contact is missing",
            "From: this is no URI",
            "To: this is no URI",
            "From has no tag",
        ],
    ),
    (
        "TRWS_I",
        "3.1.2.10",
        &["start line: there is not just one space between its parts"],
    ),
    (
        "BADDATE_V",
        "3.1.2.12, not looked for: the zone of a Date",
        &[],
    ),
];

fn messages() -> Vec<(String, Vec<u8>)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/rfc4475");
    let entries = std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|kind| kind == "dat"));
    let name = |path: &Path| {
        path.file_stem()
            .unwrap()
            .to_str()
            .unwrap()
            .trim_start_matches("TC_")
            .to_owned()
    };
    entries
        .map(|path| (name(&path), std::fs::read(&path).unwrap()))
        .collect()
}

#[test]
fn all_split_without_loss() {
    let messages = messages();
    assert_eq!(messages.len(), 50);
    for (name, bytes) in messages {
        assert_eq!(Message::split(&bytes).bytes(), bytes, "{name}");
    }
}

#[test]
fn each_has_the_problems_that_the_rfc_tells_of_and_no_others() {
    let mut named = BTreeSet::new();
    for (name, bytes) in messages() {
        let problems: Vec<String> = Message::split(&bytes)
            .problems()
            .iter()
            .map(Problem::to_string)
            .collect();
        let (section, expected) = match FLAWED.iter().find(|(flawed, ..)| *flawed == name) {
            Some((_, section, expected)) => (*section, *expected),
            None => ("well-formed", &[][..]),
        };
        assert_eq!(problems, expected, "{name}, {section}");
        named.insert(name);
    }
    for (name, ..) in FLAWED {
        assert!(named.contains(name), "{name} is no torture message");
    }
}

#[test]
fn each_is_accepted_or_refused_as_the_table_says() {
    let found: BTreeSet<(String, bool)> = messages()
        .into_iter()
        .map(|(name, bytes)| (name, Message::split(&bytes).is_well_formed()))
        .collect();
    let stated = VERDICTS.map(|(name, _, _, accepts, _)| (name.to_owned(), accepts));
    assert_eq!(found, BTreeSet::from(stated));
}

#[test]
fn where_we_differ_from_the_rfc_a_reason_is_given() {
    for (name, section, sorted, accepts, reason) in VERDICTS {
        let as_sorted = accepts == matches!(sorted, Sorted::Valid | Sorted::Parsed);
        assert_eq!(as_sorted, reason.is_empty(), "{name}, {section}");
    }
}

#[test]
fn every_invalid_one_is_named() {
    let invalid: Vec<_> = messages()
        .into_iter()
        .filter(|(name, _)| name.ends_with("_I"))
        .collect();
    assert_eq!(invalid.len(), 15);
    for (name, bytes) in invalid {
        assert!(!Message::split(&bytes).is_well_formed(), "{name}");
    }
}

/// RFC 4475 3.1.1.1: what the tortuous INVITE says behind its folds, compact names and blanks.
#[test]
fn the_tortuous_invite_reads_as_meant() {
    let (_, bytes) = messages()
        .into_iter()
        .find(|(name, _)| name == "WSINV")
        .unwrap();
    let message = Message::split(&bytes);
    assert_eq!(
        (message.method(), message.request_uri()),
        (
            Some("INVITE"),
            Some("sip:vivekg@chair-dnrc.example.com;unknownparam")
        )
    );
    assert_eq!(message.cseq(), Some((9, "INVITE")));
    assert_eq!(
        (message.from_tag().as_deref(), message.to_tag().as_deref()),
        (Some("98asjd8"), Some("1918181833n"))
    );
    assert_eq!(
        message.address("From").unwrap().display.as_deref(),
        Some("J Rosenberg \\\"")
    );
    assert_eq!(message.top_branch().as_deref(), Some("390skdjuw"));
    let vias: Vec<_> = message
        .vias()
        .into_iter()
        .map(|via| (via.transport, via.host))
        .collect();
    let expected = [
        ("UDP", "192.0.2.2"),
        ("TCP", "spindle.example.com"),
        ("UDP", "192.168.255.111"),
    ];
    assert_eq!(
        vias,
        expected.map(|(transport, host)| (transport.to_owned(), host.to_owned()))
    );
    assert_eq!(message.field("subject").as_deref(), Some(""));
    let contact = &message.addresses("Contact")[0];
    assert_eq!(
        (
            contact.param("newparam"),
            contact.param("secondparam"),
            contact.param("q")
        ),
        (Some("newvalue"), Some(""), Some("0.33"))
    );
    assert_eq!(message.body().len(), 150);
}

/// RFC 4475 3.1.1.8: a REGISTER and an INVITE in one go.
#[test]
fn two_requests_in_a_row_are_framed_as_two() {
    let (_, bytes) = messages()
        .into_iter()
        .find(|(name, _)| name == "DBLREQ")
        .unwrap();
    let Framing::Whole(first) = frame(&bytes) else {
        panic!("no first message")
    };
    let Framing::EmptyLines(blank) = frame(&bytes[first..]) else {
        panic!("no empty line between")
    };
    let second = Message::split(&bytes[first + blank..]);
    assert_eq!(Message::split(&bytes[..first]).problems(), []);
    assert_eq!(
        (second.method(), second.call_id().as_deref()),
        (
            Some("INVITE"),
            Some("dblreq.0ha0isnda977644900765@192.0.2.15")
        )
    );
}
