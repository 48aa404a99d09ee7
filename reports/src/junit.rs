//! JUnit XML: a test suite a role, a test case a case. Valid for both schemas that Jenkins' plugins check, so it has none of
//! what newer readers allow: no properties in a test case, no `skipped` on the root.
//!
//! Only `pass` is a bare test case. `inconclusive`, `error` and `not_run` are errors, so that CI goes red on what nobody
//! knows; `not_applicable` is skipped.

use evidence::record::Counts;
use evidence::{CaseRecord, Role, RunRecord, Verdict};

use crate::style::{Style, words};
use crate::{command, diagnosis, hostile, terminal};

/// The whole file.
#[must_use]
pub fn document(record: &RunRecord, cases: &[CaseRecord]) -> String {
    let total = Tally::of(cases.iter());
    let mut xml = Xml::default();
    xml.text
        .push_str("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n");
    let mut root = vec![("name", "wicheck".to_owned())];
    root.extend(total.attributes(false));
    xml.open(0, "testsuites", &root);
    for role in Role::ALL {
        let of_role: Vec<&CaseRecord> = cases.iter().filter(|case| case.role == *role).collect();
        if !of_role.is_empty() {
            write_suite(&mut xml, record, *role, &of_role);
        }
    }
    xml.close(0, "testsuites");
    xml.text
}

fn write_suite(xml: &mut Xml, record: &RunRecord, role: Role, cases: &[&CaseRecord]) {
    let mut attributes = vec![("name", format!("wicheck.{role}"))];
    attributes.extend(Tally::of(cases.iter().copied()).attributes(true));
    xml.open(1, "testsuite", &attributes);
    xml.open(2, "properties", &[]);
    for (name, value) in properties(record, role) {
        xml.empty(3, "property", &[("name", name), ("value", value)]);
    }
    xml.close(2, "properties");
    for case in cases {
        write_case(xml, record, case);
    }
    xml.close(1, "testsuite");
}

/// What was tested, and the verdict of every clause that was asked of the role.
fn properties(record: &RunRecord, role: Role) -> Vec<(String, String)> {
    let planned = &record.planned;
    let mut properties = vec![
        ("run".to_owned(), planned.run_id.clone()),
        (
            "tool".to_owned(),
            format!("wicheck {}", planned.tool_version),
        ),
        ("sut".to_owned(), terminal::subject(record)),
        ("role".to_owned(), role.word().to_owned()),
        ("profile".to_owned(), planned.profile.clone()),
        ("seed".to_owned(), planned.seed.to_string()),
    ];
    for (key, asked) in crate::requirements::in_order(record) {
        if key.role == role.word() {
            let verdict = asked.verdict.map_or("no_case", Verdict::word);
            let counts = if asked.mandatory {
                "mandatory"
            } else {
                "not mandatory"
            };
            properties.push((key.id.to_owned(), format!("{verdict} ({counts})")));
        }
    }
    properties
}

fn write_case(xml: &mut Xml, record: &RunRecord, case: &CaseRecord) {
    let attributes = [
        ("name", case.case.clone()),
        (
            "classname",
            format!("wicheck.{}.{}", case.role, case.control),
        ),
        ("time", seconds(case.duration_us)),
    ];
    if case.verdict == Verdict::Pass && case.advisories.is_empty() {
        xml.empty(2, "testcase", &attributes);
        return;
    }
    xml.open(2, "testcase", &attributes);
    let status = [("message", message(record, case)), ("type", kind(case))];
    match case.verdict {
        Verdict::Pass => {}
        Verdict::Fail => xml.empty(3, "failure", &status),
        Verdict::Inconclusive | Verdict::Error | Verdict::NotRun => xml.empty(3, "error", &status),
        // The older schema gives it text and no attributes.
        Verdict::NotApplicable => xml.element(3, "skipped", &message(record, case)),
    }
    xml.element(3, "system-out", &output(record, case));
    xml.close(2, "testcase");
}

/// Our own word for the verdict, and the oracle or the code of the reason.
fn kind(case: &CaseRecord) -> String {
    let code = case
        .findings
        .first()
        .map(|finding| finding.oracle.as_str())
        .or_else(|| case.reason.as_ref().map(|reason| reason.code.as_str()));
    match code.filter(|code| !code.is_empty()) {
        Some(code) => format!("{}.{code}", case.verdict.word()),
        None => case.verdict.word().to_owned(),
    }
}

