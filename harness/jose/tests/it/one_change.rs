//! Every forgery differs from the honest token in its declared change and in nothing else.

use jose::{Algorithm, Flaw, Honest, Token};

use crate::difference::describe;
use crate::fixture::{NOW, honest};

/// `flaw | what differs in header and claims, as "new value" or "gone" | what the signature is`.
const TABLE: &str = include_str!("one_change.txt");

#[test]
fn every_flaw_is_its_declared_change_and_nothing_else() {
    let honest = honest(Algorithm::ES256, NOW);
    let declared: Vec<&str> = TABLE.lines().collect();
    let found: Vec<String> = Flaw::ALL
        .iter()
        .map(|&flaw| describe(flaw, &honest))
        .collect();
    for (index, line) in found.iter().enumerate() {
        assert_eq!(
            Some(line.as_str()),
            declared.get(index).copied(),
            "line {}",
            index + 1
        );
    }
    assert_eq!(found.len(), declared.len(), "one line for each flaw");
}

#[test]
fn other_algorithm_is_signed_with_the_first_one_that_is_not_declared() {
    let mut honest = honest(Algorithm::RS256, NOW);
    assert_eq!(
        describe(Flaw::OtherAlgorithm, &honest),
        r#"other-algorithm | header.alg="PS256" | PS256 of key-a"#
    );
    honest.algorithms = vec![Algorithm::RS256, Algorithm::PS256];
    assert_eq!(
        describe(Flaw::OtherAlgorithm, &honest),
        r#"other-algorithm | header.alg="RS384" | RS384 of key-a"#
    );
    honest.algorithms = Algorithm::ALL.to_vec();
    assert!(
        !Flaw::OtherAlgorithm.fits(&honest),
        "nothing is left to be undeclared"
    );
}

#[test]
fn bent_ecdsa_signatures_are_what_they_are_called() {
    for (algorithm, length, last) in [
        (Algorithm::ES256, 32, 0x51),
        (Algorithm::ES384, 48, 0x73),
        (Algorithm::ES512, 66, 0x09),
    ] {
        let honest = honest(algorithm, NOW);
        let signature = |flaw: Flaw| Token::read(&flaw.forge(&honest)).unwrap().signature;
        assert_eq!(signature(Flaw::SignatureZero), vec![0; 2 * length]);
        assert_eq!(signature(Flaw::SignatureTruncated).len(), 2 * length - 1);
        assert_eq!(signature(Flaw::SignatureExtended).len(), 2 * length + 1);
        let order = signature(Flaw::SignatureOrder);
        assert_eq!(order.len(), 2 * length);
        assert_eq!(order[..length], order[length..]);
        assert_eq!(order[length - 1], last);
    }
}

#[test]
fn the_order_is_the_least_number_that_is_no_private_key() {
    use aws_lc_rs::agreement::{ECDH_P256, ECDH_P384, ECDH_P521, PrivateKey};
    for (algorithm, curve) in [
        (Algorithm::ES256, &ECDH_P256),
        (Algorithm::ES384, &ECDH_P384),
        (Algorithm::ES512, &ECDH_P521),
    ] {
        let signature = Token::read(&Flaw::SignatureOrder.forge(&honest(algorithm, NOW)))
            .unwrap()
            .signature;
        let mut order = signature[..signature.len() / 2].to_vec();
        assert!(
            PrivateKey::from_private_key(curve, &order).is_err(),
            "{algorithm}"
        );
        *order.last_mut().unwrap() -= 1;
        assert!(
            PrivateKey::from_private_key(curve, &order).is_ok(),
            "{algorithm}"
        );
    }
}

#[test]
fn the_der_signature_is_genuine_in_its_own_form() {
    use aws_lc_rs::signature::{ECDSA_P256_SHA256_ASN1, ParsedPublicKey};
    // Several times: r and s begin with a zero octet, or need one, by chance only.
    for _ in 0..40 {
        let honest = honest(Algorithm::ES256, NOW);
        let token = Token::read(&Flaw::SignatureDer.forge(&honest)).unwrap();
        let key = ParsedPublicKey::new(
            &ECDSA_P256_SHA256_ASN1,
            honest.key.public_spki_der().unwrap(),
        )
        .unwrap();
        key.verify_sig(token.signing_input().as_bytes(), &token.signature)
            .unwrap();
    }
}

