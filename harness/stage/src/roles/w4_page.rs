//! The form on a page, as far as a harness must fill it: no browser, and no judgement about the page.

/// The first form of a page.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Form {
    /// Where it is posted to; empty for the page itself.
    pub(super) action: String,
    /// Hidden fields.
    pub(super) hidden: Vec<(String, String)>,
    /// Name of the first field for text.
    pub(super) text: Option<String>,
    /// Name of the field for a password.
    pub(super) password: Option<String>,
    /// Buttons with a name, in their order: the first agrees.
    pub(super) buttons: Vec<(String, String)>,
}

/// The first form of a page, or none.
pub(super) fn form(page: &[u8]) -> Option<Form> {
    let text = String::from_utf8_lossy(page);
    let lower = text.to_ascii_lowercase();
    let start = lower.find("<form")?;
    let end = lower[start..]
        .find("</form")
        .map_or(text.len(), |at| start + at);
    let mut form = Form::default();
    let mut rest = &text[start..end];
    while let Some(open) = rest.find('<') {
        rest = &rest[open + 1..];
        let (name, attributes, behind) = tag(rest);
        rest = behind;
        form.take(&name, &attributes);
    }
    Some(form)
}

impl Form {
    fn take(&mut self, name: &str, attributes: &[(String, String)]) {
        let get = |wanted: &str| {
            attributes
                .iter()
                .find(|(name, _)| name == wanted)
                .map(|(_, value)| value.clone())
        };
        let kind = get("type").unwrap_or_default().to_ascii_lowercase();
        let value = get("value").unwrap_or_default();
        match (name, kind.as_str(), get("name")) {
            ("form", ..) => self.action = get("action").unwrap_or_default(),
            ("input", "hidden", Some(name)) => self.hidden.push((name, value)),
            ("input", "password", Some(name)) => {
                self.password.get_or_insert(name);
            }
            ("input", "" | "text" | "email", Some(name)) => {
                self.text.get_or_insert(name);
            }
            ("button", "" | "submit", Some(name)) | ("input", "submit", Some(name)) => {
                self.buttons.push((name, value));
            }
            _ => {}
        }
    }
}

/// Name and attributes of a tag whose `<` was read, and what stands behind its `>`.
fn tag(text: &str) -> (String, Vec<(String, String)>, &str) {
    let end = text
        .find(|letter: char| letter.is_whitespace() || letter == '>' || letter == '/')
        .unwrap_or(text.len());
    let (name, mut rest) = text.split_at(end);
    let mut attributes = Vec::new();
    loop {
        rest = rest.trim_start_matches(|letter: char| letter.is_whitespace() || letter == '/');
        if rest.is_empty() {
            break;
        }
        if let Some(behind) = rest.strip_prefix('>') {
            rest = behind;
            break;
        }
        let end = rest
            .find(|letter: char| letter.is_whitespace() || matches!(letter, '=' | '>'))
            .unwrap_or(rest.len());
        if end == 0 {
            // A stray `=`.
            rest = &rest[1..];
            continue;
        }
        let (attribute, behind) = rest.split_at(end);
        rest = behind;
        let mut value = String::new();
        if let Some(behind) = rest.trim_start().strip_prefix('=') {
            (value, rest) = attribute_value(behind.trim_start());
        }
        attributes.push((attribute.to_ascii_lowercase(), unescaped(&value)));
    }
    (name.to_ascii_lowercase(), attributes, rest)
}

fn attribute_value(text: &str) -> (String, &str) {
    for quote in ['"', '\''] {
        if let Some(inside) = text.strip_prefix(quote) {
            return inside.split_once(quote).map_or_else(
                || (inside.to_owned(), ""),
                |(value, behind)| (value.to_owned(), behind),
            );
        }
    }
    let end = text
        .find(|letter: char| letter.is_whitespace() || letter == '>')
        .unwrap_or(text.len());
    (text[..end].to_owned(), &text[end..])
}

/// The five escapes that a careful page writes.
fn unescaped(text: &str) -> String {
    [
        ("&lt;", "<"),
        ("&gt;", ">"),
        ("&quot;", "\""),
        ("&#39;", "'"),
        ("&amp;", "&"),
    ]
    .iter()
    .fold(text.to_owned(), |text, (escape, letter)| {
        text.replace(escape, letter)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_login_form_is_read() {
        let page = br#"<p>x<form method="post" ACTION='/authorize?a=1&amp;b=2'><input type=hidden name="csrf" value="a&quot;b">
            <label>Name <input name="username"></label><input name=pw type="password"/><button type="submit">Log in</button></form><form action=no>"#;
        let form = form(page).unwrap();
        assert_eq!(form.action, "/authorize?a=1&b=2");
        assert_eq!(form.hidden, [("csrf".to_owned(), "a\"b".to_owned())]);
        assert_eq!(
            (form.text.as_deref(), form.password.as_deref()),
            (Some("username"), Some("pw"))
        );
        assert_eq!(form.buttons, []);
    }

    #[test]
    fn a_consent_form_has_its_buttons_in_order() {
        let page = br#"<form><button name="consent" value="yes">A</button><input type="submit" name="consent" value="no"></form>"#;
        let form = form(page).unwrap();
        let pair = |value: &str| ("consent".to_owned(), value.to_owned());
        assert_eq!(form.buttons, [pair("yes"), pair("no")]);
        assert_eq!(form.password, None);
    }

    #[test]
    fn no_form_is_none() {
        assert_eq!(form(b"<p>no</p>"), None);
    }
}