fn message(record: &RunRecord, case: &CaseRecord) -> String {
    let told = match (case.findings.first(), &case.reason) {
        (Some(finding), _) => format!("expected: {}; came: {}", finding.expected, finding.came),
        (None, Some(reason)) => reason.message.clone(),
        (None, None) => words(case.verdict).to_owned(),
    };
    let mandatory = case.verdict != Verdict::Fail || counts(record, case);
    let weight = if mandatory {
        ""
    } else {
        "not mandatory in this profile: "
    };
    hostile::short_line(&format!("{weight}{told}"), 600)
}

/// Whether the record has a mandatory clause among those that the case checks.
fn counts(record: &RunRecord, case: &CaseRecord) -> bool {
    case.checks.iter().any(|clause| {
        let asked = record.requirements.get(&format!("{clause}@{}", case.role));
        asked.is_none_or(|asked| asked.mandatory)
    })
}

fn output(record: &RunRecord, case: &CaseRecord) -> String {
    let mut text = String::from("\n");
    if case.verdict != Verdict::Pass {
        text.push_str(&terminal::diagnosis(
            case,
            &command::repeat_command(&record.planned, &case.case),
            Style::PLAIN,
        ));
    }
    for advisory in &case.advisories {
        let remark = format!("remark ({}): {}", advisory.oracle, advisory.came);
        text.push_str(&diagnosis::shortened(&remark));
        text.push('\n');
    }
    text
}

/// Cases as JUnit counts them.
#[derive(Debug, Default)]
struct Tally {
    counts: Counts,
    microseconds: u64,
}

impl Tally {
    fn of<'a>(cases: impl Iterator<Item = &'a CaseRecord>) -> Self {
        let mut tally = Self::default();
        for case in cases {
            tally.counts.add(case.verdict);
            tally.microseconds = tally.microseconds.saturating_add(case.duration_us);
        }
        tally
    }

    fn attributes(&self, skipped: bool) -> Vec<(&'static str, String)> {
        let counts = &self.counts;
        let mut attributes = vec![
            ("tests", counts.total().to_string()),
            ("failures", counts.fail.to_string()),
            (
                "errors",
                (counts.inconclusive + counts.error + counts.not_run).to_string(),
            ),
        ];
        if skipped {
            attributes.push(("skipped", counts.not_applicable.to_string()));
        }
        attributes.push(("time", seconds(self.microseconds)));
        attributes
    }
}

fn seconds(microseconds: u64) -> String {
    format!(
        "{}.{:03}",
        microseconds / 1_000_000,
        microseconds / 1_000 % 1_000
    )
}

/// XML being written: every name is ours, every value is made inert and escaped here.
#[derive(Debug, Default)]
struct Xml {
    text: String,
}

impl Xml {
    fn tag(&mut self, depth: usize, name: &str, attributes: &[(&str, String)]) {
        self.text.push_str(&"  ".repeat(depth));
        self.text.push('<');
        self.text.push_str(name);
        for (name, value) in attributes {
            self.text.push_str(&format!(
                " {name}=\"{}\"",
                hostile::markup(&hostile::line(value))
            ));
        }
    }

    fn open(&mut self, depth: usize, name: &str, attributes: &[(&str, String)]) {
        self.tag(depth, name, attributes);
        self.text.push_str(">\n");
    }

    fn empty(&mut self, depth: usize, name: &str, attributes: &[(&str, String)]) {
        self.tag(depth, name, attributes);
        self.text.push_str("/>\n");
    }

    fn close(&mut self, depth: usize, name: &str) {
        self.text
            .push_str(&format!("{}</{name}>\n", "  ".repeat(depth)));
    }

    /// An element of text; its lines stay lines.
    fn element(&mut self, depth: usize, name: &str, text: &str) {
        let inert: Vec<String> = text.split('\n').map(hostile::line).collect();
        self.text.push_str(&format!(
            "{}<{name}>{}</{name}>\n",
            "  ".repeat(depth),
            hostile::markup(&inert.join("\n"))
        ));
    }
}
