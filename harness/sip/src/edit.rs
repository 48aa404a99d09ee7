//! Edits of a message's header: the way to a message that is wrong in one place.

use crate::field::Field;
use crate::message::Message;

/// One change of a message's header.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Edit {
    /// Replaces the first field of that name where it stands, and leaves further ones. Without one, the field comes
    /// before Content-Length, or else at the end of the header.
    Set(Field),
    /// Adds one more field at the end of the header.
    Add(Field),
    /// Removes all fields of that name, compact or long.
    Drop(String),
}

/// Why a text is no header line.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum EditError {
    /// There is no colon in the line.
    #[error("header line {0:?} has no colon between name and value")]
    NoColon(String),
    /// The name is empty or has characters that no reader would find it by.
    #[error("{0:?} is no header name")]
    Name(String),
}

impl Edit {
    /// [`Edit::Set`] of a header line such as `To: <sip:x>`. Blanks around the first colon are dropped; all other bytes
    /// of the value are kept as given, line ends included, and one line end is added.
    ///
    /// # Errors
    /// If the line has no colon or no name before it.
    pub fn set(line: impl AsRef<[u8]>) -> Result<Self, EditError> {
        header_line(line.as_ref()).map(Self::Set)
    }

    /// [`Edit::Add`] of a header line, read like [`Edit::set`].
    ///
    /// # Errors
    /// If the line has no colon or no name before it.
    pub fn add(line: impl AsRef<[u8]>) -> Result<Self, EditError> {
        header_line(line.as_ref()).map(Self::Add)
    }

    /// [`Edit::Drop`] of all fields called `name`.
    ///
    /// # Errors
    /// If `name` is empty or has a blank, a control character or a colon in it.
    pub fn drop(name: &str) -> Result<Self, EditError> {
        let name = name.trim();
        if is_name(name) {
            Ok(Self::Drop(name.to_owned()))
        } else {
            Err(EditError::Name(name.to_owned()))
        }
    }
}

impl Message {
    /// Changes the header. Content-Length and all else stay as they are.
    pub fn apply(&mut self, edit: &Edit) {
        match edit {
            Edit::Set(field) => self.set_field(field.clone()),
            Edit::Add(field) => self.add_field(field.clone()),
            Edit::Drop(name) => self.fields.retain(|field| !field.is(name)),
        }
    }
}

fn header_line(line: &[u8]) -> Result<Field, EditError> {
    let lossy = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    let Some(colon) = line.iter().position(|byte| *byte == b':') else {
        return Err(EditError::NoColon(lossy(line)));
    };
    let name = lossy(line[..colon].trim_ascii());
    if !is_name(&name) {
        return Err(EditError::Name(name));
    }
    let value = &line[colon + 1..];
    let blanks = value
        .iter()
        .take_while(|byte| crate::lexical::is_blank(**byte))
        .count();
    Ok(Field::new(&name, &value[blanks..]))
}

/// Wider than a token, for names that are wrong on purpose; a name with a blank could never be found again.
fn is_name(name: &str) -> bool {
    let forbidden = |character: char| {
        character.is_whitespace() || character.is_control() || matches!(character, ':' | '\u{fffd}')
    };
    !name.is_empty() && !name.contains(forbidden)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn edited(edit: Result<Edit, EditError>) -> String {
        let mut message =
            Message::split(b"REGISTER x SIP/2.0\r\nt: <sip:a>\r\nVia: 1\r\nv: 2\r\nl: 2\r\n\r\nhi");
        message.apply(&edit.unwrap());
        String::from_utf8(message.bytes()).unwrap()
    }

    #[test]
    fn set_replaces_the_first_in_place_and_keeps_the_others() {
        assert_eq!(
            edited(Edit::set("Via: 9")),
            "REGISTER x SIP/2.0\r\nt: <sip:a>\r\nVia: 9\r\nv: 2\r\nl: 2\r\n\r\nhi"
        );
        assert_eq!(
            edited(Edit::set("To: <sip:b>")),
            "REGISTER x SIP/2.0\r\nTo: <sip:b>\r\nVia: 1\r\nv: 2\r\nl: 2\r\n\r\nhi"
        );
    }

    #[test]
    fn set_of_an_absent_field_comes_before_content_length() {
        assert_eq!(
            edited(Edit::set("Path: <sip:p>")),
            "REGISTER x SIP/2.0\r\nt: <sip:a>\r\nVia: 1\r\nv: 2\r\nPath: <sip:p>\r\nl: 2\r\n\r\nhi"
        );
        let mut message = Message::split(b"REGISTER x SIP/2.0\r\nTo: a\r\n\r\n");
        message.apply(&Edit::set("Path:p").unwrap());
        assert_eq!(
            message.bytes(),
            b"REGISTER x SIP/2.0\r\nTo: a\r\nPath: p\r\n\r\n"
        );
    }

    #[test]
    fn add_comes_last_and_drop_takes_all() {
        assert_eq!(
            edited(Edit::add("To: <sip:b>")),
            "REGISTER x SIP/2.0\r\nt: <sip:a>\r\nVia: 1\r\nv: 2\r\nl: 2\r\nTo: <sip:b>\r\n\r\nhi"
        );
        assert_eq!(
            edited(Edit::drop("via")),
            "REGISTER x SIP/2.0\r\nt: <sip:a>\r\nl: 2\r\n\r\nhi"
        );
    }

    #[test]
    fn values_keep_their_bytes() {
        let mut message = Message::split(b"REGISTER x SIP/2.0\r\n\r\n");
        message.apply(
            &Edit::add(b"To: \"\xff\0\" <sip:a>\r\nRoute: <sip:evil>\r\n ".as_slice()).unwrap(),
        );
        message.apply(&Edit::Add(Field::raw("no colon\n")));
        assert_eq!(message.bytes(), b"REGISTER x SIP/2.0\r\nTo: \"\xff\0\" <sip:a>\r\nRoute: <sip:evil>\r\n \r\nno colon\n\r\n");
    }

    #[test]
    fn lines_that_are_none_are_refused() {
        assert_eq!(
            Edit::set("To <sip").unwrap_err().to_string(),
            "header line \"To <sip\" has no colon between name and value"
        );
        assert_eq!(
            Edit::add("To you: x").unwrap_err(),
            EditError::Name("To you".to_owned())
        );
        assert_eq!(
            Edit::set(": x").unwrap_err().to_string(),
            "\"\" is no header name"
        );
        assert_eq!(
            Edit::drop("To:").unwrap_err(),
            EditError::Name("To:".to_owned())
        );
    }
}
