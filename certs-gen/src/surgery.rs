//! Reading and editing finished DER: what the certificate writer has no field for.

use aws_lc_rs::digest::{self, Digest, SHA1_FOR_LEGACY_USE_ONLY, SHA256};
use aws_lc_rs::signature::{ECDSA_P256_SHA256_ASN1_SIGNING, EcdsaKeyPair};
use rcgen::KeyPair;
use rustls_pki_types::CertificateDer;
use yasna::models::ObjectIdentifier;
use yasna::{ASN1Error, ASN1ErrorKind, ASN1Result, BERReader};

use crate::Error;

/// ecdsa-with-SHA1 (RFC 3279 2.2.3).
const ECDSA_WITH_SHA1: &[u64] = &[1, 2, 840, 10045, 4, 1];
/// id-at-commonName (RFC 5280 4.1.2.6).
const COMMON_NAME: &[u64] = &[2, 5, 4, 3];
/// Places of the fields in a TBSCertificate that has its version field (RFC 5280 4.1).
const SIGNATURE_ALGORITHM: usize = 2;
const SUBJECT: usize = 5;
const SUBJECT_PUBLIC_KEY_INFO: usize = 6;

/// The subject's common name, if the subject is one common name and nothing else.
pub(crate) fn common_name(certificate: &[u8]) -> Result<String, Error> {
    let subject = field(certificate, SUBJECT)?;
    let name = yasna::parse_der(&subject, |subject| {
        subject.read_sequence(|names| {
            names.next().read_set(|attributes| {
                attributes
                    .next(&[yasna::tags::TAG_SEQUENCE])?
                    .read_sequence(|attribute| {
                        let kind = attribute.next().read_oid()?;
                        if kind.components().as_slice() != COMMON_NAME {
                            return Err(ASN1Error::new(ASN1ErrorKind::Invalid));
                        }
                        attribute.next().read_utf8string()
                    })
            })
        })
    });
    name.map_err(Error::NotACertificate)
}

/// The SubjectPublicKeyInfo, as DER.
pub(crate) fn public_key(certificate: &[u8]) -> Result<Vec<u8>, Error> {
    field(certificate, SUBJECT_PUBLIC_KEY_INFO)
}

/// The certificate with its last bit flipped: the lowest bit of the signature's last number, which
/// leaves the DER whole.
pub(crate) fn flip_signature_bit(certificate: &CertificateDer<'_>) -> CertificateDer<'static> {
    let mut der = certificate.to_vec();
    if let Some(last) = der.last_mut() {
        *last ^= 1;
    }
    der.into()
}

/// The certificate signed once more by its issuer, now by ecdsa-with-SHA1.
pub(crate) fn sign_with_sha1(
    certificate: &CertificateDer<'_>,
    issuer: &KeyPair,
) -> Result<CertificateDer<'static>, Error> {
    let algorithm = yasna::construct_der(|writer| {
        writer.write_sequence(|writer| {
            writer
                .next()
                .write_oid(&ObjectIdentifier::from_slice(ECDSA_WITH_SHA1));
        });
    });
    let mut fields = to_be_signed(certificate)?;
    if let Some(field) = fields.get_mut(SIGNATURE_ALGORITHM) {
        field.clone_from(&algorithm);
    }
    let to_be_signed = sequence(&fields);
    let signature = ecdsa_with_sha1(&to_be_signed, issuer)?;
    let signature = yasna::construct_der(|writer| {
        writer.write_bitvec_bytes(&signature, signature.len() * 8);
    });
    Ok(sequence(&[to_be_signed, algorithm, signature]).into())
}

/// An ECDSA signature over the SHA-1 digest.
///
/// The crypto library signs only digests of 32 bytes with P-256. ECDSA reads the digest as a number
/// (FIPS 186-5 6.4.1), so twelve zero bytes before the twenty of SHA-1 give the same signature.
fn ecdsa_with_sha1(message: &[u8], key: &KeyPair) -> Result<Vec<u8>, Error> {
    let sha1 = digest::digest(&SHA1_FOR_LEGACY_USE_ONLY, message);
    let mut padded = [0; digest::SHA256_OUTPUT_LEN];
    let zeros = padded.len() - sha1.as_ref().len();
    padded[zeros..].copy_from_slice(sha1.as_ref());

    let refused = |reason: &dyn ToString| Error::Key(reason.to_string());
    let pair = EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_ASN1_SIGNING, key.serialized_der())
        .map_err(|error| refused(&error))?;
    let number = Digest::import_less_safe(&padded, &SHA256).map_err(|error| refused(&error))?;
    let signature = pair.sign_digest(&number).map_err(|error| refused(&error))?;
    Ok(signature.as_ref().to_vec())
}

fn field(certificate: &[u8], place: usize) -> Result<Vec<u8>, Error> {
    let fields = to_be_signed(certificate)?;
    let missing = || Error::NotACertificate(ASN1Error::new(ASN1ErrorKind::Eof));
    fields.into_iter().nth(place).ok_or_else(missing)
}

/// The fields of the TBSCertificate, each as DER.
fn to_be_signed(certificate: &[u8]) -> Result<Vec<Vec<u8>>, Error> {
    let fields = yasna::parse_der(certificate, |certificate| {
        certificate.read_sequence(|parts| {
            let fields = elements(parts.next())?;
            parts.next().read_der()?; // signatureAlgorithm
            parts.next().read_der()?; // signatureValue
            Ok(fields)
        })
    });
    fields.map_err(Error::NotACertificate)
}

fn elements(sequence: BERReader<'_, '_>) -> ASN1Result<Vec<Vec<u8>>> {
    sequence.collect_sequence_of(|element| element.read_der())
}

fn sequence(elements: &[Vec<u8>]) -> Vec<u8> {
    yasna::construct_der(|writer| {
        writer.write_sequence(|writer| {
            for element in elements {
                writer.next().write_der(element);
            }
        });
    })
}
