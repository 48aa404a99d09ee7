//! A file of scripts and a place in it.

use std::sync::Arc;

use evidence::event::Place;

/// A file and its text.
#[derive(Debug, PartialEq, Eq)]
pub struct Source {
    /// Path as the user knows it, below `scenarios/` for embedded ones.
    pub path: String,
    /// The whole text.
    pub text: String,
}

/// A stretch of a source.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Span {
    /// The file.
    pub source: Arc<Source>,
    /// First byte.
    pub start: usize,
    /// Byte after the last.
    pub end: usize,
}

impl Span {
    /// The place with line, columns and the line's text, for reports that have no scripts.
    #[must_use]
    pub fn place(&self) -> Place {
        let text = &self.source.text;
        let (start, end) = self.whole_characters();
        let line_start = text[..start].rfind('\n').map_or(0, |at| at + 1);
        let line_end = text[start..].find('\n').map_or(text.len(), |at| start + at);
        let end = end.clamp(start, line_end);
        let count = |range: &str| u32::try_from(range.chars().count()).unwrap_or(u32::MAX);
        Place {
            file: self.source.path.clone(),
            line: u32::try_from(text[..start].matches('\n').count() + 1).unwrap_or(u32::MAX),
            column: count(&text[line_start..start]) + 1,
            length: count(&text[start..end]).max(1),
            text: text[line_start..line_end].to_owned(),
        }
    }

    /// First byte and byte after the last, moved outwards to whole characters of the text: a reader of TOML may stop within one.
    pub(crate) fn whole_characters(&self) -> (usize, usize) {
        let text = &self.source.text;
        let start = floor(text, self.start);
        let end = (self.end.max(start)..=text.len())
            .find(|at| text.is_char_boundary(*at))
            .unwrap_or(text.len());
        (start, end)
    }
}

/// The nearest character boundary at or below `at`.
fn floor(text: &str, at: usize) -> usize {
    let mut at = at.min(text.len());
    while !text.is_char_boundary(at) {
        at -= 1;
    }
    at
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_counts_characters_and_takes_no_part_of_one() {
        let source = Arc::new(Source {
            path: "a.toml".to_owned(),
            text: "first\nä = 'é𝄞'\nlast".to_owned(),
        });
        // From within the first letter of the second line to within its last.
        let span = |start, end| Span {
            source: source.clone(),
            start,
            end,
        };
        let place = span(7, 16).place();
        assert_eq!((place.line, place.column, place.length), (2, 1, 7));
        assert_eq!(place.text, "ä = 'é𝄞'");
        let behind_the_end = span(900, 901).place();
        assert_eq!((behind_the_end.line, behind_the_end.column), (3, 5));
        let over_two_lines = span(0, 9).place();
        assert_eq!((over_two_lines.line, over_two_lines.length), (1, 5));
    }
}
