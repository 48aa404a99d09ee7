//! Entry points for fuzzing: every parser of foreign bytes of this crate, each with whatever a peer may send.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use crate::sip::Message;
use crate::sip::credentials::Credentials;
use crate::sip::read::Framing;
use crate::sip::uri::{Address, Spelling, Uri, identity, split_list};
use crate::{Shared, ep_cscf, token, trust, web, wic, wwsf};

/// A SIP message of a client or of the core: what is read prints to something that reads the same.
pub fn sip(data: &[u8]) {
    for framing in [Framing::Whole, Framing::Datagram] {
        if let Ok(message) = Message::read(data, framing) {
            let printed = message.print();
            let again = Message::read(&printed, Framing::Whole);
            let headers = |message: &Message| {
                let kept = message
                    .headers
                    .iter()
                    .filter(|header| !header.is("Content-Length"));
                kept.map(|header| (header.name.clone(), header.value.clone()))
                    .collect::<Vec<_>>()
            };
            assert!(
                again.is_ok_and(|again| again.start == message.start
                    && headers(&again) == headers(&message)
                    && again.body == message.body),
                "a message that was read is printed and read again"
            );
            let _ = message.answer(400, "Bad Request").print();
        }
    }
}

/// The values of headers: addresses, URIs, credentials.
pub fn values(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else {
        return;
    };
    for part in split_list(text) {
        if let Some(address) = Address::read(part) {
            let _ = Uri::read(&address.uri);
            let known = identity(&address.uri, Spelling::Canonical);
            if let Some(known) = known {
                assert_eq!(
                    identity(&known, Spelling::Canonical).as_deref(),
                    Some(known.as_str()),
                    "one spelling"
                );
            }
            let _ = identity(&address.uri, Spelling::Folded);
        }
    }
    if let Some(credentials) = Credentials::read(text) {
        let _ = credentials.print(&["algorithm", "qop", "nc"]);
    }
}

/// A token, signed by nobody: it is never taken for an entitlement without a signature check, and never ends the process.
pub fn token(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else {
        return;
    };
    let shared = Shared::bare();
    if let Ok(jws) = token::Jws::read(text, &shared) {
        let _ = jws.check_header(&shared);
        let _ = token::check_claims(&jws.claims, 1.0, &shared);
        let _ = token::entitlement(&jws.claims, None, &shared);
    }
    let _ = token::unique_json(data);
}

/// The nonce of an AKA challenge, and AUTS in an answer to one: each as it comes and within the right length.
pub fn aka(data: &[u8]) {
    let written = r#"{"k":"000102030405060708090a0b0c0d0e0f","opc":"000102030405060708090a0b0c0d0e0f","amf":"0000","sqn":"000000000400"}"#;
    let isim = serde_json::from_str::<crate::aka::Isim>(written);
    let Some(mut card) = isim.ok().and_then(|isim| isim.card()) else {
        return;
    };
    let text = String::from_utf8_lossy(data);
    let _ = card.read(&text);
    let given = card.sqn;
    card.resynchronise([7; 16], &text, false);
    let (mut nonce, mut auts) = ([0; 32], [0; 14]);
    nonce
        .iter_mut()
        .zip(data)
        .for_each(|(to, from)| *to = *from);
    auts.iter_mut().zip(data).for_each(|(to, from)| *to = *from);
    let _ = card.read(&STANDARD.encode(nonce));
    card.resynchronise([7; 16], &STANDARD.encode(auts), false);
    assert_eq!(card.sqn, given, "nobody proves a number by chance");
}

/// The head of a WebSocket handshake.
pub fn upgrade(data: &[u8]) {
    ep_cscf::read_upgrade(data);
}

/// The first bytes of a TLS connection.
pub fn hello(data: &[u8]) {
    web::read_hello(data);
}

/// A query or a form: what is read is written and reads the same.
pub fn form(data: &[u8]) {
    web::read_form(data);
}

/// A certificate in a chain of two.
pub fn certificate(data: &[u8]) {
    trust::read_chain(data);
}

