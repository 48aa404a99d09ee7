//! A sheet of lines of limited width. Everything that is printed goes through it, so that no line begins as a CI command.

use crate::hostile;
use crate::style::{Ink, Style};

/// Text being put together, a line at a time.
#[derive(Debug)]
pub(crate) struct Sheet {
    style: Style,
    text: String,
}

impl Sheet {
    pub(crate) fn new(style: Style) -> Self {
        Self {
            style,
            text: String::new(),
        }
    }

    pub(crate) fn into_text(self) -> String {
        self.text
    }

    pub(crate) fn paint(&self, ink: Ink, text: &str) -> String {
        self.style.paint(ink, text)
    }

    /// A line as it is: of our own words, or inert and fitted already.
    pub(crate) fn line(&mut self, line: &str) {
        self.text.push_str(&hostile::line_start(line.trim_end()));
        self.text.push('\n');
    }

    /// An empty line, never two in a row.
    pub(crate) fn gap(&mut self) {
        if !self.text.is_empty() && !self.text.ends_with("\n\n") {
            self.text.push('\n');
        }
    }

    /// A painted label in its own column, then foreign text wrapped beside it.
    pub(crate) fn labelled(&mut self, label: &str, ink: Ink, indent: usize, text: &str) {
        let room = self.style.columns().saturating_sub(indent).max(20);
        let mut head = format!(
            "{}{}",
            self.style.paint(ink, label),
            blanks(indent.saturating_sub(hostile::columns(label)))
        );
        for piece in wrap(&hostile::line(text), room) {
            self.line(&format!("{head}{piece}"));
            head = blanks(indent);
        }
    }

    /// Foreign text painted whole, wrapped below `indent` blanks; `first` stands before its first line.
    pub(crate) fn painted(&mut self, ink: Ink, indent: usize, first: &str, text: &str) {
        let inner = indent + hostile::columns(first);
        let room = self.style.columns().saturating_sub(inner).max(20);
        let mut head = first.to_owned();
        for piece in wrap(&hostile::line(text), room) {
            let painted = self.style.paint(ink, &format!("{head}{piece}"));
            self.line(&format!("{}{painted}", blanks(indent)));
            head = blanks(hostile::columns(first));
        }
    }

    /// Pieces side by side with `between` blanks, each unbroken where it fits; further lines begin below `indent` blanks.
    pub(crate) fn flow(&mut self, indent: usize, between: usize, pieces: &[(Ink, String)]) {
        let width = self.style.columns();
        let mut line = String::new();
        let mut used = 0;
        for (ink, piece) in pieces.iter().filter(|(_, piece)| !piece.is_empty()) {
            let inert = hostile::line(piece);
            let columns = hostile::columns(&inert);
            if used > 0 && used + between + columns > width {
                self.line(&line);
                line = blanks(indent);
                used = indent;
            } else if used > 0 {
                line.push_str(&blanks(between));
                used += between;
            }
            let parts = wrap(&inert, width.saturating_sub(used.max(indent)).max(20));
            for (place, part) in parts.iter().enumerate() {
                if place > 0 {
                    self.line(&line);
                    line = blanks(indent);
                    used = indent;
                }
                line.push_str(&self.style.paint(*ink, part));
                used += hostile::columns(part);
            }
        }
        self.line(&line);
    }

    pub(crate) fn columns(&self) -> usize {
        self.style.columns()
    }
}

pub(crate) fn blanks(count: usize) -> String {
    " ".repeat(count)
}

/// The first of two colons at the start of a line, which CI logs read as a command; the same as [`hostile::line_start`]
/// makes, but before the columns are counted.
const COLON: &str = "\\x3a";

/// Inert text in lines of at most `width` columns, broken at blanks where there are any. At least one line.
pub(crate) fn wrap(text: &str, width: usize) -> Vec<String> {
    let mut lines = vec![String::new()];
    let mut used = 0;
    for word in text.split(' ') {
        let needed = hostile::columns(word);
        if used > 0 && used + 1 + needed > width {
            lines.push(String::new());
            used = 0;
        } else if used > 0 {
            append(&mut lines, " ");
            used += 1;
        }
        for (at, letter) in word.char_indices() {
            let columns = hostile::letter_columns(letter);
            if used + columns > width && used > 0 {
                lines.push(String::new());
                used = 0;
            }
            if used == 0 && word[at..].starts_with("::") {
                append(&mut lines, COLON);
                used = COLON.len();
                continue;
            }
            append(&mut lines, letter.encode_utf8(&mut [0; 4]));
            used += columns;
        }
    }
    lines
}

fn append(lines: &mut [String], text: &str) {
    if let Some(last) = lines.last_mut() {
        last.push_str(text);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_text_breaks_at_blanks_and_long_words_anywhere() {
        assert_eq!(wrap("one two three", 8), ["one two", "three"]);
        assert_eq!(wrap("abcdefgh ij", 5), ["abcde", "fgh", "ij"]);
        assert_eq!(wrap("", 5), [""]);
    }

    #[test]
    fn a_wrapped_word_cannot_become_a_command() {
        let mut sheet = Sheet::new(Style {
            colour: false,
            width: 40,
        });
        sheet.labelled(
            "",
            Ink::Dim,
            4,
            "the SUT answered a long line of text ::error::hacked",
        );
        assert_eq!(
            sheet.into_text(),
            "    the SUT answered a long line of text\n    \\x3a:error::hacked\n"
        );
    }

    proptest::proptest! {
        #[test]
        fn wrapping_keeps_the_width_and_the_text(text in "[a-z ]{0,200}", width in 2_usize..60) {
            let lines = wrap(&text, width);
            proptest::prop_assert!(lines.iter().all(|line| hostile::columns(line) <= width));
            let letters = |text: &str| text.replace(' ', "");
            proptest::prop_assert_eq!(letters(&lines.concat()), letters(&text));
        }
    }
}
