//! Names that a request carries beside its login. An honest WAF serves who logged in; these are the mistakes that do not.

use serde_json::Value;

use super::Waf;
use super::records::{Records, Subject};
use crate::defect::Defect;
use crate::web::form::Form;

impl Waf {
    /// Whom an authorization request names in place of who logged in: nobody.
    pub(super) fn redirected_subject(&self, query: &Form, records: &Records) -> Option<Subject> {
        let trusted = |named: Option<Subject>, mistake| named.filter(|_| self.shared.has(mistake));
        let claimed = || {
            let claims: Value = serde_json::from_str(query.first("claims")?).ok()?;
            self.named(first_text(&claims)?, records)
        };
        trusted(self.hinted(query, records), Defect::HintParameterTrusted)
            .or_else(|| {
                let named = self.named_by_scope(query, records);
                trusted(named, Defect::ScopeNamesIdentity)
            })
            .or_else(|| trusted(claimed(), Defect::ClaimsNameIdentity))
    }

    /// The subject of a code is who logged in, whatever the exchange names.
    pub(super) fn exchanged_subject(
        &self,
        subject: Subject,
        form: &Form,
        records: &Records,
    ) -> Subject {
        let hinted = || {
            self.hinted(form, records)
                .filter(|_| self.shared.has(Defect::HintParameterTrusted))
        };
        hinted().unwrap_or(subject)
    }

    /// The identities that the scope of a refresh names: no scope names any.
    pub(super) fn widened(&self, subject: Subject, form: &Form, records: &Records) -> Subject {
        if !self.shared.has(Defect::RefreshWidens) {
            return subject;
        }
        let more = self
            .named_by_scope(form, records)
            .into_iter()
            .flat_map(|named| named.impus);
        let impus = subject.impus.iter().cloned().chain(more).collect();
        Subject { impus, ..subject }
    }

    /// Whether a scope that names somebody goes through.
    pub(super) fn takes_scope(&self, scope: Option<&str>) -> bool {
        match scope {
            None | Some("ims") => true,
            Some(scope) => {
                let trusting = [Defect::ScopeNamesIdentity, Defect::RefreshWidens];
                scope.starts_with("ims:") && self.shared.among(&trusting).is_some()
            }
        }
    }

    fn named_by_scope(&self, form: &Form, records: &Records) -> Option<Subject> {
        self.named(form.first("scope")?.strip_prefix("ims:")?, records)
    }

    /// One of the usual parameters.
    fn hinted(&self, form: &Form, records: &Records) -> Option<Subject> {
        let hint = ["impi", "impu", "login_hint", "user"]
            .iter()
            .find_map(|name| form.first(name))?;
        self.named(hint, records)
    }

    /// A subscriber by account or identity.
    fn named(&self, name: &str, records: &Records) -> Option<Subject> {
        let found = records.users.values().find(|user| {
            user.user == name
                || user.impi.as_deref() == Some(name)
                || user.impus.iter().any(|impu| impu == name)
        });
        found?.linked()
    }
}

/// The first text anywhere in a JSON value.
fn first_text(value: &Value) -> Option<&str> {
    match value {
        Value::String(text) => Some(text),
        Value::Array(list) => list.iter().find_map(first_text),
        Value::Object(members) => members.values().find_map(first_text),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::first_text;
    use serde_json::json;

    #[test]
    fn finds_a_text_at_any_depth() {
        let claims =
            json!({ "userinfo": { "impi": { "essential": true, "value": "bob0@op.example" } } });
        assert_eq!(first_text(&claims), Some("bob0@op.example"));
        assert_eq!(first_text(&json!({ "a": 1 })), None);
    }
}
