//! A token's JSON for a reader's eye: as it stands, one member a line, with nothing invisible left invisible.

/// Nesting beyond this is not indented further, so that a hostile `[[[[...` costs no more than its own length.
const DEEPEST_INDENT: usize = 8;

/// Lays `json` out by its brackets alone, so that what is no JSON is shown too; doubled members stay doubled.
/// Anything but printable ASCII comes as an escape: a look-alike letter must be seen.
pub(crate) fn lay_out(json: &[u8]) -> String {
    let mut layout = Layout::default();
    for chunk in json.utf8_chunks() {
        chunk
            .valid()
            .chars()
            .for_each(|character| layout.push(character));
        for octet in chunk.invalid() {
            layout.out.push_str(&format!("\\x{octet:02x}"));
        }
    }
    layout.out
}

#[derive(Default)]
struct Layout {
    out: String,
    depth: usize,
    in_string: bool,
    after_backslash: bool,
}

impl Layout {
    fn push(&mut self, character: char) {
        if self.in_string {
            self.push_in_string(character);
            return;
        }
        match character {
            '{' | '[' => {
                self.out.push(character);
                self.depth += 1;
                self.break_line();
            }
            '}' | ']' => {
                self.depth = self.depth.saturating_sub(1);
                self.break_line();
                self.out.push(character);
            }
            ',' => {
                self.out.push(',');
                self.break_line();
            }
            ':' => self.out.push_str(": "),
            ' ' | '\t' | '\r' | '\n' => {}
            _ => {
                self.in_string = character == '"';
                self.push_visible(character);
            }
        }
    }

    fn push_in_string(&mut self, character: char) {
        self.push_visible(character);
        self.in_string = self.after_backslash || character != '"';
        self.after_backslash = character == '\\' && !self.after_backslash;
    }

    fn push_visible(&mut self, character: char) {
        match character {
            ' '..='~' => self.out.push(character),
            _ => self.out.extend(character.escape_unicode()),
        }
    }

    fn break_line(&mut self) {
        self.out.push('\n');
        self.out
            .push_str(&"  ".repeat(self.depth.min(DEEPEST_INDENT)));
    }
}
