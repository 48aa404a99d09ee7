//! `wicheck rejudge DIR`: verdicts again, from the evidence alone.

use campaign::finish::{self, Timing};
use evidence::{RunFolder, RunRecord};

use crate::arguments::Rejudge;
use crate::{Done, Failure, output, suite};

/// Judges a folder again and prints the screen.
pub(crate) fn rejudge(command: &Rejudge, json: bool) -> Done {
    let folder = RunFolder::new(&command.folder);
    let judged = campaign::rejudge::rejudge(&folder, &suite::vocabulary())
        .map_err(|why| Failure::usage(why.to_string()))?;
    let timing = Timing {
        plays: finish::plays(&judged.records),
        ..Timing::default()
    };
    let mut record = finish::record(&judged.suite, judged.planned, &judged.records, &timing);
    keep_times(&folder, &mut record);
    if command.write {
        super::run::write(&folder, &record, &judged.records)?;
    }
    if json {
        output::json(&finish::summary(&record, folder.root()));
    } else {
        output::print(&reports::terminal::screen(
            &record,
            &judged.records,
            folder.root(),
            output::style(),
        ));
    }
    Ok(record.exit_code)
}

/// Times are no verdicts: those of the run stay, where it has left any.
fn keep_times(folder: &RunFolder, record: &mut RunRecord) {
    let Ok(text) = std::fs::read_to_string(folder.record()) else {
        return;
    };
    let Ok(before) = serde_json::from_str::<RunRecord>(&text) else {
        return;
    };
    record.seconds = before.seconds;
    record.setup_seconds = before.setup_seconds;
    record.report_seconds = before.report_seconds;
    record.plays_per_second = before.plays_per_second;
    record.plays = before.plays;
}
