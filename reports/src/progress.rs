//! How far a run is, as text: one line that is rewritten on a terminal, one line a finished case in a CI log.

use evidence::{CaseRecord, Verdict};

use crate::hostile;
use crate::style::{Ink, Style, mark};

/// The line of a terminal, without line end, never wider than `style.width`: how many of how many, failures, what runs now.
#[must_use]
pub fn line(done: u64, total: u64, fails: u64, current: &str, style: Style) -> String {
    let bar = bar(done, total, 16);
    let failed = if fails > 0 {
        format!("  {} {fails} failed", mark(Verdict::Fail))
    } else {
        String::new()
    };
    let head = format!("{bar} {done}/{total}");
    let plain = hostile::fit(
        &format!("{head}{failed}  {}", hostile::line(current)),
        style.width,
    );
    match plain.strip_prefix(&format!("{head}{failed}")) {
        Some(rest) => format!(
            "{head}{}{rest}",
            if fails > 0 {
                style.paint(Ink::Red, &failed)
            } else {
                failed
            }
        ),
        None => plain,
    }
}

/// The line for a finished case: `pass epc-id-to-swap@2`, with the reason where there is one.
#[must_use]
pub fn finished(case: &CaseRecord, style: Style) -> String {
    let word = style.paint(Ink::of(case.verdict), case.verdict.word());
    let reason = case
        .reason
        .as_ref()
        .filter(|_| case.verdict != Verdict::Pass)
        .map(|reason| format!(": {}", hostile::short_line(&reason.message, 200)))
        .unwrap_or_default();
    format!("{word} {}{reason}", hostile::line(&case.case))
}

fn bar(done: u64, total: u64, width: u64) -> String {
    let filled = done
        .min(total)
        .saturating_mul(width)
        .checked_div(total)
        .unwrap_or(0)
        .min(width);
    let cells = (0..width).map(|cell| if cell < filled { '█' } else { '░' });
    cells.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const STYLE: Style = Style {
        colour: false,
        width: 60,
    };

    #[test]
    fn the_line_tells_how_far_and_what_failed() {
        assert_eq!(
            line(6, 12, 0, "epc-id-to-swap@2", STYLE),
            "████████░░░░░░░░ 6/12  epc-id-to-swap@2"
        );
        assert_eq!(
            line(6, 12, 2, "x", STYLE),
            "████████░░░░░░░░ 6/12  ✗ 2 failed  x"
        );
        assert_eq!(line(0, 0, 0, "", STYLE), "░░░░░░░░░░░░░░░░ 0/0  ");
    }

    proptest::proptest! {
        #[test]
        fn the_line_is_never_wider_and_never_steers(done: u64, total: u64, fails: u64, current: String, width in 0_usize..200) {
            let text = line(done, total, fails, &current, Style { colour: false, width });
            proptest::prop_assert!(hostile::columns(&text) <= width);
            proptest::prop_assert!(!text.chars().any(char::is_control));
        }
    }
}
