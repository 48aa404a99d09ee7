//! The flaws that only a handshake signature shows.

use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::signature::{ECDSA_P256_SHA256_ASN1_SIGNING, EcdsaKeyPair, RsaKeyPair};
use certs_gen::weak_rsa::{self, Scheme};
use certs_gen::{Flaw, Flawed, Usage};
use rustls_pki_types::{PrivatePkcs8KeyDer, SignatureVerificationAlgorithm};
use webpki::EndEntityCert;
use webpki::aws_lc_rs::{
    ECDSA_P256_SHA256, RSA_PKCS1_2048_8192_SHA256, RSA_PSS_2048_8192_SHA256_LEGACY_KEY,
};

use crate::judges::openssl_signature;
use crate::world::{HOST, TRUSTED, others, request};

const MESSAGE: &[u8] = b"what both sides of a handshake have seen";

fn flawed(flaw: Flaw) -> Flawed {
    TRUSTED
        .issue_flawed(&request(Usage::Server, HOST), flaw, &others())
        .unwrap()
}

fn ecdsa(key: &PrivatePkcs8KeyDer<'_>) -> Vec<u8> {
    let pair =
        EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_ASN1_SIGNING, key.secret_pkcs8_der()).unwrap();
    pair.sign(&SystemRandom::new(), MESSAGE)
        .unwrap()
        .as_ref()
        .to_vec()
}

fn webpki(
    leaf: &[u8],
    algorithm: &dyn SignatureVerificationAlgorithm,
    signature: &[u8],
) -> Result<(), String> {
    let leaf = leaf.into();
    let leaf = EndEntityCert::try_from(&leaf).unwrap();
    leaf.verify_signature(algorithm, MESSAGE, signature)
        .map_err(|error| format!("{error:?}"))
}

#[test]
fn with_the_wrong_key_both_judges_refuse_the_signature_and_with_the_right_one_take_it() {
    let flawed = flawed(Flaw::WrongKey);
    let leaf = &flawed.chain[0];
    let right = ecdsa(&flawed.key);
    assert_eq!(webpki(leaf, ECDSA_P256_SHA256, &right), Ok(()));
    assert!(openssl_signature(leaf, MESSAGE, &right, false));

    let wrong = ecdsa(&flawed.sign_key);
    let refused = webpki(leaf, ECDSA_P256_SHA256, &wrong);
    assert_eq!(refused, Err("InvalidSignatureForPublicKey".to_owned()));
    assert!(!openssl_signature(leaf, MESSAGE, &wrong, false));
}

#[test]
fn the_other_chains_sign_with_the_key_of_their_leaf() {
    for flaw in Flaw::ALL
        .into_iter()
        .filter(|flaw| !matches!(flaw, Flaw::WrongKey | Flaw::Rsa1024))
    {
        let usage = if flaw == Flaw::EkuServerOnly {
            Usage::Client
        } else {
            Usage::Server
        };
        let host = if flaw == Flaw::IpInDns {
            "127.0.0.7"
        } else {
            HOST
        };
        let flawed = TRUSTED
            .issue_flawed(&request(usage, host), flaw, &others())
            .unwrap();
        // webpki reads no certificate of SHA-1; OpenSSL reads every one.
        assert!(
            openssl_signature(&flawed.chain[0], MESSAGE, &ecdsa(&flawed.sign_key), false),
            "{flaw}"
        );
    }
}

#[test]
fn the_weak_key_signs_rightly_and_webpki_finds_it_too_short() {
    let flawed = flawed(Flaw::Rsa1024);
    let leaf = &flawed.chain[0];
    for (scheme, algorithm, pss) in [
        (Scheme::PssSha256, RSA_PSS_2048_8192_SHA256_LEGACY_KEY, true),
        (Scheme::Pkcs1Sha256, RSA_PKCS1_2048_8192_SHA256, false),
    ] {
        let mut signature = weak_rsa::sign(&flawed.sign_key, scheme, MESSAGE).unwrap();
        assert_eq!(signature.len() * 8, weak_rsa::MODULUS_BITS);
        assert!(
            openssl_signature(leaf, MESSAGE, &signature, pss),
            "{scheme:?}"
        );
        let refused = webpki(leaf, algorithm, &signature);
        assert_eq!(refused, Err("InvalidSignatureForPublicKey".to_owned()));

        signature[100] ^= 1;
        assert!(
            !openssl_signature(leaf, MESSAGE, &signature, pss),
            "{scheme:?} with a bit flipped"
        );
    }
}

#[test]
fn the_weak_key_is_one_that_the_crypto_library_refuses() {
    // Else the hand-made signing key that the documentation demands of callers were needless.
    assert!(RsaKeyPair::from_pkcs8(flawed(Flaw::Rsa1024).key.secret_pkcs8_der()).is_err());
}

#[test]
fn the_weak_signer_takes_no_other_key() {
    let elliptic = flawed(Flaw::Expired).key;
    assert!(weak_rsa::sign(&elliptic, Scheme::PssSha256, MESSAGE).is_err());
    assert!(weak_rsa::sign(&Vec::new().into(), Scheme::Pkcs1Sha256, MESSAGE).is_err());
}