/// The answer of a WAF to a portal.
pub fn token_answer(data: &[u8]) {
    wwsf::read_token_answer(data);
}

/// A page with a login form, as a client sees it.
pub fn page(data: &[u8]) {
    wic::read_page(data);
}

#[cfg(test)]
mod tests {
    /// A small generator with a fixed seed, so that a failure comes again.
    struct Random(u64);

    impl Random {
        fn below(&mut self, limit: usize) -> usize {
            self.0 ^= self.0 << 13;
            self.0 ^= self.0 >> 7;
            self.0 ^= self.0 << 17;
            usize::try_from(self.0 >> 33).unwrap_or_default() % limit.max(1)
        }

        /// The same bytes with a few of them changed, doubled, taken away or moved.
        fn mutate(&mut self, seed: &[u8], other: &[u8]) -> Vec<u8> {
            const TELLING: &[u8] = b"\r\n\0 \t\"\\<>;,:=%@?.{}[]*-\xff0A";
            let mut bytes = seed.to_vec();
            for _ in 0..=self.below(4) {
                let at = self.below(bytes.len());
                match self.below(5) {
                    0 if !bytes.is_empty() => bytes[at] = TELLING[self.below(TELLING.len())],
                    1 => bytes.insert(at, TELLING[self.below(TELLING.len())]),
                    2 if !bytes.is_empty() => drop(bytes.remove(at)),
                    3 => bytes.truncate(at),
                    _ => {
                        let from = self.below(other.len());
                        let part = &other[from..(from + self.below(16)).min(other.len())];
                        bytes.splice(at..at, part.iter().copied());
                    }
                }
            }
            bytes
        }
    }

    fn feed(target: fn(&[u8]), corpus: &[&[u8]]) {
        let mut random = Random(0x9e37_79b9_7f4a_7c15);
        corpus.iter().for_each(|seed| target(seed));
        for _ in 0..20_000 {
            let seed = corpus[random.below(corpus.len())];
            let other = corpus[random.below(corpus.len())];
            target(&random.mutate(seed, other));
        }
    }

    #[test]
    fn sip_survives_mutations() {
        let register = b"REGISTER sip:op.example SIP/2.0\r\nVia: SIP/2.0/WSS x.invalid;branch=z9hG4bK1\r\nf: \"A \\\"b\\\"\" <sip:a@op.example>;tag=1\r\n\
            t: <sip:a@op.example>\r\ni: c1\r\nCSeq: 1 REGISTER\r\nm: <sip:x@y.invalid;transport=ws>;expires=60,\r\n <sip:z@y.invalid>\r\nl: 3\r\n\r\nabc";
        let answer = b"SIP/2.0 200 OK\r\nVia: SIP/2.0/UDP 127.0.0.1:5060;branch=z9hG4bK2;rport, SIP/2.0/WSS y;branch=3\r\nFrom: sip:a@b;tag=1\r\n\
            To: sip:a@b;tag=2\r\nCall-ID: x@y\r\nCSeq: 4294967 INVITE\r\nContent-Length: 0\r\n\r\n";
        feed(super::sip, &[register, answer]);
    }

    #[test]
    fn values_survive_mutations() {
        let digest = br#"Digest username="a@b", realm="op.example", nonce="x\"y", uri="sip:b", response="", qop=auth, nc=00000001"#;
        feed(super::values, &[
            b"\"sip:bob@b\" <sip:%61lice:pw@[::1]:5060;user=phone?Route=%3Csip:x%3E>;tag=1;x=\"a;b\"",
            b"<sip:a@b>, sip:c@d;expires=5, *",
            b"Bearer eyJhbGciOiJub25lIn0.e30.",
            digest,
        ]);
    }

    #[test]
    fn tokens_survive_mutations() {
        feed(super::token, &[
            b"eyJhbGciOiJFUzI1NiIsInR5cCI6ImF0K2p3dCJ9.eyJleHAiOjEsImF1ZCI6WyJhIl0sImltcGkiOiJhQGIifQ.AAAA",
            br#"{"keys":[{"kid":"a","x":[1,2.5,-3,null,true]},{"kid":"b"}]}"#,
        ]);
    }

