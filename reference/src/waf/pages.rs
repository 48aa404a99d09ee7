//! The pages of a WAF.

use hyper::StatusCode;

use crate::web::answer::{Answer, escape, page};

/// Asks for name and password. `csrf` is the secret that ties the form to the request that it was shown for.
pub(super) fn login(status: StatusCode, csrf: &str, problem: &str) -> Answer {
    let content = format!(
        "<h1>Log in</h1><p>{}</p><form method=\"post\" action=\"/authorize\"><input type=\"hidden\" name=\"csrf\" value=\"{}\">\
         <label>Name <input name=\"username\" autocomplete=\"username\"></label>\
         <label>Password <input name=\"password\" type=\"password\" autocomplete=\"current-password\"></label>\
         <button type=\"submit\">Log in</button></form>",
        escape(problem),
        escape(csrf),
    );
    page(status, "Log in", &content)
}

/// Asks whether a service may use these identities.
pub(super) fn consent(csrf: &str, service: &str, impus: &[String]) -> Answer {
    let identities: String = impus
        .iter()
        .map(|impu| format!("<li>{}</li>", escape(impu)))
        .collect();
    let content = format!(
        "<h1>Grant access</h1><p>{} asks to register you in the IMS network as:</p><ul>{identities}</ul>\
         <form method=\"post\" action=\"/authorize\"><input type=\"hidden\" name=\"csrf\" value=\"{}\">\
         <button type=\"submit\" name=\"consent\" value=\"yes\">Allow</button>\
         <button type=\"submit\" name=\"consent\" value=\"no\">Refuse</button></form>",
        escape(service),
        escape(csrf),
    );
    page(StatusCode::OK, "Grant access", &content)
}

/// Tells the user something.
pub(super) fn error(status: StatusCode, text: &str) -> Answer {
    page(status, "Authorisation", &format!("<p>{}</p>", escape(text)))
}
