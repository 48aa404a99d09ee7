//! What holds for all values, not only for chosen ones.

use proptest::prelude::*;
use sip::{Credentials, Edit, Message, NameAddr, Parameter, canonical, fuzz, same_identity};
use std::borrow::Cow;

/// `text` with the characters escaped that `which` picks.
fn escape(text: &str, which: &[bool]) -> String {
    let escaped = |(character, pick): (char, &bool)| {
        if *pick {
            format!("%{:02x}", u32::from(character))
        } else {
            character.to_string()
        }
    };
    text.chars()
        .zip(which.iter().cycle())
        .map(escaped)
        .collect()
}

proptest! {
    #[test]
    fn every_reading_of_any_bytes_ends(bytes in proptest::collection::vec(any::<u8>(), 0..400)) {
        fuzz::all(&bytes);
    }

    #[test]
    fn every_reading_of_what_looks_like_a_header_ends(text in "(sip:|tel:|Digest |a=|\"|\\\\|<|>|@|;|,|%41|:|\\[|\\]|[a-z]|é| |\r\n ){0,40}") {
        fuzz::all(text.as_bytes());
        fuzz::all(format!("INVITE {text} SIP/2.0\r\nVia: {text}\r\nTo: {text}\r\nm: {text}\r\n\r\n").as_bytes());
    }

    #[test]
    fn what_is_set_is_read_and_all_else_stays(value in "[!-~]([ -~]{0,30}[!-~])?", position in 0..3_usize) {
        let name = ["Via", "To", "CSeq"][position];
        let mut message = Message::split(b"REGISTER sip:a SIP/2.0\r\nv: 1\r\nt: 2\r\nCSeq: 3\r\nVia: 4\r\n\r\nbody");
        message.apply(&Edit::set(format!("{name}: {value}")).unwrap());
        let again = Message::split(&message.bytes());
        prop_assert_eq!(again.field(name).map(Cow::into_owned), Some(value));
        for (other, old) in [("Via", "1"), ("To", "2"), ("CSeq", "3")] {
            prop_assert!(other == name || again.field(other).as_deref() == Some(old));
        }
        prop_assert_eq!((again.fields("Via").count(), again.body()), (2, &b"body"[..]));
    }

    #[test]
    fn credentials_that_are_written_read_the_same(pairs in proptest::collection::vec(("[a-z]{1,8}", "[ -~é]{0,20}", any::<bool>()), 1..6)) {
        let parameter = |(name, value, quoted): (String, String, bool)| match (quoted, value.chars().all(|character| character.is_ascii_alphanumeric())) {
            (false, true) if !value.is_empty() => Parameter::plain(name, value),
            _ => Parameter::quoted(name, value),
        };
        let written = Credentials::new("Digest", pairs.into_iter().map(parameter).collect());
        prop_assert_eq!(Credentials::parse(&written.to_string()), Some(written));
    }

    #[test]
    fn an_escaped_user_is_the_same_identity(user in "[a-zA-Z0-9_.!~*'()-]{1,20}", which in proptest::collection::vec(any::<bool>(), 1..8)) {
        let (plain, escaped) = (format!("sip:{user}@home.example"), format!("SIP:{}@HOME.example;x=y", escape(&user, &which)));
        prop_assert!(same_identity(&plain, &escaped));
        prop_assert_eq!(canonical(&escaped), Some(plain));
    }

    #[test]
    fn an_escaped_reserved_character_is_another_identity(before in "[a-z]{1,5}", reserved in "[&=+$,;?/]", after in "[a-z]{1,5}") {
        let escaped = format!("sip:{before}{}{after}@home.example", escape(&reserved, &[true]));
        let plain = format!("sip:{before}{reserved}{after}@home.example");
        prop_assert!(!same_identity(&escaped, &plain));
    }

    #[test]
    fn an_address_reads_as_what_was_put_together(display in "[ -~é]{1,20}", user in "[a-z]{1,8}", tag in "[a-z0-9]{1,8}") {
        let quoted: String = display.chars().flat_map(|character| matches!(character, '"' | '\\').then_some('\\').into_iter().chain([character])).collect();
        let address = NameAddr::parse(&format!("\"{quoted}\" <sip:{user}@a;lr>;tag={tag}")).unwrap();
        prop_assert_eq!(address.display.as_deref(), Some(display.as_str()));
        prop_assert_eq!(address.tag(), Some(tag.as_str()));
        prop_assert_eq!(address.uri, format!("sip:{user}@a;lr"));
    }
}
