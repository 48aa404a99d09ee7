//! The JUnit file: valid for the schemas that Jenkins checks, read back by another's reader, and with the record's counts.

mod fixture;

use std::io::Write;
use std::process::{Command, Stdio};

use evidence::{Role, Verdict};
use quick_junit::{NonSuccessKind, Report, TestCaseStatus};
use reports::junit;

/// Fails with what `xmllint` has against the document, by the schema that stands beside this file.
fn valid(xml: &str) -> Result<(), String> {
    let mut child = Command::new("xmllint")
        .args(["--noout", "--nonet", "--schema"])
        .arg(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/junit.xsd"))
        .arg("-")
        .stdin(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("xmllint checks the JUnit file; install it: apt-get install libxml2-utils");
    child
        .stdin
        .take()
        .unwrap()
        .write_all(xml.as_bytes())
        .unwrap();
    let output = child.wait_with_output().unwrap();
    if output.status.success() {
        Ok(())
    } else {
        Err(String::from_utf8_lossy(&output.stderr).into_owned())
    }
}

fn document(fixture: &fixture::Fixture) -> String {
    junit::document(&fixture.record, &fixture.cases)
}

#[test]
fn a_failed_run() {
    insta::assert_snapshot!(document(&fixture::believable()));
}

#[test]
fn a_hostile_run() {
    insta::assert_snapshot!(document(&fixture::believable().poisoned()));
}

#[test]
fn every_document_is_valid() {
    let mut empty = fixture::passing();
    empty.cases.clear();
    let all = [
        fixture::believable(),
        fixture::passing(),
        fixture::believable().poisoned(),
        fixture::large(1_000),
        empty,
    ];
    for fixture in all {
        assert_eq!(valid(&document(&fixture)), Ok(()));
    }
}

/// The validator must be able to say no, or the test above proves nothing.
#[test]
fn what_jenkins_refuses_is_refused() {
    let good = document(&fixture::believable());
    let wrong = [
        ("<testsuites ", "<testsuites skipped=\"1\" "),
        ("<skipped>", "<skipped message=\"x\">"),
        ("<system-out>", "<properties/><system-out>"),
        (" failures=", " failed="),
        ("time=\"2.104\"", "time=\"2,104 s\""),
        ("</testsuites>", ""),
    ];
    for (find, put) in wrong {
        let bad = good.replacen(find, put, 1);
        assert_ne!(bad, good, "{find} is not in the document");
        assert!(valid(&bad).is_err(), "{put} was accepted");
    }
}

#[test]
fn another_reader_finds_the_records_verdicts() {
    for fixture in [fixture::believable(), fixture::believable().poisoned()] {
        let report = Report::deserialize_from_str(&document(&fixture)).unwrap();
        let cases: Vec<_> = report
            .test_suites
            .iter()
            .flat_map(|suite| &suite.test_cases)
            .collect();
        assert_eq!(cases.len(), fixture.cases.len());
        for (read, case) in cases.iter().zip(&fixture.cases) {
            let verdict_seen = match (&read.status, case.verdict) {
                (TestCaseStatus::Success { .. }, Verdict::Pass) => true,
                (TestCaseStatus::NonSuccess { kind, ty, .. }, verdict) => {
                    let expected = if verdict == Verdict::Fail {
                        NonSuccessKind::Failure
                    } else {
                        NonSuccessKind::Error
                    };
                    *kind == expected
                        && ty
                            .as_ref()
                            .is_some_and(|ty| ty.as_str().starts_with(verdict.word()))
                }
                (TestCaseStatus::Skipped { .. }, Verdict::NotApplicable) => true,
                _ => false,
            };
            assert!(verdict_seen, "{}: {:?}", case.case, read.status);
        }
    }
}

/// By enumeration over all verdicts: a test case without failure, error or skip is a pass for every reader.
#[test]
fn only_pass_is_read_as_pass() {
    let mut fixture = fixture::passing();
    fixture.cases.truncate(1);
    fixture.cases[0].role = Role::Core;
    for verdict in Verdict::ALL {
        fixture.cases[0].verdict = *verdict;
        let xml = document(&fixture);
        let report = Report::deserialize_from_str(&xml).unwrap();
        let status = &report.test_suites[0].test_cases[0].status;
        let passed = matches!(status, TestCaseStatus::Success { .. });
        assert_eq!(passed, *verdict == Verdict::Pass, "{xml}");
        assert_eq!(valid(&xml), Ok(()));
        assert!(xml.contains("<testsuite name=\"wicheck.core\""));
    }
}

#[test]
fn a_failure_that_does_not_count_says_so() {
    let mut fixture = fixture::believable();
    assert!(!document(&fixture).contains("not mandatory in this profile"));
    for asked in fixture.record.requirements.values_mut() {
        asked.mandatory = false;
    }
    assert!(
        document(&fixture).contains("<failure message=\"not mandatory in this profile: expected: ")
    );
}
