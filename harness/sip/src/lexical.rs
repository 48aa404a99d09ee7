//! The lexical rules that several readers share: tokens, quoted strings, lists (RFC 3261 25.1).

/// Whether `byte` may stand in a token.
pub(crate) const fn is_token_byte(byte: u8) -> bool {
    byte.is_ascii_alphanumeric()
        || matches!(
            byte,
            b'-' | b'.' | b'!' | b'%' | b'*' | b'_' | b'+' | b'`' | b'\'' | b'~'
        )
}

/// Whether `text` is a token: not empty and of token characters only.
pub(crate) fn is_token(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(is_token_byte)
}

/// Whether `byte` is a space or a tab.
pub(crate) const fn is_blank(byte: u8) -> bool {
    matches!(byte, b' ' | b'\t')
}

/// Length of the quoted string at the start of `text`, both quotes included; `None` if it has no closing quote.
pub(crate) fn quoted_length(text: &str) -> Option<usize> {
    let mut bytes = text.bytes().enumerate();
    if bytes.next()?.1 != b'"' {
        return None;
    }
    while let Some((index, byte)) = bytes.next() {
        match byte {
            b'"' => return Some(index + 1),
            b'\\' => {
                bytes.next();
            }
            _ => {}
        }
    }
    None
}

/// What a quoted string says: without its quotes, escapes resolved. `None` unless `text` is one quoted string as a whole.
pub(crate) fn unquote(text: &str) -> Option<String> {
    if quoted_length(text)? != text.len() {
        return None;
    }
    let mut content = String::with_capacity(text.len());
    let mut characters = text[1..text.len() - 1].chars();
    while let Some(character) = characters.next() {
        match character {
            '\\' => content.extend(characters.next()),
            other => content.push(other),
        }
    }
    Some(content)
}

/// `text` as a quoted string, its quotes and backslashes escaped.
pub(crate) fn quote(text: &str) -> String {
    let mut quoted = String::with_capacity(text.len() + 2);
    quoted.push('"');
    for character in text.chars() {
        if matches!(character, '"' | '\\') {
            quoted.push('\\');
        }
        quoted.push(character);
    }
    quoted.push('"');
    quoted
}

/// Splits at each `separator` that stands outside quoted strings.
pub(crate) fn split_unquoted(text: &str, separator: u8) -> Vec<&str> {
    split(text, separator, false)
}

/// Splits at each `separator` that stands outside quoted strings and outside `<...>`.
pub(crate) fn split_list(text: &str, separator: u8) -> Vec<&str> {
    split(text, separator, true)
}

/// Position of the first `<` outside quoted strings.
pub(crate) fn find_angle(text: &str) -> Option<usize> {
    let before = split_unquoted(text, b'<')[0].len();
    (before < text.len()).then_some(before)
}

/// An opening quote or bracket that nothing closes counts as an ordinary character. Once one was found unclosed, so
/// are all later ones; not looking again keeps this linear for hostile input.
fn split(text: &str, separator: u8, angles: bool) -> Vec<&str> {
    let bytes = text.as_bytes();
    let (mut parts, mut begin, mut at) = (Vec::new(), 0, 0);
    let (mut quotes_close, mut angles_close) = (true, angles);
    while at < bytes.len() {
        let byte = bytes[at];
        if byte == separator {
            parts.push(&text[begin..at]);
            begin = at + 1;
        } else if byte == b'"' && quotes_close {
            match quoted_length(&text[at..]) {
                Some(length) => at += length - 1,
                None => quotes_close = false,
            }
        } else if byte == b'<' && angles_close {
            match text[at..].find('>') {
                Some(length) => at += length,
                None => angles_close = false,
            }
        }
        at += 1;
    }
    parts.push(&text[begin..]);
    parts
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quoted_strings_keep_escaped_quotes() {
        assert_eq!(unquote(r#""a \"b\" \\""#).as_deref(), Some(r#"a "b" \"#));
        assert_eq!(unquote(r#""open"#), None);
        assert_eq!(unquote(r#""a" b"#), None);
        assert_eq!(unquote(&quote(r#"a\"b"#)).as_deref(), Some(r#"a\"b"#));
    }

    #[test]
    fn separators_inside_quotes_and_brackets_do_not_split() {
        assert_eq!(
            split_list(r#""a,b" <sip:c,d>,e"#, b','),
            [r#""a,b" <sip:c,d>"#, "e"]
        );
        assert_eq!(
            split_unquoted(r#"a="x,\",y",<b,c>"#, b','),
            [r#"a="x,\",y""#, "<b", "c>"]
        );
    }

    #[test]
    fn what_is_never_closed_is_ordinary_text() {
        assert_eq!(split_list(r#""a,<b,c"#, b','), [r#""a"#, "<b", "c"]);
        assert_eq!(find_angle(r#""Mr <sip:a>"#), Some(4));
        assert_eq!(find_angle(r#""<" <sip:a>"#), Some(4));
        assert_eq!(find_angle("sip:a"), None);
    }
}
