//! Foreign bytes made inert. A SUT chooses much of what a report shows, and it may be the attacker of whoever reads: by
//! escape sequences on a terminal, by workflow commands in a CI log, by markup in a page, by characters that XML forbids.
//!
//! What is dangerous is shown, not dropped: `\x1b`, `\u{202e}`. A reader sees that it was there.

/// One line of text: line ends are escaped too, so nothing that follows it can look like a line of ours.
#[must_use]
pub fn line(text: &str) -> String {
    let mut inert = String::with_capacity(text.len());
    for letter in text.chars() {
        push(&mut inert, letter);
    }
    without_commands(inert)
}

/// Text of several lines: each is made inert by itself; a line ends with LF or CRLF.
pub fn lines(text: &str) -> impl Iterator<Item = String> {
    text.lines().map(line)
}

/// One line of at most so many characters, the rest counted instead of shown.
#[must_use]
pub fn short_line(text: &str, most: usize) -> String {
    let Some((cut, _)) = text.char_indices().nth(most) else {
        return line(text);
    };
    let (shown, rest) = text.split_at(cut);
    format!(
        "{} … ({} more characters)",
        line(shown),
        rest.chars().count()
    )
}

/// Text as it may stand between tags and in quoted attributes of XML 1.0. Call it on inert text.
#[must_use]
pub fn markup(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len() + text.len() / 16);
    for letter in text.chars() {
        match letter {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\'' => escaped.push_str("&apos;"),
            _ => escaped.push(letter),
        }
    }
    escaped
}

/// A line that is about to be printed must not begin as a command of a CI log: GitHub reads `::name::` after leading blanks.
/// Wrapping can bring any word of foreign text there, so whoever prints lines calls this last.
#[must_use]
pub fn line_start(printed: &str) -> std::borrow::Cow<'_, str> {
    let word = printed.trim_start();
    match word.strip_prefix("::") {
        Some(rest) => {
            let blanks = &printed[..printed.len() - word.len()];
            format!("{blanks}\\x3a:{rest}").into()
        }
        None => printed.into(),
    }
}

fn push(inert: &mut String, letter: char) {
    match letter {
        '\n' => inert.push_str("\\n"),
        '\r' => inert.push_str("\\r"),
        '\t' => inert.push_str("\\t"),
        _ if letter.is_ascii_control() => {
            inert.push_str(&format!("\\x{:02x}", u32::from(letter)));
        }
        _ if unseen(letter) => inert.push_str(&format!("\\u{{{:x}}}", u32::from(letter))),
        _ => inert.push(letter),
    }
}

/// Whether a character changes what is seen without being seen: C1 controls, direction marks, joiners, separators, tags,
/// and the code points that are no characters.
fn unseen(letter: char) -> bool {
    matches!(letter,
        '\u{80}'..='\u{9f}'
        | '\u{ad}'
        | '\u{61c}'
        | '\u{180e}'
        | '\u{200b}'..='\u{200f}'
        | '\u{2028}'..='\u{202e}'
        | '\u{2060}'..='\u{206f}'
        | '\u{fdd0}'..='\u{fdef}'
        | '\u{feff}'
        | '\u{fff0}'..='\u{fffb}'
        | '\u{e0000}'..='\u{e0fff}')
        || u32::from(letter) & 0xfffe == 0xfffe
}

/// Azure Pipelines and older GitHub runners look for `##[` and `##vso[` anywhere in a line.
fn without_commands(inert: String) -> String {
    if inert.contains("##") || inert.trim_start().starts_with("::") {
        line_start(&inert.replace("##", "#\\x23")).into_owned()
    } else {
        inert
    }
}

/// Columns that text takes on a terminal, wide East Asian characters and pictures counted twice.
#[must_use]
pub fn columns(text: &str) -> usize {
    text.chars().map(letter_columns).sum()
}

pub(crate) fn letter_columns(letter: char) -> usize {
    match letter {
        '\u{1100}'..='\u{115f}'
        | '\u{2e80}'..='\u{a4cf}'
        | '\u{ac00}'..='\u{d7a3}'
        | '\u{f900}'..='\u{faff}'
        | '\u{fe30}'..='\u{fe6f}'
        | '\u{ff00}'..='\u{ff60}'
        | '\u{ffe0}'..='\u{ffe6}'
        | '\u{1f300}'..='\u{1faff}'
        | '\u{20000}'..='\u{3fffd}' => 2,
        _ => 1,
    }
}

/// Cuts inert text to so many columns, with an ellipsis where something was cut.
#[must_use]
pub fn fit(text: &str, width: usize) -> String {
    if columns(text) <= width {
        return text.to_owned();
    }
    let mut fitted = String::new();
    let mut used = 1;
    for letter in text.chars() {
        used += letter_columns(letter);
        if used > width {
            break;
        }
        fitted.push(letter);
    }
    if width > 0 {
        fitted.push('…');
    }
    fitted
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_steers_a_terminal_is_shown_and_not_done() {
        assert_eq!(
            line("a\x1b[2Jb\r\nc\td\u{9b}e\u{202e}f\x7f\0"),
            "a\\x1b[2Jb\\r\\nc\\td\\u{9b}e\\u{202e}f\\x7f\\x00"
        );
    }

    #[test]
    fn honest_text_stays_as_it_is() {
        let text = "To: <sip:älice@[2001:db8::1]> 日本 ✓ # 1";
        assert_eq!(line(text), text);
    }

    #[test]
    fn commands_of_ci_logs_are_broken() {
        assert_eq!(line("  ::add-mask::x"), "  \\x3a:add-mask::x");
        assert_eq!(
            line("x ##[error]y ##vso[task.complete]"),
            "x #\\x23[error]y #\\x23vso[task.complete]"
        );
        assert_eq!(line_start("    ::error::x"), "    \\x3a:error::x");
        assert_eq!(line("###[group]"), "#\\x23#[group]");
    }

    #[test]
    fn cutting_counts_what_it_left_out() {
        assert_eq!(short_line("äöüß", 2), "äö … (2 more characters)");
        assert_eq!(short_line("äö", 2), "äö");
        assert_eq!(fit("日本語", 4), "日…");
        assert_eq!(fit("abc", 3), "abc");
        assert_eq!(fit("abc", 0), "");
    }

    proptest::proptest! {
        #[test]
        fn nothing_dangerous_comes_through(text: String) {
            let inert = line(&text);
            proptest::prop_assert!(!inert.chars().any(|letter| letter.is_control() || unseen(letter)));
            proptest::prop_assert!(!inert.contains("##[") && !inert.contains("##vso["));
            proptest::prop_assert!(!inert.trim_start().starts_with("::"));
            proptest::prop_assert_eq!(line(&inert), inert);
        }

        #[test]
        fn markup_leaves_no_tag_and_no_quote(text: String) {
            let escaped = markup(&line(&text));
            proptest::prop_assert!(!escaped.contains(['<', '>', '"', '\'']));
        }

        #[test]
        fn what_is_fitted_fits(text: String, width in 0_usize..200) {
            proptest::prop_assert!(columns(&fit(&line(&text), width)) <= width);
        }
    }
}