#[test]
fn exactly_one_bit_of_the_payload_or_signature_is_flipped() {
    let honest = honest(Algorithm::EdDSA, NOW);
    let genuine = honest.token();
    let payload = Token::read(&Flaw::PayloadBitFlip.forge(&honest)).unwrap();
    assert_eq!(bits_between(&payload.claims, &genuine.claims), 1);
    assert!(payload.claims_value().is_ok());
    // Ed25519 signs the same input the same way, so that the genuine signature is known.
    let signature = Token::read(&Flaw::SignatureBitFlip.forge(&honest)).unwrap();
    assert_eq!(bits_between(&signature.signature, &genuine.signature), 1);
}

#[test]
fn lengthened_and_shortened_signatures_are_genuine_for_the_rest() {
    let honest = honest(Algorithm::EdDSA, NOW);
    let genuine = honest.token().signature;
    let signature = |flaw: Flaw| Token::read(&flaw.forge(&honest)).unwrap().signature;
    assert_eq!(signature(Flaw::SignatureTruncated), genuine[..63]);
    assert_eq!(
        signature(Flaw::SignatureExtended),
        [&genuine[..], &[0]].concat()
    );
}

#[test]
fn unreadable_forgeries_are_honest_but_for_what_spoils_them() {
    let honest = honest(Algorithm::EdDSA, NOW);
    let genuine = honest.token().compact();
    for (flaw, junk) in [
        (Flaw::NotBase64url, "!"),
        (Flaw::ControlCharacter, "\u{1}"),
        (Flaw::Nul, "\0"),
    ] {
        let forged = flaw.forge(&honest);
        assert_eq!(forged.len(), genuine.len() + 1, "{flaw}");
        assert_eq!(forged.replace(junk, ""), genuine, "{flaw}");
    }
    assert_eq!(
        Flaw::SignatureAbsent.forge(&honest),
        honest.token().signing_input()
    );
}

fn bits_between(one: &[u8], other: &[u8]) -> u32 {
    assert_eq!(one.len(), other.len());
    one.iter()
        .zip(other)
        .map(|(one, other)| (one ^ other).count_ones())
        .sum()
}

#[test]
fn names_are_kebab_case_unique_and_read_back() {
    for (index, &flaw) in Flaw::ALL.iter().enumerate() {
        let name = flaw.name();
        assert!(name.split('-').all(|word| {
            !word.is_empty()
                && word
                    .chars()
                    .all(|c| c.is_ascii_lowercase() || c.is_ascii_digit())
        }));
        assert_eq!(name.parse(), Ok(flaw));
        assert!(
            Flaw::ALL[..index]
                .iter()
                .all(|earlier| earlier.name() != name),
            "{name} twice"
        );
    }
    assert!("alg-None".parse::<Flaw>().is_err());
}

#[test]
fn flaws_fit_what_the_honest_token_has() {
    let full = honest(Algorithm::ES256, NOW);
    let unfit = |honest: &Honest| {
        Flaw::ALL
            .iter()
            .filter(|flaw| !flaw.fits(honest))
            .map(|flaw| flaw.name())
            .collect::<Vec<_>>()
    };
    assert_eq!(unfit(&full), ["other-algorithm"]);

    let mut bare = honest(Algorithm::HS256, NOW);
    for claim in ["impi", "impu", "wwsf", "scope", "client_id"] {
        bare.claims.as_object_mut().unwrap().remove(claim);
    }
    bare.foreign = jose::Foreign::default();
    let unfit = unfit(&bare);
    for name in [
        "signature-der",
        "hs256-public-pem",
        "x5c-public",
        "payload-bit-flip",
        "impi-null",
        "no-impu",
        "scope-missing",
        "wwsf-missing",
    ] {
        assert!(unfit.contains(&name), "{name} fits");
    }
    for name in [
        "alg-none",
        "expired",
        "aud-other",
        "iss-slash",
        "kid-path",
        "other-algorithm",
    ] {
        assert!(!unfit.contains(&name), "{name} does not fit");
    }
    for flaw in Flaw::ALL {
        flaw.forge(&bare); // Forging where it does not fit is pointless, not a panic.
    }
}
