//! Fuzz targets: files of a run folder that anybody may have written. Whatever is read can be written and read again.

use std::path::Path;

use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::record::{PlannedRun, RunRecord};
use crate::{CaseRecord, ReadLog};

/// A log of a play.
pub fn log(data: &[u8]) {
    let Ok(log) = ReadLog::read_from(data, Path::new("log")) else {
        return;
    };
    let mut written = Vec::new();
    for event in &log.events {
        let line = serde_json::to_vec(event);
        written.extend(line.expect("an event that was read can be written"));
        written.push(b'\n');
    }
    let again = ReadLog::read_from(written.as_slice(), Path::new("written"));
    let again = again.expect("a log that was written can be read");
    assert!(!again.torn, "every written line has its end");
    assert_eq!(again.events.len(), log.events.len());
}

/// A line of `cases.ndjson`, `run.json` or `plan.json`.
pub fn records(data: &[u8]) {
    again::<CaseRecord>(data);
    again::<RunRecord>(data);
    again::<PlannedRun>(data);
}

fn again<T: DeserializeOwned + Serialize>(data: &[u8]) {
    let Ok(read) = serde_json::from_slice::<T>(data) else {
        return;
    };
    let written = serde_json::to_vec(&read).expect("what was read can be written");
    let again = serde_json::from_slice::<T>(&written).expect("what was written can be read");
    // Numbers with a fraction may move by their last digit when they are read, so what is compared is the form.
    let form = |value: &T| {
        serde_json::to_value(value)
            .map(|value| outline(&value))
            .ok()
    };
    assert_eq!(form(&again), form(&read));
}

/// A value without its numbers.
fn outline(value: &serde_json::Value) -> serde_json::Value {
    use serde_json::Value;
    match value {
        Value::Number(_) => Value::Null,
        Value::Array(items) => items.iter().map(outline).collect(),
        Value::Object(members) => members
            .iter()
            .map(|(name, member)| (name.clone(), outline(member)))
            .collect(),
        other => other.clone(),
    }
}
