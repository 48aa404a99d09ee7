//! Both judges, asked the same question. Each lists all that it finds wrong.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use std::process::{Command, Output};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use rustls_pki_types::pem::PemObject;
use rustls_pki_types::{CertificateDer, CertificateRevocationListDer, ServerName, UnixTime};
use time::OffsetDateTime;
use webpki::{
    CertRevocationList, EndEntityCert, KeyUsage, OwnedCertRevocationList, RevocationOptionsBuilder,
    anchor_from_trusted_cert,
};

/// What a peer that is shown a chain asks itself.
#[derive(Clone)]
pub(crate) struct Question {
    pub(crate) anchor: CertificateDer<'static>,
    /// Leaf first.
    pub(crate) chain: Vec<CertificateDer<'static>>,
    pub(crate) now: OffsetDateTime,
    /// Whether the chain is shown by a client.
    pub(crate) as_client: bool,
    /// The name or address that was dialled; `None` asks for no name.
    pub(crate) host: Option<String>,
    /// OpenSSL's security level; 2 demands 112 bits.
    pub(crate) auth_level: u8,
    /// Whether OpenSSL lets unknown critical extensions pass.
    pub(crate) ignore_critical: bool,
    /// PEM text of the lists of what has been revoked; `None`: the peer does not look.
    pub(crate) lists: Option<String>,
}

/// What is wrong, in the judge's words; empty: nothing.
pub(crate) type Findings = BTreeSet<String>;

/// One of the judges.
pub(crate) type Judge = fn(&Question) -> Findings;

/// rustls-webpki: the path and the name, each by its error's variant. A path has at most one.
pub(crate) fn webpki(question: &Question) -> Findings {
    let leaf = match EndEntityCert::try_from(&question.chain[0]) {
        Ok(leaf) => leaf,
        Err(error) => return Findings::from([variant(&error)]),
    };
    let anchors = [anchor_from_trusted_cert(&question.anchor).unwrap()];
    let seconds = u64::try_from(question.now.unix_timestamp()).unwrap();
    let lists = lists(question);
    let lists: Vec<_> = lists.iter().collect();
    let revocation = RevocationOptionsBuilder::new(&lists).ok();
    let path = leaf.verify_for_usage(
        webpki::ALL_VERIFICATION_ALGS,
        &anchors,
        &question.chain[1..],
        UnixTime::since_unix_epoch(std::time::Duration::from_secs(seconds)),
        if question.as_client {
            KeyUsage::client_auth()
        } else {
            KeyUsage::server_auth()
        },
        revocation.map(RevocationOptionsBuilder::build),
        None,
    );
    let name = question.host.as_deref().map_or(Ok(()), |host| {
        leaf.verify_is_valid_for_subject_name(&ServerName::try_from(host).unwrap())
    });
    path.map(|_| ())
        .err()
        .iter()
        .chain(name.err().iter())
        .map(variant)
        .collect()
}

fn lists(question: &Question) -> Vec<CertRevocationList<'static>> {
    let text = question.lists.as_deref().unwrap_or_default();
    CertificateRevocationListDer::pem_slice_iter(text.as_bytes())
        .map(|der| {
            OwnedCertRevocationList::from_der(&der.unwrap())
                .unwrap()
                .into()
        })
        .collect()
}

fn variant(error: &webpki::Error) -> String {
    let text = format!("{error:?}");
    text.split(['(', ' ']).next().unwrap().to_owned()
}

/// `openssl verify`: error numbers of x509_vfy.h with the depth, `10@0` is an expired leaf. The
/// program goes on after most errors, so that a second flaw would be seen.
pub(crate) fn openssl(question: &Question) -> Findings {
    openssl_with(question, &[])
}