    #[test]
    fn aka_survives_mutations() {
        feed(
            super::aka,
            &[
                b"I1U8vpY3qJ0hiuZNrke/NVXzKLQ1d7m5Sp/6w1Tfr7M=",
                b"AAAAAAAAAAAAAAAAAAA=",
                b"0123456789abcdef0123456789abcdef",
            ],
        );
    }

    #[test]
    fn upgrades_survive_mutations() {
        feed(super::upgrade, &[
            b"GET / HTTP/1.1\r\nHost: edge.localhost:40005\r\nUpgrade: websocket\r\nConnection: keep-alive, Upgrade\r\n\
            Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Protocol: sip\r\n\r\n",
        ]);
    }

    #[test]
    fn hellos_survive_mutations() {
        let mut hello = vec![22, 3, 1, 0, 54, 1, 0, 0, 50, 3, 2];
        hello.extend([7; 32]);
        hello.extend([0, 0, 4, 0, 5, 0xc0, 0x11, 1, 0, 0, 5, 0, 43, 0, 1, 0]);
        feed(super::hello, &[&hello, b"GET / HTTP/1.1\r\n\r\n"]);
    }

    #[test]
    fn forms_survive_mutations() {
        feed(super::form, &[b"grant_type=client_credentials&client_id=a%20b&login_hint=p1-000%40op.example&x=%C3%A4+", b"a=1&a=2&=&b"]);
    }

    #[test]
    fn certificates_survive_mutations() {
        let key = rcgen::KeyPair::generate().unwrap();
        let names = vec!["host.example".to_owned(), "*.below.example".to_owned()];
        let leaf = rcgen::CertificateParams::new(names)
            .unwrap()
            .self_signed(&key)
            .unwrap();
        feed(super::certificate, &[leaf.der(), b"0\x82"]);
    }

    #[test]
    fn token_answers_survive_mutations() {
        feed(super::token_answer, &[
            br#"{"access_token":"t","token_type":"Bearer","expires_in":300,"impi":"a@b","impu":["sip:a@b"]}"#,
            br#"{"error":"access_denied"}"#,
        ]);
    }

    #[test]
    fn pages_survive_mutations() {
        feed(super::page, &[
            br#"<form method="post" action="/authorize?a&amp;b"><input type="hidden" name="csrf" value="x&quot;y"><input name="username"></form>"#,
            br#"{"registration":2,"url":"https://a/","user":"anonymous","roots":"r","resolve":{"a":"127.0.0.1"},"deadline_ms":1}"#,
        ]);
    }

    proptest::proptest! {
        #[test]
        fn whatever_bytes_come_nothing_panics(bytes: Vec<u8>) {
            for target in [super::sip, super::values, super::token, super::upgrade] {
                target(&bytes);
            }
        }

        #[test]
        fn a_value_that_is_quoted_is_read_back(value in "[ -~]{0,40}") {
            let line = format!("Digest username={}", crate::sip::credentials::quote(&value));
            let read = crate::sip::credentials::Credentials::read(&line);
            proptest::prop_assert_eq!(read.as_ref().and_then(|read| read.get("username")), Some(value.as_str()));
        }

        #[test]
        fn only_equal_users_are_one_identity(one in "[a-zA-Z0-9.%@-]{1,12}", other in "[a-zA-Z0-9.-]{1,12}") {
            let of = |user: &str| crate::sip::uri::identity(&format!("sip:{user}@op.example"), crate::sip::uri::Spelling::Canonical);
            if !one.contains(['%', '@']) {
                proptest::prop_assert_eq!(of(&one) == of(&other), one == other);
            }
            let escaped: String = one.bytes().map(|byte| format!("%{byte:02x}")).collect();
            if let (Some(plain), Some(escaped)) = (of(&one), of(&escaped)) {
                proptest::prop_assert!(one.contains(['%', '@']) || plain == escaped);
            }
        }
    }
}
