//! Progress while a run goes on: one line on a terminal, plain lines elsewhere.

use std::time::{Duration, Instant};

use campaign::Progress;
use evidence::Verdict;
use reports::Style;
use tokio::sync::mpsc::UnboundedReceiver;

use crate::output;

/// A terminal's line is written no more often than this.
const EVERY: Duration = Duration::from_millis(80);

/// Shows the news until there is none any more.
pub(crate) async fn show(mut news: UnboundedReceiver<Progress>, total: u64, quiet: bool) {
    let terminal = output::is_terminal();
    let style = Style {
        colour: terminal,
        width: 100,
    };
    let (mut done, mut fails) = (0, 0);
    let mut shown = Instant::now();
    while let Some(news) = news.recv().await {
        match news {
            Progress::Phase { role, cases } if !quiet && !terminal => {
                output::note(&format!("{role}: {cases} cases"))
            }
            Progress::Phase { .. } => {}
            Progress::Note(text) => output::note(&text),
            Progress::Case(case) => {
                done += 1;
                fails += u64::from(case.verdict == Verdict::Fail);
                if quiet {
                    continue;
                }
                if !terminal {
                    output::note(&reports::progress::finished(&case, style));
                } else if shown.elapsed() > EVERY {
                    shown = Instant::now();
                    output::progress(&reports::progress::line(
                        done, total, fails, &case.case, style,
                    ));
                }
            }
        }
    }
    if terminal && !quiet {
        output::progress("");
    }
}
