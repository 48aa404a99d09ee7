//! What a portal asks its WAF for, and what it hears.

use serde_json::Value;

use super::User;
use crate::web::client::ClientError;
use crate::world::Member;

/// A token that a session may have.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Grant {
    pub(super) token: String,
    pub(super) impi: String,
    pub(super) impu: String,
    /// The second at which it ends.
    pub(super) until: u64,
    pub(super) refresh: Option<String>,
}

/// What a portal asks for.
#[derive(Clone, Debug)]
pub(super) struct Ask {
    /// Parameter and value that name the user.
    pub(super) hint: Option<(&'static str, String)>,
    pub(super) anonymous: bool,
    /// Whose token it has to be; `None`: the WAF chooses.
    pub(super) impi: Option<String>,
    pub(super) impu: Option<String>,
}

impl Ask {
    pub(super) fn user(user: &User) -> Self {
        let hint = Some(("login_hint", user.user.clone()));
        Self {
            hint,
            anonymous: false,
            impi: user.impi.clone(),
            impu: user.impu.clone(),
        }
    }

    pub(super) fn member(member: &Member) -> Self {
        Self {
            hint: Some(("login_hint", member.impi.clone())),
            anonymous: member.class == "anonymous",
            impi: Some(member.impi.clone()),
            impu: member.impus.first().cloned(),
        }
    }

    pub(super) fn any(anonymous: bool) -> Self {
        Self {
            hint: None,
            anonymous,
            impi: None,
            impu: None,
        }
    }
}

/// What the WAF told.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Told {
    pub(super) token: String,
    pub(super) expires_in: u64,
    pub(super) impi: Option<String>,
    pub(super) impus: Vec<String>,
    pub(super) refresh: Option<String>,
}

impl Told {
    /// Reads a token answer. `None`: there is no token in it that we can use.
    pub(super) fn read(body: &[u8]) -> Option<Self> {
        let members: Value = serde_json::from_slice(body).ok()?;
        let bearer = members["token_type"]
            .as_str()
            .is_some_and(|kind| kind.eq_ignore_ascii_case("bearer"));
        let token = members["access_token"]
            .as_str()
            .filter(|token| bearer && !token.is_empty())?;
        let impus = match &members["impu"] {
            Value::String(one) => vec![one.clone()],
            Value::Array(list) => list
                .iter()
                .filter_map(Value::as_str)
                .map(str::to_owned)
                .collect(),
            _ => Vec::new(),
        };
        Some(Self {
            token: token.to_owned(),
            expires_in: members["expires_in"].as_u64().unwrap_or(0),
            impi: members["impi"].as_str().map(str::to_owned),
            impus,
            refresh: members["refresh_token"].as_str().map(str::to_owned),
        })
    }
}

/// Why the WAF gave nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Unserved {
    Refused,
    Unreachable,
}

impl From<ClientError> for Unserved {
    fn from(_: ClientError) -> Self {
        Self::Unreachable
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_a_token_answer_with_one_or_several_identities() {
        let told = Told::read(br#"{"access_token":"t","token_type":"bearer","expires_in":300,"impi":"a","impu":["x","y"]}"#).unwrap();
        assert_eq!(
            (told.token.as_str(), told.expires_in, told.impus.len()),
            ("t", 300, 2)
        );
        let told = Told::read(br#"{"access_token":"t","token_type":"Bearer","impu":"x"}"#).unwrap();
        assert_eq!(told.impus, ["x"]);
    }

    proptest::proptest! {
        #[test]
        fn any_answer_with_a_token_gives_just_that_token(token in "[A-Za-z0-9._~+/-]{1,40}", impus in proptest::collection::vec("sip:[a-z]{1,8}@[a-z]{1,8}", 0..4)) {
            let body = serde_json::json!({ "access_token": token, "token_type": "Bearer", "impu": impus }).to_string();
            let told = Told::read(body.as_bytes()).expect("a token");
            proptest::prop_assert_eq!(told.token, token);
            proptest::prop_assert_eq!(told.impus, impus);
        }
    }

    #[test]
    fn an_answer_without_a_bearer_token_is_none() {
        for body in [
            &b"{}"[..],
            br#"{"access_token":"","token_type":"Bearer"}"#,
            br#"{"access_token":"t","token_type":"mac"}"#,
            b"x",
        ] {
            assert_eq!(Told::read(body), None);
        }
    }
}
