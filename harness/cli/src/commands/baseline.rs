//! `--baseline FILE`: what is expected of a SUT with known deviations. They change the exit status, never a verdict.

use std::path::Path;

use evidence::record::Cause;
use evidence::{CaseRecord, RunRecord, Verdict};
use script::expectations::{self, Expectation};

use crate::Failure;

/// The expectations of a file.
pub(crate) struct Baseline(Vec<Expectation>);

impl Baseline {
    pub(crate) fn read(path: &Path) -> Result<Self, Failure> {
        let text = std::fs::read_to_string(path)
            .map_err(|why| Failure::usage(format!("cannot read {}: {why}", path.display())))?;
        expectations::read(&path.display().to_string(), &text)
            .map(Self)
            .map_err(|problems| Failure::usage(problems.render(crate::output::colour_on_stderr())))
    }

    /// Compares, and lets the exit status answer for deviations only: 0 if everything is as expected, else 4.
    pub(crate) fn apply(&self, cases: &[CaseRecord], record: &mut RunRecord) {
        if !matches!(record.exit_code, 0 | 1 | 3) || record.interrupted {
            return;
        }
        let drifted: Vec<(String, String)> =
            cases.iter().filter_map(|case| self.drift(case)).collect();
        if drifted.is_empty() {
            record.exit_code = 0;
            record.exit_reason = "every case is as the baseline expects".to_owned();
            return;
        }
        record.exit_code = 4;
        record.exit_reason = format!("{} case(s) are not as the baseline expects", drifted.len());
        for (case, text) in drifted {
            record.causes.push(Cause {
                text,
                verdict: Verdict::Inconclusive,
                help: "look at the case, then correct the SUT or the expectations file".to_owned(),
                cases: vec![case],
                clauses: Vec::new(),
            });
        }
    }

    fn drift(&self, case: &CaseRecord) -> Option<(String, String)> {
        let expected = self
            .0
            .iter()
            .find(|expectation| script::select::glob(&expectation.case, &case.case));
        let word = expected.map_or("pass", |expectation| expectation.verdict.as_str());
        let fine = case.verdict.word() == word
            || (expected.is_none() && case.verdict == Verdict::NotApplicable);
        (!fine).then(|| {
            (
                case.case.clone(),
                format!(
                    "{}: the baseline expects {word}, it is {}",
                    case.case,
                    case.verdict.word()
                ),
            )
        })
    }
}