/// The same with more options.
pub(crate) fn openssl_with(question: &Question, options: &[&str]) -> Findings {
    let folder = tempfile::tempdir().unwrap();
    let file = |name: &str, certificates: &[CertificateDer<'_>]| {
        let path = folder.path().join(name);
        fs::write(
            &path,
            certificates.iter().map(|der| pem(der)).collect::<String>(),
        )
        .unwrap();
        path
    };
    let mut command = Command::new("openssl");
    command.args(["verify", "-no-CApath", "-no-CAstore", "-partial_chain"]);
    command
        .arg("-CAfile")
        .arg(file("anchor.pem", std::slice::from_ref(&question.anchor)));
    if question.chain.len() > 1 {
        command
            .arg("-untrusted")
            .arg(file("untrusted.pem", &question.chain[1..]));
    }
    command.args([
        "-purpose",
        if question.as_client {
            "sslclient"
        } else {
            "sslserver"
        },
    ]);
    command.args(["-attime", &question.now.unix_timestamp().to_string()]);
    command.args(["-auth_level", &question.auth_level.to_string()]);
    if let Some(host) = &question.host {
        let is_address = host.parse::<std::net::IpAddr>().is_ok();
        command.args([
            if is_address {
                "-verify_ip"
            } else {
                "-verify_hostname"
            },
            host,
        ]);
    }
    if let Some(lists) = &question.lists {
        let path = folder.path().join("lists.pem");
        fs::write(&path, lists).unwrap();
        command.arg("-crl_check_all").arg("-CRLfile").arg(path);
    }
    if question.ignore_critical {
        command.arg("-ignore_critical");
    }
    command
        .args(options)
        .arg(file("leaf.pem", &question.chain[..1]));
    findings(&run(&mut command))
}

fn findings(output: &Output) -> Findings {
    let text = String::from_utf8_lossy(&output.stderr);
    // error 10 at 0 depth lookup: certificate has expired
    let found = text.lines().filter_map(|line| {
        let (code, rest) = line.strip_prefix("error ")?.split_once(" at ")?;
        let (depth, _) = rest.split_once(" depth")?;
        Some(format!("{code}@{depth}"))
    });
    let found: Findings = found.collect();
    assert_eq!(
        found.is_empty(),
        output.status.success(),
        "openssl verify said: {text}"
    );
    found
}

/// Whether `openssl dgst` finds that the leaf's key made the signature over the message.
pub(crate) fn openssl_signature(leaf: &[u8], message: &[u8], signature: &[u8], pss: bool) -> bool {
    let folder = tempfile::tempdir().unwrap();
    let file = |name: &str| folder.path().join(name);
    fs::write(file("leaf.pem"), pem(leaf)).unwrap();
    fs::write(file("message"), message).unwrap();
    fs::write(file("signature"), signature).unwrap();
    let key = run(Command::new("openssl")
        .args(["x509", "-noout", "-pubkey", "-in"])
        .arg(file("leaf.pem")));
    fs::write(file("key.pem"), key.stdout).unwrap();
    let mut command = Command::new("openssl");
    command
        .args(["dgst", "-sha256", "-verify"])
        .arg(file("key.pem"));
    if pss {
        command.args([
            "-sigopt",
            "rsa_padding_mode:pss",
            "-sigopt",
            "rsa_pss_saltlen:32",
        ]);
    }
    command
        .arg("-signature")
        .arg(file("signature"))
        .arg(file("message"));
    let output = run(&mut command);
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(
        said.starts_with("Verified OK") || said.starts_with("Verification failure"),
        "{output:?}"
    );
    output.status.success()
}

/// Whether the `openssl` program reads the file as a private key.
pub(crate) fn openssl_reads_key(path: &Path) -> bool {
    run(Command::new("openssl")
        .args(["pkey", "-noout", "-check", "-in"])
        .arg(path))
    .status
    .success()
}

fn run(command: &mut Command) -> Output {
    let absent = "the second judge is the openssl program, which these tests need on the PATH";
    command.output().expect(absent)
}

fn pem(der: &[u8]) -> String {
    format!(
        "-----BEGIN CERTIFICATE-----\n{}\n-----END CERTIFICATE-----\n",
        STANDARD.encode(der)
    )
}
