//! Results on stdout, progress and errors on stderr. The only place that prints.
#![expect(clippy::print_stderr, reason = "a command prints, and only here")]

use std::io::{IsTerminal, Write};

use reports::Style;

/// Prints results.
pub(crate) fn print(text: &str) {
    let mut stdout = std::io::stdout().lock();
    // A reader that went away (head, less) is no error of ours.
    let _ = stdout.write_all(text.as_bytes());
    if !text.ends_with('\n') {
        let _ = stdout.write_all(b"\n");
    }
    let _ = stdout.flush();
}

/// Prints the JSON object: one line, the last on stdout.
pub(crate) fn json(value: &serde_json::Value) {
    print(&value.to_string());
}

/// Prints an error.
pub(crate) fn error(text: &str) {
    eprintln!("wicheck: {text}");
}

/// Prints a line of progress or a note.
pub(crate) fn note(text: &str) {
    eprintln!("{text}");
}

/// Prints the progress line of a terminal over the one before.
pub(crate) fn progress(line: &str) {
    eprint!("\r\x1b[2K{line}");
    let _ = std::io::stderr().flush();
}

/// Whether stderr is a person's terminal.
pub(crate) fn is_terminal() -> bool {
    std::io::stderr().is_terminal()
}

/// Whether colours are wanted on stderr.
pub(crate) fn colour_on_stderr() -> bool {
    is_terminal() && std::env::var_os("NO_COLOR").is_none()
}

/// How reports are styled on stdout.
pub(crate) fn style() -> Style {
    let colour = std::io::stdout().is_terminal() && std::env::var_os("NO_COLOR").is_none();
    let width = std::env::var("COLUMNS")
        .ok()
        .and_then(|width| width.parse().ok())
        .unwrap_or(100);
    Style { colour, width }
}
