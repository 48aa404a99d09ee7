//! What a portal shows.

use hyper::StatusCode;
use serde_json::json;

use super::Portal;
use super::sessions::Visitor;
use crate::web::answer::{self, Answer, escape, page};
use crate::web::now;
use crate::web::serve::Asked;

/// The name of the session cookie; the prefix binds it to this host, TLS and the path `/`.
pub(super) const COOKIE: &str = "__Host-session";

/// The application: takes the token and the address of W2 and hands them to whoever embeds a SIP stack.
const SCRIPT: &str = "\"use strict\";\n\
async function session() {\n\
  const answer = await fetch(\"/session\", { credentials: \"same-origin\", cache: \"no-store\" });\n\
  if (!answer.ok) throw new Error(`no session: ${answer.status}`);\n\
  return answer.json();\n\
}\n\
async function config() {\n\
  return (await fetch(\"/config.json\")).json();\n\
}\n\
window.portal = { session, config };\n";

/// The script of the page.
pub(super) fn script() -> Answer {
    answer::body(
        StatusCode::OK,
        "text/javascript; charset=utf-8",
        SCRIPT.to_owned(),
    )
}

/// Tells the visitor something.
pub(super) fn notice(status: StatusCode, text: &str) -> Answer {
    page(status, "Portal", &format!("<p>{}</p>", escape(text)))
}

const LOGIN: &str = "<form method=\"post\" action=\"/login\"><label>Name <input name=\"username\" autocomplete=\"username\"></label>\
<label>Password <input name=\"password\" type=\"password\" autocomplete=\"current-password\"></label>\
<button type=\"submit\">Log in</button></form>";
const LOGIN_AT_WAF: &str = "<p><a href=\"/login\">Log in</a></p>";
const ANONYMOUS: &str = "<form method=\"post\" action=\"/anonymous\"><button type=\"submit\">Go on without a name</button></form>";
const LOGOUT: &str =
    "<form method=\"post\" action=\"/logout\"><button type=\"submit\">Log out</button></form>";

impl Portal {
    pub(super) fn page(&self, asked: &Asked) -> Answer {
        let state = self.state();
        let session = asked
            .cookie(COOKIE)
            .and_then(|id| state.sessions.get(id, now()));
        let known = session.is_some_and(|session| session.visitor != Visitor::Nobody);
        let mut content = String::from("<h1>Portal</h1>");
        if known {
            content.push_str(LOGOUT);
        } else {
            content.push_str(if self.users_log_in_at_waf() {
                LOGIN_AT_WAF
            } else {
                LOGIN
            });
            content.push_str(if self.settings.anonymous {
                ANONYMOUS
            } else {
                ""
            });
        }
        content.push_str("<script src=\"/app.js\"></script>");
        page(StatusCode::OK, "Portal", &content)
    }

    /// What a WIC needs before it has a session.
    pub(super) fn config(&self) -> Answer {
        let registrations: &[u8] = if self.settings.pool.is_some() {
            &[3]
        } else {
            &[1, 2]
        };
        let members = json!({ "w2": self.settings.w2, "domain": self.shared.world.domain, "registration": registrations });
        answer::json(StatusCode::OK, &members)
    }
}
